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
Use = Callable[[str], None]


def offer_download(card: ModelCard, fetch: Fetch, use: Use | None = None) -> None:
    """Offer to fetch the pretrained weights of a network, show the running download, and end the page.

    Args:
        card: of the network.
        fetch: downloads them.
        use: takes up other weights of it, by id; if not given, those of the sidebar.
    """
    job = jobs().get(_KIND)
    ours = job if job is not None and job.key == card.name else None
    rerun = RerunWhenChanged(lambda: ours is not None and ours.running)
    if ours is not None and rerun.busy:
        redraw(partial(_draw, card, ours), rerun, Policy())
    else:
        _offer(card, fetch, None if ours is None else ours.error, use)
    end_page()


def _offer(card: ModelCard, fetch: Fetch, error: Exception | None, use: Use | None) -> None:
    if isinstance(error, FeatvizError):
        st.error(escape_markdown(str(error)), icon=":material/cloud_off:")
    elif error is not None:
        show_failure(error)
    st.info(
        f"**{card.short_name}**: its pretrained weights ({card.download_mb:.0f} MB) are not on this machine yet.",
        icon=":material/download:",
    )
    take = SHARED["weights"].keep if use is None else use
    draw = [_draw_fetch, _draw_random]
    if isinstance(error, WeightsUnavailable):
        draw.reverse()
    ranks: tuple[Rank, Rank] = ("primary", "secondary")
    with st.container(horizontal=True):
        for each, rank in zip(draw, ranks, strict=True):
            each(card, fetch, take, rank)
        st.button("Upload a checkpoint", on_click=take, args=("file",))
        if use is None:
            st.button("Back to the bundled network", on_click=SHARED["model"].keep, args=(DEFAULT_MODEL,))


def _draw_fetch(card: ModelCard, fetch: Fetch, _take: Use, rank: Rank) -> None:
    if st.button("Download them", type=rank, icon=":material/download:"):
        jobs().submit(_KIND, card.name, fetch, scheduler=None)
        st.rerun()


def _draw_random(_card: ModelCard, _fetch: Fetch, take: Use, rank: Rank) -> None:
    st.button("Use random weights", type=rank, on_click=take, args=("random",))


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
