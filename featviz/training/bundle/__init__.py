"""How the bundled networks are trained and written to assets."""
