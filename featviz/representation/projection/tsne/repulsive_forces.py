"""How strongly points of a map push each other away: far crowds of them count as one (Barnes & Hut 1986).

Points lie in a balanced tree of boxes (Bentley 1975), and those of a leaf look at the same crowds, which lie one
after the other in memory. A crowd is known by its mass, its centre and its spread, of which follows the second
order of its push where it is round; van der Maaten 2014 (JMLR 15) takes mass and centre alone.
"""

from __future__ import annotations

import numpy as np

from featviz.compiled import compiled
from featviz.representation.projection.protocol import Points

__all__ = ["Tree"]

_LEAF = 24
_THETA = 0.4
_MASS, _SPREAD = 3, 4


class Tree:
    """Points in a tree of boxes.

    Args:
        points: (n, 3) float32, n at least 1; of a flat map the last coordinate is 0.
        dimensions: of the map, 2 or 3.
    """

    def __init__(self, points: Points, dimensions: int) -> None:
        self.dimensions, self.count = dimensions, len(points)
        leaves = 1 << max(0, int(np.ceil(np.log2(len(points) / _LEAF))))
        self._order = np.arange(leaves * -(-len(points) // leaves)).reshape(leaves, -1)
        self.sort(points)
        self.fit(points)

    def sort(self, points: Points) -> None:
        """Choose the leaves anew: parts are halved across their widest side until they are small enough."""
        filled, leaves = self._filled(points), len(self._order)
        order = np.arange(len(filled))[None]
        while len(order) < leaves:
            parts = filled[order]
            widest = np.ptp(parts, axis=1).argmax(1)
            along = np.take_along_axis(parts, widest[:, None, None], 2)[..., 0]
            half = order.shape[1] // 2
            order = np.take_along_axis(order, np.argpartition(along, half, axis=1), 1).reshape(-1, half)
        self._order, self._masses = order, (order < self.count).astype(np.float32)

    def fit(self, points: Points) -> None:
        """Let the boxes follow points that have moved: right however far, but slow where they are far apart."""
        self._places = self._filled(points)[self._order]
        leaves = len(self._order)
        low, high = np.zeros((2, 2 * leaves, 3), np.float32)
        self._crowds = np.zeros((2 * leaves, 5), np.float32)
        compiled(_fit)(self._places, self._masses, low, high, self._crowds, self.dimensions)
        self._reaches = ((high - low).max(1) / np.float32(_THETA)) ** 2
        self._bounds = low[leaves:], high[leaves:]

    def push(self, others: Points | None = None) -> tuple[Points, Points]:
        """What the points do to each other, or to other points, of which each is looked at for itself.

        Args:
            others: (q, 3) float32; None for the points themselves.

        Returns:
            (q, 3) the sum of q² (other - point) over the points, where q = 1 / (1 + distance²), and (q,) the sum
            of q; to the latter a point of the tree contributes 1 itself.
        """
        groups, bounds = self._places, self._bounds
        if others is not None:
            groups, bounds = np.ascontiguousarray(others[:, None]), (others, others)
        pushes, sums = np.empty_like(groups), np.empty(groups.shape[:2], np.float32)
        seen = np.empty((5, self._order.size), np.float32)
        tree = self._places, self._masses, self._crowds, self._reaches
        compiled(_push)(groups, *bounds, *tree, seen, pushes, sums, self.dimensions)
        found = pushes.reshape(-1, 3), sums.reshape(-1)
        if others is not None:
            return found
        places = np.argsort(self._order, axis=None)[: self.count]
        return found[0][places], found[1][places]

    def _filled(self, points: Points) -> Points:
        """As many points as the leaves hold: the first ones a second time, then without mass."""
        return np.resize(points, (self._order.size, 3))


def _fit(places: Points, masses: Points, low: Points, high: Points, crowds: Points, dimensions: int) -> None:
    """Fill the nodes in: 1 is the root, 2i and 2i + 1 are the halves of i, the leaves come last."""
    none, one = np.float32(0), np.float32(1)
    leaves, size, _ = places.shape
    for leaf in range(leaves):
        node, mass, spread = leaves + leaf, none, none
        for place in range(size):
            mass += masses[leaf, place]
        for axis in range(3):
            least = most = places[leaf, 0, axis]
            centre = none
            for place in range(size):
                least, most = min(least, places[leaf, place, axis]), max(most, places[leaf, place, axis])
                centre += masses[leaf, place] * places[leaf, place, axis]
            centre /= max(mass, one)
            for place in range(size):
                spread += masses[leaf, place] * (places[leaf, place, axis] - centre) ** 2
            low[node, axis], high[node, axis], crowds[node, axis] = least, most, centre
        crowds[node, _MASS], crowds[node, _SPREAD] = mass, spread / np.float32(dimensions)
    for node in range(leaves - 1, 0, -1):
        left, right = 2 * node, 2 * node + 1
        mass, apart = crowds[left, _MASS] + crowds[right, _MASS], none
        part = crowds[left, _MASS] / max(mass, one)
        for axis in range(3):
            low[node, axis] = min(low[left, axis], low[right, axis])
            high[node, axis] = max(high[left, axis], high[right, axis])
            gap = crowds[left, axis] - crowds[right, axis]
            crowds[node, axis] = crowds[right, axis] + part * gap
            apart += gap * gap
        between = part * crowds[right, _MASS] * apart / np.float32(dimensions)
        crowds[node, _MASS] = mass
        crowds[node, _SPREAD] = crowds[left, _SPREAD] + crowds[right, _SPREAD] + between


def _push(
    groups: Points,
    low: Points,
    high: Points,
    places: Points,
    masses: Points,
    crowds: Points,
    reaches: Points,
    seen: Points,
    pushes: Points,
    sums: Points,
    dimensions: int,
) -> None:
    none, one, four, twelve = np.float32(0), np.float32(1), np.float32(4), np.float32(12)
    first, second = np.float32(4 - dimensions), np.float32(8 - 2 * dimensions)
    leaves, held, open_ = len(places), places.shape[1], np.empty(128, np.int64)
    xs, ys, zs, weights, spreads = seen[0], seen[1], seen[2], seen[3], seen[4]
    for group in range(len(groups)):
        members, many, left, open_[0] = groups[group], 0, 1, 1
        while left:
            left -= 1
            node, square = open_[left], none
            for axis in range(3):
                centre = crowds[node, axis]
                gap = max(low[group, axis] - centre, centre - high[group, axis], none)
                square += gap * gap
            if reaches[node] < square:
                xs[many], ys[many], zs[many] = crowds[node, 0], crowds[node, 1], crowds[node, 2]
                weights[many], spreads[many] = crowds[node, _MASS], crowds[node, _SPREAD]
                many += 1
            elif node < leaves:
                open_[left], open_[left + 1] = 2 * node + 1, 2 * node
                left += 2
            else:
                leaf = places[node - leaves]
                for at in range(held):
                    xs[many + at], ys[many + at], zs[many + at] = leaf[at, 0], leaf[at, 1], leaf[at, 2]
                    weights[many + at], spreads[many + at] = masses[node - leaves, at], none
                many += held
        for member in range(len(members)):
            x, y, z = members[member, 0], members[member, 1], members[member, 2]
            px, py, pz, total = none, none, none, none
            for at in range(many):
                dx, dy, dz = x - xs[at], y - ys[at], z - zs[at]
                q = one / (one + dx * dx + dy * dy + dz * dz)
                wide = spreads[at] * q
                total += q * (weights[at] + wide * (first - four * q))
                push = q * q * (weights[at] + wide * (second - twelve * q))
                px, py, pz = px + push * dx, py + push * dy, pz + push * dz
            pushes[group, member, 0], pushes[group, member, 1], pushes[group, member, 2] = px, py, pz
            sums[group, member] = total
