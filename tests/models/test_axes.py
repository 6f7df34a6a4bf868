"""What an axis means is found out: small networks whose shapes alone would mislead."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchvision.models import SwinTransformer

from featviz.data.sets.image_set import ImageSet
from featviz.errors import BadInput, LayerNotFound
from featviz.explain.attribution.attribute import attribute
from featviz.explain.features.feature_maps import feature_maps
from featviz.models.model import Model
from featviz.models.recording import record
from featviz.representation.extraction.extract import embed
from featviz.store.store import Store
from tests.toys import noise, seeded, wrapped

NOWHERE = Store(None)


class Encoder(nn.Module):
    """Patches of 4 x 4 pixels, tokens in front of them, a transformer encoder of one layer."""

    def __init__(self, extra: int = 0, behind: int = 0, *, batch_first: bool = True) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 8, 4, stride=4)
        self.front = nn.Parameter(torch.randn(extra, 8))
        self.back = nn.Parameter(torch.randn(behind, 8))
        self.batch_first = batch_first
        self.encoder = nn.TransformerEncoder(
            nn.TransformerEncoderLayer(8, 2, 16, 0.0, batch_first=batch_first), 1, enable_nested_tensor=False
        )
        self.norm = nn.LayerNorm(8)
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.patches(x).flatten(2).transpose(1, 2)
        front, back = (each.expand(len(x), -1, -1) for each in (self.front, self.back))
        tokens = torch.cat([front, tokens, back], 1)
        if self.batch_first:
            return self.head(self.norm(self.encoder(tokens)).mean(1))
        return self.head(self.norm(self.encoder(tokens.transpose(0, 1))).mean(0))


class Windowed(nn.Module):
    """Maps cut into windows of 4 x 4, which come along the batch, image by image or in turn."""

    def __init__(self, *, together: bool) -> None:
        super().__init__()
        self.stem, self.mixing = nn.Conv2d(3, 8, 2, stride=2), nn.Linear(8, 8)
        self.head, self.together = nn.Linear(8, 5), together

    def forward(self, x: Tensor) -> Tensor:
        maps = self.stem(x)
        windows = maps.unflatten(2, (-1, 4)).unflatten(4, (-1, 4)).permute(0, 2, 4, 3, 5, 1)
        windows = windows.reshape(len(x), -1, 16, 8)
        shuffled = (windows if self.together else windows.transpose(0, 1)).reshape(-1, 16, 8)
        mixed = self.mixing(shuffled)
        if self.together:
            return self.head(mixed.reshape(len(x), -1, 8).mean(1))
        return self.head(mixed.reshape(-1, len(x), 16, 8).mean((0, 2)))


def plain(model: Model, x: Tensor, layer: str) -> Tensor:
    """A layer's output by a hook on the network itself."""
    kept: list[Tensor] = []
    replica = model.replica()
    replica.get_submodule(layer).register_forward_hook(lambda *given: kept.append(given[2]))
    with torch.no_grad():
        replica(x)
    return kept[-1]


def digits(count: int) -> ImageSet:
    return ImageSet.bundled("digits").subset(list(range(count)))


def squeezed(model: Model, size: int) -> Model:
    def transform(image: object) -> Tensor:
        pixels = torch.from_numpy(np.asarray(image, np.float32) / 255).permute(2, 0, 1)
        return torch.nn.functional.interpolate(pixels[None], size=(size, size), mode="bilinear")[0]

    return replace(model, transform=transform)


def as_many_channels_as_rows() -> nn.Module:
    return SwinTransformer([4, 4], 16, [1, 1], [2, 2], [4, 4], num_classes=5)


@pytest.mark.parametrize("layer", ["features.0", "features.1.0.norm1", "features.1.0.mlp.0", "features.1"])
def test_channels_last_where_there_are_as_many_channels_as_rows(layer: str) -> None:
    model, x = wrapped(seeded(as_many_channels_as_rows), 64), noise(1, 3, 64, 64)
    shown = feature_maps(model, x, layer)
    np.testing.assert_allclose(shown.maps, plain(model, x, layer)[0].permute(2, 0, 1).numpy(), rtol=1e-6)
    assert shown.spatial and model.layer(layer).axes == ("row", "column", "channel")


def test_channels_last_are_pooled_over_rows_and_columns() -> None:
    model, images = squeezed(wrapped(seeded(as_many_channels_as_rows), 64), 64), digits(4)
    batch = model.preprocess([each.image for each in images])
    expected = plain(model, batch, "features.1").mean((1, 2))
    found = embed(model, images, "features.1", store=NOWHERE).vectors
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-4, atol=1e-6)


def test_tokens_first_are_read_batch_first() -> None:
    model, x = wrapped(seeded(partial(Encoder, batch_first=False))), noise(3, 3, 16, 16)
    expected = plain(model, x, "encoder").transpose(0, 1)
    np.testing.assert_array_equal(record(model, x, "encoder")["encoder"].numpy(), expected.numpy())
    shown = feature_maps(model, x[:1], "encoder")
    maps = plain(model, x[:1], "encoder")[:, 0].T.reshape(8, 4, 4)
    np.testing.assert_array_equal(shown.maps, maps.numpy())
    assert shown.spatial and model.layer("encoder").axes == ("token", "channel")


@pytest.mark.parametrize("count", [3, 16, 32])
def test_as_many_images_as_tokens_give_each_its_own_vector(count: int) -> None:
    model, images = squeezed(wrapped(seeded(partial(Encoder, batch_first=False))), 16), digits(count)
    batch = model.preprocess([each.image for each in images])
    expected = plain(model, batch, "encoder").mean(0)
    found = embed(model, images, "encoder", batch=16, store=NOWHERE).vectors
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-3, atol=1e-5)


def test_gradients_for_tokens_that_come_first_are_those_of_plain_torch() -> None:
    model, x = wrapped(seeded(partial(Encoder, batch_first=False))), noise(1, 3, 16, 16)
    tokens = plain(model, x, "encoder").detach().requires_grad_()
    module = model.replica()
    score = module.head(module.norm(tokens).mean(0))[0, 2]
    (slope,) = torch.autograd.grad(score, tokens)
    cam = (tokens * slope.mean(0)).sum(-1).clamp(min=0).reshape(4, 4)
    found = attribute(model, x, "grad_cam", target=2, layer="encoder").raw
    np.testing.assert_allclose(found[0], cam.detach().numpy(), rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("together", [True, False])
def test_windows_are_not_the_image(together: bool) -> None:
    model, x = wrapped(seeded(partial(Windowed, together=together))), noise(2, 3, 16, 16)
    layer = model.layer("mixing")
    assert layer.axes == ("window", "unknown", "channel") and layer.output_shape == (4, 16, 8)
    shown = feature_maps(model, x[:1], "mixing")
    assert not shown.spatial and shown.channels == 8
    alone = [record(model, x[k : k + 1], "mixing")["mixing"] for k in range(2)]
    both = record(model, x, "mixing")["mixing"]
    np.testing.assert_allclose(both.numpy(), torch.cat(alone).numpy(), rtol=1e-5, atol=1e-6)
    vectors = embed(squeezed(model, 16), digits(3), "mixing", store=NOWHERE).vectors
    assert vectors.shape == (3, 8)
    assert model.layer("stem").grid == (8, 8)


class Sequences(nn.Module):
    """One-dimensional convolutions over the rows of an image, 64 channels wide."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(3 * 16, 64, 3, padding=1)
        self.relu = nn.ReLU()
        self.pool = nn.AdaptiveAvgPool1d(1)
        self.head = nn.Linear(64, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.pool(self.relu(self.conv(x.flatten(1, 2)))).flatten(1))


class Volumes(nn.Module):
    """Three-dimensional convolutions over two copies of an image."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv3d(3, 6, 3, padding=1)
        self.pool = nn.AdaptiveAvgPool3d(1)
        self.head = nn.Linear(6, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.pool(self.conv(torch.stack([x, -x], 2))).flatten(1))


class Halved(nn.Module):
    """Maps of 4 rows and 16 columns."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, padding=1, stride=(4, 1))
        self.relu = nn.ReLU()
        self.head = nn.Linear(6, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.relu(self.conv(x)).mean((2, 3)))


def test_sequences_are_channels_first_and_no_image() -> None:
    model, x = wrapped(seeded(Sequences)), noise(1, 3, 16, 16)
    for name in ("conv", "relu"):
        layer, shown = model.layer(name), feature_maps(model, x, name)
        assert (layer.channels, layer.grid, layer.axes) == (64, None, ("channel", "unknown")), name
        assert shown.maps.shape == (64, 1, 16) and not shown.spatial
        np.testing.assert_allclose(shown.maps[:, 0], plain(model, x, name)[0].numpy(), rtol=1e-6)
    vectors = embed(squeezed(model, 16), digits(2), "pool", store=NOWHERE).vectors
    assert vectors.shape == (2, 64)
    with pytest.raises(BadInput, match="with positions"):
        attribute(model, x, "grad_cam", target=1)


def test_volumes_are_channels_first() -> None:
    model = wrapped(seeded(Volumes))
    assert [(each.name, each.channels) for each in model.layers] == [("conv", 6), ("pool", 6), ("head", 5)]
    assert embed(squeezed(model, 16), digits(2), "pool", store=NOWHERE).vectors.shape == (2, 6)


def test_oblong_maps_are_maps() -> None:
    model, x = wrapped(seeded(Halved)), noise(1, 3, 16, 16)
    for name in ("conv", "relu"):
        assert (model.layer(name).layout, model.layer(name).grid) == ("maps", (4, 16))
        np.testing.assert_array_equal(feature_maps(model, x, name).maps, plain(model, x, name)[0].numpy())
    assert attribute(model, x, "grad_cam", target=1).raw.shape == (1, 4, 16)


class Flattened(nn.Module):
    """A plain network of convolutions with as many channels as a square has cells, flattened to (16, 64)."""

    def __init__(self) -> None:
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(3, 16, 3, padding=1), nn.Conv2d(16, 16, 3, padding=1, stride=2)
        self.flat, self.head = nn.Flatten(2), nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.flat(self.c2(self.c1(x).relu())).mean(2))


def test_flattened_maps_are_no_tokens() -> None:
    model, x = wrapped(seeded(Flattened)), noise(1, 3, 16, 16)
    assert (model.layer("flat").layout, model.layer("flat").grid, model.layer("flat").channels) == (
        "other",
        None,
        16,
    )
    assert model.layer("c1").layout == "maps"
    found, expected = (
        attribute(model, x, "grad_cam", target=1, **which).raw for which in ({}, {"layer": "c2"})
    )
    assert found.shape == (1, 8, 8)
    np.testing.assert_array_equal(found, expected)
    assert attribute(model, x, "grad_cam", target=1, layer="c1").raw.shape == (1, 16, 16)


class Queries(nn.Module):
    """Sixteen learned queries that attend to the patches of an image, of which there are sixteen as well."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 8, 4, stride=4)
        self.queries = nn.Parameter(torch.randn(16, 8))
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.norm, self.head = nn.LayerNorm(8), nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.patches(x).flatten(2).transpose(1, 2)
        queries = self.queries.expand(len(x), -1, -1)
        return self.head(self.norm(queries + self.attention(queries, tokens, tokens)[0]).mean(1))


def test_queries_are_no_patches() -> None:
    model, x = wrapped(seeded(Queries)), noise(1, 3, 16, 16)
    for name in ("attention", "norm"):
        assert (model.layer(name).layout, model.layer(name).grid) == ("tokens", None)
        assert not feature_maps(model, x, name).spatial


class Biased(nn.Module):
    """A table that every image shares, made by a small network from coordinates."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.conv = nn.Linear(2, 4), nn.Conv2d(3, 4, 1)
        self.register_buffer("coordinates", torch.randn(1, 8, 8, 2))
        self.expanded = nn.Identity()
        self.head = nn.Linear(4, 5)

    def forward(self, x: Tensor) -> Tensor:
        table = self.table(self.coordinates).permute(0, 3, 1, 2)
        table = self.expanded(table.expand(len(x), -1, -1, -1))
        return self.head((self.conv(x).mean((2, 3), keepdim=True) + table).mean((2, 3)))


def test_what_does_not_depend_on_the_image_is_no_layer_of_it() -> None:
    model = wrapped(seeded(Biased))
    assert "table" not in model.layers_by_name
    with pytest.raises(LayerNotFound):
        embed(squeezed(model, 16), digits(2), "table", store=NOWHERE)
    assert model.layer("expanded").grid is None


@pytest.mark.parametrize(("front", "back"), [(0, 0), (1, 0), (2, 0), (5, 0), (1, 6)])
def test_any_number_of_extra_tokens_is_left_out(front: int, back: int) -> None:
    model, x = wrapped(seeded(partial(Encoder, front, back)), 32), noise(1, 3, 32, 32)
    layer = model.layer("encoder")
    assert (layer.grid, layer.extra_tokens) == ((8, 8), (front, back))
    tokens = plain(model, x, "encoder")[0]
    shown = feature_maps(model, x, "encoder")
    np.testing.assert_array_equal(shown.maps, tokens[front : front + 64].T.reshape(8, 8, 8).numpy())
    assert len(shown.extra_tokens) == front + back
    assert attribute(model, x, "grad_cam", target=1).raw.shape == (1, 8, 8)


@pytest.mark.parametrize(("height", "width"), [(8, 32), (16, 24), (32, 16)])
@pytest.mark.parametrize("extra", [0, 1, 5])
def test_tokens_of_an_oblong_image_lie_as_its_patches(height: int, width: int, extra: int) -> None:
    model, x = wrapped(seeded(partial(Encoder, extra))), noise(1, 3, height, width)
    grid = (height // 4, width // 4)
    shown = feature_maps(model, x, "encoder")
    expected = plain(model, x, "encoder")[0, extra:].T.reshape(8, *grid)
    np.testing.assert_array_equal(shown.maps, expected.numpy())
    assert attribute(model, x, "grad_cam", target=1).raw.shape == (1, *grid)
    assert attribute(model, x, "rollout", target=1).raw.shape == (1, *grid)


class Hybrid(nn.Module):
    """Maps of 16 x 16 and, later, 16 tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.down = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 4, stride=4)
        self.norm, self.head = nn.LayerNorm(8), nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.norm(self.down(self.stem(x)).flatten(2).transpose(1, 2)).mean(1))


def test_maps_as_wide_as_there_are_tokens_are_no_attention() -> None:
    model = wrapped(seeded(Hybrid))
    assert (model.layer("stem").layout, model.layer("stem").grid) == ("maps", (16, 16))
    assert (model.layer("norm").layout, model.layer("norm").grid) == ("tokens", (4, 4))


class Mixer(nn.Module):
    """As many channels as patches, mixed over the patches by a dense layer: its last dimension counts patches."""

    def __init__(self) -> None:
        super().__init__()
        self.patches, self.tokens = nn.Conv2d(3, 16, 4, stride=4), nn.Linear(16, 16)
        self.channels, self.head = nn.Linear(16, 16), nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.patches(x).flatten(2)
        return self.head(self.channels((maps + self.tokens(maps)).transpose(1, 2)).mean(1))


def test_what_mixes_patches_lies_on_no_grid_though_there_are_as_many_channels() -> None:
    model, x = wrapped(seeded(Mixer)), noise(1, 3, 16, 16)
    assert not feature_maps(model, x, "tokens").spatial
    expected = plain(model, x, "channels")[0].T.reshape(16, 4, 4)
    np.testing.assert_array_equal(feature_maps(model, x, "channels").maps, expected.numpy())


class Crops(nn.Module):
    """Two views of each image that come along the batch, one after the other or in turn."""

    def __init__(self, *, together: bool) -> None:
        super().__init__()
        self.conv, self.head, self.together = nn.Conv2d(3, 6, 3, padding=1), nn.Linear(6, 5), together

    def forward(self, x: Tensor) -> Tensor:
        views = torch.stack([x, x.flip(3)], int(self.together))
        scores = self.head(self.conv(views.flatten(0, 1)).mean((2, 3)))
        return scores.unflatten(0, (-1, 2) if self.together else (2, -1)).mean(int(self.together))


@pytest.mark.parametrize("together", [True, False])
def test_a_convolution_over_several_views_has_its_own_channels(together: bool) -> None:
    model = squeezed(wrapped(seeded(partial(Crops, together=together))), 16)
    layer = model.layer("conv")
    assert (layer.channels, layer.grid, layer.axes) == (6, None, ("channel", "window", "unknown", "unknown"))
    batch = model.preprocess([each.image for each in digits(3)])
    kernel, bias = model.module.conv.weight, model.module.conv.bias
    views = [nn.functional.conv2d(each, kernel, bias, padding=1) for each in (batch, batch.flip(3))]
    expected = torch.stack(views, 2)
    np.testing.assert_allclose(record(model, batch, "conv")["conv"], expected.numpy(), rtol=1e-4, atol=1e-5)
    found = embed(model, digits(3), "conv", store=NOWHERE).vectors
    np.testing.assert_allclose(found, expected.mean((2, 3, 4)).numpy(), rtol=1e-4, atol=1e-6)


class Elsewhere(nn.Module):
    """Images last, images behind the channels, and channels in groups."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, padding=1)
        self.last, self.second, self.groups = nn.Identity(), nn.ReLU(), nn.Unflatten(1, (2, 3))
        self.fourier, self.mask, self.head = Fourier(), Positive(), nn.Linear(6, 5)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.groups(self.conv(x)).flatten(1, 2)
        maps = self.second(self.last(maps.permute(2, 3, 1, 0)).permute(2, 3, 0, 1)).transpose(0, 1)
        return self.head((maps * self.mask(maps) + self.fourier(maps).abs()).mean((2, 3)))


class Fourier(nn.Module):
    """Complex numbers."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.fft.fft2(x)


class Positive(nn.Module):
    """Truth values."""

    def forward(self, x: Tensor) -> Tensor:
        return x > 0.1


def test_images_may_stand_anywhere_and_numbers_may_be_of_any_kind() -> None:
    model = squeezed(wrapped(seeded(Elsewhere)), 16)
    batch = model.preprocess([each.image for each in digits(3)])
    maps = plain(model, batch, "conv")
    np.testing.assert_array_equal(record(model, batch, "last")["last"], maps.permute(0, 2, 3, 1))
    np.testing.assert_array_equal(record(model, batch, "second")["second"], maps.relu())
    assert model.layer("groups").axes == ("channel", "unknown", "unknown", "unknown")
    means = embed(model, digits(3), "mask", store=NOWHERE).vectors
    np.testing.assert_allclose(means, (maps.relu() > 0.1).float().mean((2, 3)), rtol=1e-5)
    with pytest.raises(LayerNotFound, match="real numbers"):
        model.layer("fourier")
