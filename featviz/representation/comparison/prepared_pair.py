"""Two networks' layers prepared for a measure, on the images both take: from embeddings, or from whole outputs."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from featviz.data.sets.image_set import ImageSet
from featviz.data.sets.listing import Skipped
from featviz.errors import BadInput
from featviz.progress import Progress
from featviz.representation.comparison.common_images import Layers, common_vectors, embed_both, union_of
from featviz.representation.comparison.gram_pass import GramPass, LayerGrams
from featviz.representation.comparison.layer_matrices import LayerMatrices, prepare_layers
from featviz.representation.embeddings import Vectors
from featviz.representation.similarity import Measure, measure_of
from featviz.store.store import Store

__all__ = ["FEWEST", "Embedded", "PreparedPair", "Source", "WholeOutputs"]

FEWEST = 4
"""Images: with fewer the debiased estimate is not defined."""


@dataclass(frozen=True, eq=False)
class PreparedPair:
    """Both networks' layers as a measure takes them.

    Attributes:
        a: of network A.
        b: of network B.
        dimensions_a: how many numbers an image has in each of A's layers.
        dimensions_b: the same for B.
        count: how many images.
        skipped: the images left out.
    """

    a: LayerMatrices
    b: LayerMatrices
    dimensions_a: tuple[int, ...]
    dimensions_b: tuple[int, ...]
    count: int
    skipped: tuple[Skipped, ...]


class Source(Protocol):
    """Where prepared layers come from."""

    @property
    def total(self) -> int:
        """How many steps there are."""

    def steps(self) -> Generator[Progress[None], None, PreparedPair]:
        """Prepare."""


@dataclass(frozen=True, eq=False)
class Embedded:
    """Layers pooled to embeddings, which the store keeps, for any measure."""

    a: Layers
    b: Layers
    images: ImageSet
    pool: str
    store: Store
    measure: Measure

    @property
    def total(self) -> int:
        """Images of both networks, then layers."""
        return self._passes + len(self.a[1]) + len(self.b[1])

    @property
    def vector_bytes(self) -> int:
        """What the vectors of whole outputs take, with the copy that is made of them, at once."""
        sizes = (
            math.prod(model.resolve(name).layer.output_shape)
            for model, names in (self.a, self.b)
            for name in names
        )
        return 8 * len(self.images) * sum(sizes)

    @property
    def _passes(self) -> int:
        return len(self.images) * (1 if self.a[0] is self.b[0] else 2)

    def steps(self) -> Generator[Progress[None], None, PreparedPair]:
        """Embed, then prepare layer by layer."""
        embedded = yield from embed_both(self.a, self.b, self.images, self.pool, self.store)
        vectors = common_vectors(*embedded, fewest=FEWEST)
        first = yield from self._prepared(self.a, vectors.a, self._passes)
        second = yield from self._prepared(self.b, vectors.b, self._passes + len(self.a[1]))
        return PreparedPair(
            first,
            second,
            tuple(vectors.a[name].shape[1] for name in self.a[1]),
            tuple(vectors.b[name].shape[1] for name in self.b[1]),
            len(vectors.ids),
            vectors.skipped,
        )

    def _prepared(
        self, layers: Layers, vectors: Mapping[str, Vectors], before: int
    ) -> Generator[Progress[None], None, LayerMatrices]:
        model, names = layers
        prepared = LayerMatrices.empty(names, len(next(iter(vectors.values()))), self.measure)
        for number, name in enumerate(prepare_layers(self.measure, vectors, prepared)):
            yield Progress(before + number, self.total, f"{model.name}: {name}")
        return prepared


class WholeOutputs:
    """Whole outputs, of which nothing but Gram matrices is kept: for linear CKA and, in batches, minibatch CKA.

    Args:
        a: network A and its layers.
        b: network B and its layers.
        images: the set.
        budget: bytes for outputs.
        batch: images whose products with each other are taken; 0 for all.
    """

    def __init__(self, a: Layers, b: Layers, images: ImageSet, budget: int, batch: int = 0) -> None:
        self.a, self.b, self.images = a, b, images
        # shared out evenly, so that no batch is much smaller
        self._batch = -(-len(images) // -(-len(images) // batch)) if batch else 0
        self._passes = [
            GramPass(layers, images, budget, self._batch)
            for layers in ([union_of(a, b)] if a[0] is b[0] else [a, b])
        ]

    @property
    def total(self) -> int:
        """Images of all passes."""
        return sum(each.total for each in self._passes)

    def steps(self) -> Generator[Progress[None], None, PreparedPair]:
        """Run the passes, then center."""
        grams, before = [], 0
        for each in self._passes:
            grams.append((yield from self._counted(each, before)))
            before += each.total
        chosen = np.flatnonzero(np.stack([each.is_finite for each in grams]).all(0))
        skipped = self._skipped(grams, chosen)
        if len(chosen) < FEWEST:
            reasons = " ".join(sorted({each.reason for each in skipped})[:2]) or "take more images."
            raise BadInput(
                f"{len(chosen)} images went through every layer of both networks, and {FEWEST} are needed: {reasons}",
                code="too_few",
            )
        return PreparedPair(
            self._centered(self.a, grams[0], chosen),
            self._centered(self.b, grams[-1], chosen),
            _dimensions(self.a, grams[0]),
            _dimensions(self.b, grams[-1]),
            len(chosen),
            skipped,
        )

    def _centered(self, layers: Layers, grams: LayerGrams, chosen: NDArray[np.int64]) -> LayerMatrices:
        """What `cka` prepares, or the same batch by batch."""
        _, names = layers
        prepared = LayerMatrices.empty(names, len(chosen), measure_of("cka"))
        starts = range(self._batch, len(self.images), self._batch) if self._batch else ()
        batches = np.split(chosen, np.searchsorted(chosen, list(starts)))
        for number, name in enumerate(names):
            gram = grams.layers[name]
            prepared.put(number, gram.centered_in_batches(batches) if self._batch else gram.centered(chosen))
        return prepared

    def _counted(self, each: GramPass, before: int) -> Generator[Progress[None], None, LayerGrams]:
        run = each.steps()
        while True:
            try:
                step = next(run)
            except StopIteration as end:
                grams: LayerGrams = end.value
                return grams
            yield Progress(before + step.done, self.total, step.note)

    def _skipped(self, grams: list[LayerGrams], chosen: NDArray[np.int64]) -> tuple[Skipped, ...]:
        """The images left out: those that could not be read, and those whose outputs are not finite."""
        unread = {position: skipped for each in grams for position, skipped in each.skipped.items()}
        left_out = sorted(set(range(len(self.images))) - set(chosen.tolist()))
        reason = "A layer's output for this image is not finite."
        return tuple(
            unread.get(each) or Skipped(self.images.entry_name(each), reason, "nan") for each in left_out
        )


def _dimensions(layers: Layers, grams: LayerGrams) -> tuple[int, ...]:
    return tuple(grams.layers[name].dimensions for name in layers[1])
