"""Axes one chooses: from one class to another, or single units."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from featviz.errors import BadInput
from featviz.registry import Naming, Range
from featviz.representation.embeddings import Vectors
from featviz.representation.projection.linear import Linear, linear_map
from featviz.representation.projection.pca import principal_components
from featviz.representation.projection.protocol import Doubles, ProjectionInput, ProjectionRun
from featviz.representation.projection.registry import PROJECTIONS

__all__ = ["centroids", "classes_of", "complete_axes", "members", "units"]

ClassName = Annotated[str, Naming("class")]


@PROJECTIONS.register(
    "Class centroids",
    reference="Smilkov et al. 2016, arXiv:1611.05469",
    passes=0,
    lesson="embeddings/centroids.md",
)
def centroids(
    data: ProjectionInput,
    *,
    left: ClassName = "",
    right: ClassName = "",
    bottom: ClassName = "",
    top: ClassName = "",
) -> ProjectionRun:
    """The first axis points from one class's centroid to another's.

    Args:
        data: vectors with labels.
        left: the class at the left; empty takes the most frequent one.
        right: the class at the right; empty takes the most frequent of the others.
        bottom: the class at the bottom; where it or the next is empty, the first principal component of what the
            first axis leaves.
        top: the class at the top.
    """
    names = classes_of(data, 2)
    left = left or next(name for name in names if name != right)
    right = right or next(name for name in names if name != left)
    pairs = [(left, right), (bottom, top)] if bottom and top else [(left, right)]
    axes = np.stack([_between(data, *pair) for pair in pairs], axis=1)
    cosine = {"cosine_between_axes": float(axes[:, 0] @ axes[:, 1])} if len(pairs) > 1 else {}
    chosen = [f"From {low} to {high}" for low, high in pairs]
    placement, rest = complete_axes(data, axes)
    return linear_map(data, placement, chosen + rest, **cosine)


@PROJECTIONS.register(
    "Single units", reference="none: the numbers as they are", passes=0, lesson="embeddings/units.md"
)
def units(
    data: ProjectionInput,
    *,
    x: Annotated[int, Range(0, 1 << 20)] = 0,
    y: Annotated[int, Range(0, 1 << 20)] = 1,
    z: Annotated[int, Range(0, 1 << 20)] = 2,
) -> ProjectionRun:
    """Dimensions of the vectors themselves, such as channels of the layer, counted from 0.

    Args:
        data: the vectors.
        x: the first axis.
        y: the second axis.
        z: the third axis, where there are three.
    """
    d = data.vectors.shape[1]
    chosen = (x, y, z)[: data.dimensions]
    if max(chosen) >= d:
        raise BadInput(
            f"Unit {max(chosen)} was asked for, and the vectors have {d} units, counted from 0: choose up to "
            f"{d - 1}.",
            code="unit",
        )
    axes = np.zeros((d, data.dimensions))
    axes[chosen, range(data.dimensions)] = 1
    return linear_map(data, Linear(np.zeros(d), axes), [f"Unit {unit}" for unit in chosen])


def classes_of(data: ProjectionInput, minimum: int) -> list[str]:
    """The names of the classes, the most frequent first, equally frequent ones by name.

    Raises:
        BadInput: fewer than `minimum`.
    """
    counts = Counter(label for label in data.labels if label is not None)
    if len(counts) < minimum:
        raise BadInput(
            f"This map needs images of at least {minimum} classes, and there are {len(counts)}: take a set with "
            "labels, or another map.",
            code="labels",
        )
    return sorted(counts, key=lambda name: (-counts[name], name))


def members(data: ProjectionInput, name: str) -> NDArray[np.bool_]:
    """(n,) whether each is of this class.

    Raises:
        BadInput: none is.
    """
    mask = np.array([label == name for label in data.labels], bool)
    if not mask.any():
        known = classes_of(data, 1)
        more = f" and {len(known) - 10} more" if len(known) > 10 else ""
        raise BadInput(
            f"No image is of the class {name!r}: there are {', '.join(known[:10])}{more}.", code="class"
        )
    return mask


def complete_axes(data: ProjectionInput, axes: Doubles) -> tuple[Linear, list[str]]:
    """The chosen axes (d, j) around the mean, and principal components of what they leave for those that lack."""
    more = data.dimensions - axes.shape[1]
    if more <= 0:
        return Linear(data.vectors.mean(0, dtype=np.float64), axes[:, : data.dimensions]), []
    components = principal_components(data.vectors, more, deflate=np.linalg.qr(axes)[0])
    names = [f"Component {index + 1} of the rest" for index in range(more)]
    return Linear(components.center, np.concatenate([axes, components.axes], axis=1)), names


def _between(data: ProjectionInput, low: str, high: str) -> Doubles:
    """(d,) of length 1, from the centroid of one class to that of the other."""
    difference = _centroid(data.vectors, members(data, high)) - _centroid(data.vectors, members(data, low))
    length = float(np.linalg.norm(difference))
    if not length > 0:
        raise BadInput(
            f"The centroids of {low} and {high} coincide: choose two classes that differ.",
            code="class",
        )
    direction: Doubles = difference / length
    return direction


def _centroid(vectors: Vectors, chosen: NDArray[np.bool_]) -> Doubles:
    mean: Doubles = vectors[chosen].mean(0, dtype=np.float64)
    return mean
