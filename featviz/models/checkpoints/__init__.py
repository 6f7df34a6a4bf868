"""Weights from files: read in a sandbox, matched by name and shape."""
