"""Report cards of many layers: every image goes through the network once, then each layer is evaluated.

What needs more passes, over corrupted images, comes last.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace

from featviz.data.sets.image_set import ImageSet
from featviz.deprecation import renamed_argument
from featviz.models.model import Model
from featviz.progress import Progress
from featviz.representation.embeddings import Embeddings
from featviz.representation.extraction.extract import stream
from featviz.representation.extraction.feature_layer import dimensions
from featviz.representation.quality.corruptions import CORRUPTIONS
from featviz.representation.quality.cost import CORRUPTED, EMBEDDING, TimeLeft, measure_seconds
from featviz.representation.quality.features import MAX_MEASURED, MEASURES
from featviz.representation.quality.measurement import undefined
from featviz.representation.quality.prediction import load_libraries
from featviz.representation.quality.report import ReportCard, report, steps
from featviz.representation.quality.robustness import (
    MAX_CORRUPTED,
    NOTHING_CORRUPTED,
    SEVERITIES,
    CorruptedEmbeddings,
    corrupt,
)
from featviz.store.store import Store

__all__ = [
    "Cards",
    "corrupted_image_count",
    "expected_seconds",
    "is_complete",
    "through_depth",
    "without_robustness",
]

_ROBUSTNESS = "feature_stability"
_A_PASS, _CORRUPTING = 0.004, 0.002
_STEPS = 1000
"""Of `Progress.total`: what is done is a share of the time."""


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
    known: Cards | None = None,
) -> Generator[Progress[Cards], None, None]:
    """Evaluate several layers of a network: one pass over the images, every measure, then one over corrupted ones.

    Closing it ends the work; what is embedded is kept in the store, and the same call goes on from there.

    Args:
        model: the network.
        images: the set; measures of classes need its labels.
        layers: names out of `model.layers`, or names with the pooling of each; "mean" where none is given.
        disturbed: whether the robustness against corruptions is measured as well.
        seed: of samples, shuffles, noise and random baselines.
        max_images: where there are more images, so many are measured, each against all.
        store: where embeddings are kept, as for `embed`.
        known: cards that an earlier call with the same arguments ended with: only what they lack is measured.

    Yields:
        the share of the time in thousandths, with the seconds left; the last one has all cards.

    Raises:
        FeatvizError: whatever `embed` refuses.
    """
    poolings = dict(layers) if isinstance(layers, Mapping) else dict.fromkeys(layers, "mean")
    for name in poolings:
        model.resolve(name)
    cards = {name: card for name, card in (known or {}).items() if name in poolings}
    report_ = _Report(model, images, poolings, cards, disturbed, seed, max_images, store)
    yield from report_.steps()


def is_complete(card: ReportCard, *, disturbed: bool) -> bool:
    """Whether a card has every measure; with `disturbed`, that of corrupted images too."""
    plain = {each.id for each in MEASURES} - {_ROBUSTNESS} <= set(card.measurements)
    return plain and (not disturbed or _has_robustness(card))


def without_robustness(card: ReportCard) -> ReportCard:
    """The same card as `through_depth` makes it without `disturbed`."""
    left_out = {_ROBUSTNESS: undefined(NOTHING_CORRUPTED)}
    return replace(card, measurements={**card.measurements, **left_out})


def expected_seconds(
    model: Model,
    images: ImageSet,
    layers: Mapping[str, str],
    *,
    disturbed: bool,
    a_pass: float = _A_PASS,
    known: Cards | None = None,
) -> float:
    """Seconds that `through_depth` takes, about.

    Args:
        model: the network.
        images: the set.
        layers: names with the pooling of each.
        disturbed: as there.
        a_pass: seconds for an image to be read and go through the network.
        known: as there.
    """
    cards = {name: card for name, card in (known or {}).items() if name in layers}
    work = _Report(model, images, layers, cards, disturbed, 0, MAX_MEASURED, None).expected()
    passes = len(images) if work[EMBEDDING] else 0
    passes += corrupted_image_count(len(images)) if CORRUPTED in work else 0
    return sum(work.values()) + passes * (a_pass - _A_PASS)


def corrupted_image_count(images: int) -> int:
    """How many corrupted images `through_depth` embeds of a set of so many images."""
    return len(CORRUPTIONS) * len(SEVERITIES) * min(images, MAX_CORRUPTED)


class _Report:
    """The cards of some layers at work."""

    def __init__(
        self,
        model: Model,
        images: ImageSet,
        poolings: Mapping[str, str],
        cards: dict[str, ReportCard],
        disturbed: bool,
        seed: int,
        max_images: int,
        store: Store | None,
    ) -> None:
        self._model, self._images, self._poolings, self._cards = model, images, poolings, cards
        self._seed, self._max_images, self._store = seed, max_images, store
        self._measures = [each.id for each in MEASURES if not disturbed or each.id != _ROBUSTNESS]
        self._plain = [name for name in poolings if not self._is_known(name, disturbed=False)]
        self._corrupted = [
            name for name in poolings if disturbed and not self._is_known(name, disturbed=True)
        ]
        self._left = TimeLeft({})
        self._since, self._done = time.monotonic(), 0

    def steps(self) -> Iterator[Progress[Cards]]:
        embedded: Mapping[str, Embeddings] = {}
        needed = [name for name in self._poolings if name in {*self._plain, *self._corrupted}]
        if needed:
            embedded = yield from self._embed(needed)
        if self._plain:
            load_libraries()
            self._since = time.monotonic()
        for layer in self._plain:
            yield from self._measure(layer, embedded[layer])
        if self._corrupted:
            yield from self._add_robustness(embedded)
        yield Progress(_STEPS, _STEPS, "", self._result(), seconds_left=0.0)

    def expected(self) -> dict[str, float]:
        """The seconds of each kind of work, before any of it is measured."""
        images = len(self._images) if {*self._plain, *self._corrupted} else 0
        work = {EMBEDDING: images * _A_PASS}
        for measure in self._measures:
            work[measure] = sum(self._seconds(measure, layer) for layer in self._plain)
        if self._corrupted:
            work[CORRUPTED] = corrupted_image_count(len(self._images)) * (_A_PASS + _CORRUPTING)
            work[_ROBUSTNESS] = sum(self._seconds(_ROBUSTNESS, layer) for layer in self._corrupted)
        return work

    def _embed(self, layers: Sequence[str]) -> Generator[Progress[Cards], None, Mapping[str, Embeddings]]:
        chosen, done = {name: self._poolings[name] for name in layers}, None
        with closing(stream(self._model, self._images, chosen, store=self._store)) as run:
            for step in run:
                if done is None:  # what the store had comes at once and says nothing of the pace
                    work = self.expected()
                    self._left = TimeLeft({**work, EMBEDDING: work[EMBEDDING] - step.done * _A_PASS})
                    self._since, done = time.monotonic(), step.done
                note = f"embedding the images: {step.done:,} of {step.total:,}"
                yield self._step(note, EMBEDDING, (step.done - done) * _A_PASS)
                done = step.done
        assert step.result is not None  # noqa: S101 - the last one has it
        return step.result

    def _measure(self, layer: str, embeddings: Embeddings) -> Iterator[Progress[Cards]]:
        run = steps(embeddings, measures=self._measures, seed=self._seed, max_images=self._max_images)
        before = ""
        for grading, measure in zip(run, [*self._measures, ""], strict=True):
            assert grading.result is not None  # noqa: S101 - every step has what was read so far
            known = self._cards.get(layer)
            self._cards[layer] = _completed(grading.result, known) if known else grading.result
            note = f"{layer}, {grading.note}" if measure else layer
            yield self._step(note, before, self._seconds(before, layer) if before else 0.0)
            before = measure

    def _add_robustness(self, embedded: Mapping[str, Embeddings]) -> Iterator[Progress[Cards]]:
        chosen, done = {name: self._poolings[name] for name in self._corrupted}, 0
        results: CorruptedEmbeddings = {}
        with closing(corrupt(self._model, self._images, chosen, seed=self._seed, store=self._store)) as run:
            for step in run:
                results = step.result or results
                note = f"embedding corrupted images: {step.done:,} of {step.total:,}"
                yield self._step(note, CORRUPTED, (step.done - done) * (_A_PASS + _CORRUPTING))
                done = step.done
        for layer in self._corrupted:
            card = report(
                embedded[layer],
                measures=[_ROBUSTNESS],
                disturbed=results.get(layer),
                seed=self._seed,
                max_images=self._max_images,
            )
            self._cards[layer] = _completed(self._cards[layer], card)
            yield self._step(
                f"{layer}, {MEASURES[_ROBUSTNESS].name}", _ROBUSTNESS, self._seconds(_ROBUSTNESS, layer)
            )

    def _step(self, note: str, kind: str, expected: float) -> Progress[Cards]:
        """How far the report is, after work of a kind for which `expected` seconds were entered."""
        now = time.monotonic()
        if kind and expected:
            self._left.spend(kind, now - self._since, expected)
            self._since = now
        # a bar does not go back where work turns out to be more
        self._done = max(self._done, min(_STEPS - 1, int(_STEPS * self._left.share)))
        return Progress(self._done, _STEPS, note, self._result(), seconds_left=self._left.seconds)

    def _result(self) -> Cards:
        return {name: self._cards[name] for name in self._poolings if name in self._cards}

    def _is_known(self, layer: str, *, disturbed: bool) -> bool:
        return layer in self._cards and is_complete(self._cards[layer], disturbed=disturbed)

    def _seconds(self, measure: str, layer: str) -> float:
        units = dimensions(self._model.layers_by_name[layer], self._poolings[layer])
        return measure_seconds(measure, len(self._images), units, len(self._images.classes))


def _has_robustness(card: ReportCard) -> bool:
    measurement = card.measurements.get(_ROBUSTNESS)
    return measurement is not None and measurement.value is not None


def _completed(card: ReportCard, other: ReportCard) -> ReportCard:
    """A card with the measurements of another one of the same layer."""
    measurements = {**card.measurements, **other.measurements}
    return replace(
        card, measurements={each.id: measurements[each.id] for each in MEASURES if each.id in measurements}
    )
