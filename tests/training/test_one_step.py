"""One step in slow motion: the gradient by hand is torch's and that of a difference, and the loss falls."""

import pytest
import torch
from torch import nn

import featviz
from featviz import ImageSet
from featviz.errors import BadInput
from featviz.training.bundle.runs import bundled_run
from featviz.training.one_step import one_step, step_of_epoch


@pytest.mark.parametrize(
    ("name", "images"), [("digits-cnn", "digits"), ("shapes-resnet", "shapes"), ("shapes-vit", "shapes")]
)
@pytest.mark.parametrize("output", [None, 3])
def test_the_gradient_by_hand_is_autograds(name, images, output):
    model = featviz.load_model(name)
    sample = ImageSet.bundled(images)[0]
    x, label = model.preprocess(sample.image), 7
    before = {key: value.clone() for key, value in model.module.state_dict().items()}
    step = one_step(model, x, label, rate=0.01, output=output)
    assert step.by_hand == pytest.approx(step.by_autograd, rel=1e-9)
    assert step.by_difference == pytest.approx(step.by_autograd, rel=1e-5)
    assert step.updated == pytest.approx(step.weight - 0.01 * step.by_autograd)
    assert step.loss_after < step.loss_after_weight < step.loss
    torch.testing.assert_close(torch.tensor([step.logits]), model.replica()(x), atol=1e-3, rtol=1e-3)
    assert all(torch.equal(value, before[key]) for key, value in model.module.state_dict().items())


def test_a_step_of_a_run_is_that_of_its_network(digits_run):
    epoch = digits_run.epochs[0]
    position = int(epoch.data.held_out[2])
    x = epoch.data.normalized(epoch.data.images[position : position + 1])
    expected = one_step(epoch.model, x, int(epoch.data.labels[position]), rate=0.2)
    assert step_of_epoch(epoch, 2, rate=0.2) == expected
    assert expected.loss_after < expected.loss


@pytest.fixture(scope="module")
def digits_run():
    return bundled_run("digits")


def test_a_network_without_a_last_linear_layer_is_refused():
    body = nn.Sequential(nn.Conv2d(3, 5, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    model = featviz.wrap_model(
        body, name="body", transform=featviz.load_model("digits-cnn").transform, input_size=32
    )
    with pytest.raises(BadInput, match="not that of a linear layer"):
        one_step(model, torch.rand(1, 3, 32, 32), 0)
