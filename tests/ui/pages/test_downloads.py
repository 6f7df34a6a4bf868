"""What the pages offer to download: named after what is in it, and images large enough for a slide."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from featviz.render.captioned import MARGIN, MIN_SIDE

ROOT = Path(__file__).parents[3]
Offers = dict[str, Callable[[], bytes]]


@pytest.fixture
def offers(monkeypatch: pytest.MonkeyPatch) -> Offers:
    """The files offered since, by name: what makes each."""
    drawn: Offers = {}

    def button(_label: str, data: Callable[[], bytes], file_name: str, *_: Any, **options: Any) -> None:
        if not options.get("disabled"):
            assert file_name not in drawn, "two files of one name"
            drawn[file_name] = data

    monkeypatch.setattr(st, "download_button", button)
    return drawn


def opened(page: str, **query: str) -> None:
    app = AppTest.from_file(str(ROOT / "pages" / "_navigation.py"), default_timeout=120)
    app.query_params.update(query)
    app.switch_page(f"../featviz/ui/pages/{page}/{page}.py").run()
    assert not app.exception


@pytest.mark.parametrize(
    ("page", "query", "named"),
    [
        (
            "feature_maps",
            {"layer": "stage2.0.relu2", "beside": "stage3.0", "channel": "7", "image": "shapes/4"},
            ["shapes-resnet", "trained", "stage", "Shapes-world-4-zigzag-heart"],
        ),
        (
            "feature_maps",
            {"model": "shapes-vit", "layer": "blocks.1.attention.weights", "image": "shapes/4"},
            ["shapes-vit", "trained", "blocks.1.attention.weights", "Shapes-world-4-zigzag-heart"],
        ),
        ("filters", {"convolution": "stem.conv", "filter": "3"}, ["shapes-resnet", "stem.conv"]),
        ("filters", {"model": "digits-cnn", "convolution": "conv2"}, ["digits-cnn", "conv2"]),
    ],
)
def test_files_say_what_is_in_them_and_images_fill_a_slide(
    page: str, query: dict[str, str], named: list[str], offers: Offers
) -> None:
    opened(page, **query)
    images = {name: make for name, make in offers.items() if name.endswith(".png")}
    assert len(images) >= 2
    assert any(name.endswith(".npz") for name in offers)
    for name in offers:
        assert all(part in name for part in named), name
    for name, make in images.items():
        pixels = np.asarray(Image.open(io.BytesIO(make())))
        assert max(pixels.shape[:2]) >= MIN_SIDE + 2 * MARGIN, name
