import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from featviz.errors import BadInput
from featviz.ui.components.scatter.event import in_polygon, read_event
from featviz.ui.components.scatter.payload import pack_array, pack_mask, pack_points, pack_texts
from featviz.ui.components.scatter.scatter import ScatterEvent, inside, scatter
from tests.ui.components.payloads import unpacked

POINTS = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)


def positions_in(payload: bytes) -> np.ndarray:
    header, arrays = unpacked(payload)
    share = arrays["values"] / 65535
    return np.array(header["low"]) + share * np.array(header["side"])


# --- payloads ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1e-30, 1.0, 1e30])
@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("equal", [False, True])
def test_points_arrive_right_to_half_a_level_of_their_box(size, dims, equal):
    points = np.random.default_rng(1).normal(size=(200, dims)) * size * np.arange(1, dims + 1)
    received = positions_in(pack_points(points, equal=equal).data)
    spans = np.ptp(points, axis=0)
    side = spans.max() if equal or dims == 3 else spans
    assert (np.abs(received - points) <= 0.5001 * side / 65535).all()


def test_one_scale_for_both_axes_keeps_the_proportions_of_distances():
    header, _ = unpacked(pack_points(POINTS * np.array([10, 1], np.float32), equal=True).data)
    assert header["side"][0] == header["side"][1]
    assert header["extent"][0] == pytest.approx(1)
    assert header["extent"][1] < 0.2
    header, _ = unpacked(pack_points(POINTS * np.array([10, 1], np.float32), equal=False).data)
    assert header["extent"] == pytest.approx([1, 1])


@pytest.mark.parametrize(
    "points", [POINTS[:1], np.ones((4, 2)), np.array([[1.0, 5.0], [1.0, 5.0], [1.0, 9.0]])]
)
def test_points_without_extent_have_places_all_the_same(points):
    assert np.allclose(positions_in(pack_points(points, equal=True).data), points, atol=1e-4)
    assert np.allclose(positions_in(pack_points(points, equal=False).data), points, atol=1e-4)


def test_masks_arrive_eight_to_a_byte():
    mask = np.random.default_rng(2).random(21) < 0.5
    raw = unpacked(pack_mask(mask).data)[1]["values"]
    assert [raw[i >> 3] >> (i & 7) & 1 for i in range(21)] == mask.tolist()
    assert len(raw) == 3


def test_texts_arrive_whatever_is_in_them():
    texts = ["cat\nsecond line", "", "größer 🐈", "\ud800 alone"]
    arrays = unpacked(pack_texts(texts).data)[1]
    starts, text = arrays["starts"], arrays["text"].tobytes()
    received = [text[first:last].decode() for first, last in itertools.pairwise(starts)]
    assert received == ["cat\nsecond line", "", "größer 🐈", "? alone"]


def test_tokens_differ_where_anything_differs_and_are_the_same_otherwise():
    assert pack_points(POINTS, equal=True) == pack_points(POINTS.copy(), equal=True)
    moved = POINTS.copy()
    moved[17] += 0.01
    tokens = {
        pack_points(points, equal=equal).token
        for points, equal in ((POINTS, True), (POINTS, False), (moved, True), (2 * POINTS, True))
    }
    assert len(tokens) == 4
    values = np.arange(6, dtype=np.uint8)
    assert pack_array(values.reshape(2, 3), "u1").token != pack_array(values.reshape(3, 2), "u1").token


# --- which points an event is about -----------------------------------------------------------------------------


def odd_by_hand(x: int, y: int, corners: list[tuple[int, int]]) -> bool:
    """A ray to the right, counted edge by edge in exact fractions."""
    odd = False
    for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if (y0 <= y) != (y1 <= y):
            odd ^= x < x0 + Fraction((y - y0) * (x1 - x0), y1 - y0)
    return odd


def on_an_edge(x: int, y: int, corners: list[tuple[int, int]]) -> bool:
    return any(
        (x1 - x0) * (y - y0) == (y1 - y0) * (x - x0)
        and min(x0, x1) <= x <= max(x0, x1)
        and min(y0, y1) <= y <= max(y0, y1)
        for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True)
    )


pairs = st.tuples(st.integers(-20, 20), st.integers(-20, 20))


@settings(deadline=None, max_examples=200)
@given(st.lists(pairs, min_size=3, max_size=12), st.lists(pairs, min_size=1, max_size=30))
def test_a_lasso_holds_what_the_even_odd_rule_says(corners, places):
    places = [place for place in places if not on_an_edge(*place, corners)]
    assume(places)
    found = in_polygon(np.array(places, float), np.array(corners, float))
    assert found.tolist() == [odd_by_hand(x, y, corners) for x, y in places]
    event = ScatterEvent(1, polygon=tuple(corners))
    assert inside(np.array(places, float), event).tolist() == np.flatnonzero(found).tolist()


def test_a_lasso_that_crosses_itself_leaves_its_heart_out():
    star = [(np.cos(turn), np.sin(turn)) for turn in 4 * np.pi / 5 * np.arange(5)]
    assert in_polygon(np.array([[0, 0], [0.8, 0], [2, 0]]), np.array(star)).tolist() == [False, True, False]


def test_a_box_holds_its_edges_and_hidden_points_are_never_in():
    points = np.array([[0, 0], [1, 1], [2, 2], [3, 3.0]])
    event = ScatterEvent(1, box=(1, 1, 3, 3))
    assert inside(points, event).tolist() == [1, 2, 3]
    assert inside(points, event, np.array([1, 1, 0, 1], bool)).tolist() == [1, 3]
    lasso = ScatterEvent(2, polygon=((-1, -1), (9, -1), (9, 9), (-1, 9)))
    assert inside(points, lasso, np.array([0, 1, 1, 0], bool)).tolist() == [1, 2]


def test_a_pin_is_its_point_unless_it_is_hidden_or_gone():
    assert inside(POINTS, ScatterEvent(1, pinned=7)).tolist() == [7]
    assert inside(POINTS, ScatterEvent(1, pinned=7), np.arange(50) != 7).tolist() == []
    assert inside(POINTS, ScatterEvent(1, pinned=50)).tolist() == []
    assert inside(POINTS, ScatterEvent()).tolist() == []


def test_a_box_over_a_turned_cloud_is_about_what_it_was_drawn_over():
    points = np.random.default_rng(3).normal(size=(100, 3))
    right, up = np.linalg.qr(np.random.default_rng(4).normal(size=(3, 3)))[0][:2]
    event = ScatterEvent(1, box=(-1, -1, 1, 1), axes=(tuple(right), tuple(up)))
    expected = np.flatnonzero((np.abs(points @ right) <= 1) & (np.abs(points @ up) <= 1))
    assert inside(points, event).tolist() == expected.tolist()


def test_an_outline_that_does_not_fit_the_points_is_refused():
    cloud = ScatterEvent(1, box=(0, 0, 1, 1), axes=((1, 0, 0), (0, 1, 0)))
    with pytest.raises(BadInput, match=r"\(50, 2\)") as refused:
        inside(POINTS, cloud)
    assert refused.value.code == "scatter_points"
    with pytest.raises(BadInput, match="one value a point") as refused:
        inside(POINTS, ScatterEvent(), np.ones(3, bool))
    assert refused.value.code == "scatter_shown"


@pytest.mark.parametrize(
    ("sent", "event"),
    [
        (None, ScatterEvent()),
        ("text", ScatterEvent()),
        ({"serial": 5}, ScatterEvent(5)),
        ({"serial": 5, "pinned": 3}, ScatterEvent(5, pinned=3)),
        ({"serial": 5, "pinned": -3}, ScatterEvent(5)),
        ({"serial": 5, "box": [0, 1, 2, 3]}, ScatterEvent(5, box=(0, 1, 2, 3))),
        ({"serial": 5, "box": [0, 1, float("nan"), 3]}, ScatterEvent()),
        ({"serial": 5, "box": [0, 1]}, ScatterEvent()),
        ({"serial": 5, "polygon": [[0, 0], [1, 0]]}, ScatterEvent(5)),
        ({"serial": 5, "polygon": [[0, 0], [1, "x"], [2, 2]]}, ScatterEvent()),
        ({"serial": 5, "polygon": 7}, ScatterEvent()),
        ({"serial": float("inf")}, ScatterEvent()),
        (
            {"serial": 5, "polygon": [[0, 0], [1, 0], [1, 1]]},
            ScatterEvent(5, polygon=((0, 0), (1, 0), (1, 1))),
        ),
        (
            {"serial": 5, "box": [0, 1, 2, 3], "axes": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]},
            ScatterEvent(5, box=(0, 1, 2, 3), axes=((1, 0, 0), (0, 1, 0))),
        ),
    ],
)
def test_what_a_browser_says_is_read_or_counts_as_nothing(sent, event):
    assert read_event(sent) == event


# --- refusals and the page ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"points": POINTS[:0]}, "scatter_points"),
        ({"points": POINTS[:, :1]}, "scatter_points"),
        ({"points": POINTS.astype(int)}, "scatter_points"),
        ({"points": np.where(np.arange(100).reshape(50, 2) == 7, np.nan, POINTS)}, "scatter_not_finite"),
        ({"points": np.where(np.arange(100).reshape(50, 2) == 7, -np.inf, POINTS)}, "scatter_not_finite"),
        ({"points": POINTS.astype(float) * 1e307}, "scatter_not_finite"),
        ({"colors": np.zeros(50, np.uint8)}, "scatter_colors"),
        ({"colors": np.full(50, 3, np.uint8), "palette": np.zeros((3, 3), np.uint8)}, "scatter_colors"),
        ({"colors": np.zeros(50, np.int64), "palette": np.zeros((3, 3), np.uint8)}, "scatter_colors"),
        ({"colors": np.zeros(49, np.uint8), "palette": np.zeros((3, 3), np.uint8)}, "scatter_colors"),
        ({"palette": np.zeros((3, 4), np.uint8)}, "scatter_colors"),
        ({"shown": np.ones(49, bool)}, "scatter_shown"),
        ({"shown": np.ones(50, np.uint8)}, "scatter_shown"),
        ({"captions": ["one"]}, "scatter_captions"),
        ({"captions": ["long" * 100_000] * 50}, "scatter_captions"),
        ({"image_numbers": np.arange(50) - 1}, "scatter_pictures"),
        ({"image_numbers": np.arange(49)}, "scatter_pictures"),
        ({"neighbors": np.zeros((49, 3), np.int32)}, "scatter_neighbors"),
        ({"neighbors": np.full((50, 3), 50, np.int32)}, "scatter_neighbors"),
        ({"neighbors": np.full((50, 3), -2, np.int32)}, "scatter_neighbors"),
        ({"neighbors": np.broadcast_to(np.int32(1), (50, 200_000))}, "scatter_neighbors"),
        ({"selected": [50]}, "scatter_selected"),
        ({"selected": np.array([-1])}, "scatter_selected"),
    ],
)
def test_what_does_not_belong_together_is_refused(changes, code):
    with pytest.raises(BadInput) as refused:
        scatter(**{"points": POINTS, "key": "map", **changes})
    assert refused.value.code == code


def page() -> None:
    import numpy as np
    import streamlit as st

    from featviz.ui.components.scatter.scatter import scatter

    event = scatter(
        np.random.default_rng(0).normal(size=(20, 2)),
        key="map",
        colors=np.arange(20, dtype=np.uint16),
        palette=np.zeros((20, 3), np.uint8),
        shown=np.arange(20) % 2 == 0 if st.toggle("half") else None,
        captions=["x"] * 20,
        neighbors=np.full((20, 2), -1, np.int32),
        selected=[],
    )
    st.write(event.serial)


def sent_by(app: AppTest) -> list[bytes]:
    drawn = [node.proto for node in app.main if node.type == "bidi_component"]
    return [node.bytes for node in drawn]


def test_a_run_changes_the_payload_that_changed_and_the_view_alone():
    app = AppTest.from_function(page).run()
    assert not app.exception
    before = sent_by(app)
    app.toggle[0].set_value(True).run()
    after = sent_by(app)
    assert len(before) == len(after) == 10
    assert [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b] == [3, 8]
    assert app.markdown[-1].value == "`0`"
