"""The film component."""
