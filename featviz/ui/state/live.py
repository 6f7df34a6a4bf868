"""The one life of a job on a page: begun or offered with its cost, watched, stopped, taken up again, drawn."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from featviz.errors import FeatvizError
from featviz.ui.state.feedback import escape_markdown, queue_text, show_failure, status_slot_here
from featviz.ui.state.jobs import Job
from featviz.ui.state.session import jobs
from featviz.ui.state.tasks import (
    Refusal,
    RunningTask,
    Task,
    cached_result,
    duration,
    ended_without_result,
    latest_result,
    start,
)

__all__ = [
    "Policy",
    "RerunWhenChanged",
    "begin",
    "draw_offer",
    "draw_progress",
    "explain_refusal",
    "live",
    "redraw",
    "show_refusal",
    "waiting_words",
]

_STOPPING = 1.0
Jobs = Sequence[Job[object] | None]


@dataclass(frozen=True)
class Policy:
    """How a page goes about work.

    Attributes:
        quick: seconds that the page's run waits for work it has just started.
        ask: whether a user is asked before it starts: always, never, or told the seconds it will take.
        tick: seconds between two drawings while it runs.
        settle: seconds that the browser must have shown a drawing before the end of the work runs the page again:
            short work ends sooner than that. What is drawn then says whether it is shown, and stays a fragment.
        blank: whether it is drawn also while nothing is known.
    """

    quick: float = 0.0
    ask: bool | Callable[[float], bool] = False
    tick: float = 0.5
    settle: float = 0.0
    blank: bool = False

    def asks(self, seconds: float) -> bool:
        """Whether work that takes so long is offered."""
        return self.ask(seconds) if callable(self.ask) else self.ask


ON_DEMAND = Policy(ask=True)
"""Work that starts at a user's word alone."""


class RerunWhenChanged:
    """Runs the whole page again when what a fragment was drawn for has changed.

    Not in the run that draws it first: two runs in a row may reach the browser as one, and the values that the
    first one gave to its controls are lost on the way.
    """

    def __init__(
        self, busy: Callable[[], object], chosen: Callable[[], object] = lambda: None, settle: float = 0.0
    ) -> None:
        self._busy, self._chosen = busy, chosen
        self.busy, self._chosen_then = busy(), chosen()
        self._first, self._settle, self._since = True, settle, -math.inf if not settle else math.inf

    def look(self) -> None:
        """Compare, at the start of the fragment: what a user chose at once, what the work did when it is shown."""
        first, self._first = self._first, False
        settled = time.monotonic() - self._since > self._settle
        if not first and (self._chosen() != self._chosen_then or (settled and self._busy() != self.busy)):
            st.rerun()

    def note(self, *, shown: bool) -> None:
        """What the browser says of the drawing."""
        if shown:
            self._since = min(self._since, time.monotonic())


def begin(tasks: Sequence[Task], policy: Policy) -> Jobs:
    """Start what a user need not be asked for, or was, and wait a moment for it.

    Returns:
        The job of each kind; None where everything is there, or waits to be asked for.
    """
    return [_begin(kind, each, policy) for kind, each in _by_kind(tasks).items()]


def redraw(draw: Callable[[], object], rerun: RerunWhenChanged, policy: Policy) -> None:
    """Draw something, again and again while work goes on; clicks in it then run the fragment alone."""

    def body() -> None:
        rerun.look()
        with status_slot_here():
            rerun.note(shown=bool(draw()))

    if rerun.busy or policy.settle:
        st.fragment(body, run_every=policy.tick if rerun.busy else None)()
        return
    # in a container, as a fragment is: what was drawn stays where it was when the work ends
    with st.container():
        body()


def draw_offer(tasks: Sequence[Task], label: str, caption: str = "") -> None:
    """Draw a button that starts work of one kind."""
    if caption:
        st.caption(caption)
    key = f"start.{tasks[0].kind}"
    st.button(label, key=key, on_click=_start, args=(tasks,), icon=":material/play_arrow:")


def draw_progress(kind: str, again: Callable[[], None] | None = None, key: str = "") -> None:
    """Draw how far a job is, with the time left and a button that stops it, or takes it up again."""
    job, key = jobs().get(kind), key or f"progress.{kind}"
    if job is None:
        return
    if job.cancelled:
        job.wait(_STOPPING)
    _draw_error(job)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=key):
        now = job.latest if isinstance(job.latest, RunningTask) else None
        if job.running and job.cancelled:
            st.caption("Stopping …")
        elif job.running:
            share = now.done / max(now.total, 1) if now else 0.0
            position = now.queue_position if now and now.queue_position else job.queue_position
            waits = now is not None and bool(now.queue_position)
            st.progress(min(share, 1.0), _words(None if waits else now, position), width="stretch")
            st.button("Stop", on_click=job.cancel, icon=":material/stop:", key=f"{key}.stop")
        elif ended_without_result(job):
            far = f" {_words(now)}" if now else ""
            st.caption(f"Stopped.{far}" if job.cancelled else "It did not end well.")
            anew = again or partial(jobs().restart, kind)
            st.button("Go on", on_click=anew, icon=":material/play_arrow:", key=f"{key}.again")


def waiting_words(kind: str) -> str:
    """What one reads before a job has shown anything: its position in the queue, or that it begins."""
    job = jobs().get(kind)
    return _waiting(0 if job is None else job.queue_position)


def show_refusal(reason: str) -> None:
    """Say why something that a page begins with cannot be."""
    st.error(escape_markdown(reason), icon=":material/block:")


def explain_refusal(reason: str) -> None:
    """Say why something beside the page's main thing cannot be."""
    st.info(escape_markdown(reason), icon=":material/info:")


def live(
    tasks: Task | Sequence[Task],
    draw: Callable[..., object] = lambda *_: None,
    *,
    policy: Policy = ON_DEMAND,
    offer: str | Callable[[], object] = "",
    status: Callable[[str], object] | None = draw_progress,
    refuse: Callable[[str], object] | None = show_refusal,
    chosen: Callable[[], object] = lambda: None,
) -> bool:
    """Have work done and draw it: its offer, how far it is, what is known of it, its result, and why there is none.

    Args:
        tasks: what is wanted; several kinds are jobs of their own, beside each other.
        draw: draws the results, one argument for each task, None where nothing is known; while the work runs
            again and again; nothing if not given. Where `policy.settle` is set it says whether the browser shows it.
        policy: when the work starts, and how it is watched.
        offer: the label of the button that starts it, to which the cost is added, or draws the offer.
        status: draws how far a kind of work is; None where `draw` does.
        refuse: draws a refusal; None where `draw` does.
        chosen: what is chosen inside the drawing and concerns the rest of the page, which runs again when it changes.

    Returns:
        Whether all of it is there, refusals among it.
    """
    every = [tasks] if isinstance(tasks, Task) else list(tasks)
    begun = begin(every, policy)
    kinds = list(_by_kind(every))
    # made before the results are looked at: work that ends in between is seen to have ended at the next tick
    rerun = RerunWhenChanged(
        partial(_busy, begun), lambda: (*map(jobs().get, kinds), chosen()), policy.settle
    )
    waiting = [task for task in every if cached_result(task) is None]
    if waiting and not any(begun):
        _draw_offer(waiting, every, offer)
        return False
    redraw(partial(_draw, every, draw, status, refuse, policy), rerun, policy)
    return not waiting


def _start(tasks: Sequence[Task]) -> None:
    start(tasks)


def _by_kind(tasks: Sequence[Task]) -> dict[str, list[Task]]:
    kinds: dict[str, list[Task]] = {}
    for task in tasks:
        kinds.setdefault(task.kind, []).append(task)
    return kinds


def _begin(kind: str, tasks: Sequence[Task], policy: Policy) -> Job[object] | None:
    job = jobs().get(kind)
    mine = job is not None and job.key == tuple(task.key for task in tasks)
    if job is not None and mine and (job.running or ended_without_result(job)):
        return job
    missing = [task for task in tasks if cached_result(task) is None]
    if missing and policy.asks(sum(task.seconds for task in missing)):
        return None
    job = start(tasks)
    if job is not None and policy.quick:
        job.wait(policy.quick)
    return job


def _busy(begun: Jobs) -> bool:
    return any(job is not None and job.running for job in begun)


def _draw(
    tasks: Sequence[Task],
    draw: Callable[..., object],
    status: Callable[[str], object] | None,
    refuse: Callable[[str], object] | None,
    policy: Policy,
) -> object:
    if status is not None:
        _draw_status(tasks, status)
    latest = [latest_result(task) for task in tasks]
    refused = [each.reason for each in latest if isinstance(each, Refusal)]
    if refuse is not None:
        for reason in refused:
            refuse(reason)
    results = [None if isinstance(each, Refusal) else each for each in latest]
    blank = policy.blank and (refuse is None or len(refused) < len(tasks))
    return draw(*results) if blank or any(each is not None for each in results) else None


def _draw_status(tasks: Sequence[Task], status: Callable[[str], object]) -> None:
    for kind, each in _by_kind(tasks).items():
        if any(cached_result(task) is None for task in each):
            status(kind)


def _draw_offer(waiting: Sequence[Task], tasks: Sequence[Task], offer: str | Callable[[], object]) -> None:
    if isinstance(offer, str):
        draw_offer(tasks, f"{offer} (about {duration(sum(task.seconds for task in waiting))})")
    else:
        offer()


def _draw_error(job: Job[object]) -> None:
    if isinstance(job.error, FeatvizError):
        show_refusal(str(job.error))
    elif job.error is not None:
        show_failure(job.error)


def _words(now: RunningTask | None, queue_position: int = 0) -> str:
    if now is None:
        return _waiting(queue_position)
    left = now.seconds_left
    several = f" ({now.number + 1} of {len(now.tasks)})" if len(now.tasks) > 1 else ""
    time_left = f", about {duration(left)} left" if left is not None and left >= 1 else ""
    if queue_position:
        time_left = f"; {queue_text(queue_position)}"
    # what estimates its own time counts no pieces that would mean something
    far = escape_markdown(now.note) if now.estimated is not None else f"{now.done} of {now.total}"
    return f"{escape_markdown(now.task.name)}{several}: {far}{time_left}"


def _waiting(queue_position: int) -> str:
    return f"{queue_text(queue_position).capitalize()} …" if queue_position else "It begins …"
