import re

import numpy as np
import pytest

from featviz.errors import BadInput
from featviz.render import COLORMAPS, Scale, quantize
from featviz.render.captioned import MARGIN, MIN_SIDE, captioned, color_bar, enlarged, file_name

VIRIDIS = COLORMAPS["viridis"]


@pytest.mark.parametrize("shape", [(8, 8), (71, 107), (1, 3), (900, 20), (1600, 1200)])
def test_the_pixels_inside_are_the_map_s_colors_enlarged_by_a_whole_factor(shape: tuple[int, int]) -> None:
    values = np.random.default_rng(0).random(shape, np.float32)
    scale = Scale(0.0, 1.0)
    colors = VIRIDIS.colors(quantize(values[None], [scale])[0])
    drawn = captioned(colors, "a network · a layer", bar=color_bar(VIRIDIS, [scale]))
    factor = max(1, int(np.ceil(MIN_SIDE / max(shape))))
    inside = drawn[MARGIN : MARGIN + factor * shape[0], MARGIN : MARGIN + factor * shape[1]]
    assert max(inside.shape) >= MIN_SIDE
    assert np.array_equal(inside, np.kron(colors, np.ones((factor, factor, 1), np.uint8)))
    assert np.array_equal(inside, enlarged(colors))


def _ink(drawn: np.ndarray) -> int:
    return int((drawn[MARGIN + MIN_SIDE :] < 128).any(2).sum())


def test_the_caption_stands_below_the_image_and_a_long_one_takes_more_lines() -> None:
    black = np.zeros((8, 8, 3), np.uint8)
    empty, short, long = (captioned(black, words) for words in ("", "one", "many words " * 40))
    assert _ink(empty) == 0 < _ink(short) < _ink(long)
    assert long.shape[0] > short.shape[0] == empty.shape[0]
    margin = long[:, -MARGIN:]
    assert (margin == 255).all(), "no word leaves the paper"


def test_letters_the_font_lacks_are_not_drawn_as_boxes() -> None:
    black = np.zeros((8, 8, 3), np.uint8)
    assert np.array_equal(captioned(black, "café 3×3"), captioned(black, "cafe 3x3"))


def test_the_bar_shows_every_color_from_the_first_level_on() -> None:
    diverging = COLORMAPS["blue_white_red"]
    drawn = captioned(
        np.full((8, 8, 3), 255, np.uint8),
        "",
        bar=color_bar(diverging, [Scale(-2.0, 2.0, symmetric=True)]),
    )
    row = next(row for row in drawn[MIN_SIDE:] if (row == diverging.table[1]).all(1).any())
    shown = {tuple(color) for color in row.tolist()}
    assert {tuple(color) for color in diverging.table[1:].tolist()} <= shown


@pytest.mark.parametrize(
    ("scales", "ends"),
    [
        ([Scale(0.0, 2.0)], ("0", "2", "")),
        ([Scale(0.0, 2.0)] * 3, ("0", "2", "one scale for all")),
        ([Scale(0.0, 2.0), Scale(0.0, 3.0)], ("0", "max", "each on its own scale")),
        ([Scale(-1.0, 2.0), Scale(0.0, 3.0)], ("lowest", "max", "each on its own scale")),
        (
            [Scale(-2.0, 2.0, symmetric=True), Scale(-1.0, 1.0, symmetric=True)],
            ("-max", "+max", "each on its own scale"),
        ),
    ],
)
def test_the_ends_of_the_bar_are_values_where_all_maps_share_them(
    scales: list[Scale], ends: tuple[str, str, str]
) -> None:
    bar = color_bar(VIRIDIS, scales)
    assert (bar.low, bar.high, bar.note) == ends


def test_a_file_s_name_says_network_layer_and_image() -> None:
    name = file_name(
        ["shapes-resnet", "stage2.0.relu2", "channel 3", "Shapes world, 4 · zigzag heart"], "png"
    )
    assert name == "shapes-resnet_stage2.0.relu2_channel-3_Shapes-world-4-zigzag-heart.png"


@pytest.mark.parametrize(
    "parts", [["../../etc", "a/b\\c"], ["\u202e<b>", "é" * 500], [], ["", " "], ["..", "/"]]
)
def test_no_part_of_a_name_leads_out_of_a_folder(parts: list[str]) -> None:
    name = file_name(parts, "png")
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,190}\.png", name)


def test_what_is_no_image_is_refused() -> None:
    with pytest.raises(BadInput):
        captioned(np.zeros((4, 4), np.uint8), "")
    with pytest.raises(BadInput):
        color_bar(VIRIDIS, [])
