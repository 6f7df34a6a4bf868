"""Hand-made descriptors: planted answers, invariances, and what they tell of the Shapes world."""

import io

import numpy as np
import pytest
from PIL import Image
from skimage.filters import gabor as filtered

import featviz
from featviz.data.sets.image_set import ImageSet
from featviz.errors import BadInput
from featviz.representation.descriptors import (
    DESCRIPTORS,
    describe,
    describe_image,
    dimensions,
    expected_seconds,
    steps,
)
from featviz.representation.embeddings import Embeddings

IDS = [each.id for each in DESCRIPTORS]


def described(descriptor: str, *images: np.ndarray, **options: object) -> np.ndarray:
    return np.asarray(DESCRIPTORS[descriptor].function(np.stack(images), **options))


def grating(angle: float, period: float, size: int = 64) -> np.ndarray:
    y, x = np.mgrid[:size, :size]
    wave = np.cos(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / period)
    return np.repeat((127.5 + 100 * wave)[..., None], 3, axis=2).astype(np.uint8)


def accuracy(embeddings: Embeddings, factor: list[str]) -> float:
    """Of a vote of the five nearest others."""
    vectors = embeddings.vectors - embeddings.vectors.mean(0)
    distances = np.square(vectors[:, None] - vectors[None]).sum(2)
    np.fill_diagonal(distances, np.inf)
    nearest = np.argsort(distances, axis=1)[:, :5]
    names = np.array(factor)
    votes = [max(names[row], key=list(names[row]).count) for row in nearest]
    return float(np.mean(np.array(votes) == names))


def test_a_colors_share_is_counted_where_it_belongs() -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    image[:16] = (255, 0, 128)
    (vector,) = described("color_histogram", image, bins=4)
    assert vector[(3 * 4 + 0) * 4 + 2] == pytest.approx(0.25)
    assert vector[0] == pytest.approx(0.75)
    assert vector.sum() == pytest.approx(1)


def test_colors_do_not_say_where_they_are() -> None:
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    pixels = np.random.default_rng(1).permutation(image.reshape(-1, 3)).reshape(image.shape)
    one, other = described("color_histogram", image, pixels)
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("quarter", [1, 2, 3])
def test_patterns_are_the_same_whatever_the_rotation(quarter: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    one, other = described("local_binary_patterns", image, np.rot90(image, quarter).copy(), radii=1)
    np.testing.assert_allclose(one, other, atol=0.01)


def test_patterns_do_not_change_with_brightness() -> None:
    image = np.random.default_rng(0).integers(0, 100, (64, 64, 3), dtype=np.uint8) // 3 * 3
    gray = np.repeat(image[..., :1], 3, axis=2)
    one, other = described("local_binary_patterns", gray, gray + 50)
    np.testing.assert_allclose(one, other, atol=0.01)


@pytest.mark.parametrize("direction", range(6))
@pytest.mark.parametrize("octave", range(3))
def test_a_grating_excites_its_own_filter_most(direction: int, octave: int) -> None:
    image = grating(direction * np.pi / 6, 4 * 2**octave)
    (vector,) = described("gabor", image, statistics="mean")
    assert vector.argmax() == octave * 6 + direction


def test_the_energy_is_scikit_images() -> None:
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    gray = image @ np.array([0.299, 0.587, 0.114]) / 255
    real, imaginary = filtered(gray - gray.mean(), 0.125, theta=np.pi / 3, n_stds=2, mode="reflect")
    (vector,) = described("gabor", image, statistics="mean")
    assert vector[6 + 2] == pytest.approx(np.hypot(real, imaginary).mean(), rel=1e-6)


@pytest.mark.parametrize("direction", range(4))
def test_edges_are_counted_by_their_direction(direction: int) -> None:
    image = grating(direction * np.pi / 4, 8)
    (vector,) = described("hog", image, orientations=4)
    strength = vector.reshape(-1, 4).sum(0)
    # scikit-image's orientations are those of the gradient, its first bin around 0 to 45 degrees
    assert strength.max() > 1.5 * np.median(strength)
    turned = described("hog", grating(direction * np.pi / 4 + np.pi / 2, 8), orientations=4)[0]
    assert turned.reshape(-1, 4).sum(0).argmax() == (strength.argmax() + 2) % 4


def test_each_tells_what_it_was_made_for() -> None:
    images = ImageSet.bundled("shapes", 240)
    assert images.factors is not None
    factors = [images.factors(position) for position in range(len(images))]
    made = {each: describe(images, each) for each in IDS}
    texture = {name: accuracy(each, [factor.texture for factor in factors]) for name, each in made.items()}
    shape = {name: accuracy(each, [factor.shape for factor in factors]) for name, each in made.items()}
    assert texture["gabor"] > 5 / 8  # chance is 1/8
    assert texture["local_binary_patterns"] > 2 / 8
    assert texture["color_histogram"] < 1.6 / 8
    assert max(shape, key=shape.__getitem__) == "hog"
    assert shape["hog"] > 2.5 / 10  # chance is 1/10


def test_progress_counts_images_and_the_public_name_ends_in_embeddings() -> None:
    images = ImageSet.bundled("digits", 40)
    done = [each.done for each in steps(images, "color_histogram")]
    assert done == [32, 40, 40]
    made = featviz.describe(images, "color_histogram", bins=2)
    assert (made.layer, made.options, made.dimensions, len(made)) == (
        "color_histogram",
        {"bins": 2, "size": 64},
        8,
        40,
    )
    assert made.labels[0] == images[0].label


def test_what_cannot_be_read_is_left_out_with_its_reason() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(buffer, "PNG")
    files = {"good.png": buffer.getvalue(), "cut.png": buffer.getvalue()[:60]}
    made = describe(ImageSet.from_files(files, check=False), "color_histogram")
    assert made.ids == ("good.png",)
    assert [each.name for each in made.skipped] == ["cut.png"]


@pytest.mark.parametrize(
    ("descriptor", "options"),
    [("sift", {}), ("hog", {"bins": 3}), ("hog", {"size": 8}), ("gabor", {"octaves": 9})],
)
def test_bad_input_is_refused(descriptor: str, options: dict[str, int]) -> None:
    with pytest.raises(BadInput):
        describe(ImageSet.bundled("digits", 2), descriptor, **options)


@pytest.mark.parametrize("descriptor", IDS)
def test_how_long_a_vector_will_be_is_known_before(descriptor: str) -> None:
    few = ImageSet.bundled("digits", 2)
    assert dimensions(descriptor, size=32) == describe(few, descriptor, size=32).dimensions
    assert dimensions("hog", size=64, cell=16) == describe(few, "hog", cell=16).dimensions
    assert expected_seconds(descriptor, 200, 128) > 2 * expected_seconds(descriptor, 100)


def test_large_images_come_in_smaller_batches() -> None:
    """So that nobody waits long for a turn."""
    run = steps(ImageSet.bundled("digits", 3), "hog", size=512)
    assert [each.done for each in run] == [1, 2, 3, 3]


@pytest.mark.parametrize("descriptor", IDS)
def test_a_single_image_is_described_as_in_its_set(descriptor: str) -> None:
    few = ImageSet.bundled("shapes", 3)
    expected = describe(few, descriptor, size=48).vectors
    np.testing.assert_array_equal(describe_image(few[1].image, descriptor, size=48), expected[1:2])
    with pytest.raises(BadInput, match="The size is from"):
        describe_image(few[1].image, descriptor, size=8)
