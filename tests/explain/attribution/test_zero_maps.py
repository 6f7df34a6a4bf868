"""A map that says nothing says why: a saturated end, or outputs that are all equal."""

import io

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchvision.models import vit_b_16

from featviz import Channel, attribute
from featviz.explain.attribution.attribute import Attribution
from tests.toys import noise, seeded, wrapped


class Sure(nn.Module):
    """A small classifier so sure that its end is flat."""

    def __init__(self, end: nn.Module, sureness: float) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.fc = nn.Linear(8, 5)
        self.end = end
        self.sureness = sureness

    def forward(self, x: Tensor) -> Tensor:
        return self.end(self.fc(self.conv(x).relu().mean((2, 3)) * self.sureness))


@pytest.mark.parametrize(("end", "named"), [(nn.Softmax(1), "softmax"), (nn.Sigmoid(), "sigmoid")])
@pytest.mark.parametrize("method", ["gradient", "integrated_gradients", "grad_cam"])
def test_a_saturated_end_is_named_and_the_value_before_it_offered(end, named: str, method: str) -> None:
    model, x = wrapped(seeded(lambda: Sure(end, 1e4))), noise(1, 3, 16, 16)
    found = attribute(model, x, method)
    (note,) = found.notes
    assert named in note
    assert f"target=Channel('fc', {found.target.index})" in note
    instead = attribute(model, x, method, target=Channel("fc", found.target.index))
    assert np.abs(instead.map).max() > 50 * np.abs(found.map).max()
    assert instead.notes == ()
    assert Attribution.from_npz(io.BytesIO(found.to_npz()).getvalue()).notes == found.notes


@pytest.mark.parametrize("end", [nn.Softmax(1), nn.Sigmoid(), nn.Identity()])
def test_where_it_is_not_flat_nothing_is_said(end) -> None:
    model = wrapped(seeded(lambda: Sure(end, 1.0)))
    assert attribute(model, noise(1, 3, 16, 16), "gradient").notes == ()


def test_a_head_of_zeros_is_told() -> None:
    network = seeded(lambda: vit_b_16(image_size=32, num_classes=1000))
    network.encoder.layers = network.encoder.layers[:1]
    model, x = wrapped(network, size=32), noise(1, 3, 32, 32)
    assert [each.index for each in model.predict(x)[0]] == [0, 1, 2, 3, 4]
    found = attribute(model, x, "gradient")
    assert not found.varies
    assert "All 1,000 outputs are equal" in found.notes[0]
    assert torch.equal(model.logits(x), torch.zeros(1, 1000))


@pytest.mark.parametrize(
    ("activations", "said"),
    [
        ((nn.ReLU(), nn.SiLU(), nn.GELU()), "1 of 3"),
        ((nn.ReLU(), nn.ReLU6()), "1 of 2"),
        ((nn.ReLU(), nn.ReLU(inplace=True)), ""),
    ],
)
def test_guided_backpropagation_says_how_many_activations_it_guided(activations: tuple, said: str) -> None:
    parts = [part for each in activations for part in (nn.Conv2d(3, 3, 3, padding=1), each)]
    network = seeded(lambda: nn.Sequential(*parts, nn.Flatten(), nn.Linear(192, 4)))
    found = attribute(wrapped(network, size=8), noise(1, 3, 8, 8), "guided_backprop")
    assert len(found.notes) == bool(said)
    assert said in " ".join(found.notes)
