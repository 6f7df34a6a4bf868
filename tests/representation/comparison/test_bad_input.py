"""What cannot be compared is refused in a sentence, and nothing half done is kept."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from featviz import Embeddings, FeatvizError, ImageSet, compare
from featviz.representation.comparison import cell_evidence
from featviz.store.store import Store
from tests.representation.comparison.test_compare import SHAPES, in_place
from tests.representation.sets import pictures, resizing
from tests.toys import seeded, wrapped

NOWHERE = Store(None)


class FailsLater(nn.Module):
    """Takes two batches, then no more."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.passes: list[int] = []

    def forward(self, x: Tensor) -> Tensor:
        self.passes.append(len(x))
        if len(x) > 1 and sum(each > 1 for each in self.passes) > 2:
            raise RuntimeError("the disk of the moon is full")
        return self.conv(x)


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("pool", ["mean", "flatten"])
def test_sets_of_one_to_three_images(count: int, pool: str) -> None:
    model = in_place(0)
    with pytest.raises(FeatvizError, match=f"^{count} images went through every layer .* and 4 are needed"):
        compare(model, model, SHAPES.subset(range(count)), pool=pool, store=NOWHERE)


def test_four_images_are_enough() -> None:
    matrix = compare(in_place(0), in_place(1), SHAPES.subset(range(4)), permutations=9, store=NOWHERE)
    assert np.isfinite(matrix.values).all()
    assert matrix.values.min() >= -1
    assert matrix.values.max() <= 1


@pytest.mark.parametrize("pool", ["mean", "flatten"])
def test_a_network_whose_outputs_are_never_finite(pool: str) -> None:
    broken = seeded(lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3)))
    with torch.no_grad():
        broken[1].weight.fill_(torch.nan)
    model = resizing(wrapped(broken, name="broken"))
    with pytest.raises(FeatvizError, match=r"0 images went through every layer .* not finite"):
        compare(model, in_place(0), SHAPES, pool=pool, store=NOWHERE)


def test_a_network_that_fails_in_the_middle_keeps_no_matrix(tmp_path: Path) -> None:
    store = Store(tmp_path)
    model = resizing(wrapped(seeded(FailsLater), name="failing"))
    with pytest.raises(FeatvizError, match=r"failing cannot take a batch .* the disk of the moon is full"):
        compare(in_place(0), model, SHAPES, store=store)
    assert list(tmp_path.glob("*.comparison*")) == []


def test_layers_and_measures_that_are_not_there() -> None:
    model = in_place(0)
    with pytest.raises(FeatvizError, match="no layer named 'conv9'"):
        compare(model, model, SHAPES, layers_a=["conv9"], store=NOWHERE)
    with pytest.raises(FeatvizError, match="at least one is needed"):
        compare(model, model, SHAPES, layers_b=[], store=NOWHERE)
    with pytest.raises(FeatvizError, match="cka_debiased"):
        compare(model, model, SHAPES, measure="alikeness", store=NOWHERE)
    with pytest.raises(FeatvizError, match="has no option bandwidth"):
        compare(model, model, SHAPES, measure="cka", bandwidth=2.0, store=NOWHERE)


@pytest.mark.parametrize("pool", ["mean", "flatten"])
def test_a_layer_that_is_the_same_for_all_images_is_undefined_and_told_why(pool: str) -> None:
    net = seeded(lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3)))
    with torch.no_grad():
        net[1].weight.zero_()
    model = resizing(wrapped(net, name="half dead"))
    matrix = compare(model, in_place(0), SHAPES, pool=pool, permutations=9, store=NOWHERE)
    assert np.isnan(matrix.values).tolist() == [[False] * 3, [True] * 3]
    assert list(matrix.undefined_a) == ["1"]
    assert "same" in matrix.undefined_a["1"]
    assert matrix.best is not None
    assert matrix.best[1] == -1


def test_damaged_images_are_left_out_of_both_networks() -> None:
    images = ImageSet.from_files(pictures(12, damaged=(3,)), check=False)
    matrix = compare(in_place(0), in_place(1), images, permutations=0, store=NOWHERE)
    whole = compare(
        in_place(0),
        in_place(1),
        images.subset([each for each in range(12) if each != 3]),
        permutations=0,
        store=NOWHERE,
    )
    np.testing.assert_allclose(matrix.values, whole.values, atol=1e-6)
    assert matrix.count == 11
    assert len(matrix.skipped) == 1


def test_sets_of_different_length_are_compared_on_what_they_share() -> None:
    rng = np.random.default_rng(0)
    long, short = rng.normal(size=(30, 4)), rng.normal(size=(3, 4))
    a = Embeddings(long, tuple(map(str, range(30))), images="long")
    b = Embeddings(short, ("1", "2", "77"), images="short")
    with pytest.raises(
        FeatvizError, match="30 images of long and 3 of short have 2 in common, and 4 are needed"
    ):
        cell_evidence(a, b)
