from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from featviz import load_model
from featviz.explain.targets.units import Channel, Difference, Logit, Neuron, Target
from featviz.models.model import Model
from featviz.ui.inputs.target_text import nearest_neuron, read_target_text, target_name, target_text
from tests.toys import Attending, InPlace, seeded, wrapped


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model("shapes-resnet", device="cpu")


@pytest.fixture(scope="module")
def layer(model: Model) -> str:
    return next(each.name for each in model.layers if each.grid is not None and each.channels > 12)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("3", Logit(3)),
        ("3-5", Difference(3, 5)),
        ("stem/2", Channel("stem", 2)),
        ("stem/2@3,4", Neuron("stem", 2, 3, 4)),
    ],
)
def test_a_text_and_the_target_it_names_are_the_same(text: str, target: Target, model: Model) -> None:
    assert read_target_text(text, model) == target
    assert target_text(target) == text


def test_every_unit_of_every_readable_layer_can_be_named(model: Model) -> None:
    for network in (
        model,
        load_model("shapes-vit", device="cpu"),
        wrapped(seeded(InPlace)),
        wrapped(seeded(Attending)),
    ):
        for layer in network.layers:
            last = Channel(layer.name, layer.channels - 1)
            read = read_target_text(target_text(last), network)
            assert read in ((None,) if layer.layout in ("attention", "other") else (last,))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-1",
        "16777216",
        "3-3",
        "3-99999",
        "3-",
        "3 5",
        "\u0663",
        "9" * 5000,
        "stem",
        "stem/",
        "stem/-1",
        "stem/100000",
        "stem/2@9999,0",
        "stem/2@0,9999",
        "stem/2@3",
        "no.such/1",
        "../../etc/passwd/1",
        "<script>/1",
        None,
        ["3"],
    ],
)
def test_a_text_that_names_no_target_gives_none(text: object, model: Model) -> None:
    assert read_target_text(text, model) is None


@given(st.text(alphabet="0123456789-/@,stem:.\n\u0663"))
def test_whatever_is_read_is_written_the_same_again(text: str) -> None:
    model = load_model("digits-cnn", device="cpu")
    target = read_target_text(text, model)
    if target is not None:
        assert read_target_text(target_text(target), model) == target


def test_targets_are_called_as_people_call_them(model: Model) -> None:
    first, second = model.classes[:2]
    assert target_name(Logit(0), model) == first
    assert target_name(Difference(0, 1), model) == f"{first} rather than {second}"
    assert target_name(Channel("stem", 12), model) == "channel 12 of stem"
    assert target_name(Neuron("stem", 12, 3, 4), model) == "channel 12 of stem at row 3, column 4"


def _page() -> None:
    import streamlit as st

    from featviz import Prediction, load_model
    from featviz.ui.inputs.target import choose_targets

    model = load_model(st.session_state.get("name", "shapes-resnet"), device="cpu")
    likely = [Prediction(model.class_name(i), i, p) for i, p in ((7, 0.62), (2, 0.2), (0, 0.1))]
    st.session_state["found"] = choose_targets(model, likely)


def page(**state: Any) -> AppTest:
    app = AppTest.from_function(_page, default_timeout=60)
    for key, value in state.items():
        app.session_state[key] = value
    app.run()
    assert not app.exception
    return app


def found(app: AppTest) -> Target:
    assert not app.exception
    target: Target = app.session_state["found"]
    return target


def test_at_first_the_networks_first_choice_is_explained_and_no_text_says_so(model: Model) -> None:
    app = page()
    assert found(app) == Logit(7)
    assert "target" not in app.session_state
    offered = app.selectbox(key="target.class").options
    assert offered[:3] == [
        f"First choice: {model.classes[7]} · 62%",
        f"{model.classes[7]} · 62%",
        f"{model.classes[2]} · 20%",
    ]
    assert len(offered) == 1 + len(model.classes)


def test_a_class_is_chosen_and_given_up_again() -> None:
    app = page()
    app.selectbox(key="target.class").set_value("2").run()
    assert (found(app), app.session_state["target"]) == (Logit(2), "2")
    app.selectbox(key="target.class").set_value("").run()
    assert (found(app), app.session_state["target"]) == (Logit(7), "")


def test_one_class_rather_than_another_begins_with_the_two_likeliest() -> None:
    app = page()
    app.segmented_control(key="target.kind").set_value("rather").run()
    assert (found(app), app.session_state["target"]) == (Difference(7, 2), "7-2")
    app.selectbox(key="target.class").set_value("2").run()
    assert found(app) == Difference(2, 7), "a class is never set against itself"
    app.selectbox(key="target.other").set_value("0").run()
    assert found(app) == Difference(2, 0)
    app.segmented_control(key="target.kind").set_value("class").run()
    assert found(app) == Logit(2)


def test_a_channel_and_a_neuron_are_chosen(model: Model, layer: str) -> None:
    app = page()
    app.segmented_control(key="target.kind").set_value("channel").run()
    assert isinstance(found(app), Channel)
    app.selectbox(key="target.layer").set_value(layer).run()
    app.number_input(key="target.channel").set_value(12).run()
    assert found(app) == Channel(layer, 12)
    app.toggle(key="target.one").set_value(True).run()
    rows, columns = model.layer(layer).grid or (1, 1)
    assert found(app) == Neuron(layer, 12, rows // 2, columns // 2)
    app.number_input(key="target.row").set_value(0).run()
    assert app.session_state["target"] == f"{layer}/12@0,{columns // 2}"
    small = min(model.layers, key=lambda each: each.channels)
    app.selectbox(key="target.layer").set_value(small.name).run()
    assert found(app).channel < small.channels  # type: ignore[union-attr]
    app.toggle(key="target.one").set_value(False).run()
    assert isinstance(found(app), Channel)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("5-3", Difference(5, 3)),
        ("stem/1@0,0", Neuron("stem", 1, 0, 0)),
        ("x/1", Logit(7)),
        ("\x00" * 999, Logit(7)),
    ],
)
def test_controls_follow_a_link_and_a_wrong_one_gives_the_first_choice(text: str, target: Target) -> None:
    app = page()
    app.session_state["target"] = text
    app.run()
    assert found(app) == target


def test_a_target_of_another_network_gives_the_first_choice_of_this_one() -> None:
    app = page(target="stem/1@0,0")
    app.session_state["name"] = "digits-cnn"
    app.run()
    assert found(app) == Logit(7)


def test_the_nearest_neuron_lies_in_the_layer_and_in_its_middle_where_none_is_named(
    model: Model, layer: str
) -> None:
    there = model.layer(layer)
    assert there.grid is not None
    rows, columns = there.grid
    far = nearest_neuron(there, 10**6, 10**6, 10**6)
    assert far == Neuron(layer, there.channels - 1, rows - 1, columns - 1)
    assert nearest_neuron(there, 3, None, 1) == Neuron(layer, 3, rows // 2, 1)
    assert nearest_neuron(there, 3, 0, None) == Neuron(layer, 3, 0, columns // 2)
