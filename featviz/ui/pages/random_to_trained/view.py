"""What the page From random to trained shows: the film, the map of an epoch, and curves through all epochs."""

from __future__ import annotations

import math

import numpy as np
import streamlit as st

from featviz.analysis.film import Film
from featviz.render.charts.bars import Values
from featviz.render.charts.training_curves import epoch_curves
from featviz.render.point_colors import by_category, single_color
from featviz.training.bundle.runs import RUNS
from featviz.ui.app.thumbnail_route import thumbnail_address
from featviz.ui.components.chart import chart, chart_theme
from featviz.ui.components.film.film import film_canvas
from featviz.ui.components.legend.legend import map_legend
from featviz.ui.components.scatter.scatter import scatter
from featviz.ui.inputs.controls import whole_number
from featviz.ui.pages.random_to_trained.controls import FilmRequest
from featviz.ui.pages.random_to_trained.frames import film_frames
from featviz.ui.pages.random_to_trained.view_state import VIEW
from featviz.ui.state.feedback import escape_markdown
from featviz.ui.state.image_sets import open_bundled_set

__all__ = ["draw_curves", "draw_film", "draw_map"]

_HEIGHT = 460
_SCORES = (
    ("held_out_accuracy", "held-out accuracy"),
    ("neighbor_accuracy", "nearest neighbors"),
    ("held_out_loss", "held-out loss"),
)


def draw_film(request: FilmRequest) -> None:
    """Draw kernels and feature maps as a film to scrub through."""
    run, frames = request.run, film_frames(request)
    metric, quantity = next(
        (name, words) for name, words in _SCORES if any(name in epoch.metrics for epoch in run.epochs)
    )
    kernels = "the kernels of the first layer, gray where they are 0, on one scale for all epochs; "
    if len(frames[0]) < 3:
        kernels = ""
    st.subheader("Kernels and feature maps", anchor=False)
    film_canvas(
        frames[-1],
        film=frames,
        steps=[epoch.number for epoch in run.epochs],
        curve=[epoch.metrics.get(metric, math.nan) for epoch in run.epochs],
        words=f"after each epoch, from random (0) to trained ({run.epochs[-1].number})",
        quantity=quantity,
        total=run.epochs[-1].number,
        running=False,
        run=f"{run.spec.key[:12]} {request.layer} {request.position}",
        key="film.canvas",
        unit="epoch",
        note="",
    )
    st.caption(
        f"From left to right: feature maps of the image in {escape_markdown(request.layer)}, each on its own scale; "
        f"{kernels}the image. Drag the slider below the film to go through the epochs."
    )


def draw_map(request: FilmRequest, film: Film) -> None:
    """Draw the probe images as the layer arranges them after one epoch."""
    run = request.run
    last = len(film.frames) - 1
    st.subheader("How the layer arranges the images", anchor=False)
    entry = VIEW["film_epoch"]
    number = whole_number(entry, 0, run.epochs[-1].number, run.epochs[-1].number)
    st.slider(
        "Epoch",
        0,
        run.epochs[-1].number,
        key=entry.key,
        help="0 is the network before training.",
        persist_state="session",
    )
    frame = film.frames[min(number, last)]
    colors = (
        by_category(film.labels, "Class") if film.labels else single_color(len(film.positions), "All images")
    )
    scatter(
        frame.points,
        key="film.map",
        colors=colors.indices,
        palette=colors.palette,
        captions=[_caption(film, index) for index in range(len(film.positions))],
        thumbnails=_thumbnails(request),
        image_numbers=film.positions,
        height=_HEIGHT,
        about=(request.name, film.layer, f"epoch {frame.number}"),
    )
    if film.labels:
        map_legend(colors, frozenset(), key="film.legend", on_change=lambda _hidden: None)
    st.caption(
        f"{len(film.positions):,} held-out images, which the network never learned from; {_words(frame.number, film)}"
    )


def draw_curves(request: FilmRequest, film: Film) -> None:
    """Draw what changes through the epochs, with the one that is looked at marked."""
    numbers = np.array([frame.number for frame in film.frames])
    mark = float(VIEW["film_epoch"].text or numbers[-1])
    shares = {"Nearest neighbors": _values([frame.neighbor_accuracy for frame in film.frames])}
    accuracy = [epoch.metrics.get("held_out_accuracy") for epoch in request.run.epochs[: len(numbers)]]
    if any(value is not None for value in accuracy):
        shares = {"Held-out accuracy": _values(accuracy), **shares}
    theme = chart_theme()
    if film.labels:
        st.subheader("Accuracy", anchor=False, help=_NEIGHBORS)
        chart(
            epoch_curves(numbers, shares, y_title="Accuracy", mark=mark, share=True, theme=theme),
            alt="Accuracy through the epochs.",
            key="film.accuracy",
        )
    st.subheader("Similarity", anchor=False, help=_SIMILARITY)
    similar = {
        "To the start": _values([frame.similarity_to_start for frame in film.frames]),
        "To the end": _values([frame.similarity_to_end for frame in film.frames]),
    }
    chart(
        epoch_curves(numbers, similar, y_title="CKA, debiased", mark=mark, theme=theme),
        alt="Similarity to the start and to the end through the epochs.",
        key="film.similarity",
    )
    st.subheader("Effective rank", anchor=False, help=_RANK)
    ranks = {"Effective rank": _values([frame.effective_rank for frame in film.frames])}
    chart(
        epoch_curves(numbers, ranks, y_title="Dimensions", mark=mark, theme=theme),
        alt="Effective rank through the epochs.",
        key="film.rank",
    )


_NEIGHBORS = "How often a vote of the ten nearest other probe images, by this layer's features, gives an image's class."
_SIMILARITY = (
    "Debiased linear CKA between this layer's features of the probe images after each epoch and those before training, "
    "and after the last epoch: 1 for the same geometry, about 0 for unrelated ones."
)
_RANK = (
    "How many equally strong dimensions the layer's features use: the exponential of the entropy of their singular "
    "values (Roy and Vetterli 2007)."
)


def _caption(film: Film, index: int) -> str:
    label = f"{film.labels[index]}\n" if film.labels else ""
    return f"{label}image {int(film.positions[index])}"


def _words(number: int, film: Film) -> str:
    frame = next(each for each in film.frames if each.number == number)
    dead = f"{frame.dead_units} of {frame.units} units give the same for all of them"
    return f"after epoch {number}, {dead}. The map of each epoch is laid over that of the one before."


def _values(values: list[float | None]) -> Values:
    return np.array([math.nan if value is None else value for value in values])


def _thumbnails(request: FilmRequest) -> str | None:
    """Where the images' thumbnails are, of runs on bundled images."""
    recipe = RUNS.get(request.name)
    return None if recipe is None else thumbnail_address(open_bundled_set(recipe.images, recipe.length))
