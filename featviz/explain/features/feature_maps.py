"""Feature maps: the activations of every channel of a layer for one image."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from featviz.errors import BadInput
from featviz.models.layers import Layer, Layout
from featviz.models.model import Model
from featviz.models.positions import patch_grid, patches_of, to_maps
from featviz.models.probing.axis_evidence import Patches
from featviz.models.recording import record

__all__ = [
    "ORDERS",
    "ChannelStatistics",
    "FeatureMaps",
    "feature_maps",
    "order_channels",
    "record_feature_maps",
]

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class ChannelStatistics:
    """One number per channel, each an array (C,).

    Attributes:
        mean: over all positions.
        deviation: standard deviation over all positions.
        low: smallest value.
        high: largest value.
        sparsity: share of positions that are exactly zero, 0 to 1.
        strength: mean absolute value.
    """

    mean: Floats
    deviation: Floats
    low: Floats
    high: Floats
    sparsity: Floats
    strength: Floats


@dataclass(frozen=True)
class FeatureMaps:
    """What the channels of a layer output for one image, raw and signed.

    Attributes:
        maps: (C, H, W) float32, read-only. A layer without positions has H = W = 1; tokens lie on the grid
            of the patches they stand for.
        extra_tokens: (T, C), the tokens that stand for no patch (a class token), or (0, C).
        model: the network's name.
        fingerprint: of its weights.
        layer: the layer's name.
        kind: the layer's class.
        spatial: whether positions are positions in the image.
        layout: of the output that was read; of attention the channels are heads, the rows queries, the
            columns keys.
        patches: of attention, what its tokens stand for, where that is known.
    """

    maps: Floats
    extra_tokens: Floats
    model: str
    fingerprint: str
    layer: str
    kind: str
    spatial: bool
    layout: Layout = "maps"
    patches: Patches | None = None

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.maps.shape[0])

    @cached_property
    def statistics(self) -> ChannelStatistics:
        """Statistics of every channel over its positions."""
        flat = self.maps.reshape(self.channels, -1)
        return ChannelStatistics(
            mean=flat.mean(1),
            deviation=flat.std(1),
            low=flat.min(1),
            high=flat.max(1),
            sparsity=(flat == 0).mean(1, dtype=np.float32),
            strength=np.abs(flat).mean(1),
        )

    def to_npz(self) -> bytes:
        """The maps, their statistics and how they were made, as an NPZ file without pickled data."""
        buffer = io.BytesIO()
        arrays: dict[str, Any] = {"maps": self.maps, "extra_tokens": self.extra_tokens}
        arrays |= {name: np.array(getattr(self, name)) for name in ("model", "fingerprint", "layer", "kind")}
        np.savez_compressed(buffer, **arrays, **asdict(self.statistics))
        return buffer.getvalue()


def feature_maps(model: Model, x: Tensor, layer: str) -> FeatureMaps:
    """Compute the feature maps of a layer for one image.

    Args:
        model: the network.
        x: a normalised batch of one image, (1, C, H, W).
        layer: a name out of `model.layers`.

    Raises:
        LayerNotFound: the network has no such layer.
        BadInput: not one image, or one that makes the layer's output infinite.
    """
    return record_feature_maps(model, x, (layer,))[layer]


def record_feature_maps(model: Model, x: Tensor, layers: Sequence[str]) -> dict[str, FeatureMaps]:
    """Compute the feature maps of several layers in one pass; arguments and errors as `feature_maps`."""
    if x.ndim != 4 or x.shape[0] != 1:
        raise BadInput(f"Feature maps are of one image: expected (1, C, H, W), got {tuple(x.shape)}.")
    outputs = record(model, x, layers)
    size = (x.shape[-2], x.shape[-1])
    return {name: _read(model, model.resolve(name).layer, name, outputs[name], size) for name in layers}


def _read(model: Model, layer: Layer, name: str, output: Tensor, size: tuple[int, int]) -> FeatureMaps:
    values = output.float()
    if not bool(values.isfinite().all()):
        raise BadInput(f"{name} outputs values that are not finite for this image.", code="nan")
    maps, extra = (np.ascontiguousarray(each[0].numpy()) for each in to_maps(values, layer, size))
    for array in (maps, extra):
        array.setflags(write=False)
    return FeatureMaps(
        maps=maps,
        extra_tokens=extra,
        model=model.name,
        fingerprint=model.fingerprint,
        layer=name,
        kind=layer.kind,
        spatial=_is_spatial(layer, values, size) and maps.shape[1] * maps.shape[2] > 1,
        layout=layer.layout,
        patches=patches_of(model.layers, maps.shape[2], size) if layer.layout == "attention" else None,
    )


def _is_spatial(layer: Layer, output: Tensor, size: tuple[int, int]) -> bool:
    """Whether positions of this very output are positions in the image."""
    if layer.layout == "tokens":
        return patch_grid(layer, output.shape[1], size) is not None
    return layer.layout in ("maps", "maps_last")


ORDERS: dict[str, Callable[[ChannelStatistics], NDArray[Any]]] = {
    "index": lambda statistics: np.arange(len(statistics.mean)),
    "strength": lambda statistics: -statistics.strength,
    "sparsity": lambda statistics: statistics.sparsity,
}
"""Orders of channels: by index, strongest mean absolute value first, fewest zeros first."""


def order_channels(statistics: ChannelStatistics, order: str) -> NDArray[np.intp]:
    """Channel indices (C,) in this order, ties by index.

    Raises:
        BadInput: an order out of `ORDERS` was expected.
    """
    if order not in ORDERS:
        raise BadInput(f"No order is called {order!r}: there are {', '.join(ORDERS)}.")
    return np.argsort(ORDERS[order](statistics), kind="stable")
