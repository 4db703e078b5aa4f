"""The commands of one run: what there is, what a scenario says, run it, look at it again, prove it."""
