"""The view of many networks."""
