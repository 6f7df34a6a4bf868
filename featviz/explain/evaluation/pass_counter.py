"""Counting forward passes while attributions are recomputed."""

from collections.abc import Generator
from typing import Any

from torch import Tensor

from featviz.explain.attribution.attribute import Attribution
from featviz.explain.evaluation.check import Explanation
from featviz.explain.evaluation.results import Finding
from featviz.models.model import Model
from featviz.progress import Progress, within

__all__ = ["PassCounter"]


class PassCounter:
    """How many of a check's passes are done, and what is known so far.

    Args:
        total: passes in all.
    """

    def __init__(self, total: int) -> None:
        self.done, self.total = 0, max(1, total)
        self.finding: Finding | None = None

    def part(self, passes: int = 0) -> Progress[Finding]:
        """The state after so many passes more."""
        self.done = min(self.done + passes, self.total)
        return Progress(self.done, self.total, result=self.finding)

    def end(self, finding: Finding) -> Progress[Finding]:
        """The result; what was counted on and not needed is left out."""
        self.finding, self.total = finding, max(1, self.done)
        return Progress(self.total, self.total, result=finding)

    def recompute(
        self, explanation: Explanation, *, model: Model | None = None, x: Tensor | None = None, **options: Any
    ) -> Generator[Progress[Finding], None, Attribution]:
        """Recompute the map, with the progress of each step; arguments and errors as `Explanation.recompute`."""
        before, cost = self.done, max(1, explanation.passes(**options))
        return within(
            explanation.steps(model=model, x=x, **options),
            lambda step: self.part(before + cost * step.done // step.total - self.done),
        )
