"""A server and a browser for tests: `with serve(script) as url:` and `page` or `new_page(...)`."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.serving import CHROMIUM, QUIET, serving


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)
            # A crowded machine can lose a click or a turn of the wheel; what fails twice is broken.
            item.add_marker(pytest.mark.flaky(reruns=1))
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., contextlib.AbstractContextManager[str]]:
    """`serve(script, *args, env=...)`: a context that serves a script (path from the project's root) at a URL."""
    log = tmp_path_factory.mktemp("server") / "server.log"

    def start(script: str | Path, *args: str, env: dict[str, str] | None = None):
        return serving(script, *args, log=log, env=env)

    return start


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """`new_page(width=, height=, dark=, scale=)`: a fresh visitor; script errors on the page fail the test."""
    contexts, errors = [], []

    def open_page(*, width: int = 1440, height: int = 1000, dark: bool = False, scale: float = 1) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            device_scale_factor=scale,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A light page of 1440 x 1000 pixels."""
    return new_page()
