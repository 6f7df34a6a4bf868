"""The scatter component."""
