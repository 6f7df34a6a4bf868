"""Whether a map can be believed: each check with what it saw, in a tab of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featviz.explain.attribution.attribute import Attribution
from featviz.explain.evaluation.check import CHECKS, Finding
from featviz.explain.evaluation.pixel_perturbation import Baseline, image_at
from featviz.explain.evaluation.pointing_game import Game
from featviz.explain.evaluation.results import (
    Completeness,
    Curves,
    Localization,
    Randomization,
    Shift,
    Stability,
)
from featviz.render.charts.curves import compared_curves, points_along
from featviz.render.normalization import format_number
from featviz.ui.app.lessons import method_lesson, require_lessons
from featviz.ui.components.chart import chart, chart_theme
from featviz.ui.components.overlay_grid.overlay_grid import Cell, overlay_grid
from featviz.ui.pages.attribution.display import OverlayLook
from featviz.ui.pages.attribution.request import TRUST, AttributionRequest
from featviz.ui.pages.attribution.tasks import MatrixTasks, approve
from featviz.ui.pages.attribution.view_state import VIEW
from featviz.ui.state.chosen_image import input_pixels
from featviz.ui.state.feedback import escape_markdown
from featviz.ui.state.live import explain_refusal, live
from featviz.ui.state.tasks import Refusal, cached_result, duration, running
from featviz.ui.state.theme import scaled

__all__ = ["draw_evaluation"]

require_lessons(CHECKS)
_TABS = "checks"
_SIGNS = {"good": ":green[●]", "doubtful": ":orange[▲]", "bad": ":red[■]", "unknown": "○"}
"""The marks of the overlay grid, as text."""


def draw_evaluation(request: AttributionRequest, tasks: MatrixTasks, look: OverlayLook) -> None:
    """Draw the verdict on a map and a tab for each check."""
    attribution = cached_result(tasks.maps[request.id])
    if not isinstance(attribution, Attribution):
        return
    findings, checks = tasks.findings(request), tasks.checks[request.id]
    st.subheader(f"Faithfulness and sanity checks: {escape_markdown(request.name)}", anchor=False)
    if running(TRUST):
        # The maps above are drawn again as checks come, this section when all have: no verdict until then.
        st.markdown("○ Checks are running: their verdict follows.")
    else:
        said = tasks.verdict(request)
        st.markdown(f"{_SIGNS[said.level]} {escape_markdown(said.sentence)}")
    signs = [_SIGNS[findings[name].level] if name in findings else _SIGNS["unknown"] for name in checks]
    titles = {name: f"{sign} {CHECKS[name].name}" for sign, name in zip(signs, checks, strict=True)}
    for tab, (name, task) in zip(_tabs(titles), checks.items(), strict=True):
        with tab:
            finding, refused = findings.get(name), cached_result(task)
            if finding is not None:
                st.markdown(escape_markdown(finding.sentence))
                draw: Callable[..., None] = _DRAWINGS.get(type(finding), _nothing_more)
                draw(finding, request, attribution, look, name)
            elif isinstance(refused, Refusal):
                st.info(escape_markdown(refused.reason), icon=":material/info:")
            else:
                label = f"Check it (about {duration(task.seconds)})"
                st.button(
                    label, key=f"check.{name}", on_click=approve, args=([task],), icon=":material/play_arrow:"
                )
            with st.expander("What does this check tell?", icon=":material/school:"):
                st.markdown(method_lesson(CHECKS[name]))


def _tabs(titles: Mapping[str, str]) -> Sequence[DeltaGenerator]:
    """A tab for each check; the one that was opened stays open, also when a sign changes, and a link opens it."""

    def keep() -> None:
        named = {title: name for name, title in titles.items()}
        opened = named.get(st.session_state[_TABS])
        if opened is not None:
            VIEW["check"].keep(opened)

    return st.tabs(list(titles.values()), default=titles.get(VIEW["check"].text), key=_TABS, on_change=keep)


def _nothing_more(*_arguments: Any) -> None:
    """Some findings are said in a sentence."""


def _completeness(
    finding: Completeness,
    _request: AttributionRequest,
    _attribution: Attribution,
    _look: OverlayLook,
    name: str,
) -> None:
    for column, (label, value) in zip(
        st.columns(3),
        {
            "Sum of the map": format_number(finding.total),
            "What it should be": format_number(finding.promised),
            "Gap": f"{finding.gap:.1%}",
        }.items(),
        strict=True,
    ):
        column.metric(label, value)
    if len(finding.steps) > 1:
        names = [str(step) for step in finding.steps]
        drawn = points_along(
            names,
            np.array(finding.gaps),
            x_title="steps of the integral",
            y_title="gap, as a part of the sum",
            theme=chart_theme(),
        )
        chart(drawn, alt=f"The gap falls to {finding.gap:.1%} after {names[-1]} steps.", key=f"gaps.{name}")


def _curves(
    finding: Curves, request: AttributionRequest, attribution: Attribution, _look: OverlayLook, name: str
) -> None:
    chart_column, image_column = st.columns([3, 2], gap="medium")
    with image_column:
        fraction = st.select_slider(
            "Point of the curve",
            [float(each) for each in finding.fractions],
            value=float(finding.fractions[max(1, len(finding.fractions) // 5)]),
            format_func=lambda part: f"{part:.0%}",
            key=f"curve.{name}",
        )
        index = int(np.argmin(np.abs(finding.fractions - fraction)))
        baseline = cast("Baseline", finding.baseline)
        shown = image_at(request.explanation(attribution), finding.kind, fraction, baseline=baseline)
        st.image(
            request.pixels(shown),
            caption=f"{fraction:.0%} of the pixels {'deleted' if finding.kind == 'deletion' else 'inserted'}: "
            f"{finding.quantity} {format_number(float(finding.values[index]))}",
            width=scaled(260),
        )
    with chart_column:
        area = format_number(finding.area)
        names = {"random": "random map", "edges": "edge detector"}
        others = {
            f"{names.get(key, key)} ({format_number(curve.area)})": curve.values
            for key, curve in finding.baselines.items()
        }
        drawn = compared_curves(
            finding.fractions,
            {f"this map (area {area})": finding.values, **others},
            x_title=f"fraction of pixels {'deleted' if finding.kind == 'deletion' else 'inserted'}",
            y_title=finding.quantity,
            mark=fraction,
            theme=chart_theme(),
        )
        told = f"The {finding.kind} curve of this map, area {area}, beside {' and '.join(others)}."
        chart(drawn, alt=told, key=f"curve.{name}.chart")
        st.caption(f"Deleted pixels show the image's {finding.baseline}." if finding.kind == "deletion" else
                   f"The image starts as its {finding.baseline}.")  # fmt: skip


def _randomization(
    finding: Randomization,
    request: AttributionRequest,
    attribution: Attribution,
    look: OverlayLook,
    name: str,
) -> None:
    names = ["trained", *finding.stages]
    maps = [attribution.map, *finding.maps]
    _beside(dict(zip(names, maps, strict=True)), request, look, key=f"stages.{name}", sharing="cell")
    st.caption("From left to right, weights are lost from the last layer to the first.")
    curves = {
        "signed values (these decide)": np.array([1.0, *finding.signed]),
        "absolute values": np.array([1.0, *finding.correlations]),
    }
    if np.allclose(
        finding.signed, finding.correlations
    ):  # a map without a negative value: one line, not one under the other
        curves = {"rank correlation": curves["absolute values"]}
    drawn = points_along(
        names,
        curves,
        x_title="weights randomized down to",
        y_title="rank correlation",
        theme=chart_theme(),
    )
    ends = " and ".join(f"{float(values[-1]):.2f} for {what}" for what, values in curves.items())
    chart(
        drawn,
        alt=f"The rank correlation with the map goes from 1 to {ends} as layers lose their weights.",
        key=f"randomization.{name}",
    )


def _beside(
    maps: Mapping[str, Any], request: AttributionRequest, look: OverlayLook, *, key: str, sharing: str = "all"
) -> None:
    """Maps of one image beside each other."""
    cells = [Cell(f"{key}.{n}", title, 0, each) for n, (title, each) in enumerate(maps.items())]
    shown = {cell.id: cell.map for cell in cells if cell.map is not None}
    look = replace(look, sharing=sharing)
    overlay_grid(
        [input_pixels(request.model, request.image)],
        [cells],
        rows=[""],
        columns=list(maps),
        scales=look.scales(shown, {}),
        colormap=look.colormap,
        opacity=look.opacity,
        key=key,
        scale_note=look.note,
    )


def _stability(
    finding: Stability, request: AttributionRequest, attribution: Attribution, look: OverlayLook, name: str
) -> None:
    shown = {"the map": attribution.map, "the noise that moves it most": finding.worst}
    _beside(shown, request, look, key=f"stability.{name}")


def _shift(
    finding: Shift, request: AttributionRequest, attribution: Attribution, look: OverlayLook, name: str
) -> None:
    shown = {"the map": attribution.map, "of the shifted image, shifted back": finding.realigned}
    _beside(shown, request, look, key=f"shift.{name}")


def _localization(finding: Localization, request: AttributionRequest, *_arguments: Any) -> None:
    figures = {
        "Localization": f"{finding.share:.0%}",
        "Its part of the image": f"{finding.chance:.0%}",
        "Highest point": "on it" if finding.hit else "beside it",
    }
    for column, (label, value) in zip(st.columns(3), figures.items(), strict=True):
        column.metric(label, value)
    st.markdown("**Over many images**")
    label = "Pointing game on 100 images"
    live(request.pointing_task(), _game, offer=label, refuse=explain_refusal)


def _game(played: Game) -> None:
    if not played.played:
        return
    low, high = played.interval
    st.markdown(
        f"In {played.hits} of {played.played} images ({played.rate:.0%}, 95% interval {low:.0%} to {high:.0%}) the "
        f"highest point lies on the shape; by chance it would in {played.chance:.0%}."
    )


_DRAWINGS: dict[type[Finding], Callable[..., None]] = {
    Completeness: _completeness,
    Curves: _curves,
    Randomization: _randomization,
    Stability: _stability,
    Shift: _shift,
    Localization: _localization,
}
"""What is drawn below the sentence of each kind of finding."""
