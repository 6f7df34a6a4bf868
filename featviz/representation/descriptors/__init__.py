"""Hand-made image descriptors: what features are without a network and without learning."""

from featviz.representation.descriptors.describe import (
    describe,
    describe_image,
    dimensions,
    expected_seconds,
    steps,
)
from featviz.representation.descriptors.descriptors import DESCRIPTORS

__all__ = ["DESCRIPTORS", "describe", "describe_image", "dimensions", "expected_seconds", "steps"]
