"""Options of all methods chosen together: to look quickly, as the papers did, or with care."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from featviz.explain.attribution.registry import METHODS

__all__ = ["PRESETS", "PresetGroup"]


@dataclass(frozen=True)
class PresetGroup:
    """What a preset is for; which options it stands for each method declares.

    Attributes:
        id: under which methods declare their options.
        name: as people read it.
        sentence: what it is for.
    """

    id: str
    name: str
    sentence: str

    @property
    def options(self) -> dict[str, Mapping[str, Any]]:
        """By method's id; a method that is not named keeps its defaults."""
        declared = ((method.id, method.presets.get(self.id)) for method in METHODS)
        return {method: preset.options for method, preset in declared if preset and preset.options}


_GROUPS = (
    PresetGroup(
        "standard",
        "Standard",
        "The methods' defaults here: enough steps and samples for most images.",
    ),
    PresetGroup(
        "quick",
        "Quick look",
        "Few steps and samples, for a first impression: the maps are rough, and the sums are off.",
    ),
    PresetGroup(
        "paper",
        "Paper defaults",
        "What each method's own authors took, in their paper or package; the others keep their defaults.",
    ),
    PresetGroup(
        "careful",
        "Careful",
        "Many steps and samples, so that a second run would draw the same: minutes on a large network.",
    ),
)
PRESETS: dict[str, PresetGroup] = {group.id: group for group in _GROUPS}
"""By id. Integrated gradients' quadrature is the same in each: Gauss-Legendre."""
