"""Skip connections: sums of two paths from the image, of which one leads around layers that the other runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from torch import Tensor
from torch.autograd.graph import Node

__all__ = ["SkipConnection", "skip_connections"]

_SUM = "AddBackward"
_WEIGHTED = (
    "Convolution",
    "Addmm",
    "Mm",
    "Bmm",
    "Baddbmm",
    "Linear",
    "ScaledDotProduct",
    "MkldnnConvolution",
)
_MOST = 20_000
"""Operations of a pass beyond which nothing is looked for: each knows all it depends on, a bit for each other."""


class SkipConnection(NamedTuple):
    """A sum of two paths.

    Attributes:
        bypassed: the modules on the longer path alone, in the order in which they run.
        projection: those on the shorter path alone; none where it leaves everything as it is.
    """

    bypassed: tuple[str, ...]
    projection: tuple[str, ...]


def skip_connections(
    names: Mapping[Node, Sequence[str]], output: Tensor | None
) -> tuple[SkipConnection, ...]:
    """The skip connections of a network.

    A sum counts where both its terms depend on the image, and the one runs fewer convolutions, linear layers and
    attentions of its own than the other.

    Args:
        names: by operation of a pass through the frozen network, the modules that give its output, in the order in
            which they ran. As no weight takes a gradient, whatever is in the graph depends on the image.
        output: what the network gave.

    Returns:
        Those that lead around modules, in the order of their sums.
    """
    last = () if output is None or output.grad_fn is None else (output.grad_fn,)
    order = _in_order((*names, *last))
    if len(order) > _MOST:
        return ()
    return tuple(each for each in _sums(names, order) if each.bypassed)


def _in_order(ends: Iterable[Node]) -> list[Node]:
    """All operations that lead to some, each behind those it takes."""
    order: dict[Node, None] = {}
    for end in ends:
        pending = [(end, False)]
        while pending:
            node, complete = pending.pop()
            if complete:
                order[node] = None
            elif node not in order:
                pending += [(node, True), *((each, False) for each in _taken(node) if each not in order)]
    return list(order)


def _taken(node: Node) -> Iterator[Node]:
    return (each for each, _ in node.next_functions if each is not None)


def _sums(names: Mapping[Node, Sequence[str]], order: list[Node]) -> Iterator[SkipConnection]:
    bits = {node: 1 << position for position, node in enumerate(order)}
    weighted = sum(bits[node] for node in order if node.name().startswith(_WEIGHTED))
    before: dict[Node, int] = {}
    for node in order:
        before[node] = bits[node]
        for each in _taken(node):
            before[node] |= before[each]
        terms = [before[each] for each in _taken(node)]
        if node.name().startswith(_SUM) and len(terms) == 2:
            longer, shorter = _alone(terms, weighted)
            if (longer & weighted).bit_count() > (shorter & weighted).bit_count():
                yield SkipConnection(*(_names_in(each, names, order) for each in (longer, shorter)))


def _alone(terms: list[int], weighted: int) -> tuple[int, int]:
    """What each of two terms takes and the other does not, the one with more weighted operations first."""
    one, other = terms[0] & ~terms[1], terms[1] & ~terms[0]
    return (one, other) if (one & weighted).bit_count() >= (other & weighted).bit_count() else (other, one)


def _names_in(operations: int, names: Mapping[Node, Sequence[str]], order: list[Node]) -> tuple[str, ...]:
    """The modules of which every call lies inside; one that is called elsewhere too stands where it is called last."""
    inside, outside = dict[str, None](), set[str]()
    for position, node in enumerate(order):
        if operations >> position & 1:
            inside |= dict.fromkeys(names.get(node, ()))
        else:
            outside |= set(names.get(node, ()))
    return tuple(name for name in inside if name and name not in outside)
