"""Images to learn from: read as the network will see them, and divided by class."""

import pytest
import torch

import featviz
from featviz import ImageSet
from featviz.errors import BadInput
from featviz.progress import finished
from featviz.training.data import load_training_data


def loaded(name="shapes", length=160, **options):
    return finished(load_training_data(ImageSet.bundled(name, length), **{"resolution": 32, **options}))


def test_images_are_what_the_trained_network_will_see():
    data, images = loaded("photos", None), ImageSet.bundled("photos")
    seen = torch.stack([data.preprocessing(images[index].image) for index in range(len(images))])
    torch.testing.assert_close(data.normalized(data.images), seen, atol=1e-6, rtol=0)
    torch.testing.assert_close(data.pixels(seen) * 255, data.images.float(), atol=1e-3, rtol=0)


def test_normalized_training_images_have_mean_0_and_standard_deviation_1():
    data = loaded()
    values = data.normalized(data.images[data.training]).double().transpose(0, 1).flatten(1)
    torch.testing.assert_close(values.mean(1), torch.zeros(3).double(), atol=1e-5, rtol=0)
    torch.testing.assert_close(values.std(1, unbiased=False), torch.ones(3).double(), atol=1e-5, rtol=0)


def test_each_class_is_divided_alike_and_nothing_is_on_both_sides():
    data = loaded("digits", 500, held_out=0.2)
    assert sorted([*data.training.tolist(), *data.held_out.tolist()]) == list(range(500))
    for trained, held in data.counts.values():
        assert held == round(0.2 * (trained + held))


def test_factors_are_labels_where_they_are_known():
    data, images = loaded(labels="texture"), ImageSet.bundled("shapes", 160)
    assert len(data.classes) == 8
    assert all(data.classes[int(data.labels[index])] == images.factors(index).texture for index in range(160))
    with pytest.raises(BadInput, match="no texture"):
        loaded("digits", 100, labels="texture")


def test_more_images_than_memory_is_set_aside_for_are_refused_before_any_is_read():
    with pytest.raises(
        BadInput, match=r"10,000 images of 128 × 128 pixels take 468 MB .* at most 6,400 images"
    ):
        loaded(length=10_000, resolution=128)


def test_a_network_sees_images_through_its_own_preprocessing():
    model, images = featviz.load_model("shapes-resnet"), ImageSet.bundled("shapes", 8)
    data = loaded(length=8, resolution=64).seen_by(model)
    seen = model.preprocess([images[index].image for index in range(8)])
    torch.testing.assert_close(data.normalized(data.images), seen, atol=1e-6, rtol=0)
    with pytest.raises(BadInput, match="takes 3 channels of 64 x 64"):
        loaded(length=8).seen_by(model)
