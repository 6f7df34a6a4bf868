"""Corruption robustness: do the features stay where they are when the images are corrupted?"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from typing import Any

import numpy as np

from featviz.data.sets.image_set import ImageSet
from featviz.deprecation import renamed_argument
from featviz.models.model import Model
from featviz.progress import Progress
from featviz.representation.embeddings import Embeddings
from featviz.representation.extraction.extract import stream
from featviz.representation.neighbors.exact import Doubles
from featviz.representation.quality.corruptions import CORRUPTIONS, corrupted_set
from featviz.representation.quality.features import MEASURES, Features
from featviz.representation.quality.measurement import Measurement, Undefined
from featviz.store.store import Store

__all__ = [
    "MAX_CORRUPTED",
    "NOTHING_CORRUPTED",
    "SEVERITIES",
    "CorruptedEmbeddings",
    "corrupt",
    "feature_stability",
]

SEVERITIES = (1, 3, 5)
MAX_CORRUPTED = 200
NOTHING_CORRUPTED = "no corrupted images went through the network."
_PAIRS = 20


CorruptedEmbeddings = Mapping[str, Mapping[tuple[str, int], Embeddings]]
"""Embeddings of corrupted images, by layer and by (corruption, severity)."""


@renamed_argument("most", "max_images")
def corrupt(
    model: Model,
    images: ImageSet,
    layers: Sequence[str] | Mapping[str, str],
    *,
    severities: Sequence[int] = SEVERITIES,
    max_images: int = MAX_CORRUPTED,
    seed: int = 0,
    pool: str = "mean",
    store: Store | None = None,
    **options: Any,
) -> Generator[Progress[CorruptedEmbeddings], None, None]:
    """Embed corrupted versions of a set, every layer in one pass; what was embedded before is found on disk.

    Args:
        model: the network.
        images: the set.
        layers: names out of `model.layers`, or names with the pooling of each.
        severities: from 1 to 5, each with every corruption.
        max_images: of how many images, chosen by the seed where there are more.
        seed: of that choice, and of the noise.
        pool: as for `embed`, with its options.
        store: where embeddings are kept, as for `embed`.
        options: the pooling's.

    Yields:
        how many images are embedded, one a corruption, severity and image; the last one has the result.

    Raises:
        FeatvizError: whatever `embed` refuses.
    """
    chosen = np.sort(np.random.default_rng(seed).permutation(len(images))[:max_images])
    sample = images.subset([int(index) for index in chosen], images.name)
    corruptions = [(method.id, severity) for method in CORRUPTIONS for severity in severities]
    total, by_layer = len(corruptions) * len(sample), dict[str, dict[tuple[str, int], Embeddings]]()
    for number, (corruption, severity) in enumerate(corruptions):
        corrupted = corrupted_set(sample, corruption, severity, seed)
        with closing(stream(model, corrupted, layers, pool=pool, store=store, **options)) as run:
            for step in run:
                yield Progress(number * len(sample) + step.done, total)
        for layer, embeddings in (step.result or {}).items():
            by_layer.setdefault(layer, {})[corruption, severity] = embeddings
    yield Progress(total, total, result=by_layer)


@MEASURES.register(
    "Corruption robustness",
    reference="Hendrycks & Dietterich 2019, arXiv:1903.12261",
    passes=len(CORRUPTIONS) * len(SEVERITIES) * MAX_CORRUPTED,
)
def feature_stability(features: Features) -> Measurement:
    """The mean cosine of the features of an image and of its corrupted version, from -1 to 1; higher is better.

    Over weak and strong Gaussian noise, blur, contrast and JPEG, each in three severities. The baseline is the
    cosine of two different images: features that are alike for all images are stable without seeing anything.
    Cost: the network runs once a corruption, severity and image.
    """
    if not features.disturbed:
        raise Undefined(NOTHING_CORRUPTED)
    cosines = {kind: _cosines(features.embeddings, each) for kind, each in features.disturbed.items()}
    each = {kind: float(values.mean()) for kind, values in cosines.items() if len(values)}
    if not each:
        raise Undefined("no corrupted image has features other than zero.")
    value, chance = float(np.mean(list(each.values()))), _unrelated(features)
    weakest = min(each, key=lambda kind: each[kind])
    sentence = (
        f"The features of corrupted images have a cosine similarity of {value:.2f} with those of the originals, two "
        f"different images {chance:.2f}; {CORRUPTIONS[weakest[0]].name} lowers it most (severity {weakest[1]}: "
        f"{each[weakest]:.2f})."
    )
    details = {f"{CORRUPTIONS[name].name} {level}": np.array([mean]) for (name, level), mean in each.items()}
    count = max(len(values) for values in cosines.values())
    return Measurement(
        value, sentence, "higher", chance, "two different images", count=count, details=details
    )


def _cosines(original: Embeddings, corrupted: Embeddings) -> Doubles:
    """(m,) of the images that both have."""
    index_of = {name: index for index, name in enumerate(original.ids)}
    shared = [index for index, name in enumerate(corrupted.ids) if name in index_of]
    one = original.vectors[[index_of[corrupted.ids[index]] for index in shared]].astype(np.float64)
    return _cosine(one, corrupted.vectors[shared].astype(np.float64))


def _unrelated(features: Features) -> float:
    """The mean cosine of a good many pairs of different images."""
    count, generator = len(features), features.generator()
    if count < 2:
        raise Undefined("two images are needed to say how alike different ones are.")
    first = np.repeat(np.arange(min(count, features.max_images)), _PAIRS)
    second = (first + generator.integers(1, count, len(first))) % count
    cosines = _cosine(features.vectors[first], features.vectors[second])
    if not len(cosines):
        raise Undefined("no image has features other than zero.")
    return float(cosines.mean())


def _cosine(one: Doubles, other: Doubles) -> Doubles:
    """(m,) of the pairs in which neither vector is zero."""
    sizes = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    present = sizes > 0
    cosines: Doubles = np.einsum("nd,nd->n", one[present], other[present]) / sizes[present]
    return cosines
