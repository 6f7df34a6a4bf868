"""The film canvas: the newest picture of a run, its film to scrub through and its score, in the browser."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from featviz.ui.components.browser.component import component
from featviz.ui.components.browser.payload import pack

__all__ = ["encode", "film_canvas"]

_LONGEST_CURVE = 240

_viewer = component("featviz_film", Path(__file__).parent / "film.js", html='<div class="film"></div>')


def film_canvas(
    pictures: NDArray[np.uint8],
    *,
    film: Sequence[NDArray[np.uint8]],
    steps: Sequence[int],
    curve: Sequence[float],
    words: str,
    total: int,
    running: bool,
    run: str,
    key: str,
) -> bool:
    """Draw a run. While it goes on, only its newest pictures are sent, and the browser collects the film.

    Args:
        pictures: the newest, (N, H, W, 3).
        film: (N, h, w, 3) each.
        steps: at which each picture of the film was made.
        curve: the score at each step so far.
        words: what stands below the pictures.
        total: how many steps there may be.
        running: whether more will come.
        run: an id; another one starts another film.
        key: names the canvas.

    Returns:
        Whether the browser has shown this run, and with it the page it belongs to.
    """
    sent = encode(pictures, () if running else film, steps, curve, words, total, run)
    return bool(_viewer(key=key, data=sent, on_shown_change=lambda: None).shown == run)


def encode(
    pictures: NDArray[np.uint8],
    film: Sequence[NDArray[np.uint8]],
    steps: Sequence[int],
    curve: Sequence[float],
    words: str,
    total: int,
    run: str,
) -> bytes:
    """Pack a run for the browser: its newest images, its film, and what is said of them."""
    stride = -(-len(curve) // _LONGEST_CURVE) or 1
    sampled = [*range(0, len(curve), stride), *([len(curve) - 1] if (len(curve) - 1) % stride else [])]
    header = {
        "steps": list(steps) if film else [],
        "curve": [[step, float(f"{curve[step]:.5g}")] for step in sampled],
        "words": words,
        "total": total,
        "run": run,
    }
    frames = {"film": np.stack(film)} if film else {}
    return pack(header, newest=pictures, **frames).data
