"""Adam: torch's own but for a floor for each picture, and what it forgets."""

import pytest
import torch
from torch import Tensor, nn

from featviz.explain.maximization import adam as adam_file
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
            adam.restart()
        leaf = adam.step(leaf, slopes(tuple(leaf.shape), step).to(leaf), pace=1 - step / count)
    return leaf


@pytest.mark.parametrize("shape", SHAPES)
def test_without_its_floor_it_is_torchs_own(shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adam_file, "_GRADIENT_FLOOR", 0.0)
    monkeypatch.setattr(adam_file, "_TINY", 0.0)
    leaf = slopes(shape, 99).double()
    kept, adam = leaf.clone(), Adam(leaf, 0.1)
    theirs = nn.Parameter(leaf.clone())
    optimizer = torch.optim.Adam([theirs], lr=0.1, eps=0, maximize=True)
    moved = leaf
    for step in range(12):
        theirs.grad = slopes(shape, step).double()
        optimizer.step()
        moved = adam.step(moved, theirs.grad)
    torch.testing.assert_close(moved, theirs.detach(), rtol=1e-9, atol=1e-9)
    assert torch.equal(leaf, kept)


def test_the_floor_of_one_picture_is_its_own() -> None:
    leaf = slopes((3, 3, 8, 8), 99)
    one_by_one = []
    for n in range(3):
        alone, adam = leaf[n : n + 1], Adam(leaf[n : n + 1], 0.1)
        for step in range(5):
            alone = adam.step(alone, slopes((3, 3, 8, 8), step)[n : n + 1])
        one_by_one.append(alone)
    together, adam = leaf, Adam(leaf, 0.1)
    for step in range(5):
        together = adam.step(together, slopes((3, 3, 8, 8), step))
    torch.testing.assert_close(together, torch.cat(one_by_one))


def test_where_next_to_nothing_is_to_be_gained_hardly_anything_moves() -> None:
    leaf, gradient = torch.zeros(1, 1, 10, 10), torch.ones(1, 1, 10, 10)
    gradient[..., 0] = 1e-3
    (moved,) = Adam(leaf, 0.1).step(leaf, gradient)
    typical = float(gradient.square().mean().sqrt())
    torch.testing.assert_close(moved[0, :, 1:], torch.full((10, 9), 0.1 / (1 + 0.3 * typical)))
    torch.testing.assert_close(moved[0, :, 0], torch.full((10,), 1e-4 / (1e-3 + 0.3 * typical)))


def test_a_leaf_that_lies_otherwise_in_memory_climbs_alike() -> None:
    leaf = slopes((2, 3, 8, 8), 5)
    last = leaf.contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(climbed(last), climbed(leaf))


def test_the_first_step_is_as_long_as_the_rate_where_slopes_are_alike() -> None:
    leaf = torch.zeros(1, 3, 4, 4)
    (moved,) = Adam(leaf, 0.1).step(leaf, torch.full_like(leaf, -7.0))
    torch.testing.assert_close(moved, torch.full_like(moved, -0.1 / 1.3))
