"""The loops of exact search: bounds from scores in single precision, and the k best in double precision.

They are made machine code by `featviz.compiled`; numbers are finite, and `LOWEST` stands for minus infinity.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["LOWEST", "group_maxima", "insert_nearest"]

LOWEST = -1e200
LOWEST_SINGLE = -3e38
CHUNK = 128


def group_maxima(scores: Any, scale: Any, shift: Any, maxima: Any) -> None:
    """Bounds that as many vectors reach as there are groups: every g-th vector is in one group.

    Args:
        scores: (q, r) products.
        scale: (r,) of the products.
        shift: (r,) what is taken from them so that they bound the true scores from below.
        maxima: (q, g) is set to the largest bound in each group.
    """
    # max over i = j mod g of (score_i scale_i - shift_i). The k-th largest of the g maxima is reached by k vectors at
    # least, which is the bound that `ExactSearch` takes: never too high, and lower where a group holds several of the k
    # best. Errors of single precision are part of `shift` (Higham 2002, section 3.1, gamma_d). Chunks of g
    # consecutive scores are read in order, so that the loop is vectorized.
    count, groups = scores.shape[1], maxima.shape[1]
    for query in range(len(scores)):
        best = maxima[query]
        best[:] = LOWEST_SINGLE
        for start in range(0, count, groups):
            stop = min(count, start + groups)
            row, factors, terms = scores[query, start:stop], scale[start:stop], shift[start:stop]
            for group in range(len(row)):
                bound = row[group] * factors[group] - terms[group]
                best[group] = max(best[group], bound)


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
        scores: (q, r) products in single precision.
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
    count, last = scores.shape[1], best.shape[1] - 1
    for each in range(len(scores)):
        query, values, ranked = queries[each], best[each], positions[each]
        bar = max(bounds[each], values[last] * rates[each] + offsets[each], LOWEST_SINGLE)
        for begin in range(0, count, CHUNK):
            end = min(count, begin + CHUNK)
            row, factors, terms = scores[each, begin:end], scale[begin:end], shift[begin:end]
            single, reaching = np.float32(bar), 0
            # Counting runs on many numbers at a time, which a maximum would not.
            for column in range(len(row)):
                reaching += row[column] * factors[column] - terms[column] >= single
            for column in range(len(row) if reaching else 0):
                at = begin + column
                if row[column] * factors[column] - terms[column] < bar or start + at == first + each:
                    continue
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
                    bar = max(bar, values[last] * rates[each] + offsets[each])
