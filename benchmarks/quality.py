"""The report of a network's features against the same report as it was made before: processor time, in turn.

Before, the linear probe was scikit-learn's logistic regression, whose products are so small that the threads of the
linear algebra wait for each other, and passes over small images took all of torch's threads. The other side puts both
back; singular values and corruptions are those of today on both sides.

Claim: the whole report of shapes-resnet (its main layers, 2,000 images, corruption robustness included), with the
threads that the app has, takes at most 0.18 of the processor time, and the probes agree within half a percentage point.
"""

from __future__ import annotations

import argparse
import statistics
import time
from contextlib import nullcontext
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from featviz.data.sets.image_set import ImageSet
from featviz.models.sources.load import load_model
from featviz.progress import finished
from featviz.representation.extraction.feature_layer import default_pooling
from featviz.representation.quality import through_depth
from featviz.representation.quality.through_depth import Cards
from featviz.store.store import Store
from featviz.ui.pages.feature_quality.controls import main_layers

PROBE = "featviz.representation.quality.prediction._held_out_correct"
THREADS = "featviz.representation.extraction.extractor.one_thread"


def by_scikit_learn(
    vectors: NDArray[np.float64], codes: NDArray[np.int64], folds: int, regularisation: float, seed: int
) -> NDArray[np.bool_]:
    """The linear probe as it was."""
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=1 / regularisation, max_iter=2000))
    correct = np.zeros(len(codes), np.bool_)
    for training, held_out in StratifiedKFold(folds, shuffle=True, random_state=seed).split(vectors, codes):
        probe.fit(vectors[training], codes[training])
        correct[held_out] = probe.predict(vectors[held_out]) == codes[held_out]
    return correct


def timed(name: str, count: int) -> tuple[float, Cards]:
    """Processor seconds of a report, and its cards."""
    model = load_model(name)
    images = ImageSet.bundled(model.card.suits, count)
    layers = {layer: default_pooling(model.layer(layer)) for layer in main_layers(model)}
    began = time.process_time()
    cards = finished(through_depth(model, images, layers, store=Store(None)))
    return time.process_time() - began, cards


def timed_before(name: str, count: int) -> tuple[float, Cards]:
    """The same as it was."""
    with patch(PROBE, by_scikit_learn), patch(THREADS, nullcontext):
        return timed(name, count)


def accuracies(cards: Cards) -> NDArray[Any]:
    return np.array([card["linear_probe"].value for card in cards.values()])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", default="shapes-resnet")
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--pairs", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    timed(given.network, 100)  # what is loaded late is no part of either
    pairs = [
        (timed(given.network, given.images), timed_before(given.network, given.images))
        for _ in range(given.pairs)
    ]
    now, before = ([pair[side][0] for pair in pairs] for side in (0, 1))
    ratio = statistics.median(mine / its for mine, its in zip(now, before, strict=True))
    apart = np.abs(accuracies(pairs[0][0][1]) - accuracies(pairs[0][1][1])).max()
    print("| network | images | now, s | before, s | ratio | probes differ by at most |")
    print("|---|---|---|---|---|---|")
    print(
        f"| {given.network} | {given.images:,} | {statistics.median(now):.1f} | {statistics.median(before):.1f} | "
        f"{ratio:.2f} | {apart:.4f} |"
    )


if __name__ == "__main__":
    main()
