"""Names of timm's architectures as torchvision's, and of the CIFAR ResNets that many train."""

from __future__ import annotations

import re
from collections.abc import Callable

from featviz.errors import BadCheckpoint
from featviz.models.checkpoints.translation import Translation, stage
from featviz.text import printable

__all__ = ["OF_TIMM", "refuse_namesakes"]

_CIFAR = Translation("CIFAR ResNets", ((r"linear\.", "fc."), (r"shortcut\.", "downsample.")))
_TIMM_VGG = Translation(
    "timm",
    (
        (r"pre_logits\.fc1\.", "classifier.0."),
        (r"pre_logits\.fc2\.", "classifier.3."),
        (r"head\.fc\.", "classifier.6."),
    ),
)
_TIMM_VIT = Translation(
    "timm",
    (
        (r"cls_token$", "class_token"),
        (r"pos_embed$", "encoder.pos_embedding"),
        (r"patch_embed\.proj\.", "conv_proj."),
        (r"blocks\.(\d+)\.norm", r"encoder.layers.encoder_layer_\1.ln_"),
        (r"blocks\.(\d+)\.attn\.qkv\.", r"encoder.layers.encoder_layer_\1.self_attention.in_proj_"),
        (r"blocks\.(\d+)\.attn\.proj\.", r"encoder.layers.encoder_layer_\1.self_attention.out_proj."),
        (r"blocks\.(\d+)\.mlp\.fc1\.", r"encoder.layers.encoder_layer_\1.mlp.0."),
        (r"blocks\.(\d+)\.mlp\.fc2\.", r"encoder.layers.encoder_layer_\1.mlp.3."),
        (r"norm\.(?=\w+$)", "encoder.ln."),
        (r"head\.(?=\w+$)", "heads.head."),
    ),
)
_TIMM_CONVNEXT = Translation(
    "timm",
    (
        (r"stem\.", "features.0."),
        (r"stages\.(\d+)\.downsample\.", stage(0, ".")),
        (r"stages\.(\d+)\.blocks\.(\d+)\.conv_dw\.", stage(1, r".\2.block.0.")),
        (r"stages\.(\d+)\.blocks\.(\d+)\.norm\.", stage(1, r".\2.block.2.")),
        (r"stages\.(\d+)\.blocks\.(\d+)\.mlp\.fc1\.", stage(1, r".\2.block.3.")),
        (r"stages\.(\d+)\.blocks\.(\d+)\.mlp\.fc2\.", stage(1, r".\2.block.5.")),
        (r"stages\.(\d+)\.blocks\.(\d+)\.gamma$", stage(1, r".\2.layer_scale")),
        (r"head\.norm\.", "classifier.0."),
        (r"head\.fc\.", "classifier.2."),
    ),
)
_TIMM_SWIN = Translation(
    "timm",
    (
        (r"patch_embed\.proj\.", "features.0.0."),
        (r"patch_embed\.norm\.", "features.0.2."),
        (r"layers\.(\d+)\.downsample\.", stage(0, ".")),
        (r"layers\.(\d+)\.blocks\.(\d+)\.mlp\.fc1\.", stage(1, r".\2.mlp.0.")),
        (r"layers\.(\d+)\.blocks\.(\d+)\.mlp\.fc2\.", stage(1, r".\2.mlp.3.")),
        (r"layers\.(\d+)\.blocks\.(\d+)\.", stage(1, r".\2.")),
        (r"head\.fc\.", "head."),
    ),
)


def _block(match: re.Match[str]) -> str:
    return f"trunk_output.block{match[1]}.block{match[1]}-{int(match[2]) - 1}."


_TIMM_REGNET = Translation(
    "timm",
    (
        (r"stem\.conv\.", "stem.0."),
        (r"stem\.bn\.", "stem.1."),
        (r"s(\d)\.b(\d+)\.", _block),
        *(
            (rf"conv{number}\.{kind}\.", f"f.{letter}.{index}.")
            for number, letter in ((1, "a"), (2, "b"))
            for kind, index in (("conv", 0), ("bn", 1))
        ),
        (r"conv3\.conv\.", "f.c.0."),
        (r"conv3\.bn\.", "f.c.1."),
        (r"se\.fc", "f.se.fc"),
        (r"downsample\.conv\.", "proj.0."),
        (r"downsample\.bn\.", "proj.1."),
        (r"head\.fc\.", "fc."),
    ),
)
_EPSILON = 1e-5
_TENSORFLOW = (
    "timm's networks whose names begin with tf_ have the same names of weights and pad images otherwise: of one of "
    "those the outputs here are not its own."
)
_BLOCKS = r"blocks\.(\d+)\.(\d+)\."
_TIMM_EFFICIENTNET = Translation(
    "timm",
    (
        (r"conv_stem\.", "features.0.0."),
        (r"conv_head\.", "features.8.0."),
        *(
            (rf"blocks\.0\.(\d+)\.{old}\.", rf"features.1.\1.block.{new}.")
            for old, new in (
                *(("conv_dw", "0.0"), ("bn1", "0.1"), ("se.conv_reduce", "1.fc1")),
                *(("se.conv_expand", "1.fc2"), ("conv_pw", "2.0"), ("bn2", "2.1")),
            )
        ),
        *(
            (rf"{_BLOCKS}{old}\.", stage(1, rf".\2.block.{new}.", 1))
            for old, new in (
                *(("conv_pw", "0.0"), ("bn1", "0.1"), ("conv_dw", "1.0"), ("bn2", "1.1")),
                *(("se.conv_reduce", "2.fc1"), ("se.conv_expand", "2.fc2")),
                *(("conv_pwl", "3.0"), ("bn3", "3.1")),
            )
        ),
        (r"bn1\.", "features.0.1."),
        (r"bn2\.", "features.8.1."),
        (r"classifier\.(?=\w+$)", "classifier.1."),
    ),
    _EPSILON,
    _TENSORFLOW,
)
_STARTS = (1, 2, 4, 7, 11, 14, 17)


def _mobile(rest: str) -> Callable[[re.Match[str]], str]:
    """Where a block of MobileNetV2 stands: torchvision counts through all seven stages."""

    def renumbered(match: re.Match[str]) -> str:
        stage = min(int(match[1]), len(_STARTS) - 1)
        return f"features.{_STARTS[stage] + int(match[2])}.conv.{rest}."

    return renumbered


_TIMM_MOBILENET = Translation(
    "timm",
    (
        (r"conv_stem\.", "features.0.0."),
        (r"conv_head\.", "features.18.0."),
        *(
            (rf"blocks\.(0)\.(\d+)\.{old}\.", _mobile(new))
            for old, new in (("conv_dw", "0.0"), ("bn1", "0.1"), ("conv_pw", "1"), ("bn2", "2"))
        ),
        *(
            (rf"{_BLOCKS}{old}\.", _mobile(new))
            for old, new in (
                *(("conv_pw", "0.0"), ("bn1", "0.1"), ("conv_dw", "1.0"), ("bn2", "1.1")),
                *(("conv_pwl", "2"), ("bn3", "3")),
            )
        ),
        (r"bn1\.", "features.0.1."),
        (r"bn2\.", "features.18.1."),
        (r"classifier\.(?=\w+$)", "classifier.1."),
    ),
)


def _mobile_v3(starts: tuple[int, ...], gated: range | tuple[int, ...]) -> Translation:
    """Those of MobileNetV3: torchvision counts its blocks through all stages.

    Args:
        starts: where each stage begins.
        gated: the blocks with squeeze and excitation.
    """

    def renumbered(match: re.Match[str]) -> str:
        stage = min(int(match[1]), len(starts) - 1)
        number, name = starts[stage] + int(match[2]), match[3]
        if stage == len(starts) - 1:
            return f"features.{number}.{int(name == 'bn1')}."
        steps = [("conv_pw", "bn1"), ("conv_dw", "bn2"), ("conv_pwl", "bn3")]
        if number == 1:
            steps = [("conv_dw", "bn1"), ("conv_pw", "bn2")]
        if number in gated:
            steps.insert(-1, ("se.conv_reduce", "se.conv_expand"))
        index, place = next(((k, step.index(name)) for k, step in enumerate(steps) if name in step), (0, 0))
        return f"features.{number}.block.{index}.{f'fc{place + 1}' if 'se.' in name else place}."

    parts = r"(conv\w*|bn\d|se\.conv_reduce|se\.conv_expand)\."
    return Translation(
        "timm",
        (
            (r"conv_stem\.", "features.0.0."),
            (rf"{_BLOCKS}{parts}", renumbered),
            (r"bn1\.", "features.0.1."),
            (r"classifier\.(?=\w+$)", "classifier.3."),
            (r"conv_head\.", "classifier.0."),
        ),
        _EPSILON,
        _TENSORFLOW,
    )


OF_TIMM = (
    *(_CIFAR, _TIMM_VGG, _TIMM_VIT, _TIMM_CONVNEXT, _TIMM_SWIN),
    *(_TIMM_REGNET, _TIMM_EFFICIENTNET, _TIMM_MOBILENET),
    _mobile_v3((1, 2, 4, 7, 11, 13, 16), (4, 5, 6, *range(11, 16))),
    _mobile_v3((1, 2, 4, 7, 9, 12), (1, *range(4, 12))),
)
"""One translation for each family."""
_NAMESAKES = {
    "tf_": "pads images as TensorFlow does",
    "resnetblur": "blurs maps",
    "resnetaa": "averages maps",
}


def refuse_namesakes(named: str, architecture: str) -> None:
    """Refuse a file of a network of timm that computes otherwise, though its weights have the same names and shapes.

    Args:
        named: how the file calls its network; "" where it does not.
        architecture: which it would be opened as.

    Raises:
        BadCheckpoint: it is one of those.
    """
    for start, does in _NAMESAKES.items():
        if named.startswith(start):
            raise BadCheckpoint(
                f"This file is of timm's {printable(named)}, which {does} where {architecture} does not: its outputs "
                "would be wrong. In Python, wrap_model takes the network itself.",
                code="namesake",
            )
