"""Embeddings are what `record` gives for every picture alone, whatever happens on the way."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from featviz.data.sets.image_set import ImageSet
from featviz.errors import BadInput, LayerNotFound
from featviz.models.recording import record
from featviz.models.sources.bundled import BUNDLED
from featviz.models.sources.load import load_model
from featviz.representation.extraction.extract import embed, stream
from featviz.store.store import Store
from tests.data.hostile_archives import png
from tests.representation.sets import Counting, by_hand, counting, pictures, resizing
from tests.toys import InPlace, seeded, wrapped

NOWHERE = Store(None)


@pytest.mark.parametrize("batch", [1, 3, 16])
@pytest.mark.parametrize("check", [True, False])
def test_vectors_are_those_of_single_pictures_in_order(batch: int, check: bool) -> None:
    model, _ = counting()
    files = pictures(11, damaged=(0, 4, 10))
    images = ImageSet.from_files(files, check=check)
    made = embed(model, images, "first", batch=batch, store=NOWHERE)
    good = ImageSet.from_files([each for place, each in enumerate(files) if place not in (0, 4, 10)])
    expected = by_hand(model, good, "first")
    assert made.ids == tuple(expected)
    np.testing.assert_allclose(made.vectors, list(expected.values()), rtol=1e-4, atol=1e-6)
    assert made.labels == tuple("ab"[int(each[2:5]) % 2] for each in made.ids)
    assert {each.name: each.code for each in made.skipped} == {
        files[place][0]: "damaged" for place in (0, 4, 10)
    }


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_networks_executed_fast(name: str) -> None:
    model = load_model(name)
    images = ImageSet.bundled("shapes").subset(range(70))
    layers = [layer.name for layer in model.layers if layer.layout in ("maps", "vector")][1::7]
    *_, last = stream(model, images, layers, store=NOWHERE)
    for layer in layers:
        expected = np.array(list(by_hand(model, images.subset(range(3)), layer).values()))
        scale = np.abs(expected).max()
        np.testing.assert_allclose(last.result[layer].vectors[:3], expected, rtol=1e-4, atol=1e-5 * scale)


@pytest.mark.parametrize("count", range(6))
def test_small_sets(count: int, tmp_path: Path) -> None:
    model, passes = counting()
    images = ImageSet.from_files(pictures(count))
    for _ in range(2):
        made = embed(model, images, "head", store=Store(tmp_path))
        assert len(made) == len(made.vectors) == count
        assert made.ids == tuple(each.id for each in images)
    assert sum(passes) == count
    assert len(embed(model, ImageSet.from_files(pictures(2, damaged=(0, 1))), "head", store=NOWHERE)) == 0


def test_the_second_call_runs_no_pass_and_gives_the_same(tmp_path: Path) -> None:
    model, passes = counting()
    files = pictures(9, damaged=(2,))
    first = embed(model, ImageSet.from_files(files, check=False), "second", store=Store(tmp_path))
    assert sum(passes) == 8
    renamed = [(f"z{name}", data) for name, data in files]
    again, _ = counting()
    second = embed(again, ImageSet.from_files(renamed, check=False), "second", store=Store(tmp_path))
    assert sum(passes) == 8 and second.vectors.tobytes() == first.vectors.tobytes()
    assert second.ids == tuple(f"z{each}" for each in first.ids)
    assert [each.code for each in second.skipped] == ["damaged"]


@pytest.mark.parametrize(
    "change", ["layer", "pool", "weights", "pictures", "order", "options", "transform", "code"]
)
def test_whatever_changes_the_vectors_is_told_apart(change: str, tmp_path: Path) -> None:
    files = pictures(4)
    model, _ = counting()
    store = Store(tmp_path)
    embed(model, ImageSet.from_files(files), "first", pool="grid", store=store)
    asked = {
        "layer": "second" if change == "layer" else "first",
        "pool": "max" if change == "pool" else "grid",
    }
    asked |= {"side": 3} if change == "options" else {}
    files = pictures(5)[1:] if change == "pictures" else files[::-1] if change == "order" else files
    fingerprint = model.fingerprint
    model, passes = counting(int(change == "weights"), Recoded if change == "code" else Counting)
    assert (model.fingerprint == fingerprint) == (change not in ("weights", "code"))
    if change == "transform":
        plain = model.transform
        model = replace(model, transform=lambda image: plain(image) * 2)
        _ = model.layers, model.fingerprint
        passes.clear()
    embed(model, ImageSet.from_files(files), store=store, **asked)
    assert sum(passes) == 4


class Recoded(Counting):
    """The same modules and weights under the same name, computed otherwise."""

    def forward(self, x):
        self.note(len(x))
        return self.head(self.second(self.relu(self.first(-x))).mean((2, 3)))


Recoded.__name__ = "Counting"


def test_several_layers_share_one_pass(tmp_path: Path) -> None:
    model, passes = counting()
    images = ImageSet.from_files(pictures(6))
    *_, last = stream(model, images, ["second", "first"], batch=4, store=Store(tmp_path))
    assert passes == [4, 2]
    assert list(last.result) == ["second", "first"]
    for layer, made in last.result.items():
        np.testing.assert_allclose(
            made.vectors, list(by_hand(model, images, layer).values()), rtol=1e-4, atol=1e-6
        )
    passes.clear()
    embed(model, images, "first", store=Store(tmp_path))
    assert passes == []


def test_what_was_done_when_it_ended_is_taken_up_again(tmp_path: Path) -> None:
    model, passes = counting()
    images = ImageSet.from_files(pictures(10, damaged=(1,)), check=False)
    for _ in range(2):
        run = stream(model, images, "first", batch=2, store=Store(tmp_path))
        assert [next(run).total for _ in range(3)] == [10, 10, 10]
        run.close()
    seen = [
        (each.done, each.fresh) for each in stream(model, images, "first", batch=2, store=Store(tmp_path))
    ]
    assert seen[0] == (8, 0)
    assert seen[-1] == (10, 2)
    assert sum(passes) == 9
    made = embed(model, images, "first", store=Store(tmp_path))
    good = ImageSet.from_files(pictures(10, damaged=(1,)))
    expected = by_hand(model, good, "first")
    assert made.ids == tuple(expected)
    np.testing.assert_allclose(made.vectors, list(expected.values()), rtol=1e-4, atol=1e-6)
    assert [path.suffix for path in tmp_path.iterdir()] == [".embedding"]


def test_pictures_whose_output_is_not_finite_are_left_out() -> None:
    class Dividing(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Identity()

        def forward(self, x):
            return self.layer(x / x.amax((1, 2, 3), keepdim=True))

    images = ImageSet.from_files([("dark.png", _plain(0)), ("light.png", _plain(255))])
    made = embed(wrapped(Dividing()), images, "layer", store=NOWHERE)
    assert (made.ids, [each.name for each in made.skipped]) == (("light.png",), ["dark.png"])


def _plain(value: int) -> bytes:
    return png((value,) * 3, (16, 16))  # type: ignore[arg-type]


def test_memory_that_is_short_halves_the_batch() -> None:
    class Narrow(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Identity()

        def forward(self, x):
            if len(x) > 2:
                raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
            return self.layer(x)

    model = resizing(wrapped(Narrow()))
    images = ImageSet.from_files(pictures(7))
    made = embed(model, images, "layer", store=NOWHERE)
    np.testing.assert_allclose(made.vectors, list(by_hand(model, images, "layer").values()), rtol=1e-4)


def test_a_transform_that_draws_at_random_is_not_kept(tmp_path: Path) -> None:
    model, passes = counting()
    plain, rng = model.transform, np.random.default_rng(0)
    model = replace(model, transform=lambda image: plain(image) + float(rng.normal()))
    _ = model.layers, model.fingerprint
    passes.clear()
    for _ in range(2):
        embed(model, ImageSet.from_files(pictures(3)), "head", store=Store(tmp_path))
    assert sum(passes) == 6
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_changes_meanwhile_spoils_nothing(tmp_path: Path) -> None:
    for name, data in pictures(3):
        (tmp_path / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "set" / name).write_bytes(data)
    model, _ = counting()
    images = ImageSet.from_folder(tmp_path / "set")
    changed = tmp_path / "set" / images[1].id
    before = changed.read_bytes()
    changed.write_bytes(pictures(9)[8][1])
    made = embed(model, images, "head", store=Store(tmp_path / "store"))
    assert (len(made), [each.code for each in made.skipped]) == (2, ["changed"])
    changed.write_bytes(before)
    assert (
        len(embed(model, ImageSet.from_folder(tmp_path / "set"), "head", store=Store(tmp_path / "store")))
        == 3
    )


def test_what_cannot_be_is_refused_by_the_call() -> None:
    model, passes = counting()
    images = ImageSet.from_files(pictures(2))
    with pytest.raises(LayerNotFound, match="fist"):
        stream(model, images, "fist", store=NOWHERE)
    with pytest.raises(BadInput, match="No pooling is called 'median'"):
        stream(model, images, "first", pool="median", store=NOWHERE)
    with pytest.raises(BadInput, match="side takes"):
        stream(model, images, "first", pool="grid", side=0, store=NOWHERE)
    with pytest.raises(BadInput, match="At least one layer"):
        stream(model, images, [], store=NOWHERE)
    with pytest.raises(BadInput, match="no class token"):
        embed(model, images, "first", pool="class_token", store=NOWHERE)
    assert sum(passes) == 2


def test_calls_of_one_module_are_told_apart() -> None:
    model = resizing(wrapped(seeded(InPlace)))
    images = ImageSet.from_files(pictures(2))
    *_, last = stream(model, images, ["relu:0", "relu"], store=NOWHERE)
    for layer, made in last.result.items():
        output = record(model, model.preprocess(images[1].image), layer)[layer]
        np.testing.assert_allclose(made.vectors[1], output.mean((2, 3))[0].numpy(), rtol=1e-4)
