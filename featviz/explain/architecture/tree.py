"""The tree behind a network's list of layers: which layer lies inside which, read from the dotted names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from featviz.models.layers import Layer

__all__ = ["Node", "layer_tree"]


@dataclass(frozen=True, eq=False)
class Node:
    """A layer with the layers inside it, or a mere wrapper (`nn.ModuleList`) that outputs nothing itself.

    Attributes:
        name: its dotted name; the root's is empty.
        layer: what it outputs; None for the root and for wrappers.
        position: the index of its output in the list of layers; a wrapper's is that of its last child.
        children: what lies directly inside, in order of execution.
    """

    name: str
    layer: Layer | None
    position: int
    children: tuple[Node, ...]

    @property
    def output(self) -> Layer:
        """The layer whose output leaves this node: itself, or what a wrapper runs last."""
        return self.layer or self.children[-1].output

    @property
    def parameters(self) -> int:
        """Parameters inside, those held by the node itself included."""
        return self.layer.parameters if self.layer else sum(child.parameters for child in self.children)

    @cached_property
    def leaves(self) -> tuple[Node, ...]:
        """The layers inside that hold no other listed layer; a leaf's own is itself."""
        return tuple(leaf for child in self.children for leaf in child.leaves) if self.children else (self,)

    @cached_property
    def parts(self) -> tuple[Node, ...]:
        """The layers directly inside, seen through wrappers."""
        return tuple(
            part for child in self.children for part in (child.parts if not child.layer else (child,))
        )

    def walk(self) -> Iterator[Node]:
        """The node and everything below it."""
        yield self
        for child in self.children:
            yield from child.walk()


def layer_tree(layers: Sequence[Layer]) -> Node:
    """The root over `layers`; names between that are no layers themselves become wrappers."""
    positions = {layer.name: position for position, layer in enumerate(layers)}
    inside: dict[str, list[str]] = {"": []}
    for layer in layers:
        name = layer.name
        while name and name not in inside.setdefault(_parent(name), []):
            inside[_parent(name)].append(name)
            name = _parent(name)
    return _node("", layers, positions, inside)


def _parent(name: str) -> str:
    return name.rpartition(".")[0]


def _node(
    name: str, layers: Sequence[Layer], positions: Mapping[str, int], inside: Mapping[str, Sequence[str]]
) -> Node:
    below = (_node(child, layers, positions, inside) for child in inside.get(name, ()))
    children = tuple(sorted(below, key=lambda child: child.position))
    position = positions.get(name, children[-1].position if children else -1)
    return Node(name, layers[position] if name in positions else None, position, children)
