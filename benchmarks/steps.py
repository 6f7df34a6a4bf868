"""How long heavy work holds the processor before it gives way: the longest steps of every generator.

On the bundled networks and sets. A step ends where a generator yields or its loops call `yield_now`; its time is
the processor's of the working thread, with one thread to compute in, so that other work hardly changes it.

    python -m benchmarks.steps [--only NAME]
"""

import argparse
import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch

from featviz import load_model
from featviz.data.sets.image_set import ImageSet
from featviz.explain.attribution.attribute import steps as attributing
from featviz.explain.attribution.registry import METHODS
from featviz.explain.evaluation.check import CHECKS, Explanation, checking
from featviz.explain.maximization.maximize import maximize
from featviz.explain.targets.units import Channel
from featviz.progress import finished, yield_now, yielding_to
from featviz.representation.clusters import CLUSTERINGS, clusters
from featviz.representation.extraction.extract import stream
from featviz.representation.neighbors.nearest import nearest
from featviz.representation.projection import PROJECTIONS
from featviz.representation.projection import steps as projecting
from featviz.representation.projection.quality import map_quality
from featviz.representation.quality.through_depth import through_depth
from featviz.representation.search.index import SearchIndex
from featviz.store.store import Store

IMAGES = 2000
LAYER = "layer4.1"
BOUND = 0.15


class Stopwatch:
    """Notes how much of the processor a thread used from one chance to give way to the next."""

    def __init__(self) -> None:
        self.steps: list[tuple[float, str]] = []
        self.note = ""
        self._since = time.thread_time()

    def mark(self) -> None:
        now = time.thread_time()
        self.steps.append((now - self._since, self.note))
        self._since = now

    def run(self, work: Iterator[object]) -> None:
        self._since = time.thread_time()
        with yielding_to(self.mark):
            for frame in work:
                yield_now()
                self.note = str(getattr(frame, "note", ""))
            self.mark()


def single(work: Callable[[], object]) -> Iterator[object]:
    yield work()


def generators() -> Iterator[tuple[str, Callable[[], Iterator[object]]]]:
    model, nowhere = load_model("shapes-resnet"), Store(None)
    images = ImageSet.bundled("shapes", IMAGES)
    layers = [each.name for each in model.layers if each.grid is not None][-8:]
    yield "embedding", lambda: stream(model, images, layers, store=nowhere)
    yield "feature quality", lambda: through_depth(model, images, layers, store=nowhere)
    vectors = np.random.default_rng(0).normal(size=(IMAGES, 128)).astype(np.float32)
    vectors[:, :8] += 6 * (np.arange(IMAGES) % 10 == np.arange(10)[:8, None]).T
    labels = [str(place % 10) for place in range(IMAGES)]
    for method in PROJECTIONS:
        yield f"map: {method.id}", partial(projecting, vectors, method.id, labels=labels)
    for method in CLUSTERINGS:
        yield f"clusters: {method.id}", partial(single, partial(clusters, vectors, method.id))
    many = np.random.default_rng(1).normal(size=(20_000, 128)).astype(np.float32)
    yield "clusters of 20,000: hdbscan", partial(single, partial(clusters, many, "hdbscan"))
    yield "neighbors of 20,000", partial(single, partial(nearest, many, 10))
    yield "quality of a map", partial(single, partial(map_quality, vectors, vectors[:, :2]))
    yield (
        "quality of a map of 20,000",
        partial(single, partial(map_quality, many, many[:, :2], max_points=2000)),
    )
    yield "search index of 20,000", partial(single, partial(SearchIndex.build, many, kind="ivf"))
    x = model.preprocess(images[0].image)
    for method in METHODS:
        yield f"attribution: {method.id}", partial(attributing, model, x, method.id, target=0)
    found = Explanation(model, x, finished(attributing(model, x, "integrated_gradients", target=0)))
    for check in CHECKS:
        if not any(each.name == "mask" for each in check.parameters):
            yield f"check: {check.id}", partial(checking, found, check.id)
    yield "maximization", lambda: maximize(model, Channel(layers[0], 0), steps=32, size=128)


def main() -> None:
    """Print the longest and the 95th percentile of every generator's steps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    torch.set_num_threads(1)
    for name, begin in generators():
        if given.only not in name:
            continue
        watch = Stopwatch()
        try:
            watch.run(begin())
        except Exception as refusal:  # a method that does not suit this network
            print(f"{name:<36} {type(refusal).__name__}: {refusal}"[:110])
            continue
        times = sorted(seconds for seconds, _ in watch.steps)
        longest, note = max(watch.steps)
        sign = "" if longest <= BOUND else "  <<<"
        print(
            f"{name:<36} {len(times):5d} steps   p95 {1000 * times[int(0.95 * (len(times) - 1))]:6.0f} ms   "
            f"longest {1000 * longest:6.0f} ms after {note or 'its beginning'}{sign}",
            flush=True,
        )


if __name__ == "__main__":
    main()
