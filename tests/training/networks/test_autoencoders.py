"""Autoencoders: codes of the sizes that textbooks give, and what a linear one learns is what PCA computes."""

import numpy as np
import pytest
import torch
from scipy.linalg import subspace_angles
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier
from torch import Generator, nn
from torch.distributions import Normal, kl_divergence

from featviz import ImageSet, embed
from featviz.analysis.reconstructions import (
    as_images,
    decoded,
    encoded,
    interpolation,
    pca_reconstructions,
    reconstructions,
    traversal,
)
from featviz.errors import BadInput
from featviz.progress import finished
from featviz.representation.extraction.feature_layer import feature_layer
from featviz.training.data import load_training_data
from featviz.training.input_shape import InputShape
from featviz.training.learning import learn
from featviz.training.methods.reconstruction import divergence, split_output
from featviz.training.networks.autoencoders import convolutional, dense
from featviz.training.run import prepare


def loaded(length=500, resolution=16, **options):
    return finished(load_training_data(ImageSet.bundled("digits", length), resolution=resolution, **options))


@pytest.fixture(scope="module")
def digits():
    return loaded()


def trained(data, network, **options):
    return finished(learn(prepare(network, data, method="reconstruction", **options)))


def test_codes_have_the_sizes_that_textbooks_give():
    samples = torch.rand(100, 10, generator=Generator().manual_seed(0))
    assert dense((10,), (5,), "relu", code="relu").encode(samples).shape == (100, 5)
    deep = dense((20,), (10, 5), "relu", code="linear")
    wide = torch.rand(100, 20, generator=Generator().manual_seed(0))
    hidden = deep.encoder.get_submodule("hidden1")(wide)
    assert hidden.shape == (100, 10)
    assert deep.encode(wide).shape == (100, 5)
    assert deep(wide).shape == (100, 20)
    images = torch.rand(100, 1, 28, 28, generator=Generator().manual_seed(0))
    network = convolutional(InputShape(1, 28), (16, 32), "relu", code=0)
    assert network.encode(images).shape == (100, 1568)
    assert network(images).shape == (100, 1, 28, 28)


@pytest.mark.parametrize("pixels", [16, 21, 28, 33])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_images_of_any_size_are_rebuilt_in_that_size(pixels, depth):
    network = convolutional(InputShape(3, pixels), [4] * depth, "relu", code=6)
    assert network(torch.zeros(2, 3, pixels, pixels)).shape == (2, 3, pixels, pixels)


@pytest.mark.parametrize("order", [lambda code, image: (code, image), lambda code, image: [image, code]])
def test_code_and_reconstruction_are_told_apart_in_either_order(order, digits):
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.network = dense((3, 16, 16), (4,), "relu", code="relu")

        def forward(self, x):
            code = self.network.encode(x)
            return order(code, self.network.decode(code))

    images = digits.normalized(digits.images[:3])
    network = Own()
    code, rebuilt = split_output(network(images), images)
    assert code.shape == (3, 4)
    assert torch.equal(rebuilt, network.network(images))
    run = trained(digits, network, epochs=1)
    assert run.epochs[-1].model.outputs == "reconstruction"


def test_networks_that_rebuild_nothing_are_refused(digits):
    with pytest.raises(BadInput, match=r"one output of the input's shape \(3, 16, 16\); \(10,\) came"):
        prepare("cnn", digits, method="reconstruction")
    with pytest.raises(BadInput, match="10 outputs, one for each class"):
        prepare("autoencoder", digits)


def test_a_linear_autoencoder_learns_the_subspace_of_pca(digits):
    run = trained(
        digits, "autoencoder", activation="linear", code=4, epochs=400, rate=2e-2, batch=100, weight_decay=0.0
    )
    network = run.task.network.eval()
    ours = reconstructions(network, digits, digits.training)
    theirs = pca_reconstructions(digits, digits.training, 4)
    assert theirs.error <= ours.error <= 1.02 * theirs.error
    flat = digits.normalized(digits.images[digits.training]).flatten(1).numpy()
    components = PCA(4, svd_solver="full").fit(flat).components_.T
    decoder = network.decoder.get_submodule("hidden1.linear").weight.detach().numpy()
    assert np.degrees(subspace_angles(components, decoder)).max() < 8


def test_the_code_is_the_representation_that_other_pages_take(digits):
    run = trained(digits, "conv_autoencoder", epochs=1, code=6)
    model, images = run.epochs[-1].model, ImageSet.bundled("digits", 20)
    embeddings = embed(model, images, feature_layer(model))
    x = model.preprocess([images[index].image for index in range(20)])
    with torch.no_grad():
        expected = run.task.network.eval().encode(x).numpy()
    np.testing.assert_allclose(embeddings.vectors, expected, atol=1e-4)


def test_errors_and_walks_are_those_of_the_network(digits):
    run = trained(digits, "variational_autoencoder", epochs=2, code=3)
    network = run.task.network.eval()
    rebuilt = reconstructions(network, digits, digits.held_out)
    assert rebuilt.error == pytest.approx(run.epochs[-1].metrics["held_out_loss"], rel=1e-4)
    codes = encoded(network, digits, digits.held_out)
    torch.testing.assert_close(decoded(network, codes), rebuilt.images)
    line = interpolation(codes[0], codes[1], 5)
    np.testing.assert_allclose(line[[0, -1]], codes[:2], atol=1e-6)
    np.testing.assert_allclose(line[2], codes[:2].mean(0), atol=1e-5)
    walk = traversal(codes[0], 1, -2, 2, 5)
    np.testing.assert_allclose(walk[:, 1], [-2, -1, 0, 1, 2])
    np.testing.assert_allclose(walk[:, [0, 2]], np.repeat(codes[:1, [0, 2]], 5, 0))
    shown = as_images(digits, digits.normalized(digits.images[:4]))
    assert np.array_equal(shown, digits.images[:4].permute(0, 2, 3, 1).numpy())


def test_the_divergence_is_torchs():
    generator = Generator().manual_seed(0)
    mean, log_variance = torch.randn(2, 6, 5, generator=generator)
    expected = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0, 1)).sum(1).mean()
    torch.testing.assert_close(divergence(mean, log_variance), expected)


def test_noise_is_learned_to_be_taken_away(digits):
    plain = trained(digits, "conv_autoencoder", epochs=40, code=0, seed=1)
    denoising = trained(digits, "conv_autoencoder", epochs=40, code=0, seed=1, noise=0.7)
    images = digits.normalized(digits.images[digits.held_out])
    noisy = images + 0.7 * torch.randn(images.shape, generator=Generator().manual_seed(3))
    with torch.no_grad():
        errors = [
            float((run.task.network.eval()(noisy) - images).square().mean()) for run in (plain, denoising)
        ]
    assert errors[1] < 0.6 * errors[0]


@pytest.mark.long
def test_eight_numbers_of_a_convolutional_autoencoder_tell_digits_apart_better_than_pca():
    data = loaded(1797, held_out=500 / 1797)
    run = trained(
        data, "conv_autoencoder", epochs=60, code=8, width=24, rate=4e-3, batch=32, activation="gelu", seed=0
    )
    ours = {
        part: encoded(run.task.network.eval(), data, getattr(data, part)) for part in ("training", "held_out")
    }
    theirs = {part: pca_reconstructions(data, getattr(data, part), 8) for part in ("training", "held_out")}
    right = [
        KNeighborsClassifier(5)
        .fit(codes["training"], data.labels[data.training])
        .score(codes["held_out"], data.labels[data.held_out])
        for codes in (ours, {part: each.codes for part, each in theirs.items()})
    ]
    assert right[0] > right[1]
    assert run.epochs[-1].metrics["held_out_loss"] < theirs["held_out"].error
