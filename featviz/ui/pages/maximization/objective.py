"""The choice of what is driven: a channel, a neuron, a class, a whole layer."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from featviz.explain.maximization.parameterizations import PARAMETERIZATIONS
from featviz.explain.targets.units import Channel, Logit, Neuron
from featviz.models.layers import Layer
from featviz.models.model import Model
from featviz.ui.inputs.controls import choice, index_number, segments, show
from featviz.ui.inputs.layer import describe_shape
from featviz.ui.inputs.method import keep_option, options_of
from featviz.ui.inputs.target import class_labels
from featviz.ui.inputs.target_text import nearest_neuron, positions, readable_layers
from featviz.ui.pages.maximization.objective_text import ObjectiveSpec, default_objective, read_objective
from featviz.ui.pages.maximization.view_state import CLASS_DECAY, VIEW
from featviz.ui.state.current_unit import announce_unit, settle_unit, unit_to_take_up
from featviz.ui.state.lost_choices import note_if_lost
from featviz.ui.state.theme import scaled

__all__ = ["choose_objective"]

_KINDS = {"channel": "A channel", "neuron": "A neuron", "class": "A class", "layer": "A whole layer"}
_KIND, _LAYER, _CHANNEL, _ROW, _COLUMN, _CLASS, _DOWN = (
    f"objective.{part}" for part in ("kind", "layer", "channel", "row", "column", "class", "down")
)
_SCORE, _SCORES = "objective.score", {"log_probability": "Log-probability", "logit": "Logit"}


def choose_objective(model: Model, first_class: int, then: Callable[[], None]) -> ObjectiveSpec:
    """Draw the controls and give what they say.

    Args:
        model: the network.
        first_class: the class to begin with where a visitor turns to classes.
        then: called after a visitor has chosen something else.
    """
    if (unit := unit_to_take_up(VIEW.name, (VIEW["objective"],), partial(_exists, model))) is not None:
        VIEW["objective"].keep(ObjectiveSpec(unit).text)
        then()
    requested = read_objective(VIEW["objective"].text, model)
    spec = requested or default_objective(model)
    if spec.channel is not None:
        settle_unit(VIEW.name, spec.channel)
    if requested is None:
        VIEW["objective"].forget()
    note_if_lost(VIEW["objective"], requested is None, "Objective", spec.name(model))

    def keep() -> None:
        chosen = _chosen(model, spec, first_class)
        VIEW["objective"].keep(chosen.text)
        _suit_decay(model, spec, chosen)
        announce_unit(VIEW.name)
        then()

    show(_KIND, _kind(spec))
    segments(
        "Objective",
        list(_KINDS),
        key=_KIND,
        default="channel",
        name=_KINDS.__getitem__,
        on_change=keep,
        help="A channel is driven on average over its positions, a neuron at one of them, a class by its "
        "log-probability or its logit. A whole layer becomes more of whatever it is already (DeepDream).",
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        if _kind(spec) == "class":
            _draw_class(model, spec, keep)
        else:
            _draw_unit(model, spec, keep)
        if not isinstance(spec.unit, str):
            show(_DOWN, spec.down)
            st.toggle("Minimize", key=_DOWN, on_change=keep, help="What the unit wants least.")
    return spec


def _exists(model: Model, unit: Channel) -> bool:
    return read_objective(ObjectiveSpec(unit).text, model) is not None


def _kind(spec: ObjectiveSpec) -> str:
    if isinstance(spec.unit, str):
        return "layer"
    kinds = {Channel: "channel", Neuron: "neuron"}
    return next((name for kind, name in kinds.items() if isinstance(spec.unit, kind)), "class")


def _draw_class(model: Model, spec: ObjectiveSpec, keep: Callable[[], None]) -> None:
    labels = class_labels(model, ())
    show(_CLASS, str(getattr(spec.unit, "index", 0)))
    choice(
        "Class",
        list(labels),
        key=_CLASS,
        default="0",
        name=labels.__getitem__,
        on_change=keep,
        help="Type to search.",
        width=scaled(320),
    )
    show(_SCORE, "log_probability" if spec.log_probability else "logit")
    segments(
        "Class score",
        list(_SCORES),
        key=_SCORE,
        default="log_probability",
        name=_SCORES.__getitem__,
        on_change=keep,
        help="The log-probability rises with the class's logit and falls with those of all others. A logit alone, the "
        "network's output before softmax, may rise along with those of classes that look alike.",
    )


def _draw_unit(model: Model, spec: ObjectiveSpec, keep: Callable[[], None]) -> None:
    layers = {layer.name: layer for layer in readable_layers(model)}
    layer = layers[spec.layer or ""]
    show(_LAYER, layer.name)
    choice(
        "Layer",
        list(layers),
        key=_LAYER,
        default=layer.name,
        name=lambda name: f"{name} · {layers[name].kind} · {describe_shape(layers[name])}",
        on_change=keep,
        help="Type to search. Layers stand in the order in which the network runs them.",
        width=scaled(360),
    )
    if isinstance(spec.unit, Channel | Neuron):
        index_number("Channel", _CHANNEL, spec.unit.channel, layer.channels, keep)
    if isinstance(spec.unit, Neuron):
        rows, columns = positions(layer)
        index_number("Row", _ROW, spec.unit.y, rows, keep)
        index_number("Column", _COLUMN, spec.unit.x, columns, keep)


def _chosen(model: Model, before: ObjectiveSpec, first_class: int) -> ObjectiveSpec:
    """What the controls say; what they do not say, such as the layer of what was a class, is as before or first."""
    state = st.session_state
    down = bool(state.get(_DOWN, False))
    if state[_KIND] == "class":
        turned = _kind(before) != "class"
        as_logit = not turned and state.get(_SCORE) == "logit"
        return ObjectiveSpec(Logit(first_class if turned else int(state[_CLASS])), down, not as_logit)
    layer = _layer(model, before)
    if state[_KIND] == "layer":
        return ObjectiveSpec(layer.name)
    unit = nearest_neuron(layer, state.get(_CHANNEL, 0), state.get(_ROW), state.get(_COLUMN))
    return ObjectiveSpec(Channel(layer.name, unit.channel) if state[_KIND] == "channel" else unit, down)


def _suit_decay(model: Model, before: ObjectiveSpec, chosen: ObjectiveSpec) -> None:
    """Take the frequency decay that suits what was turned to, unless another was chosen."""
    fourier = PARAMETERIZATIONS["fourier"]
    usual = next(each.default for each in fourier.parameters if each.name == "decay")
    present = options_of(fourier, model=model).get("decay", usual)
    suited, suits = (CLASS_DECAY if spec.log_probability else usual for spec in (before, chosen))
    if present == suited != suits:
        keep_option(fourier, "decay", suits)


def _layer(model: Model, before: ObjectiveSpec) -> Layer:
    layers = {layer.name: layer for layer in readable_layers(model)}
    names = (st.session_state.get(_LAYER), before.layer, default_objective(model).layer)
    return next((layers[name] for name in names if name in layers), next(iter(layers.values())))
