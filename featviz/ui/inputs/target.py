"""The choice of what is explained: a class, one rather than another, a channel or a neuron."""

from collections.abc import Callable, Sequence

import streamlit as st

from featviz.explain.features.depth import opening_layer
from featviz.explain.targets.target import class_target
from featviz.explain.targets.units import Channel, Difference, Logit, NegativeLogit, Neuron, Target
from featviz.models.model import Model, Prediction
from featviz.parameter import LEVELS, reaches
from featviz.ui.inputs.controls import choice, index_number, segments, show
from featviz.ui.inputs.target_text import (
    class_count,
    nearest_neuron,
    positions,
    read_target_text,
    readable_layers,
    target_name,
    target_text,
)
from featviz.ui.state.current_unit import announce_unit, current_unit, settle_unit, unit_to_take_up
from featviz.ui.state.lost_choices import note_if_lost
from featviz.ui.state.theme import scaled
from featviz.ui.state.view_state import Text, ViewState

__all__ = ["TARGET", "choose_targets", "class_labels", "read_target_text", "target_name", "target_text"]

TARGET = ViewState("target", target=Text())
"""What is explained, as `target_text` writes it; "" is the network's first choice."""

_KINDS = {"class": "Class", "rather": "Contrastive (A vs. B)", "channel": "Channel or neuron"}
_FIRST = ""
_KIND, _CLASS, _OTHER = "target.kind", "target.class", "target.other"
_LAYER, _CHANNEL, _ONE, _ROW, _COLUMN = (
    "target.layer",
    "target.channel",
    "target.one",
    "target.row",
    "target.column",
)


def choose_targets(
    model: Model, predictions: Sequence[Prediction], *, here: str = TARGET.name, level: str = LEVELS[-1]
) -> Target:
    """Draw the controls of the target and give what they say; at first the class the network names first.

    Args:
        model: the network.
        predictions: its most probable classes for the image, best first, at least one.
        here: the page; a channel that is chosen on it is the current unit.
        level: one of `LEVELS`; at the first, a class is the only kind of target that is offered.
    """
    _take_up_unit(model, here)
    chosen = read_target_text(TARGET["target"].text, model)
    target = chosen or class_target(model, predictions[0].index)
    if chosen is None and TARGET["target"].text:
        TARGET["target"].forget()
    note_if_lost(TARGET["target"], chosen is None, "Target", target_name(target, model))

    def keep() -> None:
        turned = st.session_state[_KIND] != kind
        text = _READERS[st.session_state[_KIND]](model, predictions)
        TARGET["target"].keep((turned and st.session_state[_KIND] == "channel" and _current(model)) or text)
        announce_unit(here)

    kind = _kind(target)
    if isinstance(target, Channel | Neuron):
        settle_unit(here, Channel(target.layer, target.channel))
    show(_KIND, kind)
    if reaches(level, "more") or kind != "class":
        segments(
            "Target",
            list(_KINDS),
            key=_KIND,
            default="class",
            name=_KINDS.__getitem__,
            on_change=keep,
            help="The number that the maps share out among the pixels: a class's logit, how far it is above "
            "another's, or what a unit inside the network outputs.",
        )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        if isinstance(target, (Channel, Neuron)):
            _draw_channel(model, target, keep)
        else:
            _draw_classes(model, predictions, target, keep, first=chosen is None)
    return target


def _take_up_unit(model: Model, here: str) -> None:
    """Where a channel is explained, it is the current one; a class stays."""
    explains = isinstance(read_target_text(TARGET["target"].text, model), Channel | Neuron)
    unit = unit_to_take_up(here, (TARGET["target"],), lambda unit: _text_of(unit, model) != "")
    if unit is not None and explains:
        TARGET["target"].keep(_text_of(unit, model))


def _current(model: Model) -> str:
    """The current unit as a target; "" where this network has it not."""
    unit = current_unit()
    return "" if unit is None else _text_of(unit, model)


def _text_of(unit: Channel, model: Model) -> str:
    text = target_text(unit)
    return text if read_target_text(text, model) is not None else ""


def class_labels(model: Model, predictions: Sequence[Prediction]) -> dict[str, str]:
    """Labels of all classes by the text of their target: the predicted ones first, with what is said of them."""
    likely = {_class_text(model, each.index): f"{each.label} · {each.value_text()}" for each in predictions}
    every: list[Target] = [Logit(index) for index in range(class_count(model))]
    if model.outputs == "one_logit":
        every.append(NegativeLogit(0))
    names = {target_text(target): target_name(target, model) for target in every}
    return likely | {text: name for text, name in names.items() if text not in likely}


def _class_text(model: Model, index: int) -> str:
    return target_text(class_target(model, index))


def _kind(target: Target) -> str:
    if isinstance(target, Logit | NegativeLogit):
        return "class"
    return "rather" if isinstance(target, Difference) else "channel"


def _draw_classes(
    model: Model,
    predictions: Sequence[Prediction],
    target: Logit | NegativeLogit | Difference,
    keep: Callable[[], None],
    *,
    first: bool,
) -> None:
    labels = class_labels(model, predictions)
    likeliest = {_FIRST: f"First choice: {labels[_class_text(model, predictions[0].index)]}"}
    offered = labels if isinstance(target, Difference) else likeliest | labels
    text = str(target.index) if isinstance(target, Difference) else target_text(target)
    show(_CLASS, _FIRST if first else text)
    choice(
        "Class",
        list(offered),
        key=_CLASS,
        default=next(iter(offered)),
        name=offered.__getitem__,
        on_change=keep,
    )
    if isinstance(target, Difference):
        others = [text for text in labels if text.isdecimal() and text != str(target.index)]
        show(_OTHER, str(target.other))
        choice("Rather than", others, key=_OTHER, default=others[0], name=labels.__getitem__, on_change=keep)


def _draw_channel(model: Model, target: Channel | Neuron, keep: Callable[[], None]) -> None:
    layer = model.layer(target.layer)
    rows, columns = positions(layer)
    names = [each.name for each in readable_layers(model)]
    show(_LAYER, layer.name)
    choice("Layer of the unit", names, key=_LAYER, default=names[0], on_change=keep, width=scaled(280))
    index_number("Channel", _CHANNEL, target.channel, layer.channels, keep)
    if rows * columns == 1:
        return
    show(_ONE, isinstance(target, Neuron))
    st.toggle(
        "At one position",
        key=_ONE,
        on_change=keep,
        help=f"One neuron out of {rows} rows and {columns} columns, counted from 0; else the channel's mean.",
    )
    if isinstance(target, Neuron):
        index_number("Row", _ROW, target.y, rows, keep)
        index_number("Column", _COLUMN, target.x, columns, keep)


def _read_class(_model: Model, _predictions: Sequence[Prediction]) -> str:
    return str(st.session_state.get(_CLASS, _FIRST))


def _read_rather(_model: Model, predictions: Sequence[Prediction]) -> str:
    """Two classes; the second is the likeliest other one until it has been chosen."""
    first = st.session_state.get(_CLASS) or str(predictions[0].index)
    likely = [str(each.index) for each in predictions if str(each.index) != first]
    other = st.session_state.get(_OTHER, first)
    return f"{first}-{other if other != first else likely[0] if likely else first}"


def _read_channel(model: Model, _predictions: Sequence[Prediction]) -> str:
    """A unit of the layer; where another layer has fewer, the nearest there is."""
    names = [each.name for each in readable_layers(model)]
    opening = opening_layer(model.layers).name
    layer = model.layer(st.session_state.get(_LAYER, opening if opening in names else names[0]))
    state = st.session_state
    unit = nearest_neuron(layer, state.get(_CHANNEL, 0), state.get(_ROW), state.get(_COLUMN))
    rows, columns = positions(layer)
    if not state.get(_ONE, False) or rows * columns == 1:
        return target_text(Channel(layer.name, unit.channel))
    return target_text(unit)


_READERS: dict[str, Callable[[Model, Sequence[Prediction]], str]] = {
    "class": _read_class,
    "rather": _read_rather,
    "channel": _read_channel,
}
