"""Fetching pretrained weights while the user watches: size, progress, time left, stop."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Literal

import streamlit as st

from featviz.errors import FeatvizError, WeightsUnavailable
from featviz.models.cards import ModelCard
from featviz.progress import Progress
from featviz.ui.state.feedback import end_page, escape_markdown, show_failure
from featviz.ui.state.jobs import Job
from featviz.ui.state.live import Policy, RerunWhenChanged, redraw
from featviz.ui.state.session import jobs
from featviz.ui.state.shared_view import DEFAULT_MODEL, SHARED

__all__ = ["offer_download"]

_KIND = "download"
Rank = Literal["primary", "secondary"]
Fetch = Callable[[], Iterator[Progress[Path]]]


def offer_download(card: ModelCard, fetch: Fetch) -> None:
    """Offer to fetch the pretrained weights of a network, show the running download, and end the page."""
    job = jobs().get(_KIND)
    ours = job if job is not None and job.key == card.name else None
    rerun = RerunWhenChanged(lambda: ours is not None and ours.running)
    if ours is not None and rerun.busy:
        redraw(partial(_draw, card, ours), rerun, Policy())
    else:
        _offer(card, fetch, None if ours is None else ours.error)
    end_page()


def _offer(card: ModelCard, fetch: Fetch, error: Exception | None) -> None:
    if isinstance(error, FeatvizError):
        st.error(escape_markdown(str(error)), icon=":material/cloud_off:")
    elif error is not None:
        show_failure(error)
    st.info(
        f"**{card.short_name}**: its pretrained weights ({card.download_mb:.0f} MB) are not on this machine yet.",
        icon=":material/download:",
    )
    draw = (
        (_draw_random, _draw_fetch) if isinstance(error, WeightsUnavailable) else (_draw_fetch, _draw_random)
    )
    with st.container(horizontal=True):
        draw[0](card, fetch, "primary")
        draw[1](card, fetch, "secondary")
        st.button("Upload a checkpoint", on_click=_choose, args=("weights", "file"))
        st.button("Back to the bundled network", on_click=_choose, args=("model", DEFAULT_MODEL))


def _draw_fetch(card: ModelCard, fetch: Fetch, rank: Rank) -> None:
    if st.button("Download them", type=rank, icon=":material/download:"):
        jobs().submit(_KIND, card.name, fetch, scheduler=None)
        st.rerun()


def _draw_random(_card: ModelCard, _fetch: Fetch, rank: Rank) -> None:
    st.button("Use random weights", type=rank, on_click=_choose, args=("weights", "random"))


def _choose(key: str, value: str) -> None:
    SHARED[key].keep(value)


def _draw(card: ModelCard, job: Job[object]) -> None:
    progress = job.latest
    text, share = f"Downloading {card.name} …", 0.0
    if isinstance(progress, Progress) and progress.total:
        share = progress.share
        left = progress.seconds * (1 - share) / max(share, 1e-6)
        text = (
            f"Downloading {card.name}: {progress.done / 1e6:.0f} of {progress.total / 1e6:.0f} MB, "
            f"{left:.0f} s left"
        )
    st.progress(share, text)
    st.button("Stop", on_click=job.cancel, icon=":material/stop:")
