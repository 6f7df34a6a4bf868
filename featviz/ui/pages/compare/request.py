"""A comparison that is asked for: two networks, their layers, the images and the measure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from featviz.data.sets.image_set import ImageSet
from featviz.explain.features.depth import layers_through_depth
from featviz.models.model import Model
from featviz.representation.comparison.execution_order import layers_with_weights, ordered_layers
from featviz.representation.extraction.feature_layer import feature_layer, logits_layer
from featviz.ui.inputs.second_network import described
from featviz.ui.state.image_sets import ChosenSet, part_of

__all__ = ["ComparisonRequest", "layers_of", "sample_of"]

_MAX_BLOCKS = 24
_SAME = ("Identity", "Dropout", "Dropout2d", "StochasticDepth", "Flatten")
"""Kinds of layers that output what came in."""


@dataclass(frozen=True, eq=False)
class ComparisonRequest:
    """Two networks on the same images.

    Attributes:
        first: its layers are the rows.
        second: its layers are the columns.
        chosen: the images that are compared: row i of all embeddings is image i.
        whole: the set of which these are a sample, or the same.
        measure: an id out of `MEASURES`.
        layers_a: of the first network, in order of execution.
        layers_b: of the second one.
        options: of the measure, those that differ from its defaults.
        pool: an id out of `POOLINGS`: how a layer's output becomes one vector.
        names: of both networks with their weights, in words that tell them apart; said by the session, which alone
            knows what uploaded files are called.
    """

    first: Model
    second: Model
    chosen: ChosenSet
    whole: ChosenSet
    measure: str
    layers_a: tuple[str, ...]
    layers_b: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    pool: str = "mean"
    names: tuple[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """Name both networks."""
        object.__setattr__(self, "names", (described(self.first), described(self.second)))

    @property
    def networks(self) -> tuple[Model, Model]:
        """Both."""
        return self.first, self.second

    @property
    def images(self) -> ImageSet:
        """The images that are compared."""
        assert self.chosen.images is not None  # noqa: S101 - the page ends where there are none
        return self.chosen.images

    @property
    def key(self) -> tuple[object, ...]:
        """Everything that does not depend on the measure and the layers."""
        networks = ((each.fingerprint, each.classes, str(each.device)) for each in self.networks)
        return (*networks, self.chosen.content)

    def __iter__(self) -> Iterator[Model]:
        """One network after the other."""
        return iter(self.networks)


def layers_of(model: Model, depth: str) -> tuple[str, ...]:
    """The layers of a network that are compared, in order of execution.

    Args:
        model: the network.
        depth: "weights" (layers that multiply by weights), "blocks" (ends of blocks), or "all".
    """
    if depth == "weights":
        return layers_with_weights(model)
    if depth == "blocks":
        walk = [layer.name for layer in layers_through_depth(model.layers, _MAX_BLOCKS)]
        ends = [name for name in (feature_layer(model), logits_layer(model)) if name]
        return ordered_layers(model, list(dict.fromkeys((*walk, *ends))))
    leaves = [layer for layer in model.layers if not layer.container and layer.kind not in _SAME]
    # attention weights sum to one for each query: their mean is the same for every image
    return ordered_layers(model, [layer.name for layer in leaves if layer.layout != "attention"])


def sample_of(chosen: ChosenSet, count: int) -> ChosenSet:
    """So many images of a set, drawn at random (seed 0); the set itself where it has no more."""
    if len(chosen) <= count:
        return chosen
    rows = np.sort(np.random.default_rng(0).choice(len(chosen), count, replace=False))
    return part_of(chosen, rows, chosen.name)
