"""Plausible worlds: the ensemble, which runs can be paired, and what luck does to a mean."""
