"""Whether a map can be believed: each check with what it saw, in a tab of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np
import streamlit as st

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
from featviz.ui.pages.attribution.request import Request
from featviz.ui.pages.attribution.tasks import Plan, approve
from featviz.ui.state.chosen_image import input_pixels
from featviz.ui.state.feedback import escape_markdown
from featviz.ui.state.live import explain_refusal, live
from featviz.ui.state.tasks import Refusal, cached_result, duration

__all__ = ["draw_trust"]

require_lessons(CHECKS)
_SIGNS = {
    "good": ":material/check_circle:",
    "doubtful": ":material/help:",
    "bad": ":material/cancel:",
    "unknown": ":material/radio_button_unchecked:",
}


def draw_trust(request: Request, made: Plan, look: OverlayLook) -> None:
    """Draw the verdict on a map and a tab for each check."""
    found = cached_result(made.maps[request.id])
    if not isinstance(found, Attribution):
        return
    findings, checks = made.findings(request), made.checks[request.id]
    st.subheader(f"Faithfulness and sanity checks: {escape_markdown(request.name)}", anchor=False)
    said = made.verdict(request)
    st.markdown(f"{_SIGNS[said.level]} {escape_markdown(said.sentence)}")
    signs = [_SIGNS[findings[name].level] if name in findings else _SIGNS["unknown"] for name in checks]
    titles = [f"{sign} {CHECKS[name].name}" for sign, name in zip(signs, checks, strict=True)]
    for tab, (name, task) in zip(st.tabs(titles), checks.items(), strict=True):
        with tab:
            finding, refused = findings.get(name), cached_result(task)
            if finding is not None:
                st.markdown(escape_markdown(finding.sentence))
                draw: Callable[..., None] = _DRAWINGS.get(type(finding), _nothing_more)
                draw(finding, request, found, look, name)
            elif isinstance(refused, Refusal):
                st.info(escape_markdown(refused.reason), icon=":material/info:")
            else:
                label = f"Check it (about {duration(task.seconds)})"
                st.button(
                    label, key=f"check.{name}", on_click=approve, args=([task],), icon=":material/play_arrow:"
                )
            with st.expander("What does this check tell?", icon=":material/school:"):
                st.markdown(method_lesson(CHECKS[name]))


def _nothing_more(*_given: Any) -> None:
    """Some findings are said in a sentence."""


def _completeness(
    found: Completeness, _request: Request, _attribution: Attribution, _look: OverlayLook, name: str
) -> None:
    for column, (label, value) in zip(
        st.columns(3),
        {
            "Sum of the map": format_number(found.total),
            "What it should be": format_number(found.promised),
            "Gap": f"{found.gap:.1%}",
        }.items(),
        strict=True,
    ):
        column.metric(label, value)
    if len(found.steps) > 1:
        names = [str(step) for step in found.steps]
        drawn = points_along(
            names,
            np.array(found.gaps),
            x_title="steps of the integral",
            y_title="gap, as a part of the sum",
            theme=chart_theme(),
        )
        chart(drawn, alt=f"The gap falls to {found.gap:.1%} after {names[-1]} steps.", key=f"gaps.{name}")


def _curves(found: Curves, request: Request, attribution: Attribution, _look: OverlayLook, name: str) -> None:
    chart_place, picture_place = st.columns([3, 2], gap="medium")
    with picture_place:
        fraction = st.select_slider(
            "Point of the curve",
            [float(each) for each in found.fractions],
            value=float(found.fractions[max(1, len(found.fractions) // 5)]),
            format_func=lambda part: f"{part:.0%}",
            key=f"curve.{name}",
        )
        place = int(np.argmin(np.abs(found.fractions - fraction)))
        shown = image_at(
            request.explanation(attribution), found.kind, fraction, baseline=cast("Baseline", found.baseline)
        )
        st.image(
            request.pixels(shown),
            caption=f"{fraction:.0%} of the pixels {'deleted' if found.kind == 'deletion' else 'inserted'}: "
            f"{found.quantity} {format_number(float(found.values[place]))}",
            width=260,
        )
    with chart_place:
        names = {"random": "random map", "edges": "edge detector"}
        others = {
            f"{names.get(key, key)} ({format_number(curve.area)})": curve.values
            for key, curve in found.baselines.items()
        }
        drawn = compared_curves(
            found.fractions,
            {f"this map (area {format_number(found.area)})": found.values, **others},
            x_title=f"fraction of pixels {'deleted' if found.kind == 'deletion' else 'inserted'}",
            y_title=found.quantity,
            mark=fraction,
            theme=chart_theme(),
        )
        told = f"The {found.kind} curve of this map, area {format_number(found.area)}, beside {' and '.join(others)}."
        chart(drawn, alt=told, key=f"curve.{name}.chart")
        st.caption(f"Deleted pixels show the picture's {found.baseline}." if found.kind == "deletion" else
                   f"The picture starts as its {found.baseline}.")  # fmt: skip


def _randomisation(
    found: Randomization, request: Request, attribution: Attribution, look: OverlayLook, name: str
) -> None:
    names = ["trained", *found.stages]
    maps = [attribution.map, *found.maps]
    _beside(dict(zip(names, maps, strict=True)), request, look, key=f"stages.{name}", sharing="cell")
    st.caption("From left to right, weights are lost from the last layer to the first.")
    drawn = points_along(
        names,
        np.array([1.0, *found.correlations]),
        x_title="weights randomized down to",
        y_title="Spearman correlation",
        theme=chart_theme(),
    )
    last = format_number(float(found.correlations[-1])) if len(found.correlations) else "1"
    chart(
        drawn,
        alt=f"The correlation with the map goes from 1 to {last} as layers lose their weights.",
        key=f"randomisation.{name}",
    )


def _beside(
    maps: Mapping[str, Any], request: Request, look: OverlayLook, *, key: str, sharing: str = "all"
) -> None:
    """Maps of one picture beside each other."""
    cells = [Cell(f"{key}.{n}", title, 0, each) for n, (title, each) in enumerate(maps.items())]
    shown = {cell.id: cell.map for cell in cells if cell.map is not None}
    look = replace(look, sharing=sharing)
    overlay_grid(
        [input_pixels(request.model, request.picture)],
        [cells],
        rows=[""],
        columns=list(maps),
        scales=look.scales(shown, {}),
        colour_map=look.colour_map,
        opacity=look.opacity,
        key=key,
        scale_note=look.note,
    )


def _stability(
    found: Stability, request: Request, attribution: Attribution, look: OverlayLook, name: str
) -> None:
    shown = {"the map": attribution.map, "the noise that moves it most": found.worst}
    _beside(shown, request, look, key=f"stability.{name}")


def _shift(found: Shift, request: Request, attribution: Attribution, look: OverlayLook, name: str) -> None:
    shown = {"the map": attribution.map, "of the shifted picture, shifted back": found.realigned}
    _beside(shown, request, look, key=f"shift.{name}")


def _localisation(found: Localization, request: Request, *_given: Any) -> None:
    figures = {
        "Localization": f"{found.share:.0%}",
        "Its part of the picture": f"{found.chance:.0%}",
        "Highest point": "on it" if found.hit else "beside it",
    }
    for column, (label, value) in zip(st.columns(3), figures.items(), strict=True):
        column.metric(label, value)
    st.markdown("**Over many pictures**")
    label = "Pointing game on 100 images"
    live(request.pointing_task(), _game, offer=label, refuse=explain_refusal)


def _game(played: Game) -> None:
    if not played.played:
        return
    low, high = played.interval
    st.markdown(
        f"In {played.hits} of {played.played} pictures ({played.rate:.0%}, 95 % interval {low:.0%} to {high:.0%}) the "
        f"highest point lies on the shape; by chance it would in {played.chance:.0%}."
    )


_DRAWINGS: dict[type[Finding], Callable[..., None]] = {
    Completeness: _completeness,
    Curves: _curves,
    Randomization: _randomisation,
    Stability: _stability,
    Shift: _shift,
    Localization: _localisation,
}
"""What is drawn below the sentence of each kind of finding."""
