"""Which policy: what it costs to keep how many services, by multi-objective search over schedules of policies."""
