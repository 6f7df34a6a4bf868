"""The matrix of attributions on the screen: maps as they come, the trust strip under each, what slow ones cost."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from featviz.explain.attribution.attribute import Attribution
from featviz.explain.evaluation.check import CHECKS, Finding
from featviz.ui.components.overlay_grid.overlay_grid import Cell, Chip, overlay_grid
from featviz.ui.inputs.display import keep_opacity
from featviz.ui.pages.attribution.display import OverlayLook
from featviz.ui.pages.attribution.matrix import Matrix
from featviz.ui.pages.attribution.request import MAPS, TRUST, Request
from featviz.ui.pages.attribution.tasks import POLICY, Plan, approvals, approve, start_matrix
from featviz.ui.pages.attribution.view_state import VIEW
from featviz.ui.state.chosen_image import input_pixels
from featviz.ui.state.live import draw_progress, live
from featviz.ui.state.session import jobs
from featviz.ui.state.tasks import (
    Refusal,
    Task,
    cached_result,
    current,
    duration,
    ended_without_result,
    running,
)

__all__ = ["chosen_request", "draw_matrix"]


def chosen_request(matrix: Matrix, made: Plan) -> Request:
    """The map that is looked at: clicked, named by a link, or the first that neither is refused nor waits."""
    wanted = {request.id: request for request in matrix.wanted}
    waits = {id(task) for task in made.slow_maps}
    comes = (
        request
        for request in matrix.wanted
        if id(made.maps[request.id]) not in waits
        and not isinstance(cached_result(made.maps[request.id]), Refusal)
    )
    return wanted.get(VIEW["cell"].text) or next(comes, matrix.wanted[0])


def draw_matrix(matrix: Matrix, look: OverlayLook) -> Plan:
    """Draw all maps, and start what is missing; while something runs, they are drawn again as they come."""
    made = start_matrix(matrix)
    live(
        made.quick,
        lambda *_found: _draw(matrix, look, made),
        policy=POLICY,
        status=None,
        refuse=None,
        chosen=_view_state,
    )
    return made


def _view_state() -> tuple[object, ...]:
    """What is chosen inside the drawing, and concerns the rest of the page."""
    return VIEW["cell"].text, VIEW["blend"].text, approvals()


def _draw(matrix: Matrix, look: OverlayLook, made: Plan) -> None:
    seen = {
        request.model.fingerprint: input_pixels(request.model, request.picture) for request in matrix.wanted
    }
    numbers = {name: number for number, name in enumerate(seen)}
    cells = [
        [_cell(request, made, numbers, f"{across}.{down}") for down, request in enumerate(row)]
        for across, row in enumerate(matrix.requests)
    ]
    maps = {cell.id: cell.map for row in cells for cell in row if cell.map is not None}
    methods = {request.id: request.method for request in matrix.wanted}
    overlay_grid(
        list(seen.values()),
        cells,
        rows=matrix.rows,
        columns=matrix.columns,
        scales=look.scales(maps, methods),
        colour_map=look.colour_map,
        opacity=look.opacity,
        selected=chosen_request(matrix, made).id,
        on_select=VIEW["cell"].keep,
        on_opacity=keep_opacity,
        scale_note=look.note,
        key="attributions",
    )
    _draw_work(made)


def _draw_work(made: Plan) -> None:
    for kind, tasks in ((MAPS, made.maps.values()), (TRUST, _all_checks(made))):
        job = jobs().get(kind)
        unfinished = job is not None and (job.running or ended_without_result(job))
        if unfinished and any(cached_result(task) is None for task in tasks):
            draw_progress(kind)
    _offer(made.slow_maps, "Run the slow methods")
    _offer(made.slow_checks, "Check all maps")


def _offer(tasks: list[Task], label: str) -> None:
    """A button for work that takes long, with its cost."""
    if not tasks:
        return
    cost = duration(sum(task.seconds for task in tasks))
    st.button(f"{label} (about {cost})", on_click=approve, args=(tasks,), icon=":material/play_arrow:")


def _all_checks(made: Plan) -> list[Task]:
    slow = {id(task) for task in made.slow_checks}
    return [task for checks in made.checks.values() for task in checks.values() if id(task) not in slow]


def _cell(request: Request | None, made: Plan, numbers: dict[str, int], place: str) -> Cell:
    if request is None:
        return Cell(f"none.{place}", "", 0, None, note="This method reads no layer: see the first column.")
    task, picture = made.maps[request.id], numbers[request.model.fingerprint]
    found, note = cached_result(task), ""
    if isinstance(found, Refusal):
        return Cell(request.id, request.name, picture, None, note=found.reason)
    if not isinstance(found, Attribution):
        found, note = _unfinished(task, made)
    shown = found.map if isinstance(found, Attribution) else None
    if isinstance(found, Attribution) and not found.varies:
        note = "No variation: this method gives every place the same value."
    findings = made.findings(request)
    checks = made.checks.get(request.id, {})
    chips = tuple(
        _chip(name, task, findings) for name, task in checks.items() if _says(task, findings.get(name))
    )
    said = made.verdict(request)
    told = said.sentence if said.figure or len(findings) == len(checks) > 0 else ""
    return Cell(request.id, request.name, picture, shown, note, chips, told, said.level)


def _unfinished(task: Task, made: Plan) -> tuple[object | None, str]:
    """The map of a task without a result, as far as it is known, and what to say about it."""
    doing = current(task)
    if doing is not None:
        said = f"{'' if running(MAPS) else 'Stopped at '}{doing.done} of {doing.total}"
        return doing.result, said
    if any(task is slow for slow in made.slow_maps):
        return None, f"This takes about {duration(task.seconds)}: start it below."
    return None, "Waiting …"


def _says(task: Task, found: Finding | None) -> bool:
    """Whether a check says something about a map, or still may."""
    return found.level != "unknown" if found is not None else not isinstance(cached_result(task), Refusal)


def _chip(name: str, task: Task, findings: Mapping[str, Finding]) -> Chip:
    check, found = CHECKS[name], findings.get(name)
    if found is not None:
        return Chip(check.name, found.figure, found.level, found.sentence)
    return Chip(check.name, "…", "unknown", f"{check.summary} About {duration(task.seconds)}.")
