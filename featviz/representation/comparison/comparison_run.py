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
from featviz.representation.comparison.bundled_matrix import bundled_matrix
from featviz.representation.comparison.common_images import Layers
from featviz.representation.comparison.comparison_key import comparison_key
from featviz.representation.comparison.layer_matrices import all_pairs, debias
from featviz.representation.comparison.permutation_null import (
    calibrated_against,
    null_values,
    random_orders,
)
from featviz.representation.comparison.prepared_pair import Embedded, PreparedPair, Source, WholeOutputs
from featviz.representation.comparison.similarity_matrix import Matrix, SimilarityMatrix
from featviz.representation.extraction.accumulator import PASSING
from featviz.representation.similarity import MEASURES, Measure, measure_of
from featviz.store.store import Store

__all__ = ["KIND", "ComparisonRun"]

KIND = "comparison"
"""Of what the store keeps."""

T = TypeVar("T")
Steps = Generator[Progress[SimilarityMatrix], None, T]
_BYTES = 16
"""Of each pair of images and each layer: two doubles, or one and for the permutations singles."""


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
        self._check_memory()
        kept = self.store.folder is not None
        key = comparison_key(self.a, self.b, self.images, self.pool, self._settings) if kept else ""
        result = self._restored(key) if key else None
        if result is None and kept:
            result = bundled_matrix(self.a, self.b, self.images, self.pool, self._settings)
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
        pair = yield from self._prepared()
        biased = self._biased(pair)
        values = all_pairs(self._measure, pair.a, pair.b)
        found = yield from self._calibrated(values, pair)
        return SimilarityMatrix(
            values=values,
            biased=biased,
            undefined_a=pair.a.undefined,
            undefined_b=pair.b.undefined,
            **found,
            **self._about(pair),
        )

    @cached_property
    def _measure(self) -> Measure:
        return measure_of(self.measure, **self.options)

    @cached_property
    def _source(self) -> Source:
        """Where matrices come from; of the debiased CKA the biased one's, out of which it follows."""
        basis = measure_of("cka") if self.measure == "cka_debiased" else self._measure
        if self.pool != "flatten":
            return Embedded(self.a, self.b, self.images, self.pool, self.store, basis)
        if self.measure in ("cka", "cka_debiased", "cka_minibatch"):
            left = self.budget_bytes - self._matrix_bytes
            return WholeOutputs(self.a, self.b, self.images, left, self._settings["options"].get("batch", 0))
        return Embedded(self.a, self.b, self.images, self.pool, Store(None), basis)

    @property
    def _total(self) -> int:
        return self._source.total + self._draws

    @property
    def _draws(self) -> int:
        """How many permutations: none where every one would need features to be fitted anew."""
        return self.permutations if self._measure.form == "square" else 0

    @property
    def _matrix_bytes(self) -> int:
        return (len(self.a[1]) + len(self.b[1])) * len(self.images) ** 2 * _BYTES

    def _check_memory(self) -> None:
        layers, count, needed = len(self.a[1]) + len(self.b[1]), len(self.images), self._matrix_bytes
        if needed > self.budget_bytes:
            fitting = int((self.budget_bytes / (_BYTES * layers)) ** 0.5)
            raise BadInput(
                f"{layers} layers on {count:,} images need {needed / 1e9:.1f} GB, more than the budget of "
                f"{self.budget_bytes / 1e9:.1f}: take at most {fitting:,} images, or fewer layers.",
                code="too_large",
            )
        if self.pool == "flatten" and isinstance(self._source, Embedded):
            self._check_vectors(needed + self._source.vector_bytes)

    def _check_vectors(self, needed: int) -> None:
        if needed > self.budget_bytes:
            raise BadInput(
                f"{self.measure} of whole outputs needs {needed / 1e9:.1f} GB for these layers and images, more than "
                f"the budget of {self.budget_bytes / 1e9:.1f}: pool with mean, or take linear CKA, which keeps none.",
                code="too_large",
            )

    def _prepared(self) -> Steps[PreparedPair]:
        """The source's steps, counted among all."""
        run = self._source.steps()
        while True:
            try:
                step = next(run)
            except StopIteration as end:
                pair: PreparedPair = end.value
                return pair
            yield Progress(step.done, self._total, step.note)

    def _biased(self, pair: PreparedPair) -> Matrix | None:
        """The biased estimate, where the measure is the debiased one; afterwards the matrices are."""
        if self.measure != "cka_debiased":
            return None
        biased = all_pairs(self._measure, pair.a, pair.b)
        debias(pair.a)
        debias(pair.b)
        return biased

    def _calibrated(self, values: Matrix, pair: PreparedPair) -> Steps[dict[str, Any]]:
        null = []
        orders = random_orders(pair.count, self._draws, self.seed)
        before = self._total - self._draws
        for number, each in enumerate(null_values(self._measure, pair.a, pair.b, orders)):
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

    def _about(self, pair: PreparedPair) -> dict[str, Any]:
        (model_a, names_a), (model_b, names_b) = self.a, self.b
        return {
            **self._settings,
            **self._names,
            "layers_a": names_a,
            "layers_b": names_b,
            "fingerprint_a": model_a.fingerprint,
            "fingerprint_b": model_b.fingerprint,
            "count": pair.count,
            "dimensions_a": pair.dimensions_a,
            "dimensions_b": pair.dimensions_b,
            "pool": self.pool,
            "skipped": pair.skipped,
        }
