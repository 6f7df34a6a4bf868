"""Layers chosen evenly through a network's depth."""

from collections.abc import Sequence

from featviz.models.layers import Layer

__all__ = ["layers_through_depth", "opening_layer"]

_FEWEST_BLOCKS = 4


def layers_through_depth(layers: Sequence[Layer], count: int = 6) -> tuple[Layer, ...]:
    """Choose layers with positions that stand evenly along the depth, ends of blocks where there are any.

    Args:
        layers: in order of execution.
        count: at most how many.
    """
    spatial = [layer for layer in layers if layer.grid is not None and layer.grid[0] * layer.grid[1] > 1]
    if not spatial:
        return ()
    first = next((layer for layer in spatial if layer.channels > 3), spatial[0])
    later = spatial[spatial.index(first) + 1 :]
    inner = next(
        (group for group in (_blocks(later), _activations(later)) if len(group) > 2),
        later,
    )
    candidates = [first, *inner]
    if len(candidates) <= count:
        return tuple(candidates)
    steps = (round(n * (len(candidates) - 1) / (count - 1)) for n in range(count))
    return tuple(candidates[step] for step in steps)


def opening_layer(layers: Sequence[Layer]) -> Layer:
    """The layer to show first: one from the second third of the depth, where maps are large and telling."""
    walk = layers_through_depth(layers)
    if not walk:
        return layers[0]
    start = list(layers).index(walk[len(walk) // 3])
    readable = [layer for layer in _activations(layers[start : start + 4]) if layer.grid is not None]
    return readable[0] if readable else walk[len(walk) // 3]


def _blocks(layers: Sequence[Layer]) -> list[Layer]:
    """The blocks a network repeats: the outermost kind of container of which there are at least four.

    Plain chains of layers do not count: a whole stage is one, and so is a convolution with its normalization.
    """
    chains = ("Sequential", "Conv2dNormActivation", "SqueezeExcitation")
    by_level: dict[int, list[Layer]] = {}
    for layer in layers:
        if layer.container and layer.kind not in chains:
            by_level.setdefault(layer.name.count("."), []).append(layer)
    return next((by_level[level] for level in sorted(by_level) if len(by_level[level]) >= _FEWEST_BLOCKS), [])


def _activations(layers: Sequence[Layer]) -> list[Layer]:
    """Outputs that cannot be (far) below zero, whose maps are the easiest to read."""
    return [layer for layer in layers if layer.kind in ("ReLU", "ReLU6", "SiLU", "Hardswish", "GELU")]
