"""The choice of a second network, which is compared with the one of the sidebar."""

from __future__ import annotations

from featviz.models.cards import training_moment
from featviz.models.model import Model
from featviz.models.sources.load import list_models
from featviz.models.sources.registry import SOURCES
from featviz.ui.inputs.controls import choice
from featviz.ui.state.models import load
from featviz.ui.state.view_state import Text, ViewState

__all__ = ["SECOND", "choose_second", "described"]

SECOND = ViewState("second network", second=Text())
"""The second network, as name@weights."""

_RANDOM = "random"


def choose_second(model: Model) -> Model:
    """Draw the choice of a network that is compared with another one, and load it.

    On offer are those with the same classes, the same network once more, and the trained and random ones that come
    with featviz; none of them needs a download.

    Args:
        model: the network that was chosen in the sidebar.

    Raises:
        FeatvizError: it cannot be loaded.
    """
    here = f"{model.name}@{model.weights}"
    offered = _offered(model, here)
    chosen = choice(
        "Compare with",
        offered,
        key=SECOND["second"],
        default=_first(model, offered, here),
        name=lambda network: f"{_shown(network)} · itself" if network == here else _shown(network),
        help="Type to search. The same network with other weights, at other moments of its training, or another "
        "architecture. A network compared with itself shows how its layers follow from one another.",
    )
    if chosen == here:
        return model
    name, _, weights = chosen.rpartition("@")
    return load(name, weights, str(model.device))


def described(model: Model) -> str:
    """A network and its weights in words."""
    return _shown(f"{model.name}@{model.weights}")


def _offered(model: Model, here: str) -> list[str]:
    alike = [f"{name}@{weights}" for name, weights in SOURCES.of(model.card).comparable(model)]
    bundled = [
        f"{card.name}@{stage}" for card in list_models() if card.bundled for stage in card.stages[::-1]
    ]
    return list(dict.fromkeys((here, *alike, *bundled)))


def _first(model: Model, offered: list[str], here: str) -> str:
    """Another architecture of the same classes trained as far, else the same untrained, or trained if it is random."""
    alike = [f"{name}@{weights}" for name, weights in SOURCES.of(model.card).comparable(model)]
    others = [
        each for each in alike if not each.startswith(f"{model.name}@") and each.endswith(f"@{model.weights}")
    ]
    twin = f"{model.name}@{_RANDOM}"
    rest = [each for each in alike if each != twin] if model.weights.startswith(_RANDOM) else [twin, *alike]
    return next((each for each in (*others, *rest) if each in offered and each != here), here)


def _shown(network: str) -> str:
    name, _, weights = network.rpartition("@")
    return f"{name.rpartition('/')[2]}, {training_moment(weights)}"
