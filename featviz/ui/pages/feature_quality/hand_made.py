"""The report cards of hand-made features: every image described, then measured as a layer is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from featviz.data.sets.image_set import ImageSet
from featviz.progress import Progress, within
from featviz.representation.descriptors import dimensions, expected_seconds
from featviz.representation.descriptors import steps as describe_steps
from featviz.representation.quality import MEASURES, ReportCard
from featviz.representation.quality import steps as measure_steps
from featviz.representation.quality.cost import measure_seconds

__all__ = ["hand_made_seconds", "hand_made_steps"]

Cards = Mapping[str, ReportCard]


def hand_made_steps(
    images: ImageSet, descriptors: Mapping[str, str], known: Cards
) -> Iterator[Progress[Cards]]:
    """Describe a set and measure the features, descriptor by descriptor; the cards grow.

    Args:
        images: the set.
        descriptors: the id of each by its name.
        known: cards that are there already, by name.
    """
    cards, missing = dict(known), [name for name in descriptors if name not in known]
    total, weight = len(missing) * (len(images) + len(MEASURES)), len(images)
    for number, name in enumerate(missing):
        begun = number * (weight + len(MEASURES))
        embeddings = yield from within(
            describe_steps(images, descriptors[name]),
            lambda step, begun=begun, name=name: Progress(  # type: ignore[misc]
                begun + step.done, total, f"{name}: describing the images", dict(cards)
            ),
        )
        for step in measure_steps(embeddings):
            assert step.result is not None  # noqa: S101 - every step has what was read so far
            cards[name] = step.result
            yield Progress(
                begun + weight + step.done, total, f"{name}, {step.note}", _in_order(cards, descriptors)
            )
    yield Progress(max(1, total), max(1, total), "", _in_order(cards, descriptors))


def hand_made_seconds(images: ImageSet, descriptors: Mapping[str, str], known: Cards) -> float:
    """About how long that takes."""
    count, classes = len(images), max(2, len(images.classes))
    return sum(
        expected_seconds(descriptor, count)
        + sum(measure_seconds(each.id, count, dimensions(descriptor), classes) for each in MEASURES)
        for name, descriptor in descriptors.items()
        if name not in known
    )


def _in_order(cards: Cards, descriptors: Mapping[str, str]) -> Cards:
    return {name: cards[name] for name in descriptors if name in cards}
