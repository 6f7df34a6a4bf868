"""A page with nothing but the scatter; points, sizes and parts from the link, pictures numbered by the browser."""

import time

import numpy as np
import streamlit as st
from clouds import blobs, caption, neighbors_of, palette

from featviz.ui.components.scatter.scatter import inside, scatter

LEGEND = {"title": "a legend", "entries": [{"name": "a class", "color": "#123456"}], "hidden": []}
st.set_page_config(layout="wide")
started, busy = time.perf_counter(), time.thread_time()


def asked(name: str, default: str) -> str:
    return st.query_params.get(name, default)


@st.cache_data(max_entries=4)
def words(count: int, hostile: str) -> list[str]:
    return [hostile or caption(i, kind) for i, kind in enumerate(blobs(count, 2)[1])]


st.session_state["runs"] = st.session_state.get("runs", 0) + 1
count, dims = int(asked("n", "300")), int(asked("dims", "2"))
points, classes = st.cache_data(blobs, max_entries=8)(count, dims)
if st.toggle("Elsewhere"):
    points = points[:, ::-1] * 3 + 1
if st.toggle("Wider"):
    points = points * np.array([9] + [1] * (dims - 1), points.dtype)
hidden = st.multiselect("Hidden classes", range(10))
shown = ~np.isin(classes, hidden) if hidden else None
# Another place on the page is another element there: the browser begins anew.
place = st.columns(1)[0] if st.toggle("In a column") else st.container()
with place:
    event = scatter(
        points,
        key="map",
        colors=classes.astype(np.uint8) if asked("colors", "1") == "1" else None,
        palette=palette() if asked("colors", "1") == "1" else None,
        shown=shown,
        captions=words(count, asked("hostile", "")) if asked("captions", "1") == "1" else None,
        thumbnails=asked("thumbnails", "") or None,
        neighbors=st.cache_data(neighbors_of, max_entries=4)(count, dims)
        if asked("neighbors", "1") == "1"
        else None,
        selected=st.session_state.get("chosen") if asked("keeps", "0") == "1" else None,
        as_thumbnails=asked("pictures", "0") == "1",
        height=int(asked("height", "560")),
        equal=asked("equal", "1") == "1",
        about=("a network", "a layer"),
        axes=[f"Axis {axis} · unit" for axis in range(dims)] if asked("axes", "0") == "1" else (),
        names=[(f"class {kind}", int(np.flatnonzero(classes == kind)[0])) for kind in range(10)]
        if asked("names", "0") == "1"
        else (),
        legend=LEGEND if asked("legend", "0") == "1" else None,
    )
found_from = time.perf_counter()
found = inside(points, event, shown)
finding = 1000 * (time.perf_counter() - found_from)
fresh = event.serial != st.session_state.get("serial", 0)
st.session_state["serial"] = event.serial
if fresh and asked("keeps", "0") == "1":
    st.session_state["chosen"] = found
    st.rerun()
kind = next((name for name in ("pinned", "box", "polygon") if getattr(event, name) is not None), "none")
listed = " ".join(map(str, found[:400]))
st.text(f"event: {kind}; found: {len(found)}; runs: {st.session_state['runs']}; positions: {listed}")
elapsed, worked = time.perf_counter() - started, time.thread_time() - busy
st.caption(
    f"server: {1000 * elapsed:.1f} ms, of which at work {1000 * worked:.1f} ms; inside: {finding:.1f} ms; "
    f"axes: {event.axes is not None}"
)
