"""The gallery of finished sheets, several unlike pictures of one unit, their size, and inversion through depth."""

from pathlib import Path

import numpy as np
import pytest
import torch

from featviz.data.sets.image_set import ImageSet
from featviz.explain.maximization.recorded_pass import ActivationRecorder
from featviz.explain.maximization.regularizers import Diversity
from featviz.explain.targets.units import Channel, Logit
from featviz.models.sources.bundled import BUNDLED
from featviz.models.sources.load import load_model
from featviz.ui.pages.maximization import bundled_sheets, inversion
from featviz.ui.pages.maximization.bundled_sheets import gallery_sheet, save_gallery_sheet
from featviz.ui.pages.maximization.inversion import InvertedLayer, depth_task
from featviz.ui.pages.maximization.objective_text import ObjectiveSpec, default_objective
from featviz.ui.pages.maximization.request import MaximizationRequest
from featviz.ui.pages.maximization.sheet import Sheet, SheetRequest
from featviz.ui.pages.maximization.view_state import CLASS_DECAY


def sheet_request(**options: object) -> SheetRequest:
    model = load_model("digits-cnn")
    return SheetRequest(MaximizationRequest(model, ObjectiveSpec(Channel("relu2", 0)), options=options), 0)


def test_a_sheet_hung_is_the_one_for_its_options_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundled_sheets, "GALLERY", tmp_path)
    ramp = np.linspace(0, 255, 32).astype(np.uint8)
    tiles = np.broadcast_to(ramp[:, None, None], (4, 32, 32, 3)) // np.arange(1, 5)[
        :, None, None, None
    ].astype(np.uint8)
    save_gallery_sheet(sheet_request(), Sheet(tiles, np.array([True, True, False, True])), tmp_path)
    found = gallery_sheet(sheet_request())
    assert found is not None
    assert np.abs(found.tiles.astype(int) - tiles).max() < 24
    assert found.moved.tolist() == [True, True, False, True]
    assert gallery_sheet(sheet_request(seed=1)) is None
    assert gallery_sheet(SheetRequest(sheet_request().unit_request, 1)) is None


@pytest.mark.parametrize("name", BUNDLED)
def test_the_first_visit_finds_its_sheet_in_the_gallery(name: str) -> None:
    model = load_model(name)
    classes = ObjectiveSpec(Logit(0), log_probability=True)
    for spec, options in ((default_objective(model), {}), (classes, {"decay": CLASS_DECAY})):
        first = SheetRequest(MaximizationRequest(model, spec, options=options), 0)
        found = gallery_sheet(first)
        assert found is not None
        assert len(found.tiles) == len(first.specs)
        assert found.tiles.std((1, 2, 3)).min() > 2


def alike(diversity: float) -> float:
    """How alike two pictures of a unit are at its layer, -1 to 1."""
    model, unit = load_model("digits-cnn"), Channel("relu2", 3)
    request = MaximizationRequest(
        model, ObjectiveSpec(unit), count=2, diversity=diversity, options={"steps": 48, "every": 48}
    )
    *_, frame = request.frames()
    eye = ActivationRecorder(model, Diversity(unit.layer))
    pictures = torch.from_numpy(frame.image.copy()).movedim(-1, 1)
    batch = (pictures[:, : model.input_channels] - 0.25) / 0.35
    with torch.no_grad():
        return -float(eye.value(batch, pictures).mean())


def test_pictures_asked_to_differ_do() -> None:
    assert alike(4.0) < alike(0.0) - 0.1


def test_a_run_paints_at_the_size_asked_for() -> None:
    request = MaximizationRequest(
        load_model("digits-cnn"), ObjectiveSpec(Channel("relu2", 3)), size=48, options={"steps": 1}
    )
    *_, frame = request.frames()
    assert frame.image.shape == (1, 48, 48, 3)
    assert request.seconds > 0


def test_early_layers_keep_more_of_the_image_than_late_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inversion, "_STEPS", 64)
    model = load_model("shapes-resnet")
    image = np.asarray(ImageSet.bundled("shapes")[4].image)
    names = ["stem.relu", "stage3.1.relu2"]
    *_, last = depth_task(model, "shape", image, names).run()
    inversions = last.result
    assert last.done == last.total
    assert isinstance(inversions, tuple)
    assert all(isinstance(inverted, InvertedLayer) for inverted in inversions)
    distances = [np.abs(inverted.tile.astype(float) - image).mean() for inverted in inversions]
    assert [inverted.layer for inverted in inversions] == names
    assert distances[0] < 30 < distances[1] + 30
    assert distances[0] < 0.7 * distances[1]
