"""The sheet: an image of every channel of a layer, or of every class, made in small batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.explain.maximization.frames import Frame
from featviz.explain.maximization.maximize import maximize
from featviz.explain.maximization.objectives import each
from featviz.explain.targets.units import Channel, Difference, Logit, Neuron
from featviz.progress import Progress
from featviz.ui.inputs.target_text import class_count
from featviz.ui.pages.maximization.film import pixels, reduced
from featviz.ui.pages.maximization.objective_text import ObjectiveSpec
from featviz.ui.pages.maximization.request import MaximizationRequest
from featviz.ui.state.tasks import Task

__all__ = ["PER_PAGE", "SHEET", "Sheet", "SheetRequest"]

SHEET = "sheet"
PER_PAGE = 64
_AT_ONCE = 8
_STEPS = 128
_EVERY = 4
_LARGEST_TILE = 96


@dataclass(frozen=True, eq=False)
class Sheet:
    """Images of many units.

    Attributes:
        tiles: (n, h, w, 3), of those that have been begun.
        moved: (n,) whether anything moved the unit.
    """

    tiles: NDArray[np.uint8]
    moved: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class SheetRequest:
    """A requested sheet: of the layer of a run's unit, painted as the run paints.

    Attributes:
        unit_request: of the run on the screen; its unit is one of the sheet.
        page: which units, 64 at a time, from 0.
    """

    unit_request: MaximizationRequest
    page: int

    @property
    def units(self) -> int:
        """How many there are on all pages."""
        spec, model = self.unit_request.spec, self.unit_request.model
        return class_count(model) if spec.layer is None else model.layer(spec.layer).channels

    @property
    def pages(self) -> int:
        """How many pages they fill."""
        return -(-self.units // PER_PAGE)

    @cached_property
    def specs(self) -> tuple[ObjectiveSpec, ...]:
        """The units of this page."""
        spec, first = self.unit_request.spec, self.page * PER_PAGE
        indices = range(first, min(first + PER_PAGE, self.units))
        return tuple(
            replace(spec, unit=Logit(index) if spec.layer is None else Channel(spec.layer, index))
            for index in indices
        )

    @property
    def selected(self) -> int | None:
        """Which of them the run drives."""
        unit = self.unit_request.spec.unit
        if isinstance(unit, str | Difference):
            return None
        position = (unit.channel if isinstance(unit, Channel | Neuron) else unit.index) - self.page * PER_PAGE
        return position if 0 <= position < len(self.specs) else None

    @property
    def steps(self) -> int:
        """Fewer than a single image takes: a sheet is for choosing."""
        return min(_STEPS, int(self.unit_request.options.get("steps", _STEPS)))

    @property
    def recipe(self) -> tuple[object, ...]:
        """Everything its images depend on, but for the device."""
        unit_request = self.unit_request
        where = (unit_request.spec.layer, unit_request.spec.down, self.page, unit_request.size)
        return (
            unit_request.painted_for.fingerprint,
            unit_request.parameterization,
            unit_request.transforms,
            *where,
            *("log-probability" for _ in range(unit_request.spec.log_probability)),
            tuple(sorted(self._options.items())),
        )

    def task(self) -> Task:
        """The work that makes it."""
        key = ("maximization sheet", str(self.unit_request.model.device), *self.recipe)
        seconds = self.unit_request.seconds_of(self.steps) * len(self.specs)
        return Task(SHEET, key, "The sheet", self._work, _bytes, seconds)

    @property
    def _options(self) -> dict[str, Any]:
        return {**self.unit_request.options, "steps": self.steps, "every": _EVERY}

    def _work(self) -> Iterator[Progress[Sheet]]:
        finished: list[Sheet] = []
        batches = [self.specs[first : first + _AT_ONCE] for first in range(0, len(self.specs), _AT_ONCE)]
        for index, specs in enumerate(batches):
            for frame in self._frames(specs):
                sheet = _sheet(finished, frame)
                done = self.steps * index + (self.steps if frame.ended else frame.step)
                yield Progress(done, self.steps * len(batches), result=sheet)
            finished = [sheet]

    def _frames(self, specs: tuple[ObjectiveSpec, ...]) -> Iterator[Frame]:
        return maximize(
            self.unit_request.painted_for,
            each([spec.objective for spec in specs]),
            size=self.unit_request.size,
            parameterization=self.unit_request.parameterization,
            transforms=self.unit_request.transforms,
            **self._options,
        )


def _sheet(before: list[Sheet], frame: Frame) -> Sheet:
    tiles = [*(sheet.tiles for sheet in before), reduced(pixels(frame), _LARGEST_TILE)]
    return Sheet(np.concatenate(tiles), np.concatenate([*(sheet.moved for sheet in before), frame.moved]))


def _bytes(result: object) -> int:
    return result.tiles.nbytes if isinstance(result, Sheet) else 0
