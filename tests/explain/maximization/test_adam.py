"""Adam: the compiled step and torch's own operations, and what it forgets."""

import pytest
import torch
from torch import Tensor

from featviz.explain.maximization.adam import Adam

SHAPES = [(1, 3, 16, 9, 2), (4, 3, 8, 8), (2, 1, 5, 7)]


def slopes(shape: tuple[int, ...], seed: int) -> Tensor:
    """Gradients of very different sizes, picture by picture."""
    drawn = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    return drawn * torch.logspace(-6, 3, len(drawn)).reshape(-1, *[1] * (drawn.ndim - 1))


def climbed(leaf: Tensor, count: int = 12) -> Tensor:
    """A leaf after steps of many paces, and a setback amid them."""
    adam = Adam(leaf, 0.1)
    for step in range(count):
        if step == count // 2:
            adam.again()
        leaf = adam.step(leaf, slopes(tuple(leaf.shape), step).to(leaf), pace=1 - step / count)
    return leaf


@pytest.mark.parametrize("shape", SHAPES)
def test_the_compiled_step_is_that_of_torchs_operations(shape: tuple[int, ...]) -> None:
    leaf = slopes(shape, 99)
    kept = leaf.clone()
    torch.testing.assert_close(climbed(leaf).double(), climbed(leaf.double()), rtol=1e-5, atol=1e-5)
    assert torch.equal(leaf, kept)


def test_a_leaf_that_lies_otherwise_in_memory_climbs_alike() -> None:
    leaf = slopes((2, 3, 8, 8), 5)
    last = leaf.contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(climbed(last), climbed(leaf))


def test_the_first_step_is_as_long_as_the_rate_where_slopes_are_alike() -> None:
    leaf = torch.zeros(1, 3, 4, 4)
    (moved,) = Adam(leaf, 0.1).step(leaf, torch.full_like(leaf, -7.0))
    torch.testing.assert_close(moved, torch.full_like(moved, -0.1 / 1.3))
