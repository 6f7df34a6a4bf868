"""From every page to every other in a fresh session: nothing breaks, and nothing changes that nobody touched."""

import itertools
import re
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from featviz import load_model
from featviz.models.sources.load import model_card
from featviz.models.sources.registry import SOURCES
from featviz.ui.state.shared_view import IMAGE_SOURCES
from tests.browser.shown import TITLES, Shown, choose_option, go_to, open_alone, read_shown, settle
from tests.browser.test_app import choose, click_tile, grid

NETWORKS = ("digits-cnn", "shapes-vit", "shapes-resnet")
SOURCES_OF_IMAGES = ("shapes", "digits", "photos")
OF_SETS = ("embeddings", "visual_search", "feature_quality", "compare")

_ALONE: dict[str, Shown] = {}


@pytest.fixture(autouse=True)
def no_traceback(log: Path) -> Iterator[None]:
    said = log.stat().st_size
    yield
    assert "Traceback" not in log.read_text(errors="replace")[said:]


def alone(new_page: Callable[..., Page], url: str, name: str) -> Shown:
    """A page as a fresh visitor has it who opens no other, with all its work done."""
    if name not in _ALONE:
        page = new_page()
        open_alone(page, url, name)
        if name in ("embeddings", "visual_search"):
            expect(page.get_by_text(re.compile("appears here|begins as soon"))).to_have_count(
                0, timeout=240_000
            )
            settle(page, name)
        if name == "compare":  # what is behind the chosen pair of layers has controls of its own
            expect(page.get_by_role("heading", name="Both layers as maps")).to_be_visible(timeout=240_000)
            settle(page, name)
        _ALONE[name] = steady(page)
        page.close()
    return _ALONE[name]


def steady(page: Page) -> Shown:
    """What the page shows once it shows the same for half a second: words come into their boxes after these."""
    shown = read_shown(page)
    for _ in range(60):
        page.wait_for_timeout(500)
        before, shown = shown, read_shown(page)
        if before.controls == shown.controls:
            break
    return shown


def eventually(page: Page, check: Callable[[Shown], None], seconds: float = 60) -> Shown:
    """What the page shows once a check holds: a click is on its way for a moment. One that never holds fails."""
    end = time.monotonic() + seconds
    while True:
        shown = read_shown(page)
        try:
            check(shown)
        except AssertionError:
            if time.monotonic() > end:
                raise
            page.wait_for_timeout(100)
        else:
            return shown


def assert_sound(shown: Shown, where: str) -> None:
    assert shown.refusals == (), where
    assert "Something went wrong" not in shown.said, where


def assert_labels_belong_together(shown: Shown, where: str) -> None:
    """The boxes, the address and the line under the title say one network, its weights and one image."""
    card = model_card(shown.query["model"])
    weights = SOURCES.of(card).weights(card.name)[shown.query["weights"]]
    assert shown.controls["Network"].startswith(card.short_name), where
    assert shown.controls["Weights"] in (weights.name, [weights.name]), where
    assert re.findall(r"^Accuracy (\S+)$", shown.beside, re.MULTILINE) == [f"{weights.accuracy:.1%}"], where
    # a page of two networks has each one's weights behind a comma
    assert re.search(rf"^{card.short_name}(,| ·) {weights.name.lower()}", shown.said, re.MULTILINE), where
    if "Source" in shown.controls:
        assert shown.image.startswith(shown.controls["Source"]), where
        assert f" · {shown.image} · prediction: " in shown.said, where
    if "Image set" in shown.controls:
        assert re.search(
            rf"^{card.short_name}(,| ·) .* · {shown.controls['Image set']}, [\d,]+ images$",
            shown.said,
            re.MULTILINE,
        ), where


def assert_as_alone(shown: Shown, expected: Shown, before: Shown, where: str) -> None:
    """As the page is alone; its address may also name what was looked at on the page before.

    Controls of results may come that were not there yet when it was read alone.
    """
    assert_sound(shown, where)
    assert_labels_belong_together(shown, where)
    assert {label: shown.controls.get(label) for label in expected.controls} == expected.controls, where
    assert shown.query.items() >= expected.query.items(), where
    assert (shown.query.items() - expected.query.items()) <= before.query.items(), where


def assert_chosen(shown: Shown, network: str, where: str, **boxes: str) -> None:
    """Sound, of this network, with these words in these boxes."""
    assert_sound(shown, where)
    assert shown.query["model"] == network, where
    assert_labels_belong_together(shown, where)
    assert {box: shown.controls[box] for box in boxes} == boxes, where


@pytest.mark.parametrize("start", TITLES)
def test_every_page_reached_from_another_is_as_it_is_alone(
    new_page: Callable[..., Page], url: str, start: str
) -> None:
    page = new_page()
    for end in TITLES:
        if end == start:
            continue
        expected = alone(new_page, url, end)
        open_alone(page, url, start)
        before = read_shown(page)
        go_to(page, end)
        where = f"{start}, then {end}"
        eventually(page, partial(assert_as_alone, expected=expected, before=before, where=where))


def walk(page: Page, url: str, name: str, visited: Iterable[tuple[str, str]]) -> None:
    """Choose networks and sources in the sidebar, one pair after the other."""
    open_alone(page, url, name, "?set_size=500" if name in OF_SETS else "")
    box = "Image set" if name in OF_SETS else "Source"
    for network, source in visited:
        where = f"{name} with {network} on {source}"
        if read_shown(page).query["model"] != network:
            choose(page, "Network", network)
            eventually(page, partial(assert_chosen, network=network, where=where))
        if name != "filters":
            words = IMAGE_SOURCES[source]
            choose(page, box, words)
            eventually(page, partial(assert_chosen, network=network, where=where, **{box: words}))


@pytest.mark.parametrize("name", ["network", "visual_search"])
def test_the_sidebar_takes_every_bundled_network_on_every_source(page: Page, url: str, name: str) -> None:
    walk(page, url, name, itertools.product(NETWORKS, SOURCES_OF_IMAGES))


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in TITLES if name not in ("network", "visual_search")])
def test_every_page_takes_every_bundled_network_on_every_source(page: Page, url: str, name: str) -> None:
    walk(page, url, name, itertools.product(NETWORKS, SOURCES_OF_IMAGES))


def test_a_chosen_class_stays_chosen_and_its_words_follow_the_image(page: Page, url: str) -> None:
    open_alone(page, url, "attribution", "?image=shapes/5&methods=gradient")
    first = str(read_shown(page).controls["Class"]).removeprefix("First choice: ")
    name = first.partition(" · ")[0]
    box = page.get_by_role("combobox", name="Class", exact=True)
    choose_option(box, page.get_by_role("option", name=first, exact=True), typed=name)
    target = str(load_model("shapes-resnet").classes.index(name))

    def check(shown: Shown, image: str) -> None:
        assert (shown.query.get("target"), shown.query["image"]) == (target, image)
        assert re.fullmatch(rf"{name}( · \d+%)?", shown.controls["Class"])
        assert shown.refusals == ()

    eventually(page, partial(check, image="shapes/5"))
    for place in (1, 2):
        click_tile(grid(page, "gallery-grid-shapes"), place)
        shown = eventually(page, partial(check, image=f"shapes/{place}"))
        assert shown.controls["Class"] != first, "the probability is that of the image"
