"""Can the class be read off the features? By the neighbours, and by a plane."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from featviz.progress import yield_now
from featviz.registry import Range
from featviz.representation.neighbors.exact import closest
from featviz.representation.quality.features import QUALITIES, Codes, Features, Labelled
from featviz.representation.quality.measurement import CannotSay, Reading
from featviz.statistics import wilson_interval

__all__ = ["knn_accuracy", "linear_probe"]

_WIDEST = 4096
_ROUNDS = 2000


@QUALITIES.register("k-NN accuracy", reference="Cover & Hart 1967, doi:10.1109/TIT.1967.1053964", passes=0)
def knn_accuracy(features: Features, *, k: Annotated[int, Range(1, 200)] = 10) -> Reading:
    """How often the k nearest other images vote for an image's class (leave-one-out); higher is better.

    Cost: every measured image's distances to all, n² d.

    Args:
        features: with labels.
        k: how many neighbours vote.
    """
    found = features.labelled
    count = len(found.codes)
    if count <= k:
        raise CannotSay(f"{count} labelled images are too few for {k} neighbours: more than {k} are needed.")
    parts = found.distances.blocks(found.measured)
    neighbours = np.concatenate([closest(found.distances.others(part), k) for part in parts])
    hits, chance = (_votes_won(found, neighbours, codes) for codes in (found.codes, found.shuffled))
    share = float(hits.mean())
    sentence = (
        f"The {k} nearest images name the class of {share:.1%} of the images; with shuffled labels, "
        f"of {chance.mean():.1%}."
    )
    size = count / len(found.names)
    if size <= k:
        sentence += (
            f" Classes have {size:.1f} images on average: among {k} neighbours so few are easily outvoted."
        )
    return Reading(
        share,
        sentence,
        "higher",
        float(chance.mean()),
        "shuffled labels",
        wilson_interval(int(hits.sum()), len(hits)),
        True,
        len(hits),
    )


@QUALITIES.register("Linear probe", reference="Alain & Bengio 2016, arXiv:1610.01644", passes=0)
def linear_probe(
    features: Features,
    *,
    folds: Annotated[int, Range(2, 20)] = 5,
    regularisation: Annotated[float, Range(1e-6, 1e6)] = 1.0,
) -> Reading:
    """How often a logistic regression on the features names the class of images it did not learn; higher is better.

    The features are standardised by the images it learns from. Classes with fewer images than folds are left out.
    Cost: a regression a fold, seconds for thousands of images.

    Args:
        features: with labels.
        folds: parts of the images, each named by the regression that learned the others.
        regularisation: the weight of the squared coefficients.
    """
    found = features.labelled
    if found.vectors.shape[1] > _WIDEST:
        raise CannotSay(
            f"{found.vectors.shape[1]:,} numbers an image are more than the {_WIDEST:,} a probe is fitted to: "
            "pool the layer by its mean."
        )
    chosen = _in_full_classes(found, folds)
    codes = found.codes[chosen]
    hits = _held_out_hits(found.vectors[chosen], codes, folds, regularisation, features.seed)
    share, chance = float(hits.mean()), float(np.bincount(codes).max() / len(codes))
    low, high = wilson_interval(int(hits.sum()), len(hits))
    sentence = (
        f"A linear classifier on these features names {share:.1%} of images it did not learn "
        f"({low:.1%} to {high:.1%}); always naming the largest class, {chance:.1%}."
    )
    left_out = len(found.names) - len(np.unique(codes))
    if left_out:
        sentence += (
            f" Left out for having fewer than {folds} images: {left_out} of {len(found.names)} classes."
        )
    return Reading(
        share, sentence, "higher", chance, "always the largest class", (low, high), True, len(hits)
    )


def _votes_won(found: Labelled, neighbours: NDArray[np.intp], codes: Codes) -> NDArray[np.bool_]:
    """(m,) whether most neighbours are of the image's class; of classes with as many votes, the first wins."""
    rows, classes = len(neighbours), len(found.names)
    places = np.arange(rows)[:, None] * classes + codes[neighbours]
    votes = np.bincount(places.ravel(), minlength=rows * classes).reshape(rows, classes)
    won: NDArray[np.bool_] = votes.argmax(1) == codes[found.measured]
    return won


def _in_full_classes(found: Labelled, folds: int) -> NDArray[np.int64]:
    """Which labelled images are of classes that have one for every fold, in the sample too."""
    chosen = found.features.sample(np.flatnonzero(found.sizes[found.codes] >= folds))
    sizes = np.bincount(found.codes[chosen], minlength=len(found.names))
    chosen = chosen[sizes[found.codes[chosen]] >= folds]
    if len(np.unique(found.codes[chosen])) < 2:
        raise CannotSay(f"fewer than two classes have the {folds} images that {folds} folds need.")
    return chosen


def _held_out_hits(
    vectors: NDArray[np.float64], codes: Codes, folds: int, regularisation: float, seed: int
) -> NDArray[np.bool_]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    probe = make_pipeline(StandardScaler(), LogisticRegression(C=1 / regularisation, max_iter=_ROUNDS))
    parts = StratifiedKFold(folds, shuffle=True, random_state=seed)
    right = np.zeros(len(codes), np.bool_)
    for learned, held_out in parts.split(vectors, codes):
        yield_now()
        probe.fit(vectors[learned], codes[learned])
        right[held_out] = probe.predict(vectors[held_out]) == codes[held_out]
    return right
