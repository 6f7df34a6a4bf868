"""What is known of every image of an embedded set: label, prediction, whether that is right, and factors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from featviz.data.sets.image_set import ImageSet
from featviz.data.shapes.colors import hue_name
from featviz.models.model import Model
from featviz.representation.embeddings import Embeddings

__all__ = ["Fact", "answers", "facts_of"]

Fact = tuple[str | None, ...]
RIGHT, WRONG = "right", "wrong"


def answers(
    model: Model, ids: Sequence[str], logits: Embeddings | None
) -> tuple[Fact, NDArray[np.float32] | None]:
    """For every id the most probable class and its probability; None and 0 where the network gave no answer."""
    if logits is None or not len(logits):
        return (None,) * len(ids), None
    best = logits.vectors.argmax(1)
    top = logits.vectors.max(1)
    probability = 1 / np.exp(logits.vectors - top[:, None]).sum(1)
    rows = {name: row for row, name in enumerate(logits.ids)}
    matches = [rows.get(name) for name in ids]
    names = tuple(None if row is None else model.class_name(int(best[row])) for row in matches)
    confidence = np.array([0.0 if row is None else probability[row] for row in matches], np.float32)
    return names, confidence


def facts_of(
    model: Model, embeddings: Embeddings, predictions: Fact, images: ImageSet | None, rows: NDArray[np.int64]
) -> dict[str, Fact]:
    """By name, what is known of each embedded image; what is known of none is left out.

    Args:
        model: whose classes say which labels it could give.
        embeddings: of the images.
        predictions: for each.
        images: the set they come from.
        rows: where each lies in it.
    """
    facts: dict[str, Fact] = {"label": embeddings.labels, "prediction": predictions}
    facts["correct"] = _correct(model, embeddings.labels, predictions)
    if images is not None and images.factors is not None:
        factors = [images.factors(int(row)) for row in rows]
        facts |= {
            name: tuple(getattr(each, name) for each in factors)
            for name in ("shape", "texture", "background")
        }
        facts["color"] = tuple(hue_name(each.color) for each in factors)
    return {name: values for name, values in facts.items() if any(value is not None for value in values)}


def _correct(model: Model, labels: Fact, predictions: Fact) -> Fact:
    """Right or wrong, of the images whose label is one of the network's classes."""
    classes = set(model.classes)
    return tuple(
        None if prediction is None or label not in classes else RIGHT if label == prediction else WRONG
        for label, prediction in zip(labels, predictions, strict=True)
    )
