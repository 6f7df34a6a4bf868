"""The heat map component."""
