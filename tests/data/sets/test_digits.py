import numpy as np
from sklearn.datasets import load_digits

from featviz.data.sets.digits import DIGITS_HELD_OUT, digit_image, digits_split


def test_no_digit_is_both_learned_and_held_out():
    training, held_out = digits_split()
    assert len(held_out) == DIGITS_HELD_OUT
    assert sorted([*training, *held_out]) == list(range(1797))


def test_every_digit_is_held_out_often_enough_to_measure():
    labels = load_digits().target[digits_split()[1]]
    assert np.bincount(labels, minlength=10).min() >= 30


def test_an_image_is_the_scan_enlarged():
    image, label = digit_image(0)
    scan = load_digits().images[0] * 255 / 16
    assert (image.mode, image.size, label) == ("RGB", (32, 32), "0")
    blocks = np.asarray(image.convert("L"), float).reshape(8, 4, 8, 4).mean(axis=(1, 3))
    assert np.corrcoef(blocks.ravel(), scan.ravel())[0, 1] > 0.98
