"""A network that keeps state, or mixes the images of a batch, is explained as each image alone in the first state."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from featviz import attribute, maximize
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
