"""The layout of UMAP's graph by stochastic gradient descent, an epoch at a time, off the interpreter's lock."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.compiled import compiled
from featviz.representation.projection.protocol import Doubles
from featviz.representation.projection.umap.fuzzy_graph import find_ab_params

__all__ = ["Layout", "optimize_epoch"]

_PUSHES = 5
_STEP = 4.0


class Layout:
    """Points that move along a graph's edges towards each other, and away from points drawn at random.

    Args:
        points: (m, dimensions), moved in place.
        still: (n, dimensions) the other ends of the edges where those do not move; None where they are points.
        graph: sparse (m, m) or (m, n), the edges' strengths.
        epochs: in all; edges too weak to be visited once are left out.
        min_dist: how close points may lie.
        rate: of learning at the beginning; it falls to 0.
        seed: of the random draws; every point has draws of its own.
    """

    def __init__(
        self,
        points: Doubles,
        still: Doubles | None,
        graph: Any,
        *,
        epochs: int,
        min_dist: float,
        rate: float,
        seed: int,
    ) -> None:
        edges = graph.tocoo()
        kept = edges.data * max(epochs, 1) >= edges.data.max()
        self.points, self.others, self.moving = points, points if still is None else still, still is None
        self.heads, self.tails = edges.row[kept].astype(np.int64), edges.col[kept].astype(np.int64)
        self.every = edges.data.max() / edges.data[kept]
        self.pulled, self.pushed = self.every.copy(), self.every / _PUSHES
        self.states = _states(len(points), seed, same=still is not None)
        self.epochs, self.epoch, self.rate, self.curve = epochs, 0, rate, find_ab_params(min_dist)

    def step(self) -> None:
        """One epoch."""
        rate = self.rate * (1 - self.epoch / self.epochs)
        compiled(optimize_epoch)(
            self.points,
            self.others,
            self.heads,
            self.tails,
            self.every,
            self.pulled,
            self.pushed,
            self.states,
            self.epoch,
            rate,
            *self.curve,
            self.moving,
        )
        self.epoch += 1


def _states(count: int, seed: int, same: bool) -> NDArray[np.uint64]:
    """Where every point's draws begin: the same for all where a point's place must not depend on the others."""
    drawn = np.random.default_rng(seed).integers(1, 1 << 63, 1 if same else count, np.uint64)
    return np.resize(drawn, count)


def optimize_epoch(  # noqa: C901 - a loop in machine code; calls would hide what it does
    points: Doubles,
    others: Doubles,
    heads: NDArray[np.int64],
    tails: NDArray[np.int64],
    every: Doubles,
    pulled: Doubles,
    pushed: Doubles,
    states: NDArray[np.uint64],
    epoch: int,
    rate: float,
    a: float,
    b: float,
    moving: bool,
) -> None:
    """One round over the edges, in machine code once compiled: each point of time due is pulled, then pushed away.

    Args:
        points: (m, dimensions), moved in place.
        others: (n, dimensions) the other ends; the points themselves where these move.
        heads: (edges,) which of the points.
        tails: (edges,) which of the others.
        every: (edges,) epochs between two pulls.
        pulled: (edges,) the epoch of the next pull.
        pushed: (edges,) the epoch up to which pushes are done.
        states: (m,) of the random draws, xorshift64.
        epoch: this one.
        rate: of learning.
        a: of the curve.
        b: of the curve.
        moving: whether the other ends are pulled too.
    """
    count, dimensions = others.shape
    for edge in range(len(heads)):
        if pulled[edge] > epoch:
            continue
        head, tail = heads[edge], tails[edge]
        square = 0.0
        for axis in range(dimensions):
            square += (points[head, axis] - others[tail, axis]) ** 2
        if square > 0:
            power = square**b
            pull = -2 * a * b * power / (square * (1 + a * power))
            for axis in range(dimensions):
                step = rate * min(_STEP, max(-_STEP, pull * (points[head, axis] - others[tail, axis])))
                points[head, axis] += step
                if moving:
                    others[tail, axis] -= step
        pulled[edge] += every[edge]
        pushes = int((epoch - pushed[edge]) * _PUSHES / every[edge])
        for _ in range(pushes):
            state = states[head]
            state ^= state << np.uint64(13)
            state ^= state >> np.uint64(7)
            state ^= state << np.uint64(17)
            states[head] = state
            other = np.int64((state >> np.uint64(32)) * np.uint64(count) >> np.uint64(32))
            if moving and other == head:
                continue
            square = 0.0
            for axis in range(dimensions):
                square += (points[head, axis] - others[other, axis]) ** 2
            if square > 0:
                push = 2 * b / ((0.001 + square) * (1 + a * square**b))
                for axis in range(dimensions):
                    step = min(_STEP, max(-_STEP, push * (points[head, axis] - others[other, axis])))
                    points[head, axis] += rate * step
        pushed[edge] += pushes * every[edge] / _PUSHES
