"""Buttons that download files whose names, and images whose captions, say what is in them."""

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.models.cards import training_moment
from featviz.models.model import Model
from featviz.render.captioned import ColorBar, captioned, file_name
from featviz.render.overlay import to_png
from featviz.ui.inputs.images.ids import image_name
from featviz.ui.state.chosen_image import ChosenImage

__all__ = ["draw_file_download", "draw_image_download", "subject_parts"]

_MIME = {
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "svg": "image/svg+xml",
    "csv": "text/csv",
}


def subject_parts(model: Model, *what: str, image: ChosenImage | None = None) -> tuple[str, ...]:
    """What a file is about: the network, its weights, the parts that are shown, and of which image."""
    named = () if image is None else (image_name(image),)
    return (model.name, training_moment(model.weights), *what, *named)


def draw_file_download(
    label: str,
    make: Callable[[], bytes],
    about: Sequence[str],
    kind: str,
    *,
    key: str | None = None,
    disabled: bool = False,
) -> None:
    """Draw a button that downloads a file.

    Args:
        label: of the button.
        make: gives the file; it is called when the button is pressed.
        about: what is in it, for its name.
        kind: what stands behind the last dot of the name.
        key: names the button where others have its label.
        disabled: whether there is nothing to download yet.
    """
    st.download_button(
        label,
        make,
        file_name(about, kind),
        _MIME.get(kind, "application/octet-stream"),
        on_click="ignore",
        icon=":material/download:",
        key=key,
        disabled=disabled,
    )


def draw_image_download(
    label: str,
    draw: Callable[[], NDArray[np.uint8]],
    about: Sequence[str],
    *,
    note: str = "",
    bar: Callable[[], ColorBar] | None = None,
    key: str | None = None,
    disabled: bool = False,
) -> None:
    """Draw a button that downloads an image, large enough for a slide, with what it shows written below it.

    Args:
        label: of the button.
        draw: gives the image (H, W, 3); it is called when the button is pressed.
        about: what it shows, for its caption and its name.
        note: what else its caption says.
        bar: gives what the colors mean.
        key: names the button where others have its label.
        disabled: whether there is nothing to download yet.
    """

    def make() -> bytes:
        return to_png(captioned(draw(), " · ".join(filter(None, [*about, note])), bar=bar() if bar else None))

    draw_file_download(label, make, about, "png", key=key, disabled=disabled)
