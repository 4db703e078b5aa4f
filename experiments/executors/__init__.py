"""Many jobs on whatever runs them: threads, processes, a cluster, or the caller's own executor."""
