"""What the Attribution page computes, and when: quick work at once, slow work when a visitor has seen its cost."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import streamlit as st

from featviz.explain.attribution.attribute import Attribution
from featviz.explain.evaluation.check import CHECKS, Finding
from featviz.explain.evaluation.summary import verdict
from featviz.ui.pages.attribution.matrix import AttributionMatrix
from featviz.ui.pages.attribution.request import MAPS, TRUST, AttributionRequest
from featviz.ui.state.live import Policy, begin
from featviz.ui.state.tasks import Task, cached_result, running, stop

__all__ = ["POLICY", "MatrixTasks", "approvals", "approve", "start_matrix"]

POLICY = Policy(quick=0.7, tick=0.8, blank=True)
"""How maps come on the screen."""

_MAP_SECONDS = 10.0
_CHECK_SECONDS = 6.0
_APPROVED = "_approved"
_MAX_APPROVED = 500


@dataclass(frozen=True, eq=False)
class MatrixTasks:
    """The work behind a matrix.

    Attributes:
        maps: by request.
        checks: by request and check, of the maps that are there.
        quick: all that is made now.
        slow_maps: those that wait for a visitor's word.
        slow_checks: likewise.
    """

    maps: dict[str, Task]
    checks: dict[str, dict[str, Task]]
    quick: list[Task]
    slow_maps: list[Task]
    slow_checks: list[Task]

    def findings(self, request: AttributionRequest) -> dict[str, Finding]:
        """What the checks have found of a map so far."""
        results = {name: cached_result(task) for name, task in self.checks.get(request.id, {}).items()}
        return {name: finding for name, finding in results.items() if isinstance(finding, Finding)}

    def verdict(self, request: AttributionRequest) -> Finding:
        """What the checks say of a map together, as far as they were run."""
        left = sum(cached_result(task) is None for task in self.checks.get(request.id, {}).values())
        return verdict(self.findings(request), left=left)


def start_matrix(matrix: AttributionMatrix) -> MatrixTasks:
    """Start what is missing and quick; maps come before checks, and a little patience often sees both done."""
    maps = {request.id: request.task() for request in matrix.unique_requests}
    slow = [task for task in maps.values() if task.seconds > _MAP_SECONDS and not _may_run(task)]
    quick = [task for task in maps.values() if task not in slow]
    begin(quick, POLICY)
    checks = {request.id: _checks(request, maps[request.id]) for request in matrix.unique_requests}
    every = [task for of_map in checks.values() for task in of_map.values()]
    slow_checks = _beyond(every, _CHECK_SECONDS)
    if not running(MAPS):
        quick_checks = [task for task in every if task not in slow_checks]
        if not quick_checks:
            stop(TRUST)
        begin(quick_checks, POLICY)
        quick += quick_checks
    missing = [task for task in slow_checks if cached_result(task) is None]
    return MatrixTasks(maps, checks, quick, [task for task in slow if cached_result(task) is None], missing)


def approve(tasks: Iterable[Task]) -> None:
    """A visitor has seen what the tasks cost, and wants them."""
    approved = st.session_state.setdefault(_APPROVED, {})
    for task in tasks:
        approved[_digest(task)] = None
    while len(approved) > _MAX_APPROVED:
        del approved[next(iter(approved))]


def approvals() -> tuple[str, ...]:
    """What a visitor has approved; a page drawn before the last one is out of date."""
    return tuple(st.session_state.get(_APPROVED, {}))


def _may_run(task: Task) -> bool:
    return cached_result(task) is not None or _digest(task) in st.session_state.get(_APPROVED, {})


def _checks(request: AttributionRequest, task: Task) -> dict[str, Task]:
    """The checks of a map that is there; those that need a truth, where it is known for this image."""
    attribution = cached_result(task)
    if not isinstance(attribution, Attribution):
        return {}
    known = {"mask": request.image.mask}
    tasks = {}
    for check in CHECKS:
        truths = {each.name: known[each.name] for each in check.parameters if each.name in known}
        if all(truth is not None for truth in truths.values()):
            tasks[check.id] = request.check_task(attribution, check.id, **truths)
    return tasks


def _beyond(tasks: Sequence[Task], seconds: float) -> list[Task]:
    """Those that do not fit into so many seconds all told, the quickest first, and are not asked for."""
    slow, spent = [], 0.0
    for task in sorted(tasks, key=lambda each: each.seconds):
        spent += task.seconds
        if spent > seconds and not _may_run(task):
            slow.append(task)
    return slow


def _digest(task: Task) -> str:
    return hashlib.sha256(repr(task.key).encode()).hexdigest()[:16]
