"""Calibration: which parameter vectors reproduce what was observed, and how much they leave open."""
