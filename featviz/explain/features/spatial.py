"""A layer's output as spatial maps: layout conversion and upsampling."""

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional as F

from featviz.models.layers import Layer
from featviz.models.positions import to_maps

__all__ = ["has_positions", "to_feature_maps", "upsample"]


def to_feature_maps(output: Tensor, layer: Layer, size: tuple[int, int] | None = None) -> Tensor:
    """A batch of a layer's outputs (N, ...) -> maps (N, C, h, w); tokens go to their grid, others to (1, T).

    Tokens that stand for no patch, such as a class token, are left out.

    Args:
        output: with its batch dimension first.
        layer: which says how to read it.
        size: height and width of the images; None takes those for which the layers are listed.
    """
    return to_maps(output, layer, size)[0]


def has_positions(layer: Layer) -> bool:
    """Whether a layer's output has several positions that correspond to regions of the image."""
    return layer.grid is not None and layer.grid[0] * layer.grid[1] > 1


def upsample(maps: Tensor, size: Sequence[int]) -> Tensor:
    """Maps (C, h, w) at another resolution, (C, H, W), bilinear."""
    return F.interpolate(maps[None], size=tuple(size), mode="bilinear", align_corners=False)[0]
