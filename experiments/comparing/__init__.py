"""Scenarios compared pair by pair: the same world, the same luck, one policy different."""
