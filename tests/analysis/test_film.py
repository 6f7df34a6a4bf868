"""The film of a run: each frame is what the library says of that epoch's network."""

import copy
import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from featviz import ImageSet, embed, record, similarity
from featviz.analysis.film import film, probe_features
from featviz.errors import BadInput
from featviz.progress import finished
from featviz.store.store import Store
from featviz.training.data import load_training_data
from featviz.training.learning import learn
from featviz.training.run import prepare

LAYER = "features.block2"


@pytest.fixture(scope="module")
def run():
    data = finished(load_training_data(ImageSet.bundled("digits", 300), resolution=16))
    return finished(learn(prepare("cnn", data, epochs=4, batch=32, width=8)))


@pytest.fixture(scope="module")
def seen(run):
    return finished(film(tuple(run.epochs), LAYER))


def test_features_of_a_frame_are_those_that_the_library_records(run):
    epoch, positions = run.epochs[-1], run.data.held_out[:20]
    ours = probe_features(copy.deepcopy(run.task.network).eval(), epoch, LAYER, positions)
    images = ImageSet.bundled("digits", 300)
    vectors = embed(epoch.model, images, LAYER, store=Store(None)).vectors
    np.testing.assert_allclose(ours, vectors[positions.numpy()], atol=1e-4)
    x = epoch.model.preprocess([images[int(index)].image for index in positions])
    recorded = record(epoch.model, x, [LAYER])[LAYER].mean((2, 3)).numpy()
    np.testing.assert_allclose(ours, recorded, atol=1e-4)


def test_similarity_begins_at_the_start_and_ends_at_the_end(run, seen):
    assert [frame.number for frame in seen.frames] == [0, 1, 2, 3, 4]
    assert seen.frames[0].similarity_to_start == pytest.approx(1)
    assert seen.frames[-1].similarity_to_end == pytest.approx(1)
    assert seen.frames[0].similarity_to_end == pytest.approx(seen.frames[-1].similarity_to_start)
    network = copy.deepcopy(run.task.network).eval()
    first, last = (
        probe_features(network, run.epochs[number], LAYER, run.data.held_out[:256]) for number in (0, -1)
    )
    assert seen.frames[-1].similarity_to_start == pytest.approx(similarity(first, last, "cka_debiased"))
    assert seen.frames[-1].similarity_to_start < 0.99


def test_training_makes_neighbors_of_a_class():
    data = finished(load_training_data(ImageSet.bundled("digits", 600), resolution=16))
    run = finished(learn(prepare("cnn", data, epochs=8, batch=32, width=8)))
    first, *_, last = finished(film(tuple(run.epochs), "features")).frames
    assert last.neighbor_accuracy > first.neighbor_accuracy + 0.1


def test_a_unit_that_was_silenced_is_counted_as_dead(run, seen):
    weights = {name: value.clone() for name, value in run.epochs[-1].weights.items()}
    for name in ("weight", "bias"):
        weights[f"features.block2.norm.{name}"][3] = 0
    silenced = replace(run.epochs[-1], weights=weights)
    one = finished(film((silenced,), LAYER))
    assert one.frames[0].dead_units == seen.frames[-1].dead_units + 1
    assert one.frames[0].units == 16


def test_maps_laid_over_each_other_move_less_than_maps_that_are_not(run, seen):
    alone = [finished(film((epoch,), LAYER)).frames[0].points for epoch in run.epochs]

    def moved(maps):
        return sum(float(np.linalg.norm(after - before)) for before, after in itertools.pairwise(maps))

    assert moved([frame.points for frame in seen.frames]) < moved(alone)
    np.testing.assert_array_equal(alone[0], seen.frames[0].points)


def test_the_run_stays_as_it_was(run):
    before = {name: value.clone() for name, value in run.task.network.state_dict().items()}
    finished(film(tuple(run.epochs[:2]), LAYER, images=16))
    assert all(torch.equal(value, before[name]) for name, value in run.task.network.state_dict().items())


def test_what_cannot_be_filmed_is_refused(run):
    with pytest.raises(BadInput, match="no layer named"):
        finished(film(tuple(run.epochs), "nothing"))
    with pytest.raises(BadInput, match="at least one epoch"):
        finished(film((), LAYER))
