"""The Feature quality page in a real browser: judge, look at a layer, take the numbers away, reopen, stop, go on."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from featviz.representation.quality import MEASURES
from tests.browser.own_files import digits_zip, many_vectors, offer, vectors_npz
from tests.browser.shown import choose_option

DIGITS = "model=digits-cnn&set=digits&depth=relu1,relu3&models=none&disturbed=no"


@pytest.fixture
def url(url: str) -> str:
    return f"{url}/feature_quality"


def judged(page: Page, address: str) -> str:
    """Open the page, wait for the report card, and give its words."""
    page.goto(address)
    card, offer = (
        page.get_by_role("heading", name="Report card of one layer"),
        page.get_by_role("button", name="Evaluate"),
    )
    expect(card.or_(offer).first).to_be_visible(timeout=180_000)
    if offer.is_visible():
        offer.click()
        expect(offer).to_be_hidden(timeout=180_000)
    expect(card).to_be_visible(timeout=180_000)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=60_000)
    return page.locator(".st-key-report_card").inner_text()


def choose(page: Page, layer: str) -> None:
    """Choose the layer of the report card."""
    box = page.locator(".st-key-graded_layer").get_by_role("combobox")
    choose_option(box, page.get_by_role("option", name=layer))


def test_judging_two_layers_and_taking_the_numbers_away(page: Page, url: str, tmp_path: Path) -> None:
    last = judged(page, f"{url}?{DIGITS}")
    expect(page.locator("[data-testid=stPlotlyChart]")).to_have_count(len(MEASURES) - 1, timeout=60_000)
    assert "nearest images classifies" in last
    choose(page, "relu1")
    page.wait_for_function("() => location.search.includes('graded_layer=relu1')", timeout=60_000)
    first = page.locator(".st-key-report_card").inner_text()
    assert first != last
    with page.expect_download() as download:
        page.get_by_role("button", name="Numbers (CSV)").click()
    download.value.save_as(tmp_path / "numbers.csv")
    rows = list(csv.DictReader((tmp_path / "numbers.csv").read_text("utf-8-sig").splitlines()))
    assert len(rows) == 2 * len(MEASURES)
    accuracies = {row["layer"]: float(row["value"]) for row in rows if row["measure"] == "knn_accuracy"}
    assert accuracies["relu3"] > accuracies["relu1"]
    assert f"{accuracies['relu1']:.1%}" in first
    assert judged(page, page.url) == first


def test_a_bundled_report_is_there_at_once_and_other_work_is_offered_stopped_and_goes_on(
    page: Page, url: str
) -> None:
    page.goto(f"{url}?model=shapes-resnet&set=shapes")
    expect(page.get_by_role("heading", name="Report card of one layer")).to_be_visible(timeout=60_000)
    assert not page.get_by_role("button", name="Stop").count()
    page.goto(f"{url}?model=shapes-resnet&set=shapes&models=none&depth=pool,stage1.0.relu1,stage2.0.relu1")
    expect(page.get_by_text("2 layers of shapes-resnet, trained, 2,000 images")).to_be_visible(
        timeout=120_000
    )
    page.get_by_role("button", name=re.compile(r"Evaluate \(about \d+ (s|min)\)")).click()
    progress = page.get_by_text(re.compile(r"Evaluating shapes-resnet, trained: .*, about \d+ (s|min) left"))
    expect(progress).to_be_visible(timeout=120_000)
    page.locator(".st-key-progress-quality").get_by_role("button", name="Stop").click()
    stopped = page.get_by_text(re.compile(r"Stopped\. Evaluating shapes-resnet, trained: "))
    expect(stopped).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Go on").click()
    expect(progress).to_be_visible(timeout=120_000)
    page.locator(".st-key-progress-quality").get_by_role("button", name="Stop").click()
    expect(stopped).to_be_visible(timeout=60_000)  # the next visitor's work has the machine to itself


def test_an_uploaded_zip_is_judged(page: Page, url: str) -> None:
    judged(page, f"{url}?{DIGITS}")
    offer(page, "some.zip", digits_zip(), "36 images, 9 classes")
    page.get_by_role("button", name="Evaluate").click(timeout=60_000)
    expect(page.get_by_text("36 images of 9 classes")).to_be_visible(timeout=180_000)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=60_000)
    assert "nearest images classifies" in page.locator(".st-key-report_card").inner_text()


def test_of_fifty_thousand_vectors_a_sample_is_judged_and_said(page: Page, url: str) -> None:
    vectors, groups = many_vectors()
    judged(page, f"{url}?{DIGITS}")
    offer(page, "many.npz", vectors_npz(vectors, groups), "50,000 embeddings without images")
    page.get_by_role("button", name="Evaluate").click(timeout=60_000)
    said = page.get_by_text(re.compile("50,000 vectors of 8 classes, 16 units.*a sample of 2,000"))
    expect(said).to_be_visible(timeout=240_000)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=60_000)
    card = page.locator(".st-key-report_card").inner_text()
    share = float(re.search(r"nearest images classifies ([\d.]+)%", card)[1])
    assert share > 98, "groups five deviations apart"
    assert "no corrupted images" in card
