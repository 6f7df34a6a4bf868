"""How long each page takes to its first paint, in turn with another build: `benchmarks.pages --against PATH`.

A page is painted when the script has ended and its main drawing is there; its charts are watched on their own. Every
load is a first visit, with a browser that has nothing in its cache, on a server that has seen the page before.
"""

import statistics
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from tests.serving import CHROMIUM, QUIET, ROOT, serving

PAGES = {
    "Network": ("?image=shapes/4", ".st-key-architecture", "svg g.block"),
    "Feature maps": ("feature_maps?image=shapes/4", ".st-key-maps", "canvas[data-painted]"),
    "Feature maps, units": ("feature_maps?image=shapes/4&layer=head", "[data-testid=stHeading]", "h3"),
    "Filters": ("filters", ".st-key-filters", "canvas[data-painted]"),
    "Activation maximization": ("maximization", "[data-testid=stHeading]", "h1"),
    "Embeddings": ("embeddings?model=digits-cnn&set=digits", "[data-testid=stHeading]", "h1"),
    "Visual search": ("visual_search", "[data-testid=stHeading]", "h1"),
    "Feature quality": ("feature_quality?model=digits-cnn&set=digits", "[data-testid=stHeading]", "h1"),
    "Attribution": ("attribution?image=shapes/5", "[data-testid=stHeading]", "h1"),
}
"""Address, and the main drawing inside of what, page by page; the heading where a computation fills the page."""

CHARTS = ".stPlotlyChart .main-svg, [data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg"
WATCH = """([around, main, charts]) => {
    window.seen = {};
    const inside = root => root && (root.querySelector(main) ??
        [...root.querySelectorAll("*")].some(each => each.shadowRoot && inside(each.shadowRoot)));
    const note = () => {
        const ended = document.querySelector("[data-testid=stApp][data-test-script-state=notRunning]");
        const drawn = charts && document.querySelector(charts);
        if (drawn) seen.chart ??= performance.now();
        if (!seen.main && [...document.querySelectorAll(around)].some(inside)) seen.main = performance.now();
        if (ended && seen.main) seen.whole ??= performance.now();
        requestAnimationFrame(note);
    };
    note();
}"""


def compare_first_paints(against: Path, rounds: int) -> None:
    """Print medians of both builds and the median of the ratios pair by pair."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        browser = stack.enter_context(sync_playwright()).chromium.launch(executable_path=CHROMIUM, args=QUIET)
        roots = {"before": against, "now": ROOT}
        urls = {
            name: stack.enter_context(serving("app.py", log=folder / f"{name}.log", root=root))
            for name, root in roots.items()
        }
        for page in PAGES:
            compare(browser, urls, page, rounds)
        browser.close()


def compare(browser: Browser, urls: dict[str, str], page: str, rounds: int) -> None:
    """Load one page of both builds in turn, whose turn it is first changing, and print what came out."""
    times: dict[str, list[dict[str, float]]] = {name: [] for name in urls}
    for turn in range(rounds + 1):
        for name in list(urls) if turn % 2 else list(urls)[::-1]:
            found = first_visit(browser, urls[name], page)
            if turn:
                times[name].append(found)
    for what in ("main", "whole", "chart", "busy"):
        now, before = ([each.get(what) for each in times[name]] for name in ("now", "before"))
        print(line(page, what, now, before), flush=True)


def line(page: str, what: str, now: Sequence[float | None], before: Sequence[float | None]) -> str:
    """One row of the table: milliseconds of both, and the median of the ratios."""
    pairs = [(a, b) for a, b in zip(now, before, strict=True) if a is not None and b is not None]
    if not pairs:
        return f"| {page} | {what} | - | - | - |"
    a, b = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(mine / other for mine, other in pairs)
    return f"| {page} | {what} | {a:.0f} | {b:.0f} | {ratio:.2f} |"


def first_visit(browser: Browser, url: str, name: str) -> dict[str, float]:
    """Milliseconds from the request to the main drawing, to the script's end with it, and to the first chart.

    `busy` are those in which the page's main thread worked until then, whatever else the machine did.
    """
    path, around, main = PAGES[name]
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    page.add_init_script(f"({WATCH})({[around, main, CHARTS]!r})")
    cdp = context.new_cdp_session(page)
    cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(f"{url}/{path}")
    page.wait_for_function("window.seen?.whole", timeout=180_000)
    found = {"busy": busy(cdp), **settled(page)}
    context.close()
    return found


def settled(page: Page) -> dict[str, float]:
    """What was seen when the first chart, if there is one on its way, is drawn."""
    page.wait_for_timeout(1000)
    if page.locator(".stPlotlyChart, [data-testid=stVegaLiteChart]").count():
        page.wait_for_function("window.seen?.chart", timeout=60_000)
    return dict(page.evaluate("window.seen"))


def busy(cdp: CDPSession) -> float:
    """Milliseconds of work of the page's main thread so far."""
    told = {each["name"]: each["value"] for each in cdp.send("Performance.getMetrics")["metrics"]}
    return float(told["TaskDuration"]) * 1000
