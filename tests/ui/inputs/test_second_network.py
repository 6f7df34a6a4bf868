"""The choice of a second network: what is on offer, and which one stands beside at first."""

import pytest

import featviz
from featviz.ui.inputs.second_network import described
from tests.test_pages import open_page


@pytest.mark.parametrize(
    ("model", "weights", "first"),
    [
        ("shapes-resnet", "trained", "shapes-vit@trained"),
        ("shapes-vit", "1-4th", "shapes-resnet@1-4th"),
        ("digits-cnn", "trained", "digits-cnn@random"),
        ("digits-cnn", "random", "digits-cnn@trained"),
    ],
)
def test_at_first_another_network_trained_as_far_stands_beside_or_the_same_untrained(
    model: str, weights: str, first: str
) -> None:
    app = open_page("compare", model=model, weights=weights, set="digits", compared_count="100")
    assert not app.exception
    assert app.selectbox(key="second").value == first
    options = app.selectbox(key="second").options
    assert len(options) == len(set(options))
    assert sum(each.endswith("itself") for each in options) == 1
    assert {"shapes-vit, random", "shapes-resnet, trained"} <= {
        each.removesuffix(" · itself") for each in options
    }


def test_weights_are_said_in_words() -> None:
    model = featviz.load_model("digits-cnn", weights="1-4th")
    assert described(model) == "digits-cnn, after 25 % of training"
