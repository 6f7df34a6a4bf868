"""Maps of the network beside those of a second one: what each explains, and how the maps differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from featviz.explain.attribution.registry import METHODS
from featviz.explain.evaluation.rank_correlation import pearson, spearman
from featviz.explain.features.layer_matching import match_layer
from featviz.explain.targets.target import class_target
from featviz.explain.targets.units import Channel, Neuron, Target
from featviz.models.model import Model
from featviz.ui.components.overlay_grid.overlay_grid import Cell
from featviz.ui.inputs.columns import Column
from featviz.ui.inputs.comparison.differences import input_sentence, same_classes
from featviz.ui.inputs.second_network import described
from featviz.ui.inputs.target_text import read_target_text, target_name, target_text
from featviz.ui.state.chosen_image import ChosenImage
from featviz.ui.state.features import predictions

__all__ = ["DIFFERENCE", "compared_columns", "compared_sentences", "difference_cell", "options_for"]

Values = NDArray[np.float32]
DIFFERENCE = "Difference"
"""What stands above the differences of both maps."""


def compared_columns(
    model: Model, second: Model, target: Target, image: ChosenImage
) -> tuple[Column, Column]:
    """A column for each network; the second explains the same where it has it, else its own first choice."""
    beside = _target_beside(model, second, target)
    if beside is None:
        beside = class_target(second, predictions(second, image)[0].index)
    return Column(described(model), model, target), Column(described(second), second, beside)


def options_for(second: Model, model: Model, method: str, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """A method's options for the second network: a layer that it has not is the one at the same depth."""
    names = {each.name for each in METHODS[method].parameters if each.names == "layer"}
    changed = {
        name: beside.name
        for name, layer in options.items()
        if name in names and layer in model.layers_by_name and layer not in second.layers_by_name
        if (beside := match_layer(model.layer(layer), model.layers, second.layers, "depth")) is not None
    }
    return {**options, **changed}


def compared_sentences(first: Column, second: Column) -> str:
    """What both columns have in common, and what not; plain text."""
    names = [target_name(each.target, each.model) for each in (first, second)]
    if _target_beside(first.model, second.model, first.target) is not None:
        said = [
            f"Both explain {names[0]}, on one scale for each method unless another normalization is chosen."
        ]
    elif isinstance(first.target, Channel | Neuron):
        said = [f"The second network has no {names[0]}: it explains its own first choice, {names[1]}."]
    else:
        said = [f"Their classes differ: each explains its own, {names[0]} and {names[1]}."]
    said.append(input_sentence(first.model, second.model))
    if second.model.weights.startswith("random") and not first.model.weights.startswith("random"):
        said.append(
            "The second network is untrained: a method whose maps look alike for both does not show what was "
            "learned (Adebayo et al. 2018)."
        )
    return " ".join(filter(None, said))


def difference_cell(row: int, title: str, first: Values | None, second: Values | None) -> Cell:
    """The first map less the second, and how they correlate; words where there is no difference to show.

    Args:
        row: of the matrix.
        title: the method's name.
        first: a map (H, W), or None where there is none yet.
        second: the other one.
    """
    name = f"difference.{row}"
    if first is None or second is None:
        return Cell(name, f"{title}, difference", 0, None, note="Both maps are needed.")
    told = _correlation(first, second)
    if first.shape != second.shape:
        sizes = " and ".join(f"{each.shape[1]} × {each.shape[0]}" for each in (first, second))
        note = f"No difference: the maps have {sizes} pixels. {told}, both at the smaller size."
        return Cell(name, f"{title}, difference", 0, None, note=note)
    return Cell(name, f"{title}, difference", 0, first - second, verdict=told)


def _target_beside(model: Model, second: Model, target: Target) -> Target | None:
    """The same target of the second network; None where it has none that means the same."""
    if not isinstance(target, Channel | Neuron):
        return target if same_classes(model, second) else None
    return read_target_text(target_text(target), second)


def _correlation(first: Values, second: Values) -> str:
    height, width = min(first.shape, second.shape)
    both = [_averaged(each, height, width) for each in (first, second)]
    if any(np.ptp(each) == 0 for each in both):
        return "No correlation: a map is the same everywhere"
    return f"Correlation {pearson(*both):.2f}, of ranks {spearman(*both):.2f}"


def _averaged(values: Values, height: int, width: int) -> Values:
    """A map at a smaller size, each value the mean of those it stands for."""
    if values.shape == (height, width):
        return values
    return np.asarray(Image.fromarray(values).resize((width, height), Image.Resampling.BOX))
