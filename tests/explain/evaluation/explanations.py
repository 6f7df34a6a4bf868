"""Explanations of small networks, and what a check does to them."""

from typing import Any

from torch import Tensor, nn

from featviz.explain.attribution.attribute import attribute
from featviz.explain.evaluation.check import Explanation
from featviz.explain.targets.units import Target
from featviz.models.model import Model
from tests.toys import wrapped


class Function(nn.Module):
    """Two numbers computed from one picture: what is given, and nothing."""

    def __init__(self, function: object) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        found = self.function(x)  # type: ignore[operator]
        return nn.functional.pad(found[:, None], (0, 1))


def computing(function: object, size: int = 16) -> Model:
    """A network that computes a class's logit so."""
    return wrapped(Function(function), size, outputs="logits")


def explained(
    model: Model, x: Tensor, method: str, target: Target | int | str | None = None, **options: Any
) -> Explanation:
    return Explanation(model, x, attribute(model, x, method, target=target, **options), options)
