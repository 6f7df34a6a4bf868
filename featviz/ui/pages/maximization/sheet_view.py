"""The sheet on the screen: it fills while one watches, and a click drives the unit."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.render.captioned import MIN_SIDE, enlarged
from featviz.render.sheet import sheet as drawn
from featviz.ui.components.map_grid.map_grid import map_grid
from featviz.ui.inputs.controls import whole_number
from featviz.ui.inputs.file_download import draw_image_download, subject_parts
from featviz.ui.pages.maximization.bundled_sheets import gallery_sheet
from featviz.ui.pages.maximization.request import MaximizationRequest
from featviz.ui.pages.maximization.sheet import PER_PAGE, Sheet, SheetRequest
from featviz.ui.pages.maximization.view_state import VIEW
from featviz.ui.pages.maximization.warm_start import clear_warm_start
from featviz.ui.state.current_unit import announce_unit
from featviz.ui.state.feedback import escape_markdown
from featviz.ui.state.live import Policy, draw_offer, explain_refusal, live
from featviz.ui.state.tasks import Task, cached_result, duration
from featviz.ui.state.theme import scaled

__all__ = ["draw_sheet"]

_COLUMNS = 8
_LONG = 600.0


def draw_sheet(unit_request: MaximizationRequest) -> None:
    """Draw the sheet of the layer that a run's unit is in, or a button that makes it, with its cost."""
    everything = (
        "All classes"
        if unit_request.spec.layer is None
        else f"All channels of {escape_markdown(unit_request.spec.layer)}"
    )
    st.subheader(everything, anchor=False)
    request = SheetRequest(unit_request, _choose_page(SheetRequest(unit_request, 0)))
    task = request.task()
    bundled = gallery_sheet(request)
    if bundled is not None:
        st.caption("Made beforehand with these very options.")
        _draw_whole(request, bundled)
        return
    live(
        task,
        partial(_draw, request, task),
        policy=Policy(ask=True, tick=0.6),
        offer=partial(_offer, request, task),
        refuse=explain_refusal,
        chosen=lambda: VIEW["objective"].text,
    )


def _offer(request: SheetRequest, task: Task) -> None:
    caption = "Each painted as above, in fewer steps: a sheet is for choosing."
    draw_offer([task], f"Make the sheet of {len(request.specs)} (about {duration(task.seconds)})", caption)
    if task.seconds > _LONG:
        st.caption(
            "Fewer steps or a smaller image, chosen above, make it cheaper: both take their share of the time."
        )


def _draw(request: SheetRequest, task: Task, sheet: Sheet) -> None:
    if cached_result(task) is None:
        _draw_tiles(request, sheet)
    else:
        _draw_whole(request, sheet)


def _draw_whole(request: SheetRequest, sheet: Sheet) -> None:
    _draw_tiles(request, sheet)
    _draw_download(request, sheet)


def _choose_page(first: SheetRequest) -> int:
    if first.pages == 1:
        return 0
    page = whole_number(VIEW["sheet"], 1, first.pages, _page_of(first))
    names = list(range(1, first.pages + 1))
    st.selectbox(
        "Classes" if first.unit_request.spec.layer is None else "Channels",
        names,
        key=VIEW["sheet"].key,
        format_func=lambda page: (
            f"{(page - 1) * PER_PAGE} to {min(page * PER_PAGE, first.units) - 1} of {first.units}"
        ),
        persist_state="session",
        width=scaled(220),
    )
    return page - 1


def _page_of(first: SheetRequest) -> int:
    return next(
        (
            page + 1
            for page in range(first.pages)
            if SheetRequest(first.unit_request, page).selected is not None
        ),
        1,
    )


def _draw_tiles(request: SheetRequest, sheet: Sheet) -> None:
    names = [spec.name(request.unit_request.model) for spec in request.specs[: len(sheet.tiles)]]
    labels = [
        name if moved else f"{name}: nothing moved it" for name, moved in zip(names, sheet.moved, strict=True)
    ]
    selected = request.selected
    map_grid(
        sheet.tiles,
        labels=labels,
        key="sheet.grid",
        selected=selected if selected is not None and selected < len(labels) else None,
        on_select=partial(_choose, request),
        noun="classes" if request.unit_request.spec.layer is None else "channels",
        height_limit=None,
        controls=False,
    )
    stuck = int((~sheet.moved).sum())
    if stuck:
        st.caption(f"{stuck} of {len(sheet.moved)}: nothing moved them from this start.")


def _choose(request: SheetRequest, index: int) -> None:
    VIEW["objective"].keep(request.specs[index].text)
    announce_unit(VIEW.name)
    clear_warm_start()


def _draw_download(request: SheetRequest, sheet: Sheet) -> None:
    unit_request = request.unit_request
    about = subject_parts(unit_request.model, unit_request.spec.layer or "classes", _range(request))
    draw_image_download("Sheet (PNG)", partial(_drawn, request, sheet), about)


def _range(request: SheetRequest) -> str:
    first = request.page * PER_PAGE
    return f"{first} to {first + len(request.specs) - 1}"


def _drawn(request: SheetRequest, sheet: Sheet) -> NDArray[np.uint8]:
    """Eight to a row; at the left, the number of each row's first."""
    tiles = [enlarged(tile, MIN_SIDE // _COLUMNS) for tile in sheet.tiles]
    rows = [tiles[first : first + _COLUMNS] for first in range(0, len(tiles), _COLUMNS)]
    first = request.page * PER_PAGE
    return drawn(
        [[*row, *[None] * (_COLUMNS - len(row))] for row in rows],
        rows=[str(first + index * _COLUMNS) for index in range(len(rows))],
        columns=[f"+{index}" for index in range(_COLUMNS)],
        tile=tiles[0].shape[0],
    )
