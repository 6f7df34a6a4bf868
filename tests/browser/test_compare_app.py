"""The Compare models page in a real browser: from a cell to a disagreeing pair of images in two clicks, and by link."""

import csv
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect
from safetensors.torch import save

from featviz.models.isolated_rng import IsolatedRNG
from featviz.models.sources.torchvision import build
from tests.browser.own_files import offer, vectors_npz

LINK = "model=digits-cnn&set=digits&compared_count=100"
IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"


@pytest.fixture
def url(url: str) -> str:
    return f"{url}/compare"


def opened(page: Page, address: str) -> Locator:
    """Open the page and wait for all of the evidence; its heat map."""
    page.goto(address)
    canvas = page.locator("canvas.cells")
    expect(canvas).to_have_attribute("data-painted", re.compile("[1-9]"), timeout=120_000)
    settled(page)
    return canvas


def settled(page: Page) -> None:
    """Wait for all of the evidence of the chosen pair."""
    expect(page.get_by_text(re.compile("^95% interval"))).to_be_visible(timeout=120_000)
    page.wait_for_selector(IDLE, timeout=60_000)


def own_checkpoint(seed: int) -> bytes:
    """A small architecture for ten classes, with random weights of its own."""
    with IsolatedRNG(seed):
        return save(build("squeezenet1_1", 10).state_dict())


def checkpoint_in(page: Page) -> str:
    return parse_qs(urlsplit(page.url).query)["checkpoint"][0]


def chosen_layers(page: Page) -> list[str]:
    return [page.locator(f".st-key-{name}-chosen input").input_value() for name in ("row", "column")]


def pick(canvas: Locator, row: int, column: int) -> None:
    side = int(canvas.get_attribute("data-cell") or 0)
    canvas.click(position={"x": (column + 0.5) * side, "y": (row + 0.5) * side})


def neighbors(page: Page, side: str) -> list[str]:
    """The images of a list, by their addresses' last part, with what is said of each."""
    return page.locator(f".st-key-pair-near-{side} .tile").evaluate_all(
        "tiles => tiles.map(tile => tile.querySelector('img').src.split('/').at(-1) + ' ' + tile.title)"
    )


def test_two_clicks_lead_to_a_disagreeing_pair_of_images_and_the_link_reopens_it(
    page: Page, new_page, url: str, serve, tmp_path: Path
) -> None:
    canvas = opened(page, f"{url}?{LINK}")
    before = chosen_layers(page)
    pick(canvas, 1, 0)
    page.wait_for_function("() => /row=/.test(location.search) && /column=/.test(location.search)")
    settled(page)
    assert chosen_layers(page) != before
    disagreeing = page.locator(".st-key-pair-disagreeing .tile")
    expect(disagreeing.first).to_have_class(re.compile("chosen"))
    disagreeing.nth(3).click()
    expect(disagreeing.nth(3)).to_have_class(re.compile("chosen"), timeout=30_000)
    page.wait_for_function("() => /compared_image=/.test(location.search)")
    page.wait_for_selector(IDLE, timeout=60_000)
    lists = neighbors(page, "a"), neighbors(page, "b")
    assert len(lists[0]) == len(lists[1]) == 10 and lists[0] != lists[1]
    assert any("✕" not in each and re.search(r"rank \d", each) for each in lists[0])
    again = new_page()
    with serve("app.py", env={"FEATVIZ_STORE": str(tmp_path / "store")}) as fresh:
        opened(again, f"{fresh}/compare?{urlsplit(page.url).query}")
        reopened = chosen_layers(again), neighbors(again, "a"), neighbors(again, "b")
        expect(again.locator(".st-key-pair-disagreeing .tile").nth(3)).to_have_class(re.compile("chosen"))
    assert reopened == (chosen_layers(page), *lists), "on a server that has computed nothing yet"
    with page.expect_download() as download:
        page.get_by_role("button", name="Matrix (CSV)").click()
    download.value.save_as(tmp_path / "matrix.csv")
    rows = list(csv.DictReader((tmp_path / "matrix.csv").read_text("utf-8-sig").splitlines()))
    assert len(rows) == int(canvas.get_attribute("data-rows") or 0) * int(
        canvas.get_attribute("data-columns") or 0
    )
    assert {row["images"] for row in rows} == {"100"}


def test_a_cell_of_a_confusion_matrix_opens_its_images_and_one_of_them_opens_alone(
    page: Page, url: str
) -> None:
    page.goto(f"{url}?{LINK}&compare_by=behavior")
    canvases = page.locator("canvas.cells")
    expect(canvases).to_have_count(2, timeout=120_000)
    expect(canvases.nth(1)).to_have_attribute("data-painted", re.compile("[1-9]"))
    for number in range(2):
        window = page.locator(".heat-map .window").nth(number)
        assert window.evaluate("window => window.scrollWidth <= window.clientWidth"), (
            "all columns are in sight"
        )
    expect(page.get_by_role("button", name="Stop", exact=True)).to_have_count(0, timeout=120_000)
    page.wait_for_selector(IDLE, timeout=60_000)
    pick(canvases.nth(0), 3, 3)
    expect(page.get_by_role("heading", name="3, called 3 by digits-cnn, trained")).to_be_visible(
        timeout=60_000
    )
    tiles = page.locator(".st-key-behavior-images .tile")
    assert {each.inner_text().split("\n")[0] for each in tiles.all()} == {"3"}
    tiles.first.click()
    expect(page.get_by_role("heading", name="Attributions on one scale")).to_be_visible(timeout=60_000)
    page.wait_for_function(
        "() => /compare_by=image/.test(location.search) && /compared_image=/.test(location.search)"
    )


def test_a_click_on_one_of_many_networks_compares_it_layer_by_layer(page: Page, url: str) -> None:
    given = "digits-cnn@random,digits-cnn@1-4th,digits-cnn@trained"
    page.goto(f"{url}?{LINK}&compare_by=networks&networks={given}")
    traces = page.locator(".js-plotly-plot .trace.scatter").filter(has=page.locator(".textpoint"))
    texts, marks = traces.locator(".textpoint"), traces.locator(".points path")
    expect(texts).to_have_count(3, timeout=120_000)
    expect(page.get_by_text(re.compile(r"off by \d+\s?% of their size"))).to_be_visible()
    page.wait_for_selector(IDLE, timeout=60_000)
    name = [str(each.text_content()).strip() for each in texts.all()].index("random")
    assert marks.count() == 3
    box = marks.nth(name).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 2, y - 2)
    page.mouse.move(x, y)
    expect(page.locator(".hoverlayer text").first).to_contain_text("digits-cnn, random", timeout=30_000)
    page.mouse.click(x, y)
    page.wait_for_function("() => /compare_by=layers/.test(location.search)", timeout=60_000)
    box_of_second = page.get_by_role("combobox", name=re.compile("Compare with"))
    expect(box_of_second).to_have_value("digits-cnn, random", timeout=60_000)
    settled(page)
    assert chosen_layers(page)[0] == chosen_layers(page)[1]


def test_two_uploaded_checkpoints_of_one_architecture_are_compared(page: Page, new_page, url: str) -> None:
    root = url.removesuffix("/compare")
    page.goto(f"{root}/?model=torchvision/squeezenet1_1&weights=file&set=digits&compared_count=100")
    before = ""
    for number in (1, 2):
        name = f"run{number}.safetensors"
        given = {"name": name, "mimeType": "application/octet-stream", "buffer": own_checkpoint(number)}
        field = page.get_by_test_id("stFileUploader").filter(has_text="Checkpoint")
        if number > 1:
            field.get_by_role("button", name=re.compile("Remove")).click()
        field.locator("input[type=file]").set_input_files(given)
        page.wait_for_function(
            "before => { const now = new URLSearchParams(location.search).get('checkpoint');"
            " return now && now !== before; }",
            arg=before,
            timeout=60_000,
        )
        before = checkpoint_in(page)
    page.get_by_test_id("stSidebar").get_by_role("link", name="Compare models").first.click()
    expect(page.locator("canvas.cells")).to_have_attribute(
        "data-painted", re.compile("[1-9]"), timeout=240_000
    )
    box = page.get_by_role("combobox", name=re.compile("Compare with"))
    expect(box).to_have_value("squeezenet1_1, run1.safetensors", timeout=60_000)
    settled(page)
    expect(page.get_by_text("squeezenet1_1, run2.safetensors").first).to_be_visible()
    assert float(page.get_by_test_id("stMetricValue").first.inner_text()) < 1
    page.wait_for_function("() => /second=[^&]*(@|%40)[0-9a-f]{32}/.test(location.search)")
    again = new_page()
    opened(again, page.url)
    value = again.get_by_role("combobox", name=re.compile("Compare with")).input_value()
    assert re.fullmatch(r"squeezenet1_1, checkpoint \([0-9a-f]{6}\)", value), (
        "another visitor has the link alone"
    )


def test_vectors_without_images_are_refused_and_another_set_is_compared_again(page: Page, url: str) -> None:
    import numpy as np

    opened(page, f"{url}?{LINK}")
    vectors = np.random.default_rng(0).normal(size=(40, 5)).astype(np.float32)
    offer(page, "some.npz", vectors_npz(vectors, np.zeros(40, int)), "40 embeddings without images")
    expect(page.get_by_text("These vectors came without images")).to_be_visible(timeout=60_000)
    expect(page.locator("canvas.cells")).to_have_count(0)
