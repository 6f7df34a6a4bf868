"""The choice of what the columns of a matrix of maps run over: classes, layers or networks."""

from collections.abc import Sequence
from dataclasses import dataclass

from featviz.explain.features.depth import layers_through_depth
from featviz.explain.targets.target import class_target
from featviz.explain.targets.units import Target
from featviz.models.cards import training_moment
from featviz.models.model import Model, Prediction
from featviz.models.sources.registry import SOURCES
from featviz.ui.inputs.controls import segments, several_or_default
from featviz.ui.inputs.target import class_labels
from featviz.ui.inputs.target_text import read_target_text, target_name, target_text
from featviz.ui.state.models import load
from featviz.ui.state.view_state import Choice, Several, ViewState

__all__ = ["COLUMNS", "Column", "Columns", "choose_columns", "choose_networks"]

_KINDS = {"one": "One target", "classes": "Classes", "layers": "Layers", "models": "Networks"}
COLUMNS = ViewState(
    "columns",
    columns=Choice(_KINDS, "one", was=("across",)),
    classes=Several(),
    layers=Several(),
    models=Several(),
)
"""What the columns of a matrix run over, and which of these there are."""

_MAX_COLUMNS = 4
_LAYERS_AT_FIRST = 3
_CLASSES_AT_FIRST = 3


@dataclass(frozen=True, eq=False)
class Column:
    """What the maps of one column have in common.

    Attributes:
        name: what stands above them, plain text.
        model: the network.
        target: what is explained.
        layer: for methods that read a layer, which; None leaves it to their options.
    """

    name: str
    model: Model
    target: Target
    layer: str | None = None


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns of a matrix.

    Attributes:
        kind: what they run over: "one", "classes", "layers" or "models".
        items: one to four.
    """

    kind: str
    items: tuple[Column, ...]


def choose_columns(
    model: Model, target: Target, predictions: Sequence[Prediction], layers: Sequence[str]
) -> Columns:
    """Draw the choice of the columns; where nothing is chosen, there is the one target of the one network.

    Args:
        model: the network that is looked at.
        target: what is explained of it: the first column of classes, and that of all others.
        predictions: the network's most probable classes for the image, best first.
        layers: names of the layers that methods can be drawn from, in order of execution.

    Raises:
        FeatvizError: a network that is to be beside this one cannot be loaded.
    """
    kind = segments(
        "Columns",
        list(_KINDS),
        key=COLUMNS["columns"],
        name=_KINDS.__getitem__,
        help="What stands side by side for each method, all on one scale.",
    )
    alone = Column(target_name(target, model), model, target)
    if kind == "classes":
        return Columns(kind, (alone, *_further_classes(model, target, predictions)))
    if kind == "layers":
        return Columns(kind, _layers(model, target, layers) or (alone,))
    if kind == "models":
        return Columns(kind, _networks(model, target))
    return Columns(kind, (alone,))


def _further_classes(model: Model, target: Target, predictions: Sequence[Prediction]) -> list[Column]:
    labels = class_labels(model, predictions)
    labels.pop(target_text(target), None)
    likely = [
        text for each in predictions if (text := target_text(class_target(model, each.index))) in labels
    ]
    chosen = several_or_default(
        "Classes beside it",
        list(labels),
        key=COLUMNS["classes"],
        limit=_MAX_COLUMNS - 1,
        default=likely[: _CLASSES_AT_FIRST - 1],
        name=labels.__getitem__,
    )
    targets = (read_target_text(text, model) for text in chosen)
    return [Column(target_name(each, model), model, each) for each in targets if each is not None]


def _layers(model: Model, target: Target, layers: Sequence[str]) -> tuple[Column, ...]:
    offered = [model.layer(name) for name in layers]
    walk = [layer.name for layer in layers_through_depth(offered, _LAYERS_AT_FIRST)]
    chosen = several_or_default(
        "Layers", list(layers), key=COLUMNS["layers"], limit=_MAX_COLUMNS, default=walk
    )
    return tuple(Column(name, model, target, name) for name in sorted(chosen, key=list(layers).index))


def choose_networks(model: Model, *, random_at_first: bool = True) -> tuple[tuple[str, Model], ...]:
    """Draw the choice of networks beside this one; each with its name, this one first.

    Args:
        model: the network that is looked at.
        random_at_first: whether the same with random weights stands beside it until a user chooses.

    Raises:
        FeatvizError: one of them cannot be loaded.
    """
    here = f"{model.name}@{model.weights}"
    offered = [each for each in _comparable(model) if each != here]
    chosen = several_or_default(
        "Compare with",
        offered,
        key=COLUMNS["models"],
        limit=_MAX_COLUMNS - 1,
        default=[each for each in offered if random_at_first and each == f"{model.name}@random"],
        name=_shown,
    )
    return ((_described(here), model), *((_described(each), _loaded(each, model)) for each in chosen))


def _networks(model: Model, target: Target) -> tuple[Column, ...]:
    return tuple(Column(name, each, target) for name, each in choose_networks(model))


def _comparable(model: Model) -> list[str]:
    """Networks with the same classes that can be had without a download, as name@weights."""
    return [f"{name}@{weights}" for name, weights in SOURCES.of(model.card).comparable(model)]


def _loaded(network: str, beside: Model) -> Model:
    name, _, weights = network.rpartition("@")
    return load(name, weights, str(beside.device))


def _described(network: str) -> str:
    name, _, weights = network.rpartition("@")
    return f"{name.rpartition('/')[2]}, {weights}"


def _shown(network: str) -> str:
    name, _, weights = network.rpartition("@")
    return f"{name.rpartition('/')[2]}, {training_moment(weights)}"
