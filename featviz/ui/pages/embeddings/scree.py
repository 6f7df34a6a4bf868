"""The scree: how much of all variation each principal component holds, where a map is made of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from featviz.render.charts.bars import scree_bars
from featviz.ui.components.chart import chart, chart_theme
from featviz.ui.pages.embeddings.request import ProjectionRequest
from featviz.ui.pages.embeddings.tasks import stage_of

__all__ = ["draw_scree", "scree_words"]


def draw_scree(run: ProjectionRequest) -> None:
    """Draw the folded scree of a map that has one."""
    stage = stage_of(run)
    about = {} if stage is None or stage.result is None else stage.result.about
    if not about.get("scree"):
        return
    shares, shown = about["scree"], about["explained_variance_ratio"]
    with st.expander("How much the components explain", icon=":material/bar_chart:"):
        st.markdown(scree_words(shares, shown))
        marked = [shares.index(each) for each in shown if each in shares]
        told = f"The explained variance of the first {len(shares)} principal components."
        chart(scree_bars(shares, marked, theme=chart_theme()), alt=told, key="scree")


def scree_words(shares: Sequence[float], shown: Sequence[float]) -> str:
    """What the scree says, in a sentence.

    Args:
        shares: of the first components, the largest first.
        shown: of those that the map shows.
    """
    total = np.cumsum(shares)
    enough = int(np.searchsorted(total, 0.9)) + 1
    nine = (
        f"nine tenths need {enough}"
        if enough <= len(shares)
        else f"the first {len(shares)} hold {total[-1]:.0%}"
    )
    return f"The {len(shown)} components shown hold **{sum(shown):.0%}** of all variation; {nine}."
