"""The Feature quality page."""
