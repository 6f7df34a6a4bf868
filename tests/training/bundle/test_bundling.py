from dataclasses import replace

import pytest

from featviz.models.sources import bundled
from featviz.training.bundle import bundling
from featviz.training.bundle.accuracy import accuracies
from featviz.training.bundle.recipes import RECIPES

NAME = "digits-cnn"


@pytest.fixture
def short(monkeypatch, tmp_path):
    """A recipe of two epochs, and the folder of the bundled networks out of the way."""
    recipe = replace(RECIPES[NAME], epochs=2)
    monkeypatch.setitem(RECIPES, NAME, recipe)
    monkeypatch.setattr(bundled, "NETWORKS", tmp_path)
    return recipe


def test_training_writes_every_stage_and_a_card_that_tells_the_truth(short, tmp_path):
    *_, last = bundling.train_bundled(NAME, folder=tmp_path)
    card = bundled.bundled_card(NAME)
    assert [stage.name for stage in card.stages] == ["random", *short.stages]
    assert (card.stages[0].step, card.stages[-1].step) == (0, last.step)
    assert card.stages[-1].images_seen == last.step * short.batch
    for stage in card.stages:
        again = accuracies(bundled.build_bundled(NAME, stage.name), short.held_out(), short)
        assert again == stage.accuracy
