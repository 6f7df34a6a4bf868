"""The choice of what is driven: a channel, a neuron, a class, a whole layer."""

from collections.abc import Callable

import streamlit as st

from featviz.explain.targets.units import Channel, Logit, Neuron
from featviz.models.layers import Layer
from featviz.models.model import Model
from featviz.ui.inputs.controls import choice, index_number, segments, show
from featviz.ui.inputs.layer import describe_shape
from featviz.ui.inputs.target import class_labels
from featviz.ui.inputs.target_text import nearest_neuron, positions, readable_layers
from featviz.ui.pages.maximization.objective_text import Aim, first_aim, read_aim
from featviz.ui.pages.maximization.view_state import VIEW

__all__ = ["choose_aim"]

_KINDS = {"channel": "A channel", "neuron": "A neuron", "class": "A class", "layer": "A whole layer"}
_KIND, _LAYER, _CHANNEL, _ROW, _COLUMN, _CLASS, _DOWN = (
    f"aim.{part}" for part in ("kind", "layer", "channel", "row", "column", "class", "down")
)


def choose_aim(model: Model, then: Callable[[], None]) -> Aim:
    """Draw the controls and give what they say.

    Args:
        model: the network.
        then: called after a visitor has chosen something else.
    """
    aim = read_aim(VIEW["aim"].text, model) or first_aim(model)

    def keep() -> None:
        VIEW["aim"].keep(_chosen(model, aim).text)
        then()

    show(_KIND, _kind(aim))
    segments(
        "Objective",
        list(_KINDS),
        key=_KIND,
        default="channel",
        name=_KINDS.__getitem__,
        on_change=keep,
        help="A channel is driven on average over its positions, a neuron at one of them, a class by its logit "
        "before softmax. A whole layer becomes more of whatever it is already (DeepDream).",
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        if _kind(aim) == "class":
            _draw_class(model, aim, keep)
        else:
            _draw_unit(model, aim, keep)
        if not isinstance(aim.unit, str):
            show(_DOWN, aim.down)
            st.toggle("Minimize", key=_DOWN, on_change=keep, help="What the unit wants least.")
    return aim


def _kind(aim: Aim) -> str:
    if isinstance(aim.unit, str):
        return "layer"
    kinds = {Channel: "channel", Neuron: "neuron"}
    return next((name for kind, name in kinds.items() if isinstance(aim.unit, kind)), "class")


def _draw_class(model: Model, aim: Aim, keep: Callable[[], None]) -> None:
    labels = class_labels(model, ())
    show(_CLASS, str(getattr(aim.unit, "index", 0)))
    choice(
        "Class",
        list(labels),
        key=_CLASS,
        default="0",
        name=labels.__getitem__,
        on_change=keep,
        help="Type to search.",
        width=320,
    )


def _draw_unit(model: Model, aim: Aim, keep: Callable[[], None]) -> None:
    layers = {layer.name: layer for layer in readable_layers(model)}
    layer = layers[aim.layer or ""]
    show(_LAYER, layer.name)
    choice(
        "Layer",
        list(layers),
        key=_LAYER,
        default=layer.name,
        name=lambda name: f"{name} · {layers[name].kind} · {describe_shape(layers[name])}",
        on_change=keep,
        help="Type to search. Layers stand in the order in which the network runs them.",
        width=360,
    )
    if isinstance(aim.unit, Channel | Neuron):
        index_number("Channel", _CHANNEL, aim.unit.channel, layer.channels, keep)
    if isinstance(aim.unit, Neuron):
        rows, columns = positions(layer)
        index_number("Row", _ROW, aim.unit.y, rows, keep)
        index_number("Column", _COLUMN, aim.unit.x, columns, keep)


def _chosen(model: Model, before: Aim) -> Aim:
    """What the controls say; what they do not say, such as the layer of what was a class, is as before or first."""
    state = st.session_state
    down = bool(state.get(_DOWN, False))
    if state[_KIND] == "class":
        return Aim(Logit(int(state.get(_CLASS, 0))), down)
    layer = _layer(model, before)
    if state[_KIND] == "layer":
        return Aim(layer.name)
    unit = nearest_neuron(layer, state.get(_CHANNEL, 0), state.get(_ROW), state.get(_COLUMN))
    return Aim(Channel(layer.name, unit.channel) if state[_KIND] == "channel" else unit, down)


def _layer(model: Model, before: Aim) -> Layer:
    layers = {layer.name: layer for layer in readable_layers(model)}
    names = (st.session_state.get(_LAYER), before.layer, first_aim(model).layer)
    return next((layers[name] for name in names if name in layers), next(iter(layers.values())))
