import numpy as np
import pytest
import torch
from torch import nn

from featviz.errors import LayerNotFound
from featviz.explain.features.filters import convolutions, filters
from featviz.models.model import Model
from tests.toys import Attending, noise, seeded, wrapped


def with_kernels(kernels: torch.Tensor, groups: int = 1) -> Model:
    """A network of one convolution with these kernels, (out, in of its group, height, width)."""
    conv = nn.Conv2d(kernels.shape[1] * groups, len(kernels), tuple(kernels.shape[2:]), groups=groups)
    conv.weight.data = kernels.clone()
    return wrapped(nn.Sequential(conv), channels=kernels.shape[1] * groups)


def test_kernels_and_norms_are_the_weights() -> None:
    kernels = noise(6, 3, 3, 3)
    found = filters(with_kernels(kernels), "0")
    np.testing.assert_array_equal(found.kernels, kernels.numpy())
    np.testing.assert_allclose(found.norms, [np.sqrt((kernel**2).sum()) for kernel in kernels.numpy()])
    assert (found.dead, found.duplicates, found.groups, found.in_color) == ((), (), 1, True)


def test_planted_dead_filters_are_found() -> None:
    kernels = noise(8, 4, 3, 3)
    kernels[2] = 0
    kernels[5] *= 1e-4
    found = filters(with_kernels(kernels), "0")
    assert found.dead == (2, 5)
    assert found.duplicates == ()
    assert not found.in_color


def test_planted_duplicates_are_found_flipped_ones_too() -> None:
    kernels = noise(8, 4, 3, 3)
    kernels[6] = 2.5 * kernels[1]
    kernels[7] = -kernels[3] + 0.02 * noise(4, 3, 3, seed=1)
    pairs = filters(with_kernels(kernels), "0").duplicates
    assert [pair[:2] for pair in pairs] == [(1, 6), (3, 7)]
    assert pairs[0][2] == pytest.approx(1, abs=1e-6)
    assert -1 < pairs[1][2] < -0.99


def test_filters_that_only_resemble_each_other_are_no_duplicates() -> None:
    kernels = noise(2, 1, 1, 2).zero_()
    kernels[0, 0, 0] = torch.tensor([1.0, 0.0])
    kernels[1, 0, 0] = torch.tensor([0.98, 0.199])
    assert filters(with_kernels(kernels), "0").duplicates == ()


def test_two_dead_filters_are_not_called_duplicates() -> None:
    kernels = noise(8, 4, 3, 3)
    kernels[1] = kernels[2] = 1e-5
    found = filters(with_kernels(kernels), "0")
    assert (found.dead, found.duplicates) == ((1, 2), ())


def test_only_filters_of_one_group_can_be_duplicates() -> None:
    kernels = noise(6, 2, 3, 3)
    kernels[3] = kernels[5] = kernels[2]
    found = filters(with_kernels(kernels, groups=3), "0")
    assert found.kernels.shape == (6, 2, 3, 3)
    assert found.groups == 3
    assert [pair[:2] for pair in found.duplicates] == [(2, 3)]


def test_one_by_one_convolutions_are_compared_over_their_channels() -> None:
    kernels = noise(4, 8, 1, 1)
    kernels[3] = -kernels[0]
    assert [pair[:2] for pair in filters(with_kernels(kernels), "0").duplicates] == [(0, 3)]


def test_single_weights_are_never_called_duplicates() -> None:
    assert filters(with_kernels(noise(4, 1, 1, 1), groups=4), "0").duplicates == ()


def test_convolutions_in_order_of_execution() -> None:
    class Backwards(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.last = nn.Conv2d(5, 7, 1)
            self.never = nn.Conv2d(1, 1, 1)
            self.first = nn.Conv2d(3, 5, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.last(self.first(x))

    found = convolutions(wrapped(Backwards()))
    assert list(found.items()) == [("first", (5, 3, 3, 3)), ("last", (7, 5, 1, 1))]


@pytest.mark.parametrize("layer", ["attention", "nothing", ""])
def test_what_is_no_convolution_has_no_filters(layer: str) -> None:
    with pytest.raises(LayerNotFound, match="no convolution"):
        filters(wrapped(seeded(Attending)), layer)


def test_looking_at_filters_cannot_change_them() -> None:
    model = with_kernels(noise(6, 3, 3, 3))
    before = model.module[0].weight.clone()
    with pytest.raises(ValueError, match="read-only"):
        filters(model, "0").kernels[0] = 0
    assert torch.equal(model.module[0].weight, before)


def test_a_file_of_equal_numbers_lists_a_bounded_number_of_pairs() -> None:
    found = filters(with_kernels(torch.ones(256, 2, 1, 1)), "0")
    assert 256 * 255 // 2 > len(found.duplicates) == 10_000
    assert {round(cosine, 5) for _, _, cosine in found.duplicates} == {1.0}
