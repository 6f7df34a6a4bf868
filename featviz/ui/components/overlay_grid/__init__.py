"""The overlay grid component."""
