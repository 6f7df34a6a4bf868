"""The runs that come along, each read once for everybody."""

from __future__ import annotations

from featviz.training.bundle.runs import bundled_run
from featviz.training.run import TrainingRun
from featviz.ui.state.cache import FEATURES

__all__ = ["open_run"]

_BYTES = 48 << 20


def open_run(name: str) -> TrainingRun:
    """A finished run; shared by all, so it is only looked at.

    Raises:
        BadInput: no run of this name comes along.
    """
    return FEATURES.compute(("bundled run", name), lambda: bundled_run(name), lambda _: _BYTES)
