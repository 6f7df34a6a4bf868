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
from featviz.ui.pages.maximization.request import MaximizationRequest
from featviz.ui.state.live import explain_refusal, live
from featviz.ui.state.tasks import Task

__all__ = ["ABLATIONS", "Ablation", "draw_ablations"]

TRICKS = "tricks"
_STEPS = 256


@dataclass(frozen=True)
class Ablation:
    """One regularization setting: its name, parameterization and preset of transforms, and options of the two."""

    name: str
    parameterization: str
    transforms: str
    options: tuple[tuple[str, Any], ...] = ()


ABLATIONS = (
    Ablation("Pixels alone", "pixel", "plain", (("colors", "none"),)),
    Ablation("Pixels + augmentation", "pixel", "lucid", (("colors", "none"),)),
    Ablation("Fourier and colours", "fourier", "lucid"),
    Ablation("MACO", "maco", "maco_crops"),
)


def draw_ablations(request: MaximizationRequest) -> None:
    """Draw the four, or a button that makes them, with its cost."""
    st.subheader("Ablation of regularization", anchor=False)
    st.caption("The same unit, the same seed, four ways to paint.")
    live(_task(request), _draw, offer="Paint it in four ways", refuse=explain_refusal)


def _requests(request: MaximizationRequest) -> list[MaximizationRequest]:
    seed = {"seed": request.options["seed"]} if "seed" in request.options else {}
    steps = min(_STEPS, int(request.options.get("steps", _STEPS)))
    return [
        replace(
            request,
            parameterization=ablation.parameterization,
            transforms=ablation.transforms,
            count=1,
            start=None,
            options={**seed, **dict(ablation.options), "steps": steps, "every": 4},
        )
        for ablation in ABLATIONS
    ]


def _task(request: MaximizationRequest) -> Task:
    requests = _requests(request)

    def work() -> Iterator[Progress[NDArray[np.uint8]]]:
        finished: list[NDArray[np.uint8]] = []
        for index, one in enumerate(requests):
            for frame in one.frames():
                tiles = np.concatenate([*finished, pixels(frame)])
                done = frame.steps * index + (frame.steps if frame.ended else frame.step)
                yield Progress(done, frame.steps * len(requests), result=tiles)
            finished.append(pixels(frame))

    key = ("tricks", *(one.key for one in requests))
    return Task(TRICKS, key, "The four", work, _bytes, sum(one.seconds for one in requests))


def _bytes(result: object) -> int:
    return result.nbytes if isinstance(result, np.ndarray) else 0


def _draw(tiles: NDArray[np.uint8]) -> None:
    for column, ablation, tile in zip(st.columns(len(ABLATIONS)), ABLATIONS, tiles, strict=False):
        column.image(tile, caption=ablation.name, width="stretch", output_format="PNG")
