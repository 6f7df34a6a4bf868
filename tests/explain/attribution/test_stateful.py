"""A network that keeps state, or mixes the images of a batch, is explained as each image alone in the first state."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from featviz import attribute, maximize
from featviz.errors import BadInput
from featviz.explain.targets.units import Logit
from tests.toys import noise, seeded, wrapped


class Plain(nn.Module):
    """A small classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.relu, self.head = nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Linear(8, 5)
        self.register_buffer("passes", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        return self.head((self.relu(self.conv(x)) * self.factor(x)).mean((2, 3)))

    def factor(self, _x: Tensor) -> Tensor | int:
        return 1


class Counting(Plain):
    """Counts its passes in a buffer."""

    def factor(self, _x: Tensor) -> Tensor:
        self.passes += 1
        return self.passes


class Remembering(Plain):
    """Remembers in an attribute, that is not there at first, that it has run."""

    def factor(self, _x: Tensor) -> int:
        self.seen = getattr(self, "seen", 0) + 1
        return self.seen


class Mixing(Plain):
    """Looks at how many images come with one."""

    def factor(self, x: Tensor) -> int:
        return len(x)


class OfTheBatch(Plain):
    """Weighs every image by a mean of the batch."""

    def factor(self, x: Tensor) -> Tensor:
        return x.mean().sigmoid() + 1


class OneAlone(Plain):
    """Takes one image at a time."""

    def factor(self, x: Tensor) -> int:
        if len(x) > 1:
            raise ValueError("one image at a time")
        return 1


class Normed(nn.Module):
    """Batch normalization that takes its statistics from the batch, at evaluation too."""

    def __init__(self, *, track: bool) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6, track_running_stats=track)
        self.head = nn.Linear(6, 5)

    def train(self, mode: bool = True) -> "Normed":
        super().train(mode)
        self.norm.train()
        return self

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.norm(self.conv(x)).relu().mean((2, 3)))


METHODS = (
    "gradient",
    "integrated_gradients",
    "smoothgrad",
    "grad_cam",
    "occlusion",
    "rise",
    "lrp",
    "gradient_shap",
)


@pytest.mark.parametrize("kind", [Counting, Remembering, Mixing])
@pytest.mark.parametrize("method", METHODS)
def test_maps_are_those_of_one_image_in_the_first_state(kind: type[Plain], method: str) -> None:
    model, plain, x = wrapped(seeded(kind)), wrapped(seeded(Plain)), noise(1, 3, 16, 16)
    assert model.behavior.joint and not plain.behavior.joint
    expected = attribute(plain, x, method, target=1).raw
    for _ in range(2):
        found = attribute(model, x, method, target=1).raw
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


def test_what_is_climbed_is_the_first_pass_every_time() -> None:
    found, expected = (
        list(maximize(wrapped(seeded(kind)), Logit(1), steps=8, seed=0))[-1].score
        for kind in (Counting, Plain)
    )
    assert found == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("kind", [Mixing, OfTheBatch, OneAlone])
def test_deep_lift_refuses_a_network_that_mixes_an_image_with_its_baseline(kind: type[Plain]) -> None:
    with pytest.raises(BadInput, match="mixes the images of a batch or takes one alone"):
        attribute(wrapped(seeded(kind)), noise(1, 3, 16, 16), "deep_lift", target=1)


@pytest.mark.parametrize("kind", [Counting, Remembering])
def test_deep_lift_of_the_first_state_is_that_of_the_plain_network(kind: type[Plain]) -> None:
    x = noise(1, 3, 16, 16)
    found, expected = (
        attribute(wrapped(seeded(each)), x, "deep_lift", target=1).raw for each in (kind, Plain)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("track", [True, False])
@pytest.mark.parametrize("method", ["deep_lift", "lrp"])
def test_statistics_of_the_batch_are_refused_where_they_would_be_taken_for_constants(
    method: str, *, track: bool
) -> None:
    model, x = wrapped(seeded(lambda: Normed(track=track))), noise(1, 3, 16, 16)
    assert model.behavior.joint
    with pytest.raises(BadInput, match=r"mixes the images|statistics from the batch"):
        attribute(model, x, method, target=1)
    leaf = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model.replica()(leaf)[0, 1], leaf)
    found = attribute(model, x, "gradient", target=1).raw
    np.testing.assert_allclose(found, gradient[0].numpy(), rtol=1e-3, atol=1e-5)
