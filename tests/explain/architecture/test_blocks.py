from functools import cache
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torchvision.models import get_model

from featviz.errors import BadInput
from featviz.explain.architecture.blocks import block_holding, blocks, parameters_outside
from featviz.explain.architecture.families import FAMILIES, family_of
from featviz.models.layers import Layer
from featviz.models.networks.bundled import DigitsCNN, ShapesResNet, ShapesViT
from tests.toys import listed

ZOO = [
    *("alexnet", "vgg11", "vgg19_bn", "resnet18", "resnext50_32x4d", "squeezenet1_1", "densenet121"),
    *("inception_v3", "googlenet", "shufflenet_v2_x0_5", "mobilenet_v2", "mobilenet_v3_small", "mnasnet0_5"),
    *("efficientnet_b0", "regnet_x_400mf", "convnext_tiny", "vit_b_32", "swin_t", "maxvit_t"),
]
SMALL = {"shapes-resnet": ShapesResNet, "shapes-vit": ShapesViT, "digits-cnn": DigitsCNN}
HELD_OUTSIDE = {  # class token and position embedding; auxiliary classifiers, which a pass leaves out
    "vit_b_32": 768 + 50 * 768,
    "inception_v3": 3_326_696,
    "googlenet": 6_379_984,
}


def build(name: str) -> nn.Module:
    if name in SMALL:
        return SMALL[name]()
    options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    return get_model(name, weights=None, **options)


@cache
def network(name: str) -> tuple[tuple[Layer, ...], int]:
    """Layers and parameters, by a pass of shapes alone: no weight is made, nothing computed."""
    with torch.device("cpu" if name.startswith("regnet") else "meta"):  # RegNet reads its widths from tensors
        module = build(name).to("meta").eval()
    with torch.device("meta"):
        side = {"inception_v3": 299, "digits-cnn": 32}.get(name, 64 if name in SMALL else 224)
        x = torch.empty(1, 3, side, side)
    return listed(module, x), sum(parameter.numel() for parameter in module.parameters())


def layers_of(module: nn.Module, side: int = 16) -> tuple[Layer, ...]:
    with torch.device("meta"):
        return listed(module.to("meta").eval(), torch.empty(1, 3, side, side))


@pytest.mark.parametrize("name", [*ZOO, *SMALL])
def test_blocks_partition_every_network(name: str) -> None:
    layers, total = network(name)
    drawn = blocks(layers)
    members = [member for block in drawn for member in block.members]
    assert sorted(members) == sorted(layer.name for layer in layers if not layer.container)
    assert len(members) == len(set(members))
    assert parameters_outside(drawn, total) == HELD_OUTSIDE.get(name, 0)
    assert [block.start for block in drawn] == sorted(block.start for block in drawn)
    assert all(a.end <= b.start for a, b in pairwise(drawn))
    assert 4 <= len(drawn) <= 24


@pytest.mark.parametrize("name", [*ZOO, *SMALL])
def test_a_block_is_named_for_the_layer_whose_output_leaves_it(name: str) -> None:
    layers, _ = network(name)
    by_name = {layer.name: layer for layer in layers}
    drawn = blocks(layers)
    assert len({block.name for block in drawn}) == len(drawn)
    for block in drawn:
        output = by_name[block.name]
        assert (block.output_shape, block.grid, block.channels) == (
            output.output_shape,
            output.grid,
            output.channels,
        )
        assert layers[block.end - 1].name == block.name
        assert block.layers == len(block.members) == len(block.makeup)
        assert {block.family, *block.makeup} <= set(FAMILIES)


@settings(max_examples=25, deadline=None)
@given(limit=st.integers(1, 80), name=st.sampled_from(["resnet18", "vgg19_bn", "densenet121", "maxvit_t"]))
def test_any_limit_is_kept_without_losing_a_layer(limit: int, name: str) -> None:
    layers, total = network(name)
    drawn = blocks(layers, limit)
    leaves = sorted(layer.name for layer in layers if not layer.container)
    assert sorted(member for block in drawn for member in block.members) == leaves
    assert 1 <= len(drawn) <= limit
    assert parameters_outside(drawn, total) >= 0


def test_resnet18_is_its_stem_its_eight_blocks_and_its_head() -> None:
    drawn = blocks(network("resnet18")[0])
    stages = [f"layer{stage}.{block}" for stage in (1, 2, 3, 4) for block in (0, 1)]
    assert [block.title for block in drawn] == ["conv1", "maxpool", *stages, "avgpool", "fc"]
    assert [block.kind for block in drawn[2:10]] == ["BasicBlock"] * 8
    assert drawn[0].name == "relu"
    assert drawn[0].kind == "Conv2d + BatchNorm2d + ReLU"
    assert drawn[0].makeup == ("convolution", "normalization", "activation")
    assert [drawn[i].family for i in (0, 1, 2, 11)] == ["convolution", "pooling", "block", "linear"]


def test_vgg_shows_its_convolutions_and_joins_equal_ones_where_room_is_short() -> None:
    vgg11, vgg19 = (blocks(network(name)[0]) for name in ("vgg11", "vgg19_bn"))
    assert [block.family for block in vgg11].count("convolution") == 8
    assert {block.repeats for block in vgg11} == {1}
    joined = [block for block in vgg19 if block.repeats > 1]
    assert sum(block.repeats for block in vgg19 if block.family == "convolution") == 16
    assert joined[0].kind == "2 × (Conv2d + BatchNorm2d + ReLU)"
    assert joined[0].title == "features.0…5"
    assert (joined[0].name, joined[0].layers) == ("features.5", 6)


def test_parallel_branches_are_never_drawn_as_a_chain() -> None:
    inception = {block.kind for block in blocks(network("inception_v3")[0], limit=80)}
    assert {f"Inception{letter}" for letter in "ABCDE"} <= inception
    assert {"Fire"} <= {block.kind for block in blocks(network("squeezenet1_1")[0], limit=80)}


def test_dense_blocks_and_stages_say_how_often_they_repeat() -> None:
    dense = [block for block in blocks(network("densenet121")[0]) if "DenseLayer" in block.kind]
    assert [block.repeats for block in dense] == [6, 12, 24, 16]
    stages = [block for block in blocks(network("regnet_x_400mf")[0]) if "Res" in block.kind]
    assert [block.kind for block in stages] == [f"{count} × ResBottleneckBlock" for count in (2, 7, 12)]


def test_a_transformer_shows_each_of_its_blocks_and_the_attention_inside() -> None:
    drawn = [block for block in blocks(network("vit_b_32")[0]) if block.kind == "EncoderBlock"]
    assert len(drawn) == 12
    assert all(block.layout == "tokens" and "attention" in block.makeup for block in drawn)
    bundled = [block for block in blocks(network("shapes-vit")[0]) if block.kind == "TransformerBlock"]
    assert len(bundled) == 4
    assert all(block.makeup.count("attention") == 3 for block in bundled)


class Listed(nn.Module):
    """Blocks in an `nn.ModuleList`, which outputs nothing itself."""

    def __init__(self, depth: int) -> None:
        super().__init__()
        self.stages = nn.ModuleList(nn.Conv2d(3, 3, 1) for _ in range(depth))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for stage in self.stages:
            x = stage(x)
        return x


def test_a_list_of_modules_opens_where_it_fits_and_is_one_repeated_block_where_not() -> None:
    few, many = (blocks(layers_of(Listed(depth))) for depth in (5, 40))
    assert [block.name for block in few] == [f"stages.{i}" for i in range(5)]
    assert [(block.name, block.kind, block.repeats) for block in many] == [("stages.39", "40 × Conv2d", 40)]


class Shared(nn.Module):
    """One activation, held by the first part and called after both."""

    def __init__(self) -> None:
        super().__init__()
        self.act = nn.ReLU()
        self.a = nn.Sequential(nn.Conv2d(3, 4, 3), self.act)
        self.b = nn.Sequential(nn.Conv2d(4, 5, 3), self.act)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.b(self.a(x))


def test_a_shared_module_lies_in_one_block_alone() -> None:
    layers = layers_of(Shared())
    members = [member for block in blocks(layers) for member in block.members]
    assert sorted(members) == sorted(layer.name for layer in layers if not layer.container)


def test_the_block_of_a_layer() -> None:
    layers, _ = network("resnet18")
    drawn = blocks(layers)
    found = {name: block_holding(drawn, name) for name in ("bn1", "layer2.0.downsample.1", "layer2", "fc")}
    assert {name: block and block.name for name, block in found.items()} == {
        "bn1": "relu",
        "layer2.0.downsample.1": "layer2.0",
        "layer2": "layer2.1",
        "fc": "fc",
    }
    assert block_holding(drawn, "layer9") is None
    for layer in layers:
        assert block_holding(drawn, layer.name) is not None


def test_no_layers_make_no_blocks_and_no_room_is_refused() -> None:
    assert blocks(()) == ()
    with pytest.raises(BadInput, match="at least 1 block, not 0"):
        blocks(network("resnet18")[0], limit=0)


@pytest.mark.parametrize(
    ("kind", "family"),
    [
        ("ConvTranspose2d", "convolution"),
        ("LocalResponseNorm", "normalization"),
        ("AdaptiveAvgPool2d", "pooling"),
        ("Hardswish", "activation"),
        ("GELU", "activation"),
        ("MultiheadAttention", "attention"),
        ("NonDynamicallyQuantizableLinear", "linear"),
        ("Flatten", "other"),
    ],
)
def test_families(kind: str, family: str) -> None:
    assert family_of(kind) == family


def test_a_container_is_a_block_unless_it_is_an_attention() -> None:
    assert family_of("ConvNormActivation", container=True) == "block"
    assert family_of("ShiftedWindowAttention", container=True) == "attention"


def test_an_opened_block_shows_all_that_lies_in_it() -> None:
    for name in ("resnet18", "swin_t", *SMALL):
        for block in blocks(network(name)[0]):
            if block.parts:
                assert tuple(member for part in block.parts for member in part.members) == block.members
                assert sum(part.parameters for part in block.parts) <= block.parameters
    first = next(block for block in blocks(network("shapes-resnet")[0]) if block.name == "stage2.0")
    assert [part.settings for part in first.parts] == [
        "kernel 3 × 3, stride 2, padding 1",
        "kernel 3 × 3, padding 1",
        "kernel 1 × 1, stride 2",
        "",
    ]
    assert [(part.bypassed_by, part.projects) for part in first.parts] == [
        ((2,), ()), ((2,), ()), ((), (2,)), ((), ())
    ]  # fmt: skip
