"""Fusion: one embedding of several layers or networks."""

from featviz.representation.fusion.combination import FUSIONS
from featviz.representation.fusion.fuse import fuse, image_weights
from featviz.representation.fusion.normalization import NORMALIZATIONS

__all__ = ["FUSIONS", "NORMALIZATIONS", "fuse", "image_weights"]
