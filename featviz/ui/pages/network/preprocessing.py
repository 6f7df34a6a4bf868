"""The preprocessing of an uploaded checkpoint: its controls, and what each choice does to the prediction."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd
import streamlit as st

from featviz.errors import FeatvizError
from featviz.models.model import Model, Prediction
from featviz.models.outputs import Outputs
from featviz.models.predictions import with_complement
from featviz.models.preprocessing import STATISTICS, Preprocessing, parsed_statistics, preprocessing_of
from featviz.ui.inputs.controls import choice, show
from featviz.ui.pages.network.preprocessor_file import draw_preprocessor_file
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.chosen_image import ChosenImage
from featviz.ui.state.feedback import cached_compute
from featviz.ui.state.models import before_choices
from featviz.ui.state.shared_view import SHARED

__all__ = ["draw_preprocessing"]

_CUSTOM = "custom"
_KIND, _MEAN, _STD = "statistics.kind", "statistics.mean", "statistics.std"
_SIZE, _PICKED = "input_size.number", "_preprocessing_picked"
_SIZES = (32, 64, 224)
_TOP = 3
_BYTES = 1024
_OUTPUT_NAMES: dict[Outputs, str] = {
    "logits": "Logits (softmax)",
    "probabilities": "Probabilities",
    "log_probabilities": "Log-probabilities (exp)",
    "one_logit": "One logit (sigmoid)",
    "multi_label": "Several labels (sigmoid of each)",
    "embedding": "Embedding (no classes)",
}


class _Row(NamedTuple):
    """A preprocessing, and the best classes of the image under it; none where the network cannot take it."""

    preprocessing: Preprocessing
    predictions: list[Prediction]


def draw_preprocessing(model: Model, image: ChosenImage) -> None:
    """Draw the controls and the comparison; nothing for a network whose preprocessing is known."""
    if model.weights != "checkpoint":
        return
    st.subheader("Preprocessing", anchor=False)
    st.caption(
        "What the network was trained with is not always in its file. Seen through another preprocessing, it "
        "answers wrongly, however sure it is."
    )
    size_column, statistics_column, outputs_column = st.columns(3, gap="medium")
    with size_column:
        _choose_size(model)
    with statistics_column:
        _choose_statistics(model)
    with outputs_column:
        _choose_outputs(before_choices(model))
    if draw_preprocessor_file(model):
        _show_choice()
    _draw_comparison(model, image)


def _choose_size(model: Model) -> None:
    show(_SIZE, model.input_size)
    st.number_input(
        "Input size",
        1,
        2048,
        step=1,
        key=_SIZE,
        on_change=lambda: SHARED["input_size"].keep(int(st.session_state[_SIZE])),
        help="Height and width in pixels of what the network gets. An image of another shape is cut to a square.",
    )


def _choose_statistics(model: Model) -> None:
    """The mean and the standard deviation: usual ones, or numbers of one's own."""
    seen = preprocessing_of(model.transform)
    known = [key for key, each in STATISTICS.items() if len(each.mean) == len(seen.mean)]
    is_custom = not seen.statistics or st.session_state.get(_KIND) == _CUSTOM
    show(_KIND, _CUSTOM if is_custom else seen.statistics)
    st.selectbox(
        "Mean and standard deviation",
        [*known, _CUSTOM],
        key=_KIND,
        format_func=lambda key: STATISTICS[key].name if key in STATISTICS else "Others",
        on_change=_keep_kind,
        help="Each value, from 0 to 1, has the mean taken off and is divided by the standard deviation.",
    )
    if is_custom:
        _choose_numbers(seen)


def _keep_kind() -> None:
    if st.session_state[_KIND] != _CUSTOM:
        SHARED["statistics"].keep(st.session_state[_KIND])


def _choose_numbers(seen: Preprocessing) -> None:
    for key, label, numbers in ((_MEAN, "Mean", seen.mean), (_STD, "Standard deviation", seen.std)):
        if key not in st.session_state:
            st.session_state[key] = ", ".join(f"{each:.6g}" for each in dict.fromkeys(numbers))
        st.text_input(label, key=key, on_change=_keep_numbers, help="One number, or red, green, blue.")
    try:
        parsed_statistics(_typed())
    except FeatvizError:
        st.error(
            "Write one number or three, separated by commas; a standard deviation is above 0.",
            icon=":material/block:",
        )


def _keep_numbers() -> None:
    try:
        parsed_statistics(_typed())
    except FeatvizError:
        return
    SHARED["statistics"].keep(_typed())


def _typed() -> str:
    return "/".join(str(st.session_state.get(key, "")).replace(" ", "").strip(",") for key in (_MEAN, _STD))


def _choose_outputs(base: Model) -> None:
    """What the numbers of the network are; at first what is known, or was found out."""
    one = base.card.classes == 1
    options = [kind for kind in _OUTPUT_NAMES if kind != "logits"] if one else list(_OUTPUT_NAMES)
    choice(
        "Outputs",
        [kind for kind in options if one or kind != "one_logit"],
        key=SHARED["outputs"],
        default=base.outputs,
        name=lambda kind: _OUTPUT_NAMES[kind],  # type: ignore[index]
        help="What the numbers are that the network outputs, and so how probabilities are made of them.",
    )


def _draw_comparison(model: Model, image: ChosenImage) -> None:
    """Draw the best classes of the image under each usual preprocessing; ticking a row chooses it."""
    seen = preprocessing_of(model.transform)
    rows = [row for each in _usual(seen) if (row := _row(model, image, each)).predictions]
    st.caption("The present image under each of the usual choices. Tick a row to choose it.")
    table = pd.DataFrame(
        {
            "Preprocessing": [_row_name(row.preprocessing, seen) for row in rows],
            "Prediction": [row.predictions[0].label for row in rows],
            "Probability" if model.reading.function else "Output": [
                row.predictions[0].value_text(1) for row in rows
            ],
            "Next": [
                ", ".join(f"{each.label} {each.value_text(1)}" for each in row.predictions[1:])
                for row in rows
            ],
        }
    )
    event = st.dataframe(
        table,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"preprocessing.{model.fingerprint[:8]}.{st.session_state.get(_PICKED, 0)}",
    )
    for index in event.selection.rows:
        _keep(rows[index].preprocessing)


def _keep(chosen: Preprocessing) -> None:
    """Choose a row, and begin a table without a tick."""
    st.session_state[_PICKED] = st.session_state.get(_PICKED, 0) + 1
    SHARED["input_size"].keep(chosen.input_size)
    SHARED["statistics"].keep(
        chosen.statistics or "/".join(",".join(map(str, each)) for each in (chosen.mean, chosen.std))
    )
    _show_choice()


def _show_choice() -> None:
    """Draw the page anew, with controls that show what was chosen."""
    for key in (_KIND, _MEAN, _STD):
        st.session_state.pop(key, None)
    st.rerun()


def _usual(seen: Preprocessing) -> list[Preprocessing]:
    """What is in use, then the usual means and deviations at its size, then the usual sizes with its own."""
    alike = [each for each in STATISTICS.values() if len(each.mean) == len(seen.mean)]
    of_statistics = [
        seen.changed(mean=each.mean, std=each.std) for each in alike if each.name != _statistics_name(seen)
    ]
    of_sizes = [seen.changed(size) for size in _SIZES if size != seen.input_size]
    return [seen, *of_statistics, *of_sizes]


def _row(model: Model, image: ChosenImage, preprocessing: Preprocessing) -> _Row:
    def predicted() -> list[Prediction]:
        x = preprocessing(image.image)[None].to(model.device)
        try:
            return with_complement(model.predict(x, _TOP)[0], model.reading)
        except FeatvizError:
            return []

    key = ("predictions under", model.fingerprint, model.classes, str(model.device), image.id, preprocessing)
    return _Row(
        preprocessing,
        cached_compute(FEATURES, key, predicted, lambda _: _BYTES, doing="Running the network"),
    )


def _row_name(preprocessing: Preprocessing, seen: Preprocessing) -> str:
    """Short enough for the answers to stand beside it on a phone."""
    name = f"{preprocessing.input_size} px, {_statistics_name(preprocessing).rpartition('values ')[2]}"
    return f"{name} (in use)" if preprocessing == seen else name


def _statistics_name(preprocessing: Preprocessing) -> str:
    known = STATISTICS.get(preprocessing.statistics)
    return preprocessing.statistics_text if known is None else known.name
