"""The procedural Shapes world: outlines, textures, colors and backgrounds with known ground truth."""
