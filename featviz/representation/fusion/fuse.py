"""Fusion: embeddings of several layers or networks made one, comparable first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from featviz.errors import BadInput
from featviz.progress import Progress, finished, within
from featviz.representation.embeddings import Embeddings
from featviz.representation.fusion.combination import FUSIONS, Doubles, in_common
from featviz.representation.fusion.learned_weights import attention_weights, probe_weights
from featviz.representation.fusion.normalization import NORMALIZATIONS

__all__ = ["Fused", "Weights", "fuse", "image_weights", "steps"]

Weights = Sequence[float] | Literal["probe"]
"""One for each part, or how they are learned."""


@dataclass(frozen=True, eq=False)
class Fused:
    """Embeddings made of several, and how much each counts.

    Attributes:
        embeddings: of the images that all parts have.
        weights: (parts,) of each part; of attention (n, parts), of each image and part, rows summing to 1.
    """

    embeddings: Embeddings
    weights: Doubles


def fuse(
    parts: Sequence[Embeddings],
    method: str = "concatenation",
    *,
    weights: Weights = (),
    normalization: str = "length",
    **options: Any,
) -> Embeddings:
    """Make one embedding of several of the same images: each part normalised, then combined.

    With weights w and parts of length 1, the squared distance of a concatenation is the sum of w² times the parts' own;
    that of a weighted sum is so on average over its directions. `options["weights"]` of the result says which were
    taken, of attention their mean over the images.

    Args:
        parts: two or more; images that one of them lacks are left out, the first one's order holds.
        method: an id out of `FUSIONS`: concatenation, weighted_sum, attention.
        weights: one for each part, none below 0; all 1 where none are given. "probe" learns those of a sum or
            concatenation that a linear probe reads the labels from best, on held-out images. Attention learns its own.
        normalization: an id out of `NORMALIZATIONS`: length, standard, scale, none.
        options: of the method.

    Raises:
        BadInput: no such method or normalization, weights that do not fit, parts that have no image in common, or
            labels of fewer than two classes where weights are learned.
    """
    return finished(steps(parts, method, weights=weights, normalization=normalization, **options)).embeddings


def steps(
    parts: Sequence[Embeddings],
    method: str = "concatenation",
    *,
    weights: Weights = (),
    normalization: str = "length",
    **options: Any,
) -> Iterator[Progress[Fused]]:
    """The same, fit by fit where weights are learned, with the weights; arguments and errors as `fuse`."""
    complete = FUSIONS[method].complete(options)
    common, blocks = _prepared(parts, normalization)
    learning = _weights(blocks, common[0].labels, method, weights, complete)
    return _steps(
        parts, common, blocks, learning, {"method": method, "normalization": normalization, **complete}
    )


def image_weights(
    parts: Sequence[Embeddings], *, normalization: str = "length", dimensions: int = 0, seed: int = 0
) -> tuple[tuple[str, ...], Doubles]:
    """The ids of the common images, and the weights (n, parts) that attention fusion gives each; rows sum to 1.

    Args:
        parts: as `fuse` takes them.
        normalization: as `fuse` takes it.
        dimensions: as the method takes it.
        seed: as the method takes it.

    Raises:
        BadInput: as `fuse`.
    """
    fused = finished(steps(parts, "attention", normalization=normalization, dimensions=dimensions, seed=seed))
    return fused.embeddings.ids, fused.weights


def _weights(
    blocks: Sequence[Doubles],
    labels: Sequence[str | None],
    method: str,
    weights: Weights,
    options: Mapping[str, Any],
) -> Iterator[Progress[Doubles]]:
    """The weights as they were given, or the work of learning them."""
    seed = int(options.get("seed", 0))
    if method == "attention":
        if len(weights):
            raise BadInput("Attention learns a weight for each image: give none.", code="weights")
        return attention_weights(in_common(blocks, **options), labels, seed)
    if weights == "probe":
        combine = FUSIONS[method].function
        return probe_weights(lambda each: combine(blocks, each, **options), len(blocks), labels, seed)
    return iter([Progress(1, 1, result=_given(weights, len(blocks)))])


def _steps(
    parts: Sequence[Embeddings],
    common: Sequence[Embeddings],
    blocks: Sequence[Doubles],
    learning: Iterator[Progress[Doubles]],
    options: dict[str, Any],
) -> Iterator[Progress[Fused]]:
    weights = yield from within(learning, lambda step: Progress(step.done, step.total + 1, step.note))
    own = {name: value for name, value in options.items() if name not in ("method", "normalization")}
    used = weights if weights.ndim == 1 else weights.mean(0)
    fused = Embeddings(
        vectors=FUSIONS[options["method"]].function(blocks, weights, **own),
        ids=common[0].ids,
        labels=common[0].labels,
        images=common[0].images,
        model=" + ".join(dict.fromkeys(part.model for part in parts)),
        layer=" + ".join(part.layer for part in parts),
        pool=" + ".join(dict.fromkeys(part.pool for part in parts if part.pool)),
        options={**options, "weights": used.tolist()},
        skipped=tuple(dict.fromkeys(each for part in parts for each in part.skipped)),
    )
    yield Progress(1, 1, result=Fused(fused, weights))


def _prepared(parts: Sequence[Embeddings], normalization: str) -> tuple[list[Embeddings], list[Doubles]]:
    """The parts of the common images, and their vectors normalised."""
    method = NORMALIZATIONS[normalization]
    if not parts:
        raise BadInput("No embeddings came: one or more are needed.", code="weights")
    common = _common(parts)
    return common, [np.asarray(method.function(part.vectors), np.float64) for part in common]


def _given(weights: Weights, count: int) -> Doubles:
    """The weights as they were given, all 1 where none were.

    Raises:
        BadInput: they do not fit.
    """
    if isinstance(weights, str):
        raise BadInput(f'Weights are numbers, or "probe" to learn them; {weights!r} came.', code="weights")
    factors = [float(weight) for weight in weights] or [1.0] * count
    fitting = len(factors) == count and any(factors)
    if not fitting or not all(np.isfinite(weight) and weight >= 0 for weight in factors):
        raise BadInput(
            f"{count} embeddings and the weights {factors} came: one weight of 0 or more is needed for each, "
            "and not all of them 0.",
            code="weights",
        )
    return np.array(factors)


def _common(parts: Sequence[Embeddings]) -> list[Embeddings]:
    """The same parts with the images that all have, in the first one's order."""
    shared = set(parts[0].ids).intersection(*(part.ids for part in parts[1:]))
    if not shared:
        raise BadInput("These embeddings have no image in common: embed the same set.", code="ids")
    ids = [each for each in parts[0].ids if each in shared]
    positions = [{name: position for position, name in enumerate(part.ids)} for part in parts]
    return [
        part.subset([position_of[each] for each in ids])
        for part, position_of in zip(parts, positions, strict=True)
    ]
