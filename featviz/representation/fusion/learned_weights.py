"""Weights of a fusion, learned from labels: one for each part, or one for each part and image."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from featviz.errors import BadInput
from featviz.progress import Progress, yield_now
from featviz.representation.embeddings import Embeddings, Vectors
from featviz.representation.fusion.combination import Doubles

__all__ = ["attention_weights", "probe_weights"]

Codes = NDArray[np.int64]
Labels = Sequence[str | None]

_SHARES = np.linspace(0, 1, 11)
_FOLDS = 5
_PROBING, _ATTENDING = "learning the weights", "learning each image's weights"


def probe_weights(
    combine: Callable[[Doubles], Vectors], parts: int, labels: Labels, seed: int
) -> Iterator[Progress[Doubles]]:
    """The weights (parts,) that sum to 1 whose combination a linear probe classifies best on held-out images.

    The parts join one by one, the best alone first, each with the share of 0, .1, ..., 1 that helps most; of equally
    good ones the share nearest to equal weights. `Progress` counts probes.

    Args:
        combine: the combined vectors for given weights.
        parts: how many there are.
        labels: of the images; those without one are not read.
        seed: of the division into folds.

    Raises:
        BadInput: the labels are of fewer than two classes with five images.
    """
    ids = tuple(map(str, range(len(_codes(labels)))))

    def accuracy(weights: Doubles) -> float:
        from featviz.representation.quality.features import Features
        from featviz.representation.quality.prediction import linear_probe

        found = linear_probe(Features(Embeddings(combine(weights), ids, tuple(labels)), seed))
        return float(found.value or 0.0)

    return _best_weights(accuracy, parts)


def _best_weights(accuracy: Callable[[Doubles], float], parts: int) -> Iterator[Progress[Doubles]]:
    single, total, done = np.eye(parts), parts + (parts - 1) * len(_SHARES), 0
    alone = []
    for weights in single:
        yield Progress(done, total, _PROBING)
        alone.append(accuracy(weights))
        done += 1
    order = sorted(range(parts), key=lambda part: -alone[part])
    chosen: Doubles = single[order[0]]
    for position, part in enumerate(order[1:], 2):
        found = []
        for share in _SHARES:
            yield Progress(done, total, _PROBING)
            found.append(accuracy((1 - share) * chosen + share * single[part]))
            done += 1
        best = max(
            range(len(_SHARES)), key=lambda each: (found[each], -abs(_SHARES[each] - 1 / position), -each)
        )
        chosen = (1 - _SHARES[best]) * chosen + _SHARES[best] * single[part]
    yield Progress(total, total, result=chosen)


def attention_weights(blocks: Sequence[Doubles], labels: Labels, seed: int) -> Iterator[Progress[Doubles]]:
    """How probably each part tells an image's class best (n, parts), rows summing to 1.

    Linear probes on each part say which one gives an image's class the highest probability; a gate, a logistic
    regression on all parts and their lengths, learns to foretell which. Both are trained without the image itself;
    those without a label get the mean of all gates. `Progress` counts regressions.

    Args:
        blocks: of each part (n, d), of mean square 1.
        labels: of the images.
        seed: of the division into folds.

    Raises:
        BadInput: the labels are of fewer than two classes with five images.
    """
    return _attention_weights(blocks, _codes(labels), seed)


def _attention_weights(blocks: Sequence[Doubles], codes: Codes, seed: int) -> Iterator[Progress[Doubles]]:
    known, total = np.flatnonzero(codes >= 0), (len(blocks) + 1) * _FOLDS
    folds = np.array_split(np.random.default_rng(seed).permutation(known), _FOLDS)
    rest = [np.setdiff1d(known, fold) for fold in folds]
    classes, done = int(codes.max()) + 1, 0
    told = np.zeros((len(codes), len(blocks)))
    for part, block in enumerate(blocks):
        for training, fold in zip(rest, folds, strict=True):
            yield Progress(done, total, _ATTENDING)
            shares = _shares(block, training, codes[training], classes)
            told[fold, part] = shares[fold, codes[fold]]
            done += 1
    gates = []
    together = np.hstack([*blocks, *(np.linalg.norm(block, axis=1, keepdims=True) for block in blocks)])
    for training in rest:
        yield Progress(done, total, _ATTENDING)
        gates.append(_shares(together, training, told.argmax(1)[training], len(blocks)))
        done += 1
    weights = np.mean(gates, axis=0)
    for gate, fold in zip(gates, folds, strict=True):
        weights[fold] = gate[fold]
    yield Progress(total, total, result=np.asarray(weights))


def _shares(vectors: Doubles, training: NDArray[np.int64], codes: Codes, classes: int) -> Doubles:
    """The probability of each class for all images (n, classes), by a logistic regression on some of them."""
    from featviz.representation.quality.logistic_regression import fit_logistic_regression

    yield_now()
    center, spread = vectors[training].mean(0), vectors[training].std(0)
    standard = (vectors - center) / np.where(spread > 1e-9, spread, 1)
    fitted = fit_logistic_regression(standard[training], codes, classes, 1.0)
    logits = standard @ fitted.coefficients + fitted.intercepts
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True))


def _codes(labels: Labels) -> Codes:
    """The number of each image's class, -1 where it has no label.

    Raises:
        BadInput: fewer than two classes with five images.
    """
    names, sizes = np.unique([label for label in labels if label is not None], return_counts=True)
    if (sizes >= _FOLDS).sum() < 2:
        raise BadInput(
            f"Weights are learned from labels: two classes with {_FOLDS} images each are needed.",
            code="labels",
        )
    position = {name: code for code, name in enumerate(names.tolist())}
    return np.array([-1 if label is None else position[label] for label in labels])
