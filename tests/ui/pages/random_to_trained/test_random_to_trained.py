"""The page From random to trained: a finished run at first sight, and any epoch of it by link."""

import numpy as np
import pytest

from featviz.training.bundle.runs import RUNS
from featviz.ui.pages.random_to_trained.controls import FilmRequest
from featviz.ui.pages.random_to_trained.frames import film_frames
from featviz.ui.state.jobs import end_all
from featviz.ui.state.training.bundled_runs import open_run
from tests.test_pages import assert_sound, open_page, until


@pytest.fixture(autouse=True)
def nothing_runs_on():
    yield
    end_all()


def test_a_finished_run_is_seen_before_anything_is_touched():
    app = until(open_page("random_to_trained"), "after epoch 12,")
    assert_sound(app)
    assert not app.error
    assert app.slider(key="film_epoch").value == 12


def test_a_link_opens_run_layer_and_epoch():
    app = until(
        open_page("random_to_trained", film_run="digits", film_layer="features.block1", film_epoch="3"),
        "after epoch 3,",
    )
    assert app.selectbox(key="film_layer").value == "features.block1"
    assert app.slider(key="film_epoch").value == 3


@pytest.mark.parametrize("name", RUNS)
def test_every_run_that_comes_along_opens(name):
    app = until(open_page("random_to_trained", film_run=name), "held-out images, which")
    assert_sound(app)
    assert not app.error


def test_kernels_are_those_of_the_epoch():
    run = open_run("digits")
    frames = film_frames(FilmRequest("digits", run, "features.block1", 3, "pca"))
    assert len(frames) == len(run.epochs)
    assert {each.shape for each in frames} == {(3, 288, 288, 3)}
    assert all(np.array_equal(each[2], frames[0][2]) for each in frames)  # the image does not change
    assert not np.array_equal(frames[0][1], frames[-1][1])
