import sys

import pytest

from featviz.training import __main__ as command


def test_measuring_prints_every_stage_and_trains_nothing(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["training", "--measure", "digits-cnn"])
    command.main()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["random", "1-64th", "1-16th", "1-4th", "trained"]
    assert lines[-1].endswith("of 500 held out")


def test_an_unknown_network_is_refused_before_anything_runs(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["training", "resnet50"])
    with pytest.raises(SystemExit):
        command.main()
    assert "shapes-resnet, shapes-vit, digits-cnn" in capsys.readouterr().err
