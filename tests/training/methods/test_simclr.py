"""Contrastive learning: the loss has the values that its formula gives by hand, and features come without labels."""

import math

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Generator
from torch.nn.functional import normalize

from featviz import ImageSet
from featviz.errors import BadInput
from featviz.progress import finished
from featviz.training.data import load_training_data
from featviz.training.learning import learn
from featviz.training.measuring import batched
from featviz.training.methods.losses import alignment, nt_xent, similarities, uniformity
from featviz.training.methods.simclr import draw_views, nearest_neighbor_accuracy
from featviz.training.run import prepare


@pytest.fixture(scope="module")
def digits():
    return finished(load_training_data(ImageSet.bundled("digits", 300), resolution=16))


def test_collinear_embeddings_are_guessed_among_all_others():
    for count in (2, 5, 16):
        same = torch.ones(count, 8).double()
        assert float(nt_xent(same, 3 * same, 0.3)) == pytest.approx(math.log(2 * count - 1))


def test_orthogonal_pairs_that_match_have_the_value_of_the_formula():
    for count, temperature in ((4, 0.5), (8, 0.1)):
        unit = torch.eye(count).double()
        expected = math.log(math.exp(1 / temperature) + 2 * count - 2) - 1 / temperature
        assert float(nt_xent(unit, 2 * unit, temperature)) == pytest.approx(expected)


def test_the_loss_is_symmetric_in_its_views_and_that_of_the_formula_term_by_term():
    first, second = torch.randn(2, 7, 5, generator=Generator().manual_seed(0), dtype=torch.float64)
    value = float(nt_xent(first, second, 0.2))
    assert value == pytest.approx(float(nt_xent(second, first, 0.2)))
    z = normalize(torch.cat([first, second]), dim=1).numpy()
    terms = []
    for i in range(14):
        others = [math.exp(z[i] @ z[k] / 0.2) for k in range(14) if k != i]
        terms.append(-math.log(math.exp(z[i] @ z[(i + 7) % 14] / 0.2) / sum(others)))
    assert value == pytest.approx(np.mean(terms))


def test_alignment_and_uniformity_of_known_embeddings():
    unit = torch.eye(4)
    assert alignment(unit, 5 * unit) == pytest.approx(0)
    assert alignment(unit, -unit) == pytest.approx(4)
    assert uniformity(torch.ones(5, 3)) == pytest.approx(0)
    assert uniformity(unit) == pytest.approx(-4)  # all distances are the square root of 2
    torch.testing.assert_close(similarities(3 * unit), unit)


def test_both_views_of_a_seed_are_drawn_again_and_differ(digits):
    first, again = (draw_views(digits, digits.held_out, Generator().manual_seed(4)) for _ in range(2))
    assert torch.equal(first.first, again.first)
    assert not torch.equal(first.first, first.second)


def test_features_come_from_before_the_head_and_votes_are_scikit_learns(digits):
    run = finished(learn(prepare("cnn", digits, method="simclr", epochs=8, depth=2, width=8)))
    model = run.epochs[-1].model
    assert model.outputs == "embedding"
    x = model.preprocess([ImageSet.bundled("digits", 300)[index].image for index in range(4)])
    assert model.replica()(x).shape == (4, 16)
    assert run.epochs[-1].metrics["held_out_loss"] < run.epochs[0].metrics["held_out_loss"]
    network = run.task.network.eval()
    known, asked = (
        normalize(batched(network, digits, part), dim=1).numpy()
        for part in (digits.training, digits.held_out)
    )
    theirs = KNeighborsClassifier(20, metric="cosine", weights=lambda distance: np.exp(1 - distance))
    theirs.fit(known, digits.labels[digits.training])
    expected = theirs.score(asked, digits.labels[digits.held_out])
    assert nearest_neighbor_accuracy(network, digits) == pytest.approx(expected, abs=0.02)


def test_a_network_without_a_head_is_refused(digits):
    with pytest.raises(BadInput, match="not that of a linear layer"):
        prepare("conv_autoencoder", digits, method="simclr")


@pytest.mark.long
def test_features_learned_without_labels_tell_textures_better_than_any_untrained_layer():
    data = finished(
        load_training_data(ImageSet.bundled("shapes", 3000), resolution=32, labels="texture", held_out=1 / 3)
    )
    run = prepare(
        "cnn", data, method="simclr", epochs=25, batch=128, rate=4e-3, temperature=0.2, width=24, depth=3
    )
    untrained = max(probed(run.task.network.eval(), data, name) for name in LAYERS)
    finished(learn(run, measure_each=False))
    learned = probed(run.task.network.eval(), data, "features.block3")
    assert learned > untrained + 0.15


LAYERS = tuple(
    f"features.block{number}{part}" for number in (1, 2, 3) for part in ("", ".norm", ".activation")
)


def probed(network, data, layer):
    """The accuracy on held-out images of logistic regression on a layer, averaged over positions."""
    outputs = []
    watched = network.get_submodule(layer).register_forward_hook(
        lambda _, __, output: outputs.append(output.mean((2, 3)))
    )
    batched(network, data, torch.arange(len(data.images)))
    watched.remove()
    features = torch.cat(outputs).numpy()
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500, tol=1e-3))
    probe.fit(features[data.training], data.labels[data.training])
    return probe.score(features[data.held_out], data.labels[data.held_out])
