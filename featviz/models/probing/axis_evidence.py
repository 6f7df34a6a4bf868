"""What the probing passes show about the dimensions of an output: which follow the image's size, and what moves."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from featviz.models.batch_axis import FIRST, BatchAxis

__all__ = [
    "BLOBS",
    "Evidence",
    "Patches",
    "batch_dimension",
    "blob_images",
    "evidence_of_batch",
    "find_patches",
    "likely_patches",
    "one_image",
    "two_images",
    "with_change",
]
BLOBS = ((0.25, 0.25), (0.25, 0.75), (0.75, 0.25))
"""Where the blobs lie: their centres' row and column as shares of the image."""
_CONFIRMED = 0.5
_SIDEWAYS = 0.35
_SPREAD = 0.25
_BETTER = 0.25


class Patches(NamedTuple):
    """How tokens stand for the patches of an image: the grid, and how many others lie before and behind."""

    grid: tuple[int, int]
    before: int
    behind: int


@dataclass(frozen=True, eq=False)
class Evidence:
    """What one call's output showed.

    Attributes:
        shape: for one image, pieces included, without the batch dimension.
        batch: where the images are.
        oblong: the same shape for an oblong image; None where the network takes none.
        ratio: height and width of the oblong image as multiples of the square one's.
        change: by dimension of `shape`, how strongly each blob changes the entries along it, (3, n); () where no
            values are known.
        changes: whether the output differs between images, or has one value everywhere.
        distributes: whether the entries along the last dimension are at least 0 and sum to 1.
    """

    shape: tuple[int, ...]
    batch: BatchAxis = FIRST
    oblong: tuple[int, ...] | None = None
    ratio: tuple[float, float] = (1, 1)
    change: tuple[Tensor, ...] = ()
    changes: bool = True
    distributes: bool = False

    def varies(self, axis: int) -> bool | None:
        """Whether a dimension has another length for the oblong image; None where that is unknown."""
        if self.oblong is None or len(self.oblong) != len(self.shape):
            return None
        return self.shape[axis] != self.oblong[axis]

    def follows(self, rows: int, columns: int) -> bool | None:
        """Whether two dimensions follow height and width of the image and no other does; None if unknown."""
        if self.oblong is None or len(self.oblong) != len(self.shape):
            return None
        if max(self.shape[rows], self.shape[columns]) < 2:
            return None
        others = (k for k in range(len(self.shape)) if k not in (rows, columns))
        return (
            all(self.shape[k] == self.oblong[k] for k in others)
            and _resized(self.shape[rows], self.oblong[rows], self.ratio[0])
            and _resized(self.shape[columns], self.oblong[columns], self.ratio[1])
        )

    def moves(self, rows: int, columns: int) -> float:
        """How far the change moves with a blob down one dimension and across the other: 1 is as far, 0 not."""
        return _movement(self.change[rows], self.change[columns]) if self.change else 0.0

    def is_spread(self, axis: int) -> bool:
        """Whether the blobs' changes lie all over a dimension, so that they do not say what lies where along it."""
        if not self.change:
            return True
        change = self.change[axis]
        used = change.sum(1).square() / change.square().sum(1).clamp(min=1e-300)
        return bool((used > _SPREAD * change.shape[1]).all())


def find_patches(evidence: Evidence, axis: int, known: Collection[tuple[int, int]]) -> Patches | None:
    """The patches for which the entries along a dimension stand, or None.

    Args:
        evidence: of an output.
        axis: the dimension.
        known: grids that maps of the same network have.
    """
    possible = list(_candidates(evidence, axis, known))
    if not possible or not evidence.change:
        return next(iter(possible), None)
    movement = {each: _token_movement(evidence, axis, each) for each in possible}
    enough = max(_CONFIRMED, max(movement.values()) - _BETTER)
    return next((each for each in possible if movement[each] >= enough), None)


def likely_patches(evidence: Evidence, axis: int, known: Collection[tuple[int, int]]) -> Patches | None:
    """The patches that lengths alone speak for: they follow the image's, on a grid of the network, and no blob objects.

    Arguments as `find_patches`.
    """
    possible = next(_candidates(evidence, axis, known), None)
    if possible is None or possible.grid not in known or not evidence.varies(axis):
        return None
    return possible if evidence.is_spread(axis) else None


def _candidates(evidence: Evidence, axis: int, known: Collection[tuple[int, int]]) -> Iterator[Patches]:
    """Grids that the lengths allow, the likeliest first: those that the network has elsewhere, few extra tokens."""
    tokens = evidence.shape[axis]
    grids = [(side, side) for side in range(math.isqrt(tokens), 1, -1)]
    for grid in sorted(grids, key=lambda each: each not in known):
        extra = tokens - grid[0] * grid[1]
        if evidence.varies(axis):
            assert evidence.oblong is not None  # noqa: S101 - `varies` knows it
            if evidence.oblong[axis] - extra not in _oblong_counts(grid, evidence.ratio):
                continue
        elif grid not in known and extra > 1:
            continue
        yield Patches(grid, extra, 0)
        if extra > 1:
            yield Patches(grid, 1, extra - 1)
        if extra:
            yield Patches(grid, 0, extra)


def _oblong_counts(grid: tuple[int, int], ratio: tuple[float, float]) -> set[int]:
    rows, columns = (
        {math.floor(side * each), math.ceil(side * each)} for side, each in zip(grid, ratio, strict=True)
    )
    return {row * column for row in rows for column in columns}


def _token_movement(evidence: Evidence, axis: int, patches: Patches) -> float:
    change = evidence.change[axis]
    on_grid = change[:, patches.before : change.shape[1] - patches.behind].reshape(-1, *patches.grid)
    return _movement(on_grid.sum(2), on_grid.sum(1))


def _movement(rows: Tensor, columns: Tensor) -> float:
    """The smaller of the two displacements, or 0 where the change moves sideways."""
    (down, down_across), (across_down, across) = _displacement(rows), _displacement(columns)
    return 0.0 if max(abs(down_across), abs(across_down)) > _SIDEWAYS else min(down, across)


def _displacement(change: Tensor) -> tuple[float, float]:
    """How far the change's centre along a dimension, (3, n), moves when the blob goes down and when it goes across."""
    own = change - change.amin(0)
    total = own.sum(1)
    length = change.shape[1]
    if length < 2 or not bool((total > 0).all()):
        return 0.0, 0.0
    places = (torch.arange(length, dtype=own.dtype) + 0.5) / length
    corner, right, below = (own @ places / total).tolist()
    return 2 * (below - corner), 2 * (right - corner)


def _resized(before: int, after: int, ratio: float) -> bool:
    """Whether a dimension went from `before` to `after` as the image's edge did, but for rounding."""
    if ratio == 1:
        return after == before
    if before == 1:
        return after <= math.ceil(ratio)
    return abs(after - before * ratio) <= 1 and (after > before) == (ratio > 1) and after != before


def two_images(x: Tensor) -> Tensor:
    """An image (1, C, H, W) and another one, of noise in [0, 1)."""
    other = torch.rand(x.shape, generator=torch.Generator().manual_seed(1))
    return torch.cat([x, other.to(x)])


def blob_images(x: Tensor) -> Tensor:
    """An image (1, C, H, W) four times, (4, C, H, W), in the last three with a blob in one of three places."""
    height, width = x.shape[-2:]
    images = x.repeat(1 + len(BLOBS), 1, 1, 1)
    tall, wide = max(1, height // 16), max(1, width // 16)
    for image, (down, across) in zip(images[1:], BLOBS, strict=True):
        row, column = round(down * height), round(across * width)
        image[:, max(0, row - tall) : row + tall, max(0, column - wide) : column + wide] += 2
    return images


def batch_dimension(one: tuple[int, ...], many: tuple[int, ...], images: int) -> int | None:
    """The only dimension that is `images` times as long as for one image while no other changed, or None."""
    if len(one) != len(many):
        return None
    changed = [k for k, (a, b) in enumerate(zip(one, many, strict=True)) if a != b]
    return changed[0] if len(changed) == 1 and many[changed[0]] == images * one[changed[0]] else None


def evidence_of_batch(
    one: tuple[int, ...], output: Tensor, second_row: Tensor | None, images: int
) -> Evidence | None:
    """What the outputs for several images show beside the first one's; None where they do not depend on them.

    Args:
        one: the shape of the first image's output.
        output: of all.
        second_row: values of the second entry along the first dimension for the first image alone.
        images: how many.
    """
    many = tuple(output.shape)
    if one == many:
        return None
    axis = batch_dimension(one, many, images)
    if axis is None:
        return Evidence(one, BatchAxis(None))
    batch = BatchAxis(axis, pieces=one[axis] != 1)
    front = batch.to_front(output, images)
    if output.is_meta:
        return Evidence(tuple(front.shape[1:]), batch)
    if batch.pieces and axis == 0 and second_row is not None:
        row = output[1].flatten()[: len(second_row)]
        batch = replace(batch, together=torch.allclose(row, second_row, rtol=1e-3, atol=1e-5))
        front = batch.to_front(output, images)
    changes = not torch.equal(front[0], front[1]) or bool((front[0] == front[0].flatten()[0]).all())
    return Evidence(tuple(front.shape[1:]), batch, changes=changes)


def one_image(shape: tuple[int, ...], batch: BatchAxis) -> tuple[int, ...]:
    """The shape of a single image's output as `Evidence.shape` has it."""
    if batch.axis is None or len(shape) <= batch.axis:
        return shape
    rest = (*shape[: batch.axis], *shape[batch.axis + 1 :])
    return (shape[batch.axis], *rest) if batch.pieces else rest


def with_change(evidence: Evidence, output: Tensor) -> Evidence:
    """The evidence with what the blobs change."""
    if output.is_meta or not output.is_floating_point() or evidence.batch.axis is None:
        return evidence
    front = evidence.batch.to_front(output, 1 + len(BLOBS)).float()
    change = (front[1:] - front[:1]).square_().nan_to_num_()
    axes = range(1, front.ndim)
    return replace(
        evidence,
        change=tuple(
            change.sum([k for k in axes if k != axis]).double().cpu()
            if front.ndim > 2
            else change.double().cpu()
            for axis in axes
        ),
        distributes=bool(front.min() >= 0) and bool(((front.sum(-1) - 1).abs() < 1e-3).all()),
    )
