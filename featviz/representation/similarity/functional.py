"""Functional similarity: whether two networks answer alike, and whether they err on the same images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featviz.errors import BadInput
from featviz.registry import Registry
from featviz.representation.similarity.measure import Doubles
from featviz.representation.undefined import Undefined

__all__ = ["FUNCTIONAL", "Outputs"]

Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

FUNCTIONAL = Registry("functional similarity measure")
"""Each is a function (outputs) -> float that raises `Undefined` where there is nothing to say."""


@dataclass(frozen=True, eq=False)
class Outputs:
    """What two networks answer for the same images, and what is right.

    Attributes:
        a: probabilities (n, classes) of the first network.
        b: of the second one, of the same classes in the same order.
        labels: the right class of each image (n,), -1 where it is not known; None where none is.
    """

    a: Doubles
    b: Doubles
    labels: Codes | None = None

    def __post_init__(self) -> None:
        """Check that both are probabilities of the same classes for the same images.

        Raises:
            BadInput: they are not.
        """
        if self.a.ndim != 2 or self.a.shape != self.b.shape or not self.a.size:
            raise BadInput(
                f"Outputs of shape {self.a.shape} and {self.b.shape} came: both networks must tell the same classes "
                "apart, for the same images.",
                code="shape",
            )
        for each in (self.a, self.b):
            if not (np.isfinite(each).all() and (each >= 0).all() and np.allclose(each.sum(1), 1, atol=1e-4)):
                raise BadInput(
                    "Some outputs are no probabilities that sum to 1: use Outputs.of_logits for logits.",
                    code="outputs",
                )
        if self.labels is not None:
            self._check_labels(self.labels)

    def _check_labels(self, labels: Codes) -> None:
        images, classes = self.a.shape
        if labels.shape != (images,) or labels.min() < -1 or labels.max() >= classes:
            raise BadInput(
                f"Labels are one number from -1 to {classes - 1} for each of the {images} images.",
                code="labels",
            )

    @classmethod
    def of_logits(cls, a: ArrayLike, b: ArrayLike, labels: Sequence[int] | Codes | None = None) -> Outputs:
        """Of logits (n, classes): their softmax.

        Raises:
            BadInput: they do not fit each other, or are not finite.
        """
        codes = None if labels is None else np.asarray(labels, np.int64)
        return cls(_softmax(a), _softmax(b), codes)

    def __len__(self) -> int:
        """Count the images."""
        return len(self.a)

    @cached_property
    def answers(self) -> tuple[Codes, Codes]:
        """The likeliest class of each image by each network, (n,) twice."""
        return self.a.argmax(1), self.b.argmax(1)

    @cached_property
    def disagree(self) -> Flags:
        """(n,) whether the two answers differ."""
        first, second = self.answers
        return np.asarray(first != second)

    @cached_property
    def divergence(self) -> Doubles:
        """The Jensen-Shannon divergence of the two distributions for each image (n,) in bits, from 0 to 1."""
        middle = (self.a + self.b) / 2
        return np.clip((_relative_entropy(self.a, middle) + _relative_entropy(self.b, middle)) / 2, 0, 1)

    @cached_property
    def known(self) -> Flags:
        """(n,) whether an image's right class is known."""
        return np.zeros(len(self), bool) if self.labels is None else np.asarray(self.labels >= 0)

    @cached_property
    def errors(self) -> tuple[Flags, Flags]:
        """(n,) whether each network's answer is wrong; False where the right one is not known."""
        labels = np.full(len(self), -1) if self.labels is None else self.labels
        first, second = (self.known & (each != labels) for each in self.answers)
        return first, second

    def confusion(self, side: Literal["a", "b"]) -> Codes:
        """How many images of each right class (rows) got each answer (columns), (classes, classes)."""
        return self._counts(self.labels, self.answers["ab".index(side)])

    def cross_confusion(self) -> Codes:
        """How many images got each answer of the first network (rows) with each of the second (columns)."""
        return self._counts(*self.answers)

    def disagreement_by_class(self) -> Doubles:
        """The share of the images of each class on which the answers differ (classes,), NaN for a class without any.

        The class is the right one where labels are known, else the first network's answer.
        """
        groups = self.answers[0] if self.labels is None else self.labels
        used = groups >= 0
        classes = self.a.shape[1]
        sizes = np.bincount(groups[used], minlength=classes)
        differing = np.bincount(groups[used], self.disagree[used], minlength=classes)
        return np.asarray(np.divide(differing, sizes, out=np.full(classes, np.nan), where=sizes > 0))

    def _counts(self, rows: Codes | None, columns: Codes) -> Codes:
        classes = self.a.shape[1]
        found = np.zeros((classes, classes), np.int64)
        if rows is not None:
            np.add.at(found, (rows[rows >= 0], columns[rows >= 0]), 1)
        return found


@FUNCTIONAL.register("Agreement", reference="Klabunde et al. 2023, arXiv:2305.06329", passes=0)
def agreement(outputs: Outputs) -> float:
    """The share of images for which both networks answer the same class, from 0 to 1.

    Two accurate networks agree because both are right: see Cohen's kappa and the error consistency.
    """
    return float(1 - outputs.disagree.mean())


@FUNCTIONAL.register("Cohen's kappa", reference="Cohen 1960, doi:10.1177/001316446002000104", passes=0)
def kappa(outputs: Outputs) -> float:
    """Agreement beyond what the two networks' shares of answers give by chance: 1 always, 0 chance, below 0 less.

    Undefined where both give one answer to all images.
    """
    first, second = (
        np.bincount(each, minlength=outputs.a.shape[1]) / len(outputs) for each in outputs.answers
    )
    return _beyond_chance(1 - float(outputs.disagree.mean()), float(first @ second))


@FUNCTIONAL.register("Jensen-Shannon divergence", reference="Lin 1991, doi:10.1109/18.61115", passes=0)
def jensen_shannon(outputs: Outputs) -> float:
    """The mean over images of the divergence of the two distributions over classes, in bits: 0 the same, 1 apart.

    H((P + Q) / 2) - (H(P) + H(Q)) / 2. How sure the networks are counts too, and not their first answer alone.
    """
    return float(outputs.divergence.mean())


@FUNCTIONAL.register("Error overlap", reference="Jaccard 1901", passes=0)
def error_overlap(outputs: Outputs) -> float:
    """Of the images that either network gets wrong the share that both get wrong, from 0 to 1.

    Undefined without labels, or where neither errs.
    """
    first, second = _errors(outputs)
    either = int((first | second).sum())
    if not either:
        raise Undefined("neither network errs on these images.", code="errors")
    return float((first & second).sum() / either)


@FUNCTIONAL.register("Error consistency", reference="Geirhos et al. 2020, arXiv:2006.16736", passes=0)
def error_consistency(outputs: Outputs) -> float:
    """Cohen's kappa of being right: whether errors fall on the same images more often than accuracies alone give.

    1 always, 0 as independent errors would, below 0 less. Undefined without labels, or where both are always right
    or always wrong.
    """
    first, second = (float(each.sum()) / int(outputs.known.sum()) for each in _errors(outputs))
    same = outputs.errors[0] == outputs.errors[1]
    expected = first * second + (1 - first) * (1 - second)
    return _beyond_chance(float(same[outputs.known].mean()), expected)


def _errors(outputs: Outputs) -> tuple[Flags, Flags]:
    if not outputs.known.any():
        raise Undefined("no image has a label that says what is right.", code="labels")
    return outputs.errors


def _beyond_chance(observed: float, expected: float) -> float:
    if expected >= 1 - 1e-12:
        raise Undefined(
            "both networks always do the same, so that chance alone would agree.", code="constant"
        )
    return (observed - expected) / (1 - expected)


def _softmax(logits: ArrayLike) -> Doubles:
    values: NDArray[Any] = np.asarray(logits, np.float64)
    if values.ndim != 2 or not values.size or not np.isfinite(values).all():
        raise BadInput("Logits are finite numbers (n, classes): something else came.", code="outputs")
    powers = np.exp(values - values.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True))


def _relative_entropy(p: Doubles, q: Doubles) -> Doubles:
    """Σ p log2(p / q) for each row."""
    ratio = np.divide(p, q, out=np.ones_like(p), where=p > 0)
    return np.asarray((p * np.log2(ratio)).sum(1))
