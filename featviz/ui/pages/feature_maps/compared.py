"""A layer of the network and one of a second network side by side: all channels, and one of each large."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import streamlit as st

from featviz.explain.evaluation.rank_correlation import pearson
from featviz.explain.features.attention import attention_tokens
from featviz.explain.features.feature_maps import FeatureMaps
from featviz.explain.features.layer_matching import same_architecture
from featviz.models.model import Model
from featviz.ui.inputs.comparison.compared_look import ComparedLook, compare_look
from featviz.ui.inputs.comparison.differences import input_sentence
from featviz.ui.inputs.comparison.matched_layer import have_same_channels
from featviz.ui.inputs.controls import whole_number
from featviz.ui.inputs.display import Look
from featviz.ui.inputs.file_download import subject_parts
from featviz.ui.inputs.second_network import described
from featviz.ui.pages.feature_maps.attention import (
    attention_from_query,
    draw_head,
    draw_heads_over_image,
    draw_other_heads_over_image,
)
from featviz.ui.pages.feature_maps.channel import draw_channel
from featviz.ui.pages.feature_maps.maps import (
    OPENED,
    SIDES,
    are_units,
    channel_noun,
    chosen_channel,
    draw_layer,
    open_channel,
    strongest_channel,
)
from featviz.ui.pages.feature_maps.view_state import VIEW
from featviz.ui.state.chosen_image import ChosenImage, input_pixels
from featviz.ui.state.features import layer_maps
from featviz.ui.state.feedback import escape_markdown

__all__ = ["ComparedLayers", "compared_layers", "draw_compared"]


@dataclass(frozen=True, eq=False)
class ComparedLayers:
    """Two layers beside each other.

    Attributes:
        models: the network and the second one.
        maps: what the layer of each outputs for the image.
        corresponding: whether equal numbers mean the same channel of one architecture.
    """

    models: tuple[Model, Model]
    maps: tuple[FeatureMaps, FeatureMaps]
    corresponding: bool

    def channels(self) -> tuple[int, int]:
        """The channel of each that is large: the same one, or the second's own choice, at first its strongest."""
        first, (_, other) = chosen_channel(self.maps[0]), self.maps
        if self.corresponding:
            return first, first
        return first, whole_number(VIEW["second_channel"], 0, other.channels - 1, strongest_channel(other))

    def opens(self) -> tuple[Callable[[int], None], Callable[[int], None]]:
        """What a click on a channel of each does."""
        first = partial(open_channel, self.maps[0].layer)
        return first, first if self.corresponding else VIEW["second_channel"].keep


def compared_layers(
    model: Model, layer: str, second: Model, other: str, image: ChosenImage
) -> ComparedLayers:
    """Compute both layers for an image."""
    maps = layer_maps(model, image, layer)[layer], layer_maps(second, image, other)[other]
    return ComparedLayers((model, second), maps, have_same_channels(model, layer, second, other))


def draw_compared(
    layers: ComparedLayers, look: Look, image: ChosenImage, *, links: Callable[[], None]
) -> None:
    """Draw all channels of both layers on one scale, and one of each large.

    Args:
        layers: what is compared.
        look: order, scale and colors.
        image: what both networks are shown.
        links: draws the ways from the first network's channel to other pages.
    """
    both = compare_look(look, layers.maps, corresponding=layers.corresponding)
    channels = layers.channels()
    st.caption(_sentences(layers, both))
    columns = st.columns(2, gap="medium")
    for column, model, maps, side, channel, on_select in zip(
        columns, layers.models, layers.maps, SIDES, channels, layers.opens(), strict=True
    ):
        with column:
            st.markdown(f":small[**{escape_markdown(described(model))}**]")
            draw_layer(
                maps,
                both,
                selected=channel,
                on_select=on_select,
                key=f"{side}maps",
                about=subject_parts(model, image=image),
                classes=model.classes,
                linked="maps" if layers.corresponding else None,
            )
    with st.container(key=OPENED):
        if correlation := _correlation(layers, channels):
            st.caption(correlation)
        for column, number in zip(st.columns(2, gap="medium"), (0, 1), strict=True):
            with column:
                _draw_large(layers, number, channels[number], both, image, links)
    if layers.corresponding and layers.maps[0].layout == "attention":
        _draw_heads(layers, both, image)


def _draw_large(
    layers: ComparedLayers,
    number: int,
    channel: int,
    look: ComparedLook,
    image: ChosenImage,
    links: Callable[[], None],
) -> None:
    model, maps, side = layers.models[number], layers.maps[number], SIDES[number]
    about = subject_parts(model, image=image)
    if maps.layout == "attention":
        draw_head(maps, channel, look, about=about, key=side)
        return
    draw_channel(
        maps,
        channel,
        look,
        input_pixels(model, image),
        about=about,
        wide=False,
        classes=model.classes,
        links=links if number == 0 else partial(_draw_name, model),
        key=side,
    )


def _draw_heads(layers: ComparedLayers, look: ComparedLook, image: ChosenImage) -> None:
    """Where the heads of both look from one query, over the image."""
    (model, second), (maps, other) = layers.models, layers.maps
    if attention_tokens(maps).grid is not None:
        seen = attention_from_query(maps), attention_from_query(other)
        look = compare_look(look, seen, corresponding=True)
    draw_heads_over_image(maps, look, input_pixels(model, image), about=subject_parts(model, image=image))
    name, heads = st.columns([1, 2], gap="medium")
    with name:
        _draw_name(second)
    with heads:
        about = subject_parts(second, image=image)
        draw_other_heads_over_image(other, look, input_pixels(second, image), about=about, key=SIDES[1])


def _draw_name(model: Model) -> None:
    st.caption(escape_markdown(described(model)))


def _sentences(layers: ComparedLayers, look: ComparedLook) -> str:
    """What is the same of both layers, and what is not."""
    said = [look.note, input_sentence(*layers.models)]
    units = [are_units(maps) for maps in layers.maps]
    if any(units) and not all(units):
        said.append("One of the layers has no positions: its units are single numbers.")
    noun = "unit" if units[0] else channel_noun(layers.maps[0])
    alike = same_architecture(*(model.layers for model in layers.models))
    if layers.corresponding and not alike:
        said.append("The same number is the same class in both.")
    elif layers.corresponding:
        said.append(
            f"Of one architecture, the same number is the same {noun}; trained from another initialization, it "
            "need not respond to the same."
        )
    else:
        said.append(f"{noun.capitalize()}s of different layers do not correspond: choose one in each.")
    return " ".join(filter(None, said))


def _correlation(layers: ComparedLayers, channels: tuple[int, int]) -> str:
    """How alike the chosen maps are, where they have the same positions."""
    first, second = (maps.maps[channel] for maps, channel in zip(layers.maps, channels, strict=True))
    if first.shape != second.shape or first.size < 2:
        return ""
    return f"Correlation of the two maps below (Pearson): {pearson(first, second):.2f}."
