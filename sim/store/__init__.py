"""Results store: declared tables in, one proven folder out.

``writer`` writes tables, ``folder`` keeps half-written results from sight, ``manifest`` says what was run by what,
``crate`` says the same in RO-Crate's words, ``reader`` reads a folder back and says what is wrong with it.
"""
