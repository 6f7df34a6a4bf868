"""The runs that come along: they open without training, and what is told of them is measured."""

import pytest

from featviz.errors import BadInput
from featviz.training.bundle.runs import FOLDER, RUNS, bundled_run


@pytest.mark.parametrize("name", ["digits", "digits-autoencoder"])
def test_what_is_told_of_a_run_is_what_its_networks_give(name):
    run = bundled_run(name)
    assert [epoch.number for epoch in run.epochs] == list(range(RUNS[name].epochs + 1))
    assert len(run.steps) == run.total_steps
    assert run.is_finished
    for epoch in (run.epochs[-1], run.epochs[0]):
        run.task.network.load_state_dict(dict(epoch.weights))
        for key, value in run.task.measure().items():
            assert epoch.metrics[key] == pytest.approx(value, rel=2e-3)


def test_the_runs_show_that_something_was_learned():
    digits, rebuilt = (bundled_run(name) for name in ("digits", "digits-autoencoder"))
    assert digits.epochs[-1].metrics["held_out_accuracy"] > 0.95
    assert digits.epochs[0].metrics["held_out_accuracy"] < 0.3
    assert rebuilt.epochs[-1].metrics["held_out_loss"] < 0.3 * rebuilt.epochs[0].metrics["held_out_loss"]
    model = digits.epochs[-1].model
    assert model.classes == digits.data.classes


def test_all_runs_are_there_and_together_small():
    assert all((FOLDER / name / "card.json").exists() for name in RUNS)
    assert sum(file.stat().st_size for file in FOLDER.rglob("*") if file.is_file()) < 12e6
    with pytest.raises(BadInput, match="No run called"):
        bundled_run("nothing")
