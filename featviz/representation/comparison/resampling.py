"""How sure a similarity is: an interval over images, a curve over their number, and a score on other images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featviz.progress import yield_now
from featviz.representation.embeddings import Vectors
from featviz.representation.similarity import measure_of
from featviz.representation.similarity.cka import inner_product, u_centered
from featviz.representation.similarity.measure import Doubles
from featviz.representation.undefined import Undefined

__all__ = ["SizeCurve", "interval", "score_of_subsets", "size_curve"]

Positions = NDArray[np.int64]
Scores = Callable[[Positions], float]
_NORMAL = 1.959964
_FEWEST = 8
_SIZES = 8


@dataclass(frozen=True, eq=False)
class SizeCurve:
    """Similarity against the number of images it is computed from.

    Attributes:
        sizes: (s,) numbers of images, the last one all.
        values: (s,) the mean over random subsets of that size.
        spreads: (s,) the standard deviation over them; 0 for all images.
    """

    sizes: Positions
    values: Doubles
    spreads: Doubles


def score_of_subsets(measure_id: str, a: Vectors, b: Vectors, **options: object) -> Scores:
    """The similarity of two layers on a subset of the images; NaN where it is undefined.

    Linear CKA takes the subset out of finished Gram matrices; other measures begin with its features.
    """
    if measure_id in ("cka", "cka_debiased"):
        return _GramScores(a, b, debiased=measure_id == "cka_debiased")
    measure = measure_of(measure_id, **options)

    def score(subset: Positions) -> float:
        yield_now()
        try:
            return measure.score(measure.prepare(a[subset]), measure.prepare(b[subset]))
        except Undefined:
            return np.nan

    return score


def interval(
    scores: Scores, value: float, count: int, bounds: tuple[float, float], *, draws: int = 100, seed: int = 0
) -> tuple[float, float]:
    """95% confidence interval of a similarity over images like these.

    The spread over random halves of the images is that of the whole number over samples of images (delete-half
    jackknife, Shao & Wu 1989, Annals of Statistics 17). No image comes twice, as it would in a bootstrap, where
    each is its copy's nearest neighbor and most similar image, which no measure of images' similarities stands.

    Args:
        scores: of subsets.
        value: of all images.
        count: n.
        bounds: of the measure.
        draws: how many halves.
        seed: of the halves.

    Returns:
        Lower and upper end within the bounds; NaN where too few halves have a score.
    """
    rng = np.random.default_rng(seed)
    halves = np.array([scores(np.sort(rng.permutation(count)[: count // 2])) for _ in range(draws)])
    defined = halves[np.isfinite(halves)]
    if len(defined) < draws // 2 or not np.isfinite(value):
        return np.nan, np.nan
    reach = _NORMAL * float(defined.std(ddof=1))
    return max(bounds[0], value - reach), min(bounds[1], value + reach)


def size_curve(scores: Scores, value: float, count: int, *, draws: int = 5, seed: int = 0) -> SizeCurve:
    """The similarity of ever larger random subsets, up to all images.

    Args:
        scores: of subsets.
        value: of all images.
        count: n.
        draws: subsets of each size.
        seed: of the subsets.
    """
    sizes = np.unique(np.geomspace(min(_FEWEST, count), count, _SIZES).round().astype(np.int64))
    rng = np.random.default_rng(seed)
    drawn = [[scores(np.sort(rng.permutation(count)[:size])) for _ in range(draws)] for size in sizes[:-1]]
    means, spreads = zip(*map(_mean_and_spread, drawn), strict=True) if drawn else ((), ())
    return SizeCurve(sizes, np.array([*means, value]), np.array([*spreads, 0.0]))


class _GramScores:
    """Linear CKA of subsets: a centered Gram matrix, cut and centered again, is that of the subset."""

    def __init__(self, a: Vectors, b: Vectors, *, debiased: bool) -> None:
        cka = measure_of("cka")
        self._grams = cka.prepare(a), cka.prepare(b)
        self._center = u_centered if debiased else _centered

    def __call__(self, subset: Positions) -> float:
        yield_now()
        try:
            first, second = (self._center(gram[np.ix_(subset, subset)]) for gram in self._grams)
        except Undefined:
            return np.nan
        scale = float(np.linalg.norm(first) * np.linalg.norm(second))
        return inner_product(first, second) / scale if scale > 0 else np.nan


def _centered(gram: Doubles) -> Doubles:
    means = gram.mean(0)
    return np.asarray(gram - means - means[:, None] + means.mean())


def _mean_and_spread(values: list[float]) -> tuple[float, float]:
    defined = np.array(values)[np.isfinite(values)]
    return (float(defined.mean()), float(defined.std())) if len(defined) else (np.nan, np.nan)
