"""The same class activation maps as pytorch-grad-cam, before it normalises them."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
import torchvision
from numpy.typing import NDArray
from pytorch_grad_cam import GradCAM, GradCAMPlusPlus, LayerCAM, ScoreCAM
from pytorch_grad_cam.base_cam import BaseCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn

from featviz.explain.attribution.attribute import attribute
from tests.explain.attribution.nets import NETS, picture
from tests.toys import seeded, wrapped

CLASS = 3
PEERS = {"grad_cam": GradCAM, "grad_cam_plus_plus": GradCAMPlusPlus, "layer_cam": LayerCAM}


def steep(make: Callable[[], nn.Module], head: str) -> nn.Module:
    """Gradients whose squares are far above the 1e-6 that pytorch-grad-cam adds in Grad-CAM++."""
    module = seeded(make)
    module.get_submodule(head).weight.data.mul_(1000)  # type: ignore[operator, union-attr]
    return module


def resnet() -> nn.Module:
    return torchvision.models.resnet18(num_classes=10)


CASES: list[tuple[Callable[[], nn.Module], str, str, int]] = [
    (NETS["biased"], "head", "conv1", 16),
    (NETS["biased"], "head", "pool", 16),
    (NETS["residual"], "head", "relu2", 16),
    (resnet, "fc", "layer4", 64),
    (resnet, "fc", "layer2", 64),
]


def unnormalized(peer: type[BaseCAM], module: nn.Module, layer: str, size: int) -> NDArray[np.float32]:
    """What pytorch-grad-cam computes, (1, h, w), with its ReLU, without resizing and scaling to [0, 1]."""
    caught: list[NDArray[np.float32]] = []

    class Caught(peer):  # type: ignore[misc, valid-type]
        def get_cam_image(self, *args: object, **options: object) -> NDArray[np.float32]:
            caught.append(np.asarray(super().get_cam_image(*args, **options)))
            return caught[-1]

    with Caught(module, [module.get_submodule(layer)]) as cam:
        cam(picture(size=size).float(), [ClassifierOutputTarget(CLASS)])
    return np.maximum(caught[0], 0)


@pytest.mark.parametrize("method", PEERS)
@pytest.mark.parametrize(("make", "head", "layer", "size"), CASES)
def test_pytorch_grad_cam(
    method: str, make: Callable[[], nn.Module], head: str, layer: str, size: int
) -> None:
    module = steep(make, head)
    found = attribute(wrapped(module, size), picture(size=size), method, target=CLASS, layer=layer).raw
    theirs = unnormalized(PEERS[method], module, layer, size)
    assert theirs.max() > 0
    np.testing.assert_allclose(found, theirs, rtol=1e-4, atol=1e-4 * theirs.max())


@pytest.mark.parametrize(("name", "layer"), [("biased", "conv1"), ("residual", "relu2")])
def test_score_cam_where_nothing_is_resized(name: str, layer: str) -> None:
    """Theirs enlarges the masks with their corners aligned, ours without: at the picture's size both are one."""
    module = seeded(NETS[name])
    found = attribute(wrapped(module), picture(), "score_cam", target=CLASS, layer=layer).raw
    with torch.no_grad():
        theirs = unnormalized(ScoreCAM, module, layer, 16)
    assert theirs.max() > 0
    np.testing.assert_allclose(found, theirs, rtol=1e-4, atol=1e-4 * theirs.max())
