"""Nearest neighbors: exact search, its metrics and its candidates."""
