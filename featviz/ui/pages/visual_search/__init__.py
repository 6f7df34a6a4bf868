"""The Visual search page."""
