"""To lead a service: a flight simulator. Decide month by month with what a leader can know, and see afterwards what was not seen.

Nothing is remembered between two moves: a move gives all decisions so far, and the life is run again from its first month. What
was lived does not change when later decisions do, to the bit. The decisions are policies of a scenario file.

>>> import sim
>>> from experiments.leading.game import begin, lived
>>> game = begin(sim.prepare("nine-services"), "D", luck=3)
>>> life = lived(game, ())
>>> life.rows.shape
(84,)
"""
