"""Sweeps: a study file says which scenarios, design points, ensemble members and replicates are run."""
