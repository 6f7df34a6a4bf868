"""Links that people have kept open the view they named, however choices are stored and spelt since."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest
from streamlit.testing.v1 import AppTest

from featviz.data.sets.image_set import ImageSet
from featviz.ui.state.image_sets import ChosenSet
from featviz.ui.state.jobs import end_all
from tests.test_pages import ROOT, assert_sound, said, script_of

CONTROLS = ("selectbox", "segmented_control", "multiselect", "slider", "number_input", "toggle", "text_input")
BUNDLED = {"Network": "shapes-resnet", "Weights": "trained"}
DIGITS = {"Network": "digits-cnn", "Weights": "trained"}
VIT = {"Network": "shapes-vit", "Weights": "trained"}
SHAPES = BUNDLED | {"Image set": "shapes"}

LINKS: dict[str, dict[str, Any]] = {
    "?image=shapes/4": BUNDLED | {"Source": "shapes", "picture": "Shapes world, 4"},
    "?model=digits-cnn&weights=1-4th&image=digits/7": {
        **DIGITS,
        "Weights": "1-4th",
        "Source": "digits",
        "picture": "Handwritten digits, 7",
    },
    "feature_maps?image=shapes/4&layer=stage2.0.relu2&order=strength": {
        **BUNDLED,
        "picture": "Shapes world, 4",
        "Layer": "stage2.0.relu2",
        "Order": "strength",
        "Normalization": "channel",
        "Colormap": "fitting",
    },
    "feature_maps?model=shapes-vit&layer=blocks.2&image=shapes/4": {
        **VIT,
        "picture": "Shapes world, 4",
        "Layer": "blocks.2",
    },
    "feature_maps?image=shapes/4": BUNDLED | {"picture": "Shapes world, 4", "Layer": "stage1.1"},
    "feature_maps?image=shapes/3&order=strength&colours=cividis&scale=shared&beside=stem,stage3": {
        "picture": "Shapes world, 3",
        "Order": "strength",
        "Colormap": "cividis",
        "Normalization": "shared",
        "Other layers": ["stem", "stage3"],
    },
    "feature_maps?model=digits-cnn&layer=relu2&channel=4": {
        **DIGITS,
        "Layer": "relu2",
        "says": "Channel 4 of relu2",
    },
    "filters": BUNDLED | {"Convolution": "stem.conv", "Compare with": "shapes-resnet@random"},
    "filters?convolution=stage2.0.conv1&filter=3&against=nothing": {
        "Convolution": "stage2.0.conv1",
        "Compare with": "none",
        "says": "Filter 3 of stage2.0.conv1",
    },
    "attribution?image=shapes/5": {
        **BUNDLED,
        "picture": "Shapes world, 5",
        "Methods": ["integrated_gradients", "grad_cam", "occlusion", "edges"],
        "Class": "",
    },
    "attribution?image=shapes/5&controls=more": {
        "Target": "class",
        "Columns": "one",
        "Preset": "standard",
    },
    "attribution?image=shapes/5&methods=integrated_gradients,grad_cam,lrp&across=classes": {
        "picture": "Shapes world, 5",
        "Methods": ["integrated_gradients", "grad_cam", "lrp"],
        "Columns": "classes",
    },
    "attribution?image=shapes/3&methods=gradient,grad_cam&blend=60&sharing=cell&target=5-7"
    "&options=integrated_gradients.steps=8;occlusion.window=32;occlusion.stride=32": {
        "picture": "Shapes world, 3",
        "Methods": ["gradient", "grad_cam"],
        "Target": "rather",
        "Class": "5",
        "Rather than": "7",
        "Normalization": "cell",
        "opacity": "60",
        "options": {"integrated_gradients.steps": "8", "occlusion.window": "32", "occlusion.stride": "32"},
    },
    "attribution?methods=random,lrp&options=random.seed=3;grad_cam.relu=false;grad_cam.layer=stage2"
    "&target=stage2/3@1,2&across=layers&layers=stem,stage2&limit=100&tint=blue_black_red": {
        "Methods": ["random", "lrp"],
        "Target": "channel",
        "Layer of the unit": "stage2",
        "Channel": 3,
        "At one position": True,
        "Row": 1,
        "Column": 2,
        "Columns": "layers",
        "Layers": ["stem", "stage2"],
        "Clip at percentile": "100",
        "Colormap": "blue_black_red",
        "Seed": 3,
        "options": {"random.seed": "3", "grad_cam.relu": "false", "grad_cam.layer": "stage2"},
    },
    "maximization?aim=stage3.0/6": {
        **BUNDLED,
        "Objective": "channel",
        "Layer": "stage3.0",
        "Channel": 6,
        "Minimize": False,
        "Parameterization": "fourier",
        "Controls": "basic",
    },
    "maximization?aim=stage3.0/7&controls=more": {
        "Channel": 7,
        "Controls": "more",
        "Transformation robustness": "lucid",
        "Initialization": "noise",
        "Number of images": 1,
    },
    "maximization?options=gradient_ascent.steps=24&aim=stage2/9&kind=maco": {
        "Layer": "stage2",
        "Channel": 9,
        "Parameterization": "maco",
        "Steps": 24,
    },
    "maximization?model=digits-cnn&options=gradient_ascent.steps=8;fourier.decay=0.5&aim=-5&pictures=2"
    "&diversity=1&onward=0&early=1-4th&recipe=plain&painted=1.5&begin=image": {
        **DIGITS,
        "Objective": "class",
        "Class": "5",
        "Minimize": True,
        "Steps": 8,
        "Frequency decay": 0.5,
        "Number of images": 2,
        "Diversity": "1",
        "Warm start": False,
        "Ensemble": "1-4th",
        "Transformation robustness": "plain",
        "Image size": "1.5",
        "Initialization": "image",
    },
    "embeddings?embedding_layer=stage2&colour=texture&drawn_as=pictures&pin=30": {
        **SHAPES,
        "Number of images": "2000",
        "Layer": "stage2",
        "Color by": "texture",
        "Markers": "thumbnails",
        "Projection": "tsne",
        "says": "Pinned",
    },
    "embeddings?model=digits-cnn&set=digits&drawn_as=pictures": {
        **DIGITS,
        "Image set": "digits",
        "Markers": "thumbnails",
    },
    "embeddings?embedding_layer=stage2&projection=umap&colour=honesty.neighbour_overlap"
    "&options=umap.n_neighbors=9;umap.epochs=20;k_means.clusters=3": {
        "Layer": "stage2",
        "Projection": "umap",
        "Neighbors": 9,
        "Epochs": 20,
        "Color by": "honesty.neighbor_overlap",
        "options": {"umap.n_neighbors": "9", "umap.epochs": "20", "k_means.clusters": "3"},
    },
    "embeddings?set_size=500&projection=pca&dimensions=3&map_seed=7&colour=unit&unit=3": {
        "Number of images": "500",
        "Projection": "pca",
        "Dimensions": "3",
        "Color by": "unit",
        "Unit": 3,
    },
    "visual_search": SHAPES | {"Search by": "image", "Results": "24", "Index": "auto"},
    "visual_search?model=digits-cnn&set=digits&search_image=123&search_most=48&search_found=7&blend=30": {
        **DIGITS,
        "Image set": "digits",
        "Results": "48",
        "Image": 123,
        "opacity": "30",
        "says": "Most like image 123",
    },
    "visual_search?search_image=30&search_box=0.25,0.25,0.75,0.625&pool=mean": {
        "Image": 30,
        "says": "a region of image 30",
    },
    "visual_search?model=shapes-vit&search_by=unit&search_unit=7&search_index=exact&pool=class_token": {
        **VIT,
        "Search by": "unit",
        "Unit": 7,
        "Index": "exact",
        "Pooling": "class_token",
    },
    "feature_quality": SHAPES | {"Compare with": ["shapes-resnet@random"]},
    "feature_quality?model=digits-cnn&set=digits&depth=relu1,relu3&disturbed=no&graded=relu1"
    "&models=digits-cnn@random&graded_network=digits-cnn, random": {
        **DIGITS,
        "Layers": ["relu1", "relu3"],
        "Corruption robustness": "no",
        "Compare with": ["digits-cnn@random"],
    },
}
"""By link, as it was copied before choices were declared: what the controls must show."""


@pytest.fixture(autouse=True)
def few_images(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A hundred and thirty images stand for each set: a link's controls do not depend on how many there are."""
    monkeypatch.setenv("FEATVIZ_STORE", str(tmp_path_factory.getbasetemp() / "store"))
    few = {
        name: ChosenSet(name, name, ImageSet.bundled(name, 130), content=f"{name} 130 for links")
        for name in ("shapes", "digits")
    }
    monkeypatch.setattr("featviz.ui.inputs.image_set.open_bundled_set", lambda name, _length: few[name])
    yield
    end_all()


def open_link(link: str, patience: float = 180) -> AppTest:
    """Open a link as a browser does, and wait until the page has all its controls."""
    page, _, query = link.partition("?")
    app = AppTest.from_file(str(ROOT / "pages" / "_navigation.py"), default_timeout=120)
    for key, value in parse_qsl(query, separator="&"):
        app.query_params[key] = value
    app.switch_page(script_of(page or "network")).run()
    until = time.monotonic() + patience
    while (
        any(words in said(app) for words in ("appears here", "begins as soon")) and time.monotonic() < until
    ):
        time.sleep(0.2)
        app.run()
    return app


def shown(app: AppTest, label: str) -> list[Any]:
    """The values of all controls with this label, as they are drawn."""
    return [each.value for kind in CONTROLS for each in getattr(app, kind) if each.label == label]


def written(app: AppTest) -> dict[str, str]:
    """What the address holds that the page has written."""
    return dict(parse_qsl(next(reversed(app.session_state["_written_addresses"]))))


def options_in(address: dict[str, str]) -> dict[str, str]:
    """The options of an address by `method.name`, without the name of their registry if it stands in front."""
    entries = (entry.partition("=") for entry in address["options"].split(";"))
    return {".".join(place.split(".")[-2:]): unquote(value) for place, _, value in entries}


def assert_shows(app: AppTest, view: dict[str, Any]) -> None:
    """Each control, the picture and the words are those of the view."""
    for name, expected in view.items():
        if name == "picture":
            captions = [picture.caption for each in app.get("image") for picture in each.proto.imgs]
            assert any(each.startswith(expected) for each in captions), captions
        elif name == "says":
            assert expected in said(app)
        elif name == "opacity":
            assert written(app)["opacity"] == expected
        elif name == "options":
            assert options_in(written(app)).items() >= expected.items()
        else:
            assert expected in shown(app, name), (name, shown(app, name))


@pytest.mark.parametrize("link", LINKS, ids=str)
def test_a_link_of_before_opens_the_same_view(link: str) -> None:
    app = open_link(link)
    assert_sound(app)
    assert not app.error
    assert_shows(app, LINKS[link])


@pytest.mark.parametrize("link", [link for link in LINKS if link.count("&") > 4], ids=str)
def test_the_address_a_page_writes_opens_the_view_it_was_written_for(link: str) -> None:
    first = open_link(link)
    query = written(first)
    page = link.partition("?")[0]
    again = open_link(f"{page}?{'&'.join(f'{key}={value}' for key, value in query.items())}")
    assert_shows(again, LINKS[link])
    assert written(again) == query
