"""The region component."""
