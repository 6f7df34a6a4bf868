"""Controls of a method, one for each parameter of its signature; what they say lives in one short text."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any, Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from torch import Tensor

from featviz.errors import FeatvizError
from featviz.explain.attribution.presets import PRESETS, PresetGroup
from featviz.explain.attribution.registry import METHODS
from featviz.models.model import Model
from featviz.parameter import LEVELS
from featviz.registry import Method, Parameter
from featviz.ui.inputs.controls import choice, segments, several_or_default, show
from featviz.ui.inputs.number_option import draw_number
from featviz.ui.state.feedback import escape_markdown
from featviz.ui.state.option_text import (
    LONGEST_TEXT,
    NO_IMAGE,
    OptionTexts,
    UploadedImage,
    method_key,
    read_options,
    shown_parameters,
    write_options,
)
from featviz.ui.state.uploaded_images import cached_image, read_uploaded, uploaded_id
from featviz.ui.state.view_state import Several, ViewState

__all__ = ["METHODS_CHOSEN", "choose_methods", "choose_options", "choose_preset", "keep_option", "options_of"]

METHODS_CHOSEN = ViewState("methods", methods=Several(METHODS), options=OptionTexts(longest=LONGEST_TEXT))
"""The methods of attribution, and the options of all methods of whatever kind, as `write_options` writes them."""

_MAX_METHODS = 6
_FEW_CHOICES = 4
_WIDTH = 220
_MAX_UPLOAD_MB = 20
_SPELT = {
    **{name.lower(): name for name in ("ReLU", "GELU", "SiLU", "AdamW", "SGD", "ImageNet")},
    "leaky_relu": "Leaky ReLU",
    "l1": "L1 penalty",
    "clip": "Gradient clipping",
    "code": "Code size",
    "n_neighbors": "Neighbors",
    "min_dist": "Minimum distance",
    "deviation": "Init std",
    "rate": "Learning rate",
    "cooling": "Learning-rate decay",
    "views": "Augmented views",
    "decay": "Frequency decay",
    "colors": "Color decorrelation",
    NO_IMAGE.id: "Your own image",
}
Keeper = Callable[..., Callable[[], None]]
"""Takes what an option is made of from the control's value, and gives what happens when it changes."""
_NO_PRESET = "custom"
Width = int | Literal["stretch"]


def choose_methods(default: Sequence[str]) -> list[str]:
    """Draw the choice of methods, at most six, and give their ids; none where the user has taken all out.

    Args:
        default: ids to begin with, and where an address names no method there is.
    """
    return several_or_default(
        "Methods",
        [method.id for method in METHODS],
        key=METHODS_CHOSEN["methods"],
        limit=_MAX_METHODS,
        default=default,
        name=lambda method: METHODS[method].name,
        placeholder="Choose methods",
        help=f"Type to search; at most {_MAX_METHODS} beside each other.",
    )


def choose_preset() -> None:
    """Draw the presets; choosing one replaces all options of all methods."""
    written = {write_options(_placed(preset)): name for name, preset in PRESETS.items()}
    present = written.get(write_options(_all_options()))
    show("preset", present or _NO_PRESET)
    segments(
        "Preset",
        [*PRESETS, *([] if present else [_NO_PRESET])],
        key="preset",
        default=_NO_PRESET,
        name=lambda name: PRESETS[name].name if name in PRESETS else "Your own",
        on_change=_apply_preset,
        help="\n\n".join(f"**{preset.name}**: {preset.sentence}" for preset in PRESETS.values()),
    )


def choose_options(
    method: Method,
    *,
    model: Model | None = None,
    layers: Sequence[str] = (),
    classes: Sequence[str] = (),
    only: Sequence[str] | None = None,
    level: str = LEVELS[-1],
    stacked: bool = False,
    then: Callable[[str], None] = lambda _name: None,
) -> dict[str, Any]:
    """Draw a control for each parameter of a method and give the options that differ from its defaults.

    Args:
        method: whose.
        model: the network, which makes a tensor (1, C, H, W) of a user's own image; None where no option takes one.
        layers: names of the layers that a parameter which names a layer may take.
        classes: names that a parameter which names a class may take.
        only: names of the parameters to draw; all if not given.
        level: one of `LEVELS`; what is first shown at a later one is drawn only where it differs from its default.
        stacked: whether the controls stand below each other, all as wide as what they are in.
        then: called with the parameter's name after a user changed it.
    """
    named = {"layer": layers, "class": classes}
    shown = _chosen(method, named)
    drawn = shown_parameters(method, level, METHODS_CHOSEN["options"].text)
    width: Width = "stretch" if stacked else _WIDTH
    with _row() if not stacked else nullcontext():
        for parameter in drawn:
            if only is None or parameter.name in only:
                value = shown.get(parameter.name, parameter.default)
                key = f"option.{method.id}.{parameter.name}"
                keeper = partial(_keeper, method, parameter, then, key=key)
                _draw(keeper, parameter, value, named.get(parameter.names), key, width)
    return options_of(method, model=model, layers=layers, classes=classes)


def options_of(
    method: Method, *, model: Model | None = None, layers: Sequence[str] = (), classes: Sequence[str] = ()
) -> dict[str, Any]:
    """The same options as they are chosen now, without drawing; arguments as `choose_options`."""
    options = _chosen(method, {"layer": layers, "class": classes})
    images = {
        name: cached_image(each.id) for name, each in options.items() if isinstance(each, UploadedImage)
    }
    here = {
        name: model.preprocess(image)
        for name, image in images.items()
        if model is not None and image is not None
    }
    return {name: value for name, value in options.items() if name not in images} | here


def keep_option(method: Method, name: str, value: Any) -> None:
    """Choose the value of a method's option; the control that shows it follows."""
    options = _all_options()
    options.setdefault(method_key(method), {})[name] = value
    METHODS_CHOSEN["options"].keep(write_options(options))


def _row() -> DeltaGenerator:
    return st.container(horizontal=True, vertical_alignment="bottom", gap="medium")


def _all_options() -> dict[str, dict[str, Any]]:
    return read_options(METHODS_CHOSEN["options"].text)


def _apply_preset() -> None:
    preset = PRESETS.get(st.session_state["preset"])
    if preset is not None:
        METHODS_CHOSEN["options"].keep(write_options(_placed(preset)))


def _placed(preset: PresetGroup) -> dict[str, Mapping[str, Any]]:
    """The options of a preset by place."""
    return {method_key(METHODS[method]): options for method, options in preset.options.items()}


def _chosen(method: Method, named: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The options chosen that differ from the defaults, without names of what there is not here."""
    options = _all_options().get(method_key(method), {})
    return {
        each.name: options[each.name]
        for each in method.parameters
        if each.name in options
        and options[each.name] != each.default
        and (each.names not in named or options[each.name] in named[each.names])
    }


def _spelt(word: str) -> str:
    return _SPELT.get(word, word.replace("_", " ").capitalize())


def _draw(
    keeper: Keeper, parameter: Parameter, value: Any, names: Sequence[str] | None, key: str, width: Width
) -> None:
    """Draw the control that a parameter's declaration asks for."""
    label = _spelt(parameter.name)
    shared = {"key": key, "help": _help(parameter)}
    if names is not None:
        empty = None if type(None) in parameter.types else ""
        keep = keeper(lambda name: name or empty)
        show(key, value or "")
        choice(
            label,
            ["", *names],
            default="",
            name=lambda name: name or "Automatic",
            on_change=keep,
            width=width,
            **shared,
        )
    elif parameter.choices:
        _draw_choices(keeper, parameter, value, label, width, **shared)
    else:
        show(key, value)
        _draw_value(parameter, label, on_change=keeper(), width=width, **shared)


def _draw_choices(
    keeper: Keeper, parameter: Parameter, value: Any, label: str, width: Width, *, key: str, **shared: Any
) -> None:
    """Draw a choice of words; where a tensor will do as well, an image of one's own is one of them."""
    uploaded = isinstance(value, UploadedImage)
    takes_image = Tensor in parameter.types
    options = [*parameter.choices, *([NO_IMAGE.id] if takes_image else [])]
    show(key, NO_IMAGE.id if uploaded else value)
    draw: Callable[..., str] = segments if len(options) <= _FEW_CHOICES else choice
    draw(
        label,
        options,
        key=key,
        default=parameter.default,
        name=_spelt,
        on_change=keeper(lambda word: NO_IMAGE if word == NO_IMAGE.id else word),
        width=width if draw is choice else "content",
        **shared,
    )
    if uploaded:
        _draw_upload(keeper, parameter, value, key=f"{key}.file")


def _draw_upload(keeper: Keeper, parameter: Parameter, value: UploadedImage, *, key: str) -> None:
    """Draw the way to hand over an image and read it; a refused one is said in its place."""
    keep = keeper(
        lambda file: UploadedImage(uploaded_id("upload", file.getvalue())) if file else NO_IMAGE, key=key
    )
    file = st.file_uploader(
        "Your image",
        max_upload_size=_MAX_UPLOAD_MB,
        key=key,
        on_change=keep,
        width=_WIDTH,
        help="It is cut and scaled as the network's images are, and stays in this server's memory for a "
        "while, never on disk.",
    )
    try:
        if file is not None and uploaded_id("upload", file.getvalue()) == value.id:
            read_uploaded(value.id, file.getvalue())
    except FeatvizError as error:
        st.error(escape_markdown(str(error)), icon=":material/broken_image:")
    if cached_image(value.id) is None:
        st.caption(f"Until there is an image of yours, {parameter.default} is taken.")


def _draw_value(parameter: Parameter, label: str, **shared: Any) -> None:
    """Draw a switch, a number or a text, whichever the parameter takes."""
    if bool in parameter.types:
        st.toggle(label, **{**shared, "width": "content"})
    elif float in parameter.types or int in parameter.types:
        draw_number(parameter, label, **shared)
    else:
        st.text_input(label, **shared)


def _help(parameter: Parameter) -> str:
    words = parameter.help[:1].upper() + parameter.help[1:]
    default = "automatic" if parameter.default is None else str(parameter.default).replace("_", " ")
    return f"{words} Default: {default}.".strip()


def _keeper(
    method: Method,
    parameter: Parameter,
    then: Callable[[str], None],
    option: Callable[[Any], Any] = lambda value: value,
    *,
    key: str,
) -> Callable[[], None]:
    """What happens when a user changes a control: the option it stands for enters the text."""

    def keep() -> None:
        keep_option(method, parameter.name, option(st.session_state[key]))
        then(parameter.name)

    return keep
