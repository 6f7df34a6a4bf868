"""Clouds of points with known classes and neighbours, for the scatter's page and its tests."""

import numpy as np
from numpy.typing import NDArray


def blobs(count: int, dims: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Ten clouds on a circle; (count, dims) points and their classes."""
    random = np.random.default_rng(0)
    classes = random.integers(0, 10, count)
    angles = classes / 10 * 2 * np.pi
    centers = np.stack([np.cos(angles), np.sin(angles), np.sin(2 * angles)], 1)[:, :dims]
    points = 4 * centers + 0.55 * random.standard_normal((count, dims))
    return points.astype(np.float32), classes


def palette() -> NDArray[np.uint8]:
    """(10, 3) colours that differ."""
    text = "1f77b4ff7f0e2ca02cd627289467bd8c564be377c27f7f7fbcbd2217becf"
    return np.frombuffer(bytes.fromhex(text), np.uint8).reshape(10, 3)


def neighbors_of(count: int, dims: int) -> NDArray[np.int32]:
    """(count, 5) true neighbours: four of the same class, and one of the class across the circle."""
    _, classes = blobs(count, dims)
    members = [np.flatnonzero(classes == kind) for kind in range(10)]
    listed = np.full((count, 5), -1, np.int32)
    for kind, own in enumerate(members):
        across = members[(kind + 5) % 10]
        for step in range(1, 5):
            listed[own, step - 1] = np.roll(own, step)
        if len(across):
            listed[own, 4] = np.resize(across, len(own))
    return listed


def caption(position: int, kind: int) -> str:
    """The words beside a point."""
    return f"picture {position}\nclass {kind}"
