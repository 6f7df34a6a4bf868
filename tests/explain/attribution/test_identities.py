"""What must hold exactly, whatever the library: identities of the papers and of calculus."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from featviz.explain.attribution.attribute import attribute
from featviz.explain.targets.units import Channel, Difference, Neuron, Target
from featviz.models.model import Model
from tests.explain.attribution.nets import NETS, Biased, double, layer_output, net, picture, value
from tests.toys import noise, seeded


class Function(nn.Module):
    """One number computed from one picture."""

    def __init__(self, function: object) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x.flatten(1))[:, None]  # type: ignore[operator]


def given(function: object) -> Model:
    return double(Function(function), size=2, channels=1)


def pixels(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64).reshape(1, 1, 2, 2)


ZERO = pixels(0, 0, 0, 0)


@pytest.fixture(params=NETS)
def model(request: pytest.FixtureRequest) -> Model:
    return net(request.param)


def gap(model: Model, steps: int) -> float:
    found = attribute(
        model, picture(), "integrated_gradients", target=1, steps=steps, baseline=picture(seed=9)
    )
    difference = value(model, picture(), 1) - value(model, picture(seed=9), 1)
    return abs(float(found.raw.sum(dtype=np.float64) - difference))


def test_integrated_gradients_are_complete_the_more_steps_the_better(model: Model) -> None:
    span = float((value(model, picture(), 1) - value(model, picture(seed=9), 1)).abs())
    gaps = [gap(model, steps) for steps in (1, 8, 64, 512)]
    assert all(fewer > more for fewer, more in pairwise(gaps))
    assert gaps[0] > 0.01 * span and gaps[-1] < 0.01 * span


def test_integrated_gradients_of_a_product_share_it_alike() -> None:
    found = attribute(
        given(lambda x: x[:, 0] * x[:, 3]),
        pixels(3, 1, 1, 5),
        "integrated_gradients",
        target=0,
        steps=1,
        baseline=ZERO,
    )
    np.testing.assert_allclose(found.map, [[7.5, 0], [0, 7.5]], rtol=1e-6)


def test_integrated_gradients_see_what_saturation_hides() -> None:
    """f = 1 - ReLU(1 - x) is flat at x = 2, yet x is all that changed it (Sundararajan et al., section 2.1)."""
    model, x = given(lambda x: 1 - torch.relu(1 - x[:, 0])), pixels(2, 0, 0, 0)
    assert attribute(model, x, "gradient", target=0).map.max() == 0
    found = attribute(model, x, "integrated_gradients", target=0, steps=100, baseline=ZERO)
    np.testing.assert_allclose(found.map, [[1, 0], [0, 0]], atol=0.01)


def test_linear_networks_need_one_step_and_one_pixel() -> None:
    weights, x, begin = noise(4, seed=1).double(), pixels(1, -2, 3, 0.5), pixels(0.5, 0.5, -1, 2)
    model = given(lambda x: x @ weights.to(x) + 7)
    expected = (weights.reshape(2, 2) * (x - begin)[0, 0]).numpy()
    for method, options in (
        ("integrated_gradients", {"steps": 1}),
        ("expected_gradients", {"samples": 1}),
        ("occlusion", {"window": 1, "stride": 1}),
    ):
        found = attribute(model, x, method, target=0, baseline=begin, **options)
        np.testing.assert_allclose(found.map, expected, rtol=1e-6, err_msg=method)


def test_input_x_gradient_of_a_network_without_biases_sums_to_the_class() -> None:
    module = seeded(Biased)
    for name, parameter in module.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(parameter)
    found = attribute(double(module), picture(), "input_x_gradient", target=2)
    assert found.raw.sum(dtype=np.float64) == pytest.approx(
        float(value(double(module), picture(), 2)), rel=1e-5
    )


def test_grad_cam_before_mean_and_linear_is_the_class_activation_map() -> None:
    model = net("residual")
    found = attribute(model, picture(), "grad_cam", target=2, layer="relu2", relu=False)
    maps = layer_output(model, picture(), "relu2")[0]
    expected = torch.einsum("c,chw->hw", model.module.head.weight[2], maps) / maps[0].numel()  # type: ignore[union-attr, index, arg-type]
    np.testing.assert_allclose(found.raw[0], expected.detach(), rtol=1e-5, atol=1e-9)


def test_layer_cam_and_grad_cam_plus_plus_by_hand() -> None:
    """Behind a mean and a linear head every place of a channel has one gradient, weight / places."""
    model = net("residual")
    maps = layer_output(model, picture(), "relu2")[0]
    slopes = (model.module.head.weight[2].detach() / maps[0].numel())[:, None, None]  # type: ignore[union-attr, index, operator]
    layer = attribute(model, picture(), "layer_cam", target=2, layer="relu2").raw[0]
    np.testing.assert_allclose(layer, (slopes.clamp(min=0) * maps).sum(0), rtol=1e-5, atol=1e-9)
    shares = 1 / (2 + maps.sum((1, 2), keepdim=True) * slopes)
    weights = maps[0].numel() * shares * slopes.clamp(min=0)
    plus = attribute(model, picture(), "grad_cam_plus_plus", target=2, layer="relu2").raw[0]
    np.testing.assert_allclose(plus, (weights * maps).sum(0).clamp(min=0), rtol=1e-5, atol=1e-9)


def test_score_cam_by_hand() -> None:
    model, x = net("residual"), picture()
    maps = layer_output(model, x, "relu2")[0]
    low, high = maps.amin((1, 2), keepdim=True), maps.amax((1, 2), keepdim=True)
    masks = (maps - low) / (high - low).clamp(min=1e-30)
    weights = value(model, masks[:, None] * x, 2).softmax(0)
    found = attribute(model, x, "score_cam", target=2, layer="relu2").raw[0]
    np.testing.assert_allclose(found, torch.einsum("c,chw->hw", weights, maps).clamp(min=0), rtol=1e-5)


def test_guided_grad_cam_is_the_product(model: Model) -> None:
    guided, cam, both = (
        attribute(model, picture(), method, target=1)
        for method in ("guided_backprop", "grad_cam", "guided_grad_cam")
    )
    np.testing.assert_allclose(both.raw, guided.raw * cam.map, rtol=1e-4, atol=1e-9)


def test_smoothgrad_without_noise_is_the_gradient(model: Model) -> None:
    plain = attribute(model, picture(), "gradient", target=1).raw
    smooth = attribute(model, picture(), "smoothgrad", target=1, noise=0, samples=20).raw
    np.testing.assert_allclose(smooth, plain, rtol=1e-6, atol=1e-12)


def test_smoothgrad_of_one_sample_is_the_gradient_at_the_noisy_picture(model: Model) -> None:
    x, generator = picture(), torch.Generator().manual_seed(5)
    noisy = x + 0.2 * (x.max() - x.min()) * torch.randn(x.shape, generator=generator, dtype=x.dtype)
    plain = attribute(model, noisy, "gradient", target=1).raw
    smooth = attribute(model, x, "smoothgrad", target=1, noise=0.2, samples=1, seed=5).raw
    np.testing.assert_allclose(smooth, plain, rtol=1e-6, atol=1e-12)


def test_rise_of_a_linear_network_approaches_the_covariance_with_its_masks() -> None:
    """m = U g with independent cells g, shown with probability p: the map tends to (1 - p) U U' (w * x)."""
    weights, x = noise(16, seed=1).double(), noise(1, 1, 4, 4).double()
    model = double(Function(lambda x: x @ weights.to(x)), size=4, channels=1)
    found = attribute(model, x, "rise", target=0, masks=8000, cells=4, shown=0.3)
    each_cell = torch.eye(16, dtype=torch.float64).reshape(16, 1, 4, 4)
    large = nn.functional.interpolate(each_cell, size=(5, 5), mode="bilinear", align_corners=False)
    cells = large[:, 0, :4, :4].reshape(16, 16)
    expected = 0.7 * cells.T @ (cells @ (weights * x.flatten()))
    assert np.corrcoef(found.map.ravel(), expected)[0, 1] > 0.99
    assert np.abs(found.map.ravel() - expected.numpy()).max() < 0.1 * expected.abs().max()


TARGETS: dict[str, list[Target | int]] = {
    "biased": [4, Difference(0, 3), Channel("conv2", 5), Neuron("conv1", 2, 7, 0), Neuron("hidden", 3, 0, 0)],
    "residual": [4, Difference(0, 3), Channel("relu2", 5), Neuron("bn2", 2, 7, 0)],
    "transformer": [4, Difference(0, 3), Channel("down", 5), Neuron("attention", 2, 3, 0)],
}


def by_hand(model: Model, x: Tensor, target: Target | int) -> Tensor:
    if isinstance(target, int):
        return value(model, x, target)
    if isinstance(target, Difference):
        return value(model, x, target.index) - value(model, x, target.other)
    output = layer_output(model, x, target.layer)
    if output.ndim == 3:
        output = output[:, 1:].transpose(1, 2).unflatten(2, (4, 4))
    if isinstance(target, Neuron):
        return (output if output.ndim == 4 else output[..., None, None])[
            :, target.channel, target.y, target.x
        ]
    return output[:, target.channel].mean((1, 2))


@pytest.mark.parametrize(("name", "target"), [(name, each) for name in TARGETS for each in TARGETS[name]])
def test_gradients_agree_with_finite_differences(name: str, target: Target | int) -> None:
    model, x, step = net(name), picture(), 1e-6
    found = attribute(model, x, "gradient", target=target).raw
    for seed in range(3):
        way = noise(*x.shape, seed=100 + seed).double()
        risen = by_hand(model, x + step * way, target) - by_hand(model, x - step * way, target)
        assert float((found * way[0].numpy()).sum()) == pytest.approx(
            float(risen) / (2 * step), rel=1e-4, abs=1e-9
        )


class Symmetric(nn.Module):
    """A network to which left and right are the same."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.relu = nn.ReLU()
        self.head = nn.Linear(8, 5)
        with torch.no_grad():
            self.conv.weight.copy_((self.conv.weight + self.conv.weight.flip(3)) / 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.relu(self.conv(x)).square().mean((2, 3)))


@pytest.mark.parametrize(
    "method",
    [
        "gradient",
        "input_x_gradient",
        "integrated_gradients",
        "guided_backprop",
        "grad_cam",
        "grad_cam_plus_plus",
        "layer_cam",
        "score_cam",
        "guided_grad_cam",
        "occlusion",
        "edges",
    ],
)
def test_the_map_of_a_mirrored_picture_is_the_mirrored_map(method: str) -> None:
    model = double(seeded(Symmetric))
    plain, mirrored = (attribute(model, x, method, target=1).raw for x in (picture(), picture().flip(3)))
    assert np.abs(plain).max() > 0
    np.testing.assert_allclose(mirrored[..., ::-1], plain, rtol=1e-5, atol=1e-9)


def test_a_class_that_nothing_moves_gives_a_map_without_variation() -> None:
    module = seeded(Biased)
    nn.init.zeros_(module.head.weight)
    model = double(module)
    for method in (
        "gradient",
        "integrated_gradients",
        "grad_cam",
        "layer_cam",
        "grad_cam_plus_plus",
        "occlusion",
    ):
        found = attribute(model, picture(), method, target=1)
        assert not found.varies and not found.map.any()
