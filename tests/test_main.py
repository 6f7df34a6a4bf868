"""The command line: the same work in the same store as the library's."""

from pathlib import Path

import numpy as np
import pytest

from featviz.__main__ import main
from featviz.data.sets.image_set import ImageSet
from featviz.models.sources.load import load_model
from featviz.representation.embeddings import Embeddings
from featviz.representation.extraction import extract
from featviz.representation.extraction.extract import embed
from featviz.store.store import Store
from tests.representation.sets import pictures


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, data in pictures(5, damaged=(2,)):
        (tmp_path / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "set" / name).write_bytes(data)
    return tmp_path / "set"


def test_the_command_line_and_the_library_share_the_store(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store, out = folder.parent / "store", folder.parent / "out"
    command = ["embed", str(folder), "--model", "shapes-resnet", "--layer", "stage3", "stage2"]
    assert main([*command, "--store", str(store), "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert "stage3 mean: 4 x" in said.out and "left out: a/002.jpg" in said.err

    def no_pass(*_: object) -> None:
        raise AssertionError("a pass was run")

    monkeypatch.setattr(extract, "FeatureExtractor", no_pass)
    found = embed(load_model("shapes-resnet"), ImageSet.from_folder(folder), "stage2", store=Store(store))
    written = Embeddings.load(out / "stage2.safetensors")
    np.testing.assert_array_equal(found.vectors, written.vectors)
    assert found.ids == written.ids == ("a/000.jpg", "a/004.jpg", "b/001.jpg", "b/003.jpg")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere", "--model", "shapes-resnet", "--layer", "stage3"], "no folder, no zip"),
        (["photos", "--model", "shapes-resnot", "--layer", "stage3"], "shapes-resnot"),
        (["photos", "--model", "shapes-resnet", "--layer", "stage33"], "no layer named 'stage33'"),
    ],
)
def test_refusals_are_sentences(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["embed", *arguments, "--store", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert sentence in said and "Traceback" not in said
