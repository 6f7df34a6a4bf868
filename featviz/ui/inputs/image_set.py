"""The sidebar's choice of an image set: bundled, a folder of this server, a user's files, a selection."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.runtime.uploaded_file_manager import UploadedFile

from featviz.errors import BadInput, FeatvizError, ModelNotFound
from featviz.models.sources.load import model_card
from featviz.text import printable
from featviz.ui.inputs.controls import choice
from featviz.ui.inputs.network import image_slot
from featviz.ui.inputs.skipped_files import draw_skipped
from featviz.ui.state.feedback import escape_markdown, show_errors
from featviz.ui.state.image_sets import (
    BUNDLED,
    ChosenSet,
    cached_upload,
    open_bundled_set,
    open_folder,
    open_upload,
    part_of,
)
from featviz.ui.state.served_folders import served_folders
from featviz.ui.state.shared_view import SHARED
from featviz.ui.state.uploaded_sets import ENDINGS
from featviz.ui.state.view_state import Choice, Text, ViewState

__all__ = ["IMAGE_SET", "SIZES", "ChosenSet", "choose_set", "keep_selection"]

SIZES = ("500", "1000", "2000", "5000", "10000")
"""Of how many images of the Shapes world a set may consist."""

IMAGE_SET = ViewState("image set", set=Text(), set_size=Choice(SIZES, "2000"))
"""The set of images, and how many of it where that can be chosen."""

_UPLOADS, _SELECTIONS, _TAKEN, _LOST = "_own_sets", "_selections", "_taken_files", "_lost_set"
_MAX_SETS = 40
_MAX_UPLOAD_MB = 200


def choose_set() -> ChosenSet:
    """Draw the sidebar's controls of the image set and open what they say; where that fails the page ends."""
    with image_slot():
        st.subheader("Images", anchor=False)
        chooser = st.container()
        with st.expander("Upload your own", icon=":material/upload:"):
            _take_files()
        _check_link()
        with chooser, show_errors():
            chosen = _chosen()
            _describe(chosen)
    return chosen


def keep_selection(chosen: ChosenSet, positions: Sequence[int] | NDArray[np.integer], name: str) -> str:
    """Make a part of a set one of this session's sets, and give its id.

    Args:
        chosen: the set; of `EmbeddingResult`, its `chosen`, whose rows are the embeddings'.
        positions: in that set.
        name: a user's.

    Raises:
        BadInput: no positions, or one that is not there.
    """
    if not len(positions):
        raise BadInput("Nothing is selected: a set needs one image at least.", code="empty")
    part = part_of(chosen, positions, printable(name.strip()) or "Selection")
    selections = _session_sets(_SELECTIONS)
    selections[part.id] = part
    _forget_oldest(selections)
    return part.id


def _chosen() -> ChosenSet:
    names = _offered()
    set_id = choice(
        "Image set",
        list(names),
        key=IMAGE_SET["set"],
        default=_usual(),
        name=names.__getitem__,
        label_visibility="collapsed",
        help="Bundled sets, folders of this server, what you uploaded, and what you selected and named.",
    )
    lost = st.session_state.get(_LOST)
    if lost and set_id == _usual():
        st.warning(_gone(lost), icon=":material/link_off:")
    else:
        st.session_state.pop(_LOST, None)
    if set_id in BUNDLED:
        return open_bundled_set(set_id, _choose_length() if set_id == "shapes" else 0)
    if set_id in served_folders():
        return open_folder(set_id)
    chosen = _session_set(set_id)
    if chosen is None:
        raise BadInput(_gone(set_id), code="gone")
    return chosen


def _offered() -> dict[str, str]:
    """The names of all sets this session may choose, by id."""
    folders = {folder_id: f"Folder {printable(path.name)}" for folder_id, path in served_folders().items()}
    uploads = {set_id: f"Yours: {name}" for set_id, name in _session_names().items()}
    selections = {each.id: f"{each.name} ({len(each):,})" for each in _session_sets(_SELECTIONS).values()}
    return {**BUNDLED, **folders, **uploads, **selections}


def _session_set(set_id: str) -> ChosenSet | None:
    return _session_sets(_SELECTIONS).get(set_id) or cached_upload(set_id)


def _choose_length() -> int:
    return int(
        choice(
            "Number of images", SIZES, key=IMAGE_SET["set_size"], name=lambda size: f"{int(size):,} images"
        )
    )


def _take_files() -> None:
    """Draw the place for a user's files; new ones are read and become the chosen set."""
    files = st.file_uploader(
        "Images or embeddings",
        type=ENDINGS,
        accept_multiple_files=True,
        max_upload_size=_MAX_UPLOAD_MB,
        key="set.upload",
        label_visibility="collapsed",
        help="A zip, in which each folder is a class, or several images; beside them, if you like, a CSV "
        "with the columns file and label. Embeddings as NPZ (an array `vectors`, and `ids`), CSV or "
        "Parquet, with or without their images. They stay in this server's memory for a while and are "
        "never written to disk; embeddings computed of them are.",
    )
    st.caption(
        "**Images**: a zip in which each folder is a class, or image files, with a CSV of `file,label` if you like.  \n"
        "**Vectors**: an NPZ with an array `vectors` (and `ids`), a CSV or Parquet with a row for each."
    )
    if not files:
        st.session_state.pop(_TAKEN, None)
        return
    try:
        _take(files)
    except FeatvizError as error:
        st.error(escape_markdown(str(error)), icon=":material/block:")


def _take(files: Sequence[UploadedFile]) -> None:
    """Read files that are new, or that this server has forgotten while they are wanted."""
    token = " ".join(sorted(file.file_id for file in files))
    taken, taken_id = st.session_state.get(_TAKEN, ("", ""))
    forgotten = IMAGE_SET["set"].text == taken_id and cached_upload(taken_id) is None
    if token == taken and not forgotten:
        return
    upload = open_upload([(file.name, file.getvalue()) for file in files])
    names = _session_names()
    names[upload.id] = upload.name
    _forget_oldest(names)
    st.session_state[_TAKEN] = (token, upload.id)
    IMAGE_SET["set"].keep(upload.id)


def _check_link() -> None:
    """Take up a user's set that an address names, if this server still has it; else remember to say so."""
    set_id = IMAGE_SET["set"].text or _usual()
    if set_id in _offered():
        return
    upload = cached_upload(set_id)
    if upload is not None:
        _session_names()[set_id] = upload.name
    else:
        st.session_state[_LOST] = set_id
        IMAGE_SET["set"].keep(_usual())


def _gone(set_id: str) -> str:
    kind = set_id.partition("/")[0]
    why = {
        "upload": "uploaded images are not on this server any more: upload them again",
        "selection": "a selection lives only in the session in which it was made",
        "folder": "this server offers no such folder",
    }.get(kind, "there is no such image set here")
    return f"This link names a set that cannot be shown: {why}. {BUNDLED[_usual()]} is shown instead."


def _usual() -> str:
    """The set to begin with: of the kind the network was trained on."""
    try:
        suiting = model_card(SHARED["model"].text).suits
    except ModelNotFound:
        return "shapes"
    return "shapes" if suiting == "photos" else suiting  # there are only a few photographs


def _describe(chosen: ChosenSet) -> None:
    """Say how many images there are, and what was left out and why."""
    images, embeddings = chosen.images, chosen.embeddings
    words = f"{len(chosen):,} images" if images is not None else f"{len(chosen):,} embeddings without images"
    if embeddings is not None:
        words += f", {embeddings.dimensions:,} numbers each"
    if images is not None and images.classes:
        words += f", {len(images.classes):,} classes"
    st.caption(words)
    draw_skipped(images.skipped if images is not None else (), "files")


def _session_names() -> dict[str, str]:
    """Names of what users uploaded, by id, as far as this session knows of it."""
    names: dict[str, str] = st.session_state.setdefault(_UPLOADS, {})
    return names


def _session_sets(key: str) -> dict[str, ChosenSet]:
    sets: dict[str, ChosenSet] = st.session_state.setdefault(key, {})
    return sets


def _forget_oldest(sets: dict[str, str] | dict[str, ChosenSet]) -> None:
    while len(sets) > _MAX_SETS:
        del sets[next(iter(sets))]
