"""Do the classes lie apart? Distances within a class against distances to the others."""

from __future__ import annotations

import numpy as np

from featviz.representation.neighbors.exact import Doubles
from featviz.representation.quality.features import MEASURES, Codes, Features, Labeled
from featviz.representation.quality.measurement import Measurement

__all__ = ["distance_ratio", "inter_class_distance", "intra_class_distance", "silhouette"]

_SHUFFLED = "shuffled labels"


@MEASURES.register("Silhouette", reference="Rousseeuw 1987, doi:10.1016/0377-0427(87)90125-7", passes=0)
def silhouette(features: Features) -> Measurement:
    """How much nearer an image lies to its own class than to the nearest other one, from -1 to 1; higher is better.

    Cost: every measured image's distances to all, n² d.
    """
    labeled = features.labeled
    true, shuffled = labeled.distance_sums
    value, chance = (
        _silhouette(labeled, true, labeled.codes),
        _silhouette(labeled, shuffled, labeled.shuffled),
    )
    sentence = (
        f"An image lies {'nearer to its own class than to' if value > 0 else 'no nearer to its own class than to'} "
        f"the nearest other class: {value:.2f} on a scale from -1 to 1, where shuffled labels have {chance:.2f}."
    )
    return Measurement(value, sentence, "higher", chance, _SHUFFLED, count=len(labeled.measured))


@MEASURES.register("Intra-class distance", reference="Fisher 1936", passes=0)
def intra_class_distance(features: Features) -> Measurement:
    """The mean Euclidean distance of two images of one class, in the layer's own unit.

    Cost: as the silhouette, with which it shares the distances.
    """
    labeled = features.labeled
    within, _ = _class_distances(labeled, labeled.distance_sums[0], labeled.codes)
    chance, _ = _class_distances(labeled, labeled.distance_sums[1], labeled.shuffled)
    sentence = f"Two images of one class are {within:.3g} apart on average, any two images {chance:.3g}."
    return Measurement(
        within, sentence, "neither", chance, _SHUFFLED, own_unit=True, count=len(labeled.measured)
    )


@MEASURES.register("Inter-class distance", reference="Fisher 1936", passes=0)
def inter_class_distance(features: Features) -> Measurement:
    """The mean Euclidean distance of two images of different classes, in the layer's own unit.

    Cost: as the silhouette, with which it shares the distances.
    """
    labeled = features.labeled
    _, between = _class_distances(labeled, labeled.distance_sums[0], labeled.codes)
    _, chance = _class_distances(labeled, labeled.distance_sums[1], labeled.shuffled)
    sentence = (
        f"Two images of different classes are {between:.3g} apart on average, any two images {chance:.3g}."
    )
    return Measurement(
        between, sentence, "neither", chance, _SHUFFLED, own_unit=True, count=len(labeled.measured)
    )


@MEASURES.register("Intra/inter-class distance ratio", reference="Fisher 1936", passes=0)
def distance_ratio(features: Features) -> Measurement:
    """The distance within classes divided by the distance between them; lower is better, 1 says nothing is told.

    Cost: as the silhouette, with which it shares the distances.
    """
    labeled = features.labeled
    value, chance = (
        within / between
        for within, between in (
            _class_distances(labeled, labeled.distance_sums[0], labeled.codes),
            _class_distances(labeled, labeled.distance_sums[1], labeled.shuffled),
        )
    )
    sentence = (
        f"Images of one class are {1 - value:.0%} nearer to each other than images of different classes."
        if value < 1
        else f"Images of one class are no nearer to each other than others: {value:.2f} times as far."
    )
    return Measurement(value, sentence, "lower", chance, _SHUFFLED, count=len(labeled.measured))


def _silhouette(labeled: Labeled, sums: Doubles, codes: Codes) -> float:
    """The mean of (b - a) / max(a, b); 0 for an image that is alone in its class, as the paper has it."""
    classes = codes[labeled.measured]
    rows = np.arange(len(classes))
    a = sums[rows, classes] / np.maximum(labeled.sizes[classes] - 1, 1)
    others = sums / labeled.sizes
    others[rows, classes] = np.inf
    b = others.min(1)
    larger = np.maximum(a, b)
    each = np.where(larger > 0, (b - a) / np.where(larger > 0, larger, 1), 0.0)
    return float(np.where(labeled.sizes[classes] > 1, each, 0.0).mean())


def _class_distances(labeled: Labeled, sums: Doubles, codes: Codes) -> tuple[float, float]:
    """The mean distance within classes, and between them."""
    classes = codes[labeled.measured]
    within = sums[np.arange(len(classes)), classes].sum()
    within_pairs = (labeled.sizes[classes] - 1).sum()
    between_pairs = (len(codes) - labeled.sizes[classes]).sum()
    return float(within / max(within_pairs, 1)), float((sums.sum() - within) / between_pairs)
