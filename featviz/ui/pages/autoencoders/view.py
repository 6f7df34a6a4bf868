"""What the page Autoencoders shows: reconstructions beside PCA's, the code as a map, and walks through it."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from featviz.analysis.reconstructions import as_images, decoded, interpolation, traversal
from featviz.render.mosaic import mosaic
from featviz.render.point_colors import by_category, single_color
from featviz.representation.projection import project
from featviz.training.run import TrainingRun
from featviz.ui.components.legend.legend import map_legend
from featviz.ui.components.scatter.scatter import ScatterEvent, scatter
from featviz.ui.inputs.controls import segments, whole_number
from featviz.ui.pages.autoencoders.controls import Comparison
from featviz.ui.pages.autoencoders.view_state import ORDERS, VIEW

__all__ = ["draw_code", "draw_reconstructions", "draw_walks"]

Pixels = NDArray[np.uint8]
_SHOWN, _STEPS, _MOST_UNITS = 16, 9, 8
_TILE = 64
_GRID = 15
_TAKEN = "_taken_code"


def draw_reconstructions(run: TrainingRun, both: Comparison) -> None:
    """Draw originals, reconstructions and PCA's, and both errors."""
    components = both.pca.codes.shape[1]
    st.subheader("Reconstructions", anchor=False)
    order = segments("Order", list(ORDERS), key=VIEW["code_order"], name=ORDERS.__getitem__)
    errors = both.ours.errors
    ranked = {"set": np.arange(len(errors)), "worst": np.argsort(-errors), "best": np.argsort(errors)}[order]
    rows = ranked[:_SHOWN]
    images = as_images(run.data, run.data.normalized(run.data.images[run.data.held_out[rows]]))
    ours, theirs = (as_images(run.data, each.images[rows]) for each in (both.ours, both.pca))
    for name, row in (("Original", images), ("Autoencoder", ours), (f"PCA, {components} components", theirs)):
        st.caption(name)
        st.image(_strip(row), width="stretch", output_format="PNG")
    share = both.ours.error / both.pca.error
    better = "less" if share < 1 else "more"
    st.markdown(
        f"Reconstruction error on {len(errors):,} held-out images: **{both.ours.error:.3f}** for the autoencoder with "
        f"a code of {both.ours.codes.shape[1]}, **{both.pca.error:.3f}** for PCA with {components} components "
        f"({abs(1 - share):.0%} {better})."
    )
    st.caption(
        "Mean squared error of pixels, in units of their variance over the training images: 1 is what always giving "
        "the mean color would cost. Neither has seen these images."
    )


def draw_code(run: TrainingRun, both: Comparison) -> None:
    """Draw the codes of held-out images as a map, and what a grid of codes is decoded to."""
    codes = both.ours.codes
    flat = codes if codes.shape[1] == 2 else project(codes, "pca").points
    labels = _labels(run)
    colors = by_category(labels, "Class") if labels else single_color(len(codes), "All images")
    how = (
        "The two numbers of the code"
        if codes.shape[1] == 2
        else "The first two principal components of the code"
    )
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader("The code as a map", anchor=False)
        event = scatter(
            flat,
            key="code.map",
            colors=colors.indices,
            palette=colors.palette,
            captions=[_caption(labels, row) for row in range(len(codes))],
            height=420,
            equal=False,
            about=("autoencoder", run.spec.network),
        )
        if labels:
            map_legend(colors, frozenset(), key="code.legend", on_change=lambda _hidden: None)
        st.caption(
            f"{how}, of {len(codes):,} held-out images. Classes were not told to the network. Pick a point to begin "
            "the walks below at its image."
        )
        _take_pick(event, len(codes))
    with right:
        if codes.shape[1] == 2:
            st.subheader("What codes are decoded to", anchor=False)
            st.image(_decoded_grid(run, codes), width="stretch", output_format="PNG")
            st.caption(
                "The same square of codes, 15 by 15: each is decoded to an image, also where no image of the set is."
            )


def draw_walks(run: TrainingRun, both: Comparison) -> None:
    """Draw an interpolation between two images, and a traversal of each number of the code."""
    codes, count = both.ours.codes, len(both.ours.codes)
    st.subheader("Interpolation", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        first = _number("From image", "code_first", count)
        second = _number("To image", "code_second", count)
    network = run.task.network.eval()
    line = decoded(network, interpolation(codes[first], codes[second], _STEPS))
    st.image(_strip(as_images(run.data, line)), width="stretch", output_format="PNG")
    st.caption("Codes on the straight line between those of two held-out images, decoded.")
    st.subheader("Traversal", anchor=False)
    low, high = (np.percentile(codes, percent, axis=0) for percent in (2, 98))
    for unit in range(min(codes.shape[1], _MOST_UNITS)):
        walk = decoded(network, traversal(codes[first], unit, float(low[unit]), float(high[unit]), _STEPS))
        st.image(_strip(as_images(run.data, walk)), width="stretch", output_format="PNG")
        st.caption(
            f"Number {unit} of the code, from {low[unit]:.2f} to {high[unit]:.2f}, all others as in the first image."
        )


def _take_pick(event: ScatterEvent, count: int) -> None:
    """Begin walks at the image that was picked last, once."""
    if event.serial in (0, st.session_state.get(_TAKEN)) or event.pinned is None or event.pinned >= count:
        return
    st.session_state[_TAKEN] = event.serial
    VIEW["code_first"].keep(event.pinned)


def _number(label: str, key: str, count: int) -> int:
    entry = VIEW[key]
    value = whole_number(entry, 0, count - 1, min(int(str(entry.default)), count - 1))
    st.number_input(label, 0, count - 1, key=entry.key, width=150, persist_state="session")
    return value


def _strip(images: Pixels) -> Pixels:
    """Images beside each other, each 64 pixels high, enlarged without blurring."""
    large = [
        np.array(Image.fromarray(each).resize((_TILE, _TILE), Image.Resampling.NEAREST)) for each in images
    ]
    return mosaic(np.stack(large), len(large), gap=4, background=(128, 128, 128))


def _decoded_grid(run: TrainingRun, codes: NDArray[np.float32]) -> Pixels:
    low, high = (np.percentile(codes, percent, axis=0) for percent in (2, 98))
    across, up = (np.linspace(low[axis], high[axis], _GRID) for axis in (0, 1))
    grid = np.array([(x, y) for y in up[::-1] for x in across], np.float32)
    images = as_images(run.data, decoded(run.task.network.eval(), grid))
    return mosaic(images, _GRID, gap=0)


def _labels(run: TrainingRun) -> tuple[str, ...]:
    data = run.data
    codes = data.labels[data.held_out].tolist()
    if len(data.classes) < 2 or min(codes) < 0:
        return ()
    return tuple(data.classes[code] for code in codes)


def _caption(labels: tuple[str, ...], row: int) -> str:
    return f"{labels[row]}\nimage {row}" if labels else f"image {row}"
