"""Accuracy over the number of labels: images are drawn evenly, and what is known already needs few of them."""

import pytest
import torch

import featviz
from featviz import ImageSet
from featviz.analysis.label_efficiency import Point, few_labels, label_efficiency
from featviz.errors import BadInput
from featviz.progress import finished
from featviz.training.data import load_training_data


@pytest.fixture(scope="module")
def digits():
    return finished(load_training_data(ImageSet.bundled("digits", 400), resolution=32))


def test_as_many_images_of_each_class_are_drawn(digits):
    few = few_labels(digits, 7, seed=3)
    assert torch.bincount(few.labels[few.training]).tolist() == [7] * 10
    assert set(few.training.tolist()) <= set(digits.training.tolist())
    assert torch.equal(few.held_out, digits.held_out)
    assert torch.equal(few.training, few_labels(digits, 7, seed=3).training)
    assert not torch.equal(few.training, few_labels(digits, 7, seed=4).training)
    with pytest.raises(BadInput, match="training images; 100 were asked for"):
        few_labels(digits, 100, seed=0)


def test_a_network_that_knows_digits_needs_fewer_of_them(digits):
    model = featviz.load_model("digits-cnn")
    result = finished(label_efficiency(model, digits, labels=(4,), seeds=2, steps=30, rate=0.02))
    frozen, tuned, scratch = (
        result.point(approach, 4) for approach in ("frozen", "fine_tuned", "from_scratch")
    )
    assert frozen.mean > scratch.mean + 0.05
    assert tuned.mean > scratch.mean + 0.05
    assert len(frozen.accuracies) == 2


def test_intervals_are_students():
    point = Point("frozen", 5, (0.5, 0.6, 0.7))
    assert point.mean == pytest.approx(0.6)
    # 4.303 is the 97.5th percentile of Student's t with two degrees of freedom, 0.1 the standard deviation
    assert point.interval == pytest.approx((0.6 - 4.303 * 0.1 / 3**0.5, 0.6 + 4.303 * 0.1 / 3**0.5), abs=1e-4)
    assert Point("frozen", 5, (0.5,)).interval == (0, 1)


@pytest.mark.long
def test_the_bundled_network_beats_one_from_scratch_where_labels_are_few():
    model = featviz.load_model("shapes-resnet")
    data = finished(
        load_training_data(ImageSet.bundled("shapes", 500), resolution=64, labels="shape", held_out=0.5)
    )
    result = finished(label_efficiency(model, data, labels=(10,), steps=60, rate=0.01))
    scratch = result.point("from_scratch", 10)
    for approach in ("frozen", "fine_tuned"):
        point = result.point(approach, 10)
        assert point.interval[0] > scratch.interval[1]
