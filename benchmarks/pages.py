"""What a visitor waits for, measured in Chromium: start, another layer, another order, 512 maps.

python -m benchmarks.pages [--model torchvision/resnet50] [--rounds 7]
python -m benchmarks.pages --against PATH [--rounds 7]     # first paints alone, in turn with those of another checkout
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from playwright.sync_api import Locator, Page, Position, sync_playwright

from benchmarks.first_paints import compare_first_paints
from featviz import Model, load_model
from tests.serving import CHROMIUM, QUIET, serving

PAINTED = "[data-painted]"


def painted(canvas: Locator) -> int:
    """How often a map grid has been painted."""
    return int(canvas.get_attribute("data-painted") or 0)


CLOCK = """canvas => new Promise(done => {
    let clicked = null;
    const note = () => (clicked ??= performance.now());
    document.addEventListener("pointerdown", note, { capture: true, once: true });
    const seen = new MutationObserver(() => {
        if (clicked === null) return;
        seen.disconnect();
        window.waited = performance.now() - clicked;
    });
    seen.observe(canvas, { attributeFilter: ["data-painted"] });
    window.waited = null;
    done();
})"""


def seconds_to_paint(page: Page, canvas: Locator, act: Callable[[], None]) -> float:
    """Act; the seconds from the pointer's going down to the grid's new paint, by the browser's own clock."""
    canvas.evaluate(CLOCK)
    act()
    page.wait_for_function("window.waited !== null", timeout=120_000)
    return float(page.evaluate("window.waited")) / 1000


def open_page(page: Page, address: str) -> Locator:
    """Open the page of feature maps and wait for its first paint and for quiet."""
    page.goto(address)
    canvas = page.locator(".st-key-maps canvas.tiles")
    canvas.wait_for(timeout=120_000)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=120_000)
    while not painted(canvas):
        page.wait_for_timeout(5)
    page.wait_for_timeout(500)
    return canvas


def forward_seconds(model: Model, layers: list[str], rounds: int) -> float:
    """The median time of a bare pass that ends at each of the layers."""
    from featviz import record

    x = torch.zeros(1, 3, model.input_size, model.input_size)
    times = []
    for _ in range(rounds):
        for layer in layers:
            started = time.perf_counter()
            record(model, x, layer)
            times.append(time.perf_counter() - started)
    return statistics.median(times)


def change_layers(page: Page, url: str, name: str, rounds: int) -> None:
    """Click the stages of the strip in turn; the pictures are new, so every click runs the network."""
    model = load_model(name, weights=None if "/" in name else "default")
    weights = "&weights=random" if "/" in name else ""
    layers, times = [], []
    for turn in range(rounds):
        canvas = open_page(page, f"{url}/feature_maps?model={name}{weights}&image=shapes%2F{100 + turn}")
        for column in (3, 4, 5):
            times.append(seconds_to_paint(page, canvas, partial(click_stage, page, column)))
            page.wait_for_timeout(400)
            layers.append(page.evaluate("new URLSearchParams(location.search).get('layer')"))
    forward = forward_seconds(model, layers, 1)
    median = statistics.median(times)
    bound = 1.5 * forward + 0.25
    print(
        f"{name}: another layer painted after {median * 1000:.0f} ms (median of {len(times)}); its pass alone "
        f"takes {forward * 1000:.0f} ms; bound 1.5 x pass + 250 ms = {bound * 1000:.0f} ms; "
        f"ratio {median / bound:.2f}"
    )


def click_stage(page: Page, column: int) -> None:
    """Click the uppermost tile of a column of the strip."""
    strip = page.locator(".st-key-strip canvas.tiles")
    shape = strip.evaluate("canvas => ({...canvas.dataset})")
    place: Position = {"x": column * (int(shape["tile"]) + int(shape["gap"])) + 10.0, "y": 10.0}
    strip.click(position=place)


def change_looks(page: Page, url: str, rounds: int) -> None:
    """Change the order of the channels: no pass of the network, only a repaint."""
    canvas = open_page(page, f"{url}/feature_maps")
    names = ["Mean activation", "Least sparse", "Index"]
    times = []
    for turn in range(rounds):
        button = page.get_by_role("radio", name=names[turn % 3]).or_(
            page.get_by_role("button", name=names[turn % 3])
        )
        times.append(seconds_to_paint(page, canvas, button.first.click))
        page.wait_for_timeout(300)
    print(
        f"another order painted after {statistics.median(times) * 1000:.0f} ms (median of {rounds}), no pass"
    )


def many_maps(page: Page, rounds: int, folder: Path) -> None:
    """512 maps of 56x56 under the key they always have."""
    app = "tests/browser/apps/map_grid_app.py"
    with serving(app, log=folder / "grid.log") as url:
        paints = []
        for _ in range(rounds):
            page.goto(url)
            canvas = page.locator("canvas.tiles").first
            canvas.wait_for(timeout=60_000)
            while not painted(canvas):
                page.wait_for_timeout(5)
            paints.append(float(canvas.get_attribute("data-paint-ms") or "nan"))
    print(
        f"512 maps of 56x56 painted {statistics.median(paints):.0f} ms after they arrived (median of {rounds})"
    )


def first_paint(page: Page, folder: Path) -> None:
    """From starting the server's process to the first painted map grid, libraries on a warm disk."""
    started = time.perf_counter()
    with serving("app.py", log=folder / "start.log") as url:
        answering = time.perf_counter() - started
        page.goto(f"{url}/feature_maps")
        page.locator(f".st-key-maps canvas{PAINTED}").wait_for(timeout=120_000)
        total = time.perf_counter() - started
    print(f"server start to first painted page {total:.1f} s (the server answers after {answering:.1f} s)")


def main() -> None:
    """Measure everything in one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="torchvision/resnet50")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--against", type=Path, help="another checkout, to compare the first paints with")
    given = parser.parse_args()
    if given.against:
        compare_first_paints(given.against.resolve(), given.rounds)
        return
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        first_paint(page, folder)
        with serving("app.py", log=folder / "app.log") as url:
            change_layers(page, url, "shapes-resnet", given.rounds)
            change_layers(page, url, given.model, given.rounds)
            change_looks(page, url, given.rounds)
        many_maps(page, given.rounds, folder)
        browser.close()


if __name__ == "__main__":
    main()
