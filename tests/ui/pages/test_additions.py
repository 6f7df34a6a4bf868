"""A method is added by one file, a page by one folder and one line: controls, lesson, link and all."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from featviz import attribute, load_model
from featviz.errors import BadInput
from featviz.explain import attribution
from featviz.explain.attribution.registry import METHODS
from featviz.ui import pages
from featviz.ui.pages.attribution import tasks
from featviz.ui.state.jobs import end_all
from tests.test_attribution_page import finished
from tests.test_pages import ROOT, assert_sound, open_page, said
from tests.toys import noise

METHOD = '''
from typing import Annotated

from featviz.explain.attribution.registry import METHODS
from featviz.registry import Preset, Range


@METHODS.register(
    "Loudness", reference="Nobody 2000", passes=0, presets={"careful": Preset({"gain": 7.0})}
)
def loudness(_model, x, _target, *, gain: Annotated[float, Range(0, 10)] = 1.0):
    """How far every pixel is from the mean colour, times a gain.

    It cannot tell what the network sees.

    Args:
        gain: by how much it is multiplied.
    """
    return gain * x[0].abs()
'''

PAGE = '''
"""How bright the picture is."""

import streamlit as st

from featviz.ui.app import address, frame
from featviz.ui.app.lessons import page_lesson
from featviz.ui.inputs.image import choose_image
from featviz.ui.inputs.network import choose_model
from featviz.ui.pages.brightness.snippet import brightness_code
from featviz.ui.pages.brightness.view_state import VIEW
from featviz.ui.state.shared_view import SHARED

slot = frame.heading("Brightness", "How much light there is in the image.")
picture = choose_image(choose_model())
st.metric("Brightness", SHARED["image"].text)
st.metric("Gain", VIEW["brightness_gain"].text)
frame.lesson("What is brightness?", page_lesson("brightness"))
frame.python(brightness_code(picture))
address.publish(slot, VIEW)
'''
SNIPPET = """
from featviz.ui.inputs.snippet import image_line


def brightness_code(picture):
    return image_line(picture)
"""
VIEW = """
from featviz.ui.state.view_state import ViewState, Whole

VIEW = ViewState("brightness", brightness_gain=Whole(1, 9, 2, was=("gain",)))
"""
LINE = '        ("brightness", "Brightness", ":material/light_mode:"),\n'
FIRST = '    "Look inside": [\n'


@pytest.fixture(autouse=True)
def nothing_runs_on(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(tasks, "_CHECK_SECONDS", 0.0)
    yield
    end_all()


@pytest.fixture
def a_method(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Loudness, from a file in a folder that the package of methods spans for the time of the test."""
    (tmp_path / "loudness.py").write_text(METHOD)
    monkeypatch.setattr(METHODS, "_methods", dict(METHODS._methods))
    monkeypatch.setattr(attribution, "__path__", [*attribution.__path__, str(tmp_path)])
    METHODS.discover(attribution.__name__)
    yield
    del sys.modules[f"{attribution.__name__}.loudness"]


@pytest.fixture
def a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The app with a page more: its folder beside the others, and its line in the list."""
    folder = tmp_path / "featviz/ui/pages"
    (folder / "brightness").mkdir(parents=True)
    for name, text in {
        "brightness.py": PAGE,
        "snippet.py": SNIPPET,
        "view_state.py": VIEW,
        "lesson.md": "**Light** is bright.\n",
    }.items():
        (folder / "brightness" / name).write_text(text)
    for other in (ROOT / "featviz/ui/pages").glob("*/"):
        (folder / other.name).symlink_to(other)
    shutil.copytree(ROOT / "pages", tmp_path / "pages")
    listed = tmp_path / "pages/_navigation.py"
    text = listed.read_text("utf-8")
    assert text.count(FIRST) == 1
    listed.write_text(text.replace(FIRST, FIRST + LINE))
    monkeypatch.setattr(pages, "__path__", [*pages.__path__, str(folder)])
    return AppTest.from_file(str(listed), default_timeout=120)


def test_a_file_adds_a_method_to_the_library(a_method: None) -> None:
    model, x = load_model("shapes-resnet"), noise(1, 3, 64, 64)
    found = attribute(model, x, "loudness", target=0, gain=2)
    assert np.allclose(found.map, 2 * x[0].abs().sum(0), rtol=1e-5)
    assert list(METHODS)[-1].id == "loudness"
    with pytest.raises(BadInput, match="gain takes a number from 0 to 10"):
        attribute(model, x, "loudness", target=0, gain=11)


def test_a_file_adds_a_method_to_its_page(a_method: None) -> None:
    app = open_page("attribution", methods="loudness,edges", options="loudness.gain=3", controls="all")
    gain = app.slider(key="option.loudness.gain")
    assert (gain.value, gain.min, gain.max) == (3, 0, 10)
    assert gain.help == "By how much it is multiplied. Default: 1.0."
    assert "'loudness', target=" in app.code[-1].value and "gain=3.0" in app.code[-1].value
    assert "It cannot tell what the network sees." in said(app)
    app.segmented_control(key="preset").set_value("careful").run()
    assert app.slider(key="option.loudness.gain").value == 7
    assert "loudness.gain=7" in unquote(list(app.session_state["_written_addresses"])[-1])
    finished(app)
    assert_sound(app)
    assert not app.error
    assert "Faithfulness and sanity checks: Loudness" in said(app)


def test_a_folder_and_a_line_add_a_page(a_page: AppTest) -> None:
    a_page.query_params["image"], a_page.query_params["gain"] = "shapes/31", "5"
    a_page.switch_page("../featviz/ui/pages/brightness/brightness.py").run()
    assert_sound(a_page)
    assert a_page.title[0].value == "Brightness"
    assert [each.value for each in a_page.metric] == ["shapes/31", "5"]
    assert "**Light** is bright." in said(a_page)
    assert a_page.code[-1].value == 'image = featviz.ImageSet.bundled("shapes")[31].image'
    assert "image=shapes%2F31&brightness_gain=5" in list(a_page.session_state["_written_addresses"])[-1]


def test_the_other_pages_stay_where_they_are(a_page: AppTest) -> None:
    a_page.switch_page("../featviz/ui/pages/filters/filters.py").run()
    assert_sound(a_page)
    assert a_page.title[0].value == "Filters"
