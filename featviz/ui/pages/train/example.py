"""A finished run that comes along, shown before anybody has trained."""

from __future__ import annotations

import streamlit as st

from featviz.training.bundle.runs import RUNS
from featviz.training.run import TrainingRun
from featviz.ui.pages.train.slow_motion import draw_slow_motion
from featviz.ui.pages.train.view import draw_run
from featviz.ui.state.feedback import escape_markdown
from featviz.ui.state.training.bundled_runs import open_run

__all__ = ["draw_example"]

_NAME = "shapes-texture"


def draw_example() -> None:
    """Draw the run, and say that it is an example."""
    recipe = RUNS[_NAME]
    run: TrainingRun = open_run(_NAME)
    st.divider()
    st.markdown(f"**A finished run as an example: {escape_markdown(recipe.title)}**")
    st.caption(f"{recipe.description} It comes with featviz; press *Train* above for a run of your own.")
    draw_run(run)
    draw_slow_motion(run)
