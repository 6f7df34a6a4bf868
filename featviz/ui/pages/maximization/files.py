"""What can be taken away from a run: the image, the film, the numbers."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from featviz.ui.inputs.file_download import draw_file_download, draw_image_download, subject_parts
from featviz.ui.pages.maximization.film import Film, pixels
from featviz.ui.pages.maximization.request import MaximizationRequest

__all__ = ["draw_downloads", "film_bytes"]

_MILLISECONDS = 90
_LAST_MILLISECONDS = 1500
_SIDE = 256


def draw_downloads(request: MaximizationRequest, film: Film | None) -> None:
    """Draw the buttons that download a run; they wait for its end."""
    about = subject_parts(request.model, request.early.stage if request.early else "", request.spec.text)
    with st.container(horizontal=True, gap="small"):
        draw_image_download("Image (PNG)", lambda: _images(film), about, disabled=film is None)
        for label, (make, kind) in _FILES.items():
            draw_file_download(label, _maker(make, film), about, kind, disabled=film is None)


def film_bytes(film: Film, kind: str) -> bytes:
    """The film as an animated "GIF" or "WEBP" that runs for ever and rests on its last image."""
    shown = [_enlarged(_beside(images)) for images in film.images]
    if kind == "GIF":
        shown = _in_shared_palette(shown, film)
    times = [_MILLISECONDS] * (len(shown) - 1) + [_LAST_MILLISECONDS]
    buffer = io.BytesIO()
    shown[0].save(
        buffer, kind, save_all=True, append_images=shown[1:], duration=times, loop=0, quality=85, method=2
    )
    return buffer.getvalue()


def _in_shared_palette(shown: list[Image.Image], film: Film) -> list[Image.Image]:
    """The images in 256 colors of the whole film: to look for 256 in each would take most of the time."""
    every = np.concatenate([_beside(images) for images in film.images])
    if bool((every == every[..., :1]).all()):
        return [image.convert("L") for image in shown]
    palette = Image.fromarray(every).quantize(method=Image.Quantize.FASTOCTREE)
    return [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in shown]


def _maker(make: Callable[[Film], bytes], film: Film | None) -> Callable[[], bytes]:
    return lambda: b"" if film is None else make(film)


def _images(film: Film | None) -> NDArray[np.uint8]:
    return np.zeros((1, 1, 3), np.uint8) if film is None else _beside(pixels(film.frame))


def _beside(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.concatenate(list(images), axis=1)


def _enlarged(tile: NDArray[np.uint8]) -> Image.Image:
    image = Image.fromarray(tile)
    factor = max(1, _SIDE // tile.shape[0])
    return image.resize((image.width * factor, image.height * factor), Image.Resampling.BICUBIC)


_FILES: dict[str, tuple[Callable[[Film], bytes], str]] = {
    "Film (GIF)": (lambda film: film_bytes(film, "GIF"), "gif"),
    "Film (WebP)": (lambda film: film_bytes(film, "WEBP"), "webp"),
    "Numbers (NPZ)": (lambda film: film.frame.to_npz(), "npz"),
}
