"""A walk through a network: which layers show how edges become parts."""

from collections.abc import Sequence

from featviz.models.layers import Layer

__all__ = ["layers_through_depth", "opening_layer"]


def layers_through_depth(layers: Sequence[Layer], count: int = 6) -> tuple[Layer, ...]:
    """Choose layers with positions that stand evenly along the depth, ends of blocks where there are any.

    Args:
        layers: in order of execution.
        count: at most how many.
    """
    placed = [layer for layer in layers if layer.grid is not None and layer.grid[0] * layer.grid[1] > 1]
    if not placed:
        return ()
    inner = [layer for layer in placed[1:] if layer.container and _ends_a_block(layer)]
    candidates = [placed[0], *(inner if len(inner) >= count - 1 else placed[1:])]
    if len(candidates) <= count:
        return tuple(candidates)
    steps = (round(place * (len(candidates) - 1) / (count - 1)) for place in range(count))
    return tuple(candidates[step] for step in steps)


def opening_layer(layers: Sequence[Layer]) -> Layer:
    """The layer to show first: one from the second third of the depth, where maps are large and telling."""
    walk = layers_through_depth(layers)
    return walk[len(walk) // 3] if walk else layers[0]


def _ends_a_block(layer: Layer) -> bool:
    """Whether a container is more than a convolution with its normalisation, yet not a whole trunk."""
    return layer.name.count(".") >= 1 and layer.kind not in ("Conv2dNormActivation", "SqueezeExcitation")
