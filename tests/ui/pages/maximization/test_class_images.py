"""Images of classes as the page makes them: the network reads them as their class, and they are smooth."""

import numpy as np
import pytest
from numpy.typing import NDArray

from featviz.explain.maximization.maximize import maximize
from featviz.explain.maximization.naturalness import cross_predictions
from featviz.explain.maximization.objectives import each
from featviz.explain.targets.units import Logit
from featviz.models.sources.load import load_model
from featviz.ui.pages.maximization.objective_text import ObjectiveSpec
from featviz.ui.pages.maximization.view_state import CLASS_DECAY

Images = NDArray[np.float32]
CLASSES, AT_ONCE = 80, 20
CLASS_OPTIONS = {"decay": CLASS_DECAY}
CUT = 0.2  # cycles a pixel


def made(classes: range, *, log_probability: bool = True, **options: object) -> Images:
    """The last images of runs."""
    specs = [ObjectiveSpec(Logit(index), log_probability=log_probability) for index in classes]
    objective = each([spec.objective for spec in specs])
    *_, frame = maximize(load_model("shapes-resnet"), objective, every=20_000, **options)
    return frame.image


def recognized(images: Images, classes: range) -> float:
    """The share that the network reads as their class."""
    first = [row[0].index for row in cross_predictions(load_model("shapes-resnet"), images)]
    return float(np.mean([said == meant for said, meant in zip(first, classes, strict=True)]))


def fine(images: Images) -> float:
    """The mean share of an image's variance above the cut."""
    power = np.abs(np.fft.fft2(images - images.mean((1, 2), keepdims=True), axes=(1, 2))) ** 2
    rows, columns = (np.fft.fftfreq(size) for size in images.shape[1:3])
    above = np.hypot(rows[:, None], columns) > CUT
    return float((power[:, above].sum((1, 2)) / power.sum((1, 2, 3))).mean())


def test_images_of_classes_are_read_as_their_class_and_smoother_than_those_of_logits() -> None:
    classes = range(0, CLASSES, 16)
    ours = made(classes, steps=128, **CLASS_OPTIONS)
    assert recognized(ours, classes) == 1
    assert fine(ours) < 0.5 * fine(made(classes, log_probability=False, steps=128))


@pytest.mark.long
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_of_all_classes_nineteen_in_twenty_are_read_as_such(seed: int) -> None:
    parts = [range(start, start + AT_ONCE) for start in range(0, CLASSES, AT_ONCE)]
    images = np.concatenate([made(part, seed=seed, patience=20_000, **CLASS_OPTIONS) for part in parts])
    assert recognized(images, range(CLASSES)) >= 0.95
