"""The film canvas: the newest picture of a run, its film to scrub through and its score, in the browser."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

__all__ = ["encode", "film_canvas"]

_HERE = Path(__file__).parent
_LONGEST_CURVE = 240

_viewer = st.components.v2.component(
    "featviz_film",
    html='<div class="film"></div>',
    css=(_HERE / "film_canvas.css").read_text(encoding="utf-8"),
    js=(_HERE / "film_canvas.js").read_text(encoding="utf-8"),
)


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
    """Pack a run for the browser: 4 bytes length of the header, the header in JSON, newest pictures, film."""
    stride = -(-len(curve) // _LONGEST_CURVE) or 1
    places = [*range(0, len(curve), stride), *([len(curve) - 1] if (len(curve) - 1) % stride else [])]
    header = {
        "newest": pictures.shape[:3],
        "film": [len(film), *(film[0].shape[:3] if film else (0, 0, 0))],
        "steps": list(steps) if film else [],
        "curve": [[place, float(f"{curve[place]:.5g}")] for place in places],
        "words": words,
        "total": total,
        "run": run,
    }
    text = json.dumps(header).encode()
    raw = [np.ascontiguousarray(each).tobytes() for each in (pictures, *film)]
    return b"".join((len(text).to_bytes(4, "little"), text, *raw))
