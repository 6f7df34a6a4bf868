"""Where a checkpoint and an architecture differ, in one sentence that names a few of the tensors."""

from collections.abc import Mapping, Sequence

from torch import Tensor

from featviz.errors import BadCheckpoint
from featviz.text import printable

__all__ = ["COUNTER", "check_shapes", "foreign_names", "missing_names", "names_differ"]

COUNTER = "num_batches_tracked"
_TABLES = ("relative_position_index", "relative_coords_table", "attn_mask")
_SHOWN = 5


def missing_names(tensors: Mapping[str, Tensor], shapes: Mapping[str, Tensor]) -> list[str]:
    """What the file lacks; counters of batch normalization and tables that the architecture makes may be missing."""
    return [name for name in shapes if name not in tensors and not name.endswith((COUNTER, *_TABLES))]


def foreign_names(tensors: Mapping[str, Tensor], shapes: Mapping[str, Tensor]) -> list[str] | None:
    """Tensors beside the network, such as a loss's; None where one stands among its own, as of another architecture."""
    own = {name.partition(".")[0] for name in shapes}
    strangers = [name for name in tensors if name not in shapes]
    inside = any(name.partition(".")[0] in own and not name.endswith(_TABLES) for name in strangers)
    return None if inside else strangers


def check_shapes(expected: Mapping[str, Tensor], tensors: Mapping[str, Tensor]) -> None:
    """Compare the shapes of tensors that both have.

    Raises:
        BadCheckpoint: some differ.
    """
    wrong = [
        f"{printable(name)} is {_shape(tensors[name])}, expected {_shape(to)}"
        for name, to in expected.items()
        if name in tensors and tensors[name].shape != to.shape
    ]
    if wrong:
        raise BadCheckpoint(
            f"These weights are of another size than this architecture: {_few(wrong, '; ')}. Choose the "
            "architecture they were saved from.",
            code="shapes",
        )


def names_differ(tensors: Mapping[str, Tensor], shapes: Mapping[str, Tensor]) -> BadCheckpoint:
    """The refusal of weights whose names are another architecture's."""
    missing = missing_names(tensors, shapes)
    foreign = [name for name in tensors if name not in shapes]
    parts = [
        f"{kind} {_few([printable(name) for name in names], ', ')}"
        for kind, names in (("missing are", missing), ("not part of it are", foreign))
        if names
    ]
    return BadCheckpoint(
        f"These weights do not fit this architecture: {'; '.join(parts)}. Choose the architecture they were "
        "saved from.",
        code="names",
    )


def _few(items: Sequence[str], separator: str) -> str:
    """The first items, and how many more there are."""
    rest = len(items) - _SHOWN
    return separator.join(items[:_SHOWN]) + (f" and {rest:,} more" if rest > 0 else "")


def _shape(tensor: Tensor) -> str:
    return " × ".join(map(str, tensor.shape)) or "a number"
