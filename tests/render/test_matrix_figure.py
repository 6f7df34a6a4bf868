"""A matrix as a figure: every cell has the color of its value, what has none is hatched or empty, names are text."""

import io
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from featviz.render.colormaps import COLORMAPS
from featviz.render.matrix_figure import MatrixFigure

VIRIDIS = COLORMAPS["viridis"].table
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def figure() -> MatrixFigure:
    values = np.array([[0.0, 0.25, np.nan], [0.5, 1.0, 1.7]])
    dimmed, framed = np.zeros((2, 3), bool), np.zeros((2, 3), bool)
    dimmed[0, 1] = framed[1, 1] = True
    return MatrixFigure(
        values=values,
        rows=["first", "<b>&second"],
        columns=["one", "two", "three"],
        down="network A",
        across="network B",
        low=0.0,
        high=1.0,
        colormap=COLORMAPS["viridis"],
        dimmed=dimmed,
        dimmed_means="could be chance",
        framed=framed,
        framed_means="most similar in its row",
        caption=["on 5 images"],
    )


def cells(figure: MatrixFigure) -> dict[tuple[float, float], str]:
    """Colors of the squares of a cell's size, by their corner."""
    root = ElementTree.fromstring(figure.svg())
    squares = [each.attrib for each in root.iter(f"{SVG}rect") if each.get("width") == "20"]
    return {(float(each["x"]), float(each["y"])): each["fill"] for each in squares}


def test_cells_have_the_colors_of_their_values_and_the_ends_are_kept(figure: MatrixFigure) -> None:
    found = cells(figure)
    left, top = min(found)
    levels = {(0, 0): 0, (0, 20): 128, (20, 20): 255, (40, 20): 255}
    for (x, y), level in levels.items():
        assert found[left + x, top + y] == "#" + VIRIDIS[level].tobytes().hex()
    assert (left + 40, top) not in found, "undefined: no color at all"
    assert found[left + 20, top] not in {"#" + color.tobytes().hex() for color in VIRIDIS}, "hatched"


def test_all_names_and_meanings_are_text_as_they_are(figure: MatrixFigure) -> None:
    words = [each.text for each in ElementTree.fromstring(figure.svg()).iter(f"{SVG}text")]
    for name in (*figure.rows, *figure.columns, "network A", "network B", "could be chance", "on 5 images"):
        assert name in words
    plain = replace(figure, dimmed=np.zeros((2, 3), bool))
    assert "could be chance" not in [
        each.text for each in ElementTree.fromstring(plain.svg()).iter(f"{SVG}text")
    ]


def test_the_png_is_the_same_drawing(figure: MatrixFigure) -> None:
    found = cells(figure)
    pixels = np.asarray(Image.open(io.BytesIO(figure.png())))
    root = ElementTree.fromstring(figure.svg())
    assert pixels.shape == (
        round(3 * float(root.attrib["height"])),
        round(3 * float(root.attrib["width"])),
        3,
    )
    left, top = min(found)
    for x, y, level in ((0, 0, 0), (0, 20, 128), (40, 20, 255)):
        at = round(3 * (top + y + 1.5)), round(3 * (left + x + 1.5))
        assert pixels[at].tolist() == VIRIDIS[level].tolist()
