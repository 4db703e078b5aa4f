"""When does it fail? The region of conditions in which a policy does not sustain the practice, in words (scenario discovery)."""
