"""Experiments with the model, and the command line ``sustain``."""
