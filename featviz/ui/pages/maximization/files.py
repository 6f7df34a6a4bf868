"""What can be taken away from a run: the image, the film, the numbers."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from featviz.render.overlay import to_png
from featviz.ui.pages.maximization.film import Film, pixels
from featviz.ui.pages.maximization.request import MaximizationRequest

__all__ = ["draw_downloads", "film_bytes"]

_MILLISECONDS = 90
_LAST_MILLISECONDS = 1500
_SIDE = 256


def draw_downloads(request: MaximizationRequest, film: Film | None) -> None:
    """Draw the buttons that download a run; they wait for its end."""
    name = f"{request.persuaded}_{request.spec.text}".replace("/", "_").replace("*", "all")
    files: dict[str, tuple[Callable[[Film], bytes], str, str]] = {
        "Image (PNG)": (_images_png, f"{name}.png", "image/png"),
        "Film (GIF)": (lambda film: film_bytes(film, "GIF"), f"{name}.gif", "image/gif"),
        "Film (WebP)": (lambda film: film_bytes(film, "WEBP"), f"{name}.webp", "image/webp"),
        "Numbers (NPZ)": (lambda film: film.frame.to_npz(), f"{name}.npz", "application/octet-stream"),
    }
    with st.container(horizontal=True, gap="small"):
        for label, (make, file, kind) in files.items():
            st.download_button(
                label,
                _maker(make, film),
                file,
                kind,
                on_click="ignore",
                icon=":material/download:",
                disabled=film is None,
            )


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


def _images_png(film: Film) -> bytes:
    return to_png(_beside(pixels(film.frame)))


def _beside(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.concatenate(list(images), axis=1)


def _enlarged(tile: NDArray[np.uint8]) -> Image.Image:
    image = Image.fromarray(tile)
    factor = max(1, _SIDE // tile.shape[0])
    return image.resize((image.width * factor, image.height * factor), Image.Resampling.BICUBIC)
