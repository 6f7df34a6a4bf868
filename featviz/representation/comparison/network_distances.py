"""How far many networks are apart, by a true metric between their representations of the same images."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import reduce

import numpy as np

from featviz.data.sets.image_set import ImageSet
from featviz.errors import BadInput
from featviz.models.model import Model
from featviz.progress import Progress, finished, within
from featviz.representation.comparison.execution_order import layers_with_weights
from featviz.representation.embeddings import Embeddings
from featviz.representation.extraction.extract import stream
from featviz.representation.similarity.measure import Doubles, measure_of
from featviz.representation.undefined import Undefined
from featviz.store.store import Store

__all__ = ["METRICS", "NetworkDistances", "distance_steps", "distances_between", "layer_at"]

METRICS = ("procrustes_angular", "cka_angular")
"""The measures that are metrics: symmetric, 0 for the same alone, and no detour is shorter than the direct way."""

Steps = Generator[Progress["NetworkDistances"], None, None]


@dataclass(frozen=True, eq=False)
class NetworkDistances:
    """Distances between networks.

    Attributes:
        distances: (k, k) symmetric, in radians from 0 to π/2; 0 on the diagonal.
        layers: (k,) which layer of each network represents the images.
        dimensions: (k,) how many numbers each of these gives for an image.
        count: of the images that all networks took.
        measure: an id out of `METRICS`.
        models: (k,) names of the networks.
        weights: (k,) which each has.
    """

    distances: Doubles
    layers: tuple[str, ...]
    dimensions: tuple[int, ...]
    count: int
    measure: str
    models: tuple[str, ...]
    weights: tuple[str, ...]


def layer_at(model: Model, depth: float) -> str:
    """The layer with weights at a relative depth: 0 is the first that runs, 1 the last."""
    layers = layers_with_weights(model)
    return layers[round(min(max(depth, 0.0), 1.0) * (len(layers) - 1))]


def distances_between(
    networks: Sequence[tuple[Model, str]], images: ImageSet, measure: str = "procrustes_angular"
) -> NetworkDistances:
    """The distances between networks, each represented by one of its layers.

    Args:
        networks: each with the name of a layer.
        images: every network takes them through its own transform.
        measure: an id out of `METRICS`.

    Raises:
        BadInput: fewer than two networks, a measure that is no metric, or no image that all networks take.
        Undefined: a layer that gives the same for every image.
    """
    return finished(distance_steps(networks, images, measure))


def distance_steps(
    networks: Sequence[tuple[Model, str]],
    images: ImageSet,
    measure: str = "procrustes_angular",
    *,
    pool: str = "mean",
    store: Store | None = None,
) -> Steps:
    """The same, step by step; arguments and errors as `distances_between`.

    Args:
        networks: each with the name of a layer.
        images: of all networks.
        measure: an id out of `METRICS`.
        pool: an id out of `POOLINGS`.
        store: where embeddings are kept; None is this user's.

    Yields:
        images done; the last one has the result.
    """
    if measure not in METRICS:
        raise BadInput(f"{measure!r} is no metric: {' and '.join(METRICS)} are.", code="measure")
    if len(networks) < 2:
        raise BadInput("Distances are between networks: choose at least two.", code="networks")
    return _steps(networks, images, measure, pool, store)


def _steps(
    networks: Sequence[tuple[Model, str]], images: ImageSet, measure: str, pool: str, store: Store | None
) -> Steps:
    total, embedded = len(networks) * len(images), []
    for number, (model, layer) in enumerate(networks):
        before = number * len(images)

        def tell(
            step: Progress[Mapping[str, Embeddings]], model: Model = model, before: int = before
        ) -> Progress[NetworkDistances]:
            return Progress(before + step.done, total, f"{model.name}, {model.weights}")

        with closing(stream(model, images, {layer: pool}, store=store)) as run:
            embedded.append((yield from within(run, tell))[layer])
    vectors = _of_common_images(embedded)
    yield Progress(
        total,
        total,
        "",
        NetworkDistances(
            distances=_distances(vectors, measure, [f"{model.name}: {layer}" for model, layer in networks]),
            layers=tuple(layer for _model, layer in networks),
            dimensions=tuple(each.shape[1] for each in vectors),
            count=len(vectors[0]),
            measure=measure,
            models=tuple(model.name for model, _layer in networks),
            weights=tuple(model.weights for model, _layer in networks),
        ),
    )


def _of_common_images(embedded: Sequence[Embeddings]) -> list[np.ndarray]:
    """The vectors of the images that all have, in one order."""
    common = reduce(set.intersection, (set(each.ids) for each in embedded))
    if len(common) < 4:
        raise BadInput("Fewer than 4 images went through all networks: choose other images.", code="too_few")
    order = [name for name in embedded[0].ids if name in common]
    positions = [{name: position for position, name in enumerate(each.ids)} for each in embedded]
    return [
        each.vectors[[position[name] for name in order]]
        for each, position in zip(embedded, positions, strict=True)
    ]


def _distances(vectors: Sequence[np.ndarray], measure: str, names: Sequence[str]) -> Doubles:
    chosen, prepared = measure_of(measure), []
    for each, name in zip(vectors, names, strict=True):
        try:
            prepared.append(chosen.prepare(each))
        except Undefined as reason:
            raise Undefined(f"{name} has no distance, because {reason}", code=reason.code) from reason
    distances = np.zeros((len(prepared), len(prepared)))
    for row, column in zip(*np.triu_indices(len(prepared), 1), strict=True):
        distances[row, column] = distances[column, row] = chosen.score(prepared[row], prepared[column])
    return distances
