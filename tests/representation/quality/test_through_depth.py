"""Report cards of several layers in one pass."""

import importlib
import time

import pytest

from featviz.data.sets.image_set import ImageSet
from featviz.errors import LayerNotFound
from featviz.models.sources.load import load_model
from featviz.progress import finished
from featviz.representation.extraction.extract import embed
from featviz.representation.quality import MEASURES, report, through_depth
from featviz.representation.quality.through_depth import is_complete, without_robustness
from featviz.store.store import Store

LAYERS = ("relu1", "relu3")


@pytest.fixture(scope="module")
def network():
    return load_model("digits-cnn")


def last_cards(model, images):
    layers = ["relu1", "relu2", "relu3"]
    return finished(through_depth(model, images, layers, disturbed=False, store=Store(None)))


def test_the_cards_are_those_of_each_layer_alone(network):
    digits = ImageSet.bundled("digits", 60)
    seen = list(through_depth(network, digits, LAYERS, disturbed=False, seed=4, store=Store(None)))
    cards = seen[-1].result
    assert list(cards) == list(LAYERS)
    for layer in LAYERS:
        alone = report(embed(network, digits, layer, store=Store(None)), seed=4)
        assert {name: each.value for name, each in cards[layer].measurements.items()} == pytest.approx(
            {name: each.value for name, each in alone.measurements.items()}
        )
    assert [each.done for each in seen] == sorted(each.done for each in seen)
    assert seen[-1].done == seen[-1].total
    assert [len(each.result or ()) for each in seen][-len(MEASURES) - 1 :] == [2] * (len(MEASURES) + 1)


def test_cards_are_there_before_the_images_are_disturbed(network):
    digits = ImageSet.bundled("digits", 30)
    seen = list(through_depth(network, digits, LAYERS, store=Store(None)))
    while_disturbing = [each for each in seen if each.note.startswith("embedding corrupted images")]
    assert all(list(each.result) == list(LAYERS) for each in while_disturbing)
    assert all(each.result["relu3"]["knn_accuracy"].value is not None for each in while_disturbing)
    card = seen[-1].result["relu1"]
    assert list(card.measurements) == [each.id for each in MEASURES]
    assert 0 < card["feature_stability"].value < 1
    assert [each.done for each in seen] == sorted(each.done for each in seen)
    assert seen[-1].done == seen[-1].total


def test_libraries_that_load_slowly_do_not_make_every_layer_slow(network, monkeypatch):
    module = importlib.import_module("featviz.representation.quality.through_depth")
    monkeypatch.setattr(module, "load_libraries", lambda: time.sleep(3))
    digits = ImageSet.bundled("digits", 30)
    seen = list(through_depth(network, digits, LAYERS, disturbed=False, store=Store(None)))
    assert max(each.seconds_left for each in seen) < 3


def test_training_draws_the_classes_apart_and_depth_does_it_step_by_step():
    digits, measures = ImageSet.bundled("digits", 200), ("silhouette", "distance_ratio")
    trained, untrained = (
        last_cards(load_model("digits-cnn", weights=stage), digits) for stage in ("default", "random")
    )
    silhouettes, ratios = ([card[name].value for card in trained.values()] for name in measures)
    assert silhouettes == sorted(silhouettes)
    assert ratios == sorted(ratios, reverse=True)
    assert silhouettes[-1] > max(card["silhouette"].value for card in untrained.values()) + 0.1


def test_work_that_was_ended_is_taken_up_again(network, tmp_path):
    digits, store = ImageSet.bundled("digits", 80), Store(tmp_path)
    run = through_depth(network, digits, LAYERS, disturbed=False, store=store)
    while "relu3" not in (last := next(run)).result:
        pass
    run.close()
    assert is_complete(last.result["relu1"], disturbed=False)
    known = {"relu1": last.result["relu1"]}
    again = list(through_depth(network, digits, LAYERS, disturbed=False, store=store, known=known))
    assert not [each for each in again if each.note.startswith("relu1")]
    assert again[0].result == known and again[-1].result["relu1"] is known["relu1"]
    expected = last_cards(network, digits)
    assert again[-1].result["relu3"]["linear_probe"].value == expected["relu3"]["linear_probe"].value


def test_where_robustness_alone_is_missing_it_alone_is_measured(network):
    digits = ImageSet.bundled("digits", 30)
    plain = finished(through_depth(network, digits, LAYERS, disturbed=False, store=Store(None)))
    assert not is_complete(plain["relu1"], disturbed=True)
    seen = list(through_depth(network, digits, LAYERS, store=Store(None), known=plain))
    assert {each.note.partition(":")[0] for each in seen} == {
        "embedding the images",
        "embedding corrupted images",
        *(f"{layer}, Corruption robustness" for layer in LAYERS),
        "",
    }
    whole = finished(through_depth(network, digits, LAYERS, store=Store(None)))
    for layer in LAYERS:
        both = [cards[layer].measurements for cards in (whole, seen[-1].result)]
        assert list(both[0]) == list(both[1])
        assert [each.value for each in both[0].values()] == [each.value for each in both[1].values()]
    left_out = without_robustness(whole["relu1"])["feature_stability"]
    assert left_out.sentence == plain["relu1"]["feature_stability"].sentence


def test_a_layer_that_is_not_there_is_refused(network):
    with pytest.raises(LayerNotFound):
        next(through_depth(network, ImageSet.bundled("digits", 5), ["stage9"]))
