"""Painting for an early stage of the training as well: where it is offered, and what then depends on it."""

from dataclasses import replace

import pytest
from torch import nn

from featviz import Channel, Difference, Logit, ensemble, load_model
from featviz.ui.pages.maximization.bundled_sheets import gallery_sheet
from featviz.ui.pages.maximization.early_stage import early_stage
from featviz.ui.pages.maximization.objective_text import ObjectiveSpec
from featviz.ui.pages.maximization.request import Early, MaximizationRequest
from featviz.ui.pages.maximization.sheet import SheetRequest
from featviz.ui.pages.maximization.snippet import maximization_code
from featviz.ui.pages.maximization.view_state import CLASS_DECAY
from tests.toys import wrapped


def run(**options: object) -> MaximizationRequest:
    model = load_model("digits-cnn")
    both = ensemble([model, load_model("digits-cnn", weights="1-4th")])
    return MaximizationRequest(model, ObjectiveSpec(Logit(5)), early=Early("1-4th", both), **options)


@pytest.mark.parametrize("unit", [Logit(3), Difference(3, 5)])
def test_a_class_of_a_trained_bundled_network_has_an_early_stage(unit: Logit | Difference) -> None:
    for name in ("shapes-resnet", "shapes-vit", "digits-cnn"):
        assert early_stage(load_model(name), ObjectiveSpec(unit)) == "1-4th"


@pytest.mark.parametrize("aim", [ObjectiveSpec(Channel("relu2", 3)), ObjectiveSpec("relu2")])
def test_a_layer_is_of_one_stage_alone(aim: ObjectiveSpec) -> None:
    assert early_stage(load_model("digits-cnn"), aim) is None


@pytest.mark.parametrize("weights", ["random", "1-16th", "1-4th", None])
def test_what_is_not_trained_has_no_early_stage(weights: str | None) -> None:
    assert early_stage(load_model("digits-cnn", weights=weights), ObjectiveSpec(Logit(3))) is None


def test_a_network_of_ones_own_has_no_early_stage() -> None:
    assert early_stage(wrapped(nn.Conv2d(3, 2, 16)), ObjectiveSpec(Logit(0))) is None


def test_the_stage_is_part_of_what_a_run_depends_on_and_is_named_after() -> None:
    early = run()
    alone = MaximizationRequest(early.model, early.spec)
    assert early.key != alone.key
    assert early.id != alone.id
    assert SheetRequest(early, 0).recipe != SheetRequest(alone, 0).recipe
    assert (alone.persuaded, early.persuaded) == ("digits-cnn", "digits-cnn_and_1-4th")


def test_the_gallery_has_no_sheet_for_it() -> None:
    spec, options = ObjectiveSpec(Logit(5), log_probability=True), {"decay": CLASS_DECAY}
    early = replace(run(), spec=spec, options=options)
    assert gallery_sheet(SheetRequest(replace(early, early=None), 0)) is not None
    assert gallery_sheet(SheetRequest(early, 0)) is None


def test_several_pictures_differ_at_the_trained_network_s_layer() -> None:
    early = run(count=2, diversity=1.0, options={"steps": 2})
    alone = MaximizationRequest(early.model, early.spec, count=2, diversity=1.0)
    assert early.compared_at == f"members.0.{alone.compared_at}"
    assert early.compared_at in maximization_code(early)
    *_, frame = early.frames()
    assert frame.image.shape[0] == 2


def test_the_python_of_the_view_makes_the_same_picture() -> None:
    early = run(options={"steps": 3})
    *_, frame = early.frames()
    made: dict[str, object] = {}
    exec(maximization_code(early), made)
    assert made["frame"].image.tolist() == frame.image.tolist()  # type: ignore[attr-defined]
