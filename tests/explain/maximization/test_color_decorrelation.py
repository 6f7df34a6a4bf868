"""Colours that go together: the way back is that of the plain formula, in double precision."""

import pytest
import torch

from featviz.explain.maximization.color_decorrelation import ColorDecorrelation
from featviz.explain.maximization.image_statistics import color_matrix
from featviz.explain.maximization.vjp import as_autograd

# count, height and width
SHAPES = [(1, 5, 7), (3, 32, 32), (2, 61, 40)]


@pytest.mark.parametrize("transparent", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_slopes_go_back_as_the_formula_says(shape: tuple[int, int, int], transparent: bool) -> None:
    generator = torch.Generator().manual_seed(shape[1])
    count, height, width = shape
    size = (count, 3 + transparent, height, width)
    numbers, slopes = (3 * torch.randn(size, generator=generator) for _ in range(2))
    matrix = torch.eye(3 + transparent, dtype=torch.float64)
    matrix[:3, :3] = color_matrix("imagenet")
    wide = numbers.double().requires_grad_()
    expected = torch.einsum("dc,nchw->ndhw", matrix, wide).sigmoid()
    palette = ColorDecorrelation(3, "imagenet", transparent=transparent)
    found = as_autograd(palette, numbers.requires_grad_())
    torch.testing.assert_close(found.double(), expected, rtol=0, atol=1e-6)
    (back,) = torch.autograd.grad(found, numbers, slopes)
    (true,) = torch.autograd.grad(expected, wide, slopes.double())
    torch.testing.assert_close(back.double(), true, rtol=1e-5, atol=1e-5)


def test_slopes_that_lie_otherwise_in_memory_are_read_right() -> None:
    numbers = torch.randn((2, 3, 8, 9), generator=torch.Generator().manual_seed(0)).requires_grad_()
    slopes = torch.randn((2, 9, 8, 3), generator=torch.Generator().manual_seed(1)).permute(0, 3, 2, 1)
    colors = as_autograd(ColorDecorrelation(3, "imagenet"), numbers)
    (found,) = torch.autograd.grad(colors, numbers, slopes, retain_graph=True)
    (expected,) = torch.autograd.grad(colors, numbers, slopes.contiguous())
    torch.testing.assert_close(found, expected)
