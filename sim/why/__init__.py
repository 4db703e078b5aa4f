"""Why it came so: the story of one history, told from its trace."""
