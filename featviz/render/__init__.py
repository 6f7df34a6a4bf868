"""Arrays to images: colour maps, scales, mosaics, overlays. No torch, no screen."""

from featviz.render.colour_maps import COLOUR_MAPS, ColourMap
from featviz.render.mosaic import best_columns, mosaic, palette_png, thumbnails
from featviz.render.normalisation import (
    Scale,
    channel_scales,
    describe,
    format_number,
    quantise,
    shared_scale,
    without_non_finite,
)
from featviz.render.overlay import overlay, to_png

__all__ = [
    "COLOUR_MAPS",
    "ColourMap",
    "Scale",
    "best_columns",
    "channel_scales",
    "describe",
    "format_number",
    "mosaic",
    "overlay",
    "palette_png",
    "quantise",
    "shared_scale",
    "thumbnails",
    "to_png",
    "without_non_finite",
]
