"""What two networks answer for the images that are compared."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from featviz.data.sets.image_set import ImageSet
from featviz.errors import BadInput
from featviz.models.model import Model
from featviz.progress import Progress, within
from featviz.representation.embeddings import Embeddings
from featviz.representation.extraction.extract import stream
from featviz.representation.extraction.feature_layer import logits_layer
from featviz.representation.similarity.functional import Outputs
from featviz.ui.app.thumbnail_route import thumbnail_address
from featviz.ui.components.gallery.gallery import Tile
from featviz.ui.pages.compare.evidence import rows_of
from featviz.ui.pages.compare.request import ComparisonRequest
from featviz.ui.state.tasks import Task

__all__ = ["PairOutputs", "outputs_task"]


@dataclass(frozen=True, eq=False)
class PairOutputs:
    """The answers of two networks.

    Attributes:
        outputs: probabilities of both, and which class is right where that is known.
        ids: of the n images that both networks took.
        rows: (n,) where each lies in the set that is compared.
        labels: (n,) the label of each, None where there is none.
        classes: names, in the order of the probabilities.
    """

    outputs: Outputs
    ids: tuple[str, ...]
    rows: NDArray[np.int64]
    labels: tuple[str | None, ...]
    classes: tuple[str, ...]

    def answers(self, position: int) -> tuple[str, str]:
        """What each network says of an image."""
        first, second = (self.classes[int(each[position])] for each in self.outputs.answers)
        return first, second

    def tile(self, request: ComparisonRequest, position: int, note: str) -> Tile:
        """An image of a gallery, with a note below."""
        address = thumbnail_address(request.chosen)
        return Tile(
            number=int(position),
            address=f"{address}{self.rows[position]}" if address else "",
            title=self.labels[position] or self.ids[position],
            note=note,
        )


def outputs_task(request: ComparisonRequest) -> Task:
    """The answers of both networks."""
    key = ("answers of two", *request.key)
    return Task("answers", key, "Asking both networks", partial(_steps, request), _bytes)


def _steps(request: ComparisonRequest) -> Generator[Progress[PairOutputs], None, None]:
    classes = _common_classes(request)
    logits = []
    for model in request:
        embedded = yield from _logits(model, request.images)
        logits.append(embedded)
    first, second = logits
    places = {name: place for place, name in enumerate(second.ids)}
    common = [(place, places[name]) for place, name in enumerate(first.ids) if name in places]
    if not common:
        raise BadInput("No image went through both networks: choose other images.", code="too_few")
    a, b = np.array(common).T
    labels = tuple(first.labels[place] for place in a)
    ids = tuple(first.ids[place] for place in a)
    codes = {name: code for code, name in enumerate(classes)}
    known = np.array([codes.get(label or "", -1) for label in labels])
    outputs = Outputs.of_logits(first.vectors[a], second.vectors[b], known if (known >= 0).any() else None)
    result = PairOutputs(outputs, ids, rows_of(ids, request.images), labels, classes)
    yield Progress(1, 1, "", result)


def _common_classes(request: ComparisonRequest) -> tuple[str, ...]:
    """The classes of both networks; those of a checkpoint without names are the other's, or have numbers."""
    named = {each.classes for each in request if each.classes}
    counts = [len(each.classes) or each.card.classes for each in request]
    if len(named) < 2 and counts[0] == counts[1] > 0:
        return next(iter(named), tuple(f"class {number}" for number in range(counts[0])))
    raise BadInput(
        f"{request.names[0]} tells {counts[0]} classes apart and {request.names[1]} {counts[1]}, which are not "
        "the same ones: answers can be compared of networks with the same classes. Their layers can be compared.",
        code="classes",
    )


def _logits(model: Model, images: ImageSet) -> Generator[Progress[PairOutputs], None, Embeddings]:
    layer = logits_layer(model)
    if not layer:
        raise BadInput(f"No layer of {model.name} outputs its logits alone.", code="logits")

    def tell(step: Progress[Mapping[str, Embeddings]]) -> Progress[PairOutputs]:
        return Progress(step.done, step.total, model.name)

    with closing(stream(model, images, {layer: "mean"})) as run:
        return (yield from within(run, tell))[layer]


def _bytes(result: object) -> int:
    if not isinstance(result, PairOutputs):
        return 0
    return result.outputs.a.nbytes + result.outputs.b.nbytes + 200 * len(result.ids)
