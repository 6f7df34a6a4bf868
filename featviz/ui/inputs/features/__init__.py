"""Where the vectors of images come from: a layer, a descriptor made by hand, or several of them together."""
