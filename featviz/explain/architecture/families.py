"""What sort of thing a layer is, told by the name of its class: convolution, pooling, attention, ..."""

from typing import Literal, get_args

__all__ = ["FAMILIES", "Family", "family_of"]

Family = Literal[
    "convolution", "normalization", "activation", "pooling", "attention", "linear", "block", "other"
]
FAMILIES: tuple[Family, ...] = get_args(Family)

# The first word found in a lower-case class name decides, so `MultiheadAttention` and `LayerNorm` go first.
_WORDS: tuple[tuple[Family, tuple[str, ...]], ...] = (
    ("attention", ("attention",)),
    ("normalization", ("norm",)),
    ("pooling", ("pool",)),
    ("convolution", ("conv",)),
    ("activation", ("relu", "elu", "silu", "swish", "sigmoid", "tanh", "softmax", "mish", "softplus")),
    ("linear", ("linear",)),
)


def family_of(kind: str, *, container: bool = False) -> Family:
    """The family of a layer of class `kind`; a container is an attention or a block.

    Args:
        kind: the name of the class, such as `Conv2d`.
        container: whether other layers lie inside it.
    """
    lowered = kind.lower()
    matched = next((family for family, words in _WORDS if any(word in lowered for word in words)), None)
    if container:
        return "attention" if matched == "attention" else "block"
    return matched or "other"
