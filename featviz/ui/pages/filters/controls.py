"""What the Filters page asks: which convolution, with which weights beside it, on which scale."""

import streamlit as st

from featviz.explain.features.filters import convolutions
from featviz.models.cards import training_moment
from featviz.models.model import Model
from featviz.ui.inputs.controls import choice, segments
from featviz.ui.pages.filters.view_state import NORMALIZATIONS, VIEW
from featviz.ui.state.current_unit import announce_unit, unit_to_take_up
from featviz.ui.state.models import load, load_random_twin

__all__ = ["choose_convolution", "choose_models", "choose_normalization"]

_NOTHING = "nothing"
_OTHER_SEED = "other_seed"


def choose_convolution(model: Model) -> str:
    """Draw the list of the network's convolutions."""
    shapes = convolutions(model)
    names = list(shapes)
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
        default=names[0],
        name=lambda name: f"{name} · {shapes[name][0]} filters of {' x '.join(map(str, shapes[name][1:]))}",
        on_change=announce_unit,
        args=(VIEW.name,),
    )


def choose_models(model: Model) -> list[Model]:
    """Draw the choice of weights to stand beside the present ones, and give the networks to show.

    There are the other stages of a bundled network's training, and always random ones.
    """
    stages = model.card.stages or ("random",)
    others = [stage for stage in stages if not model.weights.startswith(stage)]
    if "random" not in others:
        others.append(_OTHER_SEED)
    chosen = choice(
        "Compare with",
        [_NOTHING, *others],
        key=VIEW["against"],
        default=others[0],
        name=_name,
    )
    if chosen == _NOTHING:
        return [model]
    if chosen == _OTHER_SEED:
        return [model, load_random_twin(model)]
    return [model, load(model.name, chosen, str(model.device))]


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


def _name(chosen: str) -> str:
    named = {_NOTHING: "None", _OTHER_SEED: "random, another seed"}
    return named.get(chosen) or training_moment(chosen)
