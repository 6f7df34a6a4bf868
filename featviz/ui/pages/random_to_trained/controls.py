"""Which run, which layer and which image the page From random to trained shows."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from featviz.analysis.film import spatial_layers
from featviz.training.bundle.runs import RUNS
from featviz.training.run import TrainingRun
from featviz.training.trained_source import trained_run
from featviz.ui.inputs.controls import choice, segments, whole_number
from featviz.ui.pages.random_to_trained.view_state import MAPS, VIEW
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.training.bundled_runs import open_run
from featviz.ui.state.training.trained import offered_names

__all__ = ["FilmRequest", "choose_film"]

_FIRST = "shapes-texture"


@dataclass(frozen=True, eq=False)
class FilmRequest:
    """What is to be seen.

    Attributes:
        name: of the run.
        run: itself, finished.
        layer: whose features.
        position: of the image whose feature maps are shown, among the run's images.
        method: id of the projection.
    """

    name: str
    run: TrainingRun
    layer: str
    position: int
    method: str

    @property
    def key(self) -> tuple[object, ...]:
        """What the features depend on, without the image."""
        return (self.run.spec.key, self.run.data.digest, self.layer)


def choose_film() -> FilmRequest:
    """Draw the controls."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        name, run = _choose_run()
        layers = FEATURES.compute(
            ("film layers", run.spec.key, run.data.digest),
            lambda: spatial_layers(run.epochs[0]),
            lambda _: 4096,
        )
        layer = choice(
            "Layer",
            layers,
            key=VIEW["film_layer"],
            default=_usual(layers),
            width=260,
            help="Whose features make the map and the curves; its feature maps are in the film.",
        )
        position = _choose_image(run)
        method = segments("Map", list(MAPS), key=VIEW["film_map"], name=MAPS.__getitem__)
    return FilmRequest(name, run, layer, position, method)


def _choose_run() -> tuple[str, TrainingRun]:
    names = {name: run.title for name, run in RUNS.items()} | {name: _own(name) for name in offered_names()}
    name = choice(
        "Run",
        list(names),
        key=VIEW["film_run"],
        default=_FIRST,
        name=names.__getitem__,
        width=390,
        help="Finished runs that come with featviz, and those that you trained on the page Train.",
    )
    run = None if name in RUNS else trained_run(name)
    return name, open_run(name if name in RUNS else _FIRST) if run is None else run


def _choose_image(run: TrainingRun) -> int:
    held_out, entry = run.data.held_out, VIEW["film_image"]
    number = whole_number(entry, 0, len(held_out) - 1, 0)
    st.number_input(
        "Image",
        0,
        len(held_out) - 1,
        key=entry.key,
        persist_state="session",
        width=130,
        help="Which of the held-out images, counted from 0: its feature maps are in the film.",
    )
    return int(held_out[number])


def _own(name: str) -> str:
    return f"Yours: {name.rpartition('/')[2]}"


def _usual(layers: list[str]) -> str:
    """The block in the middle, or the layer: deep enough to mean something, its maps large enough to be looked at."""
    parts = ("conv", "norm", "activation", "pool")
    blocks = [name for name in layers if name.count(".") == 1 and not name.endswith(parts)]
    offered = blocks or layers
    return offered[len(offered) // 2]
