"""The link button component."""
