"""Exact search in 100,000 x 512 against faiss' flat index (inner products) at two settings, in one process, in turn.

All get the same unit vectors and the same queries, and must give the same ids. faiss compares query by query or
multiplies matrices; by default it does so from 128,000 numbers in the queries on, and either can be the quicker one, so
both are run and the better counts. Processor time counts all threads of the process and survives a busy machine; the
clock is what a visitor waits.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import faiss
import numpy as np

from featviz import SearchIndex

Cost = tuple[float, float]
DEFAULT, MATRICES = faiss.cvar.distance_compute_blas_threshold, 0


@contextmanager
def matrices_from(numbers: int) -> Iterator[None]:
    """Have faiss multiply matrices where the queries hold so many numbers."""
    faiss.cvar.distance_compute_blas_threshold = numbers
    try:
        yield
    finally:
        faiss.cvar.distance_compute_blas_threshold = DEFAULT


def cost(work: Callable[[], object]) -> Cost:
    """Processor time and time by the clock, in ms."""
    processor, clock = time.process_time(), time.perf_counter()
    work()
    return 1e3 * (time.process_time() - processor), 1e3 * (time.perf_counter() - clock)


def in_turn(works: list[Callable[[], object]], times: int) -> list[list[Cost]]:
    """The costs of each, (times, works), after one run of each that does not count."""
    for work in works:
        work()
    return [[cost(work) for work in works] for _ in range(times)]


def row(words: str, costs: list[list[Cost]]) -> str:
    """Medians of all in processor time, and the median ratio of the first to the better other, pair by pair."""
    medians = [statistics.median(each[work][0] for each in costs) for work in range(3)]
    better = 1 + int(medians[2] < medians[1])
    ratios = [
        statistics.quantiles([each[0][unit] / each[better][unit] for each in costs], n=4) for unit in (0, 1)
    ]
    return (
        f"| {words} | {medians[0]:.1f} | {medians[1]:.1f} | {medians[2]:.1f} "
        f"| {ratios[0][1]:.2f} ({ratios[0][0]:.2f} to {ratios[0][2]:.2f}) | {ratios[1][1]:.2f} |"
    )


def main() -> None:
    """Print one row for each number of queries."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vectors", type=int, default=100_000)
    parser.add_argument("--dimensions", type=int, default=512)
    parser.add_argument("--queries", type=int, nargs="+", default=[1, 4, 16, 64, 256, 512])
    parser.add_argument("--k", type=int, default=10)
    parser.add_argument("--times", type=int, default=9)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((options.vectors, options.dimensions), np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index = SearchIndex.build(vectors)
    flat = faiss.IndexFlatIP(options.dimensions)
    flat.add(vectors)
    print(f"numpy {np.__version__}, faiss {faiss.__version__}, {faiss.omp_get_max_threads()} threads")
    print(
        "| queries | ours, CPU ms | faiss as it comes | faiss, always matrices | ratio to the better | by the clock |"
    )
    for count in options.queries:
        queries = rng.standard_normal((count, options.dimensions), np.float32)
        queries /= np.linalg.norm(queries, axis=1, keepdims=True)
        same = index.arrays(queries, options.k)[0] == flat.search(queries, options.k)[1]
        assert same.all(), "the two disagree"

        def theirs(numbers: int, asked: np.ndarray = queries) -> None:
            with matrices_from(numbers):
                flat.search(asked, options.k)

        costs = in_turn(
            [
                lambda asked=queries: index.arrays(asked, options.k),  # type: ignore[misc]
                lambda: theirs(DEFAULT),
                lambda: theirs(MATRICES),
            ],
            options.times,
        )
        print(row(str(count), costs), flush=True)


if __name__ == "__main__":
    main()
