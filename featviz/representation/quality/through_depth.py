"""Report cards of many layers: every image goes through the network once, then each layer is judged."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from featviz.data.image_set import ImageSet
from featviz.models.model import Model
from featviz.representation.embedding import stream
from featviz.representation.embeddings import Embeddings
from featviz.representation.quality.disturbances import DISTURBANCES
from featviz.representation.quality.features import QUALITIES
from featviz.representation.quality.report import ReportCard, steps
from featviz.representation.quality.robustness import DISTURBED_AT_MOST, SEVERITIES, disturb
from featviz.representation.store import Store

__all__ = ["Depth", "disturbed_pictures", "through_depth"]

_MEASURES_IN_PICTURES = 20
"""A measure of a layer counts like so many images on their way, which is about right for small networks."""


@dataclass(frozen=True, eq=False)
class Depth:
    """How far the cards are.

    Attributes:
        done: pictures embedded and measures read, in the unit of `total`.
        total: of them in all.
        note: what is going on, in words.
        cards: by layer, in the order asked for; the one in work is there with what it has.
        trouble: why nothing is kept on disk, or "".
    """

    done: int
    total: int
    note: str
    cards: Mapping[str, ReportCard]
    trouble: str = ""


def through_depth(
    model: Model,
    images: ImageSet,
    layers: Sequence[str] | Mapping[str, str],
    *,
    disturbed: bool = True,
    seed: int = 0,
    most: int = 2000,
    store: Store | None = None,
) -> Generator[Depth, None, None]:
    """Judge several layers of a network: one pass over the images, one over disturbed ones, then every measure.

    Closing it ends the work; what is embedded is kept in the store, and the same call goes on from there.

    Args:
        model: the network.
        images: the set; measures of classes need its labels.
        layers: names out of `model.layers`, or names with the pooling of each; "mean" where none is given.
        disturbed: whether the stability of features is measured as well.
        seed: of samples, shuffles, noise and random baselines.
        most: where there are more images, so many are measured, each against all.
        store: where embeddings are kept, as for `embed`.

    Yields:
        how far it is; the last one has all cards.

    Raises:
        FeatvizError: whatever `embed` refuses.
    """
    poolings = dict(layers) if isinstance(layers, Mapping) else dict.fromkeys(layers, "mean")
    extra = disturbed_pictures(len(images)) if disturbed else 0
    total = len(images) + extra + len(poolings) * len(QUALITIES) * _MEASURES_IN_PICTURES
    plain: Mapping[str, Embeddings] = {}
    with closing(stream(model, images, poolings, store=store)) as run:
        for step in run:
            plain = step.results or plain
            yield Depth(step.done, total, "Embedding the images", {}, step.trouble)
    changed: Mapping[str, Mapping[tuple[str, int], Embeddings]] = {}
    if disturbed:
        with closing(disturb(model, images, poolings, seed=seed, store=store)) as disturbing:
            for each in disturbing:
                changed = each.results or changed
                yield Depth(len(images) + each.done, total, "Disturbing the images", {}, step.trouble)
    cards: dict[str, ReportCard] = {}
    for number, (layer, embeddings) in enumerate(plain.items()):
        grading = steps(embeddings, disturbed=changed.get(layer), seed=seed, most=most)
        for reading in grading:
            cards[layer] = reading.card
            read = number * len(QUALITIES) + reading.done
            done = len(images) + extra + read * _MEASURES_IN_PICTURES
            yield Depth(done, total, f"{reading.note or 'Done'}, {layer}", dict(cards), step.trouble)


def disturbed_pictures(images: int) -> int:
    """How many disturbed pictures `through_depth` embeds of a set of so many images."""
    return len(DISTURBANCES) * len(SEVERITIES) * min(images, DISTURBED_AT_MOST)
