"""The pad: an image that a person paints on."""
