"""The film canvas: the newest image of a run, its film to scrub through and its score, in the browser."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from featviz.ui.components.browser.component import component
from featviz.ui.components.browser.payload import pack

__all__ = ["film_canvas", "pack_film"]

_LONGEST_CURVE = 240

_viewer = component("featviz_film", Path(__file__).parent / "film.js", html='<div class="film"></div>')


def film_canvas(
    images: NDArray[np.uint8],
    *,
    film: Sequence[NDArray[np.uint8]],
    steps: Sequence[int],
    curve: Sequence[float],
    words: str,
    quantity: str,
    total: int,
    running: bool,
    run: str,
    key: str,
    unit: str = "step",
    note: str = "as the network sees the transformed images",
) -> bool:
    """Draw a run. While it goes on, only its newest images are sent, and the browser collects the film.

    Args:
        images: the newest, (N, H, W, 3).
        film: (N, h, w, 3) each.
        steps: at which each image of the film was made.
        curve: the score at each step so far.
        words: what stands below the images.
        quantity: what a score is, such as "logit".
        total: how many steps there may be.
        running: whether more will come.
        run: an id; another one starts another film.
        key: names the canvas.
        unit: what a step is called.
        note: what is said of the score behind its range; "" for nothing.

    Returns:
        Whether the browser has shown this run, and with it the page it belongs to.
    """
    sent = pack_film(images, () if running else film, steps, curve, words, quantity, total, run, unit, note)
    return bool(_viewer(key=key, data=sent, on_shown_change=lambda: None).shown == run)


def pack_film(
    images: NDArray[np.uint8],
    film: Sequence[NDArray[np.uint8]],
    steps: Sequence[int],
    curve: Sequence[float],
    words: str,
    quantity: str,
    total: int,
    run: str,
    unit: str = "step",
    note: str = "",
) -> bytes:
    """Pack a run for the browser: its newest images, its film, and what is said of them."""
    stride = -(-len(curve) // _LONGEST_CURVE) or 1
    sampled = [*range(0, len(curve), stride), *([len(curve) - 1] if (len(curve) - 1) % stride else [])]
    header = {
        "steps": list(steps) if film else [],
        "curve": [[step, float(f"{curve[step]:.5g}")] for step in sampled],
        "words": words,
        "quantity": quantity,
        "total": total,
        "run": run,
        "unit": unit,
        "note": note,
    }
    frames = {"film": np.stack(film)} if film else {}
    return pack(header, newest=images, **frames).data
