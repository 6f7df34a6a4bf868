"""Repulsive forces of t-SNE after Barnes-Hut: far cells of points count as one (Barnes & Hut 1986).

Points lie in a balanced tree of boxes (k-d tree, Bentley 1975), and those of a leaf share one interaction list, which
lies contiguously in memory. A cell is known by its mass, its center and its spread, of which follows the second order
of its repulsion where it is round; van der Maaten 2014 (JMLR 15) takes mass and center alone.
"""

from __future__ import annotations

import numpy as np

from featviz.compiled import compiled
from featviz.representation.projection.protocol import Points

__all__ = ["BoxTree"]

_LEAF = 24
_THETA = 0.4
_MASS, _SPREAD = 3, 4


class BoxTree:
    """Points in a Barnes-Hut tree of boxes.

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
        padded, leaves = self._padded(points), len(self._order)
        order = np.arange(len(padded))[None]
        while len(order) < leaves:
            boxes = padded[order]
            widest = np.ptp(boxes, axis=1).argmax(1)
            coordinates = np.take_along_axis(boxes, widest[:, None, None], 2)[..., 0]
            half = order.shape[1] // 2
            order = np.take_along_axis(order, np.argpartition(coordinates, half, axis=1), 1).reshape(-1, half)
        self._order, self._masses = order, (order < self.count).astype(np.float32)

    def fit(self, points: Points) -> None:
        """Let the boxes follow points that have moved: right however far, but slow where they are far apart."""
        self._leaf_points = self._padded(points)[self._order]
        leaves = len(self._order)
        low, high = np.zeros((2, 2 * leaves, 3), np.float32)
        self._cells = np.zeros((2 * leaves, 5), np.float32)
        compiled(_summarize_boxes)(self._leaf_points, self._masses, low, high, self._cells, self.dimensions)
        self._squared_opening_radii = ((high - low).max(1) / np.float32(_THETA)) ** 2
        self._bounds = low[leaves:], high[leaves:]

    def repulsion(self, others: Points | None = None) -> tuple[Points, Points]:
        """The repulsion among the points, or of them on other points, each of which has an interaction list of its own.

        Args:
            others: (q, 3) float32; None for the points themselves.

        Returns:
            (q, 3) the sum of q² (other - point) over the points, where q = 1 / (1 + distance²), and (q,) the sum
            of q; to the latter a point of the tree contributes 1 itself.
        """
        groups, bounds = self._leaf_points, self._bounds
        if others is not None:
            groups, bounds = np.ascontiguousarray(others[:, None]), (others, others)
        forces, sums = np.empty_like(groups), np.empty(groups.shape[:2], np.float32)
        interaction_list = np.empty((5, self._order.size), np.float32)
        tree = self._leaf_points, self._masses, self._cells, self._squared_opening_radii
        compiled(_repulsion)(groups, *bounds, *tree, interaction_list, forces, sums, self.dimensions)
        result = forces.reshape(-1, 3), sums.reshape(-1)
        if others is not None:
            return result
        inverse = np.argsort(self._order, axis=None)[: self.count]
        return result[0][inverse], result[1][inverse]

    def _padded(self, points: Points) -> Points:
        """As many points as the leaves hold: the first ones a second time, then without mass."""
        return np.resize(points, (self._order.size, 3))


def _summarize_boxes(
    leaf_points: Points, masses: Points, low: Points, high: Points, cells: Points, dimensions: int
) -> None:
    """Bounds, mass, center and spread of every node: 1 is the root, 2i and 2i + 1 are the halves of i, leaves last."""
    # mass = sum m_i, center = sum m_i y_i / mass, spread = sum m_i |y_i - center|² / dimensions; two halves are merged
    # as partial means and variances are (Chan, Golub & LeVeque 1979): spreads add, plus mass_l mass_r / mass |gap|².
    # Nothing is approximated but by float32 sums. leaf_points (leaves, size, 3); low, high (2 leaves, 3) and cells
    # (2 leaves, 5) are indexed by node, whose row 0 is unused; `BoxTree.fit` guarantees the sizes.
    none, one = np.float32(0), np.float32(1)
    leaves, size, _ = leaf_points.shape
    for leaf in range(leaves):
        node, mass, spread = leaves + leaf, none, none
        for slot in range(size):
            mass += masses[leaf, slot]
        for axis in range(3):
            minimum = maximum = leaf_points[leaf, 0, axis]
            center = none
            for slot in range(size):
                value = leaf_points[leaf, slot, axis]
                minimum, maximum = min(minimum, value), max(maximum, value)
                center += masses[leaf, slot] * value
            center /= max(mass, one)
            for slot in range(size):
                spread += masses[leaf, slot] * (leaf_points[leaf, slot, axis] - center) ** 2
            low[node, axis], high[node, axis], cells[node, axis] = minimum, maximum, center
        cells[node, _MASS], cells[node, _SPREAD] = mass, spread / np.float32(dimensions)
    for node in range(leaves - 1, 0, -1):
        left, right = 2 * node, 2 * node + 1
        mass, squared_gap = cells[left, _MASS] + cells[right, _MASS], none
        share = cells[left, _MASS] / max(mass, one)
        for axis in range(3):
            low[node, axis] = min(low[left, axis], low[right, axis])
            high[node, axis] = max(high[left, axis], high[right, axis])
            gap = cells[left, axis] - cells[right, axis]
            cells[node, axis] = cells[right, axis] + share * gap
            squared_gap += gap * gap
        between = share * cells[right, _MASS] * squared_gap / np.float32(dimensions)
        cells[node, _MASS] = mass
        cells[node, _SPREAD] = cells[left, _SPREAD] + cells[right, _SPREAD] + between


def _repulsion(
    groups: Points,
    low: Points,
    high: Points,
    leaf_points: Points,
    masses: Points,
    cells: Points,
    squared_opening_radii: Points,
    interaction_list: Points,
    forces: Points,
    sums: Points,
    dimensions: int,
) -> None:
    # F_i = sum over j of q_ij² (y_i - y_j) and Z_i = sum of q_ij, q_ij = 1 / (1 + |y_i - y_j|²): van der Maaten 2014.
    # A cell farther from the group's box than (its longest side / theta) is replaced by the second-order expansion
    # around its center, for n points in a round cloud with variance s along each axis: n f + n s / 2 Laplacian(f).
    # Error with theta = 0.4: 4e-4 of all pairs' sums on a settled map, 1.6e-2 on the tightest (benchmarks/README.md).
    # groups (g, t, 3) with bounds low, high (g, 3); leaf_points (leaves, leaf_size, 3); cells (2 leaves, 5) x, y, z,
    # mass, spread. The list holds every point at most once, so its room of leaves * leaf_size suffices; the tree is
    # balanced, so the stack holds at most its depth + 1.
    none, one, four, twelve = np.float32(0), np.float32(1), np.float32(4), np.float32(12)
    first, second = np.float32(4 - dimensions), np.float32(8 - 2 * dimensions)
    leaves, leaf_size, stack = len(leaf_points), leaf_points.shape[1], np.empty(128, np.int64)
    xs, ys, zs = interaction_list[0], interaction_list[1], interaction_list[2]
    weights, spreads = interaction_list[3], interaction_list[4]
    for group in range(len(groups)):
        targets, count, pending, stack[0] = groups[group], 0, 1, 1
        while pending:
            pending -= 1
            node, square = stack[pending], none
            for axis in range(3):
                center = cells[node, axis]
                gap = max(low[group, axis] - center, center - high[group, axis], none)
                square += gap * gap
            if squared_opening_radii[node] < square:
                xs[count], ys[count], zs[count] = cells[node, 0], cells[node, 1], cells[node, 2]
                weights[count], spreads[count] = cells[node, _MASS], cells[node, _SPREAD]
                count += 1
            elif node < leaves:
                stack[pending], stack[pending + 1] = 2 * node + 1, 2 * node
                pending += 2
            else:
                leaf = leaf_points[node - leaves]
                for at in range(leaf_size):
                    xs[count + at], ys[count + at], zs[count + at] = leaf[at, 0], leaf[at, 1], leaf[at, 2]
                    weights[count + at], spreads[count + at] = masses[node - leaves, at], none
                count += leaf_size
        for target in range(len(targets)):
            x, y, z = targets[target, 0], targets[target, 1], targets[target, 2]
            px, py, pz, total = none, none, none, none
            for at in range(count):
                dx, dy, dz = x - xs[at], y - ys[at], z - zs[at]
                q = one / (one + dx * dx + dy * dy + dz * dz)
                wide = spreads[at] * q
                total += q * (weights[at] + wide * (first - four * q))
                weight = q * q * (weights[at] + wide * (second - twelve * q))
                px, py, pz = px + weight * dx, py + weight * dy, pz + weight * dz
            forces[group, target, 0], forces[group, target, 1], forces[group, target, 2] = px, py, pz
            sums[group, target] = total
