"""One comparison at work: embedding, matrices, similarities, permutations."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from featviz.data.sets.image_set import ImageSet
from featviz.errors import BadInput
from featviz.progress import Progress, yield_now
from featviz.representation.comparison.centered_gram import MIN_IMAGES, centered_gram, normalized
from featviz.representation.comparison.common_images import CommonVectors, Layers, common_vectors, embed_both
from featviz.representation.comparison.permutation_null import calibrated_against, null_values
from featviz.representation.comparison.similarity_matrix import Matrix, SimilarityMatrix
from featviz.representation.embeddings import Vectors
from featviz.store.store import Store

__all__ = ["ComparisonRun"]

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class ComparisonRun:
    """What is compared and how; see `steps`."""

    a: Layers
    b: Layers
    images: ImageSet
    measure: str
    pool: str
    permutations: int
    seed: int
    budget_bytes: int
    store: Store

    def steps(self) -> Generator[Progress[SimilarityMatrix], None, None]:
        """Embed, compare, permute."""
        passes = len(self.images) * (1 if self.a[0] is self.b[0] else 2)
        layers = len(self.a[1]) + len(self.b[1])
        total = passes + layers + self.permutations
        embedding = embed_both(self.a, self.b, self.images, self.pool, self.store)
        embedded_a, embedded_b = yield from _with_total(embedding, total)
        vectors = common_vectors(embedded_a, embedded_b, MIN_IMAGES)
        self._check_memory(len(vectors.ids))
        first = yield from self._grams(self.a, vectors.a, (passes, total))
        second = yield from self._grams(self.b, vectors.b, (passes + len(first), total))
        result = yield from self._calibrated(first, second, vectors, (passes + layers, total))
        yield Progress(total, total, "", result)

    def _check_memory(self, count: int) -> None:
        layers = len(self.a[1]) + len(self.b[1])
        needed = layers * count * count * 8
        if needed > self.budget_bytes:
            fitting = int((self.budget_bytes / (8 * layers)) ** 0.5)
            raise BadInput(
                f"{layers} layers on {count:,} images need {needed / 1e9:.1f} GB, more than the budget of "
                f"{self.budget_bytes / 1e9:.1f}: take at most {fitting:,} images, or fewer layers.",
                code="too_large",
            )

    def _grams(
        self, layers: Layers, vectors: Mapping[str, Vectors], span: tuple[int, int]
    ) -> Generator[Progress[SimilarityMatrix], None, Matrix]:
        model, names = layers
        grams = []
        for number, name in enumerate(names):
            yield Progress(span[0] + number, span[1], f"{model.name}: {name}")
            grams.append(centered_gram(vectors[name]))
            yield_now()
        return np.stack(grams)

    def _calibrated(
        self, first: Matrix, second: Matrix, vectors: CommonVectors, span: tuple[int, int]
    ) -> Generator[Progress[SimilarityMatrix], None, SimilarityMatrix]:
        biased = _inner_products(first, second, debiased=False)
        _normalize(first, debiased=True)
        _normalize(second, debiased=True)
        values = np.einsum("inm,jnm->ij", first, second, optimize=True)
        null = []
        for number, each in enumerate(null_values(first, second, self.permutations, self.seed)):
            null.append(each)
            yield Progress(span[0] + number, span[1], f"permutation {number + 1} of {self.permutations}")
        found = vars(calibrated_against(values, np.stack(null))) if null else {}
        return SimilarityMatrix(values=values, biased=biased, **found, **self._about(vectors))

    def _about(self, vectors: CommonVectors) -> dict[str, Any]:
        (model_a, names_a), (model_b, names_b) = self.a, self.b
        return {
            "measure": self.measure,
            "layers_a": names_a,
            "layers_b": names_b,
            "model_a": model_a.name,
            "model_b": model_b.name,
            "weights_a": model_a.weights,
            "weights_b": model_b.weights,
            "fingerprint_a": model_a.fingerprint,
            "fingerprint_b": model_b.fingerprint,
            "images": self.images.name,
            "count": len(vectors.ids),
            "dimensions_a": tuple(vectors.a[name].shape[1] for name in names_a),
            "dimensions_b": tuple(vectors.b[name].shape[1] for name in names_b),
            "pool": self.pool,
            "permutations": self.permutations,
            "seed": self.seed,
            "skipped": vectors.skipped,
        }


def _inner_products(first: Matrix, second: Matrix, *, debiased: bool) -> Matrix:
    a = np.stack([normalized(each, debiased=debiased).ravel() for each in first])
    b = np.stack([normalized(each, debiased=debiased).ravel() for each in second])
    return np.asarray(a @ b.T)


def _normalize(grams: Matrix, *, debiased: bool) -> None:
    for each in grams:
        each[:] = normalized(each, debiased=debiased)


def _with_total(
    steps: Generator[Progress[None], None, T], total: int
) -> Generator[Progress[SimilarityMatrix], None, T]:
    """The same steps, counted among all of the run's."""
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        yield Progress(step.done, total, step.note)
