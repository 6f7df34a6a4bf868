"""The choice of a layer, shared by the pages that look into one."""

from featviz.models.layers import Layer
from featviz.models.model import Model
from featviz.ui.inputs.controls import choice, several
from featviz.ui.state.current_unit import announce_unit
from featviz.ui.state.view_state import Several, Text, ViewState

__all__ = ["LAYERS", "choose_layer", "describe_shape", "described", "layers_beside"]

LAYERS = ViewState("layers", layer=Text(), beside=Several())
"""The layer that is looked at, and those beside it."""

_MAX_BESIDE = 2


def choose_layer(model: Model, default: str, *, here: str) -> str:
    """Draw the searchable list of all layers, in order of execution.

    Args:
        model: the network.
        default: the layer to begin with.
        here: the page, whose unit is the current one once another layer is chosen.
    """
    return choice(
        "Layer",
        list(model.layers_by_name),
        key=LAYERS["layer"],
        default=default,
        name=lambda name: described(model.layers_by_name[name]),
        on_change=announce_unit,
        args=(here,),
        help="Type to search. Layers stand in the order in which the network runs them.",
    )


def layers_beside(model: Model, layer: str) -> list[str]:
    """Draw the choice of further layers to be shown side by side with `layer`."""
    others = [name for name in model.layers_by_name if name != layer]
    return several(
        "Other layers",
        others,
        key=LAYERS["beside"],
        limit=_MAX_BESIDE,
        placeholder="Compare with other layers",
    )


def describe_shape(layer: Layer) -> str:
    """The shape of one image's output in words: channels x rows x columns."""
    if layer.grid is not None and layer.grid != (1, 1):
        return f"{layer.channels} × {layer.grid[0]} × {layer.grid[1]}"
    return " × ".join(str(size) for size in layer.output_shape)


def described(layer: Layer) -> str:
    """A layer in a list: its name, its kind, the shape of its output."""
    return f"{layer.name} · {layer.kind} · {describe_shape(layer)}"
