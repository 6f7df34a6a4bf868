"""The start page leads where it says, and what its lesson answers is true."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest

import featviz
from featviz.ui.app.steps import lesson_steps, read_step
from featviz.ui.pages.views import views
from featviz.ui.state.shared_view import SHARED
from featviz.ui.state.view_state import entries_by_key
from tests.test_pages import ROOT, assert_sound, open_page, said

STEPS = lesson_steps("start")


def test_the_page_has_three_doors_and_five_steps_with_their_answers() -> None:
    app = open_page("start")
    assert_sound(app)
    words = said(app)
    assert all(door in words for door in ("Look around", "Explain my image", "My own model"))
    assert [each.label for each in app.expander] == ["Answer"] * 5
    assert all(step.title in words and step.task in words and step.answer in words for step in STEPS)


def test_a_link_of_before_this_page_opens_the_network_page() -> None:
    app = open_page("start", image="shapes/4")
    assert_sound(app)
    assert app.title[0].value == "Network"
    assert app.session_state["image"] == "shapes/4"


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.title)
def test_a_step_leads_to_a_page_that_takes_up_all_it_names(step) -> None:
    assert (ROOT / "featviz/ui/pages" / step.page / f"{step.page}.py").is_file()
    declared = entries_by_key([SHARED, views()[step.page]])
    assert {key: declared[key].read(text) for key, text in step.choices.items()} == step.choices


def test_a_file_that_is_no_step_is_refused_with_what_it_needs() -> None:
    with pytest.raises(ValueError, match=r"9_wrong\.md is no step of a lesson: it needs a line '# Title'"):
        read_step("9_wrong.md", "# Title\n\nNo link and no answer.\n")


def answer(page: str) -> str:
    return next(step for step in STEPS if step.page == page).answer


def test_the_first_answer_is_what_the_network_says() -> None:
    model, image = featviz.load_model("shapes-resnet"), featviz.ImageSet.bundled("shapes")[4]
    best = model.predict(model.preprocess(image.image))[0][0]
    assert best.label == image.label
    assert f"*{best.label}*, with about {best.probability:.0%}" in answer("network")


def test_the_second_answer_counts_positions_and_channels_of_the_first_and_last_layers() -> None:
    layers = featviz.load_model("shapes-resnet").layers_by_name
    (first, _), (last, _) = layers["stem.conv"].grid, layers["stage3.1"].grid
    assert f"{first} × {first} positions at the first layer and {last} × {last} at the last" in answer(
        "feature_maps"
    )
    channels = layers["stem.conv"].channels, layers["stage3.1"].channels
    assert "{} channels there and {} here".format(*channels) in answer("feature_maps")


def test_the_fourth_answer_counts_the_top_images() -> None:
    model = featviz.load_model("shapes-resnet")
    vectors = featviz.embed(model, featviz.ImageSet.bundled("shapes", 500), "stage3.1", pool="mean")
    top = [vectors.labels[row].split() for row in np.argsort(-vectors.vectors[:, 34])[:24]]
    shapes, textures = Counter(shape for _, shape in top), Counter(texture for texture, _ in top)
    counted = {
        name.removesuffix("s"): int(count)
        for count, name in re.findall(r"(\d+) (\w+s)\b", answer("visual_search"))
    }
    assert {name: counted[name] for name in shapes} == dict(shapes)
    assert f"{textures['rippled']} of the 24 are rippled" in answer("visual_search")
    assert set(textures) == {"rippled", "striped"}
