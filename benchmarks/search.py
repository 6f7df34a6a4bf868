"""Exact search in 100,000 x 512 against faiss' flat index (inner products), in one process, in turn.

Both get the same unit vectors and the same queries, and must give the same ids. Processor time counts all threads of
the process and survives a busy machine; the clock is what a visitor waits.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import faiss
import numpy as np

from featviz import SearchIndex

Cost = tuple[float, float]


def cost(work: Callable[[], object]) -> Cost:
    """Processor time and time by the clock, in ms."""
    processor, clock = time.process_time(), time.perf_counter()
    work()
    return 1e3 * (time.process_time() - processor), 1e3 * (time.perf_counter() - clock)


def paired(ours: Callable[[], object], theirs: Callable[[], object], pairs: int) -> list[tuple[Cost, Cost]]:
    """The costs of both, in turn."""
    ours(), theirs()
    return [(cost(ours), cost(theirs)) for _ in range(pairs)]


def row(words: str, found: list[tuple[Cost, Cost]]) -> str:
    """Medians of both sides, and the medians of the ratios pair by pair."""
    medians = [statistics.median(pair[side][unit] for pair in found) for unit in (0, 1) for side in (0, 1)]
    ratios = [statistics.median(pair[0][unit] / pair[1][unit] for pair in found) for unit in (0, 1)]
    return (
        f"| {words} | {medians[0]:.1f} | {medians[1]:.1f} | {ratios[0]:.2f} "
        f"| {medians[2]:.1f} | {medians[3]:.1f} | {ratios[1]:.2f} |"
    )


def main() -> None:
    """Print one row for each number of queries."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vectors", type=int, default=100_000)
    parser.add_argument("--dimensions", type=int, default=512)
    parser.add_argument("--queries", type=int, nargs="+", default=[1, 64])
    parser.add_argument("--k", type=int, default=10)
    parser.add_argument("--pairs", type=int, default=9)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((options.vectors, options.dimensions), np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index = SearchIndex.build(vectors)
    flat = faiss.IndexFlatIP(options.dimensions)
    flat.add(vectors)
    print(f"numpy {np.__version__}, faiss {faiss.__version__}, {faiss.omp_get_max_threads()} threads")
    print("| queries | ours, CPU ms | faiss, CPU ms | ratio | ours, ms | faiss, ms | ratio |")
    for count in options.queries:
        queries = rng.standard_normal((count, options.dimensions), np.float32)
        queries /= np.linalg.norm(queries, axis=1, keepdims=True)
        same = index.arrays(queries, options.k)[0] == flat.search(queries, options.k)[1]
        assert same.all(), "the two disagree"
        work = paired(
            lambda asked=queries: index.arrays(asked, options.k),  # type: ignore[misc]
            lambda asked=queries: flat.search(asked, options.k),  # type: ignore[misc]
            options.pairs,
        )
        print(row(str(count), work))


if __name__ == "__main__":
    main()
