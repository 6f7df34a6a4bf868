"""The drawing of an architecture in a real browser: what one sees, points at, picks and takes home."""

import itertools
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Locator, Page, expect

APP = "tests/browser/apps/architecture_app.py"


@pytest.fixture(scope="module")
def url(serve):
    with serve(APP) as address:
        yield address


def open_drawing(page: Page, address: str) -> Locator:
    page.goto(address)
    drawing = page.locator(".architecture")
    expect(drawing).to_have_attribute("data-painted", re.compile(r"[1-9]"), timeout=60_000)
    return drawing


def front(drawing: Locator, name: str) -> dict[str, float]:
    """The box of the front of a block's slab."""
    return drawing.locator(f'.block[data-name="{name}"] .slab rect').last.bounding_box()


def test_slabs_follow_rows_and_channels(page: Page, url: str) -> None:
    drawing = open_drawing(page, url)
    assert drawing.locator(".block").count() == 10
    stem, first, last = (front(drawing, name) for name in ("stem", "stage1.0", "stage3.1"))
    assert first["height"] == pytest.approx(stem["height"], abs=1)
    assert first["height"] / last["height"] == pytest.approx((32 / 8) ** 0.5, rel=0.05)
    assert last["width"] / first["width"] == pytest.approx((96 / 32) ** 0.5, rel=0.05)
    texts = drawing.locator("svg text").all_text_contents()
    assert {"image", "3 × 64 × 64", "32 × 32 × 32", "96 × 8 × 8", "stage2", "classes", "80"} <= set(texts)


def test_hovering_tells_the_numbers_and_runs_nothing(page: Page, url: str) -> None:
    drawing = open_drawing(page, url)
    drawing.locator('.block[data-name="stage1.0"]').hover()
    tip = drawing.locator(".tip")
    expect(tip).to_be_visible()
    expect(tip).to_contain_text("stage1.0ResidualBlock")
    expect(tip).to_contain_text("32 × 32 × 32 = 32,768 values")
    expect(tip).to_contain_text("18,560 parameters in 7 layers")
    page.mouse.move(1, 1)
    expect(tip).to_be_hidden()
    expect(page.get_by_text("picks 0")).to_be_visible()


def test_a_click_picks_and_a_second_one_picks_again(page: Page, url: str) -> None:
    drawing = open_drawing(page, url)
    block = drawing.locator('.block[data-name="stage2.0"]')
    block.click()
    expect(page.get_by_text("chosen stage2.0 returned stage2.0 picks 1")).to_be_visible()
    expect(block).to_have_class("block selected")
    expect(drawing.locator(".selected")).to_have_count(1)
    page.get_by_role("button", name="Run again").click()
    expect(page.get_by_text("chosen stage2.0 returned None picks 1")).to_be_visible()
    block.click()
    expect(page.get_by_text("picks 2")).to_be_visible()


def test_a_block_opens_where_it_stands_and_shows_what_is_inside(page: Page, url: str) -> None:
    drawing = open_drawing(page, url)
    assert drawing.locator(".skip").count() == 6, "one around each residual block"
    drawing.locator('[data-toggle="stage2.0"]').click()
    opened = drawing.locator('.block[data-name^="stage2.0."]')
    assert opened.evaluate_all("all => all.map(block => block.querySelector('text').textContent)") == [
        "conv1", "conv2", "shortcut", "relu2"
    ]  # fmt: skip
    opened.first.hover()
    expect(drawing.locator(".tip")).to_contain_text("kernel 3 × 3, stride 2, padding 1")
    expect(drawing.locator(".tip")).to_contain_text("a skip connection leads around it")
    middles = [
        box["x"] + box["width"] / 2 for box in (cell.bounding_box() for cell in opened.locator(".cell").all())
    ]
    arrows = [box["x"] for box in (arrow.bounding_box() for arrow in drawing.locator(".arrow").all())]
    assert not [x for x in arrows if middles[1] < x < middles[2]], (
        "the shortcut does not follow the convolutions"
    )
    opened.nth(1).click()
    expect(page.get_by_text("chosen stage2.0.bn2 returned stage2.0.bn2 picks 1")).to_be_visible()
    expect(opened.nth(1)).to_have_class("block selected")
    drawing.locator('[data-toggle="stage2.0"]').press("Enter")
    expect(opened).to_have_count(0)
    expect(drawing.locator('[data-toggle="stage2.0"]')).to_be_focused()
    expect(drawing.locator('[data-toggle="stage2.0"]')).to_have_attribute("aria-expanded", "false")
    expect(page.get_by_text("picks 1")).to_be_visible()


def test_letters_follow_the_size_of_the_pages_text(page: Page, url: str) -> None:
    drawing = open_drawing(page, url)
    sizes = "all => [...new Set(all.map(text => parseFloat(getComputedStyle(text).fontSize)))].sort()"
    usual = drawing.locator("svg text").evaluate_all(sizes)
    page.add_style_tag(content="html { font-size: 150%; }")
    expect(drawing.locator("svg text").first).to_have_attribute("font-size", re.compile("^16.5"))
    assert drawing.locator("svg text").evaluate_all(sizes) == pytest.approx(
        sorted(1.5 * size for size in usual)
    )
    frame = drawing.bounding_box()
    for text in drawing.locator("svg text").all():
        box = text.bounding_box()
        assert frame["x"] - 1 <= box["x"]
        assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 1


def test_keys_walk_from_block_to_block_and_enter_picks(page: Page, url: str) -> None:
    drawing = open_drawing(page, url)
    drawing.locator('.block[data-name="stem"]').focus()
    page.keyboard.press("ArrowRight")
    focused = drawing.locator('.block[data-name="stage1.0"]')
    expect(focused).to_be_focused()
    expect(focused).to_have_attribute(
        "aria-label", re.compile("^stage1.0, ResidualBlock, output 32 × 32 × 32")
    )
    expect(drawing.locator(".tip")).to_contain_text("stage1.0")
    page.keyboard.press("Enter")
    expect(page.get_by_text("chosen stage1.0 returned stage1.0 picks 1")).to_be_visible()
    expect(focused).to_be_focused()
    expect(focused).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize(("width", "dark"), [(1440, True), (390, False)])
def test_everything_fits_and_can_be_read(new_page, url: str, width: int, dark: bool) -> None:
    page = new_page(width=width, dark=dark)
    drawing = open_drawing(page, f"{url}/?network=squeezenet1_1&selected=features.6.squeeze")
    frame = drawing.bounding_box()
    for cell in drawing.locator(".block .cell").all():
        box = cell.bounding_box()
        assert frame["x"] <= box["x"]
        assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 1
    tops = {cell.get_attribute("y") for cell in drawing.locator(".block .cell").all()}
    assert len(tops) == (1 if width == 1440 else 4)
    sizes = drawing.locator("svg text").evaluate_all(
        "all => all.map(t => parseFloat(getComputedStyle(t).fontSize))"
    )
    assert min(sizes) >= 10
    color = drawing.locator("svg text").first.evaluate("text => getComputedStyle(text).fill")
    assert (sum(map(int, re.findall(r"\d+", color)[:3])) > 380) == dark
    expect(drawing.locator(".selected")).to_have_attribute("data-name", "features.6")


def test_labels_do_not_run_into_each_other(new_page, url: str) -> None:
    drawing = open_drawing(new_page(width=1280), f"{url}/?network=vit_b_32")
    boxes = [text.bounding_box() for text in drawing.locator(".block text").all()]
    rows: dict[int, list[dict[str, float]]] = {}
    for box in boxes:
        rows.setdefault(round(box["y"]), []).append(box)
    for row in rows.values():
        row.sort(key=lambda box: box["x"])
        assert all(a["x"] + a["width"] <= b["x"] + 1 for a, b in itertools.pairwise(row))
    expect(drawing.locator(".note")).to_contain_text("39,168 parameters lie outside")


def test_the_drawing_can_be_taken_home(page: Page, url: str, tmp_path: Path) -> None:
    drawing = open_drawing(page, url)
    with page.expect_download() as waiting:
        drawing.get_by_role("button", name="Download SVG").click()
    assert waiting.value.suggested_filename == "a-network_architecture.svg"
    target = tmp_path / "architecture.svg"
    waiting.value.save_as(target)
    root = ElementTree.parse(target).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("color").startswith("rgb")
    assert "var(" not in target.read_text()
    said = "".join(root.itertext())
    assert "stage1" in said
    assert "a/network" in said
    assert "convolution" in said, "what the colors mean"
    assert float(root.get("height")) == float(root.get("viewBox").split()[3])
