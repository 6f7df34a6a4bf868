"""Report cards of many layers: every image goes through the network once, then each layer is judged.

What needs more passes, over disturbed images, comes last.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace

from featviz.data.sets.image_set import ImageSet
from featviz.deprecation import renamed_argument
from featviz.models.model import Model
from featviz.progress import Progress
from featviz.representation.embeddings import Embeddings
from featviz.representation.extraction.extract import stream
from featviz.representation.quality.corruptions import CORRUPTIONS
from featviz.representation.quality.features import MAX_MEASURED, MEASURES
from featviz.representation.quality.report import ReportCard, report, steps
from featviz.representation.quality.robustness import MAX_CORRUPTED, SEVERITIES, CorruptedEmbeddings, corrupt
from featviz.store.store import Store

__all__ = ["Cards", "corrupted_image_count", "through_depth"]

_ROBUSTNESS = "feature_stability"
_IMAGES_PER_MEASURE = 20
"""A measure of a layer counts like so many images on their way, which is about right for small networks."""


Cards = Mapping[str, ReportCard]
"""By layer, in the order asked for; the one in work is there with what it has."""


@renamed_argument("most", "max_images")
def through_depth(
    model: Model,
    images: ImageSet,
    layers: Sequence[str] | Mapping[str, str],
    *,
    disturbed: bool = True,
    seed: int = 0,
    max_images: int = MAX_MEASURED,
    store: Store | None = None,
) -> Generator[Progress[Cards], None, None]:
    """Judge several layers of a network: one pass over the images, every measure, then one over disturbed ones.

    Closing it ends the work; what is embedded is kept in the store, and the same call goes on from there.

    Args:
        model: the network.
        images: the set; measures of classes need its labels.
        layers: names out of `model.layers`, or names with the pooling of each; "mean" where none is given.
        disturbed: whether the stability of features is measured as well.
        seed: of samples, shuffles, noise and random baselines.
        max_images: where there are more images, so many are measured, each against all.
        store: where embeddings are kept, as for `embed`.

    Yields:
        images embedded and measures read, a measure counted as so many images; the last one has all cards.

    Raises:
        FeatvizError: whatever `embed` refuses.
    """
    poolings = dict(layers) if isinstance(layers, Mapping) else dict.fromkeys(layers, "mean")
    extra = corrupted_image_count(len(images)) if disturbed else 0
    total = len(images) + extra + len(poolings) * len(MEASURES) * _IMAGES_PER_MEASURE
    plain: Mapping[str, Embeddings] = {}
    with closing(stream(model, images, poolings, store=store)) as run:
        for step in run:
            plain = step.result or plain
            yield Progress(step.done, total, "Embedding the images")
    cards: dict[str, ReportCard] = {}
    measures = [each.id for each in MEASURES if not disturbed or each.id != _ROBUSTNESS]
    done = len(images)
    for layer, embeddings in plain.items():
        for grading in steps(embeddings, measures=measures, seed=seed, max_images=max_images):
            assert grading.result is not None  # noqa: S101 - every step has what was read so far
            cards[layer] = grading.result
            now = done + grading.done * _IMAGES_PER_MEASURE
            yield Progress(now, total, f"{grading.note or 'Done'}, {layer}", dict(cards))
        done = now
    if not disturbed:
        return
    corrupted: CorruptedEmbeddings = {}
    with closing(corrupt(model, images, poolings, seed=seed, store=store)) as run:
        for each in run:
            corrupted = each.result or corrupted
            yield Progress(done + each.done, total, "Disturbing the images", dict(cards))
    for number, (layer, embeddings) in enumerate(plain.items(), 1):
        last = report(
            embeddings,
            measures=[_ROBUSTNESS],
            disturbed=corrupted.get(layer),
            seed=seed,
            max_images=max_images,
        )
        cards[layer] = _completed(cards[layer], last)
        now = done + extra + number * _IMAGES_PER_MEASURE
        yield Progress(now, total, f"Done, {layer}", dict(cards))


def _completed(card: ReportCard, other: ReportCard) -> ReportCard:
    """A card with the measurements of another one of the same layer."""
    measurements = {**card.measurements, **other.measurements}
    return replace(
        card, measurements={each.id: measurements[each.id] for each in MEASURES if each.id in measurements}
    )


def corrupted_image_count(images: int) -> int:
    """How many disturbed images `through_depth` embeds of a set of so many images."""
    return len(CORRUPTIONS) * len(SEVERITIES) * min(images, MAX_CORRUPTED)
