import io
from typing import Any

import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from featviz import load_model
from featviz.explain.attribution.presets import PRESETS
from featviz.explain.attribution.registry import METHODS
from featviz.ui.state import uploaded_images
from featviz.ui.state.option_text import read_options


def _page() -> None:
    import streamlit as st

    from featviz import load_model
    from featviz.explain.attribution.registry import METHODS
    from featviz.ui.inputs.method import choose_methods, choose_options, choose_preset, options_of
    from featviz.ui.state.feedback import reserve_status_slot

    reserve_status_slot()
    model = load_model("shapes-resnet", device="cpu")
    choose_preset()
    st.session_state["given"] = {}
    for name in choose_methods(["gradient", "rise"]):
        before = options_of(METHODS[name], model=model, layers=["stem", "block1"])
        given = choose_options(METHODS[name], model=model, layers=["stem", "block1"])
        fresh = given.keys() - before.keys()
        assert fresh <= {"baseline"}, "only a picture is read while its control is drawn"
        assert str(before) == str({name: given[name] for name in given if name not in fresh})
        st.session_state["given"][name] = given


def page(*methods: str, options: str = "") -> AppTest:
    app = AppTest.from_function(_page, default_timeout=60)
    app.session_state["options"] = options
    if methods:
        app.session_state["methods"] = ",".join(methods)
    app.run()
    assert not app.exception
    return app


def given(app: AppTest) -> dict[str, dict[str, Any]]:
    assert not app.exception
    return dict(app.session_state["given"])


def test_every_parameter_of_every_method_has_a_control_that_shows_its_default() -> None:
    ids = [method.id for method in METHODS]
    for start in range(0, len(ids), 6):
        app = page(*ids[start : start + 6])
        drawn = {each.key: each for kind in WIDGETS for each in getattr(app, kind)}
        for method in ids[start : start + 6]:
            for parameter in METHODS[method].parameters:
                control = drawn[f"option.{method}.{parameter.name}"]
                assert control.value == ("" if parameter.default is None else parameter.default)
                assert "Default:" in control.help
        assert given(app) == {method: {} for method in ids[start : start + 6]}


WIDGETS = ("slider", "number_input", "toggle", "selectbox", "segmented_control", "text_input")


def test_a_change_enters_the_text_before_the_page_runs() -> None:
    app = page("rise", "grad_cam")
    app.number_input(key="option.rise.masks").set_value(500).run()
    app.selectbox(key="option.grad_cam.layer").set_value("block1").run()
    app.toggle(key="option.grad_cam.relu").set_value(False).run()
    assert given(app) == {"rise": {"masks": 500}, "grad_cam": {"layer": "block1", "relu": False}}
    assert app.session_state["options"] == (
        "attribution.grad_cam.layer=block1;attribution.grad_cam.relu=false;attribution.rise.masks=500"
    )
    app.selectbox(key="option.grad_cam.layer").set_value("").run()
    assert given(app)["grad_cam"] == {"relu": False}


def test_controls_follow_a_link_and_what_it_says_wrong_falls_back() -> None:
    app = page("rise", "grad_cam", options="rise.masks=77;grad_cam.layer=no.such;rise.cells=one")
    assert app.number_input(key="option.rise.masks").value == 77
    assert given(app) == {"rise": {"masks": 77}, "grad_cam": {}}
    app.session_state["options"] = "rise.masks=99"
    app.run()
    assert app.number_input(key="option.rise.masks").value == 99


def test_a_preset_moves_the_controls_and_is_named_until_something_changes() -> None:
    app = page("smoothgrad", "integrated_gradients")
    app.segmented_control(key="preset").set_value("careful").run()
    assert app.slider(key="option.smoothgrad.samples").value == 100
    assert given(app)["integrated_gradients"] == {"steps": 200}
    assert app.segmented_control(key="preset").value == "careful"
    app.slider(key="option.smoothgrad.samples").set_value(99).run()
    assert app.segmented_control(key="preset").value not in PRESETS
    app.segmented_control(key="preset").set_value("standard").run()
    assert given(app) == {"smoothgrad": {}, "integrated_gradients": {}}
    assert app.session_state["options"] == ""


@pytest.mark.parametrize("named", ["", "no,such", "a" * 9000])
def test_an_address_that_names_no_method_gives_the_first_ones(named: str) -> None:
    assert list(given(page(named))) == ["gradient", "rise"]


def test_whoever_takes_all_methods_out_has_none() -> None:
    app = page()
    app.multiselect(key="methods.chosen").set_value([]).run()
    assert given(app) == {}
    app.run()
    assert given(app) == {}


def test_a_picture_of_ones_own_becomes_the_baseline() -> None:
    app = page("integrated_gradients")
    app.selectbox(key="option.integrated_gradients.baseline").set_value("own").run()
    assert given(app) == {"integrated_gradients": {}}, "until there is one, the default holds"
    assert "median" in app.caption[-1].value
    gray, data = Image.new("RGB", (80, 60), (90, 120, 30)), io.BytesIO()
    gray.save(data, "PNG")
    upload = app.get("file_uploader")[0]
    upload.set_value(("grey.png", data.getvalue(), "image/png")).run()
    baseline = given(app)["integrated_gradients"]["baseline"]
    model = load_model("shapes-resnet", device="cpu")
    assert torch.equal(baseline, model.preprocess(gray))
    named = read_options(app.session_state["options"])["attribution.integrated_gradients"]["baseline"]
    assert named.id == uploaded_images.uploaded_id("upload", data.getvalue())
    again = page("integrated_gradients", options=app.session_state["options"])
    assert torch.equal(given(again)["integrated_gradients"]["baseline"], baseline), "a link finds it again"


def test_a_file_that_is_no_picture_is_refused_in_words() -> None:
    app = page("integrated_gradients", options="integrated_gradients.baseline=own")
    app.get("file_uploader")[0].set_value(("x.png", b"no picture", "image/png")).run()
    assert app.error
    assert given(app) == {"integrated_gradients": {}}
