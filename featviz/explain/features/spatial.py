"""A layer's output as spatial maps: layout conversion and upsampling."""

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional as F

from featviz.models.layers import Layer, read_layout
from featviz.models.model import Model

__all__ = ["has_positions", "to_feature_maps", "upsample"]


def to_feature_maps(output: Tensor, layer: Layer) -> Tensor:
    """A batch of a layer's outputs (N, ...) -> maps (N, C, h, w); tokens go to their grid, others to (1, T).

    Tokens that stand for no patch, such as a class token, are left out.
    """
    layout, grid, _channels = read_layout(tuple(output.shape[1:]))
    if output.ndim - 1 == len(layer.output_shape):
        layout = layer.layout
    if layout == "maps":
        return output
    if layout == "maps_last":
        return output.movedim(-1, 1)
    if layout == "tokens" and grid is not None:
        patches = output[:, output.shape[1] - grid[0] * grid[1] :]
        return patches.transpose(1, 2).reshape(len(output), -1, *grid)
    return output.flatten(1, -2).transpose(1, 2)[:, :, None] if output.ndim > 2 else output[..., None, None]


def has_positions(model: Model, layer: Layer) -> bool:
    """Whether a layer's output has several positions that correspond to regions of the image.

    The rows and columns of an attention matrix do not: they are as many as there are tokens.
    """
    if layer.grid is None or layer.grid[0] * layer.grid[1] < 2:
        return False
    tokens = {other.output_shape[0] for other in model.layers if other.layout == "tokens"}
    return layer.layout == "tokens" or layer.grid[0] not in tokens


def upsample(maps: Tensor, size: Sequence[int]) -> Tensor:
    """Maps (C, h, w) at another resolution, (C, H, W), bilinear."""
    return F.interpolate(maps[None], size=tuple(size), mode="bilinear", align_corners=False)[0]
