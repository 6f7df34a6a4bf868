"""Fast execution on a private replica: folding, prepacked weights, channel slicing."""
