"""Sampling between pixels: torch's own values and gradients, and grey outside."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from featviz.explain.maximization.affine_sampling import GRAY, affine_sample

# count, planes, height, width of what is read, and the size of what comes out
SHAPES = [(1, 3, 32, 32, (32, 32)), (3, 4, 50, 37, (61, 20)), (2, 1, 8, 9, (1, 70))]
Shape = tuple[int, int, int, int, tuple[int, int]]


def torchs(pictures: Tensor, matrices: Tensor, size: tuple[int, int]) -> Tensor:
    """The same by torch, in double precision."""
    wide = pictures.double()
    grid = F.affine_grid(matrices.double(), [*wide.shape[:2], *size], align_corners=False)
    return F.grid_sample(wide - GRAY, grid, align_corners=False) + GRAY


def some(shape: Shape, spread: float) -> tuple[Tensor, Tensor, Tensor]:
    """Pictures, places that lie the further outside the larger the spread, and slopes."""
    count, planes, height, width, size = shape
    generator = torch.Generator().manual_seed(height)
    pictures = torch.rand((count, planes, height, width), generator=generator)
    matrices = torch.eye(2, 3) + spread * torch.randn((count, 2, 3), generator=generator)
    return pictures, matrices, torch.randn((count, planes, *size), generator=generator)


@pytest.mark.parametrize("spread", [0.0, 0.1, 1.0, 30.0])
@pytest.mark.parametrize("shape", SHAPES)
def test_samples_and_gradients_are_torchs(shape: Shape, spread: float) -> None:
    pictures, matrices, slopes = some(shape, spread)
    pictures.requires_grad_()
    ours, expected = affine_sample(pictures, matrices, shape[-1]), torchs(pictures, matrices, shape[-1])
    torch.testing.assert_close(ours.double(), expected, rtol=0, atol=2e-5 * (1 + spread))
    (found,) = torch.autograd.grad(ours, pictures, slopes)
    (true,) = torch.autograd.grad(expected, pictures, slopes.double())
    scale = float(true.abs().max()) + 1e-6
    torch.testing.assert_close(found, true, rtol=0, atol=1e-4 * (1 + spread) * scale)


def test_other_kinds_of_numbers_are_sampled_as_well() -> None:
    pictures, matrices, _slopes = some(SHAPES[1], 0.2)
    found = affine_sample(pictures.double(), matrices, SHAPES[1][-1])
    assert found.dtype is torch.float64
    torch.testing.assert_close(found, torchs(pictures, matrices, SHAPES[1][-1]), rtol=0, atol=1e-5)


def test_far_outside_all_is_gray_and_nothing_flows_back() -> None:
    pictures = torch.rand(1, 3, 8, 8).requires_grad_()
    matrices = torch.tensor([[[1.0, 0, 5], [0, 1, -1e9]]])
    seen = affine_sample(pictures, matrices, (6, 6))
    assert torch.equal(seen, torch.full_like(seen, GRAY))
    assert not torch.autograd.grad(seen.sum(), pictures)[0].any()


def test_numbers_that_are_none_stay_none() -> None:
    pictures = torch.rand(1, 1, 8, 8)
    pictures[0, 0, 4, 4] = torch.nan
    seen = affine_sample(pictures, torch.eye(2, 3)[None] * 0.99, (8, 8))
    assert seen[0, 0, 4, 4].isnan() and seen[0, 0, 0, 0].isfinite()


def test_maps_that_lie_channels_last_are_read_alike() -> None:
    pictures, matrices, _slopes = some(SHAPES[1], 0.2)
    last = pictures.contiguous(memory_format=torch.channels_last)
    assert torch.equal(affine_sample(last, matrices, (9, 9)), affine_sample(pictures, matrices, (9, 9)))
