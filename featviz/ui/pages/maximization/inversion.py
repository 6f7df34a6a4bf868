"""Inversion through depth: what each layer keeps of the image, painted from its activations alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray
from PIL import Image

from featviz.explain.attribution.cost import seconds_a_pass
from featviz.explain.features.depth import layers_through_depth
from featviz.explain.maximization.inversion import invert
from featviz.models.model import Model
from featviz.progress import Progress
from featviz.ui.pages.maximization.film import pixels, reduced
from featviz.ui.state.chosen_image import ChosenImage, input_pixels
from featviz.ui.state.feedback import escape_markdown
from featviz.ui.state.live import explain_refusal, live
from featviz.ui.state.tasks import Task

__all__ = ["InvertedLayer", "depth_task", "draw_depth"]

DEPTH = "inversion"
_LAYERS, _STEPS, _EVERY = 5, 192, 4
_PASSES = 3
_LARGEST_TILE, _SHOWN = 224, 144


@dataclass(frozen=True, eq=False)
class InvertedLayer:
    """What a layer keeps of an image.

    Attributes:
        layer: its name.
        tile: (h, w, 3) the image painted from the layer's activations.
        distance: the squared difference of activations, over the given ones' square, and the price of roughness.
    """

    layer: str
    tile: NDArray[np.uint8]
    distance: float


def draw_depth(model: Model, image: ChosenImage) -> None:
    """Draw the image painted anew from layers through the depth, or a button that does it, with its cost."""
    st.subheader("Feature inversion", anchor=False)
    st.caption(
        "The image in the sidebar, painted anew from nothing but a layer's activations. What comes back is what the "
        "layer still knows; what differs is what it has let go (Mahendran and Vedaldi 2015). Below each: how far the "
        "layer's activations still are from those of the image (their squared difference as a share of their square), "
        "and by what share of the range from black to white the pixels differ in the mean."
    )
    names = [layer.name for layer in layers_through_depth(model.layers, _LAYERS)]
    if not names:
        st.info("No layer of this network has positions.", icon=":material/info:")
        return
    input_image = input_pixels(model, image)
    task = depth_task(model, image.id, input_image, names)
    live(task, partial(_draw, input_image), offer="Paint it through the depth", refuse=explain_refusal)


def depth_task(model: Model, image_id: str, image: NDArray[np.uint8], names: list[str]) -> Task:
    """The work that paints it from layer after layer."""

    def work() -> Iterator[Progress[tuple[InvertedLayer, ...]]]:
        finished: tuple[InvertedLayer, ...] = ()
        for index, name in enumerate(names):
            for frame in invert(model, Image.fromarray(image), name, steps=_STEPS, every=_EVERY):
                tile = reduced(pixels(frame), _LARGEST_TILE)[0]
                inversions = (*finished, InvertedLayer(name, tile, -frame.score))
                done = _STEPS * index + (_STEPS if frame.ended else frame.step)
                yield Progress(done, _STEPS * len(names), result=inversions)
            finished = inversions

    side = model.input_size
    shape = (1, model.input_channels, side, side)
    one = seconds_a_pass(model, torch.zeros(shape, device=model.device))
    key = ("inversion", model.fingerprint, str(model.device), image_id, tuple(names), _STEPS)
    return Task(DEPTH, key, "Inversion", work, _bytes, _PASSES * _STEPS * len(names) * one)


def _draw(image: NDArray[np.uint8], inversions: tuple[InvertedLayer, ...]) -> None:
    with st.container(horizontal=True, gap="small"):
        st.image(image, caption="the image", width=_SHOWN, output_format="PNG")
        for inverted in inversions:
            pixels_off = (
                np.abs(inverted.tile - np.asarray(_as_large(image, inverted.tile), np.float32)).mean() / 255
            )
            caption = (
                f"{escape_markdown(inverted.layer)}: activations {inverted.distance:.0%} off, "
                f"pixels {pixels_off:.0%} off"
            )
            st.image(inverted.tile, caption=caption, width=_SHOWN, output_format="PNG")


def _as_large(image: NDArray[np.uint8], tile: NDArray[np.uint8]) -> Image.Image:
    """The image in the size of a tile, (h, w, 3)."""
    return Image.fromarray(image).resize((tile.shape[1], tile.shape[0]), Image.Resampling.BOX)


def _bytes(result: object) -> int:
    return sum(inverted.tile.nbytes for inverted in result) if isinstance(result, tuple) else 0
