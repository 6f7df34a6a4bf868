import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from featviz.errors import BadInput
from featviz.render import COLORMAPS, Scale
from featviz.ui.components.overlay_grid.overlay_grid import (
    Cell,
    Chip,
    _forward_opacity,
    _forward_pick,
    overlay_grid,
)
from featviz.ui.components.overlay_grid.payload import pack_image, pack_map
from tests.ui.components.payloads import unpacked

PICTURE = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
MAP = np.random.default_rng(1).normal(size=(3, 4)).astype(np.float32)
SCALE = Scale(-2, 2, symmetric=True)
NAN = np.where(MAP > 0, np.nan, MAP)


def values_in(payload: bytes) -> np.ndarray:
    header, arrays = unpacked(payload)
    return arrays["map"] * header["factor"]


@pytest.mark.parametrize("size", [1e-38, 1e-6, 1.0, 3e38])
def test_values_arrive_right_to_two_in_a_hundred_thousand(size):
    values = (np.tanh(MAP) * size).astype(np.float32)
    received = values_in(pack_map(values).data)
    assert np.abs(received - values).max() < 2e-5 * np.abs(values).max()


def test_a_map_of_zeros_arrives_as_zeros():
    assert (values_in(pack_map(np.zeros((2, 3), np.float32)).data) == 0).all()


def test_a_picture_arrives_byte_by_byte_even_if_it_is_not_contiguous():
    for picture in (PICTURE, PICTURE[::-1, ::2]):
        assert np.array_equal(unpacked(pack_image(picture).data)[1]["image"], picture)


def test_tokens_differ_where_anything_differs_and_are_the_same_otherwise():
    assert pack_map(MAP) == pack_map(MAP.copy())
    tokens = {pack_map(each).token for each in (MAP, 2 * MAP, MAP.reshape(4, 3), MAP.T)}
    assert len(tokens) == 4
    assert pack_image(PICTURE).token != pack_image(PICTURE.reshape(7, 5, 3)).token


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"images": [PICTURE.astype(float)]}, "bad_picture"),
        ({"images": [PICTURE[..., :2]]}, "bad_picture"),
        ({"images": [PICTURE[:0]]}, "bad_picture"),
        ({"cells": [[Cell("a", "A", 1, MAP)]]}, "picture_number"),
        ({"cells": [[Cell("a", "A", -1, MAP)]]}, "picture_number"),
        ({"cells": [[Cell("a", "A", 0, MAP[0])]]}, "bad_map"),
        ({"cells": [[Cell("a", "A", 0, MAP[:0])]]}, "bad_map"),
        ({"cells": [[Cell("a", "A", 0, np.ones((2, 2), int))]]}, "bad_map"),
        ({"cells": [[Cell("a", "A", 0, NAN)]]}, "not_finite"),
        ({"cells": [[Cell("a", "A", 0, MAP, verdict_level="splendid")]]}, "level"),
        ({"cells": [[Cell("a", "A", 0, MAP, chips=(Chip("c", "1", "worse"),))]]}, "level"),
        ({"cells": [[]]}, "cell_count"),
        ({"rows": []}, "cell_count"),
        ({"columns": ["one", "two"]}, "cell_count"),
        ({"scales": {}}, "scale_count"),
        ({"scales": {"a": Scale(0, 1)}}, "scale_kind"),
        ({"opacity": 1.1}, "opacity"),
        ({"opacity": float("nan")}, "opacity"),
        ({"selected": "b"}, "cell_selected"),
    ],
)
def test_what_does_not_belong_together_is_refused(changes, code):
    arguments = {
        "images": [PICTURE],
        "cells": [[Cell("a", "A", 0, MAP)]],
        "rows": ["method"],
        "columns": ["class"],
        "scales": {"a": SCALE},
        "colormap": COLORMAPS["blue_white_red"],
        "opacity": 0.7,
        "key": "grid",
        **changes,
    }
    with pytest.raises(BadInput) as caught:
        overlay_grid(**arguments)
    assert caught.value.code == code


def page():
    import numpy as np
    import streamlit as st

    from featviz.render import COLORMAPS, Scale
    from featviz.ui.components.overlay_grid.overlay_grid import Cell, Chip, overlay_grid

    first = np.eye(2, dtype=np.float32)
    second = np.full((2, 2), 0.5, np.float32) if st.toggle("second") else None
    limit = 2.0 if st.toggle("other limit") else 1.0
    row = [
        Cell("a", "A", 0, first, chips=(Chip("Deletion", "0.6", "good"),), verdict="fine"),
        Cell("b", "B", 0, second, note="waiting"),
        Cell("", "", 0, None),
        Cell("a", "A", 0, first),
        Cell("", "", 0, None),
    ]
    overlay_grid(
        [np.zeros((4, 6, 3), np.uint8)],
        [row],
        rows=["method"],
        columns=["one", "two", "three", "one", "three"],
        scales={"a": Scale(-1, 1, symmetric=True), "b": Scale(-limit, limit, symmetric=True)},
        colormap=COLORMAPS["blue_black_red"],
        opacity=0.25,
        map_only=st.toggle("alone"),
        selected="a",
        key="grid",
        scale_note=st.text_input("note"),
    )


def mounted(app: AppTest) -> tuple[list[bytes], dict]:
    assert not app.exception
    *payloads, viewer = (element.proto.bytes for element in app.get("bidi_component"))
    return payloads, json.loads(viewer)


def test_a_page_mounts_what_is_there_and_the_view_names_it():
    payloads, view = mounted(AppTest.from_function(page, default_timeout=30).run())
    image, values, same = (unpacked(payload)[0] for payload in payloads)
    assert values == same
    first, second, nothing, again, _ = view["cells"][0]
    assert first["image"] == second["image"] == image["token"]
    assert first["map"] == again["map"] == values["token"]
    assert (second["map"], second["scale"], second["note"]) == (None, None, "waiting")
    assert (nothing["id"], nothing["map"]) == ("", None)
    assert first["shape"] == [4, 6]
    assert first["scale"] == pytest.approx({"origin": -128 / 127, "step": 1 / 127, "zero": 128, "limit": 1})
    assert first["chips"] == [{"label": "Deletion", "figure": "0.6", "level": "good", "help": ""}]
    assert (view["opacity"], view["selected"]) == (0.25, "a")
    assert (view["selects"], view["reports"]) == (False, False)
    assert bytes.fromhex(view["table"]) == COLORMAPS["blue_black_red"].table.tobytes()


def test_a_map_that_arrives_leaves_the_other_payloads_and_all_mounts_as_they_were():
    app = AppTest.from_function(page, default_timeout=30).run()
    before = {element.proto.id: element.proto.bytes for element in app.get("bidi_component")}
    app.toggle[0].set_value(True).run()
    after = {element.proto.id: element.proto.bytes for element in app.get("bidi_component")}
    assert set(before) < set(after)
    changed = [name for name in before if before[name] != after[name]]
    assert len(changed) == 1
    assert json.loads(after[changed[0]])["cells"][0][1]["map"] is not None


def test_the_legend_says_what_the_colors_mean():
    app = AppTest.from_function(page, default_timeout=30).run()
    legend = {"low": "-1", "high": "1", "note": "one scale for all", "first": 1}
    assert mounted(app)[1]["legend"] == legend
    app.toggle[0].set_value(True).run()
    assert mounted(app)[1]["legend"] == legend
    app.toggle[1].set_value(True).run()
    view = mounted(app)[1]
    assert view["legend"] == {"low": "-max", "high": "+max", "note": "scales differ", "first": 1}
    assert [cell["range"] for cell in view["cells"][0][:3]] == ["scale -1 to 1", "scale -2 to 2", ""]
    app.text_input[0].set_value("each its own").run()
    assert mounted(app)[1]["legend"]["note"] == "each its own"


def test_maps_alone_cover_the_picture():
    app = AppTest.from_function(page, default_timeout=30).run()
    app.toggle[2].set_value(True).run()
    view = mounted(app)[1]
    assert (view["mapOnly"], view["opacity"]) == (True, 1)


def test_only_cells_of_the_grid_and_opacities_reach_the_page(monkeypatch):
    heard: list[object] = []
    state: dict[str, dict[str, object]] = {"grid": {}}
    monkeypatch.setattr("featviz.ui.components.overlay_grid.overlay_grid.st.session_state", state)
    for picked in ("a", "gone", 7, None):
        state["grid"] = {"pick": picked}
        _forward_pick("grid", frozenset("a"), heard.append)
    for opacity in (0.4, 1, 1.5, float("nan"), "0.4", None):
        state["grid"] = {"opacity": opacity}
        _forward_opacity("grid", heard.append)
    _forward_opacity("grid", None)
    assert heard == ["a", 0.4, 1.0]
