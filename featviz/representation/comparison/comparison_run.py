"""One comparison at work: embedding, matrices, similarities, permutations."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from featviz.data.sets.image_set import ImageSet
from featviz.errors import BadInput
from featviz.progress import Progress
from featviz.representation.comparison.common_images import CommonVectors, Layers, common_vectors, embed_both
from featviz.representation.comparison.comparison_key import comparison_key
from featviz.representation.comparison.layer_matrices import LayerMatrices, all_pairs, debias, prepare_layers
from featviz.representation.comparison.permutation_null import (
    calibrated_against,
    null_values,
    random_orders,
)
from featviz.representation.comparison.similarity_matrix import SimilarityMatrix
from featviz.representation.embeddings import Vectors
from featviz.representation.extraction.accumulator import PASSING
from featviz.representation.similarity import MEASURES, Measure, measure_of
from featviz.store.store import Store

__all__ = ["KIND", "ComparisonRun"]

KIND = "comparison"
"""Of what the store keeps."""

T = TypeVar("T")
Steps = Generator[Progress[SimilarityMatrix], None, T]
_FEWEST = 4
_BYTES = 14
"""Of each pair of images and each layer: a double, and for the permutations singles."""


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
    options: Mapping[str, Any] = field(default_factory=dict)

    def steps(self) -> Steps[None]:
        """What the store has, or embed, compare, permute and keep it."""
        self._check_memory(len(self.images))
        key = comparison_key(self.a, self.b, self.images, self.pool, self._settings)
        result = self._restored(key) if key else None
        if result is None:
            result = yield from self._computed()
            if key and not any(each.code in PASSING for each in result.skipped):
                self.store.keep(KIND, key, result.to_bytes())
        yield Progress(self._total, self._total, "", result)

    def _restored(self, key: str) -> SimilarityMatrix | None:
        """What was kept, under the names that networks and images have now."""
        content = self.store.find(KIND, key)
        try:
            found = SimilarityMatrix.from_content(*content) if content else None
        except BadInput:  # of another version
            return None
        return found and replace(found, **self._names)

    def _computed(self) -> Steps[SimilarityMatrix]:
        embedded_a, embedded_b = yield from self._counted(
            embed_both(self.a, self.b, self.images, self.pool, self.store)
        )
        vectors = common_vectors(embedded_a, embedded_b, _FEWEST)
        first = yield from self._prepared(self.a, vectors.a, 0)
        second = yield from self._prepared(self.b, vectors.b, len(self.a[1]))
        biased = self._biased(first, second)
        values = all_pairs(self._measure, first, second)
        found = yield from self._calibrated(values, first, second, len(vectors.ids))
        return SimilarityMatrix(
            values=values,
            biased=biased,
            undefined_a=first.undefined,
            undefined_b=second.undefined,
            **found,
            **self._about(vectors),
        )

    @cached_property
    def _measure(self) -> Measure:
        return measure_of(self.measure, **self.options)

    @property
    def _passes(self) -> int:
        return len(self.images) * (1 if self.a[0] is self.b[0] else 2)

    @property
    def _total(self) -> int:
        return self._passes + len(self.a[1]) + len(self.b[1]) + self._draws

    @property
    def _draws(self) -> int:
        """How many permutations: none where every one would need features to be fitted anew."""
        return self.permutations if self._measure.form == "square" else 0

    def _check_memory(self, count: int) -> None:
        layers = len(self.a[1]) + len(self.b[1])
        needed = layers * count * count * _BYTES
        if needed > self.budget_bytes:
            fitting = int((self.budget_bytes / (_BYTES * layers)) ** 0.5)
            raise BadInput(
                f"{layers} layers on {count:,} images need {needed / 1e9:.1f} GB, more than the budget of "
                f"{self.budget_bytes / 1e9:.1f}: take at most {fitting:,} images, or fewer layers.",
                code="too_large",
            )

    def _counted(self, steps: Generator[Progress[None], None, T]) -> Steps[T]:
        """The steps of the embedding, counted among all."""
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                result: T = end.value
                return result
            yield Progress(step.done, self._total, step.note)

    def _prepared(self, layers: Layers, vectors: Mapping[str, Vectors], before: int) -> Steps[LayerMatrices]:
        """Every layer's matrix; of the debiased CKA the biased one, out of which it follows."""
        model, names = layers
        source = measure_of("cka") if self.measure == "cka_debiased" else self._measure
        prepared = LayerMatrices.empty(names, len(next(iter(vectors.values()))), source)
        for number, name in enumerate(prepare_layers(source, vectors, prepared)):
            yield Progress(self._passes + before + number, self._total, f"{model.name}: {name}")
        return prepared

    def _biased(self, first: LayerMatrices, second: LayerMatrices) -> Any:
        """The biased estimate, where the measure is the debiased one; afterwards the matrices are."""
        if self.measure != "cka_debiased":
            return None
        biased = all_pairs(self._measure, first, second)
        debias(first)
        debias(second)
        return biased

    def _calibrated(
        self, values: Any, first: LayerMatrices, second: LayerMatrices, count: int
    ) -> Steps[dict[str, Any]]:
        null = []
        orders = random_orders(count, self._draws, self.seed)
        before = self._total - self._draws
        for number, each in enumerate(null_values(self._measure, first, second, orders)):
            null.append(each)
            yield Progress(before + number, self._total, f"permutation {number + 1} of {self._draws}")
        return vars(calibrated_against(values, np.stack(null), self._measure)) if null else {}

    @property
    def _settings(self) -> dict[str, Any]:
        return {
            "measure": self.measure,
            "options": MEASURES[self.measure].complete(self.options),
            "permutations": self._draws,
            "seed": self.seed,
        }

    @property
    def _names(self) -> dict[str, Any]:
        model_a, model_b = self.a[0], self.b[0]
        return {
            "model_a": model_a.name,
            "model_b": model_b.name,
            "weights_a": model_a.weights,
            "weights_b": model_b.weights,
            "images": self.images.name,
        }

    def _about(self, vectors: CommonVectors) -> dict[str, Any]:
        (model_a, names_a), (model_b, names_b) = self.a, self.b
        return {
            **self._settings,
            **self._names,
            "layers_a": names_a,
            "layers_b": names_b,
            "fingerprint_a": model_a.fingerprint,
            "fingerprint_b": model_b.fingerprint,
            "count": len(vectors.ids),
            "dimensions_a": tuple(vectors.a[name].shape[1] for name in names_a),
            "dimensions_b": tuple(vectors.b[name].shape[1] for name in names_b),
            "pool": self.pool,
            "skipped": vectors.skipped,
        }
