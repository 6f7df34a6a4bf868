"""A network described as plain data is the same in another process."""

import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from featviz.data.sets.image_set import ImageSet
from featviz.errors import BadCheckpoint, BadInput, FeatvizError
from featviz.models.model import Model
from featviz.models.sources.load import load_model
from featviz.models.sources.spec import ModelSpec
from featviz.models.wrapping import wrap_model

ROOT = Path(__file__).parents[3]
ASK = """
import json, pickle, sys
specs, images = pickle.load(sys.stdin.buffer)
for spec in specs:
    model = spec.load()
    logits = model.logits(model.preprocess([each.image for each in images]))
    print(json.dumps([model.fingerprint, logits.tolist()]))
"""


def checkpoint(path: Path) -> Path:
    module = load_model("torchvision/squeezenet1_1", weights=None, seed=3).module
    safetensors.torch.save_file(module.state_dict(), path)
    return path


def loaded(kind: str, folder: Path) -> Model:
    if kind == "checkpoint":
        return load_model("torchvision/squeezenet1_1", weights=checkpoint(folder / "own.safetensors"))
    if kind == "random":
        return load_model("digits-cnn", weights=None, seed=11)
    return load_model("digits-cnn", weights="default" if kind == "trained" else "random")


def test_another_process_loads_the_same_and_it_answers_alike(tmp_path: Path) -> None:
    models = [loaded(kind, tmp_path) for kind in ("trained", "stage", "random", "checkpoint")]
    images = ImageSet.bundled("digits", 3)
    sent = pickle.dumps(([ModelSpec.of(model) for model in models], images))
    assert len(sent) < 10_000
    done = subprocess.run([sys.executable, "-c", ASK], input=sent, cwd=ROOT, capture_output=True, check=True)
    for model, line in zip(models, done.stdout.splitlines(), strict=True):
        fingerprint, logits = json.loads(line)
        assert fingerprint == model.fingerprint
        expected = model.logits(model.preprocess([each.image for each in images])).numpy()
        np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-5)


def test_a_relative_path_is_found_from_another_folder(tmp_path: Path, monkeypatch) -> None:
    checkpoint(tmp_path / "own.safetensors")
    monkeypatch.chdir(tmp_path)
    spec = ModelSpec.of(load_model("torchvision/squeezenet1_1", weights="own.safetensors"))
    monkeypatch.chdir("/")
    assert spec.load().fingerprint == spec.fingerprint


def test_other_weights_in_the_same_place_are_told(tmp_path: Path) -> None:
    spec = ModelSpec.of(loaded("checkpoint", tmp_path))
    other = load_model("torchvision/squeezenet1_1", weights=None, seed=4).module
    safetensors.torch.save_file(other.state_dict(), tmp_path / "own.safetensors")
    with pytest.raises(BadCheckpoint, match="others than when"):
        spec.load()


def test_a_hostile_file_in_its_place_is_read_as_guardedly(tmp_path: Path) -> None:
    """What would write a file when it is unpickled does not."""
    spec = ModelSpec.of(loaded("checkpoint", tmp_path))

    class Touch:
        def __reduce__(self):
            return open, (str(tmp_path / "touched"), "w")

    torch.save(Touch(), tmp_path / "own.safetensors")
    with pytest.raises(FeatvizError):
        spec.load()
    assert not (tmp_path / "touched").exists()


def test_what_nothing_could_load_again_is_refused(tmp_path: Path) -> None:
    own = wrap_model(torch.nn.Flatten(), name="own", transform=lambda _: torch.zeros(3, 4, 4), input_size=4)
    data = checkpoint(tmp_path / "own.safetensors").read_bytes()
    for model in (own, load_model("torchvision/squeezenet1_1", weights=data)):
        with pytest.raises(BadInput, match="wrapped"):
            ModelSpec.of(model)
