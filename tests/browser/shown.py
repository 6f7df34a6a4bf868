"""What a page shows a visitor: its controls by label, its address, its subject, its refusals."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Error, Locator, Page, expect

__all__ = ["TITLES", "Shown", "choose_option", "go_to", "open_alone", "read_shown", "settle"]

TITLES = {
    "network": "Network",
    "feature_maps": "Feature maps",
    "filters": "Filters",
    "attribution": "Attribution",
    "maximization": "Activation maximization",
    "embeddings": "Embeddings",
    "visual_search": "Visual search",
    "feature_quality": "Feature quality",
    "compare": "Compare models",
}
"""The title of each page by its address."""

_PATIENCE = 90_000
_READ = r"""() => {
  const said = each => (each?.textContent ?? "").trim();
  const all = (name, within = document) => [...within.querySelectorAll(`[data-testid=${name}]`)];
  const chosen = button => button.matches('[kind$="Active"], [aria-checked=true], [aria-pressed=true]');
  const readers = {
    stSelectbox: each => each.querySelector("input").value || said(each.querySelector("[data-baseweb=select]")),
    stMultiSelect: each => [...each.querySelectorAll("[data-tag]")].map(said),
    stButtonGroup: each => [...each.querySelectorAll("button")].filter(chosen).map(said),
    stSlider: each => [...each.querySelectorAll("input[type=range]")].map(thumb => thumb.ariaValueText),
    stNumberInput: each => each.querySelector("input").value,
    stTextInput: each => each.querySelector("input").value,
    stCheckbox: each => each.querySelector("input").checked,
  };
  const label = each => said(all("stWidgetLabel", each)[0]) || each.querySelector("[aria-label]")?.ariaLabel || "";
  const controls = Object.entries(readers).flatMap(([kind, read]) => all(kind).map(each => [label(each), read(each)]));
  const [sidebar] = all("stSidebar");
  return {
    controls,
    query: location.search,
    said: all("stMain").map(main => main.innerText).join("\n"),
    beside: sidebar?.innerText ?? "",
    image: said(all("stImageCaption", sidebar)[0]),
    refusals: [...all("stAlertContentError"), ...all("stException")].map(said),
  };
}"""


@dataclass(frozen=True)
class Shown:
    """A page as it stands.

    Attributes:
        controls: what each control says, by label; of labels that stand there more than once, with their number.
        query: what the address holds.
        said: the words of the page itself, in lines.
        beside: those of the sidebar.
        image: what stands under the sidebar's image, "" without one.
        refusals: what is said in red.
    """

    controls: dict[str, Any]
    query: dict[str, str]
    said: str
    beside: str
    image: str
    refusals: tuple[str, ...]


def read_shown(page: Page) -> Shown:
    """What the page shows now."""
    read = page.evaluate(_READ)
    controls: dict[str, Any] = {}
    for label, value in read["controls"]:
        number = sum(re.fullmatch(rf"{re.escape(label)}( \d+)?", each) is not None for each in controls)
        controls[f"{label} {number}" if number else label] = value
    query = dict(parse_qsl(urlsplit(read["query"]).query))
    return Shown(controls, query, read["said"], read["beside"], read["image"], tuple(read["refusals"]))


def settle(page: Page, name: str) -> None:
    """Wait until a page has run, has drawn, and has written its address."""
    title = page.get_by_role("heading", name=TITLES[name], exact=True, level=1)
    expect(title).to_be_visible(timeout=_PATIENCE)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=_PATIENCE)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=_PATIENCE)
    page.wait_for_function("() => location.search.includes('model=')", timeout=_PATIENCE)


def open_alone(page: Page, url: str, name: str, query: str = "") -> None:
    """Open a page as a fresh visitor: a session of its own, and nothing remembered by the browser but files."""
    page.goto(f"{url}/{name}{query}")
    settle(page, name)


def go_to(page: Page, name: str) -> None:
    """Choose a page in the sidebar."""
    page.get_by_test_id("stSidebar").get_by_role("link", name=TITLES[name]).first.click()
    settle(page, name)


def choose_option(box: Locator, option: Locator, typed: str = "") -> None:
    """Open a list and choose from it; a list closes again where the page scrolls or is drawn as it opens."""
    for patience in (2_000, 5_000, 10_000, 20_000, 60_000):
        box.click()
        if typed:
            box.fill(typed)
        try:
            return option.click(timeout=patience)
        except Error:
            continue
    raise AssertionError(f"{option} cannot be chosen.")
