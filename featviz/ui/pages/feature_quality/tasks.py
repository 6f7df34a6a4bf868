"""The report cards a page asks for: known at once or computed in a job while one watches, kept for everybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial

import streamlit as st

from featviz.data.sets.image_set import ImageSet
from featviz.errors import BadInput
from featviz.progress import Progress
from featviz.representation.embeddings import Embeddings
from featviz.representation.extraction.feature_layer import dimensions
from featviz.representation.quality import MEASURES, ReportCard, steps, through_depth
from featviz.representation.quality.cost import measure_seconds
from featviz.representation.quality.through_depth import (
    Cards,
    expected_seconds,
    is_complete,
    without_robustness,
)
from featviz.ui.inputs.embedding import embedding_request
from featviz.ui.inputs.embedding_cost import expected_seconds as embedding_seconds
from featviz.ui.pages.feature_quality.bundled_reports import bundled_card
from featviz.ui.pages.feature_quality.controls import Network, QualityRequest
from featviz.ui.pages.feature_quality.hand_made import hand_made_seconds, hand_made_steps
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.feedback import escape_markdown
from featviz.ui.state.live import Policy, draw_offer, live
from featviz.ui.state.session import jobs
from featviz.ui.state.tasks import Task, cached_result, duration, ended_without_result, running
from featviz.ui.state.worker.worker import WORKER, is_movable

__all__ = ["KIND", "Cards", "draw_measured", "measured", "quality_tasks"]

KIND = "quality"
_POLICY = Policy(ask=True, tick=0.7, blank=True)
_CARD_BYTES = 16_384
_UPLOADED = "the vectors"
_STORED = " Finished layers are kept, also when you stop it or leave the page."


def draw_measured(request: QualityRequest, draw: Callable[[Mapping[str, Cards]], None]) -> bool:
    """Draw the cards; what is not there is offered with its cost, and the cards grow while it is measured.

    Args:
        request: what shall be evaluated.
        draw: draws the cards of each network, by its name.

    Returns:
        Whether nothing is being measured and there is a card.
    """
    tasks = quality_tasks(request)
    offer = partial(_offer, request, tasks)
    complete = live(list(tasks.values()), partial(_draw, list(tasks), draw), policy=_POLICY, offer=offer)
    cards = measured(request)
    if cards and not complete and not _is_drawn_live(tasks):
        draw(cards)
    return bool(cards) and not (_is_drawn_live(tasks) and running(KIND))


def measured(request: QualityRequest) -> dict[str, Cards]:
    """The cards that are there, by the networks' names, those of finished layers alone where others are missing."""
    results = {network.name: _known(request, network) for network in request.networks}
    return {name: cards for name, cards in results.items() if cards}


def quality_tasks(request: QualityRequest) -> dict[str, Task]:
    """The work behind a request, by the networks' names."""
    return {network.name: _task(request, network) for network in request.networks}


def _task(request: QualityRequest, network: Network) -> Task:
    seconds = _seconds(request, network)
    moved = network.model is not None and is_movable(network.model, lambda: seconds)
    work = partial(_steps, request, network, moved)
    task = Task(KIND, _key(request, network), f"Evaluating {network.name}", work, _bytes, seconds, moved)
    cards = _known(request, network)
    asked = network.poolings or network.descriptors
    if asked and len(cards) == len(asked) and cached_result(task) is None:
        FEATURES.put(task.key, cards, _bytes(cards))
    return task


def _key(request: QualityRequest, network: Network, *layers: str) -> tuple[object, ...]:
    """What cards depend on: all that are asked for, or those of some layers."""
    model, content = network.model, request.chosen.content
    if network.descriptors:
        names = layers or tuple(network.descriptors)
        kind = f"{KIND} descriptor" if layers else KIND
        return (kind, *(network.descriptors[name] for name in names), content)
    if model is None:
        return (KIND, "brought", content)
    poolings = tuple((name, network.poolings[name]) for name in layers or network.poolings)
    kind = f"{KIND} layer" if layers else KIND
    return (
        kind,
        model.fingerprint,
        model.classes,
        str(model.device),
        poolings,
        content,
        request.disturbed,
    )


def _known(request: QualityRequest, network: Network) -> Cards:
    """The cards of the layers that are finished: of this server, or of those that came with the project."""
    if network.descriptors:
        described = {name: FEATURES.get(_key(request, network, name)) for name in network.descriptors}
        return {name: card for name, card in described.items() if card is not None}
    if network.model is None:
        result = FEATURES.get(_key(request, network))
        return result if isinstance(result, dict) else {}
    cards = {name: _finished_card(request, network, name) for name in network.poolings}
    return {name: card for name, card in cards.items() if card is not None}


def _finished_card(request: QualityRequest, network: Network, layer: str) -> ReportCard | None:
    """The card of one layer, if every measure that is asked for is in it."""
    assert network.model is not None  # noqa: S101 - the caller has looked
    card: ReportCard | None = FEATURES.get(_key(request, network, layer))
    if card is not None:
        return card
    bundled = bundled_card(network.model, layer, network.poolings[layer], request.chosen.content)
    return bundled if bundled is None or request.disturbed else without_robustness(bundled)


def _cached_cards(request: QualityRequest, network: Network) -> Cards:
    """The cards from which a run begins: those of finished layers, and where robustness alone is missing the rest."""
    plain = _known(replace(request, disturbed=False), network)
    return {**plain, **_known(request, network)}


def _steps(request: QualityRequest, network: Network, moved: bool) -> Iterator[Progress[Cards]]:
    if network.descriptors and request.chosen.images is not None:
        yield from _hand_made_steps(request, network, request.chosen.images)
        return
    if network.model is None or request.chosen.images is None:
        embeddings = request.chosen.embeddings
        assert embeddings is not None  # noqa: S101 - without a network the vectors are there
        yield from _upload_steps(embeddings)
        return
    _check_size(request, network)
    begun = _cached_cards(request, network)
    evaluate = partial(WORKER.steps, through_depth) if moved else through_depth
    run = evaluate(
        network.model, request.chosen.images, network.poolings, disturbed=request.disturbed, known=begun
    )
    with closing(run):
        for step in run:
            _keep(request, network, step.result or {})
            yield step


def _hand_made_steps(
    request: QualityRequest, network: Network, images: ImageSet
) -> Iterator[Progress[Cards]]:
    for step in hand_made_steps(images, network.descriptors, _known(request, network)):
        for name, card in (step.result or {}).items():
            key = _key(request, network, name)
            if len(card.measurements) == len(MEASURES) and FEATURES.get(key) is None:
                FEATURES.put(key, card, _CARD_BYTES)
        yield step


def _keep(request: QualityRequest, network: Network, cards: Cards) -> None:
    """Keep the cards of finished layers for everybody, also if the work is stopped before the others."""
    for name, card in cards.items():
        for disturbed in {request.disturbed, False}:
            key = _key(replace(request, disturbed=disturbed), network, name)
            if is_complete(card, disturbed=disturbed) and FEATURES.get(key) is None:
                FEATURES.put(key, card if disturbed else without_robustness(card), _CARD_BYTES)


def _upload_steps(embeddings: Embeddings) -> Iterator[Progress[Cards]]:
    for step in steps(embeddings):
        assert step.result is not None  # noqa: S101 - every step has what was read so far
        yield Progress(step.done, step.total, step.note, {embeddings.layer or _UPLOADED: step.result})


def _check_size(request: QualityRequest, network: Network) -> None:
    assert network.model is not None  # noqa: S101 - the caller has looked
    layers = network.model.layers_by_name
    dimension_count = sum(dimensions(layers[name], pool) for name, pool in network.poolings.items())
    if 4 * dimension_count * len(request.chosen) > FEATURES.limit:
        raise BadInput(
            f"{len(request.chosen):,} images with {dimension_count:,} numbers each over all layers are more than "
            "this server holds at once: choose fewer layers or fewer images.",
            code="too_large",
        )


def _seconds(request: QualityRequest, network: Network) -> float:
    """What is missing takes about so long."""
    model, images, embeddings = network.model, request.chosen.images, request.chosen.embeddings
    if network.descriptors and images is not None:
        return hand_made_seconds(images, network.descriptors, _known(request, network))
    if model is None or images is None:
        return sum(
            measure_seconds(each.id, len(embeddings), embeddings.dimensions, len(set(embeddings.labels)))
            for each in MEASURES
            if embeddings is not None
        )
    begun = _cached_cards(request, network)
    if all(
        name in begun and is_complete(begun[name], disturbed=request.disturbed) for name in network.poolings
    ):
        return 0.0
    pass_seconds = embedding_seconds(embedding_request(model, request.chosen)) / max(1, len(images))
    return expected_seconds(
        model, images, network.poolings, disturbed=request.disturbed, a_pass=pass_seconds, known=begun
    )


def _offer(request: QualityRequest, tasks: Mapping[str, Task]) -> None:
    seconds = sum(task.seconds for task in tasks.values() if cached_result(task) is None)
    what, saved = _what(request), _STORED if request.chosen.images else ""
    draw_offer(list(tasks.values()), f"Evaluate (about {duration(max(1.0, seconds))})", f"{what}.{saved}")


def _what(request: QualityRequest) -> str:
    if request.chosen.embeddings is not None:
        return f"{len(request.chosen):,} vectors"
    missing = [
        f"{count} hand-made feature{'s' * (count > 1)}"
        if network.descriptors
        else f"{count} {'layer' if count == 1 else 'layers'} of {escape_markdown(network.name)}"
        for network in request.networks
        if (count := len(network.poolings or network.descriptors) - len(_known(request, network)))
    ]
    return f"{' and '.join(missing)}, {len(request.chosen):,} images"


def _draw(names: Sequence[str], draw: Callable[[Mapping[str, Cards]], None], *results: Cards | None) -> None:
    cards = {name: each for name, each in zip(names, results, strict=True) if each}
    if cards:
        draw(cards)
    else:
        st.caption("The charts grow here, layer by layer, once the images are embedded.")


def _is_drawn_live(tasks: Mapping[str, Task]) -> bool:
    """Whether these are being measured, or were until someone stopped them: their cards are drawn already."""
    job = jobs().get(KIND)
    mine = job is not None and job.key == tuple(task.key for task in tasks.values())
    return job is not None and mine and (job.running or ended_without_result(job))


def _bytes(result: object) -> int:
    return _CARD_BYTES * len(result) if isinstance(result, dict) else 0
