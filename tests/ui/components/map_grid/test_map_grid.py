import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from featviz.errors import BadInput
from featviz.render import Scale, channel_scales, quantize, shared_scale
from featviz.ui.components.map_grid.map_grid import map_grid, pack_maps
from tests.ui.components.payloads import unpacked

MAPS = np.random.default_rng(0).normal(size=(5, 3, 4))


def decode(payload: bytes) -> tuple[dict, np.ndarray]:
    header, arrays = unpacked(payload)
    return header, arrays["maps"]


def named(count: int) -> list[str]:
    return [f"channel {number}" for number in range(count)]


def test_what_is_packed_comes_out_again_with_its_values():
    scales = channel_scales(MAPS)
    levels = quantize(MAPS, scales)
    token, payload = pack_maps(levels, named(5), scales)
    header, received = decode(payload)
    assert np.array_equal(received, levels)
    assert header["token"] == token
    assert header["labels"] == named(5)
    origin, step = (np.array(header[name])[:, None, None] for name in ("origin", "step"))
    assert np.abs(origin + step * received - MAPS).max() <= 0.5 * step.max() + 1e-12


def test_names_and_lists_that_are_not_contiguous_survive():
    label = 'ein "Streifen" \u2013 \u7e1e\n<b>'
    tiles = np.zeros((4, 6, 2, 3), np.uint8)[::2, ::2]
    tiles[1, 2, 1] = (1, 2, 3)
    header, received = decode(pack_maps(tiles, [label, label], None)[1])
    assert header["labels"] == [label, label]
    assert header["legend"] is None
    assert np.array_equal(received, tiles)


def test_the_token_follows_everything_that_is_sent():
    levels = np.zeros((2, 3, 3), np.uint8)
    scales = [Scale(0, 1)] * 2
    token = pack_maps(levels, ["a", "b"], scales)[0]
    assert token == pack_maps(levels.copy(), ["a", "b"], list(scales))[0]
    others = [
        pack_maps(levels + 1, ["a", "b"], scales)[0],
        pack_maps(levels, ["a", "c"], scales)[0],
        pack_maps(levels, ["a", "b"], [Scale(0, 1), Scale(0, 2)])[0],
        pack_maps(levels.reshape(2, 1, 9), ["a", "b"], scales)[0],
    ]
    assert len({token, *others}) == 5


@pytest.mark.parametrize(
    ("scales", "legend"),
    [
        ([Scale(0, 3.2)] * 2, {"low": "0", "high": "3.2", "note": "one scale for all", "first": 0}),
        (
            [Scale(-1, 1, symmetric=True)] * 2,
            {"low": "-1", "high": "1", "note": "one scale for all", "first": 1},
        ),
        (
            [Scale(0, 1), Scale(0, 2)],
            {"low": "0", "high": "max", "note": "each on its own scale", "first": 0},
        ),
        (
            [Scale(-1, 1, symmetric=True), Scale(0, 0, symmetric=True)],
            {"low": "-max", "high": "+max", "note": "each on its own scale", "first": 1},
        ),
    ],
)
def test_the_legend_says_what_the_colors_mean(scales, legend):
    assert decode(pack_maps(np.zeros((2, 1, 1), np.uint8), ["a", "b"], scales)[1])[0]["legend"] == legend


def test_512_maps_travel_in_one_small_message():
    maps = np.zeros((512, 56, 56), np.float32)
    payload = pack_maps(quantize(maps, [shared_scale(maps)] * 512), named(512), channel_scales(maps))[1]
    assert len(payload) < 2_200_000


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"maps": MAPS}, "bad_maps"),
        ({"maps": np.zeros((5, 3), np.uint8)}, "bad_maps"),
        ({"maps": np.zeros((5, 3, 4, 2), np.uint8)}, "bad_maps"),
        ({"labels": named(4)}, "map_count"),
        ({"scales": [Scale(0, 1)] * 4}, "map_count"),
        ({"order": [0, 5]}, "map_number"),
        ({"order": [-1]}, "map_number"),
        ({"selected": 5}, "map_number"),
    ],
)
def test_what_does_not_belong_together_is_refused(changes, code):
    arguments = {"maps": np.zeros((5, 3, 4), np.uint8), "labels": named(5), "key": "grid", **changes}
    with pytest.raises(BadInput) as caught:
        map_grid(**arguments)
    assert caught.value.code == code


def page():
    import numpy as np
    import streamlit as st

    from featviz.render import Scale
    from featviz.ui.components.map_grid.map_grid import map_grid

    n = st.number_input("maps", value=3)
    picked = map_grid(
        np.full((n, 4, 4), 7, np.uint8),
        labels=[f"channel {number}" for number in range(n)],
        scales=[Scale(0, 1)] * n,
        order=range(n)[::-1],
        selected=2,
        key="grid",
    )
    st.write(f"picked {picked}")


def test_a_page_mounts_it_and_nothing_is_picked_at_first():
    app = AppTest.from_function(page, default_timeout=30).run()
    assert not app.exception
    assert app.markdown[0].value == "picked None"
    carrier, viewer = (element.proto for element in app.get("bidi_component"))
    header, levels = decode(carrier.bytes)
    view = json.loads(viewer.bytes)
    assert view["token"] == header["token"]
    assert view["order"] == [2, 1, 0]
    assert view["selected"] == 2
    assert bytes.fromhex(view["tables"][0])[:3] == bytes([0x44, 0x01, 0x54])
    assert (levels == 7).all()


def test_another_layer_keeps_the_identity_of_the_mount():
    app = AppTest.from_function(page, default_timeout=30).run()
    before = [element.proto.id for element in app.get("bidi_component")]
    app.number_input[0].set_value(6).run()
    after = app.get("bidi_component")
    assert [element.proto.id for element in after] == before
    assert decode(after[0].proto.bytes)[1].shape == (6, 4, 4)
