"""The pictures of the README: every page, drawn by the app itself in Chromium.

python -m tests.screenshots [NAME ...]
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from tests.serving import CHROMIUM, QUIET, ROOT, serving

FOLDER = ROOT / "assets" / "screenshots"
VIEWS = {
    "start": ("", 1440, 1130, False),
    "network": ("network?image=shapes/4", 1440, 1130, False),
    "feature_maps": ("feature_maps?image=shapes/4&layer=stage2.0.relu2&order=strength", 1440, 1500, False),
    "filters": ("filters", 1440, 1130, True),
    "feature_maps_vit": ("feature_maps?model=shapes-vit&layer=blocks.2&image=shapes/4", 1440, 1500, True),
    "attribution_classes": (
        "attribution?image=shapes/5&methods=integrated_gradients,grad_cam,lrp&across=classes",
        1440,
        1500,
        True,
    ),
    "maximization": ("maximization?objective=stage3.0/6", 1440, 1250, False),
    "attribution": ("attribution?image=shapes/5", 1440, 1350, False),
    "embeddings": (
        "embeddings?embedding_layer=stage2&color=texture&markers=thumbnails&pin=30",
        1440,
        1220,
        False,
    ),
    "embeddings_digits": ("embeddings?model=digits-cnn&set=digits&markers=thumbnails", 1440, 1160, True),
    "embeddings_honesty": (
        "embeddings?embedding_layer=stage2&projection=umap&color=honesty.neighbor_overlap",
        1440,
        1160,
        False,
    ),
    "embeddings_narrow": ("embeddings?embedding_layer=stage2&color=texture", 390, 1500, False),
    "visual_search": ("visual_search", 1440, 1480, False),
    "feature_quality": ("feature_quality", 1440, 1900, True),
    "compare": ("compare", 1440, 1900, False),
    "train": ("train", 1440, 1500, False),
    "random_to_trained": ("random_to_trained", 1440, 1650, False),
    "autoencoders": ("autoencoders", 1440, 1500, False),
    "transfer": ("transfer", 1440, 1000, False),
    "network_narrow": ("network?image=shapes/4", 390, 1500, False),
    "feature_maps_narrow": ("feature_maps?image=shapes/4", 390, 1500, True),
}


def shoot(browser: Browser, url: str, name: str) -> None:
    """Open one view, wait until everything is painted, and keep its picture."""
    path, width, height, dark = VIEWS[name]
    page = browser.new_page(
        viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
    )
    page.goto(f"{url}/{path}")
    page.get_by_role("heading", level=1).wait_for(timeout=120_000)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=120_000)
    page.wait_for_timeout(2500)
    expect(page.get_by_role("button", name="Stop")).to_have_count(0, timeout=240_000)
    if name.startswith("embeddings"):
        expect(page.get_by_text("nearest images the map shows")).to_be_visible(timeout=120_000)
        page.wait_for_timeout(4000)
    if name == "train":
        expect(page.get_by_text("A finished run as an example")).to_be_visible(timeout=120_000)
        page.wait_for_timeout(4000)
    if name == "random_to_trained":
        expect(page.get_by_text("held-out images, which")).to_be_visible(timeout=120_000)
        page.wait_for_timeout(4000)
    if name == "compare":
        expect(page.get_by_text("95% interval")).to_be_visible(timeout=120_000)
        page.wait_for_timeout(4000)
    page.wait_for_timeout(1000)
    page.screenshot(path=FOLDER / f"{name}.png")
    page.close()


def main() -> None:
    """Draw all views, or those named."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        with serving("app.py", log=Path(folder) / "log") as url:
            for name in sys.argv[1:] or VIEWS:
                shoot(browser, url, name)
        browser.close()


if __name__ == "__main__":
    main()
