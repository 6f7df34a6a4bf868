"""The view of behavior: how far two networks answer alike, where they err, class by class, and the images of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.render.charts.bars import probability_bars
from featviz.representation.similarity.functional import FUNCTIONAL, Outputs
from featviz.representation.undefined import Undefined
from featviz.ui.components.chart import chart, chart_theme
from featviz.ui.components.gallery.gallery import image_gallery
from featviz.ui.components.heat_map.heat_map import Cell, Matrix, heat_map
from featviz.ui.inputs.controls import segments
from featviz.ui.pages.compare.outputs import PairOutputs, outputs_task
from featviz.ui.pages.compare.request import ComparisonRequest
from featviz.ui.pages.compare.tasks import POLICY
from featviz.ui.pages.compare.view_state import GROUPS, VIEW
from featviz.ui.state.feedback import escape_markdown
from featviz.ui.state.live import live

__all__ = ["draw_behavior", "groups_of", "most_disagreed", "shown_classes"]

_MAX_CLASSES, _MAX_BARS, _MAX_IMAGES = 16, 12, 28
_CELL = "_confusion_cell"
Side = Literal["a", "b"]
_SIDES: tuple[Side, Side] = ("a", "b")


def draw_behavior(request: ComparisonRequest) -> None:
    """Draw how two networks answer, once both have seen the images."""
    live(outputs_task(request), partial(_draw, request), policy=POLICY)


def groups_of(outputs: Outputs) -> dict[str, NDArray[np.bool_]]:
    """The images of each group by its id; those of right and wrong only where labels are known."""
    groups = {"disagree": outputs.disagree}
    if not outputs.known.any():
        return groups
    first, second = outputs.errors
    return groups | {
        "only_a": outputs.known & ~first & second,
        "only_b": outputs.known & first & ~second,
        "both_wrong": first & second,
    }


def shown_classes(outputs: Outputs) -> list[int]:
    """The classes of the confusion matrices: all, or of many those that are most often mixed up, by number."""
    first, second = (outputs.confusion(side) for side in ("a", "b"))
    mixed = sum(each.sum(0) + each.sum(1) - 2 * np.diag(each) for each in (first, second))
    used = np.flatnonzero(sum(each.sum(0) + each.sum(1) for each in (first, second)))
    worst = used[np.argsort(-np.asarray(mixed)[used], kind="stable")][:_MAX_CLASSES]
    return sorted(int(index) for index in worst)


def _draw(request: ComparisonRequest, found: PairOutputs) -> None:
    _draw_measures(request, found.outputs)
    _draw_disagreement(found)
    if found.outputs.known.any():
        _draw_confusions(request, found)
    _draw_gallery(request, found)


def _draw_measures(request: ComparisonRequest, outputs: Outputs) -> None:
    st.subheader("Do they answer alike?", anchor=False)
    with st.container(horizontal=True, gap="medium"):
        for name, wrong in zip(request.names, outputs.errors, strict=True):
            if outputs.known.any():
                accuracy = 1 - wrong[outputs.known].mean()
                st.metric(f"Accuracy of {escape_markdown(name)}", f"{accuracy:.1%}", width="content")
        for method in FUNCTIONAL:
            value, reason = _value(method.function, outputs)
            said = f"{method.summary} ({method.reference}) {reason}"
            st.metric(method.name, value, help=said, width="content")
    counted = "the images' labels" if outputs.known.any() else "no label that one of the classes has"
    st.caption(f"On {len(outputs):,} images, with {counted}.")


def _draw_disagreement(found: PairOutputs) -> None:
    """The classes on which the answers differ most; nothing where they never do."""
    shares = most_disagreed(found.outputs)
    if not shares:
        return
    of = "images of each class" if found.outputs.labels is not None else "images that the first one calls so"
    st.subheader("Disagreement by class", anchor=False)
    labels = [f"{found.classes[index]} ({count})" for index, _share, count in shares]
    chart(
        probability_bars(
            labels,
            [round(100 * share, 1) for _index, share, _count in shares],
            quantity=f"percent of the {of}",
            theme=chart_theme(),
        ),
        alt="For each class the share of its images that both networks call differently.",
        key="behavior.classes",
    )
    st.caption(
        f"The share of the {of} to which both networks answer differently, in brackets of how many images; the "
        f"{len(shares)} classes with the largest. A share of few images is uncertain."
    )


def most_disagreed(outputs: Outputs) -> list[tuple[int, float, int]]:
    """The classes on which answers differ most, at most 12: the number, the share, and of how many images."""
    groups = outputs.answers[0] if outputs.labels is None else outputs.labels
    counts = np.bincount(groups[groups >= 0], minlength=outputs.a.shape[1])
    shares = np.nan_to_num(outputs.disagreement_by_class())
    order = np.lexsort((-counts, -shares))[:_MAX_BARS]
    return [(int(index), float(shares[index]), int(counts[index])) for index in order if shares[index] > 0]


def _value(measure: Callable[[Outputs], float], outputs: Outputs) -> tuple[str, str]:
    try:
        return f"{measure(outputs):.2f}", ""
    except Undefined as reason:
        return "–", f"Undefined, because {reason}"


def _draw_confusions(request: ComparisonRequest, found: PairOutputs) -> None:
    st.subheader("Confusion matrices", anchor=False)
    classes, outputs = shown_classes(found.outputs), found.outputs
    few = (
        f" Of {len(found.classes)} classes, the {len(classes)} most often mixed up."
        if (len(classes) < len(found.classes))
        else ""
    )
    st.caption(f"Rows are labels, columns are answers; pick a cell to see its images.{few}")
    names = [found.classes[index] for index in classes]
    highest = max(int(outputs.confusion(side)[np.ix_(classes, classes)].max()) for side in ("a", "b"))
    chosen = st.session_state.get(_CELL)
    for column, side, name in zip(st.columns(2, gap="medium"), _SIDES, request.names, strict=True):
        counts = outputs.confusion(side)[np.ix_(classes, classes)]
        with column:
            heat_map(
                _confusion(counts, names, max(1, highest)),
                key=f"confusion.{side}",
                selected=_position(chosen, side, classes),
                on_select=partial(_keep_cell, side, classes),
                down="label",
                across=f"answer of {name}",
                legend=("0", f"{max(1, highest)} images"),
            )


def _confusion(counts: NDArray[np.int64], names: list[str], highest: int) -> Matrix:
    sizes = counts.sum(1)
    return Matrix(
        counts.astype(np.float64),
        names,
        names,
        0.0,
        float(highest),
        texts=[str(count) if count else "" for count in counts.ravel()],
        notes=[f"{counts[row, column]} of {sizes[row]} images" for row, column in np.ndindex(*counts.shape)],
    )


def _keep_cell(side: Side, classes: list[int], cell: Cell) -> None:
    st.session_state[_CELL] = (side, classes[cell[0]], classes[cell[1]])


def _position(chosen: tuple[str, int, int] | None, side: str, classes: list[int]) -> Cell | None:
    if chosen is None or chosen[0] != side or not {chosen[1], chosen[2]} <= set(classes):
        return None
    return classes.index(chosen[1]), classes.index(chosen[2])


def _draw_gallery(request: ComparisonRequest, found: PairOutputs) -> None:
    chosen = st.session_state.get(_CELL)
    if chosen is not None and max(chosen[1:]) < len(found.classes) and found.outputs.labels is not None:
        side, label, answer = chosen
        given = found.outputs.answers["ab".index(side)]
        mask = (found.outputs.labels == label) & (given == answer)
        name = request.names["ab".index(side)]
        with st.container(horizontal=True, vertical_alignment="center"):
            words = f"{found.classes[label]}, called {found.classes[answer]} by {name}"
            st.subheader(escape_markdown(words), anchor=False, width="stretch")
            st.button("All images", on_click=_forget_cell, type="tertiary", icon=":material/close:")
    else:
        groups = groups_of(found.outputs)
        st.subheader("Images", anchor=False)
        group = segments(
            "Answers",
            list(groups),
            key=VIEW["compared_group"],
            default="disagree",
            name=lambda group: f"{_named(request, group)} ({int(groups[group].sum())})",
        )
        mask = groups[group]
    _draw_images(request, found, mask)


def _draw_images(request: ComparisonRequest, found: PairOutputs, mask: NDArray[np.bool_]) -> None:
    positions = np.flatnonzero(mask)
    positions = positions[np.argsort(-found.outputs.divergence[positions], kind="stable")]
    if not len(positions):
        st.caption("No image is so.")
        return
    image_gallery(
        [
            found.tile(request, position, " / ".join(dict.fromkeys(found.answers(position))))
            for position in positions[:_MAX_IMAGES]
        ],
        key="behavior.images",
        on_pick=partial(_look_at, found),
        size=130,
    )
    more = f" The first {_MAX_IMAGES} of {len(positions):,}." if len(positions) > _MAX_IMAGES else ""
    st.caption(
        f"Below each image its label and the answers of both. Those with the most different answers come first; pick "
        f"one to look at it.{more}"
    )


def _named(request: ComparisonRequest, group: str) -> str:
    first, second = request.names
    return GROUPS[group].format(a=first, b=second)


def _look_at(found: PairOutputs, position: int) -> None:
    VIEW["compared_image"].keep(str(int(found.rows[position])))
    VIEW["compare_by"].keep("image")


def _forget_cell() -> None:
    st.session_state.pop(_CELL, None)
