"""Presets of random transforms, with the magnitudes of the work they come from, scaled to the image's size."""

from collections.abc import Sequence
from typing import Annotated

from featviz.explain.maximization.transforms import (
    Transform,
    blur,
    chain,
    crop,
    jitter_scale_rotate,
    noise,
    random_flip,
    shuffle_channels,
)
from featviz.registry import Level, Range, Registry

__all__ = ["TRANSFORM_PRESETS"]

TRANSFORM_PRESETS = Registry("transform preset")
"""Each is a function (size, *, options) -> Transform that returns images of this size, (height, width) in pixels."""

Strength = Annotated[float, Range(0, 3), Level("more")]
Share = Annotated[float, Range(0.05, 1), Level("all")]

_LUCID_SIDE, _CAPTUM_SIDE = 128, 224


@TRANSFORM_PRESETS.register("Lucid", reference="Olah et al. 2017, doi:10.23915/distill.00007")
def lucid(size: tuple[int, int], *, strength: Strength = 1.0) -> Transform:
    """Jitter, enlarge or shrink by up to a tenth, rotate by up to 10 degrees, on a grey ground.

    Args:
        size: of the images.
        strength: 1 is Lucid's; 0 leaves the image as it is.
    """
    unit = strength * min(size) / _LUCID_SIDE
    scales = [1 + strength * 0.02 * n for n in range(-5, 6)]
    degrees = [strength * float(n) for n in (*range(-10, 11), 0, 0, 0, 0, 0)]
    return _jittered(size, unit, [8, 4], scales, degrees)


@TRANSFORM_PRESETS.register("Captum", reference="captum, branch optim-wip, TransformationRobustness")
def captum(size: tuple[int, int], *, strength: Strength = 1.0) -> Transform:
    """Many small jitters, scales that favour shrinking, rotations that favour none.

    Args:
        size: of the images.
        strength: 1 is captum's; 0 leaves the image as it is.
    """
    unit = strength * min(size) / _CAPTUM_SIDE
    scales = [1 + strength * (0.995**n - 1) for n in range(-5, 80)]
    scales += [1 + strength * (0.998**n - 1) for n in range(80)]
    degrees = [strength * float(n) for reach in range(1, 21) for n in range(-reach, reach + 1)]
    return _jittered(size, unit, [4] * 11, scales, degrees)


@TRANSFORM_PRESETS.register("MACO", reference="Fel et al. 2023, arXiv:2306.06805")
def maco_crops(
    size: tuple[int, int],
    *,
    smallest: Share = 0.3,
    largest: Share = 0.9,
    noisiness: Annotated[float, Range(0, 0.5), Level("all")] = 0.05,
) -> Transform:
    """Windows of random size, brought to full size, and noise.

    Args:
        size: of the images.
        smallest: share of the sides that the smallest window shows.
        largest: share of the sides that the largest window shows.
        noisiness: standard deviation of the noise, colours being 0 to 1.
    """
    return chain([crop(min(smallest, largest), max(smallest, largest), size), noise(noisiness)])


@TRANSFORM_PRESETS.register("Blur and jitter", reference="Fel et al. 2022, arXiv:2206.04394 (Xplique)")
def xplique(size: tuple[int, int], *, strength: Strength = 1.0) -> Transform:
    """Jitter, shrink slightly, blur, on a grey ground.

    Args:
        size: of the images.
        strength: 1 is Xplique's; 0 leaves the image as it is.
    """
    unit = strength * min(size) / 16
    scales = [1 - strength * share for share in (0.04, 0.05, 0.06, 0.07, 0.08)]
    soft = strength * min(size) / 512
    return chain([_jittered(size, unit, [2, 2, 1], scales, [0.0]), blur(soft, 1.1 * soft)])


@TRANSFORM_PRESETS.register(
    "Lucid, mirrored and recoloured", reference="Athalye et al. 2018, arXiv:1707.07397"
)
def symmetries(size: tuple[int, int], *, strength: Strength = 1.0) -> Transform:
    """Lucid's, then mirrored in both directions and with swapped colour channels, by chance.

    For networks trained on images changed so, such as those of Shapes: what survives it means the same to others.

    Args:
        size: of the images.
        strength: of jitter, scales and rotations; 1 is Lucid's.
    """
    return chain([lucid(size, strength=strength), random_flip, shuffle_channels])


@TRANSFORM_PRESETS.register("None", reference="Erhan et al. 2009")
def plain(_size: tuple[int, int]) -> Transform:
    """The image as it is: what the network is shown is what is painted."""
    return lambda images, _generator: images


def _jittered(
    size: tuple[int, int],
    unit: float,
    jitters: Sequence[float],
    scales: Sequence[float],
    degrees: Sequence[float],
) -> Transform:
    """`jitter_scale_rotate` with jitters in multiples of `unit` pixels."""
    if unit == 0:
        return plain(size)
    return jitter_scale_rotate([round(pixels * unit) for pixels in jitters], scales, degrees, size)
