"""What sidebars and controls ask for: network, layer, image, image set, target, method."""
