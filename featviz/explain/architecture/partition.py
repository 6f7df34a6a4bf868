"""Where to cut a network into consecutive units, from the top level down.

What merely chains (`nn.Sequential`, lists of modules, stages of one repeated block) is opened. A class of
its own with branches or a skip around it (`BasicBlock`, `Fire`) stays closed, because its inside is no
chain; unless it occurs once and holds a main part of the network, as an encoder or a backbone does. A
convolution or linear layer takes along the normalization, activation and dropout that follow it and keep its
shape.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from featviz.explain.architecture.families import family_of
from featviz.explain.architecture.tree import Node

__all__ = ["Unit", "group_activations", "is_chain", "is_single", "partition"]

Unit = tuple[Node, ...]
_MAIN_PART = 1 / 3


def partition(root: Node, limit: int) -> list[Unit]:
    """Cut the tree below `root` into at most `limit` units of neighbouring nodes; every leaf lies in one.

    One depth is opened after the other, all of it or nothing, so that equal parts are drawn equally deep.
    """
    return _merge_smallest(_expand(root, limit), limit)


def is_chain(node: Node) -> bool:
    """Whether a node merely runs its parts in turn: a wrapper, a `Sequential`, a stage of equal blocks."""
    if not node.children:
        return False
    return node.layer is None or node.layer.kind == "Sequential" or _is_stage(node)


def _expand(root: Node, limit: int) -> list[Unit]:
    units, closed = group_activations(root.children), set[str]()
    kinds = Counter(node.layer.kind for node in root.walk() if node.layer and node.children)
    while candidates := [u[0] for u in units if u[0].name not in closed and _opens(u, root, kinds)]:
        depth = min(node.name.count(".") for node in candidates)
        level = {node.name for node in candidates if node.name.count(".") == depth}
        closed |= level
        units = _one_level(units, level, limit)
    return units


def _opens(unit: Unit, root: Node, kinds: Counter[str]) -> bool:
    """Whether what lies inside a unit may be drawn as a chain."""
    node = unit[0]
    if len(unit) > 1 or not node.children or is_single(node):
        return False
    if node.layer is None or is_chain(node):
        return True
    return kinds[node.layer.kind] == 1 and len(node.leaves) >= _MAIN_PART * len(root.leaves)


def _is_stage(node: Node) -> bool:
    """Whether a node runs several blocks of one class in turn and outputs what the last one does."""
    last = node.parts[-1]
    same = {part.output.kind for part in node.parts} == {last.output.kind} and len(node.parts) > 1
    return (
        same
        and bool(last.children)
        and not is_single(last)
        and last.output.output_shape == node.output.output_shape
    )


def is_single(node: Node) -> bool:
    """Whether a container is a convolution or linear layer with its followers, and nothing more."""
    units = group_activations(node.parts)
    return (
        len(units) == 1
        and not units[0][0].children
        and node.output.output_shape == units[0][-1].output.output_shape
    )


def _one_level(units: Sequence[Unit], level: set[str], limit: int) -> list[Unit]:
    """Open the nodes of `level`: as they are, else with equal neighbours joined, else, a lone one, packed."""
    inside = {unit[0].name: group_activations(unit[0].children) for unit in units if unit[0].name in level}
    others = len(units) - len(inside)
    for shorten in (list[Unit], _runs):
        shown = {name: shorten(content) for name, content in inside.items()}
        if others + sum(map(len, shown.values())) <= limit:
            break
    else:
        room = limit - others if len(inside) == 1 else 1
        shown = {name: _merge_smallest(content, max(room, 1)) for name, content in inside.items()}
    return [piece for unit in units for piece in _replaced(unit, shown.get(unit[0].name, []))]


def _replaced(unit: Unit, content: list[Unit]) -> list[Unit]:
    """The content of a unit, but the unit itself where its content is one piece of several layers."""
    return [unit] if not content or (len(content) == 1 and len(content[0]) > 1) else content


def group_activations(nodes: Sequence[Node]) -> list[Unit]:
    """Units of one node each, but followers join the convolution or linear layer before them."""
    units: list[Unit] = []
    for node in nodes:
        if units and _follows(units[-1][0], node):
            units[-1] = (*units[-1], node)
        else:
            units.append((node,))
    return units


def _follows(head: Node, node: Node) -> bool:
    if head.children or node.children or head.output.output_shape != node.output.output_shape:
        return False
    kind = node.output.kind
    light = family_of(kind) in {"normalization", "activation"} or kind.startswith(("Dropout", "Identity"))
    return light and family_of(head.output.kind) in {"convolution", "linear"}


def _runs(units: Sequence[Unit]) -> list[Unit]:
    """Join neighbours made of the same kinds that output the same shape."""
    runs: list[Unit] = []
    signature: object = None
    for unit in units:
        unit_signature = ([node.output.kind for node in unit], unit[-1].output.output_shape)
        if runs and unit_signature == signature:
            runs[-1] = (*runs[-1], *unit)
        else:
            runs.append(unit)
        signature = unit_signature
    return runs


def _merge_smallest(units: Sequence[Unit], limit: int) -> list[Unit]:
    """Merge the two adjacent units that hold the fewest layers until at most `limit` units are left."""
    merged = list(units)
    while len(merged) > limit:
        sizes = [sum(len(node.leaves) for node in unit) for unit in merged]
        first = min(range(len(merged) - 1), key=lambda i: sizes[i] + sizes[i + 1])
        merged[first : first + 2] = [(*merged[first], *merged[first + 1])]
    return merged
