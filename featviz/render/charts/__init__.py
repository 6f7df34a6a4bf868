"""Charts: bars, histograms, curves through depth and along a path."""
