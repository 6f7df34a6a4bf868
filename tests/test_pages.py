"""Every page runs: alone, with links of every kind, with hostile ones."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from featviz import load_model
from featviz.ui.state.jobs import end_all

ROOT = Path(__file__).parents[1]
PAGES = (
    *("network", "feature_maps", "filters", "maximization", "attribution"),
    *("embeddings", "visual_search", "feature_quality", "compare"),
)


@pytest.fixture(autouse=True)
def nothing_runs_on() -> Iterator[None]:
    yield
    end_all()


def script_of(page: str) -> str:
    """Where a page's script lies, seen from the list of pages."""
    return f"../featviz/ui/pages/{page}/{page}.py"


def open_page(page: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "pages" / "_navigation.py"), default_timeout=120)
    for key, value in query.items():
        app.query_params[key] = value
    app.switch_page(script_of(page))
    return app.run()


def said(app: AppTest) -> str:
    """Everything the page says in words."""
    kinds = ("title", "subheader", "caption", "markdown", "error", "info", "warning", "metric")
    return "\n".join(str(each.value) for kind in kinds for each in getattr(app, kind))


def until(app: AppTest, words: str, seconds: float = 90) -> AppTest:
    """The page once it says these words: work goes on between its runs."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if words in said(app):
            return app
        time.sleep(0.1)
        app.run()
    raise AssertionError(f"{words!r} did not come: {said(app)}")


def assert_sound(app: AppTest) -> None:
    assert not app.exception
    words = said(app).lower()
    assert "nan" not in words.split()
    assert "inf" not in words.split()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("model", ["shapes-resnet", "shapes-vit", "digits-cnn"])
def test_every_page_opens_on_every_bundled_network(page: str, model: str) -> None:
    app = open_page(page, model=model)
    assert_sound(app)
    assert not app.error
    assert app.title[0].value in (
        "Network",
        "Feature maps",
        "Filters",
        "Attribution",
        "Activation maximization",
        "Embeddings",
        "Visual search",
        "Feature quality",
        "Compare models",
    )


@pytest.mark.parametrize("page", PAGES)
def test_the_first_paint_shows_something_before_anything_is_touched(page: str) -> None:
    app = open_page(page)
    assert_sound(app)
    assert app.selectbox(key="model").value == "shapes-resnet"


HOSTILE: dict[str, dict[str, str]] = {
    "unknown model": {"model": "../../etc/passwd"},
    "unknown layer": {"layer": "no.such.layer"},
    "channel beyond the last": {"channel": "1000000000000000000000"},
    "negative channel": {"channel": "-1"},
    "channel that is no number": {"channel": "<script>alert(1)</script>"},
    "unknown image": {"image": "shapes/99999"},
    "image that is a path": {"image": "photos/../../secret"},
    "upload this server never saw": {"image": "upload/" + "a" * 32},
    "unknown order, scale, colours": {"order": "x", "scale": "y", "colormap": "z"},
    "unknown weights": {"weights": "stolen"},
    "unknown convolution": {"convolution": "x", "filter": "x", "against": "x"},
    "layers beside that are none": {"beside": "a,b,,stage9"},
    "very long": {"layer": "a" * 100_000},
    "unicode": {"layer": "\u202e\U0001f600", "model": "\x00"},
    "unknown key": {"no_such_key": "1", "_written_addresses": "1"},
    "device this machine lacks": {"device": "tpu"},
    "methods that are none": {"methods": "steal,,<b>,integrated_gradients.", "across": "sideways"},
    "options that no method takes": {"options": "rise.masks=1e99;rise.seed=nan;x.y=__import__;=;;;"},
    "a target beyond the last": {"target": "99999999999999999999"},
    "a target that is no unit": {"target": "../x/-1@1,1"},
    "classes, layers and networks that are none": {"classes": "x", "layers": "y,z", "models": "../a@b"},
    "an aim that is none": {"aim": "-../x/*", "kind": "oil", "recipe": "y", "pictures": "1e9", "onward": "x"},
    "a start this server never saw": {"onto": "run/" + "a" * 32, "begin": "x", "sheet": "-1"},
    "a cell that is none": {
        "cell": "<img src=x>",
        "blend": "-7",
        "opacity": "9",
        "sharing": "x",
        "limit": "1",
        "tint": "1",
    },
}


def together(queries: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """The same in few links: those that say different keys stand in one, which takes a page one run for all."""
    links: list[tuple[str, dict[str, str]]] = []
    for name, query in queries.items():
        place = next((n for n, (_, said) in enumerate(links) if not said.keys() & query.keys()), len(links))
        links[place : place + 1] = [
            (f"{names}; {name}", said | query) for names, said in links[place : place + 1]
        ] or [(name, query)]
    return dict(links)


def test_no_hostile_value_is_lost_in_the_links() -> None:
    links = [pair for query in together(HOSTILE).values() for pair in query.items()]
    assert sorted(links) == sorted(pair for query in HOSTILE.values() for pair in query.items())


@pytest.mark.parametrize("page", PAGES)
def test_hostile_links_fall_back_to_the_defaults(page: str) -> None:
    for names, query in together(HOSTILE).items():
        app = open_page(page, **query)
        assert not app.exception, names
        assert app.selectbox(key="model").value == "shapes-resnet", names


def _value(app: AppTest, key: str) -> Any:
    return app.session_state[key]


def test_a_link_reopens_the_same_view() -> None:
    query = {
        "model": "shapes-resnet",
        "image": "shapes/7",
        "order": "strength",
        "scale": "shared",
        "colormap": "cividis",
        "channel": "3",
    }
    app = open_page("feature_maps", **query)
    assert_sound(app)
    for key, value in query.items():
        assert str(_value(app, key)) == value, key


def test_choices_are_kept_from_page_to_page() -> None:
    app = open_page("feature_maps")
    app.selectbox(key="model").set_value("digits-cnn").run()
    layer = app.selectbox(key="layer").options[2].split(" · ")[0]
    app.selectbox(key="layer").set_value(layer).run()
    app.switch_page(script_of("network")).run()
    assert app.selectbox(key="model").value == "digits-cnn"
    app.switch_page(script_of("feature_maps")).run()
    assert app.selectbox(key="layer").value == layer
    assert_sound(app)


def test_changing_the_order_colors_or_channel_never_runs_the_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from featviz.ui.state import features

    app = open_page("feature_maps", image="shapes/31")
    passes: list[object] = []
    original = features.record_feature_maps
    monkeypatch.setattr(
        features, "record_feature_maps", lambda *given: passes.append(given) or original(*given)
    )
    app.session_state["channel"] = 5
    app.run()
    app.segmented_control(key="order").set_value("strength").run()
    app.selectbox(key="colormap").set_value("gray").run()
    app.segmented_control(key="scale").set_value("shared").run()
    assert not passes
    app.selectbox(key="layer").select_index(0).run()
    assert len(passes) == 1
    assert_sound(app)


# Every method meets these families in the core's tests; a page knows layers alone, and two families show it both kinds.
LARGE = [pytest.param(name, marks=pytest.mark.long) for name in ("swin_t", "vgg11")]


@pytest.mark.parametrize("name", ["squeezenet1_1", "vit_b_32", *LARGE])
def test_pages_open_on_random_networks_of_the_zoo(name: str) -> None:
    for page in PAGES:
        app = open_page(page, model=f"torchvision/{name}", weights="random")
        assert_sound(app)
        assert not app.error


def test_a_row_of_the_table_of_layers_leads_to_its_feature_maps() -> None:
    app = open_page("network")
    key = f"layers.{load_model('shapes-resnet').fingerprint[:8]}.0"
    app.session_state[key] = {"selection": {"rows": [3], "columns": [], "cells": []}}
    app.run()
    assert app.title[0].value == "Feature maps"
    assert app.selectbox(key="layer").value == "stem"


def test_a_ticked_row_is_used_up_by_the_jump() -> None:
    app = open_page("network")
    app.session_state[f"layers.{load_model('shapes-resnet').fingerprint[:8]}.0"] = {
        "selection": {"rows": [3], "columns": [], "cells": []}
    }
    app.run()
    assert app.title[0].value == "Feature maps"
    app.switch_page(script_of("network"))
    app.run()
    assert app.title[0].value == "Network"
    assert app.run().title[0].value == "Network"


def test_weights_that_are_not_here_are_offered_with_what_is(monkeypatch: pytest.MonkeyPatch) -> None:
    from featviz.models.sources import torchvision as zoo

    monkeypatch.setattr(zoo, "is_cached", lambda _architecture: False)
    app = open_page("network", model="torchvision/resnet18")
    assert_sound(app)
    labels = [button.label for button in app.button]
    assert {"Download them", "Use random weights", "Upload a checkpoint"} <= set(labels)
    next(button for button in app.button if button.label == "Use random weights").click().run()
    assert "random, seed 0" in said(app)
