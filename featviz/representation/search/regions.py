"""The vector of one image or of a region of it, and the spatial positions they are pooled from."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from featviz.errors import BadInput
from featviz.models.layers import Layer
from featviz.models.model import Model
from featviz.models.recording import record
from featviz.representation.embeddings import Vectors
from featviz.representation.extraction.pooling import POOLINGS, LayerOutput

__all__ = [
    "Box",
    "cells_in_box",
    "flattened_layer",
    "grid_of",
    "image_vectors",
    "output_for",
    "region_vectors",
    "spatial_layer",
]

Box = Sequence[float]
"""Left, top, right and bottom as shares of the image that the network sees, each in [0, 1]."""
_CANDIDATES = 4


def image_vectors(
    model: Model, image: Image.Image, layer: str, *, pool: str = "mean", **options: Any
) -> Vectors:
    """What `embed` makes of a single image: (1, d), to search with.

    Args:
        model: the network.
        image: RGB.
        layer: a name out of `model.layers`.
        pool: an id out of `POOLINGS`.
        options: of the pooling.

    Raises:
        LayerNotFound: a layer the network does not have.
        BadInput: no such pooling or option, or one that does not suit the layer.
    """
    method = POOLINGS[pool]
    pooled = method.function(output_for(model, image, layer), **method.complete(options))
    vectors: Vectors = pooled.float().numpy()
    return vectors


def region_vectors(model: Model, image: Image.Image, layer: str, box: Box) -> Vectors:
    """The mean of a layer's output over the cells within a box: (1, d), to search with.

    A box around everything gives what pooling with "mean" gives. Cells answer to more of the image than lies
    under them (their receptive field), so a little of what surrounds the box counts as well.

    Args:
        model: the network.
        image: RGB.
        layer: a name out of `model.layers` whose output lies in a grid.
        box: left, top, right, bottom as shares of the image that the network sees.

    Raises:
        LayerNotFound: a layer the network does not have.
        BadInput: the layer's output lies in no grid, or the box is none.
    """
    output = output_for(model, image, layer)
    inside = cells_in_box(grid_of(output), box)
    vectors: Vectors = output.spatial[:, :, inside.reshape(-1)].mean(2).float().numpy()
    return vectors


def cells_in_box(grid: tuple[int, int], box: Box) -> NDArray[np.bool_]:
    """Which cells of a grid lie within a box: those whose centre does, or the one in its middle if none does.

    Args:
        grid: rows and columns.
        box: left, top, right, bottom as shares of the image.

    Raises:
        BadInput: the box is not four numbers in [0, 1], the smaller ones first.
    """
    left, top, right, bottom = _validate(box)
    rows = _cells_between(grid[0], top, bottom)
    columns = _cells_between(grid[1], left, right)
    return rows[:, None] & columns[None, :]


def output_for(model: Model, image: Image.Image, layer: str) -> LayerOutput:
    """What a layer makes of one image.

    Raises:
        LayerNotFound: a layer the network does not have.
        BadInput: the network cannot take the image.
    """
    known = model.resolve(layer).layer
    x = model.preprocess(image)
    return LayerOutput(record(model, x, layer)[layer], known, (x.shape[-2], x.shape[-1]))


def grid_of(output: LayerOutput) -> tuple[int, int]:
    """Rows and columns of an output's spatial positions.

    Raises:
        BadInput: it has no spatial positions.
    """
    if output.layer.layout == "attention":
        raise BadInput(
            f"{output.layer.name} says how tokens attend to tokens and has no positions in the image: take the layer "
            "after it.",
            code="places",
        )
    return output.grid


def spatial_layer(model: Model, layer: str) -> str:
    """The layer whose spatial mean gives the vectors of `layer`, or "" where there is none.

    That is the layer itself if it has spatial positions. After a global average pooling it is the layer that was
    averaged: the last before it whose mean over positions is what `layer` outputs, as one pass shows.

    Raises:
        LayerNotFound: a layer the network does not have.
    """
    known = model.resolve(layer).layer
    if known.layout == "attention":
        return ""
    if _cell_count(known.grid) > 1:
        return layer
    return _source(
        model, known, lambda each: each.channels == known.channels, lambda output: output.spatial.mean(2)
    )


def flattened_layer(model: Model, layer: str) -> str:
    """The layer whose positions, one after the other, are the vectors of `layer`, or "" where there is none.

    Raises:
        LayerNotFound: a layer the network does not have.
    """
    known = model.resolve(layer).layer
    if known.layout != "vector":
        return ""
    return _source(
        model,
        known,
        lambda each: math.prod(each.output_shape) == known.channels,
        lambda output: output.raw.flatten(1),
    )


def _source(
    model: Model, known: Layer, fits: Callable[[Layer], bool], pooled: Callable[[LayerOutput], Tensor]
) -> str:
    """The last layer before `known` that fits and pools to its vectors, as one pass shows; "" without one."""
    before = model.layers[: [each.name for each in model.layers].index(known.name)]
    candidates = [
        each.name
        for each in before
        if _cell_count(each.grid) > 1 and fits(each) and each.layout != "attention"
    ][-_CANDIDATES:]
    if not candidates:
        return ""
    noise = torch.Generator().manual_seed(0)
    size = (1, model.input_channels, model.input_size, model.input_size)
    outputs = record(model, torch.rand(size, generator=noise), [*candidates, known.name])
    vectors = outputs[known.name].flatten(1)
    for name in reversed(candidates):
        output = pooled(LayerOutput(outputs[name], model.layer(name)))
        if output.shape == vectors.shape and torch.allclose(output, vectors, rtol=1e-3, atol=1e-5):
            return name
    return ""


def _validate(box: Box) -> tuple[float, float, float, float]:
    try:
        left, top, right, bottom = (float(edge) for edge in box)
    except (TypeError, ValueError):
        left = top = right = bottom = float("nan")
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise BadInput(
            f"A box is left, top, right, bottom as shares of the image from 0 to 1; {box!r} came.",
            code="box",
        )
    return left, top, right, bottom


def _cells_between(count: int, low: float, high: float) -> NDArray[np.bool_]:
    """Which of `count` cells in a row have their centre between two shares of it."""
    centers = (np.arange(count) + 0.5) / count
    inside: NDArray[np.bool_] = (centers >= low) & (centers <= high)
    if not inside.any():
        inside[min(int((low + high) / 2 * count), count - 1)] = True
    return inside


def _cell_count(grid: tuple[int, int] | None) -> int:
    return grid[0] * grid[1] if grid else 1
