"""The layout of UMAP's graph by stochastic gradient descent, an epoch at a time, off the interpreter's lock."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.compiled import compiled
from featviz.representation.projection.protocol import Doubles
from featviz.representation.projection.umap.fuzzy_graph import find_ab_params

__all__ = ["Layout", "optimize_epoch"]

_NEGATIVE_SAMPLE_RATE = 5
_MAX_STEP = 4.0


class Layout:
    """Points that move along a graph's edges towards each other, and away from points drawn at random.

    Args:
        points: (m, dimensions), moved in place.
        fixed_points: (n, dimensions) the other ends of the edges where those do not move; None where they are points.
        graph: sparse (m, m) or (m, n), the edges' strengths.
        epochs: in all; edges too weak to be visited once are left out.
        min_dist: how close points may lie.
        rate: of learning at the beginning; it falls to 0.
        seed: of the random draws; every point has draws of its own.
    """

    def __init__(
        self,
        points: Doubles,
        fixed_points: Doubles | None,
        graph: Any,
        *,
        epochs: int,
        min_dist: float,
        rate: float,
        seed: int,
    ) -> None:
        edges = graph.tocoo()
        sampled = edges.data * max(epochs, 1) >= edges.data.max()
        self.points, self.move_other = points, fixed_points is None
        self.others = points if fixed_points is None else fixed_points
        self.heads, self.tails = edges.row[sampled].astype(np.int64), edges.col[sampled].astype(np.int64)
        self.epochs_per_sample = edges.data.max() / edges.data[sampled]
        self.next_sample_epoch = self.epochs_per_sample.copy()
        self.next_negative_epoch = self.epochs_per_sample / _NEGATIVE_SAMPLE_RATE
        self.states = _states(len(points), seed, same=fixed_points is not None)
        self.epochs, self.epoch, self.rate, self.ab = epochs, 0, rate, find_ab_params(min_dist)

    def step(self) -> None:
        """One epoch."""
        rate = self.rate * (1 - self.epoch / self.epochs)
        compiled(optimize_epoch)(
            self.points,
            self.others,
            self.heads,
            self.tails,
            self.epochs_per_sample,
            self.next_sample_epoch,
            self.next_negative_epoch,
            self.states,
            self.epoch,
            rate,
            *self.ab,
            self.move_other,
        )
        self.epoch += 1


def _states(count: int, seed: int, same: bool) -> NDArray[np.uint64]:
    """Where every point's draws begin: the same for all where a point's position must not depend on the others."""
    seeds = np.random.default_rng(seed).integers(1, 1 << 63, 1 if same else count, np.uint64)
    return np.resize(seeds, count)


def optimize_epoch(  # noqa: C901 - a loop in machine code; calls would hide what it does
    points: Doubles,
    others: Doubles,
    heads: NDArray[np.int64],
    tails: NDArray[np.int64],
    epochs_per_sample: Doubles,
    next_sample_epoch: Doubles,
    next_negative_epoch: Doubles,
    states: NDArray[np.uint64],
    epoch: int,
    rate: float,
    a: float,
    b: float,
    move_other: bool,
) -> None:
    """One epoch over the edges, in machine code once compiled: attraction along each edge that is due, then repulsion.

    Args:
        points: (m, dimensions), moved in place.
        others: (n, dimensions) the other ends; the points themselves where these move.
        heads: (edges,) which of the points.
        tails: (edges,) which of the others.
        epochs_per_sample: (edges,) epochs between two samples of the edge.
        next_sample_epoch: (edges,) the epoch of its next sample.
        next_negative_epoch: (edges,) the epoch up to which its negative samples are done.
        states: (m,) of the random draws, xorshift64.
        epoch: this one.
        rate: of learning.
        a: of the curve 1 / (1 + a d^2b).
        b: of the same.
        move_other: whether the other ends are attracted too.
    """
    # Gradient of the cross entropy of the graph and v = 1 / (1 + a d^2b) on the map (McInnes et al. 2018, section 3.2):
    # attraction -2ab d^2(b-1) / (1 + a d^2b), repulsion 2b / ((0.001 + d²) (1 + a d^2b)), each step clipped to 4.
    # Repulsion samples five points an edge in place of all pairs, as umap-learn does, whose layout is as trustworthy
    # (0.9563 against 0.9562, benchmarks/README.md). In place, edge by edge, in double precision; `Layout` guarantees
    # that heads and tails are indices into points and others.
    count, dimensions = others.shape
    for edge in range(len(heads)):
        if next_sample_epoch[edge] > epoch:
            continue
        head, tail = heads[edge], tails[edge]
        square = 0.0
        for axis in range(dimensions):
            square += (points[head, axis] - others[tail, axis]) ** 2
        if square > 0:
            power = square**b
            attraction = -2 * a * b * power / (square * (1 + a * power))
            for axis in range(dimensions):
                difference = points[head, axis] - others[tail, axis]
                step = rate * min(_MAX_STEP, max(-_MAX_STEP, attraction * difference))
                points[head, axis] += step
                if move_other:
                    others[tail, axis] -= step
        next_sample_epoch[edge] += epochs_per_sample[edge]
        elapsed = epoch - next_negative_epoch[edge]
        negative_samples = int(elapsed * _NEGATIVE_SAMPLE_RATE / epochs_per_sample[edge])
        for _ in range(negative_samples):
            state = states[head]
            state ^= state << np.uint64(13)
            state ^= state >> np.uint64(7)
            state ^= state << np.uint64(17)
            states[head] = state
            negative = np.int64((state >> np.uint64(32)) * np.uint64(count) >> np.uint64(32))
            if move_other and negative == head:
                continue
            square = 0.0
            for axis in range(dimensions):
                square += (points[head, axis] - others[negative, axis]) ** 2
            if square > 0:
                repulsion = 2 * b / ((0.001 + square) * (1 + a * square**b))
                for axis in range(dimensions):
                    difference = points[head, axis] - others[negative, axis]
                    points[head, axis] += rate * min(_MAX_STEP, max(-_MAX_STEP, repulsion * difference))
        next_negative_epoch[edge] += negative_samples * epochs_per_sample[edge] / _NEGATIVE_SAMPLE_RATE
