"""Accuracy over the number of labels: what a network learned elsewhere is worth where labels are few."""

from __future__ import annotations

import contextlib
import copy
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import mean, stdev
from typing import Literal, get_args

import torch
from scipy.stats import t as student
from torch import Generator, nn

from featviz.analysis.film import probe_features
from featviz.errors import BadInput
from featviz.models.isolated_rng import IsolatedRNG
from featviz.models.model import Model
from featviz.progress import Progress
from featviz.representation.similarity import similarity
from featviz.training.data import TrainingData
from featviz.training.initialize import initialize
from featviz.training.learning import learn
from featviz.training.methods.supervised import require_classes
from featviz.training.run import TrainingRun, prepare

__all__ = [
    "Approach",
    "LabelEfficiency",
    "Point",
    "few_labels",
    "label_efficiency",
    "layer_changes",
    "usual_labels",
]

Approach = Literal["frozen", "fine_tuned", "from_scratch"]
_CONFIDENCE = 0.95
_BATCH = 32


@dataclass(frozen=True)
class Point:
    """Accuracies with one number of labels.

    Attributes:
        approach: frozen: a new head on features that stay; fine_tuned: all learns on; from_scratch: all from random.
        labels: images of each class that are learned from.
        accuracies: on the held-out images, in [0, 1], one for each seed.
    """

    approach: Approach
    labels: int
    accuracies: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Over the seeds."""
        return mean(self.accuracies)

    @property
    def interval(self) -> tuple[float, float]:
        """95 % confidence interval of the mean by Student's t; the whole of [0, 1] with one seed."""
        count = len(self.accuracies)
        if count < 2:
            return 0.0, 1.0
        half = (
            float(student.ppf((1 + _CONFIDENCE) / 2, count - 1)) * stdev(self.accuracies) / math.sqrt(count)
        )
        return max(0.0, self.mean - half), min(1.0, self.mean + half)


@dataclass(frozen=True)
class LabelEfficiency:
    """Accuracy over the number of labels.

    Attributes:
        model: the network that was started from.
        images: the set's name.
        points: by approach and number of labels, those that are known so far.
        changes: debiased linear CKA of each layer before and after fine-tuning with the most labels, by the layer's
            name, in order; empty while that is not known.
    """

    model: str
    images: str
    points: tuple[Point, ...]
    changes: tuple[tuple[str, float], ...] = ()

    def point(self, approach: Approach, labels: int) -> Point | None:
        """The one asked for, or None while it is not known."""
        return next(
            (each for each in self.points if (each.approach, each.labels) == (approach, labels)), None
        )


def label_efficiency(
    model: Model,
    data: TrainingData,
    *,
    labels: Sequence[int] = (5, 10, 20, 50),
    seeds: int = 3,
    steps: int = 150,
    rate: float = 3e-3,
    backbone_rate: float = 0.1,
) -> Iterator[Progress[LabelEfficiency]]:
    """Train heads and networks with few labels, and measure them on the same held-out images.

    Args:
        model: a classifier; its own classes play no part.
        data: images with labels, at the model's input size.
        labels: images of each class to learn from.
        seeds: of the choice of images and of training.
        steps: of the optimizer, for each approach.
        rate: learning rate of the head, and of a network from scratch.
        backbone_rate: of fine-tuning, as a part of it.

    Yields:
        runs done of all, with the points known so far; a point is complete when all its seeds are.

    Raises:
        BadInput: a class has too few training images, or the network has no linear head.
    """
    data = data.seen_by(model)
    total = len(labels) * seeds * len(get_args(Approach))
    points: list[Point] = []
    changes: tuple[tuple[str, float], ...] = ()
    done = 0
    for count in labels:
        for approach in get_args(Approach):
            reached: list[float] = []
            for seed in range(seeds):
                run = _run(model, few_labels(data, count, seed), approach, seed, steps, rate, backbone_rate)
                for _ in learn(run, measure_each=False):
                    told = LabelEfficiency(model.name, data.name, tuple(points))
                    yield Progress(done, total, f"{count} labels a class", told)
                done += 1
                reached.append(run.epochs[-1].metrics["held_out_accuracy"])
                if approach == "fine_tuned" and count == max(labels):
                    changes = layer_changes(run)
            points.append(Point(approach, count, tuple(reached)))
    yield Progress(total, total, "", LabelEfficiency(model.name, data.name, tuple(points), changes))


def layer_changes(run: TrainingRun, images: int = 200) -> tuple[tuple[str, float], ...]:
    """How alike each block of a network is before and after training: debiased linear CKA on held-out images.

    Args:
        run: finished.
        images: held-out images to compare on, the first of them.

    Returns:
        name and CKA of each child of the network with positions or units, in order; those it is undefined for are
        left out.
    """
    first, last = run.epochs[0], run.epochs[-1]
    network = copy.deepcopy(run.task.network).eval()
    positions = run.data.held_out[:images]
    changes = []
    for name, _ in network.named_children():
        before, after = (probe_features(network, epoch, name, positions) for epoch in (first, last))
        with contextlib.suppress(BadInput):
            changes.append((name, similarity(before, after, "cka_debiased")))
    return tuple(changes)


def usual_labels(data: TrainingData) -> tuple[int, ...]:
    """5, 10, 20 and 50 labels a class, as far as every class has so many training images.

    Raises:
        BadInput: there are no two classes, or a class has fewer than two.
    """
    require_classes(data)
    least = min(trained for trained, _ in data.counts.values())
    if least < 2:
        raise BadInput("Each class needs two training images at least, and a held-out one.", code="labels")
    return tuple(count for count in (5, 10, 20, 50) if count <= least) or (least,)


def few_labels(data: TrainingData, count: int, seed: int) -> TrainingData:
    """The same images with `count` training images of each class, drawn by the seed.

    Raises:
        BadInput: a class has not so many.
    """
    generator = Generator().manual_seed(seed)
    chosen = []
    for index, name in enumerate(data.classes):
        members = data.training[data.labels[data.training] == index]
        if len(members) < count:
            raise BadInput(
                f"{name} has {len(members)} training images; {count} were asked for: choose fewer labels.",
                code="labels",
            )
        chosen.append(members[torch.randperm(len(members), generator=generator)[:count]])
    return replace(data, training=torch.cat(chosen))


def _run(
    model: Model,
    data: TrainingData,
    approach: Approach,
    seed: int,
    steps: int,
    rate: float,
    backbone_rate: float,
) -> TrainingRun:
    batch = min(_BATCH, len(data.training))
    network = _from_scratch(model, seed) if approach == "from_scratch" else copy.deepcopy(model.module)
    return prepare(
        network,
        data,
        method="transfer",
        epochs=math.ceil(steps / (len(data.training) // batch)),
        seed=seed,
        tune="frozen" if approach == "frozen" else "all",
        backbone_rate=1.0 if approach == "from_scratch" else backbone_rate,
        batch=batch,
        rate=rate,
    )


def _from_scratch(model: Model, seed: int) -> nn.Module:
    network = copy.deepcopy(model.module)
    with IsolatedRNG(seed):
        for part in network.modules():
            reset = getattr(part, "reset_parameters", None)
            if callable(reset):
                reset()
    return initialize(network, Generator().manual_seed(seed))
