"""What stands behind one number of a similarity matrix: images, units, maps, and how sure the number is."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from featviz.progress import Progress, finished, yield_now
from featviz.representation.comparison.aligned_maps import AlignedMaps, align_maps
from featviz.representation.comparison.matched_units import MatchedUnits, match_units
from featviz.representation.comparison.neighborhoods import NeighborhoodDisagreement, compare_neighborhoods
from featviz.representation.comparison.permutation_null import p_value_of, random_orders
from featviz.representation.comparison.resampling import (
    SizeCurve,
    interval,
    score_of_subsets,
    size_curve,
)
from featviz.representation.comparison.shared_images import on_shared_images
from featviz.representation.embeddings import Embeddings
from featviz.representation.similarity import measure_of
from featviz.representation.similarity.held_out import held_out
from featviz.representation.undefined import Undefined

__all__ = ["CellEvidence", "cell_evidence", "evidence_steps"]

_FEWEST = 4
_PARTS = 4


@dataclass(frozen=True, eq=False)
class CellEvidence:
    """One layer of a network beside one of another. Images are meant by position in `ids`.

    Attributes:
        measure: an id out of `MEASURES`.
        value: the similarity.
        ids: of the n images that both layers have.
        maps: both layers' projections, laid over each other.
        neighborhoods: which images have other neighbors in the other layer.
        units: pairs of units that go together.
        interval: 95% confidence interval of the value over images; None until it is computed.
        curve: the value against the number of images; None until it is computed.
        held_out: what an alignment fitted to half the images scores on the others; None where the measure fits none,
            and until it is computed.
        p_value: of the permutation test; None until it is computed.
        chance: the value when images are paired at random, on average; None until it is computed.
    """

    measure: str
    value: float
    ids: tuple[str, ...]
    maps: AlignedMaps
    neighborhoods: NeighborhoodDisagreement
    units: MatchedUnits
    interval: tuple[float, float] | None = None
    curve: SizeCurve | None = None
    held_out: float | None = None
    p_value: float | None = None
    chance: float | None = None


def cell_evidence(
    a: Embeddings, b: Embeddings, measure: str = "cka_debiased", **options: Any
) -> CellEvidence:
    """Gather what stands behind the similarity of two layers.

    Args:
        a: one layer's embeddings.
        b: the other's; those images are looked at that both have, at least 4.
        measure: an id out of `MEASURES`.
        options: as `evidence_steps`.

    Raises:
        BadInput: no such measure, projection or option, or fewer images in common.
        Undefined: the similarity is not defined for these features.
    """
    return finished(evidence_steps(a, b, measure, **options))


def evidence_steps(
    a: Embeddings,
    b: Embeddings,
    measure: str = "cka_debiased",
    *,
    projection: str = "pca",
    neighbors: int = 10,
    pairs: int = 12,
    draws: int = 100,
    permutations: int = 100,
    seed: int = 0,
    **options: Any,
) -> Generator[Progress[CellEvidence], None, None]:
    """The same, step by step: first what can be looked at, then how sure the number is.

    Args:
        a: one layer's embeddings.
        b: the other's.
        measure: an id out of `MEASURES`.
        projection: an id out of `PROJECTIONS`.
        neighbors: how many of each image are compared.
        pairs: of units, at most.
        draws: random halves of the images for the interval.
        permutations: random pairings of the images for the p-value.
        seed: of all that is drawn at random.
        options: of the measure.

    Yields:
        parts done, each with the evidence so far; the last one has all of it.
    """
    a, b = on_shared_images(a, b, _FEWEST)
    chosen = measure_of(measure, **options)
    first, second = chosen.prepare(a.vectors), chosen.prepare(b.vectors)
    found = CellEvidence(
        measure=measure,
        value=chosen.score(first, second),
        ids=a.ids,
        maps=align_maps(a, b, projection, seed=seed),
        neighborhoods=compare_neighborhoods(a.vectors, b.vectors, neighbors),
        units=match_units(a.vectors, b.vectors, pairs, seed=seed),
    )
    yield Progress(1, _PARTS, "permutation test", found)
    null = []
    for order in random_orders(len(a), permutations, seed):
        null.append(chosen.score(first, chosen.reorder(second, order)))
        yield_now()
    p_value = p_value_of(found.value, np.array(null), chosen)
    found = replace(found, p_value=p_value, chance=float(np.mean(null)))
    yield Progress(2, _PARTS, "confidence interval", found)
    scores = score_of_subsets(measure, a.vectors, b.vectors, **options)
    ends = interval(scores, found.value, len(a), chosen.bounds, draws=draws, seed=seed)
    found = replace(found, interval=ends)
    yield Progress(3, _PARTS, "fewer images", found)
    found = replace(
        found,
        curve=size_curve(scores, found.value, len(a), seed=seed),
        held_out=_held_out(a, b, measure, seed, options) if chosen.held_out else None,
    )
    yield Progress(_PARTS, _PARTS, "", found)


def _held_out(a: Embeddings, b: Embeddings, measure: str, seed: int, options: Mapping[str, Any]) -> float:
    try:
        return held_out(a, b, measure, seed=seed, **options)
    except Undefined:
        return np.nan
