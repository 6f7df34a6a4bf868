"""The scatter: what a run of the page costs, what a lasso costs, and what a visitor waits for in Chromium.

python -m benchmarks.scatter [--points 2000 50000 1000000] [--rounds 7] [--no-browser]
"""

import argparse
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page, sync_playwright
from skimage.measure import points_in_poly

from featviz.ui.components.scatter.event import ScatterEvent, inside
from featviz.ui.components.scatter.payload import pack_array, pack_mask, pack_points, pack_texts
from tests.serving import CHROMIUM, QUIET, serving

APP = "tests/browser/apps/scatter_app.py"

HOVER = """async (root, positions) => {
    const surface = root.querySelector(".marks"), box = surface.getBoundingClientRect();
    const frame = () => new Promise(requestAnimationFrame), found = [], shown = [];
    for (const i of positions) {
        const [x, y] = root.scatter.screen(i), started = performance.now();
        const place = { clientX: box.left + x, clientY: box.top + y, pointerType: "mouse" };
        surface.dispatchEvent(new PointerEvent("pointermove", place));
        found.push(performance.now() - started);
        await frame();
        shown.push(performance.now() - started);
        await frame();
    }
    return [found, shown];
}"""

RELEASE = """root => {
    window.answered = null;
    const texts = [...document.querySelectorAll("[data-testid=stText]")];
    const text = texts.find((each) => each.textContent.startsWith("event:"));
    const marks = root.querySelector(".marks");
    let released = null;
    marks.addEventListener("pointerup", () => (released = performance.now()), { capture: true, once: true });
    new MutationObserver((_, seen) => {
        if (released === null) return;
        seen.disconnect();
        window.answered = performance.now() - released;
    }).observe(text, { subtree: true, childList: true, characterData: true });
}"""


def star(corners: int, size: float) -> NDArray[np.float64]:
    """A lasso (corners, 2) around the origin, with as many dents as a hand makes."""
    turns = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return size * np.stack([np.cos(turns), np.sin(turns)], 1) * (1 + 0.2 * np.cos(7 * turns))[:, None]


def paired(
    ours: Callable[[], object], other: Callable[[], object], rounds: int
) -> tuple[float, float, float]:
    """Medians of processor milliseconds of both, in turn, and the median of the ratios."""
    times: list[tuple[float, float]] = []
    for _ in range(rounds):
        both = []
        for act in (ours, other):
            started = time.process_time()
            act()
            both.append(1000 * (time.process_time() - started))
        times.append((both[0], both[1]))
    ratio = statistics.median(first / max(second, 1e-6) for first, second in times)
    first, second = (statistics.median(column) for column in zip(*times, strict=True))
    return first, second, ratio


def lassos(count: int, rounds: int) -> None:
    """`inside` against scikit-image's test of every point, on the points in the lasso's box alone."""
    points = np.random.default_rng(0).normal(size=(count, 2))
    corners = star(200, 1.0)
    event = ScatterEvent(1, polygon=tuple((float(x), float(y)) for x, y in corners))

    def by_scikit_image() -> NDArray[np.intp]:
        near = np.flatnonzero(((points >= corners.min(0)) & (points <= corners.max(0))).all(1))
        held: NDArray[np.bool_] = points_in_poly(points[near], corners)  # type: ignore[no-untyped-call]
        return near[held]

    assert np.array_equal(inside(points, event), by_scikit_image())
    ours, other, ratio = paired(lambda: inside(points, event), by_scikit_image, rounds)
    print(
        f"{count:,} points, lasso of 200 corners: {ours:.1f} ms, scikit-image {other:.1f} ms; ratio {ratio:.2f}"
    )


def packing(count: int, rounds: int) -> None:
    """What every run spends on the parts, changed or not: they are packed to learn their digests."""
    random = np.random.default_rng(0)
    points = random.normal(size=(count, 2)).astype(np.float32)
    colors = random.integers(0, 10, count).astype(np.uint8)
    neighbors = random.integers(0, count, (min(count, 200_000), 10)).astype(np.int32)
    captions = [f"image {i}\nlabel {i % 10}" for i in range(count)]
    parts: dict[str, Callable[[], Any]] = {
        "points": lambda: pack_points(points, equal=True),
        "colors": lambda: pack_array(colors, "u1"),
        "mask": lambda: pack_mask(colors > 3),
        "ten neighbours": lambda: pack_array(neighbors, "u2" if count < 65535 else "u4"),
        "captions": lambda: pack_texts(captions),
    }
    for name, pack in parts.items():
        size = len(pack().payload)
        spent, _, _ = paired(pack, lambda: None, rounds)
        print(f"{count:,} points, {name}: {size / 1000:,.0f} kB, {spent:.1f} ms of processor")


def circle(page: Page, path: NDArray[np.float64]) -> None:
    """Draw a lasso along a path (n, 2) in pixels of the page."""
    page.keyboard.down("Shift")
    page.mouse.move(*path[0])
    page.mouse.down()
    for x, y in path[1:]:
        page.mouse.move(x, y)
    page.mouse.up()
    page.keyboard.up("Shift")


def visit(page: Page, url: str, count: int, rounds: int) -> None:
    """Open the page; point at points; draw a lasso again and again."""
    more = "&captions=0&neighbors=0" if count > 200_000 else ""
    received: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda sent: received.append(len(sent))))
    page.goto(f"{url}/?n={count}{more}")
    root = page.locator(".scatter")
    page.wait_for_selector(".scatter[data-painted]", timeout=120_000)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=120_000)
    page.wait_for_timeout(1500)
    positions = list(range(0, count, count // 40))
    found, shown = root.evaluate(HOVER, positions)
    print(
        f"{count:,} points: {sum(received) / 1000:,.0f} kB; pointing at one finds it in "
        f"{statistics.median(found):.1f} ms (first {found[0]:.0f}), its card and lines stand after "
        f"{statistics.median(shown):.0f} ms"
    )
    box = page.locator(".scatter .marks").bounding_box()
    assert box is not None
    middle = np.array([box["x"] + box["width"] / 2, box["y"] + box["height"] / 2])
    path = star(40, 0.32 * box["height"]) + middle
    waits, servers, worked, sent = [], [], [], []
    for _ in range(rounds):
        received.clear()
        root.evaluate(RELEASE)
        circle(page, path)
        page.wait_for_function("window.answered !== null", timeout=60_000)
        page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
        waits.append(float(page.evaluate("window.answered")))
        said = re.findall(r"([\d.]+) ms", page.get_by_text("server:").inner_text())
        servers.append(float(said[0]))
        worked.append(float(said[1]))
        sent.append(sum(received) / 1000)
    print(
        f"{count:,} points: lasso, release to answer on the page {statistics.median(waits):.0f} ms; the server's run "
        f"{statistics.median(servers):.0f} ms, at work {statistics.median(worked):.0f} ms; "
        f"{statistics.median(sent):.0f} kB"
    )


def main() -> None:
    """Read the options, measure, print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--points", type=int, nargs="+", default=[2000, 50_000, 1_000_000])
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--no-browser", action="store_true")
    chosen = options.parse_args()
    for count in chosen.points:
        lassos(count, chosen.rounds)
        packing(count, chosen.rounds)
    if chosen.no_browser:
        return
    log = Path(tempfile.mkdtemp()) / "server.log"
    with serving(APP, log=log) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        for count in chosen.points:
            page = browser.new_page(viewport={"width": 1440, "height": 1000})
            visit(page, url, count, chosen.rounds)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
