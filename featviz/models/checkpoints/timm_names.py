"""Names of timm's architectures as torchvision's, and of the CIFAR ResNets that many train."""

from __future__ import annotations

import re
from collections.abc import Callable

from featviz.models.checkpoints.translation import Translation, stage

__all__ = ["OF_TIMM"]

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
OF_TIMM = (
    *(_CIFAR, _TIMM_VGG, _TIMM_VIT, _TIMM_CONVNEXT, _TIMM_SWIN),
    *(_TIMM_REGNET, _TIMM_EFFICIENTNET, _TIMM_MOBILENET),
)
"""One translation for each family."""
