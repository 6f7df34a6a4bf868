"""Thumbnails are small, right and made once."""

from PIL import Image

from featviz.data.images.reading import read_image
from featviz.data.sets.image_set import ImageSet, Sample
from featviz.data.sets.thumbnails import Thumbnails, thumbnail


def test_they_are_small_and_of_the_same_shape() -> None:
    red = Image.new("RGB", (300, 150), "red")
    small = read_image(thumbnail(red, 60))
    assert small.size == (60, 30)
    assert small.getpixel((30, 15))[0] > 240 and max(small.getpixel((30, 15))[1:]) < 15
    assert read_image(thumbnail(red.resize((20, 10)), 60)).size == (20, 10)


def test_each_is_made_once_and_the_longest_unused_goes() -> None:
    made: list[int] = []

    def sample(index: int) -> Sample:
        made.append(index)
        return Sample(Image.effect_noise((64, 64), 50 + index).convert("RGB"), str(index))

    kept = Thumbnails(ImageSet("noise", 3, sample), 64, limit=1 << 20)
    assert kept[1] == kept[1] != kept[2]
    assert made == [1, 2]
    few = Thumbnails(ImageSet("noise", 3, sample), 64, limit=2 * len(kept[1]) + 200)
    made.clear()
    for position in (0, 1, 0, 2, 0, 1):
        assert few[position]
    assert made == [0, 1, 2, 1]
