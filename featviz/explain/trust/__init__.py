"""Whether a map is to be believed: checks, each with its cost, its progress and its baseline."""
