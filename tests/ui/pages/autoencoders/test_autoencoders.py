"""The page Autoencoders: what is said of the errors is what network and PCA give."""

import pytest

from featviz.analysis.reconstructions import pca_reconstructions, reconstructions
from featviz.training.bundle.runs import bundled_run
from tests.test_pages import assert_sound, open_page, said


@pytest.fixture(scope="module")
def run():
    return bundled_run("digits-autoencoder")


def test_both_errors_are_said_before_anything_is_touched(run):
    app = open_page("autoencoders")
    assert_sound(app)
    assert not app.error
    network = run.task.network.eval()
    ours = reconstructions(network, run.data, run.data.held_out).error
    theirs = pca_reconstructions(run.data, run.data.held_out, 2).error
    assert ours < theirs
    words = said(app)
    assert f"**{ours:.3f}** for the autoencoder" in words
    assert f"**{theirs:.3f}** for PCA with 2 components" in words


def test_a_link_opens_order_and_images():
    app = open_page("autoencoders", code_order="worst", code_first="7", code_second="12")
    assert_sound(app)
    assert app.number_input(key="code_first").value == 7
    assert app.number_input(key="code_second").value == 12


def test_a_run_that_is_gone_is_said():
    app = open_page("autoencoders", code_run="trained/conv_autoencoder-0123456789")
    assert not app.exception
    assert "which is not here. Handwritten digits, variational autoencoder is shown" in said(app)
