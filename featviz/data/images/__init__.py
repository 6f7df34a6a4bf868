"""One image: reading it safely, within limits, and saying what a foreign file is."""
