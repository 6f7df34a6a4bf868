"""Hand-made features of an image set: the choice of a descriptor, and the work of describing every image."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import streamlit as st

from featviz.errors import BadInput
from featviz.models.model import Model
from featviz.progress import Progress
from featviz.registry import Method
from featviz.representation.descriptors import DESCRIPTORS, dimensions, expected_seconds, steps
from featviz.ui.inputs.controls import choice
from featviz.ui.inputs.embedding import DESCRIPTOR_SIZES, EMBEDDING, EmbeddingRequest
from featviz.ui.inputs.features.cached import KIND, CachedEmbedding, cached_bytes, rows_in_set
from featviz.ui.inputs.image_metadata import facts_of
from featviz.ui.inputs.method import choose_options, options_of
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.image_sets import ChosenSet
from featviz.ui.state.tasks import Task

__all__ = ["choose_descriptor", "describe_task", "descriptor_request", "short_name"]


def choose_descriptor(model: Model, chosen: ChosenSet) -> EmbeddingRequest:
    """Draw the choice of a descriptor and of its parameters.

    Args:
        model: the network, of which nothing is asked.
        chosen: the image set.
    """
    descriptor = choice(
        "Descriptor",
        [each.id for each in DESCRIPTORS],
        key=EMBEDDING["descriptor"],
        name=lambda name: short_name(DESCRIPTORS[name]),
        help="\n\n".join(f"**{each.name}**: {each.summary} ({each.reference})" for each in DESCRIPTORS),
    )
    with st.expander("Parameters of the descriptor", icon=":material/tune:"):
        choice(
            "Image size",
            DESCRIPTOR_SIZES,
            key=EMBEDDING["descriptor_size"],
            name=lambda size: f"{size} × {size} pixels",
            help="Every image is resized to a square first.",
        )
        choose_options(DESCRIPTORS[descriptor], model=model, stacked=True)
    st.caption("Made by hand: no network and no learning.")
    return descriptor_request(model, chosen, descriptor)


def descriptor_request(model: Model, chosen: ChosenSet, descriptor: str) -> EmbeddingRequest:
    """A descriptor with the parameters that are chosen now, without drawing."""
    size = EMBEDDING["descriptor_size"].text
    return EmbeddingRequest(
        model,
        chosen,
        "",
        "",
        options_of(DESCRIPTORS[descriptor], model=model),
        descriptor=descriptor,
        size=int(size) if size in DESCRIPTOR_SIZES else 64,
    )


def short_name(method: Method) -> str:
    """A descriptor's name, or the abbreviation that its name gives."""
    return method.name.partition("(")[2].rstrip(")") or method.name


def describe_task(request: EmbeddingRequest) -> Task:
    """The work of describing every image."""
    return Task(
        kind=KIND,
        key=request.key,
        name=f"Describing {request.chosen.name} by {DESCRIPTORS[request.descriptor].name}",
        run=partial(_steps, request),
        size=cached_bytes,
        seconds=expected_seconds(request.descriptor, len(request.chosen), request.size),
    )


def _steps(request: EmbeddingRequest) -> Iterator[Progress[CachedEmbedding]]:
    _check_size(request)
    images = request.chosen.images
    assert images is not None  # noqa: S101 - where there are none, nothing is described
    for step in steps(images, request.descriptor, size=request.size, **request.options):
        made, cached = step.result, None
        if made is not None:
            rows, nothing = rows_in_set(made, images), (None,) * len(made)
            facts = facts_of(request.model, made, nothing, images, rows)
            cached = CachedEmbedding(made, rows, nothing, None, facts)
        yield Progress(step.done, step.total, step.note, cached)


def _check_size(request: EmbeddingRequest) -> None:
    count, many = dimensions(request.descriptor, size=request.size, **request.options), len(request.chosen)
    if 4 * count * many > FEATURES.limit // 2:
        raise BadInput(
            f"{many:,} vectors of {count:,} numbers are more than this server holds for a page: choose larger "
            "cells, a smaller image size or fewer images.",
            code="too_large",
        )
