"""The checks by id, the explanation they evaluate, and one call for each of them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from featviz.errors import BadInput
from featviz.explain.attribution.attribute import Attribution, steps
from featviz.explain.attribution.registry import METHODS
from featviz.explain.evaluation.results import Finding, Level, unknown
from featviz.models.model import Model
from featviz.progress import Progress, finished
from featviz.registry import Registry

__all__ = ["CHECKS", "Explanation", "Finding", "Level", "check", "checking", "passes"]

CHECKS = Registry("trust check")
"""Each is a function (explanation, *, options) that yields `Progress[Finding]` every few passes, at least 1 in
all, the last being the result. Its declared passes are a function (explanation, **complete options)."""


@dataclass(frozen=True, eq=False)
class Explanation:
    """An attribution, and how to recompute it.

    Attributes:
        model: the network.
        x: the image, a normalised batch (1, C, H, W).
        attribution: its attribution.
        options: as they were given to `attribute`; tensors themselves.
    """

    model: Model
    x: Tensor
    attribution: Attribution
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def image(self) -> Tensor:
        """`x` on the network's device and in its precision, (1, C, H, W)."""
        return self.x.detach().to(next(self.model.module.parameters(), self.x))

    @property
    def picture(self) -> Tensor:
        """Deprecated name of `image`."""
        warnings.warn("Explanation.picture is called image now.", DeprecationWarning, stacklevel=2)
        return self.image

    def again(self, **changes: Any) -> Attribution:
        """Deprecated name of `recompute`."""
        warnings.warn("Explanation.again is called recompute now.", DeprecationWarning, stacklevel=2)
        return self.recompute(**changes)

    def recompute(
        self, *, model: Model | None = None, x: Tensor | None = None, **options: Any
    ) -> Attribution:
        """The same method, target and options on another network or image, or with other options.

        Raises:
            FeatvizError: whatever `attribute` refuses.
        """
        return finished(self.steps(model=model, x=x, **options))

    def steps(
        self, *, model: Model | None = None, x: Tensor | None = None, **options: Any
    ) -> Iterator[Progress[Attribution]]:
        """The same, step by step."""
        attribution = self.attribution
        return steps(
            model or self.model,
            self.x if x is None else x,
            attribution.method,
            target=attribution.target,
            **{**self.options, **options},
        )

    def passes(self, **options: Any) -> int:
        """How often the network runs for one attribution, with other options where some are given."""
        method = METHODS[self.attribution.method]
        complete = method.complete({**self.options, **options})
        return method.passes(self.model, self.x, self.attribution.target, **complete)


def check(explanation: Explanation, name: str, **options: Any) -> Finding:
    """Check a map.

    Args:
        explanation: the map, and how to make it again.
        name: an id out of `CHECKS`.
        options: the check's.

    Returns:
        What was found; a plain `Finding` of level "unknown", with the reason, where the check says nothing
        about such a map.

    Raises:
        BadInput: no such check or option.
    """
    return finished(checking(explanation, name, **options))


def checking(explanation: Explanation, name: str, **options: Any) -> Iterator[Progress[Finding]]:
    """The same, part by part; closing the iterator ends the work. Arguments and errors as `check`."""
    declared = CHECKS[name]
    complete = declared.complete(options)
    if not explanation.attribution.varies:
        return iter(
            [Progress(1, 1, result=unknown("The map shows no variation: it is the same everywhere."))]
        )
    return _answered(declared.function(explanation, **complete))


def passes(explanation: Explanation, name: str, **options: Any) -> int:
    """How often the network runs for a check, a gradient counted as two passes more; at most, where it may end
    early. Arguments and errors as `check`.
    """
    declared = CHECKS[name]
    return declared.passes(explanation, **declared.complete(options))


def _answered(parts: Iterator[Progress[Finding]]) -> Iterator[Progress[Finding]]:
    """The parts; what cannot be computed for this map ends in a finding that says why."""
    try:
        yield from parts
    except BadInput as error:
        if error.code == "option":
            raise
        yield Progress(1, 1, result=unknown(str(error)))
