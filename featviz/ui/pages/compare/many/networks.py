"""Which networks are laid out beside each other, and the work behind it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import streamlit as st

from featviz.models.model import Model
from featviz.representation.comparison.network_distances import NetworkDistances, distance_steps, layer_at
from featviz.ui.inputs.controls import segments, several_or_default
from featviz.ui.inputs.second_network import load_offered, network_id, offered_networks
from featviz.ui.pages.compare.request import ComparisonRequest
from featviz.ui.pages.compare.view_state import METRICS, RELATIVE_DEPTHS, VIEW
from featviz.ui.state.tasks import Task

__all__ = ["Networks", "choose_networks", "distances_task"]

MOST = 24
"""How many networks are laid out."""


@dataclass(frozen=True, eq=False)
class Networks:
    """Networks that are laid out, each with the layer that represents the images.

    Attributes:
        ids: as choices and links name them.
        names: in words.
        models: themselves.
        layers: of each one.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    models: tuple[Model, ...]
    layers: tuple[str, ...]


def choose_networks(request: ComparisonRequest) -> tuple[Networks, str]:
    """Draw the choices of the networks, the relative depth and the metric, and give the networks and the metric.

    Raises:
        FeatvizError: one of them cannot be loaded.
    """
    offered = offered_networks(request.first)
    ids = several_or_default(
        "Networks",
        list(offered),
        key=VIEW["networks"],
        limit=MOST,
        default=_usual(request, offered),
        name=lambda network: offered.get(network, network),
        help="Each is a point: moments of a training, seeds, architectures, checkpoints. Type to search.",
    )
    with st.container(horizontal=True, gap="medium"):
        depth, metric = _choose_depth(), _choose_metric()
    models = tuple(load_offered(request.first, each) for each in ids)
    layers = tuple(layer_at(model, int(depth) / 100) for model in models)
    return Networks(tuple(ids), tuple(offered[each] for each in ids), models, layers), metric


def _choose_depth() -> str:
    return segments(
        "Relative depth",
        list(RELATIVE_DEPTHS),
        key=VIEW["relative_depth"],
        name=RELATIVE_DEPTHS.__getitem__,
        help="Which layer represents the images in each network, counted among its layers with weights.",
    )


def _choose_metric() -> str:
    return segments(
        "Distance",
        list(METRICS),
        key=VIEW["distance"],
        name=METRICS.__getitem__,
        help="Both are true metrics, angles from 0 to π/2: symmetric, 0 for the same up to rotation and scale alone, "
        "and no detour is shorter than the direct way. (Williams et al. 2021)",
    )


def distances_task(request: ComparisonRequest, networks: Networks, metric: str) -> Task:
    """The distances between all of them."""
    pairs = tuple(zip(networks.models, networks.layers, strict=True))
    run = partial(distance_steps, pairs, request.images, metric)
    which = tuple((model.fingerprint, str(model.device), layer) for model, layer in pairs)
    key = ("network distances", which, request.chosen.content, metric)
    return Task("network distances", key, f"Comparing {len(pairs)} networks", run, _bytes)


def _usual(request: ComparisonRequest, offered: dict[str, str]) -> list[str]:
    """Both networks at every moment of their training that is known, with another seed, and all checkpoints."""
    chosen = [network_id(each) for each in request]
    names = list(dict.fromkeys(each.name for each in request))
    stages = [f"{each.name}@{stage}" for each in request for stage in each.card.stages]
    seeds = [f"{name}@{weights}" for name in names for weights in ("random", "another-seed")]
    uploads = [
        each for each in offered if each.rpartition("@")[0] == request.first.name and "," in offered[each]
    ]
    return [each for each in dict.fromkeys((*chosen, *stages, *seeds, *uploads)) if each in offered][:MOST]


def _bytes(result: object) -> int:
    return result.distances.nbytes + 4096 if isinstance(result, NetworkDistances) else 0
