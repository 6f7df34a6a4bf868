"""The points of a map: vectors, and all that is known of the image of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.representation.embeddings import Embeddings, Vectors
from featviz.ui.inputs.embedding_task import EmbeddingResult
from featviz.ui.state.image_sets import ChosenSet, part_of

__all__ = ["MAX_POINTS", "Points", "fact_name", "points_of", "sampled"]

MAX_POINTS = 50_000
"""How many points a map has at most; of more, a sample is drawn and said."""

Facts = Mapping[str, tuple[str | None, ...]]


@dataclass(frozen=True, eq=False)
class Points:
    """What a map is made of.

    Attributes:
        embeddings: the vectors, with the images' ids.
        chosen: the set whose row i is point i.
        key: everything that the vectors depend on.
        total: how many there were before a sample was drawn.
        predictions: what the network calls each image; empty where nothing is known.
        confidence: (n,) the probability it gives to that, in [0, 1]; empty where nothing is known.
        facts: all that is known of each image, by name: label, prediction, texture and so on.
        weights: (n,) how much each part of an attention fusion counts, by its name; empty for other features.
        source: what the vectors are of, for the names of files.
    """

    embeddings: Embeddings
    chosen: ChosenSet
    key: tuple[object, ...]
    total: int
    predictions: tuple[str | None, ...] = ()
    confidence: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    facts: Facts = field(default_factory=dict)
    weights: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    source: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Count the points."""
        return len(self.embeddings)

    @property
    def vectors(self) -> Vectors:
        """(n, d)."""
        return self.embeddings.vectors

    @property
    def labels(self) -> tuple[str | None, ...]:
        """(n,) the label of each, None where there is none."""
        return self.embeddings.labels

    @property
    def noun(self) -> str:
        """What the points are, in the plural."""
        return "points" if self.chosen.images is None else "images"

    @cached_property
    def captions(self) -> tuple[str, ...]:
        """What stands beside each point when it is pointed at: its label, what the network says, its id."""
        return tuple(map(self._caption, range(len(self))))

    def subset(self, rows: NDArray[np.intp]) -> Points:
        """The points at these rows, in that order."""
        return Points(
            self.embeddings.subset(rows),
            part_of(self.chosen, rows, self.chosen.name),
            (*self.key, tuple(rows)),
            self.total,
            tuple(self.predictions[row] for row in rows) if self.predictions else (),
            self.confidence[rows] if len(self.confidence) else self.confidence,
            {name: tuple(values[row] for row in rows) for name, values in self.facts.items()},
            {name: values[rows] for name, values in self.weights.items()},
            self.source,
        )

    def about(self, row: int) -> dict[str, str]:
        """All that is known of one point, by name."""
        known = {name: values[row] for name, values in self.facts.items()} | {
            "image": self.embeddings.ids[row]
        }
        if self.prediction(row):
            known["prediction"] = self.prediction(row)
        if self.weights:
            known["attention"] = self.attention(row)
        return {fact_name(name): value for name, value in known.items() if value is not None}

    def prediction(self, row: int) -> str:
        """What the network says of one point, with its probability; "" where that is not known."""
        answer = self.predictions[row] if self.predictions else None
        if answer is None:
            return ""
        return f"{answer}, {self.confidence[row]:.0%}" if len(self.confidence) else answer

    def attention(self, row: int) -> str:
        """How much each part counts for one point, in words; "" where no attention weights were learned."""
        return ", ".join(f"{name} {values[row]:.0%}" for name, values in self.weights.items())

    def labeled(self, words: str) -> NDArray[np.intp]:
        """The points whose label contains some words, in whatever case; none for no words."""
        sought = words.strip().casefold()
        rows = [row for row, label in enumerate(self.labels) if sought and sought in (label or "").casefold()]
        return np.array(rows, np.intp)

    def counts(self, rows: Sequence[int] | NDArray[Any]) -> list[tuple[str, int, int]]:
        """Labels among some points: name, how many, how many there are on the whole map; most first."""
        everywhere = Counter(label for label in self.labels if label is not None)
        among = Counter(self.labels[row] for row in rows)
        return [(name, count, everywhere[name]) for name, count in among.most_common() if name is not None]

    def _caption(self, row: int) -> str:
        answer = self.prediction(row)
        seen = f"seen as {answer}" if answer else None
        lines = (self.labels[row], seen, self.attention(row), self.embeddings.ids[row])
        return "\n".join(line for line in lines if line)


def fact_name(name: str) -> str:
    """A fact's name as people read it."""
    return name.replace("_", " ").capitalize()


def points_of(embedding: EmbeddingResult, *, seed: int = 0) -> Points:
    """The points of a map of these embeddings; of more than `MAX_POINTS`, a sample."""
    confidence = np.zeros(0, np.float32) if embedding.confidence is None else embedding.confidence
    key = (*embedding.request.key, len(embedding))
    whole = Points(
        embedding.embeddings,
        embedding.chosen,
        key,
        len(embedding),
        embedding.predictions,
        confidence,
        embedding.facts,
        _attention(embedding),
        embedding.source,
    )
    return sampled(whole, seed=seed)


def _attention(embedding: EmbeddingResult) -> dict[str, NDArray[np.float64]]:
    """How much each part of an attention fusion counts for each image, by its name."""
    weights, fusion = embedding.weights, embedding.request.fusion
    if fusion is None or weights is None or weights.ndim == 1:
        return {}
    return dict(zip(fusion.names, weights.T, strict=True))


def sampled(points: Points, limit: int = MAX_POINTS, *, seed: int = 0) -> Points:
    """At most so many of the points, chosen by the seed, in their order."""
    if len(points) <= limit:
        return points
    rows = np.sort(np.random.default_rng(seed).permutation(len(points))[:limit])
    drawn = points.subset(rows.astype(np.intp))
    return replace(drawn, key=(*points.key, "sample", limit, seed))
