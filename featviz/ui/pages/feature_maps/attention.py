"""One head of an attention layer: its matrix of queries and keys, and where each head looks from one query."""

from dataclasses import replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from featviz.explain.features.attention import AttentionTokens, attention_maps, attention_tokens
from featviz.explain.features.feature_maps import FeatureMaps
from featviz.render.captioned import MIN_SIDE, color_bar
from featviz.render.mosaic import best_columns, mosaic
from featviz.render.normalization import quantize
from featviz.render.overlay import overlay
from featviz.ui.components.map_grid.map_grid import Axes, Box, map_grid
from featviz.ui.inputs.controls import choice
from featviz.ui.inputs.display import Look
from featviz.ui.inputs.file_download import draw_image_download
from featviz.ui.pages.feature_maps.maps import chosen_channel, open_channel
from featviz.ui.pages.feature_maps.view_state import VIEW

__all__ = ["attention_from_query", "draw_head", "draw_heads_over_image", "draw_other_heads_over_image"]

_LARGE = 256
_OPACITY = 0.65
_PAPER = (255, 255, 255)
_FULL = "Each row adds to 1: it says how one query shares out its attention among the keys."


def draw_head(maps: FeatureMaps, head: int, look: Look, *, about: tuple[str, ...], key: str = "") -> None:
    """Draw the matrix of a head; a click on a row chooses its query.

    Args:
        maps: attention weights, (heads, queries, keys).
        head: the one that was chosen.
        look: scale and colours.
        about: what stands in the names of files.
        key: stands in front of the names of what is drawn, where a head of another network stands beside this one.
    """
    tokens = attention_tokens(maps)
    st.subheader(f"Head {head} of {maps.layer}", anchor=False)
    scale, colors = look.scale_of(maps.maps, head), look.colormap(maps.maps)
    levels = quantize(maps.maps[head : head + 1], [scale])
    map_grid(
        levels,
        labels=[f"head {head}"],
        scales=[scale],
        colormap=colors,
        axes=Axes("key", "query", tokens.names),
        box=(0, _chosen_query(tokens), tokens.count, 1),
        on_point=lambda _key, query: _choose_query(query),
        fill=True,
        height_limit=None,
        controls=False,
        key=f"{key}head.large",
    )
    st.caption(_FULL)
    draw_image_download(
        "Matrix (PNG)",
        lambda: colors.colors(levels[0]),
        (*about[:2], maps.layer, f"head {head}", *about[2:]),
        note="queries down, keys across",
        bar=lambda: color_bar(colors, [scale]),
        key=f"{key}head.png",
    )


def draw_heads_over_image(
    maps: FeatureMaps, look: Look, image: NDArray[np.uint8], *, about: tuple[str, ...]
) -> None:
    """Draw the image, on which a person picks the query, and where each head looks from there.

    Args:
        maps: attention weights, (heads, queries, keys).
        look: scale and colours.
        image: the preprocessed image, (H, W, 3).
        about: what stands in the names of files.
    """
    tokens = attention_tokens(maps)
    if tokens.grid is None:
        st.caption(f"The {tokens.count} tokens are no square of patches, so there is nothing to overlay.")
        return
    st.subheader("Where each head looks", anchor=False)
    picker, heads = st.columns([1, 2], gap="medium")
    with picker:
        query = _draw_query(tokens, image)
    with heads:
        _draw_overlays(maps, look, image, query, about, "")


def draw_other_heads_over_image(
    maps: FeatureMaps, look: Look, image: NDArray[np.uint8], *, about: tuple[str, ...], key: str
) -> None:
    """Draw where each head of another network's layer looks from the same query; arguments as `draw_head`."""
    tokens = attention_tokens(maps)
    if tokens.grid is not None:
        _draw_overlays(maps, look, image, _chosen_query(tokens), about, key)


def attention_from_query(maps: FeatureMaps) -> FeatureMaps:
    """Where each head looks from the chosen query: its weights for the patches, (heads, rows, columns)."""
    return replace(maps, maps=attention_maps(maps, _chosen_query(attention_tokens(maps))))


def _chosen_query(tokens: AttentionTokens) -> int:
    text = VIEW["query"].text
    return int(text) if text.isdecimal() and int(text) < tokens.count else 0


def _choose_query(token: int) -> None:
    VIEW["query"].keep(str(token))


def _draw_query(tokens: AttentionTokens, image: NDArray[np.uint8]) -> int:
    """Draw the choice of the query, as a list and as the image with its patches."""
    query = int(
        choice(
            "Query",
            [str(token) for token in range(tokens.count)],
            key=VIEW["query"],
            default=str(_chosen_query(tokens)),
            name=lambda token: tokens.names[int(token)].capitalize(),
            help="The token that attends; patches are named by row and column, from 0. Click a patch of the image or a "
            "row of the matrix to choose another one.",
        )
    )
    grid = tokens.grid or (1, 1)
    map_grid(
        _enlarged(image, _LARGE)[None],
        labels=["Click a patch to see where each head looks from there"],
        grids=[grid],
        box=_box(tokens, query),
        on_point=lambda column, row: _choose_query(tokens.token(row, column)),
        fill=True,
        height_limit=None,
        controls=False,
        key="query.image",
    )
    st.caption("Click a patch to see where each head looks from there.")
    return query


def _draw_overlays(
    maps: FeatureMaps,
    look: Look,
    image: NDArray[np.uint8],
    query: int,
    about: tuple[str, ...],
    key: str,
) -> None:
    tokens = attention_tokens(maps)
    attended = attention_maps(maps, query)
    tiles = _overlays(attended, look, image, _LARGE)
    map_grid(
        tiles,
        labels=[f"head {head}{_to_class(maps, tokens, head, query)}" for head in range(maps.channels)],
        grids=[attended.shape[1:]] * len(attended),
        box=_box(tokens, query),
        selected=chosen_channel(maps),
        on_select=lambda head: open_channel(maps.layer, head),
        height_limit=None,
        controls=False,
        noun="heads",
        key=f"{key}heads.over",
    )
    st.caption(_summary(maps, tokens, query))
    colors = look.colormap(maps.maps)
    draw_image_download(
        "Heads (PNG)",
        lambda: mosaic(
            _overlays(attended, look, image, MIN_SIDE // best_columns(len(attended))),
            best_columns(len(attended)),
            gap=8,
            background=_PAPER,
        ),
        (*about[:2], maps.layer, f"all heads from {tokens.names[query]}", *about[2:]),
        bar=lambda: color_bar(colors, look.scales(attended)),
        key=f"{key}heads.png",
    )


def _overlays(
    attended: NDArray[np.float32], look: Look, image: NDArray[np.uint8], side: int
) -> NDArray[np.uint8]:
    """The weights of each head over the image, (heads, side, side, 3)."""
    large = _enlarged(image, side)
    scales, colors = look.scales(attended), look.colormap(attended)
    return np.stack(
        [overlay(large, each, scale, colors, _OPACITY) for each, scale in zip(attended, scales, strict=True)]
    )


def _enlarged(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC))


def _box(tokens: AttentionTokens, query: int) -> Box | None:
    """The patch of a query; None of the class token, which has none."""
    patch = tokens.patch(query)
    return None if patch is None else (patch[1], patch[0], 1, 1)


def _to_class(maps: FeatureMaps, tokens: AttentionTokens, head: int, query: int) -> str:
    return f", {maps.maps[head, query, 0]:.0%} to the class token" if tokens.extra else ""


def _summary(maps: FeatureMaps, tokens: AttentionTokens, query: int) -> str:
    """From where the heads look, and how much of it goes to no patch."""
    said = f"From the {tokens.names[query]}; heads 0 to {maps.channels - 1}, left to right"
    if not tokens.extra:
        return f"{said}."
    shares = ", ".join(f"{share:.0%}" for share in maps.maps[:, query, 0])
    return (
        f"{said}. To the class token itself: {shares}."
        if query == 0
        else f"{said}. To the class token: {shares}."
    )
