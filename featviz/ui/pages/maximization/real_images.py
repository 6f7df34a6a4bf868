"""What real images do to a unit: one pass over a set serves all units of a layer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from featviz.data.sets.image_set import ImageSet, Sample
from featviz.explain.maximization.naturalness import image_responses
from featviz.explain.targets.units import Channel, Logit
from featviz.models.model import Model
from featviz.progress import Progress
from featviz.ui.inputs.target_text import class_count
from featviz.ui.pages.maximization.objective_text import ObjectiveSpec
from featviz.ui.pages.maximization.request import MaximizationRequest
from featviz.ui.state.tasks import Task

__all__ = ["compared_set", "image_count", "responses_of", "responses_task", "strongest_image"]

NATURAL = "naturalness"
_MAX_IMAGES = 1000
Responses = NDArray[np.float32]


def compared_set(model: Model) -> str:
    """The bundled set whose images are asked; there are too few photographs."""
    return "shapes" if model.card.suits == "photos" else model.card.suits


def image_count(model: Model) -> int:
    """How many of them are asked."""
    return min(_MAX_IMAGES, len(ImageSet.bundled(compared_set(model))))


def responses_task(request: MaximizationRequest) -> Task:
    """The work that asks all units of the layer; its result is (n, units) float32, in the order of the images."""
    model, specs = request.model, _together(request.model, request.spec)
    name, count = compared_set(model), image_count(model)

    def work() -> Iterator[Progress[Responses]]:
        parts: list[Responses] = []
        objectives = [spec.objective for spec in specs]
        for part in image_responses(model, objectives, _samples(model), max_images=count):
            parts.append(part)
            responses = np.concatenate(parts)
            yield Progress(len(responses), count, result=responses)

    key = ("responses", model.fingerprint, str(model.device), specs[0].text, len(specs), name, count)
    return Task(NATURAL, key, "Real images", work, _bytes, count * request.seconds_a_pass)


def responses_of(request: MaximizationRequest, responses: Responses) -> Responses:
    """The unit's own column (n,), turned round where it is driven down."""
    specs = _together(request.model, request.spec)
    column = responses[:, [spec.unit for spec in specs].index(request.spec.unit)]
    return -column if request.spec.down else column


def strongest_image(model: Model, responses: Responses) -> Sample:
    """The image of the set that drives the unit most, of those that have been asked (n,)."""
    images = ImageSet.bundled(compared_set(model))
    return images[int(responses.argmax()) * _stride(model)]


def _together(model: Model, spec: ObjectiveSpec) -> list[ObjectiveSpec]:
    """The units that are asked at once: all classes, all channels of a layer, or the unit alone; all driven up."""
    if isinstance(spec.unit, Logit):
        logarithms = spec.log_probability
        return [
            ObjectiveSpec(Logit(index), log_probability=logarithms) for index in range(class_count(model))
        ]
    if isinstance(spec.unit, Channel):
        layer = spec.unit.layer
        return [ObjectiveSpec(Channel(layer, channel)) for channel in range(model.layer(layer).channels)]
    return [ObjectiveSpec(spec.unit)]


def _samples(model: Model) -> Iterator[Sample]:
    images = ImageSet.bundled(compared_set(model))
    return (images[index] for index in range(0, len(images), _stride(model)))


def _stride(model: Model) -> int:
    return max(1, len(ImageSet.bundled(compared_set(model))) // image_count(model))


def _bytes(result: object) -> int:
    return result.nbytes if isinstance(result, np.ndarray) else 0
