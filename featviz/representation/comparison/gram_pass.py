"""Whole outputs of many layers, never kept longer than their Gram matrices need: one pass over the images, or a few."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from featviz.data.sets.image_set import ImageSet
from featviz.data.sets.listing import Skipped
from featviz.errors import BadInput
from featviz.models.capture import recording
from featviz.progress import Progress, yield_now
from featviz.representation.comparison.common_images import Layers
from featviz.representation.comparison.gram_accumulator import GramAccumulator
from featviz.representation.extraction.extractor import check_complete, extraction_replica, forward
from featviz.representation.extraction.image_loader import Batch, load_batches

__all__ = ["GramPass", "LayerGrams"]

_ALIVE = 4
"""Outputs of the largest layer that live at once during a pass, about."""
_MAX_BATCH, _MIN_BATCH = 512, 16
_NOTHING = torch.empty(0)


@dataclass(frozen=True, eq=False)
class LayerGrams:
    """The Gram matrices of a network's layers, and the images that were left out.

    Attributes:
        layers: by name, in the order asked for.
        skipped: by position in the set.
    """

    layers: dict[str, GramAccumulator]
    skipped: dict[int, Skipped]

    @property
    def is_finite(self) -> NDArray[np.bool_]:
        """(n,) whether all of its layers have finite numbers for an image."""
        return np.asarray(np.stack([each.is_finite for each in self.layers.values()]).all(0))


class GramPass:
    """A pass over a set with as many layers at a time as memory allows.

    Args:
        layers: a network and names of its layers.
        images: the set.
        budget: bytes for outputs, those that are kept and those of the pass itself.
        alone: so many images go through at a time, and only products within such a batch are taken; 0 for all.
    """

    def __init__(self, layers: Layers, images: ImageSet, budget: int, alone: int = 0) -> None:
        self.model, self.names = layers
        self.images = images
        self._sizes = {
            name: 4 * math.prod(self.model.resolve(name).layer.output_shape) for name in self.names
        }
        largest = _ALIVE * 4 * max(math.prod(layer.output_shape) for layer in self.model.layers)
        fitting = max(_MIN_BATCH, min(len(images), _MAX_BATCH, budget // 4 // largest))
        self.batch = alone or fitting
        self._keep = not alone and self.batch < len(images)
        self.groups = self._groups(budget - min(budget // 2, self.batch * largest))

    @property
    def total(self) -> int:
        """How many images go through the network, each counted in every pass."""
        return len(self.groups) * len(self.images)

    def steps(self) -> Generator[Progress[None], None, LayerGrams]:
        """Run.

        Yields:
            images done, of all passes.
        """
        grams = {name: GramAccumulator(len(self.images)) for name in self.names}
        skipped: dict[int, Skipped] = {}
        done = 0
        for group in self.groups:
            for batch in self._batches():
                self._take(batch, {name: grams[name] for name in group})
                skipped |= batch.skipped
                done += len(batch.loaded) + len(batch.skipped)
                yield Progress(done, self.total, f"{self.model.name}: image {done:,} of {self.total:,}")
                yield_now()
            for name in group:
                grams[name].forget()
        return LayerGrams(grams, skipped)

    def _groups(self, room: int) -> Sequence[Sequence[str]]:
        """Layers that go together, so that what of them is kept fits."""
        if not self._keep:
            return [self.names]
        groups: list[list[str]] = [[]]
        used = 0
        for name, size in self._sizes.items():
            needed = size * len(self.images)
            if needed > room:
                raise BadInput(
                    f"The whole outputs of {name} for {len(self.images):,} images need {needed / 1e9:.1f} GB, and the "
                    f"budget leaves {max(0, room) / 1e9:.1f}: pool with mean, or take fewer images.",
                    code="too_large",
                )
            if used + needed > room:
                groups.append([])
                used = 0
            groups[-1].append(name)
            used += needed
        return groups

    def _batches(self) -> Iterator[Batch]:
        loader = load_batches(self.model, self.images, range(len(self.images)), self.batch)
        with closing(loader):  # type: ignore[type-var]
            yield from loader

    @cached_property
    def _replica(self) -> nn.Module:
        return extraction_replica(self.model, self.names, len(self.images))

    def _take(self, batch: Batch, grams: dict[str, GramAccumulator]) -> None:
        if not batch.loaded:
            return
        positions = np.array([each.position for each in batch.loaded])

        def reduce(name: str, output: Tensor) -> Tensor:
            grams[name].add(positions, output, keep=self._keep)
            return _NOTHING

        calls = {name: self.model.resolve(name).address for name in grams}
        with torch.no_grad(), recording(self._replica, calls, reduce=reduce) as outputs:
            self._forward(self.model.as_input(batch.stacked()))
        check_complete(self.model, grams, outputs)

    def _forward(self, x: Tensor) -> None:
        try:
            forward(self.model, self._replica, x)
        except (MemoryError, torch.OutOfMemoryError):
            raise BadInput(
                "These layers need more memory than there is: pool with mean, or take fewer images or layers.",
                code="too_large",
            ) from None
