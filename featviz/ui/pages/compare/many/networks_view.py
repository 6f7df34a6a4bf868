"""The view of many networks: points in the plane, as far apart as their representations."""

from __future__ import annotations

import csv
import io
from functools import partial

import numpy as np
import streamlit as st

from featviz.models.model import Model
from featviz.render.charts.network_map import network_map_chart
from featviz.representation.comparison.multidimensional_scaling import metric_mds
from featviz.representation.comparison.network_distances import NetworkDistances
from featviz.ui.components.chart import chart, chart_theme
from featviz.ui.inputs.file_download import draw_file_download
from featviz.ui.inputs.second_network import SECOND, network_id
from featviz.ui.inputs.spreadsheet import cell
from featviz.ui.pages.compare.many.networks import Networks, choose_networks, distances_task
from featviz.ui.pages.compare.many.snippet import networks_code
from featviz.ui.pages.compare.request import ComparisonRequest
from featviz.ui.pages.compare.tasks import POLICY
from featviz.ui.pages.compare.view_state import METRICS, VIEW
from featviz.ui.state.live import live

__all__ = ["draw_networks", "to_csv"]


def draw_networks(request: ComparisonRequest) -> str:
    """Draw many networks as points, once all distances are known, and give the Python that does the same."""
    networks, metric = choose_networks(request)
    if len(networks.ids) < 2:
        st.info("Choose at least two networks.", icon=":material/scatter_plot:")
    else:
        live(distances_task(request, networks, metric), partial(_draw, request, networks), policy=POLICY)
    return networks_code(request, networks)


def to_csv(networks: Networks, found: NetworkDistances) -> bytes:
    """A row for each network: its name, its layer, and its distance to each of the others."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["network", "layer", *map(cell, networks.names)])
    for name, layer, row in zip(networks.names, found.layers, found.distances, strict=True):
        writer.writerow([cell(name), cell(layer), *(f"{value:.6g}" for value in row)])
    return buffer.getvalue().encode("utf-8-sig")


def _draw(request: ComparisonRequest, networks: Networks, found: NetworkDistances) -> None:
    scaled = metric_mds(found.distances)
    here = network_id(request.first)
    first = networks.ids.index(here) if here in networks.ids else -1
    chart(
        network_map_chart(
            scaled.points,
            families=[model.card.short_name for model in networks.models],
            names=[_moment(name) for name in networks.names],
            notes=[_notes(networks, found, row, first) for row in range(len(networks.ids))],
            steps=[_stage(model) for model in networks.models],
            chosen=first,
            theme=chart_theme(),
        ),
        alt="Networks as points, as far apart as they represent the images differently.",
        key="networks.map",
        on_pick=partial(_open, request, networks),
    )
    st.caption(_words(found, scaled.stress, first >= 0))
    draw_file_download("Distances (CSV)", lambda: to_csv(networks, found), ["networks", found.measure], "csv")


def _stage(model: Model) -> int:
    """Which moment of its training a network is of, from 0; -1 where that is not known."""
    return model.card.stages.index(model.weights) if model.weights in model.card.stages else -1


def _moment(name: str) -> str:
    """The weights of a network, as they are called beside the architecture."""
    return name.partition(", ")[2].removesuffix(" of training")


def _notes(networks: Networks, found: NetworkDistances, row: int, first: int) -> list[str]:
    lines = [networks.names[row], f"layer {found.layers[row]}, {found.dimensions[row]:,} numbers"]
    if first >= 0 and row != first:
        lines.append(f"{found.distances[row, first]:.2f} from {networks.names[first]}")
        lines.append("Click to compare both layer by layer")
    return lines


def _words(found: NetworkDistances, stress: float, ringed: bool) -> str:
    others = found.distances[np.triu_indices(len(found.distances), 1)]
    ring = " The ring marks the network of the sidebar." if ringed else ""
    return (
        f"{METRICS[found.measure]} between {len(found.layers)} layers on {found.count:,} images, from "
        f"{others.min():.2f} to {others.max():.2f} (π/2 = 1.57 is the largest), laid out by metric multidimensional "
        f"scaling: the plane's distances are off by {stress:.0%} of their size (stress-1 {stress:.2f}). Lines join the "
        f"moments of one training. Only distances mean something, not directions.{ring} Pick a point to compare that "
        "network with the one of the sidebar, layer by layer."
    )


def _open(request: ComparisonRequest, networks: Networks, row: int) -> None:
    """Compare the network of a point, layer by layer."""
    here = network_id(request.first)
    SECOND["second"].keep(networks.ids[row])
    if here in networks.ids:
        VIEW["row"].keep(networks.layers[networks.ids.index(here)])
    VIEW["column"].keep(networks.layers[row])
    VIEW["compare_by"].keep("layers")
