"""Transforms: what they may change, what they may not, and chance that is one's own."""

import itertools

import pytest
import torch

from featviz.explain.maximization.recipes import RECIPES
from featviz.explain.maximization.robustness import blur, crop, jitter, noise, pad, turn


def private(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def numbered(side: int) -> torch.Tensor:
    """A picture whose every pixel tells where it lies."""
    return torch.arange(float(side * side)).reshape(1, 1, side, side)


def test_jitter_is_a_true_crop_and_reaches_every_offset_equally() -> None:
    picture, generator, seen = numbered(8), private(), []
    for _ in range(2000):
        cut = jitter(2)(picture, generator)
        top, left = divmod(int(cut[0, 0, 0, 0]), 8)
        assert torch.equal(cut, picture[..., top : top + 6, left : left + 6])
        seen.append((top, left))
    counts = [seen.count(offset) for offset in itertools.product(range(3), repeat=2)]
    assert sum(counts) == 2000
    assert min(counts) > 150 and max(counts) < 300


def test_windows_are_as_large_as_documented_and_never_leave_the_picture() -> None:
    ramp = torch.linspace(0.2, 0.8, 128)
    picture = ramp.expand(1, 1, 128, 128)
    generator, shares = private(), []
    for _ in range(300):
        window = crop(0.2, 0.5, (128, 128))(picture, generator)[0, 0, 64]
        shares.append(float(window[-1] - window[0]) / 0.6)
        assert window.min() >= 0.2 - 1e-4 and window.max() <= 0.8 + 1e-4
    assert min(shares) == pytest.approx(0.2, abs=0.02)
    assert max(shares) == pytest.approx(0.5, abs=0.02)


def test_turning_by_nothing_changes_nothing() -> None:
    picture = torch.rand((2, 3, 12, 12), generator=private())
    torch.testing.assert_close(turn([1.0], [0.0], (12, 12))(picture, private()), picture)


def test_turning_enlarges_and_rotates_about_the_middle() -> None:
    picture = torch.rand((1, 1, 16, 16), generator=private())
    quarter = turn([1.0], [90.0], (16, 16))(picture, private())
    assert torch.allclose(quarter, picture.rot90(1, (2, 3)), atol=1e-4) or torch.allclose(
        quarter, picture.rot90(-1, (2, 3)), atol=1e-4
    )
    small = turn([0.5], [0.0], (16, 16))(torch.ones(1, 1, 16, 16), private())
    assert small[0, 0, 8, 8] == 1
    assert small[0, 0, 0, 0] == pytest.approx(0.5)


def test_a_margin_is_grey() -> None:
    padded = pad(2)(torch.ones(1, 1, 4, 4), private())
    assert padded.shape == (1, 1, 8, 8)
    assert float(padded.sum()) == 16 + 0.5 * 48


def test_blur_keeps_the_mean_and_takes_the_detail() -> None:
    picture = torch.rand((1, 3, 32, 32), generator=private())
    soft = blur(1.5, 1.5)(picture, private())
    assert soft.mean() == pytest.approx(float(picture.mean()), abs=0.01)
    assert soft.std() < 0.4 * picture.std()


def test_noise_has_the_deviation_asked_for() -> None:
    assert noise(0.1)(torch.zeros(1, 3, 64, 64), private()).std() == pytest.approx(0.1, rel=0.05)


@pytest.mark.parametrize("recipe", [recipe.id for recipe in RECIPES])
@pytest.mark.parametrize("size", [(16, 16), (64, 64), (40, 72)])
def test_a_recipe_keeps_the_size_and_repeats_with_its_seed(recipe: str, size: tuple[int, int]) -> None:
    transform = RECIPES[recipe].function(size)
    picture = torch.rand((2, 3, *size), generator=private())
    first = transform(picture, private(3))
    assert first.shape == picture.shape
    assert torch.equal(first, transform(picture, private(3)))


@pytest.mark.parametrize("recipe", ["lucid", "captum", "xplique"])
def test_no_strength_leaves_the_picture_alone(recipe: str) -> None:
    picture = torch.rand((1, 3, 16, 16), generator=private())
    changed = RECIPES[recipe].function((16, 16), strength=0.0)(picture, private())
    torch.testing.assert_close(changed, picture)
