"""Which layer of another network stands beside a layer: of the same name, at the same depth, of the same resolution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log, prod

from featviz.explain.features.spatial import has_positions
from featviz.models.layers import Layer

__all__ = ["MATCHES", "match_layer", "same_architecture"]

Match = Callable[[Layer, Sequence[Layer], Sequence[Layer]], Layer | None]


def same_architecture(layers: Sequence[Layer], others: Sequence[Layer]) -> bool:
    """Whether two networks run the same layers in the same order; weights and the number of classes may differ."""
    return _description(layers) == _description(others)


def match_layer(layer: Layer, layers: Sequence[Layer], others: Sequence[Layer], by: str) -> Layer | None:
    """The layer of another network that stands beside a layer; None where there is none of this kind.

    Args:
        layer: one of `layers`.
        layers: of its network, in order of execution.
        others: of the other network, in order of execution, at least one.
        by: "name"; "depth", the nearest relative depth; "resolution", the nearest number of positions, of these the
            nearest depth. By the latter two, a layer with positions has one with positions beside it where there is
            any, and the end of a block the end of a block.
    """
    return MATCHES[by](layer, layers, others)


def _by_name(layer: Layer, _layers: Sequence[Layer], others: Sequence[Layer]) -> Layer | None:
    return next((other for other in others if other.name == layer.name), None)


def _by_depth(layer: Layer, layers: Sequence[Layer], others: Sequence[Layer]) -> Layer:
    distance = _depth_distance(layer, layers, others)
    return min(_alike(layer, others), key=distance)


def _by_resolution(layer: Layer, layers: Sequence[Layer], others: Sequence[Layer]) -> Layer | None:
    candidates = [other for other in _alike(layer, others) if other.grid is not None]
    if layer.grid is None or not candidates:
        return None
    distance, positions = _depth_distance(layer, layers, others), prod(layer.grid)
    return min(
        candidates, key=lambda other: (abs(log(prod(other.grid or (1, 1)) / positions)), distance(other))
    )


MATCHES: dict[str, Match] = {"name": _by_name, "depth": _by_depth, "resolution": _by_resolution}
"""The ways to find the layer beside a layer."""


def _description(layers: Sequence[Layer]) -> list[tuple[str, str, int | None]]:
    """Name, kind and channels of each layer; channels are left open where there are as many as outputs."""
    outputs = layers[-1].channels
    return [(each.name, each.kind, None if each.channels == outputs else each.channels) for each in layers]


def _alike(layer: Layer, others: Sequence[Layer]) -> Sequence[Layer]:
    """Those that are read like this layer, as far as there are any."""
    tests: tuple[Callable[[Layer], bool], ...] = (has_positions, _is_attention, lambda each: each.container)
    for test in tests:
        others = [other for other in others if test(other) == test(layer)] or others
    return others


def _is_attention(layer: Layer) -> bool:
    return layer.layout == "attention"


def _depth_distance(
    layer: Layer, layers: Sequence[Layer], others: Sequence[Layer]
) -> Callable[[Layer], float]:
    """How far a layer of the other network is from this one's relative depth, 0 (first) to 1 (last)."""
    depth = list(layers).index(layer) / max(len(layers) - 1, 1)
    depths = {other.name: number / max(len(others) - 1, 1) for number, other in enumerate(others)}
    return lambda other: abs(depths[other.name] - depth)
