"""Can the class be read off the features? By the neighbours, and by a plane."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from featviz.progress import yield_now
from featviz.registry import Range
from featviz.representation.neighbors.exact import closest
from featviz.representation.quality.features import MEASURES, Codes, Features, Labeled
from featviz.representation.quality.logistic_regression import fit_logistic_regression
from featviz.representation.quality.measurement import Measurement, Undefined
from featviz.statistics import wilson_interval

__all__ = ["knn_accuracy", "linear_probe", "load_libraries", "neighbor_hits", "probe_hits"]

_MAX_DIMENSIONS = 4096


@MEASURES.register("k-NN accuracy", reference="Cover & Hart 1967, doi:10.1109/TIT.1967.1053964", passes=0)
def knn_accuracy(features: Features, *, k: Annotated[int, Range(1, 200)] = 10) -> Measurement:
    """How often a vote of the k nearest other images gives an image's class (leave-one-out); higher is better.

    Cost: every measured image's distances to all, n² d.

    Args:
        features: with labels.
        k: how many neighbours vote.
    """
    labeled = features.labeled
    neighbors = _neighbors(labeled, k)
    correct, chance = (
        _voted_correctly(labeled, neighbors, codes) for codes in (labeled.codes, labeled.shuffled)
    )
    share = float(correct.mean())
    sentence = (
        f"A vote of the {k} nearest images classifies {share:.1%} of the images correctly; with shuffled labels, "
        f"{chance.mean():.1%}."
    )
    size = len(labeled.codes) / len(labeled.names)
    if size <= k:
        sentence += (
            f" Classes have {size:.1f} images on average: among {k} neighbors so few are easily outvoted."
        )
    return Measurement(
        share,
        sentence,
        "higher",
        float(chance.mean()),
        "shuffled labels",
        wilson_interval(int(correct.sum()), len(correct)),
        True,
        len(correct),
    )


@MEASURES.register("Linear probe", reference="Alain & Bengio 2016, arXiv:1610.01644", passes=0)
def linear_probe(
    features: Features,
    *,
    folds: Annotated[int, Range(2, 20)] = 5,
    regularisation: Annotated[float, Range(1e-6, 1e6)] = 1.0,
) -> Measurement:
    """How often a logistic regression on the features classifies held-out images correctly; higher is better.

    The features are standardised by the images it learns from. Classes with fewer images than folds are left out.
    Cost: a regression a fold, n d classes, a second or two for thousands of images.

    Args:
        features: with labels.
        folds: parts of the images, each named by the regression that training the others.
        regularisation: the weight of the squared coefficients.
    """
    labeled = features.labeled
    codes, correct = _probed(features, folds, regularisation)
    share, chance = float(correct.mean()), float(np.bincount(codes).max() / len(codes))
    low, high = wilson_interval(int(correct.sum()), len(correct))
    sentence = (
        f"A linear classifier on these features classifies {share:.1%} of held-out images correctly "
        f"({low:.1%} to {high:.1%}); always predicting the largest class, {chance:.1%}."
    )
    dropped = len(labeled.names) - len(np.unique(codes))
    if dropped:
        sentence += (
            f" Left out for having fewer than {folds} images: {dropped} of {len(labeled.names)} classes."
        )
    return Measurement(
        share, sentence, "higher", chance, "always the largest class", (low, high), True, len(correct)
    )


def neighbor_hits(features: Features, k: int = 10) -> NDArray[np.bool_]:
    """(m,) for each image that `knn_accuracy` measures, whether the vote is right; features of the same images, labels
    and seed have the same ones in the same order.

    Raises:
        Undefined: as there.
    """
    labeled = features.labeled
    return _voted_correctly(labeled, _neighbors(labeled, k), labeled.codes)


def probe_hits(features: Features, folds: int = 5, regularisation: float = 1.0) -> NDArray[np.bool_]:
    """(m,) the same of `linear_probe`: whether the regression that did not see an image classifies it correctly.

    Raises:
        Undefined: as there.
    """
    return _probed(features, folds, regularisation)[1]


def _neighbors(labeled: Labeled, k: int) -> NDArray[np.intp]:
    """(m, k) the nearest other images of each measured one."""
    count = len(labeled.codes)
    if count <= k:
        raise Undefined(f"{count} labelled images are too few for {k} neighbors: more than {k} are needed.")
    parts = labeled.distances.blocks(labeled.measured)
    return np.concatenate([closest(labeled.distances.others(part), k) for part in parts])


def _probed(features: Features, folds: int, regularisation: float) -> tuple[Codes, NDArray[np.bool_]]:
    """(m,) the classes of the images that are held out in turn, and whether each is classified correctly."""
    labeled = features.labeled
    if labeled.vectors.shape[1] > _MAX_DIMENSIONS:
        raise Undefined(
            f"{labeled.vectors.shape[1]:,} numbers an image are more than the {_MAX_DIMENSIONS:,} a probe is fitted "
            "to: pool the layer by its mean."
        )
    chosen = _in_complete_classes(labeled, folds)
    codes = labeled.codes[chosen]
    correct = _held_out_correct(labeled.vectors[chosen], codes, folds, regularisation, features.seed)
    return codes, correct


def _voted_correctly(labeled: Labeled, neighbors: NDArray[np.intp], codes: Codes) -> NDArray[np.bool_]:
    """(m,) whether most neighbours are of the image's class; of classes with as many votes, the first wins."""
    rows, classes = len(neighbors), len(labeled.names)
    cells = np.arange(rows)[:, None] * classes + codes[neighbors]
    votes = np.bincount(cells.ravel(), minlength=rows * classes).reshape(rows, classes)
    correct: NDArray[np.bool_] = votes.argmax(1) == codes[labeled.measured]
    return correct


def _in_complete_classes(labeled: Labeled, folds: int) -> NDArray[np.int64]:
    """Which labelled images are of classes that have one for every fold, in the sample too."""
    chosen = labeled.features.sample(np.flatnonzero(labeled.sizes[labeled.codes] >= folds))
    sizes = np.bincount(labeled.codes[chosen], minlength=len(labeled.names))
    chosen = chosen[sizes[labeled.codes[chosen]] >= folds]
    if len(np.unique(labeled.codes[chosen])) < 2:
        raise Undefined(f"fewer than two classes have the {folds} images that {folds} folds need.")
    return chosen


def load_libraries() -> None:
    """Load what the linear probe computes with: once, it takes seconds, which are no part of what a layer costs."""
    import sklearn.model_selection
    import sklearn.preprocessing  # noqa: F401


def _held_out_correct(
    vectors: NDArray[np.float64], codes: Codes, folds: int, regularisation: float, seed: int
) -> NDArray[np.bool_]:
    from sklearn.model_selection import StratifiedKFold
    from sklearn.preprocessing import StandardScaler

    classes, codes = np.unique(codes, return_inverse=True)
    parts = StratifiedKFold(folds, shuffle=True, random_state=seed)
    correct = np.zeros(len(codes), np.bool_)
    for training, held_out in parts.split(vectors, codes):
        yield_now()
        scaler = StandardScaler().fit(vectors[training])
        scaled = scaler.transform(vectors[training])
        probe = fit_logistic_regression(scaled, codes[training], len(classes), regularisation)
        correct[held_out] = probe.predict(scaler.transform(vectors[held_out])) == codes[held_out]
    return correct
