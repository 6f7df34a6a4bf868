"""Fusion: one embedding of several layers or networks."""

from featviz.representation.fusion.combination import FUSIONS
from featviz.representation.fusion.fuse import Fused, fuse, image_weights, steps
from featviz.representation.fusion.normalization import NORMALIZATIONS

__all__ = ["FUSIONS", "NORMALIZATIONS", "Fused", "fuse", "image_weights", "steps"]
