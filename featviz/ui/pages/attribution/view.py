"""The matrix of attributions on the screen: maps as they come, the trust strip under each, what slow ones cost."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import streamlit as st

from featviz.explain.attribution.attribute import Attribution
from featviz.explain.attribution.registry import METHODS
from featviz.explain.attribution.sanity_baselines import BASELINES
from featviz.explain.evaluation.check import CHECKS, Finding
from featviz.models.model import Model
from featviz.render.normalization import Scale
from featviz.ui.app.subject import draw_subject
from featviz.ui.components.overlay_grid.overlay_grid import Cell, Chip, overlay_grid
from featviz.ui.inputs.display import keep_opacity
from featviz.ui.pages.attribution.compared import DIFFERENCE, compared_sentences, difference_cell
from featviz.ui.pages.attribution.display import OverlayLook
from featviz.ui.pages.attribution.matrix import AttributionMatrix
from featviz.ui.pages.attribution.normal import what_is_normal
from featviz.ui.pages.attribution.request import MAPS, TRUST, AttributionRequest
from featviz.ui.pages.attribution.tasks import POLICY, MatrixTasks, approvals, approve, start_matrix
from featviz.ui.pages.attribution.view_state import VIEW
from featviz.ui.state.chosen_image import ChosenImage, input_pixels
from featviz.ui.state.feedback import escape_markdown
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

__all__ = ["chosen_request", "draw_matrix", "draw_second"]


def chosen_request(matrix: AttributionMatrix, tasks: MatrixTasks) -> AttributionRequest:
    """The map that is looked at: clicked, named by a link, or the first that neither is refused nor waits."""
    by_id = {request.id: request for request in matrix.unique_requests}
    waits = {id(task) for task in tasks.slow_maps}
    comes = (
        request
        for request in matrix.unique_requests
        if id(tasks.maps[request.id]) not in waits
        and not isinstance(cached_result(tasks.maps[request.id]), Refusal)
    )
    return by_id.get(VIEW["cell"].text) or next(comes, matrix.unique_requests[0])


def draw_matrix(matrix: AttributionMatrix, look: OverlayLook) -> MatrixTasks:
    """Draw all maps, and start what is missing; while something runs, they are drawn again as they come."""
    tasks = start_matrix(matrix)
    live(
        tasks.quick,
        lambda *_results: _draw(matrix, look, tasks),
        policy=POLICY,
        status=None,
        refuse=None,
        chosen=_view_state,
    )
    return tasks


def draw_second(matrix: AttributionMatrix, image: ChosenImage) -> None:
    """Say of a second network what it answers, and how it is compared; nothing where there is none."""
    if matrix.compared is None:
        return
    draw_subject(matrix.compared[1].model, image)
    st.caption(escape_markdown(compared_sentences(*matrix.compared)))


def _view_state() -> tuple[object, ...]:
    """What is chosen inside the drawing, and concerns the rest of the page."""
    return VIEW["cell"].text, VIEW["opacity"].text, approvals()


def _draw(matrix: AttributionMatrix, look: OverlayLook, tasks: MatrixTasks) -> None:
    images = {
        request.model.fingerprint: input_pixels(request.model, request.image)
        for request in matrix.unique_requests
    }
    image_indices = {name: index for index, name in enumerate(images)}
    cells = [
        [
            _cell(request, tasks, image_indices, f"{row_index}.{column_index}")
            for column_index, request in enumerate(row)
        ]
        for row_index, row in enumerate(matrix.requests)
    ]
    maps = {cell.id: cell.map for row in cells for cell in row if cell.map is not None}
    methods = {request.id: request.method for request in matrix.unique_requests}
    scales, columns = look.scales(maps, methods), matrix.columns
    if matrix.compared is not None:
        cells, scales = _with_differences(matrix, cells, scales, look)
        columns = (*columns, DIFFERENCE)
    overlay_grid(
        list(images.values()),
        cells,
        rows=matrix.rows,
        columns=columns,
        scales=scales,
        colormap=look.colormap,
        opacity=look.opacity,
        selected=chosen_request(matrix, tasks).id,
        on_select=partial(_keep_cell, frozenset(methods)),
        on_opacity=keep_opacity,
        scale_note=look.note,
        key="attributions",
    )
    checked = [(request.method, tasks.findings(request).values()) for request in matrix.unique_requests]
    normal = what_is_normal(checked)
    for said in (normal, _layers_read(matrix, tasks)):
        if said:
            st.caption(said)
    _draw_work(tasks)


def _keep_cell(known: frozenset[str], cell: str) -> None:
    """Choose a map; the difference of two is none that has checks."""
    if cell in known:
        VIEW["cell"].keep(cell)


def _with_differences(
    matrix: AttributionMatrix, cells: list[list[Cell]], scales: dict[str, Scale], look: OverlayLook
) -> tuple[list[list[Cell]], dict[str, Scale]]:
    """A cell more in each row: the difference of both maps, on their scale unless each map has its own."""
    rows, every = list[list[Cell]](), dict(scales)
    for number, ((first, second), title) in enumerate(zip(cells, matrix.rows, strict=True)):
        difference = difference_cell(number, title, first.map, second.map)
        if difference.map is not None:
            alone = look.scales({difference.id: difference.map}, {difference.id: ""})[difference.id]
            every[difference.id] = alone if look.sharing == "cell" else scales[first.id]
        rows.append([first, second, difference])
    return rows, every


def _layers_read(matrix: AttributionMatrix, tasks: MatrixTasks) -> str:
    """Which layers the methods took that were given none, and how deep those lie."""
    read: dict[str, None] = {}
    for request in matrix.unique_requests:
        result = cached_result(tasks.maps[request.id])
        layer = result.options.get("layer") if isinstance(result, Attribution) else None
        if layer and "layer" not in request.options:
            read[f"{METHODS[request.method].name} reads {layer} ({_depth(request.model, layer)})"] = None
    return f"{'; '.join(read)}." if read else ""


def _depth(model: Model, name: str) -> str:
    """Behind how many of a network's layers an output lies; blocks, which consist of layers, are not counted."""
    names = [layer.name for layer in model.layers]
    layers = [not layer.container for layer in model.layers]
    return f"behind {sum(layers[: names.index(name) + 1])} of {sum(layers)} layers"


def _draw_work(tasks: MatrixTasks) -> None:
    for kind, kind_tasks in ((MAPS, tasks.maps.values()), (TRUST, _all_checks(tasks))):
        job = jobs().get(kind)
        unfinished = job is not None and (job.running or ended_without_result(job))
        if unfinished and any(cached_result(task) is None for task in kind_tasks):
            draw_progress(kind)
    _offer(tasks.slow_maps, "Run the slow methods")
    _offer(tasks.slow_checks, "Check all maps")


def _offer(tasks: list[Task], label: str) -> None:
    """A button for work that takes long, with its cost."""
    if not tasks:
        return
    cost = duration(sum(task.seconds for task in tasks))
    st.button(f"{label} (about {cost})", on_click=approve, args=(tasks,), icon=":material/play_arrow:")


def _all_checks(tasks: MatrixTasks) -> list[Task]:
    slow = {id(task) for task in tasks.slow_checks}
    return [task for checks in tasks.checks.values() for task in checks.values() if id(task) not in slow]


def _cell(
    request: AttributionRequest | None, tasks: MatrixTasks, image_indices: dict[str, int], position: str
) -> Cell:
    if request is None:
        return Cell(f"none.{position}", "", 0, None, note="This method reads no layer: see the first column.")
    task, image_index = tasks.maps[request.id], image_indices[request.model.fingerprint]
    result, note = cached_result(task), ""
    if isinstance(result, Refusal):
        return Cell(request.id, request.name, image_index, None, note=result.reason)
    if not isinstance(result, Attribution):
        result, note = _unfinished(task, tasks)
    shown = result.map if isinstance(result, Attribution) else None
    if isinstance(result, Attribution) and not result.varies:
        note = "No variation: this method gives every position the same value."
    if isinstance(result, Attribution) and result.notes:
        note = " ".join(result.notes)
    findings = tasks.findings(request)
    checks = tasks.checks.get(request.id, {})
    chips = tuple(
        _chip(name, task, findings) for name, task in checks.items() if _says(task, findings.get(name))
    )
    said = tasks.verdict(request)
    told = said.sentence if said.figure or len(findings) == len(checks) > 0 else ""
    if told and request.method in BASELINES:
        told = f"A baseline, which never asks the network and should fail. {told}"
    return Cell(request.id, request.name, image_index, shown, note, chips, told, said.level)


def _unfinished(task: Task, tasks: MatrixTasks) -> tuple[object | None, str]:
    """The map of a task without a result, as far as it is known, and what to say about it."""
    doing = current(task)
    if doing is not None:
        said = f"{'' if running(MAPS) else 'Stopped at '}{doing.done} of {doing.total}"
        return doing.result, said
    if any(task is slow for slow in tasks.slow_maps):
        return None, f"This takes about {duration(task.seconds)}: start it below."
    return None, "Waiting …"


def _says(task: Task, finding: Finding | None) -> bool:
    """Whether a check says something about a map, or still may."""
    return finding.level != "unknown" if finding is not None else not isinstance(cached_result(task), Refusal)


def _chip(name: str, task: Task, findings: Mapping[str, Finding]) -> Chip:
    check, finding = CHECKS[name], findings.get(name)
    if finding is not None:
        return Chip(check.name, finding.figure, finding.level, finding.sentence)
    figure = "…" if running(MAPS) or running(TRUST) else "not run"
    return Chip(check.name, figure, "unknown", f"{check.summary} About {duration(task.seconds)}.")
