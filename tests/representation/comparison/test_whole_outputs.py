"""Whole outputs, as the literature's CKA takes them: right in single precision, whatever the batches, in any memory."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from torchvision.models import resnet18

from featviz import FeatvizError, compare, similarity
from featviz.data.sets.image_set import ImageSet, Sample
from featviz.models.model import Model
from featviz.representation.comparison.gram_pass import GramPass
from featviz.store.store import Store
from tests.representation.comparison.test_compare import debiased_by_hand, in_place, pixels
from tests.toys import seeded, wrapped

NOWHERE = Store(None)
SHAPES = ImageSet.bundled("shapes", 40)


def numbered(count: int) -> ImageSet:
    """Images that carry nothing but their number."""
    return ImageSet(
        "numbers", count, lambda at: Sample(Image.new("RGB", (4, 4), (at % 256, at // 256, 0)), str(at))
    )


def taking(module: nn.Module, inputs: Tensor, name: str = "toy") -> Model:
    """A network that takes these tensors for the images with their numbers."""
    model = wrapped(module, inputs.shape[-1], inputs.shape[1], name)

    def transform(image: Image.Image) -> Tensor:
        low, high, _ = image.getpixel((0, 0))
        return inputs[(low + 256 * high) % len(inputs)]

    return replace(model, transform=transform)


def test_the_first_block_of_a_residual_network_on_noise() -> None:
    """Float64 with hooks that copy: what one gets wrong with references, or without centering first."""
    torch.manual_seed(0)
    noise = torch.randn(64, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    model = taking(resnet18(), noise)
    layers = [f"layer1.0.{name}" for name in ("bn2", "relu:1", "relu:0", "bn1")]
    matrix = compare(
        model,
        model,
        numbered(64),
        layers_a=layers,
        layers_b=layers,
        pool="flatten",
        permutations=0,
        store=NOWHERE,
    )
    assert matrix.layers_a == tuple(f"layer1.0.{name}" for name in ("bn1", "relu:0", "bn2", "relu:1"))
    truth = {(0, 1): 0.8408, (0, 3): 0.7182, (0, 2): 0.7301, (1, 3): 0.7961, (1, 2): 0.8748, (2, 3): 0.8563}
    for cell, value in truth.items():
        assert matrix.values[cell] == pytest.approx(value, abs=1e-4)


def whole(model: Model, names: tuple[str, ...]) -> list[np.ndarray]:
    with torch.no_grad():
        outputs = model.module.by_hand(pixels(model, SHAPES))
    return [outputs[name].flatten(1).double().numpy() for name in names]


@pytest.mark.parametrize(("budget", "passes"), [(1 << 30, [1, 1]), (3 << 20, [1, 1]), (1 << 20, [4, 2])])
def test_any_budget_gives_the_numbers_of_a_plain_calculation(
    monkeypatch: pytest.MonkeyPatch, budget: int, passes: list[int]
) -> None:
    a, b = in_place(0), in_place(1)
    counts: list[int] = []
    monkeypatch.setattr(
        GramPass, "total", property(lambda run: counts.append(len(run.groups)) or len(run.groups) * 40)
    )
    names = ("conv1", "relu:0", "conv2", "relu:1", "head")
    matrix = compare(
        a, b, SHAPES, layers_a=names, pool="flatten", permutations=0, budget_bytes=budget, store=NOWHERE
    )
    assert set(counts) == set(passes)
    truth = [[debiased_by_hand(x, y) for y in whole(b, matrix.layers_b)] for x in whole(a, names)]
    np.testing.assert_allclose(matrix.values, truth, atol=1e-6)
    assert matrix.dimensions_a == (2048, 2048, 2048, 2048, 5)


@pytest.mark.parametrize("size", [8, 10, 64])
def test_batches_that_pass_give_minibatch_cka_of_all_images(size: int) -> None:
    a, b = in_place(0), in_place(1)
    names = ("conv1", "conv2", "head")
    matrix = compare(
        a, b, SHAPES, layers_a=names, measure="cka_minibatch", batch=size, pool="flatten", store=NOWHERE
    )
    truth = [
        [similarity(x, y, "cka_minibatch", batch=size) for y in whole(b, matrix.layers_b)]
        for x in whole(a, names)
    ]
    np.testing.assert_allclose(matrix.values, truth, atol=1e-6)
    assert matrix.p_values is None


def test_other_measures_take_whole_outputs_too() -> None:
    a, b = in_place(0), in_place(1)
    fast, plain = (
        compare(a, b, SHAPES, measure=each, pool="flatten", permutations=0, store=NOWHERE)
        for each in ("cka", "rsa")
    )
    assert fast.dimensions_b == plain.dimensions_b == (2048, 2048, 5)
    assert fast.biased is None
    assert np.isfinite(plain.values).all()


def test_an_image_whose_output_is_not_finite_is_left_out_and_told() -> None:
    inputs = torch.randn(12, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    spoiled = inputs.clone()
    spoiled[[3, 7]] = torch.inf
    net = seeded(lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3)))
    with_them = taking(net, spoiled)
    found = compare(with_them, with_them, numbered(12), pool="flatten", permutations=0, store=NOWHERE)
    others = [each for each in range(12) if each not in (3, 7)]
    without = taking(net, inputs)
    plain = compare(
        without, without, numbered(12).subset(others), pool="flatten", permutations=0, store=NOWHERE
    )
    np.testing.assert_allclose(found.values, plain.values, atol=1e-6)
    assert found.count == 10
    assert [(each.name, each.code) for each in found.skipped] == [("image 3", "nan"), ("image 7", "nan")]


def test_what_does_not_fit_is_refused_before_a_pass_with_what_fits() -> None:
    model = in_place(0)
    with pytest.raises(FeatvizError, match="take at most 28 images, or fewer layers"):
        compare(model, model, SHAPES, budget_bytes=80_000, store=NOWHERE)
    with pytest.raises(FeatvizError, match=r"whole outputs of conv1.*pool with mean"):
        compare(model, model, SHAPES, pool="flatten", budget_bytes=200_000, store=NOWHERE)
    with pytest.raises(FeatvizError, match=r"procrustes of whole outputs needs .* pool with mean"):
        compare(
            model, model, SHAPES, pool="flatten", measure="procrustes", budget_bytes=1_000_000, store=NOWHERE
        )
