"""Layers that have some of their units alone."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from featviz.models.replication import replicate

__all__ = ["narrow"]


def narrow(layer: nn.Module, units: Sequence[int]) -> nn.Module:
    """A private copy of a fully connected layer or a convolution that has these units alone, in this order."""
    if not units and isinstance(layer, nn.Conv2d):
        return _NoMaps(layer).eval()
    own = replicate(layer)
    for name, values in layer.named_parameters(recurse=False):
        setattr(own, name, nn.Parameter(values.detach()[list(units)], requires_grad=False))
    return own


class _NoMaps(nn.Module):
    """A convolution without units: maps as high and wide as its own, none of them; nothing to go back through."""

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
