"""A layer's output as maps: channels first, its positions on their grid, the tokens of no patch apart."""

from __future__ import annotations

import math
from collections.abc import Iterable

from torch import Tensor

from featviz.models.layers import Layer
from featviz.models.probing.axis_evidence import Patches

__all__ = ["patch_grid", "patches_of", "to_maps"]

Size = tuple[int, int]


def to_maps(output: Tensor, layer: Layer, size: Size | None = None) -> tuple[Tensor, Tensor]:
    """A batch of a layer's outputs (N, ...) -> maps (N, C, h, w), and the tokens that stand for no patch (N, T, C).

    What has no positions in the image lies in a row (1, T), or on its own two dimensions besides the channels.

    Args:
        output: with its batch dimension first.
        layer: which says how to read it.
        size: height and width of the images; None takes those for which the layers are listed.
    """
    if output.ndim == 2:
        return output[..., None, None], output[:, None][:, :0]
    channels_last = output.movedim(1, -1) if _channels_first(layer, output) else output
    none = channels_last.flatten(1, -2)[:, :0]
    if layer.layout == "tokens" and output.ndim == 3:
        return _tokens_to_maps(output, layer, size)
    maps = channels_last.movedim(-1, 1)
    if maps.ndim == 3:
        return maps[:, :, None], none
    return (maps if maps.ndim == 4 else maps.flatten(2)[:, :, None]), none


def patch_grid(layer: Layer, tokens: int, size: Size | None = None) -> Size | None:
    """Rows and columns of the patches among a layer's tokens, for images of a size; None where they lie in no grid.

    Args:
        layer: whose tokens they are.
        tokens: how many, those that stand for no patch included.
        size: height and width of the images; None for those for which the layers are listed, or other square ones.
    """
    count = tokens - sum(layer.extra_tokens)
    if layer.grid is None or count < 1:
        return None
    if size is None or layer.image_size is None:
        side = math.isqrt(count)
        square = (side, side) if side * side == count else None
        return layer.grid if math.prod(layer.grid) == count else square
    exact = [
        cells * now / listed for cells, now, listed in zip(layer.grid, size, layer.image_size, strict=True)
    ]
    rows = {math.floor(exact[0]), math.ceil(exact[0])}
    fits = [(row, count // row) for row in rows if row and count % row == 0]
    return min(fits, key=lambda grid: abs(grid[1] - exact[1]), default=None)


def patches_of(layers: Iterable[Layer], tokens: int, size: Size | None = None) -> Patches | None:
    """What so many tokens of a network stand for: as in the first of its layers that has as many; None without one.

    Args:
        layers: the network's.
        tokens: how many.
        size: height and width of the images; None for those for which the layers are listed, or other square ones.
    """
    for layer in layers:
        if layer.layout == "tokens" and (grid := patch_grid(layer, tokens, size)) is not None:
            return Patches(grid, *layer.extra_tokens)
    return None


def _tokens_to_maps(output: Tensor, layer: Layer, size: Size | None) -> tuple[Tensor, Tensor]:
    grid = patch_grid(layer, output.shape[1], size)
    if grid is None:
        return output.transpose(1, 2)[:, :, None], output[:, :0]
    before, behind = layer.extra_tokens
    end = output.shape[1] - behind
    maps = output[:, before:end].transpose(1, 2).reshape(len(output), -1, *grid)
    if not behind:
        return maps, output[:, :before]
    return maps, _joined(output, before, end)


def _joined(output: Tensor, before: int, end: int) -> Tensor:
    kept = [*range(before), *range(end, output.shape[1])]
    return output[:, kept]


def _channels_first(layer: Layer, output: Tensor) -> bool:
    if output.ndim - 1 != len(layer.output_shape):
        return output.ndim == 4
    return layer.layout in ("maps", "attention") or (layer.layout == "other" and layer.channels_first)
