"""How long a report takes: what each measure is expected to cost, corrected by what each has cost so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from featviz.representation.quality.features import MAX_MEASURED, MEASURES

__all__ = ["CORRUPTED", "EMBEDDING", "TimeLeft", "measure_seconds"]

EMBEDDING = "embedding"
"""The kind of work that sends images through the network."""
CORRUPTED = "corrupted"
"""The same for corrupted images, each of which is made first."""

_OF_IMAGES = (EMBEDDING, CORRUPTED)
_PRIOR = 0.1
_PAIR, _PAIR_UNIT = 2e-8, 1e-10
_NUMBER = 1e-8
_PROBE = 1e-7
_OF_PAIRS = ("knn_accuracy", "silhouette", "uniformity")


def measure_seconds(measure: str, count: int, dimensions: int, classes: int) -> float:
    """Seconds that a measure of a layer takes on a core, about; later ones share the distances of earlier ones.

    Args:
        measure: its id.
        count: how many images.
        dimensions: how many units.
        classes: how many classes.
    """
    MEASURES[measure]  # refuses what is none
    measured, values = min(count, MAX_MEASURED), count * dimensions
    if measure in _OF_PAIRS:
        return count * measured * (_PAIR + _PAIR_UNIT * dimensions)
    if measure == "linear_probe":
        return _PROBE * measured * dimensions * classes
    if measure == "effective_rank":
        return _NUMBER * measured * dimensions * min(measured, dimensions) / 2
    return _NUMBER * values


class TimeLeft:
    """Seconds until a report is there: what is left of each kind of work, at the cost of what is done of it.

    A measure that has not begun costs what was expected, times how much the others cost more than expected. The cost of
    embedding depends on the network: it tells what corrupted images will cost, and nothing of the measures.

    Args:
        expected: the seconds of all work of each kind.
    """

    def __init__(self, expected: Mapping[str, float]) -> None:
        self._expected = dict(expected)
        self._done: dict[str, float] = defaultdict(float)
        self._spent: dict[str, float] = defaultdict(float)

    def spend(self, kind: str, seconds: float, expected: float) -> None:
        """Say that work of a kind has taken `seconds` where `expected` had been entered for it."""
        self._spent[kind] += seconds
        self._done[kind] += expected

    @property
    def share(self) -> float:
        """The fraction done of all work, at the costs known now, in [0, 1]."""
        spent, left = sum(self._spent.values()), self.seconds
        return spent / (spent + left) if spent + left > 0 else 1.0

    @property
    def seconds(self) -> float:
        """Until the end."""
        return sum(
            max(0.0, expected - self._done[kind]) * self._factor(kind)
            for kind, expected in self._expected.items()
        )

    def _factor(self, kind: str) -> float:
        """Seconds for each expected one: the kind's own, and as long as little of it is done those of all measures."""
        usual = 1.0 if kind == EMBEDDING else self._usual_factor(of_images=kind == CORRUPTED)
        little = 0.0 if kind in _OF_IMAGES and self._done[kind] else _PRIOR * self._expected[kind]
        done = self._done[kind] + little
        return (self._spent[kind] + little * usual) / done if done else usual

    def _usual_factor(self, *, of_images: bool) -> float:
        kinds = [kind for kind in self._done if (kind in _OF_IMAGES) == of_images]
        done = sum(self._done[kind] for kind in kinds)
        return sum(self._spent[kind] for kind in kinds) / done if done else 1.0
