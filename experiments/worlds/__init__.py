"""Worlds to live in: the ensemble, the prior before it, which runs can be paired, and what luck does to a mean."""
