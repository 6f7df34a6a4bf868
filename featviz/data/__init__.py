"""The images: reading one safely, image sets, the procedural Shapes world."""
