"""The report card of a layer: every measure, one after the other."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from featviz.deprecation import renamed_argument
from featviz.errors import BadInput
from featviz.progress import Progress, finished
from featviz.registry import Method
from featviz.representation.embeddings import Embeddings
from featviz.representation.quality.features import MAX_MEASURED, MEASURES, Features
from featviz.representation.quality.measurement import Measurement, Undefined, undefined

__all__ = ["ReportCard", "report", "steps"]


@dataclass(frozen=True, eq=False)
class ReportCard:
    """What the measures say of a layer's features.

    Attributes:
        measurements: by the measure's id, in the order of `MEASURES`.
        model: the network's name.
        layer: its name.
        pool: how the layer's output became vectors.
        images: the image set's name.
        count: how many images.
        dimensions: how many units.
        classes: how many classes are labelled.
        seed: of samples, shuffles and random baselines.
    """

    measurements: Mapping[str, Measurement]
    model: str
    layer: str
    pool: str
    images: str
    count: int
    dimensions: int
    classes: int
    seed: int

    @property
    def readings(self) -> Mapping[str, Measurement]:
        """The old name of `measurements`."""
        warnings.warn("ReportCard.readings is called measurements now.", DeprecationWarning, stacklevel=2)
        return self.measurements

    def __getitem__(self, measure: str) -> Measurement:
        """What one measure says."""
        return self.measurements[measure]


@renamed_argument("most", "max_images")
def report(
    embeddings: Embeddings,
    *,
    measures: Sequence[str] = (),
    disturbed: Mapping[tuple[str, int], Embeddings] | None = None,
    seed: int = 0,
    max_images: int = MAX_MEASURED,
) -> ReportCard:
    """Judge the features of a layer; a measure that has nothing to read says so and why.

    Args:
        embeddings: of one layer; class measures need their labels.
        measures: ids out of `MEASURES`; all where none are given.
        disturbed: embeddings of the images corrupted, one layer of what `corrupt` ends with.
        seed: of samples, shuffles and random baselines.
        max_images: where there are more images, so many are measured, each against all.

    Raises:
        BadInput: no such measure, or nothing to be measured at all.
    """
    return finished(
        steps(embeddings, measures=measures, disturbed=disturbed, seed=seed, max_images=max_images)
    )


@renamed_argument("most", "max_images")
def steps(
    embeddings: Embeddings,
    *,
    measures: Sequence[str] = (),
    disturbed: Mapping[tuple[str, int], Embeddings] | None = None,
    seed: int = 0,
    max_images: int = MAX_MEASURED,
) -> Iterator[Progress[ReportCard]]:
    """The same, measure by measure, with the name of the one being read; arguments and errors as `report`."""
    if max_images < 2:
        raise BadInput(f"At least two images must be measured; max_images = {max_images} came.", code="most")
    methods = [MEASURES[name] for name in measures] or list(MEASURES)
    return _steps(Features(embeddings, seed, max_images, disturbed or {}), methods)


def _steps(features: Features, methods: Sequence[Method]) -> Iterator[Progress[ReportCard]]:
    measurements: dict[str, Measurement] = {}
    for number, method in enumerate(methods):
        yield Progress(number, len(methods), method.name, _card(features, measurements))
        measurements[method.id] = _measure(features, method)
    yield Progress(len(methods), len(methods), "", _card(features, measurements))


def _measure(features: Features, method: Method) -> Measurement:
    try:
        measurement: Measurement = method.function(features, **method.complete({}))
    except Undefined as reason:
        return undefined(str(reason))
    values = (measurement.value, measurement.baseline, *(measurement.interval or ()))
    if not all(number is None or math.isfinite(number) for number in values):
        return undefined("the numbers are too large to be reckoned with.")
    return measurement


def _card(features: Features, measurements: Mapping[str, Measurement]) -> ReportCard:
    embeddings = features.embeddings
    return ReportCard(
        dict(measurements),
        embeddings.model,
        embeddings.layer,
        embeddings.pool,
        embeddings.images,
        len(embeddings),
        embeddings.dimensions,
        len({label for label in embeddings.labels if label is not None}),
        features.seed,
    )
