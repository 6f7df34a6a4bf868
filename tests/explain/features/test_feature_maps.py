import io
from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from featviz.errors import BadInput, LayerNotFound
from featviz.explain.features.feature_maps import (
    ORDERS,
    FeatureMaps,
    feature_maps,
    order_channels,
    record_feature_maps,
)
from tests.toys import InPlace, noise, seeded, wrapped


class Patches(nn.Module):
    """Cuts a picture into patches of 4 x 4; every token is its patch's mean colour, after a class token of 9s."""

    def __init__(self, class_tokens: int = 1) -> None:
        super().__init__()
        self.class_tokens = class_tokens

    def forward(self, x: Tensor) -> Tensor:
        tokens = nn.functional.avg_pool2d(x, 4).flatten(2).transpose(1, 2)
        first = torch.full((len(x), self.class_tokens, 3), 9.0)
        return torch.cat([first, tokens], 1)


class Permuted(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 2, 3, 1)


def places(size: int) -> Tensor:
    """A picture whose channels tell each pixel's row, column and number in reading order."""
    rows, columns = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    return torch.stack([rows, columns, rows * size + columns])[None].float()


def maps_of(*modules: nn.Module, x: Tensor, layer: str = "0", size: int = 16) -> FeatureMaps:
    return feature_maps(wrapped(nn.Sequential(*modules), size), x, layer)


@pytest.mark.parametrize("class_tokens", [0, 1, 2, 5])
def test_tokens_lie_on_the_grid_in_reading_order(class_tokens: int) -> None:
    found = maps_of(Patches(class_tokens), nn.Flatten(), x=places(16))
    rows, columns = np.mgrid[0:4, 0:4] * 4 + 1.5
    np.testing.assert_allclose(found.maps[0], rows)
    np.testing.assert_allclose(found.maps[1], columns)
    assert found.spatial
    np.testing.assert_array_equal(found.extra_tokens, np.full((class_tokens, 3), 9))


def test_tokens_of_a_larger_picture_lie_on_a_larger_grid() -> None:
    found = maps_of(Patches(), nn.AdaptiveAvgPool1d(2), x=places(32))
    np.testing.assert_allclose(found.maps[0], np.mgrid[0:8, 0:8][0] * 4 + 1.5)
    assert found.extra_tokens.shape == (1, 3)


def test_tokens_that_stand_for_no_patch_have_no_places() -> None:
    class Queries(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.arange(16.0)[None, :, None] * x.mean((2, 3))[:, None]

    found = maps_of(Queries(), nn.Flatten(), x=places(16))
    assert found.maps.shape == (3, 1, 16)
    assert not found.spatial


def test_channels_last_become_channels_first() -> None:
    x = places(16)
    found = maps_of(Permuted(), nn.Flatten(), x=x)
    np.testing.assert_array_equal(found.maps, x[0].numpy())
    assert found.spatial


def test_a_vector_is_one_place_per_channel() -> None:
    x = noise(1, 3, 16, 16)
    found = maps_of(nn.Flatten(), nn.Identity(), x=x)
    np.testing.assert_array_equal(found.maps[:, 0, 0], x.flatten().numpy())
    assert not found.spatial


def test_each_call_of_a_shared_module_is_read_in_its_own_shape() -> None:
    class Shared(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.relu = nn.ReLU()

        def forward(self, x: Tensor) -> Tensor:
            return self.relu(self.relu(x).mean((2, 3)))

    model, x = wrapped(Shared()), noise(1, 3, 16, 16)
    np.testing.assert_array_equal(feature_maps(model, x, "relu:0").maps, x[0].clamp(min=0).numpy())
    np.testing.assert_allclose(
        feature_maps(model, x, "relu").maps[:, 0, 0], x[0].clamp(min=0).mean((1, 2)).numpy(), rtol=1e-6
    )


def test_statistics_by_hand() -> None:
    x = torch.tensor([[[[0.0, 0.0], [3.0, -1.0]], [[2.0, 2.0], [2.0, 2.0]], [[0.0, 0.0], [0.0, 0.0]]]])
    statistics = maps_of(nn.Identity(), nn.Flatten(), x=x, size=2).statistics
    np.testing.assert_allclose(statistics.mean, [0.5, 2, 0])
    np.testing.assert_allclose(statistics.deviation, [1.5, 0, 0])
    np.testing.assert_allclose(statistics.low, [-1, 2, 0])
    np.testing.assert_allclose(statistics.high, [3, 2, 0])
    np.testing.assert_allclose(statistics.sparsity, [0.5, 0, 1])
    np.testing.assert_allclose(statistics.strength, [1, 2, 0])


def test_orders_put_the_first_first_and_ties_by_index() -> None:
    x = torch.tensor([[[[0.0, 1.0]], [[-5.0, 0.0]], [[1.0, 0.0]], [[2.0, 2.0]]]]).repeat(1, 1, 2, 1)
    statistics = maps_of(nn.Identity(), nn.Flatten(), x=x, size=2).statistics
    assert order_channels(statistics, "index").tolist() == [0, 1, 2, 3]
    assert order_channels(statistics, "strength").tolist() == [1, 3, 0, 2]
    assert order_channels(statistics, "sparsity").tolist() == [3, 0, 1, 2]
    assert set(ORDERS) == {"index", "strength", "sparsity"}
    with pytest.raises(BadInput, match=r"beauty.*strength"):
        order_channels(statistics, "beauty")


def test_npz_loads_without_pickle_and_says_how_it_was_made() -> None:
    model = wrapped(seeded(InPlace))
    found = feature_maps(model, noise(1, 3, 16, 16), "conv1")
    with np.load(io.BytesIO(found.to_npz()), allow_pickle=False) as saved:
        np.testing.assert_array_equal(saved["maps"], found.maps)
        np.testing.assert_array_equal(saved["sparsity"], found.statistics.sparsity)
        made = {key: str(saved[key]) for key in ("model", "fingerprint", "layer", "kind")}
    assert made == {"model": "toy", "fingerprint": model.fingerprint, "layer": "conv1", "kind": "Conv2d"}


def test_several_layers_of_one_pass_equal_each_alone() -> None:
    model, x = wrapped(seeded(InPlace)), noise(1, 3, 16, 16)
    together = record_feature_maps(model, x, ["conv2", "conv1", "relu:0"])
    assert list(together) == ["conv2", "conv1", "relu:0"]
    for name, found in together.items():
        np.testing.assert_array_equal(found.maps, feature_maps(model, x, name).maps)


def test_maps_cannot_be_changed_by_those_who_share_them() -> None:
    found = feature_maps(wrapped(seeded(InPlace)), noise(1, 3, 16, 16), "conv1")
    with pytest.raises(ValueError, match="read-only"):
        found.maps[0] = 0


def test_several_pictures_are_refused() -> None:
    with pytest.raises(BadInput, match=r"one image.*\(2, 3, 16, 16\)"):
        feature_maps(wrapped(seeded(InPlace)), noise(2, 3, 16, 16), "conv1")


def test_an_unknown_layer_is_refused() -> None:
    with pytest.raises(LayerNotFound):
        feature_maps(wrapped(seeded(InPlace)), noise(1, 3, 16, 16), "conv9")


def test_infinite_outputs_are_refused() -> None:
    class Overflow(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x / 0

    with pytest.raises(BadInput, match="not finite") as refusal:
        maps_of(Overflow(), nn.Flatten(), x=noise(1, 3, 16, 16))
    assert refusal.value.code == "nan"


def test_a_name_with_a_colon_in_it_is_a_name() -> None:
    model = wrapped(nn.Sequential(OrderedDict({"a:b": nn.Conv2d(3, 4, 3), "relu": nn.ReLU()})))
    x = noise(1, 3, 16, 16)
    whole, first = feature_maps(model, x, "a:b"), feature_maps(model, x, "a:b:0")
    np.testing.assert_array_equal(whole.maps, first.maps)
    assert (whole.layer, first.layer, whole.kind) == ("a:b", "a:b:0", "Conv2d")
