"""What activation maximization drives, as a text that fits into a link, as an objective, and in words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from featviz.explain.features.depth import layers_through_depth
from featviz.explain.maximization.objectives import DeepDream, LogProbability
from featviz.explain.targets.units import Channel, Difference, Logit, NegativeLogit, Neuron, Objective, Target
from featviz.models.model import Model
from featviz.ui.inputs.target_text import read_target_text, readable_layers, target_name, target_text

__all__ = ["ObjectiveSpec", "default_objective", "read_objective"]

_QUANTITIES = {
    Logit: "logit",
    NegativeLogit: "negative logit",
    Difference: "logit difference",
    Channel: "mean activation",
    Neuron: "activation",
}
_PROBABILITY = re.compile(r"p([0-9]+)")
_WHOLE = re.compile(r"(.+)/\*", re.DOTALL)


@dataclass(frozen=True)
class ObjectiveSpec:
    """A unit, or a whole layer, driven up or down.

    Attributes:
        unit: a class, a channel or a neuron; of a whole layer, its name.
        down: whether it is driven down.
        log_probability: of a class, whether its log-probability is driven and not its logit, which may rise along
            with those of classes that look alike.
    """

    unit: Target | str
    down: bool = False
    log_probability: bool = False

    @property
    def text(self) -> str:
        """Such as `281`, `p281` (log-probability), `layer4.1/12`, `layer4.1/*` (the whole), `-281` (down)."""
        if isinstance(self.unit, str):
            return f"{self.unit}/*"
        return f"{'-' * self.down}{'p' * self.log_probability}{target_text(self.unit)}"

    @property
    def layer(self) -> str | None:
        """The layer it is in; None of a class."""
        return self.unit if isinstance(self.unit, str) else getattr(self.unit, "layer", None)

    @property
    def channel(self) -> Channel | None:
        """The channel that is driven, everywhere or at one position; None of a class and of a layer."""
        if not isinstance(self.unit, Channel | Neuron):
            return None
        return Channel(self.unit.layer, self.unit.channel)

    @property
    def objective(self) -> Objective:
        """What is climbed."""
        unit: Objective
        if self.log_probability and isinstance(self.unit, Logit):
            unit = LogProbability(self.unit.index)
        else:
            unit = _objective(self.unit)
        return -unit if self.down else unit

    @property
    def quantity(self) -> str:
        """What its score is: "logit", "log-probability", "mean activation", ..."""
        if isinstance(self.unit, str):
            return "mean squared activation"
        quantity = "log-probability" if self.log_probability else _QUANTITIES[type(self.unit)]
        return f"{'negative ' if self.down else ''}{quantity}"

    def name(self, model: Model) -> str:
        """What people call it; plain text, to be escaped in Markdown."""
        if isinstance(self.unit, str):
            return f"all of {self.unit}"
        said = target_name(self.unit, model)
        return f"{said}, driven down" if self.down else said


def read_objective(text: object, model: Model) -> ObjectiveSpec | None:
    """The objective a text names; None where it names none of this network's, for it may come from an address."""
    if named := _WHOLE.fullmatch(str(text)):
        known = {layer.name for layer in readable_layers(model)}
        return ObjectiveSpec(named[1]) if named[1] in known else None
    down, rest = str(text).startswith("-"), str(text).removeprefix("-")
    of_class = _PROBABILITY.fullmatch(rest)
    unit = read_target_text(of_class[1] if of_class else rest, model)
    return None if unit is None else ObjectiveSpec(unit, down, of_class is not None)


def default_objective(model: Model) -> ObjectiveSpec:
    """What to look at first: a channel two thirds through the depth, or a class where no layer has positions."""
    walk = layers_through_depth(model.layers)
    if not walk:
        return ObjectiveSpec(Logit(0))
    return ObjectiveSpec(Channel(walk[len(walk) * 2 // 3].name, 0))


def _objective(unit: Target | str) -> Objective:
    if isinstance(unit, str):
        return DeepDream(unit)
    if isinstance(unit, NegativeLogit):
        return -Logit(unit.index)
    return Logit(unit.index) - Logit(unit.other) if isinstance(unit, Difference) else unit
