"""The sheet on the screen: it fills while one watches, and a click drives the unit."""

from __future__ import annotations

from functools import partial

import streamlit as st

from featviz.render.overlay import to_png
from featviz.render.sheet import sheet as drawn
from featviz.ui.components.map_grid.map_grid import map_grid
from featviz.ui.inputs.controls import whole_number
from featviz.ui.pages.maximization.bundled_sheets import gallery_sheet
from featviz.ui.pages.maximization.controls import from_scratch
from featviz.ui.pages.maximization.request import Run
from featviz.ui.pages.maximization.sheet import PER_PAGE, Sheet, SheetRun
from featviz.ui.pages.maximization.view_state import VIEW
from featviz.ui.state.feedback import escape_markdown
from featviz.ui.state.live import Policy, draw_offer, explain_refusal, live
from featviz.ui.state.tasks import Task, cached_result, duration

__all__ = ["draw_sheet"]

_COLUMNS = 8


def draw_sheet(run: Run) -> None:
    """Draw the sheet of the layer that a run's unit is in, or a button that makes it, with its cost."""
    everything = (
        "All classes" if run.aim.layer is None else f"All channels of {escape_markdown(run.aim.layer)}"
    )
    st.subheader(everything, anchor=False)
    wanted = SheetRun(run, _choose_page(SheetRun(run, 0)))
    task = wanted.task()
    bundled = gallery_sheet(wanted)
    if bundled is not None:
        st.caption("Made beforehand with these very options, by `python -m tests.maximization_gallery`.")
        _draw_whole(wanted, bundled)
        return
    live(
        task,
        partial(_draw, wanted, task),
        policy=Policy(ask=True, tick=0.6),
        offer=partial(_offer, wanted, task),
        refuse=explain_refusal,
        chosen=lambda: VIEW["aim"].text,
    )


def _offer(wanted: SheetRun, task: Task) -> None:
    caption = "Each painted as above, in fewer steps: a sheet is for choosing."
    draw_offer([task], f"Make the sheet of {len(wanted.aims)} (about {duration(task.seconds)})", caption)


def _draw(wanted: SheetRun, task: Task, found: Sheet) -> None:
    if cached_result(task) is None:
        _draw_tiles(wanted, found)
    else:
        _draw_whole(wanted, found)


def _draw_whole(wanted: SheetRun, found: Sheet) -> None:
    _draw_tiles(wanted, found)
    _draw_download(wanted, found)


def _choose_page(first: SheetRun) -> int:
    if first.pages == 1:
        return 0
    page = whole_number(VIEW["sheet"], 1, first.pages, _page_of(first))
    names = list(range(1, first.pages + 1))
    st.selectbox(
        f"Channels ({first.units} in all)",
        names,
        key=VIEW["sheet"].key,
        format_func=lambda page: f"{(page - 1) * PER_PAGE} to {min(page * PER_PAGE, first.units) - 1}",
        persist_state="session",
        width=220,
    )
    return page - 1


def _page_of(first: SheetRun) -> int:
    return next(
        (page + 1 for page in range(first.pages) if SheetRun(first.run, page).selected is not None), 1
    )


def _draw_tiles(wanted: SheetRun, found: Sheet) -> None:
    names = [aim.name(wanted.run.model) for aim in wanted.aims[: len(found.tiles)]]
    labels = [
        name if moved else f"{name}: nothing moved it" for name, moved in zip(names, found.moved, strict=True)
    ]
    selected = wanted.selected
    map_grid(
        found.tiles,
        labels=labels,
        key="sheet.grid",
        selected=selected if selected is not None and selected < len(labels) else None,
        on_select=partial(_choose, wanted),
        noun="classes" if wanted.run.aim.layer is None else "channels",
        height_limit=None,
        controls=False,
    )
    stuck = int((~found.moved).sum())
    if stuck:
        st.caption(f"{stuck} of {len(found.moved)}: nothing moved them from this start.")


def _choose(wanted: SheetRun, place: int) -> None:
    VIEW["aim"].keep(wanted.aims[place].text)
    from_scratch()


def _draw_download(wanted: SheetRun, found: Sheet) -> None:
    name = f"{wanted.run.persuaded}_{wanted.run.aim.layer or 'classes'}_sheet.png".replace("/", "_")
    st.download_button(
        "Sheet (PNG)",
        partial(_png, wanted, found),
        name,
        "image/png",
        on_click="ignore",
        icon=":material/download:",
    )


def _png(wanted: SheetRun, found: Sheet) -> bytes:
    """Eight to a row; at the left, the number of each row's first."""
    tiles = list(found.tiles)
    rows = [tiles[first : first + _COLUMNS] for first in range(0, len(tiles), _COLUMNS)]
    first = wanted.page * PER_PAGE
    return to_png(
        drawn(
            [[*row, *[None] * (_COLUMNS - len(row))] for row in rows],
            rows=[str(first + place * _COLUMNS) for place in range(len(rows))],
            columns=[f"+{place}" for place in range(_COLUMNS)],
            tile=tiles[0].shape[0],
        )
    )
