"""Layers with some of their output channels."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from featviz.models.replication import replicate

__all__ = ["slice_output_channels"]


def slice_output_channels(layer: nn.Module, channels: Sequence[int]) -> nn.Module:
    """A private copy of a fully connected layer or a convolution with these output channels alone, in this order."""
    if not channels and isinstance(layer, nn.Conv2d):
        return _EmptyConvolution(layer).eval()
    sliced = replicate(layer)
    for name, values in layer.named_parameters(recurse=False):
        setattr(sliced, name, nn.Parameter(values.detach()[list(channels)], requires_grad=False))
    return sliced


class _EmptyConvolution(nn.Module):
    """A convolution without output channels: maps of its height and width, none of them, and no gradient."""

    def __init__(self, layer: nn.Conv2d) -> None:
        super().__init__()
        reach = [step * (side - 1) for step, side in zip(layer.dilation, layer.kernel_size, strict=True)]
        self._lost = [far - padded for far, padded in zip(reach, _padded(layer, reach), strict=True)]
        self._stride = layer.stride

    def forward(self, x: Tensor) -> Tensor:
        """No maps (N, 0, h, w)."""
        sides = zip(x.shape[-2:], self._lost, self._stride, strict=True)
        return x.new_empty((len(x), 0, *((side - lost - 1) // step + 1 for side, lost, step in sides)))


def _padded(layer: nn.Conv2d, reach: list[int]) -> list[int]:
    """How many rows and columns it puts around its input."""
    if isinstance(layer.padding, str):
        return reach if layer.padding == "same" else [0, 0]
    return [2 * each for each in layer.padding]
