"""Hypotheses as pre-stated studies: paired contrasts over the plausible ensemble, a verdict by a rule written beforehand."""
