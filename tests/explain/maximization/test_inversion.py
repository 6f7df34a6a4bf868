"""What layers keep: an early one nearly everything, a blind one nothing."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from featviz.data.sets.image_set import ImageSet
from featviz.errors import BadInput, LayerNotFound
from featviz.explain.maximization.frames import Frame
from featviz.explain.maximization.inversion import ActivationMatch, invert
from featviz.explain.maximization.maximize import maximize
from featviz.explain.maximization.recorded_pass import ActivationRecorder
from featviz.models.sources.load import load_model
from tests.explain.maximization.nets import Small, known
from tests.toys import noise


def test_a_layer_is_like_itself() -> None:
    model = known(Small)
    pictures = noise(2, 3, 16, 16).sigmoid()
    with torch.no_grad():
        given = (
            ActivationRecorder(model, ActivationMatch("conv1", torch.zeros(1)))
            .run(pictures, pictures)
            .output("conv1")
        )
        values = ActivationRecorder(model, ActivationMatch("conv1", given[:1])).value(pictures, pictures)
    assert values[0] == pytest.approx(0, abs=1e-6)
    assert values[1] < -0.01


def test_an_early_layer_keeps_the_picture() -> None:
    image = ImageSet.bundled("shapes")[3].image
    *_, frame = invert(load_model("shapes-resnet"), image, "stem.conv", steps=120, every=1000)
    shown = np.asarray(image, np.float32) / 255
    assert np.corrcoef(frame.image[0].ravel(), shown.ravel())[0, 1] > 0.9
    assert frame.score > -0.1


@pytest.mark.parametrize("options", [{"smoothness": -1.0}, {"smoothness": "much"}, {"steps": 0}])
def test_what_cannot_be_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        invert(known(Small), ImageSet.bundled("shapes")[0].image, "conv1", **options)
    with pytest.raises(LayerNotFound):
        invert(known(Small), ImageSet.bundled("shapes")[0].image, "conv7")


@pytest.mark.parametrize(
    "old",
    [
        {"image": "pixel", "transforms": "symmetries"},
        {"parameterization": "pixel", "robustness": "symmetries"},
        {"image": "pixel", "robustness": "symmetries"},
    ],
)
def test_old_names_of_arguments_still_work_with_a_warning(old: dict[str, Any]) -> None:
    model, image = known(Small), ImageSet.bundled("shapes")[0].image
    quick: dict[str, Any] = {"steps": 2, "every": 1000, "size": 16}
    new: dict[str, Any] = {"parameterization": "pixel", "transforms": "symmetries", **quick}
    expected, climbed = last(invert(model, image, "conv1", **new)), last(maximize(model, 0, **new))
    with pytest.warns(DeprecationWarning, match="is called (parameterization|transforms) now"):
        assert np.array_equal(expected, last(invert(model, image, "conv1", **old, **quick)))
    with pytest.warns(DeprecationWarning, match="is called (parameterization|transforms) now"):
        assert np.array_equal(climbed, last(maximize(model, 0, **old, **quick)))
    by_name: dict[str, Any] = {"picture": image, "layer": "conv1", **new}
    with pytest.warns(DeprecationWarning, match=r"invert\(picture=...\) is called image now"):
        assert np.array_equal(expected, last(invert(model, **by_name)))


def last(frames: Iterator[Frame]) -> NDArray[np.float32]:
    *_, frame = frames
    return frame.image
