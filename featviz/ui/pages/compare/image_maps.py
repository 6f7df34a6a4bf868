"""Feature maps of two matched layers and attributions of two networks for one image, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import streamlit as st

from featviz.explain.attribution.attribute import Attribution, steps
from featviz.explain.attribution.registry import METHODS
from featviz.explain.features.feature_maps import FeatureMaps
from featviz.explain.targets.units import Logit
from featviz.models.model import Model
from featviz.progress import Progress
from featviz.render.colormaps import COLORMAPS
from featviz.render.heatmap_overlay import heatmap_overlay
from featviz.render.normalization import channel_scales, describe_ends, quantize, shared_scale
from featviz.ui.components.map_grid.map_grid import map_grid
from featviz.ui.inputs.controls import choice, segments
from featviz.ui.pages.compare.cell import PairOfLayers, chosen_pair, pair_of
from featviz.ui.pages.compare.matrix_view import draw_pair_choice
from featviz.ui.pages.compare.request import ComparisonRequest
from featviz.ui.pages.compare.tasks import POLICY, known_evidence, known_matrix
from featviz.ui.pages.compare.view_state import ATTRIBUTED, VIEW
from featviz.ui.state.chosen_image import ChosenImage, input_pixels
from featviz.ui.state.features import layer_maps, predictions
from featviz.ui.state.feedback import escape_markdown
from featviz.ui.state.live import live
from featviz.ui.state.tasks import Task

__all__ = ["draw_attributions", "draw_layer_maps", "matched_channels"]

_CHANNELS, _SIDE, _OPACITY = 12, 320, 0.7


def draw_layer_maps(request: ComparisonRequest, image: ChosenImage) -> None:
    """Draw the feature maps of two layers: of those that were matched as units, in the same order."""
    st.subheader("Feature maps of both layers", anchor=False)
    pair, matched = _chosen_pair(request)
    draw_pair_choice(request, pair)
    layers = (pair.layer_a, pair.layer_b)
    both = [layer_maps(model, image, layer)[layer] for model, layer in zip(request, layers, strict=True)]
    orders = matched_channels(both, matched)
    for column, side, maps, order, name in zip(
        st.columns(2, gap="medium"), "ab", both, orders, request.names, strict=True
    ):
        with column:
            st.markdown(f"**{escape_markdown(maps.layer)}**  \n:small[:gray[{escape_markdown(name)}]]")
            _draw_maps(maps, order, key=f"pair.maps.{side}")
    how = (
        "The same place on both sides is a matched pair of units"
        if matched
        else "Each side has its strongest"
    )
    st.caption(f"{how}; every channel has a scale of its own.")


def matched_channels(
    both: Sequence[FeatureMaps], matched: tuple[np.ndarray, np.ndarray] | None
) -> tuple[list[int], list[int]]:
    """Which channels of two layers are shown: matched ones in the same order, else the strongest of each."""
    if matched is not None:
        first, second = ([int(unit) for unit in each[:_CHANNELS]] for each in matched)
        return first, second
    strongest = [np.argsort(-maps.statistics.strength, kind="stable")[:_CHANNELS].tolist() for maps in both]
    return strongest[0], strongest[1]


def draw_attributions(request: ComparisonRequest, image: ChosenImage) -> None:
    """Draw which pixels speak for the first network's answer, in both networks, on one scale."""
    st.subheader("Attributions on one scale", anchor=False)
    classes = request.first.classes
    target = predictions(request.first, image)[0].index
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        method = segments(
            "Methods",
            list(ATTRIBUTED),
            key=VIEW["compared_method"],
            name=lambda method: METHODS[method].name,
        )
        if len(classes) > 1:
            target = int(
                choice(
                    "Class",
                    [str(index) for index in range(len(classes))],
                    key=VIEW["compared_class"],
                    default=str(target),
                    name=lambda index: classes[int(index)],
                    width=230,
                )
            )
    tasks = [_attribution(model, image, method, target) for model in request]
    live(tasks, partial(_draw_attributions, request, image), policy=POLICY)


def _chosen_pair(request: ComparisonRequest) -> tuple[PairOfLayers, tuple[np.ndarray, np.ndarray] | None]:
    """The chosen pair of layers, and its matched units where these are known."""
    matrix = known_matrix(request)
    if matrix is None:
        return pair_of(request.layers_a, request.layers_b), None
    pair = chosen_pair(matrix)
    known = known_evidence(request, matrix, pair, VIEW["compared_projection"].text)
    return pair, None if known is None else (known.found.units.units_a, known.found.units.units_b)


def _draw_maps(maps: FeatureMaps, order: list[int], *, key: str) -> None:
    if maps.maps[0].size == 1:
        st.caption("This layer has no positions: its units are numbers, and no maps.")
        return
    scales = channel_scales(maps.maps)
    signed = any(scale.symmetric for scale in scales)
    map_grid(
        quantize(maps.maps, scales),
        labels=[f"channel {number}" for number in range(maps.channels)],
        key=key,
        scales=scales,
        colormap=COLORMAPS["blue_white_red" if signed else "viridis"],
        order=order,
        controls=False,
        height_limit=None,
        tile_size=72,
    )


def _attribution(model: Model, image: ChosenImage, method: str, target: int) -> Task:
    key = ("attribution", model.fingerprint, str(model.device), image.id, method, Logit(target), ())
    run = partial(_attribution_steps, model, image, method, target)
    return Task("attributions of two", key, f"{METHODS[method].name} of {model.name}", run, _bytes)


def _attribution_steps(
    model: Model, image: ChosenImage, method: str, target: int
) -> Iterator[Progress[Attribution]]:
    return steps(
        model, model.preprocess(image.image), method, target=min(target, model.layers[-1].channels - 1)
    )


def _draw_attributions(request: ComparisonRequest, image: ChosenImage, *results: Attribution | None) -> None:
    known = [each for each in results if each is not None]
    scale = shared_scale(
        np.concatenate([each.map.ravel() for each in known])[None], symmetric=True, percentile=99.5
    )
    for column, model, name, result in zip(
        st.columns(2, gap="medium"), request, request.names, results, strict=True
    ):
        with column:
            st.markdown(f"**{escape_markdown(name)}**")
            if result is None:
                st.caption("It comes.")
                continue
            drawn = heatmap_overlay(
                input_pixels(model, image),
                result.map,
                scale,
                COLORMAPS["blue_white_red"],
                _OPACITY,
                side=_SIDE,
            )
            st.image(drawn, width=_SIDE, output_format="PNG")
    low, high, _note = describe_ends([scale])
    st.caption(f"Blue lowers the class's logit, red raises it; both from {low} to {high}.")


def _bytes(result: object) -> int:
    return result.map.nbytes + result.raw.nbytes if isinstance(result, Attribution) else 0
