"""Images on their way into the network: read and normalised by other threads, a little ahead, in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import torch
from torch import Tensor

from featviz.data.sets.image_set import ImageSet
from featviz.data.sets.listing import Skipped
from featviz.errors import BadInput
from featviz.models.model import Model

__all__ = ["Batch", "LoadedImage", "load_batches"]

_AHEAD = 3
_WORKERS = max(1, min(8, (os.cpu_count() or 2) - 1))


@dataclass(frozen=True, eq=False)
class LoadedImage:
    """A decoded and normalized image: its position in the set, id and label, and what the network takes, (C, H, W)."""

    position: int
    id: str
    label: str | None
    x: Tensor


@dataclass(frozen=True, eq=False)
class Batch:
    """Images that go through the network together, and those left out on the way, by position."""

    loaded: tuple[LoadedImage, ...]
    skipped: dict[int, Skipped]

    def stacked(self) -> Tensor:
        """(N, C, H, W).

        Raises:
            BadInput: the transform makes images of different sizes.
        """
        try:
            return torch.stack([each.x for each in self.loaded])
        except RuntimeError as error:
            raise BadInput(
                "The network's transform makes images of different sizes: it must crop them to one.",
                code="transform",
            ) from error


def load_batches(
    model: Model, images: ImageSet, positions: Sequence[int], size: int, workers: int = 0
) -> Iterator[Batch]:
    """Read the images at `positions` in order, `size` at a time, while the caller computes.

    Args:
        model: whose transform normalises; it runs in the reading threads.
        images: read from several threads at once.
        positions: in the set.
        size: images in a batch.
        workers: reading threads; 0 takes one core less than there are, at most 8.
    """
    waiting = iter(positions)
    queue: deque[Future[LoadedImage | tuple[int, Skipped]]] = deque()
    pool = ThreadPoolExecutor(workers or _WORKERS, thread_name_prefix="decode")
    try:
        for position in waiting:
            queue.append(pool.submit(_read, model, images, position))
            if len(queue) >= _AHEAD * size:
                yield _batch([queue.popleft().result() for _ in range(size)])
        while queue:
            yield _batch([queue.popleft().result() for _ in range(min(size, len(queue)))])
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _batch(results: Sequence[LoadedImage | tuple[int, Skipped]]) -> Batch:
    loaded = tuple(each for each in results if isinstance(each, LoadedImage))
    return Batch(loaded, dict(each for each in results if isinstance(each, tuple)))


def _read(model: Model, images: ImageSet, position: int) -> LoadedImage | tuple[int, Skipped]:
    sample = images.read(position)
    if isinstance(sample, Skipped):
        return position, sample
    try:
        x = model.transform(sample.image.convert("RGB"))
    except Exception as error:  # a transform of one's own may raise anything
        raise BadInput(
            f"The transform of {model.name} cannot take {sample.id}: {error}", code="transform"
        ) from error
    return LoadedImage(position, sample.id, sample.label, x)
