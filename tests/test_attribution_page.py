"""The Attribution page: the matrix, what it costs, what it refuses, and the links that reopen it."""

import time
from collections.abc import Iterator

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from featviz.ui.pages.attribution import tasks
from featviz.ui.pages.attribution.request import AttributionRequest
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.jobs import end_all
from tests.test_pages import assert_sound, open_page, said

PAGE = "attribution"
QUICK = "integrated_gradients.steps=4;rise.masks=16;occlusion.window=32;occlusion.stride=32"


def open_matrix(**query: str) -> AppTest:
    return open_page(PAGE, **{"options": QUICK, **query})


def finished(app: AppTest, patience: float = 60) -> AppTest:
    """Run the page again until nothing runs."""
    until = time.monotonic() + patience
    while any(button.label == "Stop" for button in app.button) and time.monotonic() < until:
        time.sleep(0.3)
        app.run()
    return app


@pytest.fixture(autouse=True)
def quick_checks_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is kept from one test to the next, and no check runs unless it is asked for."""
    monkeypatch.setattr(tasks, "_CHECK_SECONDS", 0.0)
    FEATURES.clear()
    yield
    end_all()


@pytest.mark.parametrize("columns", ["one", "classes", "layers", "models"])
@pytest.mark.parametrize("model", ["shapes-resnet", "shapes-vit"])
def test_the_matrix_is_drawn_whatever_it_runs_over(model: str, columns: str) -> None:
    app = open_matrix(model=model, columns=columns, methods="integrated_gradients,grad_cam,edges")
    finished(app)
    assert_sound(app)
    assert not app.error
    assert "Faithfulness and sanity checks: Integrated gradients" in said(app)


@pytest.mark.parametrize("target", ["5", "5-7", "stage2/3", "stage2/3@1,2"])
def test_every_kind_of_target_is_explained(target: str) -> None:
    app = finished(open_matrix(target=target, methods="gradient,occlusion"))
    assert_sound(app)
    assert not app.error
    assert app.session_state["target"] == target
    assert "Faithfulness and sanity checks: Gradient" in said(app)


def test_a_method_that_cannot_is_refused_in_its_place_and_the_others_are_drawn() -> None:
    app = finished(open_matrix(model="shapes-resnet", methods="rollout,gradient"))
    assert_sound(app)
    assert not app.error
    kept = [value for value, _ in FEATURES._entries.values()]
    assert any("attention" in getattr(value, "reason", "") for value in kept)


def test_slow_methods_show_their_cost_and_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    from featviz.ui.pages.attribution import request

    monkeypatch.setattr(request, "seconds_a_pass", lambda *_: 1.0)
    monkeypatch.setattr(
        request, "estimate", lambda *_, **__: type("Cost", (), {"seconds": 1000.0, "passes": 1})()
    )
    app = open_matrix(methods="rise")
    offers = [button for button in app.button if "17 min" in button.label]
    assert offers
    assert not [key for key in FEATURES._entries if key[0] == "attribution"]
    offers[0].click().run()
    app.run()
    finished(app)
    assert [key for key in FEATURES._entries if key[0] == "attribution"]


def test_another_scale_or_opacity_computes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    app = finished(open_matrix(methods="gradient,edges", controls="more"))
    made: list[AttributionRequest] = []
    monkeypatch.setattr(AttributionRequest, "_steps", lambda self: made.append(self))
    app.segmented_control(key="sharing").set_value("all").run()
    app.segmented_control(key="limit").set_value("100").run()
    app.session_state["opacity"] = "40"
    app.run()
    assert not made
    assert_sound(app)


def labels(**query: str) -> list[str]:
    """Of the controls of the page, without those in the sidebar."""
    app = finished(open_page(PAGE, **{"methods": "integrated_gradients,grad_cam", "options": "", **query}))
    assert_sound(app)
    kinds = ("multiselect", "selectbox", "segmented_control", "number_input", "slider", "toggle")
    return [each.label for kind in kinds for each in getattr(app.main, kind)]


def test_each_level_has_more_controls() -> None:
    basic, more, every = (labels(controls=level) for level in ("basic", "more", "all"))
    assert sorted(basic) == ["Class", "Compare with", "Controls", "Methods"]
    assert {"Target", "Columns", "Preset", "Normalization", "Clip at percentile", "Colormap"} <= set(more)
    assert {"Steps", "Baseline", "Layer"} <= set(more)
    assert "Seed" not in more
    assert set(more) < set(every) and {"Seed", "ReLU", "Samples"} <= set(every)


def test_what_differs_from_its_default_is_shown_at_every_level() -> None:
    options = "attribution.integrated_gradients.seed=3"
    shown = labels(controls="basic", options=options, sharing="cell", target="3-4")
    assert {"Seed", "Normalization", "Target", "Rather than"} <= set(shown)
    assert "Steps" not in shown


def test_the_view_is_in_the_link() -> None:
    view = {
        "methods": "grad_cam,lrp",
        "target": "3-4",
        "columns": "classes",
        "sharing": "all",
        "controls": "more",
        "limit": "100",
        "opacity": "40",
        "image": "shapes/9",
        "options": "attribution.grad_cam.relu=false",
    }
    app = finished(open_page(PAGE, **view))
    for key, value in view.items():
        held = app.session_state[key]
        assert (",".join(held) if isinstance(held, list) else held) == value, key
    assert_sound(app)


def test_a_check_runs_when_it_is_asked_for() -> None:
    app = finished(open_matrix(methods="gradient"))
    offers = [button for button in app.button if button.label.startswith("Check it")]
    offers[0].click().run()
    finished(app)
    assert [key for key in FEATURES._entries if key[0] == "trust"]
    assert_sound(app)


def test_no_method_asks_for_one() -> None:
    app = open_matrix(methods="gradient")
    app.multiselect(key="methods.chosen").set_value([]).run()
    assert "Choose a method" in said(app)
    assert_sound(app)


def test_a_picture_without_variation_is_said_to_have_none() -> None:
    """A logit that does not depend on the picture: its map is zero everywhere, and is shown as that."""
    app = finished(open_matrix(model="shapes-resnet", weights="random", methods="gradient"))
    assert_sound(app)
    maps = [value for value, _ in FEATURES._entries.values() if hasattr(value, "map")]
    assert all(np.isfinite(each.map).all() for each in maps)
