"""The map grid component."""
