"""The same numbers as captum in float64, on three kinds of network."""

import warnings
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from captum import attr
from numpy.typing import NDArray
from torch import Tensor

from featviz.explain.attribution.attribute import attribute
from featviz.models.model import Model
from tests.explain.attribution.nets import CAM_LAYERS, NETS, net, picture

CLASS = 3


@pytest.fixture(params=NETS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def model(name: str) -> Model:
    return net(name)


@pytest.fixture(autouse=True)
def _its_warnings() -> Iterator[None]:
    """captum warns of the hooks it sets and of gradients it asks for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def ours(model: Model, method: str, **options: object) -> NDArray[np.float32]:
    return attribute(model, picture(), method, target=CLASS, **options).raw


def agree(mine: NDArray[np.float32], theirs: Tensor) -> None:
    expected = theirs.detach()[0].numpy()
    assert mine.shape == expected.shape
    assert np.abs(expected).max() > 0
    np.testing.assert_allclose(mine, expected, rtol=1e-5, atol=1e-12)


def test_gradient(model: Model) -> None:
    theirs = attr.Saliency(model.replica()).attribute(picture(), target=CLASS, abs=False)
    agree(ours(model, "gradient"), theirs)


def test_input_x_gradient(model: Model) -> None:
    agree(
        ours(model, "input_x_gradient"),
        attr.InputXGradient(model.replica()).attribute(picture(), target=CLASS),
    )


@pytest.mark.parametrize("steps", [1, 2, 33])
def test_integrated_gradients(model: Model, steps: int) -> None:
    begin = picture(seed=9)
    theirs = attr.IntegratedGradients(model.replica()).attribute(
        picture(), begin, target=CLASS, n_steps=steps, method="gausslegendre"
    )
    agree(ours(model, "integrated_gradients", steps=steps, baseline=begin), theirs)


def test_guided_backprop(model: Model) -> None:
    theirs = attr.GuidedBackprop(model.replica()).attribute(picture(), target=CLASS)
    agree(ours(model, "guided_backprop"), theirs)


@pytest.mark.parametrize("relu", [False, True])
def test_grad_cam_on_maps(relu: bool) -> None:
    for name in ("biased", "residual"):
        model, replica = net(name), net(name).replica()
        theirs = attr.LayerGradCam(replica, replica.get_submodule(CAM_LAYERS[name])).attribute(
            picture(), target=CLASS, relu_attributions=relu
        )
        agree(ours(model, "grad_cam", layer=CAM_LAYERS[name], relu=relu), theirs)


def test_grad_cam_on_tokens() -> None:
    """captum has no token grid: its activations and gradients are put on it here, the class token left out."""
    model = net("transformer")
    replica = model.replica()
    layer = replica.get_submodule("norm1")
    activation = attr.LayerActivation(replica, layer).attribute(picture())
    product = attr.LayerGradientXActivation(replica, layer).attribute(picture(), target=CLASS)
    gradient = (product / activation)[:, 1:]
    expected = (gradient.mean(1, keepdim=True) * activation[:, 1:]).sum(2).reshape(1, 1, 4, 4)
    agree(ours(model, "grad_cam", layer="norm1", relu=False), expected)


@pytest.mark.parametrize(("window", "stride"), [(4, 4), (5, 3), (6, 5), (16, 1), (3, 2)])
def test_occlusion(model: Model, window: int, stride: int) -> None:
    begin = picture(seed=9)
    theirs = attr.Occlusion(model.replica()).attribute(
        picture(), (3, window, window), strides=(3, stride, stride), baselines=begin, target=CLASS
    )
    assert torch.equal(theirs[:, 0], theirs[:, 2])
    agree(ours(model, "occlusion", window=window, stride=stride, baseline=begin), theirs[:, :1])
