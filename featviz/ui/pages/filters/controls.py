"""What the Filters page asks: which convolution, of which network beside it, on which scale."""

from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featviz.explain.features.filters import convolutions
from featviz.explain.features.layer_matching import match_layer, same_architecture
from featviz.models.model import Model
from featviz.ui.inputs.comparison.matched_layer import have_same_channels
from featviz.ui.inputs.controls import choice, segments
from featviz.ui.inputs.second_network import choose_second, other_weights
from featviz.ui.pages.filters.compared import ComparedFilters
from featviz.ui.pages.filters.view_state import NORMALIZATIONS, VIEW
from featviz.ui.state.current_unit import announce_unit, unit_to_take_up
from featviz.ui.state.features import layer_filters

__all__ = ["choose_compared", "choose_convolution", "choose_normalization"]


def choose_convolution(model: Model) -> str:
    """Draw the list of the network's convolutions; it opens with the first whose filters are larger than a point."""
    shapes = convolutions(model)
    names = list(shapes)
    with_pattern = next((name for name, shape in shapes.items() if max(shape[2:]) > 1), names[0])
    unit = unit_to_take_up(
        VIEW.name,
        (VIEW["convolution"], VIEW["filter"]),
        lambda unit: unit.layer in shapes and unit.channel < shapes[unit.layer][0],
    )
    if unit is not None:
        VIEW["convolution"].keep(unit.layer)
        VIEW["filter"].keep(unit.channel)
    return choice(
        "Convolution",
        names,
        key=VIEW["convolution"],
        default=with_pattern,
        name=lambda name: _described(name, shapes),
        on_change=announce_unit,
        args=(VIEW.name,),
    )


def choose_compared(model: Model, layer: str, box: DeltaGenerator) -> ComparedFilters:
    """Draw the choice of a network to stand beside the present one, and read the filters of both.

    At first there are the same network's of another moment of its training, random ones of a trained network.

    Args:
        model: the network.
        layer: a convolution of it.
        box: where the controls stand.
    """
    own = layer_filters(model, layer)
    second = choose_second(model, box, optional=True, at_first=other_weights(model))
    if second is None:
        return ComparedFilters((model,), (own,), corresponding=True)
    if not convolutions(second):
        box.caption(f"{second.card.short_name} has no convolution, so it has no filters to compare with.")
        return ComparedFilters((model,), (own,), corresponding=True)
    with box:
        other = _choose_matched(model, layer, second)
    shown = own, layer_filters(second, other)
    same = have_same_channels(model, layer, second, other)
    return ComparedFilters((model, second), shown, corresponding=same)


def _choose_matched(model: Model, layer: str, second: Model) -> str:
    """The convolution of another network beside one: the same of the same architecture, else a choice."""
    if same_architecture(model.layers, second.layers):
        return layer
    own, shapes = convolutions(model), convolutions(second)
    single = own[layer][2:] == (1, 1)
    alike = [name for name, shape in shapes.items() if (shape[2:] == (1, 1)) == single] or list(shapes)
    layers, others = list(map(model.layer, own)), list(map(second.layer, alike))
    matched = match_layer(model.layer(layer), layers, others, "depth") or others[0]
    return choice(
        "Matched convolution",
        list(shapes),
        key=VIEW["matched_convolution"],
        default=matched.name,
        name=lambda name: _described(name, shapes),
        help="The convolution of the second network: at first the one at the same relative depth.",
    )


def choose_normalization() -> str:
    """Draw the choice of which weights share a scale."""
    with st.container(horizontal=True):
        return segments(
            "Normalization",
            list(NORMALIZATIONS),
            key=VIEW["weight_scale"],
            name=NORMALIZATIONS.__getitem__,
            help="On one scale, filters and networks can be compared; each on its own, weak ones show their pattern.",
        )


def _described(name: str, shapes: Mapping[str, tuple[int, ...]]) -> str:
    if name not in shapes:
        return name
    count, *shape = shapes[name]
    noun = "filter" if count == 1 else "filters"
    return f"{name} · {count} {noun} of {' × '.join(map(str, shape))}"
