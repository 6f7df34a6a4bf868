"""Servers and a browser for tests: `url` of the app, `with serve(script) as url:`, and `page` or `new_page(...)`.

What takes seconds to start, the app and Chromium, is started once for all tests of this folder that follow each other.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.own_files import HOLIDAYS
from tests.serving import CHROMIUM, QUIET, serving

HERE = Path(__file__).parent
COMPONENTS = {
    *("test_scatter", "test_overlay_grid", "test_map_grid", "test_architecture_drawing"),
    "test_heat_map",
}
_OPEN = contextlib.ExitStack()
_BROWSERS: list[Browser] = []


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not item.path.is_relative_to(HERE):
            continue
        item.add_marker(pytest.mark.browser)
        # One worker drives the app, one the components by themselves: each starts its servers once.
        item.add_marker(pytest.mark.xdist_group("components" if item.path.stem in COMPONENTS else "app"))
        # A crowded machine can lose a click or a turn of the wheel; what fails twice is broken.
        item.add_marker(pytest.mark.flaky(reruns=1))
        if CHROMIUM is None:
            item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """End Chromium before other tests follow: whoever drives it keeps an event loop in this thread."""
    result = yield
    if nextitem is None or not nextitem.path.is_relative_to(HERE):
        _BROWSERS.clear()
        _OPEN.close()
    return result


@pytest.fixture(scope="session")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What all servers of these tests say."""
    path = tmp_path_factory.mktemp("server") / "server.log"
    path.touch()
    return path


@pytest.fixture(scope="session")
def serve(log: Path) -> Callable[..., contextlib.AbstractContextManager[str]]:
    """`serve(script, *args, env=...)`: a context that serves a script (path from the project's root) at a URL."""

    def start(script: str | Path, *args: str, env: dict[str, str] | None = None):
        return serving(script, *args, log=log, env=env)

    return start


@pytest.fixture(scope="session")
def url(serve, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app's address, which all tests visit that have no script of their own; it offers a folder `holidays`."""
    folder: Path = tmp_path_factory.mktemp("served") / "holidays"
    for name, data in HOLIDAYS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    with serve("app.py", env={"FEATVIZ_IMAGES": str(folder)}) as address:
        yield address


@pytest.fixture
def browser() -> Browser:
    if not _BROWSERS:
        driver = _OPEN.enter_context(sync_playwright())
        _BROWSERS.append(driver.chromium.launch(executable_path=CHROMIUM, args=QUIET))
        _OPEN.callback(_BROWSERS[0].close)
    return _BROWSERS[0]


@pytest.fixture
def new_page(browser: Browser, log: Path) -> Iterator[Callable[..., Page]]:
    """`new_page(width=, height=, dark=, scale=, touch=)`: a fresh visitor.

    Script errors on the page fail the test, and so does what Streamlit forbids, such as a fragment that writes
    outside of itself: it may be on the screen for a moment alone.
    """
    contexts, errors, said = [], [], log.stat().st_size

    def open_page(
        *, width: int = 1440, height: int = 1000, dark: bool = False, scale: float = 1, touch: bool = False
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            device_scale_factor=scale,
            has_touch=touch,
            is_mobile=touch,
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
    assert "streamlit.errors" not in log.read_text(errors="replace")[said:]


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A light page of 1440 x 1000 pixels."""
    return new_page()
