"""The Visual search page in a real browser: a clicked image, a region drawn, why it was found, a link reopened."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from featviz import ImageSet, load_model
from featviz.data.sets.thumbnails import thumbnail
from featviz.representation.extraction.extract import embed
from featviz.store.store import Store
from tests.browser.own_files import MANY, digits_zip, many_vectors, offer, vectors_npz

QUERY = "set_size=500&search_image=17&search_most=12"


def settled(page: Page) -> None:
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=90_000)


def results(page: Page) -> Locator:
    """The tiles of what was found; the gallery before them offers images to search with."""
    return page.locator(".gallery").nth(1).locator(".tile")


def numbers(page: Page) -> list[str | None]:
    return [each.get_attribute("data-number") for each in results(page).all()]


def opened(page: Page, address: str) -> None:
    page.goto(address, wait_until="commit")
    expect(page.locator(".overlay-grid[data-maps='2']")).to_be_visible(timeout=120_000)
    settled(page)


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag over the query's picture, from and to shares of it."""
    stage = page.locator(".region .stage").bounding_box()
    assert stage is not None
    points = [(stage["x"] + x * stage["width"], stage["y"] + y * stage["height"]) for x, y in (start, end)]
    page.mouse.move(*points[0])
    page.mouse.down()
    page.mouse.move(*points[1], steps=4)
    page.mouse.up()


def test_from_a_clicked_image_to_a_region_and_why(page: Page, url: str) -> None:
    opened(page, f"{url}/visual_search?{QUERY}")
    expect(results(page)).to_have_count(12)
    first = numbers(page)
    assert "17" not in first
    # every thumbnail that is shown arrived
    page.wait_for_function(
        "() => [...document.querySelectorAll('.gallery img')].every((each) => each.complete && each.naturalWidth)"
    )

    results(page).nth(4).click()
    page.wait_for_function(f"() => location.search.includes('search_result={first[4]}')", timeout=60_000)
    settled(page)
    expect(page.locator(".region")).to_be_visible()
    assert numbers(page) == first

    page.get_by_role("button", name="Search with this image").click()
    page.wait_for_function(f"() => location.search.includes('search_image={first[4]}')", timeout=60_000)
    settled(page)
    expect(page.get_by_text(re.compile(f"Most like image {first[4]}"))).to_be_visible()
    second = numbers(page)
    assert first[4] not in second
    assert "17" in second

    drag(page, (0.3, 0.3), (0.6, 0.45))
    page.wait_for_function("() => location.search.includes('search_box=0.25')", timeout=60_000)
    settled(page)
    expect(page.locator(".region")).to_have_attribute("data-box", "0.250,0.250,0.625,0.500")
    expect(page.get_by_text(f"Most like a region of image {first[4]}")).to_be_visible()
    expect(page.locator(".overlay-grid[data-maps='2']")).to_be_visible()
    expect(page.get_by_text(re.compile("Over either image they add up to 0"))).to_be_visible()
    third, address = numbers(page), page.url

    page.locator(".region .stage").press("Escape")
    page.wait_for_function("() => !location.search.includes('search_box')", timeout=60_000)
    settled(page)
    assert numbers(page) == second

    opened(page, address)
    expect(page.locator(".region")).to_have_attribute("data-box", "0.250,0.250,0.625,0.500")
    assert numbers(page) == third


def test_the_box_by_keys(page: Page, url: str) -> None:
    opened(page, f"{url}/visual_search?{QUERY}")
    stage = page.locator(".region .stage")
    stage.focus()
    for key in ("ArrowRight", "ArrowUp", "Shift+ArrowRight", "Shift+ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator(".region")).to_have_attribute("data-box", "0.500,0.375,0.750,0.625")
    page.wait_for_function("() => location.search.includes('search_box=0.5')", timeout=60_000)
    settled(page)
    page.get_by_role("button", name="Whole image").click()
    page.wait_for_function("() => !location.search.includes('search_box')", timeout=60_000)


def test_two_thousand_shapes_are_searched(page: Page, url: str) -> None:
    opened(page, f"{url}/visual_search")
    expect(page.get_by_text("all 2,000 images were compared")).to_be_visible()
    assert len(set(numbers(page))) == 24
    label = page.get_by_text(re.compile(r"24 of 24 carry its label"))
    expect(label).to_be_visible()


def nearest_by_cosine(vectors: np.ndarray, row: int, count: int) -> tuple[list[int], np.ndarray]:
    """The rows nearest to one, best first, and the cosine of each row."""
    values = vectors.astype(np.float64)
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    cosines = values @ values[row]
    order = np.argsort(-cosines, kind="stable")
    return [int(each) for each in order if each != row][:count], cosines


def downloaded(page: Page, path: Path) -> list[dict[str, str]]:
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("button", name="Results (CSV)").click()
    download.value.save_as(path)
    return list(csv.DictReader(path.read_text().splitlines()))


def test_an_uploaded_zip_is_searched(page: Page, url: str) -> None:
    data = digits_zip()
    page.goto(f"{url}/visual_search?model=digits-cnn&set=digits&search_image=5&search_most=12")
    expect(results(page)).to_have_count(12, timeout=120_000)
    settled(page)
    offer(page, "some.zip", data, "36 images, 9 classes")
    page.wait_for_function("() => location.search.includes('set=upload')", timeout=60_000)
    settled(page)
    images = ImageSet.from_zip(data)
    expected, _ = nearest_by_cosine(
        embed(load_model("digits-cnn"), images, "flatten", store=Store(None)).vectors, 5, 12
    )
    expect(results(page)).to_have_count(12)
    assert [int(each or -1) for each in numbers(page)] == expected
    for row in expected[:3]:
        address = page.locator(f".gallery .tile[data-number='{row}'] img").last.get_attribute("src")
        assert page.request.get(f"{url}{address}").body() == thumbnail(images[row].image)


def test_fifty_thousand_vectors_are_searched(page: Page, url: str, tmp_path: Path) -> None:
    vectors, groups = many_vectors()
    page.goto(f"{url}/visual_search?model=digits-cnn&set=digits&search_image=123&search_most=24")
    expect(results(page)).to_have_count(24, timeout=120_000)
    settled(page)
    offer(page, "many.npz", vectors_npz(vectors, groups), f"{MANY:,} embeddings without images")
    expect(page.get_by_text("all 50,000 vectors were compared")).to_be_visible(timeout=60_000)
    settled(page)
    exact = downloaded(page, tmp_path / "exact.csv")
    expected, cosines = nearest_by_cosine(vectors, 123, 24)
    assert [int(each["row"]) for each in exact] == expected
    assert [float(each["similarity"]) for each in exact] == pytest.approx(cosines[expected], abs=1e-5)

    page.get_by_role("radio", name="Approximate").click()
    recall = page.get_by_text(re.compile(r"it finds [\d.]+% of the 10 nearest vectors"))
    expect(recall).to_be_visible(timeout=120_000)
    settled(page)
    share = float(re.search(r"finds ([\d.]+)%", recall.inner_text())[1])
    found = {int(each["row"]) for each in downloaded(page, tmp_path / "approximate.csv")}
    assert 50 < share <= 100
    assert len(found & set(expected)) >= 12
    page.get_by_text("Parameters of Inverted file").click()
    probes = page.get_by_role("spinbutton", name="Probes")
    probes.fill("2")
    probes.press("Enter")
    page.wait_for_function("() => location.search.includes('probes')", timeout=60_000)
    settled(page)
    expect(recall).to_be_visible(timeout=120_000)
    assert float(re.search(r"finds ([\d.]+)%", recall.inner_text())[1]) < share


def test_on_a_phone_nothing_is_cut_off(new_page, url: str) -> None:
    page = new_page(width=390, height=800)
    opened(page, f"{url}/visual_search?{QUERY}")
    widest = page.evaluate(
        "Math.max(...[...document.querySelectorAll('.gallery, .region, .overlay-grid')].map((each) => "
        "each.getBoundingClientRect().right))"
    )
    assert widest <= 390


def test_at_presenter_size_the_words_below_the_images_are_whole(page: Page, url: str) -> None:
    opened(page, f"{url}/visual_search?{QUERY}&text=large")
    expect(results(page).first.locator(".note")).to_have_css("font-size", "16.128px")
    words = page.locator(".gallery .title, .gallery .note")
    assert words.count() > 24
    cut = "each => each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1"
    assert words.evaluate_all(f"all => all.filter({cut}).map((each) => each.textContent)") == []
