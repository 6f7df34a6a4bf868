"""The idle component."""
