"""One image and behavior on the Compare models page: whose answers they are, and what is refused in words."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import featviz
from featviz.data.sets.image_set import ImageSet
from featviz.errors import BadInput
from featviz.progress import finished
from featviz.representation.similarity.functional import FUNCTIONAL, Outputs
from featviz.ui.pages.compare.behavior_view import groups_of, most_disagreed, shown_classes
from featviz.ui.pages.compare.image_maps import matched_channels
from featviz.ui.pages.compare.outputs import PairOutputs, outputs_task
from featviz.ui.pages.compare.request import ComparisonRequest, layers_of, sample_of
from featviz.ui.pages.compare.snippet import compare_code
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.image_sets import ChosenSet
from featviz.ui.state.jobs import end_all
from tests.test_pages import assert_sound, open_page, said
from tests.ui.pages.compare.test_compare_page import QUICK, show
from tests.ui.pages.compare.test_compare_page import finished as settled


@pytest.fixture(autouse=True)
def few_digits(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    show(monkeypatch, ImageSet.bundled("digits", 60), f"digits 60 {request.node.name}")
    yield
    end_all()
    FEATURES.clear()


def request_of(second: str) -> ComparisonRequest:
    name, _, weights = second.partition("@")
    images = ImageSet.bundled("digits", 60)
    chosen = ChosenSet("digits", "Digits", images, content="answers")
    other = featviz.load_model(name, weights=weights)
    return ComparisonRequest(featviz.load_model("digits-cnn"), other, chosen, chosen, "", (), ())


def test_the_answers_are_the_networks_own_and_labels_those_of_the_images() -> None:
    request = request_of("digits-cnn@random")
    found = finished(outputs_task(request).run())
    assert isinstance(found, PairOutputs)
    for side, model in zip("ab", request, strict=True):
        for position in (0, 17, 59):
            image = request.images[position].image
            first = model.predict(model.preprocess(image), 1)[0][0]
            assert found.classes[int(found.outputs.answers["ab".index(side)][position])] == first.label
            probabilities = getattr(found.outputs, side)[position]
            assert probabilities.max() == pytest.approx(first.probability, abs=1e-4)
    labels = [found.classes[code] for code in found.outputs.labels]
    assert labels == [sample.label for sample in request.images]


def test_networks_of_different_classes_are_refused_in_words() -> None:
    with pytest.raises(BadInput, match="tells 10 classes apart and shapes-resnet, trained 80"):
        finished(outputs_task(request_of("shapes-resnet@trained")).run())


def test_groups_part_the_images_by_who_is_right() -> None:
    labels = np.array([0, 1, 2, 0, -1])
    a, b = np.eye(3)[[0, 1, 0, 1, 2]], np.eye(3)[[0, 2, 2, 1, 1]]
    groups = groups_of(Outputs(a, b, labels))
    assert {name: np.flatnonzero(mask).tolist() for name, mask in groups.items()} == {
        "disagree": [1, 2, 4],
        "only_a": [1],
        "only_b": [2],
        "both_wrong": [3],
    }
    assert list(groups_of(Outputs(a, b))) == ["disagree"]


def test_the_classes_on_which_answers_differ_most_come_first_with_their_images() -> None:
    labels = np.array([0, 0, 0, 1, 1, 2, 3, -1])
    b = np.eye(4)[[0, 1, 1, 1, 2, 0, 3, 3]]
    a = np.eye(4)[[0, 0, 0, 1, 1, 2, 3, 0]]
    assert most_disagreed(Outputs(a, b, labels)) == [(2, 1.0, 1), (0, 2 / 3, 3), (1, 0.5, 2)]
    assert most_disagreed(Outputs(a, a, labels)) == []
    assert most_disagreed(Outputs(a, b))[0] == (2, 1.0, 1), "without labels by what the first one answers"


def test_of_many_classes_those_that_are_mixed_up_are_shown() -> None:
    labels = np.arange(40)
    a = np.eye(40)[labels]
    mixed = labels.copy()
    mixed[[30, 31]] = [31, 30]
    shown = shown_classes(Outputs(a, np.eye(40)[mixed], labels))
    assert len(shown) == 16 and {30, 31} <= set(shown) and shown == sorted(shown)


def test_matched_units_stand_in_the_same_order_and_else_the_strongest() -> None:
    model = featviz.load_model("digits-cnn")
    x = model.preprocess(ImageSet.bundled("digits", 1)[0].image)
    maps = [featviz.feature_maps(model, x, layer) for layer in ("conv1", "conv2")]
    assert matched_channels(maps, (np.array([3, 1]), np.array([0, 9]))) == ([3, 1], [0, 9])
    strongest = matched_channels(maps, None)[1]
    strengths = maps[1].statistics.strength
    assert strengths[strongest[0]] == strengths.max() and len(strongest) == 12


def test_one_image_is_shown_with_both_predictions_maps_and_attributions() -> None:
    app = settled(open_page("compare", **QUICK, compare_by="image", compared_image="7"))
    assert_sound(app)
    assert not app.error
    headings = [each.value for each in app.subheader]
    for heading in ("Predictions", "Feature maps of both layers", "Attributions on one scale"):
        assert heading in headings
    assert "The Jensen-Shannon divergence of both answers is" in said(app)
    assert "Blue lowers the class's logit" in said(app)
    assert app.session_state["compared_image"] == "7"


def test_behavior_says_every_measure_and_refuses_other_classes() -> None:
    app = settled(open_page("compare", **QUICK, compare_by="behavior"))
    assert_sound(app)
    labels = [each.label for each in app.metric]
    assert {method.name for method in FUNCTIONAL} <= set(labels)
    assert {"Confusion matrices", "Disagreement by class"} <= {each.value for each in app.subheader}
    other = settled(open_page("compare", **QUICK, compare_by="behavior", second="shapes-resnet@trained"))
    assert_sound(other)
    assert "answers can be compared of networks with the same classes" in other.error[0].value


@pytest.mark.parametrize("depth", ["weights", "blocks"])
def test_the_code_on_the_page_makes_the_same_matrix(depth: str) -> None:
    model, other = featviz.load_model("digits-cnn"), featviz.load_model("digits-cnn", weights="random")
    images = ImageSet.bundled("digits", 60)
    whole = ChosenSet("digits", "Digits", images, content="code")
    part = sample_of(whole, 40)
    layers = layers_of(model, depth)
    request = ComparisonRequest(model, other, part, whole, "cka_debiased", layers, layers_of(other, depth))
    found: dict[str, Any] = {}
    exec(compare_code(request), found)
    matrix, alone = (
        found["matrix"],
        featviz.compare(model, other, request.images, layers_a=layers, layers_b=layers),
    )
    assert matrix.layers_a == layers and matrix.count == 40
    assert np.allclose(matrix.values, alone.values)
    assert found["evidence"].value == pytest.approx(matrix.values[-1, -1], abs=1e-6)
