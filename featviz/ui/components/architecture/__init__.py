"""The architecture component."""
