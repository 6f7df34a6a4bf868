"""What the tricks do: one unit painted in four ways beside each other, from bare pixels to phases alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.progress import Progress
from featviz.ui.pages.maximization.film import pixels
from featviz.ui.pages.maximization.request import Run
from featviz.ui.state.live import explain_refusal, live
from featviz.ui.state.tasks import Task

__all__ = ["WAYS", "Way", "draw_tricks"]

TRICKS = "tricks"
_STEPS = 256


@dataclass(frozen=True)
class Way:
    """A way to paint: its name, the kind of image, what it must survive, and options of the two."""

    name: str
    image: str
    robustness: str
    options: tuple[tuple[str, Any], ...] = ()


WAYS = (
    Way("Pixels alone", "pixel", "plain", (("colours", "none"),)),
    Way("Pixels + augmentation", "pixel", "lucid", (("colours", "none"),)),
    Way("Fourier and colours", "fourier", "lucid"),
    Way("MACO", "maco", "maco_crops"),
)


def draw_tricks(run: Run) -> None:
    """Draw the four, or a button that makes them, with its cost."""
    st.subheader("Ablation of regularization", anchor=False)
    st.caption("The same unit, the same seed, four ways to paint.")
    live(_task(run), _draw, offer="Paint it in four ways", refuse=explain_refusal)


def _runs(run: Run) -> list[Run]:
    seed = {"seed": run.options["seed"]} if "seed" in run.options else {}
    steps = min(_STEPS, int(run.options.get("steps", _STEPS)))
    return [
        replace(
            run,
            image=way.image,
            robustness=way.robustness,
            count=1,
            begin=None,
            options={**seed, **dict(way.options), "steps": steps, "every": 4},
        )
        for way in WAYS
    ]


def _task(run: Run) -> Task:
    runs = _runs(run)

    def work() -> Iterator[Progress[NDArray[np.uint8]]]:
        finished: list[NDArray[np.uint8]] = []
        for number, one in enumerate(runs):
            for frame in one.frames():
                tiles = np.concatenate([*finished, pixels(frame)])
                done = frame.steps * number + (frame.steps if frame.ended else frame.step)
                yield Progress(done, frame.steps * len(runs), result=tiles)
            finished.append(pixels(frame))

    key = ("tricks", *(one.key for one in runs))
    return Task(TRICKS, key, "The four", work, _bytes, sum(one.seconds for one in runs))


def _bytes(found: object) -> int:
    return found.nbytes if isinstance(found, np.ndarray) else 0


def _draw(tiles: NDArray[np.uint8]) -> None:
    for column, way, tile in zip(st.columns(len(WAYS)), WAYS, tiles, strict=False):
        column.image(tile, caption=way.name, width="stretch", output_format="PNG")
