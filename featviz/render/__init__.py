"""Arrays to images: colour maps, scales, mosaics, overlays. No torch, no screen."""

from featviz.render.colormaps import COLORMAPS, Colormap
from featviz.render.mosaic import best_columns, mosaic, thumbnails
from featviz.render.normalization import (
    Scale,
    channel_scales,
    describe,
    format_number,
    quantize,
    shared_scale,
    without_non_finite,
)
from featviz.render.overlay import overlay, to_png

__all__ = [
    "COLORMAPS",
    "Colormap",
    "Scale",
    "best_columns",
    "channel_scales",
    "describe",
    "format_number",
    "mosaic",
    "overlay",
    "quantize",
    "shared_scale",
    "thumbnails",
    "to_png",
    "without_non_finite",
]
