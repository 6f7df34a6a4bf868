"""What is drawn of the filters of a convolution: a tile for each, and the kernels of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.explain.features.filters import Filters
from featviz.render.normalization import Scale, channel_scales, quantize, shared_scale

__all__ = ["FilterTiles", "kernel_names", "kernel_scale", "kernel_tiles", "tiles_of"]

Weights = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class FilterTiles:
    """A tile for every filter.

    Attributes:
        weights: (n, h, w), or (n, h, w, 3) for filters that look at colors.
        scales: what the levels of each stand for.
        meaning: what a tile shows, in a sentence.
    """

    weights: Weights
    scales: tuple[Scale, ...]
    meaning: str

    @property
    def levels(self) -> NDArray[np.uint8]:
        """As they are drawn."""
        return quantize(self.weights, self.scales)


def tiles_of(shown: Sequence[Filters], normalization: str) -> list[FilterTiles]:
    """The tiles of convolutions that stand beside each other.

    Args:
        shown: the filters of each.
        normalization: "shared", one scale for all of them, or "filter", one for each filter. Filters of a single
            weight share theirs, as on a scale of its own each would have the strongest color.
    """
    each = [_weights(filters) for filters in shown]
    if normalization == "shared" or each[0][0].size == 1:
        one = shared_scale(np.concatenate([weights.ravel() for weights in each]), symmetric=True)
        scales = [(one,) * len(weights) for weights in each]
    else:
        scales = [channel_scales(weights, symmetric=True) for weights in each]
    return [
        FilterTiles(weights, filter_scales, _meaning(filters))
        for filters, weights, filter_scales in zip(shown, each, scales, strict=True)
    ]


def kernel_scale(shown: Sequence[Filters], chosen: Sequence[int]) -> Scale:
    """One scale for the kernels of a filter of each of the convolutions beside each other."""
    kernels = [filters.kernels[number].ravel() for filters, number in zip(shown, chosen, strict=True)]
    return shared_scale(np.concatenate(kernels), symmetric=True)


def kernel_tiles(filters: Filters, chosen: int, scale: Scale) -> NDArray[np.uint8]:
    """The kernels of a filter as levels, (channels in, h, w)."""
    kernels = filters.kernels[chosen]
    return quantize(kernels, [scale] * len(kernels))


def kernel_names(filters: Filters) -> tuple[str, ...]:
    """What each kernel of a filter looks at: R, G, B, or a channel of the layer before."""
    if filters.in_color:
        return ("R", "G", "B")
    return tuple(f"input channel {channel}" for channel in range(filters.kernels.shape[1]))


def _weights(filters: Filters) -> Weights:
    if filters.in_color:
        return filters.kernels.transpose(0, 2, 3, 1)
    strongest = np.linalg.norm(filters.kernels.reshape(*filters.kernels.shape[:2], -1), axis=2).argmax(1)
    kernels: Weights = filters.kernels[np.arange(len(filters.kernels)), strongest]
    return kernels


def _meaning(filters: Filters) -> str:
    if filters.in_color:
        return "Each filter in the colors it looks for; gray is zero."
    if filters.kernels[0, 0].size == 1:
        return "Of each filter the largest weight in size."
    if filters.kernels.shape[1] == 1:
        return "Each filter has one kernel: it looks at a single channel."
    return "Of each filter the kernel with the largest norm."
