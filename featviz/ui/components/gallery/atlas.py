"""How small images lie on a sheet: agreed between who paints sheets and who cuts images out of them."""

__all__ = ["ATLAS_COLUMNS", "ATLAS_IMAGES", "ATLAS_SIDE"]

ATLAS_COLUMNS = 32
ATLAS_IMAGES = ATLAS_COLUMNS * ATLAS_COLUMNS
ATLAS_SIDE = 32
"""A sheet holds 1,024 thumbnails, row by row, each in a square of 32 pixels."""
