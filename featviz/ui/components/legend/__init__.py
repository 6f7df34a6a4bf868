"""The legend component."""
