"""GradientSHAP: where its value is known, and the mean that captum's tends to as well."""

import numpy as np
import pytest
import torch
from captum import attr
from torch import Tensor, nn

from featviz.explain.attribution.attribute import attribute
from tests.explain.attribution.nets import double, net, picture
from tests.toys import noise

WEIGHTS = noise(16, seed=1).double()


class Square(nn.Module):
    """Half the square of every pixel, weighted: its gradient is weight times pixel."""

    def forward(self, x: Tensor) -> Tensor:
        return (WEIGHTS.to(x) * x.flatten(1).square() / 2).sum(1, keepdim=True)


def test_a_square_has_a_known_mean() -> None:
    """E[w (b + t (x + n - b)) (x + n - b)] = w (x^2 + deviation^2 - E b^2) / 2, with b from -1 and 2."""
    x, begins = (
        noise(1, 1, 4, 4).double(),
        torch.stack([-torch.ones(1, 4, 4), 2 * torch.ones(1, 4, 4)]).double(),
    )
    model = double(Square(), size=4, channels=1)
    deviation = 0.2 * float(x.max() - x.min())
    expected = WEIGHTS.numpy() * (x.numpy().ravel() ** 2 + deviation**2 - 2.5) / 2
    runs = [
        attribute(
            model, x, "gradient_shap", target=0, baseline=begins, noise=0.2, samples=1000, seed=seed
        ).raw.ravel()
        for seed in range(8)
    ]
    np.testing.assert_allclose(np.mean(runs, axis=0), expected, atol=0.06 * np.abs(expected).max())


def test_without_noise_it_is_expected_gradients_in_the_mean() -> None:
    model, begins = net("biased"), torch.cat([picture(seed=8), picture(seed=9)])
    one, two = (
        attribute(model, picture(), method, target=1, baseline=begins, samples=1000, **options).raw
        for method, options in (("gradient_shap", {"noise": 0}), ("expected_gradients", {}))
    )
    assert np.corrcoef(one.ravel(), two.ravel())[0, 1] > 0.99


def test_captum_in_the_mean() -> None:
    """captum draws from the generators that everybody shares, which are put back afterwards."""
    model, x = net("biased"), picture()
    begins = torch.cat([picture(seed=8), picture(seed=9)])
    state, torch_state = np.random.get_state(), torch.random.get_rng_state()
    theirs = attr.GradientShap(model.replica()).attribute(
        x, begins, n_samples=1500, stdevs=0.1 * float(x.max() - x.min()), target=1
    )
    np.random.set_state(state)
    torch.random.set_rng_state(torch_state)
    mine = attribute(model, x, "gradient_shap", target=1, baseline=begins, noise=0.1, samples=1000).raw
    assert np.corrcoef(mine.ravel(), theirs.detach().numpy().ravel())[0, 1] > 0.99
    assert np.abs(mine).mean() == pytest.approx(float(theirs.abs().mean()), rel=0.1)
