"""The report card of a layer: every measure, one after the other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from featviz.errors import BadInput
from featviz.progress import Progress, finished
from featviz.registry import Method
from featviz.representation.embeddings import Embeddings
from featviz.representation.quality.features import MEASURED_AT_MOST, QUALITIES, Features
from featviz.representation.quality.measurement import CannotSay, Reading, unsaid

__all__ = ["ReportCard", "report", "steps"]


@dataclass(frozen=True, eq=False)
class ReportCard:
    """What the measures say of a layer's features.

    Attributes:
        readings: by the measure's id, in the order of `QUALITIES`.
        model: the network's name.
        layer: its name.
        pool: how the layer's output became vectors.
        images: the image set's name.
        count: how many images.
        dimensions: how many units.
        classes: how many classes are labelled.
        seed: of samples, shuffles and random baselines.
    """

    readings: Mapping[str, Reading]
    model: str
    layer: str
    pool: str
    images: str
    count: int
    dimensions: int
    classes: int
    seed: int

    def __getitem__(self, measure: str) -> Reading:
        """What one measure says."""
        return self.readings[measure]


def report(
    embeddings: Embeddings,
    *,
    measures: Sequence[str] = (),
    disturbed: Mapping[tuple[str, int], Embeddings] | None = None,
    seed: int = 0,
    most: int = MEASURED_AT_MOST,
) -> ReportCard:
    """Judge the features of a layer; a measure that has nothing to read says so and why.

    Args:
        embeddings: of one layer; class measures need their labels.
        measures: ids out of `QUALITIES`; all where none are given.
        disturbed: embeddings of the images disturbed, one layer of what `disturb` ends with.
        seed: of samples, shuffles and random baselines.
        most: where there are more images, so many are measured, each against all.

    Raises:
        BadInput: no such measure, or nothing to be measured at all.
    """
    return finished(steps(embeddings, measures=measures, disturbed=disturbed, seed=seed, most=most))


def steps(
    embeddings: Embeddings,
    *,
    measures: Sequence[str] = (),
    disturbed: Mapping[tuple[str, int], Embeddings] | None = None,
    seed: int = 0,
    most: int = MEASURED_AT_MOST,
) -> Iterator[Progress[ReportCard]]:
    """The same, measure by measure, with the name of the one being read; arguments and errors as `report`."""
    if most < 2:
        raise BadInput(f"At least two images must be measured; most = {most} came.", code="most")
    methods = [QUALITIES[name] for name in measures] or list(QUALITIES)
    return _steps(Features(embeddings, seed, most, disturbed or {}), methods)


def _steps(features: Features, methods: Sequence[Method]) -> Iterator[Progress[ReportCard]]:
    readings: dict[str, Reading] = {}
    for number, method in enumerate(methods):
        yield Progress(number, len(methods), method.name, _card(features, readings))
        readings[method.id] = _read(features, method)
    yield Progress(len(methods), len(methods), "", _card(features, readings))


def _read(features: Features, method: Method) -> Reading:
    try:
        reading: Reading = method.function(features, **method.complete({}))
    except CannotSay as reason:
        return unsaid(str(reason))
    numbers = (reading.value, reading.baseline, *(reading.interval or ()))
    if not all(number is None or math.isfinite(number) for number in numbers):
        return unsaid("the numbers are too large to be reckoned with.")
    return reading


def _card(features: Features, readings: Mapping[str, Reading]) -> ReportCard:
    given = features.embeddings
    return ReportCard(
        dict(readings),
        given.model,
        given.layer,
        given.pool,
        given.images,
        len(given),
        given.dimensions,
        len({label for label in given.labels if label is not None}),
        features.seed,
    )
