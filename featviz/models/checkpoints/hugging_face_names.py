"""Names of Hugging Face's architectures as torchvision's: those of files, and of modules since transformers 5."""

from __future__ import annotations

from featviz.models.checkpoints.translation import Translation, stage

__all__ = ["OF_HUGGING_FACE"]

_HF_RESNET = Translation(
    "Hugging Face",
    (
        (r"resnet\.", ""),
        (r"embedder\.embedder\.convolution\.", "conv1."),
        (r"embedder\.embedder\.normalization\.", "bn1."),
        (
            r"encoder\.stages\.(\d+)\.layers\.(\d+)\.",
            lambda match: f"layer{int(match[1]) + 1}.{match[2]}.",
        ),
        *(
            (rf"layer\.{index}\.{old}\.", f"{new}{index + 1}.")
            for index in range(3)
            for old, new in (("convolution", "conv"), ("normalization", "bn"))
        ),
        (r"shortcut\.convolution\.", "downsample.0."),
        (r"shortcut\.normalization\.", "downsample.1."),
        (r"classifier\.1\.", "fc."),
    ),
)
_PROJECTIONS = (("query", "q"), ("key", "k"), ("value", "v"))
_HF_VIT_BLOCK = r"(?:encoder\.layer|layers)\.(\d+)\."
_VIT_BLOCK = r"encoder.layers.encoder_layer_\1."
_HF_VIT = Translation(
    "Hugging Face",
    (
        (r"vit\.", ""),
        (r"embeddings\.cls_token$", "class_token"),
        (r"embeddings\.position_embeddings$", "encoder.pos_embedding"),
        (r"embeddings\.patch_embeddings\.projection\.", "conv_proj."),
        *(
            (
                rf"{_HF_VIT_BLOCK}attention\.(?:attention\.{part}|{letter}_proj)\.(\w+)$",
                rf"{_VIT_BLOCK}self_attention.in_proj_\2#{letter}",
            )
            for part, letter in _PROJECTIONS
        ),
        (rf"{_HF_VIT_BLOCK}attention\.(?:output\.dense|o_proj)\.", f"{_VIT_BLOCK}self_attention.out_proj."),
        (rf"{_HF_VIT_BLOCK}layernorm_before\.", f"{_VIT_BLOCK}ln_1."),
        (rf"{_HF_VIT_BLOCK}layernorm_after\.", f"{_VIT_BLOCK}ln_2."),
        (rf"{_HF_VIT_BLOCK}(?:intermediate\.dense|mlp\.fc1)\.", f"{_VIT_BLOCK}mlp.0."),
        (rf"{_HF_VIT_BLOCK}(?:output\.dense|mlp\.fc2)\.", f"{_VIT_BLOCK}mlp.3."),
        (r"layernorm\.(?=\w+$)", "encoder.ln."),
        (r"classifier\.(?=\w+$)", "heads.head."),
    ),
)
_HF_CONVNEXT = Translation(
    "Hugging Face",
    (
        (r"convnext\.", ""),
        (r"embeddings\.patch_embeddings\.", "features.0.0."),
        (r"embeddings\.layernorm\.", "features.0.1."),
        (r"encoder\.stages\.(\d+)\.downsampling_layer\.", stage(0, ".")),
        *(
            (rf"encoder\.stages\.(\d+)\.layers\.(\d+)\.{old}", stage(1, rf".\2.{new}"))
            for old, new in (
                *((r"dwconv\.", "block.0."), (r"layernorm\.", "block.2."), (r"pwconv1\.", "block.3.")),
                *((r"pwconv2\.", "block.5."), (r"layer_scale_parameter$", "layer_scale")),
            )
        ),
        (r"classifier\.(?=\w+$)", "classifier.2."),
        (r"layernorm\.(?=\w+$)", "classifier.0."),
    ),
)
_HF_SWIN_BLOCK = r"encoder\.layers\.(\d+)\.blocks\.(\d+)\."
_HF_SWIN = Translation(
    "Hugging Face",
    (
        (r"swin\.", ""),
        (r"embeddings\.patch_embeddings\.projection\.", "features.0.0."),
        (r"embeddings\.norm\.", "features.0.2."),
        (r"encoder\.layers\.(\d+)\.downsample\.", stage(2, ".")),
        *(
            (
                rf"{_HF_SWIN_BLOCK}attention\.(?:self\.{part}|{letter}_proj)\.(\w+)$",
                stage(1, rf".\2.attn.qkv.\3#{letter}"),
            )
            for part, letter in _PROJECTIONS
        ),
        *(
            (rf"{_HF_SWIN_BLOCK}{old}", stage(1, rf".\2.{new}"))
            for old, new in (
                (r"attention\.(?:self|relative_position_bias)\.(?=relative)", "attn."),
                (r"attention\.(?:output\.dense|o_proj)\.", "attn.proj."),
                *((r"layernorm_before\.", "norm1."), (r"layernorm_after\.", "norm2.")),
                (r"(?:intermediate\.dense|mlp\.fc1)\.", "mlp.0."),
                (r"(?:output\.dense|mlp\.fc2)\.", "mlp.3."),
            )
        ),
        (r"layernorm\.(?=\w+$)", "norm."),
        (r"classifier\.(?=\w+$)", "head."),
    ),
)
OF_HUGGING_FACE = (_HF_RESNET, _HF_VIT, _HF_CONVNEXT, _HF_SWIN)
"""One translation for each family."""
