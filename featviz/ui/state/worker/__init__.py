"""A process beside the server that does heavy work."""
