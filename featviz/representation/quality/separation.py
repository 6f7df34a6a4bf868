"""Do the classes lie apart? Distances within a class against distances to the others."""

from __future__ import annotations

import numpy as np

from featviz.representation.neighbors.exact import Doubles
from featviz.representation.quality.features import QUALITIES, Codes, Features, Labelled
from featviz.representation.quality.measurement import Reading

__all__ = ["distance_ratio", "inter_class_distance", "intra_class_distance", "silhouette"]

_SHUFFLED = "shuffled labels"


@QUALITIES.register("Silhouette", reference="Rousseeuw 1987, doi:10.1016/0377-0427(87)90125-7", passes=0)
def silhouette(features: Features) -> Reading:
    """How much nearer an image lies to its own class than to the nearest other one, from -1 to 1; higher is better.

    Cost: every measured image's distances to all, n² d.
    """
    found = features.labelled
    true, shuffled = found.distance_sums
    value, chance = _silhouette(found, true, found.codes), _silhouette(found, shuffled, found.shuffled)
    sentence = (
        f"An image lies {'nearer to its own class than to' if value > 0 else 'no nearer to its own class than to'} "
        f"the nearest other class: {value:.2f} on a scale from -1 to 1, where shuffled labels have {chance:.2f}."
    )
    return Reading(value, sentence, "higher", chance, _SHUFFLED, count=len(found.measured))


@QUALITIES.register("Intra-class distance", reference="Fisher 1936", passes=0)
def intra_class_distance(features: Features) -> Reading:
    """The mean Euclidean distance of two images of one class, in the layer's own unit.

    Cost: as the silhouette, with which it shares the distances.
    """
    found = features.labelled
    within, _ = _means(found, found.distance_sums[0], found.codes)
    chance, _ = _means(found, found.distance_sums[1], found.shuffled)
    sentence = f"Two images of one class are {within:.3g} apart on average, any two images {chance:.3g}."
    return Reading(within, sentence, "neither", chance, _SHUFFLED, count=len(found.measured))


@QUALITIES.register("Inter-class distance", reference="Fisher 1936", passes=0)
def inter_class_distance(features: Features) -> Reading:
    """The mean Euclidean distance of two images of different classes, in the layer's own unit.

    Cost: as the silhouette, with which it shares the distances.
    """
    found = features.labelled
    _, between = _means(found, found.distance_sums[0], found.codes)
    _, chance = _means(found, found.distance_sums[1], found.shuffled)
    sentence = (
        f"Two images of different classes are {between:.3g} apart on average, any two images {chance:.3g}."
    )
    return Reading(between, sentence, "neither", chance, _SHUFFLED, count=len(found.measured))


@QUALITIES.register("Intra/inter-class distance ratio", reference="Fisher 1936", passes=0)
def distance_ratio(features: Features) -> Reading:
    """The distance within classes divided by the distance between them; lower is better, 1 says nothing is told.

    Cost: as the silhouette, with which it shares the distances.
    """
    found = features.labelled
    value, chance = (
        within / between
        for within, between in (
            _means(found, found.distance_sums[0], found.codes),
            _means(found, found.distance_sums[1], found.shuffled),
        )
    )
    sentence = (
        f"Images of one class are {1 - value:.0%} nearer to each other than images of different classes."
        if value < 1
        else f"Images of one class are no nearer to each other than others: {value:.2f} times as far."
    )
    return Reading(value, sentence, "lower", chance, _SHUFFLED, count=len(found.measured))


def _silhouette(found: Labelled, sums: Doubles, codes: Codes) -> float:
    """The mean of (b - a) / max(a, b); 0 for an image that is alone in its class, as the paper has it."""
    own = codes[found.measured]
    rows = np.arange(len(own))
    a = sums[rows, own] / np.maximum(found.sizes[own] - 1, 1)
    others = sums / found.sizes
    others[rows, own] = np.inf
    b = others.min(1)
    greater = np.maximum(a, b)
    each = np.where(greater > 0, (b - a) / np.where(greater > 0, greater, 1), 0.0)
    return float(np.where(found.sizes[own] > 1, each, 0.0).mean())


def _means(found: Labelled, sums: Doubles, codes: Codes) -> tuple[float, float]:
    """The mean distance within classes, and between them."""
    own = codes[found.measured]
    within = sums[np.arange(len(own)), own].sum()
    pairs = (found.sizes[own] - 1).sum()
    apart = (len(codes) - found.sizes[own]).sum()
    return float(within / max(pairs, 1)), float((sums.sum() - within) / apart)
