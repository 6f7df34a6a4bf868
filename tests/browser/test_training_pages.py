"""The pages about training in a real browser: each shows a finished run, also when one comes from another."""

import pytest
from playwright.sync_api import Page, expect

PAGES = {
    "random_to_trained": ("From random to trained", "held-out images, which the network never learned from"),
    "autoencoders": ("Autoencoders", "for PCA with"),
    "transfer": ("Transfer", "Means over seeds"),
}
_PATIENCE = 180_000


def idle(page: Page) -> None:
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=_PATIENCE)


@pytest.mark.parametrize("width", [390, 1440])
def test_finished_runs_are_seen_on_every_page(new_page, url: str, width: int) -> None:
    page: Page = new_page(width=width, height=1200)
    for address, (title, words) in PAGES.items():
        page.goto(f"{url}/{address}")
        expect(page.get_by_role("heading", name=title, exact=True, level=1)).to_be_visible(timeout=_PATIENCE)
        expect(page.get_by_text(words).first).to_be_visible(timeout=_PATIENCE)
        idle(page)
        assert not page.get_by_test_id("stAlertContentError").count()
        assert not page.get_by_test_id("stException").count()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
