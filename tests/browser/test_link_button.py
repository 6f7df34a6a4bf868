"""The button that copies a link in a real browser: the address follows the view, and the clipboard holds it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

APP = "tests/browser/apps/link_button_app.py"


@pytest.fixture(scope="module")
def url(serve):
    with serve(APP) as address:
        yield address


def test_the_address_follows_the_view_in_place_and_is_copied(new_page: Callable[..., Page], url: str) -> None:
    page = new_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=url)
    page.goto(url)
    expect(page).to_have_url(f"{url}/?layer=stage2%2Fconv&count=0", timeout=60_000)
    steps = page.evaluate("history.length")
    page.get_by_role("button", name="More").click()
    expect(page).to_have_url(re.compile("count=1$"))
    assert page.evaluate("history.length") == steps, "a changed view is no step in the history"

    button = page.get_by_role("button", name="Copy a link that reopens this view")
    expect(button).to_have_text("Copy link")
    button.click()
    expect(button).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == f"{url}/?layer=stage2%2Fconv&count=1"
    expect(button).to_have_text("Copy link", timeout=5000)
