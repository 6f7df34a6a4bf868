import numpy as np
import pytest

from featviz.data.sets.digits import digit_image, digits_split
from featviz.data.sets.image_set import ImageSet
from featviz.data.sets.photographs import FOLDER, PHOTOGRAPHS, photograph
from featviz.data.shapes.shapes import HELD_OUT_SEED, SHAPES_CLASSES, shapes_image
from featviz.errors import BadInput


@pytest.mark.parametrize(
    ("name", "length", "size", "classes"),
    [("shapes", 2000, (64, 64), 80), ("digits", 500, (32, 32), 10), ("photos", 14, (640, 427), 0)],
)
def test_the_bundled_sets_hold_what_they_say(name, length, size, classes):
    images = ImageSet.bundled(name)
    assert (images.name, len(images), len(images.classes)) == (name, length, classes)
    for sample in (images[0], images[-1]):
        assert (sample.image.mode, sample.image.size) == ("RGB", size)
        assert sample.label in images.classes if images.classes else sample.label is None


def test_a_shape_comes_with_its_truth():
    sample, picture = ImageSet.bundled("shapes")[17], shapes_image(HELD_OUT_SEED, 17)
    assert (sample.id, sample.factors) == ("shapes/17", picture.factors)
    assert sample.label == f"{picture.factors.texture} {picture.factors.shape}"
    np.testing.assert_array_equal(np.asarray(sample.image), picture.pixels)
    np.testing.assert_array_equal(sample.mask, picture.mask)


def test_digits_are_the_held_out_ones():
    images = ImageSet.bundled("digits")
    image, label = digit_image(int(digits_split()[1][3]))
    assert (images[3].label, images[3].image.tobytes()) == (label, image.tobytes())
    assert images[3].mask is None
    assert images[3].factors is None


def test_photos_are_told_apart_by_name():
    ids = [photo.id for photo in ImageSet.bundled("photos")]
    assert ids[:3] == ["photos/china", "photos/flower", "photos/chelsea"]
    assert len(set(ids)) == 14


def test_each_photograph_has_its_author_and_a_free_licence():
    rows = [line.split("|") for line in (FOLDER / "LICENSES.md").read_text().splitlines() if line[:1] == "|"][
        2:
    ]
    table = {cells[1].strip().removesuffix(".jpg"): (cells[3].strip(), cells[4].strip()) for cells in rows}
    assert set(table) == set(PHOTOGRAPHS)
    assert all(author for author, _ in table.values())
    assert {licence for _, licence in table.values()} <= {"CC0", "public domain", "CC BY 2.0"}
    assert {path.stem for path in FOLDER.glob("*.jpg")} == {*PHOTOGRAPHS} - {"china", "flower"}


def test_the_photographs_are_those_of_scikit_image():
    data = pytest.importorskip("skimage.data")
    theirs = data.chelsea().astype(int)
    ours = np.asarray(photograph("chelsea"), int)
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).mean() < 4


def test_iterating_makes_every_image_once():
    ids = [sample.id for sample in ImageSet.bundled("digits")]
    assert len(set(ids)) == 500
    assert ids[-1] == ImageSet.bundled("digits")[-1].id


def test_shapes_are_in_the_order_of_the_logits():
    assert ImageSet.bundled("shapes").classes == SHAPES_CLASSES


def test_an_unknown_set_is_refused_with_the_names_there_are():
    with pytest.raises(BadInput, match="shapes, digits, photos") as refusal:
        ImageSet.bundled("faces")
    assert refusal.value.code == "ImageSetNotFound"


@pytest.mark.parametrize("index", [14, -15, 10**30, 0.5, "0", None])
def test_an_index_that_is_not_there_is_refused(index):
    with pytest.raises(BadInput, match="numbered 0 to 13") as refusal:
        ImageSet.bundled("photos")[index]
    assert refusal.value.code == "ImageNotFound"


@pytest.mark.parametrize(("name", "most"), [("shapes", 10_000), ("digits", 1_797), ("photos", 14)])
def test_a_bundled_set_may_be_of_another_length_and_begins_the_same(name, most):
    usual, longer, one = ImageSet.bundled(name), ImageSet.bundled(name, most), ImageSet.bundled(name, 1)
    assert (len(longer), len(one)) == (most, 1)
    assert usual[0].id == longer[0].id == one[0].id
    assert usual.digest(0) == longer.digest(0) == one.digest(0)
    assert longer[-1].id not in {usual[0].id, ""} and longer[most - 1].image.size == usual[0].image.size
    for length in (0, most + 1):
        with pytest.raises(BadInput, match="images"):
            ImageSet.bundled(name, length)


def test_all_digits_are_each_there_once():
    digests = {sample.image.tobytes() for sample in ImageSet.bundled("digits", 1797)}
    assert len(digests) > 1700
    longer = ImageSet.bundled("digits", 1797)
    assert [longer[i].label for i in range(500)] == [each.label for each in ImageSet.bundled("digits")]


def test_factors_are_known_without_making_the_picture():
    images = ImageSet.bundled("shapes").subset([5, 900])
    assert [images.factors(row) for row in (0, 1)] == [images[row].factors for row in (0, 1)]
