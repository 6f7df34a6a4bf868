"""What layers keep: an early one nearly everything, a blind one nothing."""

from typing import Any

import numpy as np
import pytest
import torch

from featviz.data.sets.image_set import ImageSet
from featviz.errors import BadInput, LayerNotFound
from featviz.explain.maximization.inversion import ActivationMatch, invert
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
