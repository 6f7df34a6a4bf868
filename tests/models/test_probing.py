"""What a network does is found out by eight passes at most, once, and layers that some images alone run are said."""

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import VisionTransformer, resnet18

from featviz import load_model, record
from featviz.errors import LayerNotFound
from featviz.models.inputs import InputSpec
from featviz.models.model import Model
from featviz.models.probing.axis_evidence import two_images
from tests.models.test_axes import Encoder, Queries, Sequences, Windowed, as_many_channels_as_rows
from tests.models.test_identity import Behaving
from tests.models.test_moving_blob import QUICK
from tests.toys import InPlace, noise, seeded, wrapped


def counted(module: nn.Module) -> list[int]:
    """How many images every pass of the network takes, and of all its copies."""
    passes: list[int] = []
    module.register_forward_pre_hook(lambda _module, given: passes.append(len(given[0])))
    return passes


def everything_asked(model: Model) -> tuple[object, ...]:
    return model.fingerprint, model.behavior, model.notes, model.reading, model.layers, model.outputs


class SinglePrecision(InPlace):
    """Cannot be computed in float64, where its fingerprint is looked for first."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.float())


class InPlaceOnPart(InPlace):
    """Changes one of several views in place, which a graph forbids."""

    def forward(self, x: Tensor) -> Tensor:
        first, second = x.chunk(2, 2)
        first.relu_()
        return super().forward(torch.cat([first, second], 2))


NETWORKS: dict[str, tuple[Callable[[], nn.Module], int, int]] = {
    "resnet18": (partial(resnet18, num_classes=10), 64, 4),
    "ViT": (partial(VisionTransformer, 64, 8, 2, 2, 24, 48, num_classes=10), 64, 6),
    "transformer encoder": (Encoder, 16, 5),
    "tokens first": (partial(Encoder, batch_first=False), 16, 5),
    "swin": (as_many_channels_as_rows, 64, 6),
    "maxvit": (QUICK["maxvit"][0], 64, 7),
    "queries": (Queries, 16, 5),
    "sequences": (Sequences, 16, 6),
    "windows": (partial(Windowed, together=True), 16, 5),
    "single precision": (SinglePrecision, 16, 5),
    "in place on a part": (InPlaceOnPart, 16, 5),
    **{
        habit: (partial(Behaving, habit), 16, most)
        for habit, most in (("plain", 4), ("draws", 4), ("keeps state", 4), ("mixes", 4), ("takes one", 4))
    },
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_is_probed_by_few_passes_once(name: str) -> None:
    make, size, most = NETWORKS[name]
    module = seeded(make)
    passes = counted(module)
    model = wrapped(
        module, size, classes=[str(n) for n in range(10 if name in ("resnet18", "ViT", "maxvit") else 5)]
    )
    first = everything_asked(model)
    assert len(passes) <= most <= 8
    probed = len(passes)
    assert everything_asked(model) == first
    assert len(passes) == probed


@pytest.mark.parametrize(("name", "most"), [("digits-cnn", 1), ("shapes-resnet", 3), ("shapes-vit", 4)])
def test_bundled_networks_take_few_passes(name: str, most: int) -> None:
    shared = load_model(name)
    module = copy.deepcopy(shared.module)
    passes = counted(module)
    everything_asked(replace(shared, module=module))
    assert len(passes) <= most


class Branching(nn.Module):
    """Runs `bright` for bright images and `dark` for the others, and `never` for none there is."""

    def __init__(self, threshold: float) -> None:
        super().__init__()
        self.threshold = threshold
        self.stem = nn.Conv2d(3, 8, 3)
        self.bright, self.dark, self.never = (nn.Conv2d(8, 8, 3) for _ in range(3))
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.stem(x)
        chosen = self.bright if float(x.mean()) > self.threshold else self.dark
        return self.head(chosen(maps).mean((2, 3)))


def test_layers_that_run_for_some_images_only_are_listed_and_said() -> None:
    one = InputSpec("image", (3, 16, 16)).example()
    alone, together = float(one.mean()), float(two_images(one).mean())
    model = wrapped(seeded(partial(Branching, (alone + together) / 2)))
    ran = "bright" if alone > together else "dark"
    assert model.notes[-1] == "These layers run for some images only: bright, dark."
    assert [layer.name for layer in model.layers] == ["stem", ran, "head"]
    assert model.layer(ran).grid == (12, 12)
    light = torch.ones(1, 3, 16, 16) * (1 if ran == "bright" else -1)
    assert record(model, light, ran)[ran].shape == (1, 8, 12, 12)
    with pytest.raises(LayerNotFound, match=f"did not run {ran} for this input"):
        record(model, -light, ran)


def test_a_part_that_no_image_of_noise_ran_is_said_to_be_none_of_the_layers() -> None:
    model = wrapped(seeded(partial(Branching, 100.0)))
    assert model.notes == ()
    with pytest.raises(LayerNotFound, match=r"bright is a part of toy and none of its layers: .* not called"):
        record(model, noise(1, 3, 16, 16), "bright")
