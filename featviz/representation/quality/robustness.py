"""Do the features stay where they are when the images are disturbed?"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from typing import Any

import numpy as np

from featviz.data.sets.image_set import ImageSet
from featviz.models.model import Model
from featviz.progress import Progress
from featviz.representation.embeddings import Embeddings
from featviz.representation.extraction.extract import stream
from featviz.representation.neighbors.exact import Doubles
from featviz.representation.quality.corruptions import DISTURBANCES, disturbed_set
from featviz.representation.quality.features import QUALITIES, Features
from featviz.representation.quality.measurement import CannotSay, Reading
from featviz.store.store import Store

__all__ = ["DISTURBED_AT_MOST", "SEVERITIES", "Disturbed", "disturb", "feature_stability"]

SEVERITIES = (1, 3, 5)
DISTURBED_AT_MOST = 200
_PAIRS = 20


Disturbed = Mapping[str, Mapping[tuple[str, int], Embeddings]]
"""Embeddings of disturbed images, by layer and by (disturbance, severity)."""


def disturb(
    model: Model,
    images: ImageSet,
    layers: Sequence[str] | Mapping[str, str],
    *,
    severities: Sequence[int] = SEVERITIES,
    most: int = DISTURBED_AT_MOST,
    seed: int = 0,
    pool: str = "mean",
    store: Store | None = None,
    **options: Any,
) -> Generator[Progress[Disturbed], None, None]:
    """Embed disturbed versions of a set, every layer in one pass; what was embedded before is found on disk.

    Args:
        model: the network.
        images: the set.
        layers: names out of `model.layers`, or names with the pooling of each.
        severities: from 1 to 5, each with every disturbance.
        most: of how many images, chosen by the seed where there are more.
        seed: of that choice, and of the noise.
        pool: as for `embed`, with its options.
        store: where embeddings are kept, as for `embed`.
        options: the pooling's.

    Yields:
        how many images are embedded, one a disturbance, severity and image; the last one has the result.

    Raises:
        FeatvizError: whatever `embed` refuses.
    """
    chosen = np.sort(np.random.default_rng(seed).permutation(len(images))[:most])
    sample = images.subset([int(place) for place in chosen], images.name)
    kinds = [(method.id, severity) for method in DISTURBANCES for severity in severities]
    total, found = len(kinds) * len(sample), dict[str, dict[tuple[str, int], Embeddings]]()
    for number, (disturbance, severity) in enumerate(kinds):
        changed = disturbed_set(sample, disturbance, severity, seed)
        with closing(stream(model, changed, layers, pool=pool, store=store, **options)) as run:
            for step in run:
                yield Progress(number * len(sample) + step.done, total)
        for layer, embeddings in (step.result or {}).items():
            found.setdefault(layer, {})[disturbance, severity] = embeddings
    yield Progress(total, total, result=found)


@QUALITIES.register(
    "Corruption robustness",
    reference="Hendrycks & Dietterich 2019, arXiv:1903.12261",
    passes=len(DISTURBANCES) * len(SEVERITIES) * DISTURBED_AT_MOST,
)
def feature_stability(features: Features) -> Reading:
    """The mean cosine of the features of an image and of its disturbed version, from -1 to 1; higher is better.

    Over noise, blur, contrast and JPEG. The baseline is the cosine of two different images: features that are
    alike for all images are stable without seeing anything.
    Cost: the network runs once a disturbance, severity and image.
    """
    if not features.disturbed:
        raise CannotSay("no disturbed pictures went through the network.")
    cosines = {kind: _cosines(features.embeddings, each) for kind, each in features.disturbed.items()}
    each = {kind: float(values.mean()) for kind, values in cosines.items() if len(values)}
    if not each:
        raise CannotSay("no disturbed picture has features other than zero.")
    value, chance = float(np.mean(list(each.values()))), _unrelated(features)
    weakest = min(each, key=lambda kind: each[kind])
    sentence = (
        f"Disturbed images keep a cosine of {value:.2f} with themselves, two different images have {chance:.2f}; "
        f"{DISTURBANCES[weakest[0]].name} moves them most (severity {weakest[1]}: {each[weakest]:.2f})."
    )
    details = {f"{DISTURBANCES[name].name} {level}": np.array([mean]) for (name, level), mean in each.items()}
    count = max(len(values) for values in cosines.values())
    return Reading(value, sentence, "higher", chance, "two different images", count=count, details=details)


def _cosines(given: Embeddings, changed: Embeddings) -> Doubles:
    """(m,) of the images that both have."""
    places = {name: place for place, name in enumerate(given.ids)}
    shared = [place for place, name in enumerate(changed.ids) if name in places]
    one = given.vectors[[places[changed.ids[place]] for place in shared]].astype(np.float64)
    return _cosine(one, changed.vectors[shared].astype(np.float64))


def _unrelated(features: Features) -> float:
    """The mean cosine of a good many pairs of different images."""
    count, generator = len(features), features.generator()
    if count < 2:
        raise CannotSay("two images are needed to say how alike different ones are.")
    first = np.repeat(np.arange(min(count, features.most)), _PAIRS)
    second = (first + generator.integers(1, count, len(first))) % count
    cosines = _cosine(features.vectors[first], features.vectors[second])
    if not len(cosines):
        raise CannotSay("no image has features other than zero.")
    return float(cosines.mean())


def _cosine(one: Doubles, other: Doubles) -> Doubles:
    """(m,) of the pairs in which neither vector is zero."""
    sizes = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    present = sizes > 0
    found: Doubles = np.einsum("nd,nd->n", one[present], other[present]) / sizes[present]
    return found
