"""The loops of exact search: bounds from scores in single precision, and the k best in double precision.

They are made machine code by `featviz.compiled`; numbers are finite, and `LOWEST` stands for minus infinity.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["LOWEST", "few_products", "group_maxima", "insert_nearest"]

LOWEST = -1e200
LOWEST_SINGLE = -3e38
CHUNK = 128


def few_products(points: Any, queries: Any, scores: Any) -> None:
    """Inner products of many vectors with a few queries, where a general matrix product takes most time to prepare.

    Args:
        points: (r, d) in single precision.
        queries: (q, d) in single precision.
        scores: (r, q) is set.
    """
    # score = sum over d of point_d query_d. Some vectors at a time stay in a near cache and serve four queries after
    # four. The sums run in any order, which gamma_d (Higham 2002, section 3.1) allows for.
    count = len(queries)
    whole = count - count % 4
    for begin in range(0, len(points), CHUNK):
        end = min(len(points), begin + CHUNK)
        for each in range(0, whole, 4):
            one, two, three, four = queries[each], queries[each + 1], queries[each + 2], queries[each + 3]
            for at in range(begin, end):
                point = points[at]
                first = second = third = fourth = np.float32(0)
                for axis in range(len(point)):
                    first += point[axis] * one[axis]
                    second += point[axis] * two[axis]
                    third += point[axis] * three[axis]
                    fourth += point[axis] * four[axis]
                scores[at, each], scores[at, each + 1] = first, second
                scores[at, each + 2], scores[at, each + 3] = third, fourth
        for each in range(whole, count):
            one = queries[each]
            for at in range(begin, end):
                point, first = points[at], np.float32(0)
                for axis in range(len(point)):
                    first += point[axis] * one[axis]
                scores[at, each] = first


def group_maxima(scores: Any, scale: Any, shift: Any, maxima: Any) -> None:
    """Bounds that as many vectors reach as there are groups: every g-th vector is in one group.

    Args:
        scores: (r, q) products.
        scale: (r,) of the products.
        shift: (r,) what is taken from them so that they bound the true scores from below.
        maxima: (g, q) is set to the largest bound in each group.
    """
    # max over i = j mod g of (score_i scale_i - shift_i). The k-th largest of the g maxima is reached by k vectors at
    # least, which is the bound that `ExactSearch` takes: never too high, and lower where a group holds several of the k
    # best. Errors of single precision are part of `shift` (Higham 2002, section 3.1, gamma_d). The queries lie side by
    # side, so that the inner loop is vectorized.
    maxima[:] = LOWEST_SINGLE
    for at in range(len(scores)):
        row, best, factor, term = scores[at], maxima[at % len(maxima)], scale[at], shift[at]
        for each in range(len(row)):
            best[each] = max(best[each], row[each] * factor - term)


def insert_nearest(
    points: Any,
    exact_scale: Any,
    queries: Any,
    scores: Any,
    scale: Any,
    shift: Any,
    bounds: Any,
    rates: Any,
    offsets: Any,
    euclidean: bool,
    limit: float,
    start: int,
    first: int,
    best: Any,
    positions: Any,
) -> None:
    """Insert into the k best of every query those vectors of a block that are better, compared in double precision.

    Compared are those whose score may reach the k-th best. The k best stay in order; of equal ones the first stands
    first, for blocks come in the order of positions.

    Args:
        points: (r, d) the vectors of the block.
        exact_scale: (r,) of their products with a query, in double precision.
        queries: (q, d) in double precision.
        scores: (r, q) products in single precision.
        scale: (r,) of these.
        shift: (r,) what is taken from them so that they bound the true scores from above.
        bounds: (q,) which scores the k best surely reach.
        rates: (q,) a value times its rate, plus its offset, is the score that surely belongs to it.
        offsets: (q,) of these.
        euclidean: whether values are minus squared distances, else scaled products.
        limit: the largest absolute value of a product.
        start: the position of the first vector.
        first: the position of the first query, where queries are vectors too and not to be compared with
            themselves; else so low that none is met.
        best: (q, k) the best values so far, largest first; `LOWEST` where there is none.
        positions: (q, k) of these.
    """
    # value = -sum (x - q)² or scale * sum x q, summed in double precision where score * scale - shift (an upper bound
    # by Higham 2002, section 3.1) reaches the score of the k-th best; all others are proven farther, so nothing is
    # approximated. Insertion costs k comparisons at worst. `ExactSearch` guarantees finite numbers, equal lengths, and
    # k at most the number of vectors.
    last = best.shape[1] - 1
    bars = np.maximum(np.maximum(bounds, best[:, last] * rates + offsets), LOWEST_SINGLE)
    singles = bars.astype(np.float32)
    for at in range(len(scores)):
        row, factor, term = scores[at], scale[at], shift[at]
        reaching = 0
        # Counting runs on many queries at a time, which a branch for each would not.
        for each in range(len(row)):
            reaching += row[each] * factor - term >= singles[each]
        for each in range(len(row) if reaching else 0):
            if row[each] * factor - term < bars[each] or start + at == first + each:
                continue
            query, values, ranked = queries[each], best[each], positions[each]
            value = 0.0
            for axis in range(len(query)):
                difference = points[at, axis] - query[axis]
                value += -difference * difference if euclidean else points[at, axis] * query[axis]
            value = value if euclidean else min(max(value * exact_scale[at], -limit), limit)
            rank = last + 1
            while rank > 0 and values[rank - 1] < value:
                rank -= 1
            for later in range(last, rank, -1):
                values[later], ranked[later] = values[later - 1], ranked[later - 1]
            if rank <= last:
                values[rank], ranked[rank] = value, start + at
                bars[each] = max(bars[each], values[last] * rates[each] + offsets[each])
                singles[each] = bars[each]
