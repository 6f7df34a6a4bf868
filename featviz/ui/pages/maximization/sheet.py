"""The sheet: a picture of every channel of a layer, or of every class, made in small batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.explain.maximization.frames import Frame
from featviz.explain.maximization.maximize import maximize
from featviz.explain.maximization.objectives import each
from featviz.explain.targets.units import Channel, Difference, Logit
from featviz.progress import Progress
from featviz.ui.inputs.target_text import class_count
from featviz.ui.pages.maximization.film import pixels, reduced
from featviz.ui.pages.maximization.objective_text import Aim
from featviz.ui.pages.maximization.request import Run
from featviz.ui.state.tasks import Task

__all__ = ["PER_PAGE", "SHEET", "Sheet", "SheetRun"]

SHEET = "sheet"
PER_PAGE = 64
_AT_ONCE = 8
_STEPS = 128
_EVERY = 4
_LARGEST_TILE = 96


@dataclass(frozen=True, eq=False)
class Sheet:
    """Pictures of many units.

    Attributes:
        tiles: (n, h, w, 3), of those that have been begun.
        moved: (n,) whether anything moved the unit.
    """

    tiles: NDArray[np.uint8]
    moved: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class SheetRun:
    """A sheet that is wanted: of the layer of a run's unit, painted as the run paints.

    Attributes:
        run: the run; its unit is one of the sheet.
        page: which units, 64 at a time, from 0.
    """

    run: Run
    page: int

    @property
    def units(self) -> int:
        """How many there are on all pages."""
        aim, model = self.run.aim, self.run.model
        return class_count(model) if aim.layer is None else model.layer(aim.layer).channels

    @property
    def pages(self) -> int:
        """How many pages they fill."""
        return -(-self.units // PER_PAGE)

    @cached_property
    def aims(self) -> tuple[Aim, ...]:
        """The units of this page."""
        aim, first = self.run.aim, self.page * PER_PAGE
        numbers = range(first, min(first + PER_PAGE, self.units))
        return tuple(
            Aim(Logit(number) if aim.layer is None else Channel(aim.layer, number), aim.down)
            for number in numbers
        )

    @property
    def selected(self) -> int | None:
        """Which of them the run drives."""
        unit = self.run.aim.unit
        if isinstance(unit, str | Difference):
            return None
        place = (unit.index if isinstance(unit, Logit) else unit.channel) - self.page * PER_PAGE
        return place if 0 <= place < len(self.aims) else None

    @property
    def steps(self) -> int:
        """Fewer than a single picture takes: a sheet is for choosing."""
        return min(_STEPS, int(self.run.options.get("steps", _STEPS)))

    @property
    def recipe(self) -> tuple[object, ...]:
        """Everything its pictures depend on, but for the device."""
        run = self.run
        where = (run.aim.layer, run.aim.down, self.page, run.size)
        return (
            run.painted_for.fingerprint,
            run.image,
            run.robustness,
            *where,
            tuple(sorted(self._options.items())),
        )

    def task(self) -> Task:
        """The work that makes it."""
        key = ("maximization sheet", str(self.run.model.device), *self.recipe)
        seconds = self.run.seconds_of(self.steps) * len(self.aims)
        return Task(SHEET, key, "The sheet", self._work, _bytes, seconds)

    @property
    def _options(self) -> dict[str, Any]:
        return {**self.run.options, "steps": self.steps, "every": _EVERY}

    def _work(self) -> Iterator[Progress[Sheet]]:
        finished: list[Sheet] = []
        batches = [self.aims[first : first + _AT_ONCE] for first in range(0, len(self.aims), _AT_ONCE)]
        for number, aims in enumerate(batches):
            for frame in self._frames(aims):
                sheet = _sheet(finished, frame)
                done = self.steps * number + (self.steps if frame.ended else frame.step)
                yield Progress(done, self.steps * len(batches), result=sheet)
            finished = [sheet]

    def _frames(self, aims: tuple[Aim, ...]) -> Iterator[Frame]:
        return maximize(
            self.run.painted_for,
            each([aim.objective for aim in aims]),
            size=self.run.size,
            image=self.run.image,
            robustness=self.run.robustness,
            **self._options,
        )


def _sheet(before: list[Sheet], frame: Frame) -> Sheet:
    tiles = [*(sheet.tiles for sheet in before), reduced(pixels(frame), _LARGEST_TILE)]
    return Sheet(np.concatenate(tiles), np.concatenate([*(sheet.moved for sheet in before), frame.moved]))


def _bytes(found: object) -> int:
    return found.tiles.nbytes if isinstance(found, Sheet) else 0
