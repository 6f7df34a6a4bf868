"""The axis of depth: layers at equal distances, named as far as there is room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featviz.render.charts.template import chart_text

__all__ = ["depths", "stage_axis"]

_LONGEST_NAME = 16
# Characters that stand beside each other on the narrowest screen.
_ROOM = 24


def depths(count: int) -> NDArray[np.float64]:
    """Where the layers of a network stand between its first layer, 0, and its last, 1; one alone in the middle."""
    return np.linspace(0, 1, count) if count > 1 else np.full(count, 0.5)


def stage_axis(names: Sequence[str], *, max_names: int, title: str) -> dict[str, Any]:
    """The axis under values at `depths(len(names))`.

    Args:
        names: of the layers, in order of depth.
        max_names: how many are written; the first and the last always are.
        title: of the axis.
    """
    positions = depths(len(names))
    count = min(len(names), max_names)
    written = np.unique(np.linspace(0, len(names) - 1, count).round().astype(int))
    return {
        "title": {"text": title},
        "tickvals": positions[written],
        "ticktext": [chart_text(names[index], _LONGEST_NAME) for index in written],
        "tickangle": 0 if sum(map(len, names)) <= _ROOM else -35,
        "range": [-0.04, 1.04],
    }
