"""How to read the outputs of a network's layers: from the module's kind first, then from what the probe showed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from torch import nn

from featviz.models.batch_axis import FIRST, BatchAxis
from featviz.models.layers import Layout
from featviz.models.probing.axis_evidence import Evidence, find_patches, likely_patches

__all__ = ["Reading", "is_certain", "is_settled", "kind_order", "read_output", "read_outputs"]

Shape = tuple[int, ...]
Order = Literal["maps", "first", "last"]
_MAPS = (
    nn.Conv2d,
    nn.ConvTranspose2d,
    nn.BatchNorm2d,
    nn.InstanceNorm2d,
    nn.MaxPool2d,
    nn.AvgPool2d,
    nn.AdaptiveAvgPool2d,
    nn.AdaptiveMaxPool2d,
    nn.Dropout2d,
    nn.PixelShuffle,
)
_FIRST = (
    nn.Conv1d,
    nn.Conv3d,
    nn.ConvTranspose1d,
    nn.ConvTranspose3d,
    nn.BatchNorm1d,
    nn.BatchNorm3d,
    nn.MaxPool1d,
    nn.MaxPool3d,
    nn.AvgPool1d,
    nn.AvgPool3d,
    nn.AdaptiveAvgPool1d,
    nn.AdaptiveAvgPool3d,
    nn.AdaptiveMaxPool1d,
    nn.AdaptiveMaxPool3d,
)
_LAST = (nn.Linear, nn.LayerNorm, nn.MultiheadAttention)
_MOVES = 0.5


@dataclass(frozen=True)
class Reading:
    """How to read one call's output; the fields are those of `Layer`."""

    shape: Shape
    layout: Layout
    grid: tuple[int, int] | None
    channels: int
    extra_tokens: tuple[int, int] = (0, 0)
    channels_first: bool = False
    batch: BatchAxis = FIRST


def kind_order(module: nn.Module) -> Order | None:
    """What the class of a module says about its output: maps, channels first, channels last; None for nothing."""
    if isinstance(module, _MAPS):
        return "maps"
    if isinstance(module, _FIRST):
        return "first"
    return "last" if type(module) in _LAST else None  # a subclass may turn its input round


def is_settled(
    outputs: Mapping[str, Sequence[Shape]],
    around_convolutions: Collection[Shape],
    modules: Mapping[str, nn.Module],
) -> bool:
    """Whether kinds and shapes leave nothing open, for one square image's outputs with their batch dimension.

    A square map of which the channels are of another number, and which a two-dimensional convolution takes or
    gives in the same shape, lies as that convolution's does.
    """
    return all(
        _is_settled(shape, kind_order(modules[name]), around_convolutions)
        for name, calls in outputs.items()
        for shape in calls
    )


def _is_settled(shape: Shape, order: Order | None, around_convolutions: Collection[Shape]) -> bool:
    if shape[0] != 1 or len(shape) not in (2, 4):
        return False
    if len(shape) == 2:
        return True
    _batch, channels, rows, columns = shape
    distinct = shape[1:] in around_convolutions and (channels != rows or rows == 1)
    return rows == columns and (order == "maps" or distinct)


def is_certain(evidence: Evidence) -> bool:
    """Whether no blob is needed: a vector, one value for each channel, or maps whose sizes follow the image's."""
    shape = evidence.shape
    if len(shape) == 1 or evidence.batch.axis is None or not evidence.changes:
        return True
    if len(shape) != 3 or evidence.batch.pieces:
        return False
    return shape[1:] == (1, 1) or bool(evidence.follows(1, 2)) != bool(evidence.follows(0, 1))


def read_outputs(
    evidence: Mapping[str, Sequence[Evidence]],
    around_convolutions: Collection[Shape],
    modules: Mapping[str, nn.Module],
) -> dict[str, list[Reading]]:
    """How to read every call of every module."""
    grids = {(shape[1], shape[2]) for shape in around_convolutions if len(shape) == 3 and shape[1] > 1}
    readings = {
        name: [read_output(each, kind_order(modules[name]), around_convolutions, grids) for each in calls]
        for name, calls in evidence.items()
    }
    known = {each.shape: each for calls in readings.values() for each in calls if each.grid is not None}
    return {
        name: [
            _like_others(reading, each, known, grids)
            for reading, each in zip(readings[name], calls, strict=True)
        ]
        for name, calls in evidence.items()
    }


def _like_others(
    reading: Reading,
    evidence: Evidence,
    known: Mapping[Shape, Reading],
    grids: Collection[tuple[int, int]],
) -> Reading:
    """What lies as other outputs of the network do, which no blob shows: each token attends to all of them."""
    if reading.grid is not None or reading.batch.pieces or not evidence.changes:
        return reading
    tokens = {shape[0]: each for shape, each in known.items() if each.layout == "tokens"}
    if reading.layout == "other" and len(reading.shape) == 3:
        heads, rows, columns = reading.shape
        if evidence.distributes and rows == columns and rows in tokens:
            return replace(reading, layout="attention", channels=heads)
        same = known.get(reading.shape)
        if same is not None and evidence.oblong is None and evidence.is_spread(0) and evidence.is_spread(1):
            return replace(same, batch=reading.batch)
    if reading.layout == "tokens":
        return _tokens_like_others(reading, evidence, tokens.get(reading.shape[0]), grids)
    return reading


def _tokens_like_others(
    reading: Reading, evidence: Evidence, same: Reading | None, grids: Collection[tuple[int, int]]
) -> Reading:
    if same is not None:
        is_plain = reading.shape[0] != reading.shape[1]  # else either dimension may be that of the tokens
        if is_plain and evidence.varies(0) is not False and evidence.is_spread(0):
            return replace(reading, grid=same.grid, extra_tokens=same.extra_tokens)
        return reading
    patches = likely_patches(evidence, 0, grids)
    if patches is None:
        return reading
    return replace(reading, grid=patches.grid, extra_tokens=(patches.before, patches.behind))


def read_output(
    evidence: Evidence,
    order: Order | None,
    around_convolutions: Collection[Shape] = (),
    grids: Collection[tuple[int, int]] = (),
) -> Reading:
    """How to read one call's output.

    Args:
        evidence: what the passes showed.
        order: what the module's kind says.
        around_convolutions: shapes that convolutions and the like take and give in this network.
        grids: that maps have in this network.
    """
    shape, batch = evidence.shape, evidence.batch
    if len(shape) == 1:
        return Reading(shape, "vector", None, shape[0], batch=batch)
    if batch.pieces and order in ("maps", "first"):
        turned = (shape[1], shape[0], *shape[2:])
        where = replace(batch, channels_first=True)
        return Reading(turned, "other", None, shape[1], channels_first=True, batch=where)
    if order is None and len(shape) != 3 and shape in around_convolutions:
        order = None if len(shape) == 2 and _are_patches(evidence, 0, grids) else "first"
    if batch.axis is not None and evidence.changes:
        if len(shape) == 2:
            return _read_tokens(evidence, "last" if batch.pieces else order, grids)
        if len(shape) == 3 and not batch.pieces:
            return _read_maps(evidence, order, around_convolutions, grids)
    return _unknown(evidence, first=order in ("maps", "first") and not batch.pieces)


def _unknown(evidence: Evidence, *, first: bool) -> Reading:
    shape = evidence.shape
    if evidence.varies(-1) and evidence.varies(0) is False and not evidence.batch.pieces:
        first = True  # what grows with the image counts no channels
    return Reading(
        shape, "other", None, shape[0 if first else -1], channels_first=first, batch=evidence.batch
    )


def _read_maps(
    evidence: Evidence,
    order: Order | None,
    around_convolutions: Collection[Shape],
    grids: Collection[tuple[int, int]],
) -> Reading:
    shape, batch = evidence.shape, evidence.batch
    as_convolved = order == "maps" or (shape in around_convolutions and not evidence.distributes)
    first = 0.0 if order == "last" else _confidence(evidence, 1, 2, known=as_convolved)
    last = (
        0.0
        if order == "maps"
        else _confidence(evidence, 0, 1, known=order == "last" and (shape[0], shape[1]) in grids)
    )
    if evidence.distributes and order is None and max(first, last) < 1:
        first = last = 0.0
    if max(first, last) == 0:
        return _unknown(evidence, first=as_convolved or order == "first")
    if first >= last:
        return Reading(shape, "maps", (shape[1], shape[2]), shape[0], batch=batch)
    return Reading(shape, "maps_last", (shape[0], shape[1]), shape[2], batch=batch)


def _confidence(evidence: Evidence, rows: int, columns: int, *, known: bool) -> float:
    """How sure it is that two neighbouring dimensions are rows and columns: 0 not at all."""
    shape = evidence.shape
    follows, moves = evidence.follows(rows, columns), evidence.moves(rows, columns)
    if shape[rows] == shape[columns] == 1:
        return 0.5 if known or rows == 1 else 0.1
    if follows:
        return 2 + moves
    if moves > _MOVES:
        return 1 + moves
    square = shape[rows] == shape[columns] and shape[3 - rows - columns] != shape[rows]
    silent = follows is None and evidence.is_spread(rows) and evidence.is_spread(columns)
    return 0.5 if known and silent and square else 0.0


def _read_tokens(evidence: Evidence, order: Order | None, grids: Collection[tuple[int, int]]) -> Reading:
    """Of two dimensions: tokens and channels, or channels and something that is no grid of the image."""
    shape, batch = evidence.shape, evidence.batch
    if order == "first" or (order is None and evidence.varies(1) and not evidence.varies(0)):
        return _unknown(evidence, first=True)
    if order is None and evidence.varies(1) is None and _are_patches(evidence, 1, grids):
        return _unknown(evidence, first=True)
    if evidence.varies(1):
        return _unknown(evidence, first=False)
    patches = find_patches(evidence, 0, grids)
    if patches is None:
        return Reading(shape, "tokens", None, shape[1], batch=batch)
    extra = (patches.before, patches.behind)
    return Reading(shape, "tokens", patches.grid, shape[1], extra_tokens=extra, batch=batch)


def _are_patches(evidence: Evidence, axis: int, grids: Collection[tuple[int, int]]) -> bool:
    return bool(evidence.change) and find_patches(evidence, axis, grids) is not None
