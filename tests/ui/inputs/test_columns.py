from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from featviz import load_model
from featviz.explain.targets.units import Channel, Logit
from featviz.ui.inputs.columns import Columns


def _page() -> None:
    import streamlit as st

    from featviz import Prediction, load_model
    from featviz.explain.features.spatial import has_positions
    from featviz.explain.targets.units import Channel, Logit
    from featviz.ui.inputs.columns import choose_columns
    from featviz.ui.state.feedback import reserve_status_slot

    reserve_status_slot()
    model = load_model("shapes-resnet", device="cpu")
    likely = [Prediction(model.class_name(i), i, 0.3) for i in st.session_state.get("likely", (7, 2, 0))]
    layers = [layer.name for layer in model.layers if has_positions(layer)]
    target = Channel("stem", 1) if st.session_state.get("hidden") else Logit(7)
    st.session_state["found"] = choose_columns(model, target, likely, layers)


def page(**state: Any) -> AppTest:
    app = AppTest.from_function(_page, default_timeout=60)
    for key, value in state.items():
        app.session_state[key] = value
    app.run()
    assert not app.exception
    return app


def found(app: AppTest) -> Columns:
    assert not app.exception
    columns: Columns = app.session_state["found"]
    return columns


def test_at_first_there_is_one_column() -> None:
    columns = found(page())
    assert columns.kind == "one"
    assert [(each.target, each.layer) for each in columns.items] == [(Logit(7), None)]


def test_classes_stand_beside_the_target_and_follow_the_picture_until_some_are_chosen() -> None:
    app = page(columns="classes")
    assert [each.target for each in found(app).items] == [Logit(7), Logit(2), Logit(0)]
    app.session_state["likely"] = (7, 5, 4)
    app.run()
    assert [each.target for each in found(app).items] == [Logit(7), Logit(5), Logit(4)]
    app.multiselect(key="classes.chosen").set_value(["9"]).run()
    app.session_state["likely"] = (7, 2, 0)
    app.run()
    assert [each.target for each in found(app).items] == [Logit(7), Logit(9)]
    assert app.session_state["classes"] == "9"
    app.multiselect(key="classes.chosen").set_value([]).run()
    app.run()
    assert [each.target for each in found(app).items] == [Logit(7)]


def test_a_channel_too_has_classes_beside_it() -> None:
    targets = [each.target for each in found(page(columns="classes", hidden=True)).items]
    assert targets == [Channel("stem", 1), Logit(7), Logit(2)]


def test_layers_run_from_the_first_to_the_last_with_the_target_kept() -> None:
    app = page(columns="layers")
    columns, order = found(app), [layer.name for layer in load_model("shapes-resnet").layers]
    named = [each.layer for each in columns.items if each.layer is not None]
    assert len(named) == 3
    assert named == sorted(named, key=order.index)
    assert {each.target for each in columns.items} == {Logit(7)}
    app.multiselect(key="layers.chosen").set_value(["stage3", "stem"]).run()
    assert [each.layer for each in found(app).items] == ["stem", "stage3"]
    app.multiselect(key="layers.chosen").set_value([]).run()
    assert [each.layer for each in found(app).items] == [None]


def test_networks_beside_this_one_have_its_classes_and_begin_with_its_random_weights() -> None:
    app = page(columns="models")
    first, second = found(app).items
    assert (first.model.weights, second.model.weights) == ("trained", "random")
    offered = app.multiselect(key="models.chosen").options
    assert "shapes-vit, trained" in offered
    assert not {"shapes-resnet, trained", "digits-cnn, trained"} & set(offered)
    app.multiselect(key="models.chosen").set_value(["shapes-vit@trained"]).run()
    assert [each.model.name for each in found(app).items] == ["shapes-resnet", "shapes-vit"]


@pytest.mark.parametrize(
    "state",
    [
        {"columns": "everything"},
        {"columns": "classes", "classes": "-1,9999,x"},
        {"columns": "layers", "layers": "no.such,,../x"},
        {"columns": "models", "models": "shapes-resnet@stolen,../../x@random"},
        {"columns": "classes", "classes": "1,2,3,4,5,6,8,9"},
    ],
)
def test_an_address_that_names_nothing_there_is_gives_the_first_columns(state: dict[str, str]) -> None:
    columns = found(page(**state))
    assert 1 <= len(columns.items) <= 4
    assert columns.items[0].target == Logit(7)
