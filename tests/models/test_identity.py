"""Networks of equal weights that compute otherwise are told apart, and whoever answers differently is noticed."""

import io
from copy import deepcopy
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from torchvision.models import resnet18

from featviz import embed, feature_maps, record
from featviz.data.images.reading import read_image
from featviz.data.sets.image_set import ImageSet
from featviz.models.identity import _lines_of_pass
from featviz.models.model import Model
from featviz.store.store import Store
from tests.toys import noise, seeded, wrapped


class Tokens(nn.Module):
    """Patches of an image, mixed by `mixer`, and their mean through a head."""

    def __init__(self, mixer: nn.Module) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 16, 4, 4)
        self.mixer = mixer
        self.head = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.patches(x).flatten(2).transpose(1, 2)
        return self.head(self.mixed(tokens).mean(1))

    def mixed(self, tokens: Tensor) -> Tensor:
        return self.mixer(tokens)


class Helped(Tokens):
    """The same, but for a helper function that `forward` calls."""

    def mixed(self, tokens: Tensor) -> Tensor:
        return self.mixer(tokens.flip(2))


class Attribute(nn.Module):
    """A slope that is neither a tensor nor told by `extra_repr`."""

    def __init__(self, slope: float) -> None:
        super().__init__()
        self.slope = [{"value": slope}]

    def forward(self, tokens: Tensor) -> Tensor:
        return nn.functional.leaky_relu(tokens, self.slope[0]["value"])


class Hidden(nn.Module):
    """A layer in a plain list, which no state dict holds."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.layers = [seeded(partial(nn.Linear, 16, 16), seed)]

    def forward(self, tokens: Tensor) -> Tensor:
        return self.layers[0](tokens)


def encoder(heads: int = 2, **options: bool) -> nn.Module:
    return nn.TransformerEncoderLayer(16, heads, 32, batch_first=True, **options)


PAIRS = {
    "heads": (Tokens, encoder, Tokens, partial(encoder, 4)),
    "norm_first": (Tokens, encoder, Tokens, partial(encoder, norm_first=True)),
    "attribute": (Tokens, partial(Attribute, 0.1), Tokens, partial(Attribute, 0.9)),
    "helper method": (Tokens, encoder, Helped, encoder),
    "plain list": (Tokens, partial(Hidden, 0), Tokens, partial(Hidden, 1)),
}


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_equal_weights_computed_otherwise_are_another_network(pair: tuple, tmp_path) -> None:
    outer, inner, other_outer, other_inner = pair
    first = wrapped(seeded(lambda: outer(inner())))
    again = wrapped(seeded(lambda: outer(inner())))
    second = wrapped(seeded(lambda: other_outer(other_inner())))
    for (name, ours), (same, theirs) in zip(
        first.module.state_dict().items(), second.module.state_dict().items(), strict=True
    ):
        assert name == same
        assert torch.equal(ours, theirs)
    assert first.fingerprint == again.fingerprint != second.fingerprint
    digits = ImageSet.from_files([(f"{n}.png", png(n)) for n in range(4)])
    kept = Store(tmp_path)
    found = [embed(model, digits, "head", store=kept).vectors for model in (first, second, again)]
    own = embed(second, digits, "head", store=Store(None)).vectors
    np.testing.assert_allclose(found[1], own, rtol=1e-5, atol=1e-6)
    assert np.abs(found[0] - own).max() > 1e-3
    np.testing.assert_array_equal(found[0], found[2])


class Single(Tokens):
    """Insists on single precision."""

    def forward(self, x: Tensor) -> Tensor:
        if x.dtype != torch.float32:
            raise TypeError("float32 alone")
        return super().forward(x)


def test_rounding_does_not_make_another_network() -> None:
    network, x = seeded(partial(resnet18, num_classes=10)).double(), noise(1, 3, 32, 32).double()
    assert _lines_of_pass(deepcopy(network), x) == _lines_of_pass(network, x * (1 + 1e-11))
    single, x = seeded(lambda: Single(encoder())), noise(1, 3, 16, 16)
    assert _lines_of_pass(deepcopy(single), x) == _lines_of_pass(single, x * (1 + 1e-6))


def test_what_insists_on_single_precision_is_told_apart_by_its_output() -> None:
    first, second = (wrapped(seeded(lambda heads=heads: Single(encoder(heads)))) for heads in (2, 4))
    again = wrapped(seeded(lambda: Single(encoder(2))))
    assert first.fingerprint == again.fingerprint != second.fingerprint
    assert len(_lines_of_pass(first.module, first.probe.noise)) > 1


def png(seed: int, size: int = 16) -> bytes:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (size, size, 3), np.uint8)
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


class Begins(nn.Module):
    """Begins in place, as networks do that normalise or rectify first."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.conv(nn.functional.relu(x.sub_(0.5), inplace=True)).mean((2, 3)))


@pytest.mark.parametrize(
    "use",
    [
        lambda model, x: model.predict(x),
        lambda model, x: model.logits(x),
        lambda model, x: record(model, x, "conv"),
        lambda model, x: feature_maps(model, x, "conv"),
    ],
)
def test_a_network_that_begins_in_place_leaves_the_batch_as_it_was(use) -> None:
    model, x = wrapped(seeded(Begins)), noise(1, 3, 16, 16)
    given = x.clone()
    use(model, x)
    assert torch.equal(x, given)
    assert model.predict(x) == model.predict(given)


class Behaving(nn.Module):
    """A small classifier with one habit."""

    def __init__(self, habit: str) -> None:
        super().__init__()
        self.habit = habit
        self.conv = nn.Conv2d(3, 8, 3)
        self.head = nn.Linear(8, 5)
        self.register_buffer("passes", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        maps = self.conv(x)
        if self.habit == "draws":
            maps = nn.functional.dropout(maps, 0.5)
        if self.habit == "keeps state":
            self.passes += 1
            maps = maps + self.passes
        if self.habit == "mixes":
            maps = maps - maps.mean(0)  # nothing is left of a single image
            maps = maps + self.conv(x).mean(0) * len(x)
        if self.habit == "takes one" and len(x) > 1:
            raise ValueError("one image at a time")
        return self.head(maps.mean((2, 3)))


HABITS = {
    "plain": (True, ""),
    "draws": (False, "draws at random"),
    "keeps state": (False, "keeps state"),
    "mixes": (True, "mixes the images"),
    "takes one": (True, "pass of its own"),
}


@pytest.mark.parametrize("habit", HABITS)
def test_habits_are_noticed_and_said_and_what_they_spoil_is_not_stored(habit: str, tmp_path) -> None:
    model = wrapped(seeded(partial(Behaving, habit)))
    stored, said = HABITS[habit]
    assert model.behavior.is_function == stored
    assert (said in " ".join(model.behavior.notes)) and bool(model.behavior.notes) == bool(said)
    digits = ImageSet.from_files([(f"{n}.png", png(n)) for n in range(3)])
    embed(model, digits, "conv", store=Store(tmp_path))
    assert any(tmp_path.rglob("*.*")) == stored


@pytest.mark.parametrize("habit", ["keeps state", "mixes", "takes one"])
def test_each_image_is_run_alone_from_a_fresh_state(habit: str) -> None:
    module = seeded(partial(Behaving, habit))
    model, x = wrapped(module), noise(4, 3, 16, 16)

    def alone(image: Tensor) -> Tensor:
        return seeded(partial(Behaving, habit))(image[None])[0].detach()

    expected = torch.stack([alone(image) for image in x])
    for _ in range(2):
        torch.testing.assert_close(model.logits(x), expected)
        torch.testing.assert_close(record(model, x, "head")["head"], expected)
    images = ImageSet.from_files([(f"{n}.png", png(n)) for n in range(4)])
    batch = model.preprocess([each.image for each in images])
    torch.testing.assert_close(
        torch.tensor(np.array(embed(model, images, "head", store=Store(None)).vectors)),
        torch.stack([alone(image) for image in batch]),
    )


def with_exif(turn: int) -> bytes:
    image, buffer = Image.open(io.BytesIO(png(0))), io.BytesIO()
    exif = image.getexif()
    exif[0x0112] = turn
    image.save(buffer, "PNG", exif=exif)
    return buffer.getvalue()


def saved(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


FILES = {
    "16-bit gray": (saved(Image.fromarray(np.full((16, 16), 20000, np.uint16))), 0.305),
    "transparent red": (saved(Image.new("RGBA", (16, 16), (255, 0, 0, 0))), 1.0),
    "turned": (with_exif(3), None),
}


@pytest.mark.parametrize(("data", "value"), FILES.values(), ids=FILES)
def test_an_image_of_pillow_is_read_as_its_file_is(data: bytes, value: float | None) -> None:
    model: Model = wrapped(nn.Conv2d(3, 4, 3))
    opened, read = model.preprocess(Image.open(io.BytesIO(data))), model.preprocess(read_image(data))
    assert torch.equal(opened, read)
    if value is not None:
        assert float(opened.mean()) == pytest.approx(value, abs=1e-3)
