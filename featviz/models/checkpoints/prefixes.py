"""within_prefix: the tensors of a file that belong to a network, though their names stand under others'."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from torch import Tensor

from featviz.text import printable

__all__ = ["Inside", "left_out_note", "within_prefix"]

_PREFERRED = (
    *("", "module", "model", "_forward_module", "_orig_mod", "backbone", "encoder", "net", "network"),
    *("encoder_q", "online_encoder", "online_network", "ema_model", "teacher", "student", "online_model"),
)
_DEEPEST = 12
_SHOWN = 3


@dataclass(frozen=True, eq=False)
class Inside:
    """What lies under one prefix of a file's names.

    Attributes:
        tensors: by the names that are left without the prefix.
        covered: how many of the network's names are there.
        notes: what was done, in sentences.
        epsilon: what batch norms add to the variance, where the names tell.
    """

    tensors: dict[str, Tensor]
    covered: int
    notes: tuple[str, ...] = ()
    epsilon: float | None = None


def _notes(prefix: str, outside: tuple[str, ...]) -> tuple[str, ...]:
    """What was done, in sentences."""
    if not prefix:
        return left_out_note(outside)
    taken = f"The prefix “{printable(prefix)}” was taken off {'the' if outside else 'all'} names."
    return (taken, *left_out_note(outside))


def within_prefix(tensors: Mapping[str, Tensor], wanted: Collection[str]) -> Inside:
    """Find the prefix under which the most of a network's tensors lie; of equal ones the more usual."""
    found = _covered(tensors, wanted)
    prefix = min(found, key=lambda each: (-found[each], _rank(each), len(each), each), default="")
    inside = {name[len(prefix) :]: tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    outside = tuple(name for name in tensors if not name.startswith(prefix))
    return Inside(inside, found.get(prefix, 0), _notes(prefix, outside))


def left_out_note(names: Collection[str]) -> tuple[str, ...]:
    """A sentence that says what of a file was left out; none where nothing was."""
    if not names:
        return ()
    shown = ", ".join(printable(name) for name in sorted(names)[:_SHOWN])
    what = "1 tensor that is" if len(names) == 1 else f"{len(names):,} tensors that are"
    return (f"Left out: {what} no part of the network ({shown}{', …' if len(names) > _SHOWN else ''}).",)


def _covered(tensors: Mapping[str, Tensor], wanted: Collection[str]) -> Counter[str]:
    """How many of the wanted names follow each prefix."""
    found: Counter[str] = Counter()
    for name in tensors:
        parts = name.split(".")
        for depth in range(min(len(parts), _DEEPEST)):
            if ".".join(parts[depth:]) in wanted:
                found["".join(f"{part}." for part in parts[:depth])] += 1
    return found


def _rank(prefix: str) -> int:
    last = prefix.rstrip(".").rpartition(".")[2]
    return _PREFERRED.index(last) if last in _PREFERRED else len(_PREFERRED)
