"""Hand-made image descriptors: what features are without a network and without learning."""

from featviz.representation.descriptors.describe import describe, steps
from featviz.representation.descriptors.descriptors import DESCRIPTORS

__all__ = ["DESCRIPTORS", "describe", "steps"]
