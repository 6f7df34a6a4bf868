"""Transforms: what they may change, what they may not, and chance that is one's own."""

import pytest
import torch

from featviz.explain.maximization.transform_presets import TRANSFORM_PRESETS
from featviz.explain.maximization.transforms import (
    blur,
    crop,
    jitter_scale_rotate,
    noise,
    random_flip,
    shuffle_channels,
)


def seeded_generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def numbered(side: int) -> torch.Tensor:
    """A picture whose every pixel tells where it lies."""
    return torch.arange(float(side * side)).reshape(1, 1, side, side)


def test_jitter_is_a_true_crop_and_reaches_every_offset_equally() -> None:
    picture = torch.rand((1, 1, 8, 8), generator=seeded_generator())
    moved = jitter_scale_rotate([2], [1.0], [0.0], (8, 8))(
        picture.expand(2000, -1, -1, -1), seeded_generator(1)
    )
    around = torch.nn.functional.pad(picture, [1] * 4, value=0.5)[0, 0].unfold(0, 8, 1).unfold(1, 8, 1)
    equal = (moved - around.reshape(1, 9, 8, 8)).abs().amax((2, 3)) < 1e-4
    assert bool((equal.sum(1) == 1).all())
    assert equal.sum(0).min() > 150 and equal.sum(0).max() < 300


def test_jitters_add_up() -> None:
    picture = torch.zeros(1, 1, 32, 32)
    picture[0, 0, 16, 16] = 1
    moved = jitter_scale_rotate([4, 2], [1.0], [0.0], (32, 32))(
        picture.expand(800, -1, -1, -1), seeded_generator()
    )
    bright = (moved[:, 0] > 0.9).nonzero()[:, 1:] - 16
    assert len(bright) == 800
    assert bright.amin(0).tolist() == [-3, -3] and bright.amax(0).tolist() == [3, 3]
    assert bright.float().var(0).mean() == pytest.approx(2 + 2 / 3, rel=0.15)


def test_windows_are_as_large_as_documented_and_never_leave_the_picture() -> None:
    ramp = torch.linspace(0.2, 0.8, 128)
    picture = ramp.expand(1, 1, 128, 128)
    generator, shares = seeded_generator(), []
    for _ in range(300):
        window = crop(0.2, 0.5, (128, 128))(picture, generator)[0, 0, 64]
        shares.append(float(window[-1] - window[0]) / 0.6)
        assert window.min() >= 0.2 - 1e-4 and window.max() <= 0.8 + 1e-4
    assert min(shares) == pytest.approx(0.2, abs=0.02)
    assert max(shares) == pytest.approx(0.5, abs=0.02)


def test_shaking_by_nothing_changes_nothing() -> None:
    picture = torch.rand((2, 3, 12, 12), generator=seeded_generator())
    torch.testing.assert_close(
        jitter_scale_rotate([], [1.0], [0.0], (12, 12))(picture, seeded_generator()), picture
    )


def test_shaking_enlarges_and_rotates_about_the_middle() -> None:
    picture = torch.rand((1, 1, 16, 16), generator=seeded_generator())
    quarter = jitter_scale_rotate([], [1.0], [90.0], (16, 16))(picture, seeded_generator())
    assert torch.allclose(quarter, picture.rot90(1, (2, 3)), atol=1e-4) or torch.allclose(
        quarter, picture.rot90(-1, (2, 3)), atol=1e-4
    )
    small = jitter_scale_rotate([], [0.5], [0.0], (16, 16))(torch.ones(1, 1, 16, 16), seeded_generator())
    assert small[0, 0, 8, 8] == 1
    assert small[0, 0, 0, 0] == pytest.approx(0.5)


def test_what_comes_from_outside_is_gray() -> None:
    small = jitter_scale_rotate([], [0.5], [0.0], (16, 16))(torch.ones(1, 3, 16, 16), seeded_generator())
    torch.testing.assert_close(small[0, :, :3], torch.full((3, 3, 16), 0.5))


def test_blur_keeps_the_mean_and_takes_the_detail() -> None:
    picture = torch.rand((1, 3, 32, 32), generator=seeded_generator())
    soft = blur(1.5, 1.5)(picture, seeded_generator())
    assert soft.mean() == pytest.approx(float(picture.mean()), abs=0.01)
    assert soft.std() < 0.4 * picture.std()


def test_noise_has_the_deviation_asked_for() -> None:
    assert noise(0.1)(torch.zeros(1, 3, 64, 64), seeded_generator()).std() == pytest.approx(0.1, rel=0.05)


def test_each_of_four_mirrorings_is_as_likely() -> None:
    picture = torch.rand((1, 3, 4, 6), generator=seeded_generator())
    mirrored = random_flip(picture.expand(800, -1, -1, -1), seeded_generator(1))
    ways = torch.cat([picture.flip(axes) for axes in ([], [2], [3], [2, 3])])
    found = (mirrored[:, None] == ways).flatten(2).all(2)
    assert bool((found.sum(1) == 1).all())
    assert found.sum(0).min() > 150 and found.sum(0).max() < 250


def test_each_order_of_the_colors_is_as_likely() -> None:
    picture = torch.tensor([0.0, 1.0, 2.0]).reshape(1, 3, 1, 1).expand(1200, 3, 2, 2)
    changed = shuffle_channels(picture, seeded_generator())
    orders = changed[:, :, 0, 0] @ torch.tensor([9.0, 3.0, 1.0])
    assert torch.equal(changed, changed[:, :, :1, :1].expand_as(changed))
    values, counts = orders.unique(return_counts=True)
    assert values.tolist() == [5, 7, 11, 15, 19, 21]
    assert counts.min() > 150 and counts.max() < 250


@pytest.mark.parametrize("recipe", [recipe.id for recipe in TRANSFORM_PRESETS])
@pytest.mark.parametrize("size", [(16, 16), (64, 64), (40, 72)])
def test_a_recipe_keeps_the_size_and_repeats_with_its_seed(recipe: str, size: tuple[int, int]) -> None:
    transform = TRANSFORM_PRESETS[recipe].function(size)
    picture = torch.rand((2, 3, *size), generator=seeded_generator())
    first = transform(picture, seeded_generator(3))
    assert first.shape == picture.shape
    assert torch.equal(first, transform(picture, seeded_generator(3)))


@pytest.mark.parametrize("recipe", ["lucid", "captum", "xplique"])
def test_no_strength_leaves_the_picture_alone(recipe: str) -> None:
    picture = torch.rand((1, 3, 16, 16), generator=seeded_generator())
    changed = TRANSFORM_PRESETS[recipe].function((16, 16), strength=0.0)(picture, seeded_generator())
    torch.testing.assert_close(changed, picture)
