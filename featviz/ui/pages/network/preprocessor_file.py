"""The file in which others keep the preprocessing of a network: read, and chosen as if it had been typed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import streamlit as st

from featviz.models.checkpoints.settings import FoundSettings, parsed_settings
from featviz.models.model import Model
from featviz.models.preprocessing import Preprocessing, preprocessing_of
from featviz.text import printable
from featviz.ui.state.feedback import escape_markdown
from featviz.ui.state.shared_view import SHARED

__all__ = ["File", "draw_preprocessor_file"]

_MAX_MB = 1
_TAKEN = "_preprocessor_file"


class File(NamedTuple):
    """An uploaded file: an id that changes with it, its name and its bytes."""

    id: str
    name: str
    data: bytes


def draw_preprocessor_file(model: Model) -> bool:
    """Draw the field, and choose what the file in it says once for each checkpoint.

    Args:
        model: of the checkpoint.

    Returns:
        whether something was chosen, so that the page is out of date.
    """
    file = _uploaded()
    if file is None:
        return False
    found, seen = parsed_settings(file.data, printable(file.name)), preprocessing_of(model.transform)
    problem = _problem(found, len(seen.mean))
    if problem:
        st.error(f"{escape_markdown(printable(file.name))}: {problem}", icon=":material/block:")
        return False
    for difference in _not_taken(found, seen):
        st.caption(f"Not taken from the file: {difference}.")
    taken = (file.id, model.name, SHARED["checkpoint"].text)
    is_new = st.session_state.get(_TAKEN) != taken
    st.session_state[_TAKEN] = taken
    return is_new and _chosen(found)


def _uploaded() -> File | None:
    file = st.file_uploader(
        "Preprocessor file (optional)",
        type=["json"],
        max_upload_size=_MAX_MB,
        key="preprocessor.file",
        help="The preprocessor_config.json or config.json that lies beside many checkpoints: the input size, the mean "
        "and the standard deviation are read from it.",
    )
    return None if file is None else File(file.file_id, file.name, file.getvalue())


def _problem(found: FoundSettings, channels: int) -> str:
    """Why the file cannot be followed, and what to do; "" where it can."""
    if not found:
        return (
            "It says neither an input size nor a mean and a standard deviation. Choose the "
            "preprocessor_config.json or config.json beside the checkpoint, or the numbers above."
        )
    if found.mean is not None and len(found.mean) not in (1, channels):
        images = "gray images" if channels == 1 else "images of three colors"
        return f"It is for images of {len(found.mean)} channels, and this network takes {images}."
    return ""


def _not_taken(found: FoundSettings, seen: Preprocessing) -> Iterator[str]:
    if found.interpolation not in (None, seen.interpolation):
        yield f"{found.interpolation} interpolation ({seen.interpolation} is used)"
    if found.resize is not None and found.resize != seen.resize:
        yield f"a shorter side of {found.resize} pixels before the square is cut out ({seen.resize} is used)"


def _chosen(found: FoundSettings) -> bool:
    if found.input_size is not None:
        SHARED["input_size"].keep(found.input_size)
    if found.mean is not None and found.std is not None:
        SHARED["statistics"].keep("/".join(",".join(map(repr, each)) for each in (found.mean, found.std)))
    return True
