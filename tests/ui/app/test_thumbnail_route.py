"""Thumbnails by address: the right picture, nothing beyond the set, and nothing for who does not know the token."""

import gc
import io

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette

from featviz.data.sets.image_set import ImageSet, Sample
from featviz.errors import BadImage
from featviz.ui.app.thumbnail_route import routes, thumbnail_address
from featviz.ui.components.gallery.atlas import ATLAS_COLUMNS, ATLAS_IMAGES, ATLAS_SIDE
from featviz.ui.state.cache import THUMBNAILS
from featviz.ui.state.image_sets import ChosenSet, open_bundled_set, part_of
from tests.asgi import Answer, ask


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    THUMBNAILS.clear()


def get(address: str) -> Answer:
    return ask(Starlette(routes=routes()), address)


def shade(index: int) -> int:
    return index * 3 % 256


def grays(count: int, damaged: int = -1, content: str = "greys") -> ChosenSet:
    def sample(index: int) -> Sample:
        if index == damaged:
            raise BadImage("damaged", code="damaged")
        return Sample(Image.new("RGB", (40, 20), (shade(index),) * 3), f"{index}")

    return ChosenSet("upload/x", "greys", ImageSet("greys", count, sample), content=content)


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"), np.int16)


def test_each_position_gives_its_own_picture() -> None:
    chosen = grays(90)
    for place in (0, 1, 80, 89):
        answer = get(f"{thumbnail_address(chosen)}{place}")
        assert answer.headers["content-type"] == "image/webp"
        assert "max-age" in answer.headers["cache-control"]
        assert abs(pixels(answer.body)[10, 20, 0] - shade(place)) <= 3


def test_a_selection_shows_its_own_rows() -> None:
    part = part_of(grays(90), [80, 5], "two")
    shown = [
        pixels(get(f"{thumbnail_address(part)}{row}").body)[10, 20, 0] - shade(place)
        for row, place in enumerate((80, 5))
    ]
    assert np.abs(shown).max() <= 3


def test_a_part_made_anew_in_every_run_keeps_its_thumbnails() -> None:
    whole = grays(90)
    address = thumbnail_address(part_of(whole, [80, 5], "two"))
    gc.collect()
    assert get(f"{address}1").status == 200
    assert thumbnail_address(part_of(whole, [80, 5], "two")) == address


@pytest.mark.parametrize(
    "position", ["90", "-1", "1e1", "٣", "x", "9" * 5000, "0x1", "%2e%2e", "1/2", "atlas/1", "atlas/-1"]
)
def test_what_is_not_there_is_not_found(position: str) -> None:
    assert get(f"{thumbnail_address(grays(90))}{position}").status == 404


def test_a_damaged_picture_is_not_found_and_leaves_its_square_on_the_sheet_empty() -> None:
    chosen = grays(40, damaged=33)
    assert get(f"{thumbnail_address(chosen)}33").status == 404
    sheet = pixels(get(f"{thumbnail_address(chosen)}atlas/0").body)
    assert sheet.shape == (2 * ATLAS_SIDE, ATLAS_COLUMNS * ATLAS_SIDE, 4)
    middles = sheet[ATLAS_SIDE // 2 :: ATLAS_SIDE, ATLAS_SIDE // 2 :: ATLAS_SIDE].reshape(-1, 4)
    shown = [place for place in range(len(middles)) if middles[place, 3] > 128]
    assert shown == [*range(33), *range(34, 40)]
    assert max(abs(middles[place, 0] - shade(place)) for place in shown) <= 4


def test_sheets_go_on_where_the_one_before_ends() -> None:
    chosen = grays(ATLAS_IMAGES + 3)
    sheet = pixels(get(f"{thumbnail_address(chosen)}atlas/1").body)
    assert sheet.shape[0] == ATLAS_SIDE
    assert abs(sheet[16, 2 * ATLAS_SIDE + 16, 0] - shade(ATLAS_IMAGES + 2)) <= 4


def test_nobody_finds_a_set_by_guessing() -> None:
    address = thumbnail_address(grays(3, content="upload/secret"))
    assert address is not None
    token = address.split("/")[2]
    assert len(token) == 64 and "secret" not in address
    for guess in ("upload%2Fsecret", "shapes", token[:-1], token.upper(), "0" * 64):
        assert get(f"/thumbnails/{guess}/0").status == 404
    assert thumbnail_address(grays(3, content="upload/secret")) == address  # cacheable
    assert thumbnail_address(grays(3, content="another")) != address


def test_a_set_that_nobody_holds_any_more_is_gone() -> None:
    address = thumbnail_address(grays(3, content="short-lived"))
    gc.collect()
    assert get(f"{address}0").status == 404


def test_thumbnails_are_made_once() -> None:
    made = []

    def sample(index: int) -> Sample:
        made.append(index)
        return Sample(Image.new("RGB", (40, 20)), f"{index}")

    chosen = ChosenSet("x", "x", ImageSet("x", 3, sample), content="counted")
    for _ in range(3):
        assert get(f"{thumbnail_address(chosen)}1").status == 200
    assert made == [1]


def test_without_images_there_is_no_address() -> None:
    assert thumbnail_address(None) is None
    assert thumbnail_address(ChosenSet("x", "x", None)) is None
    assert thumbnail_address(open_bundled_set("photos", 0)) is not None
