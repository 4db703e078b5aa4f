"""Patterns by which the model is judged: targets with tolerances as data, each measured by an emulated instrument."""
