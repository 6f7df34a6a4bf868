"""A network as the few blocks one would draw: its layers, partitioned in order of execution.

A network of hundreds of layers is opened from the top level down while the blocks stay within a limit;
`featviz.explain.architecture.partition` says what is opened and what stays closed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from featviz.errors import BadInput
from featviz.explain.architecture.families import Family, family_of
from featviz.explain.architecture.partition import Unit, group_activations, is_chain, is_single, partition
from featviz.explain.architecture.tree import Node, layer_tree
from featviz.models.layers import Layer, Layout

__all__ = ["Block", "block_holding", "blocks", "parameters_outside"]
_TITLE = 14
_NAMED = 3
_PARTS = 12
"""How many blocks an opened one shows at most."""


@dataclass(frozen=True)
class Block:
    """Consecutive layers drawn as one.

    Attributes:
        name: the layer whose output leaves the block.
        title: a short name, such as `layer1.0`, or `features.0…3` for several.
        kind: what it is made of, such as `BasicBlock`, `Conv2d + ReLU` or `2 x BasicBlock`.
        family: what it is, for its colour.
        output_shape: the shape it outputs for one image, without the batch dimension.
        layout: how to read `output_shape`, as `Layer.layout`.
        grid: rows and columns of positions, or None.
        channels: channels of its output.
        parameters: parameters inside.
        repeats: how many equal parts it consists of.
        makeup: the families of the layers inside, in order; all that lies in an attention is attention.
        members: the names of the layers inside that hold no other layer, in order.
        start: index of its first layer in the network's list of layers.
        end: one past the index of its last.
        settings: of a single convolution or pooling in it, such as "kernel 3 x 3, stride 2"; else "".
        bypassed_by: which of the network's skip connections lead around layers in it, as `Layer.bypassed_by`.
        projects: on which of them all its layers lie.
        parts: the blocks inside, where it is more than one layer with its followers.
    """

    name: str
    title: str
    kind: str
    family: Family
    output_shape: tuple[int, ...]
    layout: Layout
    grid: tuple[int, int] | None
    channels: int
    parameters: int
    repeats: int
    makeup: tuple[Family, ...]
    members: tuple[str, ...]
    start: int
    end: int
    settings: str = ""
    bypassed_by: tuple[int, ...] = ()
    projects: tuple[int, ...] = ()
    parts: tuple[Block, ...] = ()

    @property
    def layers(self) -> int:
        """How many layers that hold no other layer lie inside."""
        return len(self.members)


def blocks(layers: Sequence[Layer], limit: int = 24) -> tuple[Block, ...]:
    """Partition a network into at most `limit` blocks, in order of execution.

    Every layer that holds no other belongs to exactly one block.

    Args:
        layers: of the network, in order of execution, as `Model.layers`.
        limit: the most blocks there may be, at least 1.

    Raises:
        BadInput: `limit` is less than 1.
    """
    if limit < 1:
        raise BadInput(f"A drawing needs room for at least 1 block, not {limit}.", code="limit")
    drawn = [_block(unit) for unit in partition(layer_tree(layers), limit)]
    titles = Counter(block.title for block in drawn)
    return tuple(replace(block, title=block.name) if titles[block.title] > 1 else block for block in drawn)


def block_holding(drawn: Sequence[Block], layer: str) -> Block | None:
    """The block in which the layer named `layer` lies; the last one inside it where the layer was opened."""
    inside = f"{layer}."
    for block in reversed(drawn):
        if layer in (block.name, *block.members) or any(
            member.startswith(inside) for member in block.members
        ):
            return block
    return None


def parameters_outside(drawn: Sequence[Block], total: int) -> int:
    """How many of a network's `total` parameters lie in no block.

    They belong to what was opened itself (class token, position embedding) or to what a pass never calls
    (auxiliary classifiers).
    """
    return total - sum(block.parameters for block in drawn)


def _block(unit: Unit) -> Block:
    output = unit[-1].output
    leaves = [leaf for node in unit for leaf in node.leaves]
    positions = [node.position for top in unit for node in top.walk()]
    return Block(
        name=output.name,
        title=_title(unit),
        kind=_kind(unit),
        family=_family(unit),
        output_shape=output.output_shape,
        layout=output.layout,
        grid=output.grid,
        channels=output.channels,
        parameters=sum(node.parameters for node in unit),
        repeats=_repeats(_kinds(unit)),
        makeup=tuple(family for node in unit for family in _makeup(node)),
        members=tuple(leaf.name for leaf in leaves),
        start=min(positions),
        end=max(positions) + 1,
        settings=_settings(unit),
        bypassed_by=tuple(sorted({number for leaf in leaves for number in leaf.output.bypassed_by})),
        projects=tuple(
            number
            for number in leaves[0].output.projects
            if all(number in leaf.output.projects for leaf in leaves)
        ),
        parts=tuple(_block(part) for part in _inside(unit)),
    )


def _inside(unit: Unit) -> list[Unit]:
    """What an opened block shows: nothing of one layer with its followers."""
    opened = len(unit) == 1 and bool(unit[0].children) and not is_single(unit[0])
    parts = partition(unit[0], _PARTS) if opened else group_activations(unit)
    return parts if len(parts) > 1 else []


def _leading(unit: Unit) -> list[Unit]:
    """What a unit runs, each layer with its followers; seen into a container of only one."""
    return group_activations(unit[0].parts if len(unit) == 1 and is_single(unit[0]) else unit)


def _settings(unit: Unit) -> str:
    pieces = _leading(unit)
    return pieces[0][0].output.settings if len(pieces) == 1 else ""


def _makeup(node: Node) -> tuple[Family, ...]:
    family = family_of(node.output.kind, container=bool(node.children))
    if not node.children or (node.layer and family == "attention"):
        return (family,) * len(node.leaves)
    return tuple(family for child in node.children for family in _makeup(child))


def _title(unit: Unit) -> str:
    first, last = unit[0].name, unit[-1].name
    if len(group_activations(unit)) > 1:
        return f"{_short(first)}…{last.rpartition('.')[2]}"
    return _short(first)


def _short(name: str) -> str:
    """The last two parts of a dotted name: more where they are numbers, the last alone where two are long."""
    parts = name.split(".")
    count = next((k for k, part in enumerate(reversed(parts)) if not part.isdigit()), 1)
    short = ".".join(parts[-max(count + 1, 2) :])
    return short if len(short) <= _TITLE or count else parts[-1]


def _family(unit: Unit) -> Family:
    """The family of what leads the unit, where one thing does."""
    families = {
        family_of(piece[0].output.kind, container=bool(piece[0].children)) for piece in _leading(unit)
    }
    return families.pop() if len(families) == 1 else "block"


def _kind(unit: Unit) -> str:
    kinds = _kinds(unit)
    repeats = _repeats(kinds)
    pattern = kinds[: len(kinds) // repeats]
    text = " + ".join(
        pattern if len(pattern) <= _NAMED else [*pattern[:_NAMED], f"{len(pattern) - _NAMED} more"]
    )
    if repeats > 1:
        text = f"{repeats} × {text}" if len(pattern) == 1 else f"{repeats} × ({text})"
    container = unit[0].output.kind
    return f"{container} of {text}" if len(unit) == 1 and _holds_equals(unit[0]) else text


def _kinds(unit: Unit) -> list[str]:
    """The classes a unit is made of: those inside a chain, else its own."""
    node = unit[0]
    if len(unit) == 1 and node.children and (is_chain(node) or is_single(node) or _holds_equals(node)):
        return [part.output.kind for part in node.parts]
    return [node.output.kind for node in unit]


def _holds_equals(node: Node) -> bool:
    """Whether a class of its own consists of several blocks of one other class, as a dense block does."""
    if node.layer is None or is_chain(node) or len(node.parts) < 2:
        return False
    blocks_inside = all(part.children and not is_single(part) for part in node.parts)
    kinds = {part.output.kind for part in node.parts}
    return blocks_inside and len(kinds) == 1 and kinds != {"Sequential"}


def _repeats(kinds: Sequence[str]) -> int:
    """How often the shortest pattern repeats that makes up `kinds`."""
    count = len(kinds)
    periods = (period for period in range(1, count + 1) if count % period == 0)
    return next(count // p for p in periods if list(kinds) == list(kinds[:p]) * (count // p))
