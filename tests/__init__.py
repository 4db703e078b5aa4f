"""Tests; a package, so that they can share code (``tests.plans``, ``tests.strategies``, ``tests.comparing``)."""
