"""What the Compare models page shows behind a pair of layers: whose numbers they are, and what a pick changes."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.delta_generator import DeltaGenerator

import featviz
from featviz.data.sets.image_set import ImageSet
from featviz.progress import finished
from featviz.render.charts.star_trails import star_trails_chart
from featviz.representation.comparison import cell_evidence, steps
from featviz.representation.comparison.aligned_maps import AlignedMaps
from featviz.ui.components.scatter.event import ScatterEvent
from featviz.ui.pages.compare import maps_selection
from featviz.ui.pages.compare.cell import PairOfLayers
from featviz.ui.pages.compare.evidence import PairEvidence, keep_image, rows_of, shown_image
from featviz.ui.pages.compare.maps_view import colors_of, moved_most
from featviz.ui.pages.compare.neighbors_view import shared_neighbors
from featviz.ui.pages.compare.request import ComparisonRequest
from featviz.ui.pages.compare.summary import health
from featviz.ui.pages.compare.tasks import evidence_task
from featviz.ui.state.image_sets import ChosenSet
from featviz.ui.state.models import load_random_twin

COUNT = 60
PAIR = PairOfLayers(1, 1, "conv2", "conv3")


def request_of(images: ImageSet, measure: str = "cka_debiased") -> ComparisonRequest:
    chosen = ChosenSet("digits", "Digits", images, content=f"evidence {len(images)}")
    model, other = featviz.load_model("digits-cnn"), featviz.load_model("digits-cnn", weights="random")
    return ComparisonRequest(model, other, chosen, chosen, measure, ("conv1", "conv2"), ("conv1", "conv3"))


def compared(request: ComparisonRequest) -> featviz.SimilarityMatrix:
    layers = (request.layers_a, request.layers_b)
    return finished(steps(*request.networks, request.images, *layers, measure=request.measure))


@pytest.fixture(scope="module")
def request_() -> ComparisonRequest:
    return request_of(ImageSet.bundled("digits", COUNT))


@pytest.fixture(scope="module")
def evidence(request_: ComparisonRequest) -> PairEvidence:
    result = finished(evidence_task(request_, compared(request_), PAIR, "pca").run())
    assert isinstance(result, PairEvidence)
    return result


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    monkeypatch.setattr("streamlit.session_state", kept)
    return kept


def test_the_evidence_is_that_of_the_embeddings(evidence: PairEvidence, request_: ComparisonRequest) -> None:
    model, other = request_.networks
    embedded = [
        featviz.embed(net, request_.images, layer) for net, layer in ((model, "conv2"), (other, "conv3"))
    ]
    alone = cell_evidence(*embedded)
    assert evidence.found.value == pytest.approx(alone.value, abs=1e-12)
    assert evidence.found.interval == pytest.approx(alone.interval)
    assert np.array_equal(evidence.found.neighborhoods.order, alone.neighborhoods.order)
    assert evidence.found.value == pytest.approx(compared(request_).values[1, 1], abs=1e-6)
    assert evidence.rows.tolist() == list(range(COUNT))
    assert evidence.labels == embedded[0].labels


def test_what_the_untrained_network_gives_stands_beside_a_trained_one(
    request_: ComparisonRequest, session: dict[str, Any]
) -> None:
    model, random = request_.networks
    turned = replace(request_, first=random, second=model)
    session["_status_slot"] = DeltaGenerator()
    result = finished(evidence_task(turned, compared(turned), PAIR, "pca").run())
    assert isinstance(result, PairEvidence)
    untrained = load_random_twin(model)
    assert untrained.weights.startswith("random") and untrained.fingerprint != model.fingerprint
    embedded = [
        featviz.embed(net, turned.images, layer) for net, layer in ((random, "conv2"), (untrained, "conv3"))
    ]
    assert result.untrained == pytest.approx(featviz.similarity(*embedded, "cka_debiased"), abs=1e-9)
    alone = finished(evidence_task(request_, compared(request_), PAIR, "pca").run())
    assert isinstance(alone, PairEvidence) and alone.untrained is None, "it is random itself"


def test_shared_neighbors_are_those_in_both_lists(evidence: PairEvidence) -> None:
    found = evidence.found.neighborhoods
    counted = [len(set(a) & set(b)) for a, b in zip(found.neighbors_a, found.neighbors_b, strict=True)]
    assert shared_neighbors(evidence).tolist() == counted
    order = [counted[position] for position in found.order]
    assert order == sorted(order), "the images that share fewest come first"


def test_the_image_looked_at_is_the_most_disagreeing_until_another_is_picked(
    evidence: PairEvidence, session: dict[str, Any]
) -> None:
    assert shown_image(evidence) == evidence.found.neighborhoods.order[0]
    keep_image(evidence, 7)
    assert session["compared_image"] == "7" and shown_image(evidence) == 7
    session["compared_image"] = "999"
    assert shown_image(evidence) == evidence.found.neighborhoods.order[0], "a link may name any"


def test_rows_are_found_again_where_images_were_left_out() -> None:
    images = ImageSet.bundled("digits", 10)
    ids = [sample.id for sample in images]
    assert rows_of((ids[2], ids[7]), images).tolist() == [2, 7]


def test_what_is_circled_or_pinned_on_one_map_stands_out_on_both(
    evidence: PairEvidence, session: dict[str, Any]
) -> None:
    found = evidence.found.neighborhoods
    first = shown_image(evidence)
    near = {first, *found.neighbors_a[first].tolist(), *found.neighbors_b[first].tolist()}
    assert set(maps_selection.emphasized(evidence).tolist()) == near
    points = evidence.found.maps.points_b
    left, bottom, right, top = points[:, 0].min(), points[:, 1].min(), points[:, 0].mean(), points[:, 1].max()
    session[maps_selection.MAPS[1]] = {"event": {"serial": 1, "box": [left, bottom, right, top]}}
    maps_selection.take_picks(evidence)
    inside = np.flatnonzero(points[:, 0] <= right).tolist()
    assert maps_selection.emphasized(evidence).tolist() == inside
    assert maps_selection.circled(evidence) == len(inside) > 0
    session[maps_selection.MAPS[0]] = {"event": {"serial": 1, "pinned": 5}}
    maps_selection.take_picks(evidence)
    assert shown_image(evidence) == 5 and maps_selection.circled(evidence) == 0
    keep_image(evidence, 8)
    maps_selection.take_picks(evidence)
    assert shown_image(evidence) == 8, "an event is taken up once"
    assert ScatterEvent().serial == 0


def test_colors_are_offered_as_far_as_they_can_be_told_apart(
    evidence: PairEvidence, request_: ComparisonRequest
) -> None:
    offered = colors_of(request_.images, evidence)
    assert list(offered) == ["moved", "label"]
    assert offered["label"]().names == tuple("0123456789")
    low, high = offered["moved"]().bounds or (0.0, 0.0)
    assert low == pytest.approx(evidence.found.maps.moved.min()) and high <= evidence.found.maps.moved.max()


def test_a_measure_that_fits_an_alignment_says_its_held_out_score_and_its_chance() -> None:
    request = request_of(ImageSet.bundled("digits", COUNT), "procrustes")
    matrix = compared(request)
    assert matrix.p_values is None
    result = finished(evidence_task(request, matrix, PAIR, "pca").run())
    assert isinstance(result, PairEvidence)
    sentences = "\n".join(sentence for _icon, sentence in health(matrix, PAIR, result.found))
    assert f"Fitted to half of the images, it is {result.found.held_out:.2f} on the others." in sentences
    assert "random pairings of the images give" in sentences
    assert "The most similar layer" in sentences or "This is the most similar layer" in sentences


def test_trails_are_of_what_moves_farther_than_a_seed_does() -> None:
    moved = np.array([0.1, 0.5, 3.0, 0.9, 2.0])
    still = AlignedMaps(np.zeros((5, 2)), np.zeros((5, 2)), moved, np.full(5, 0.6), "umap")
    rows, count = moved_most(still)
    assert (rows.tolist(), count) == ([2, 4, 3], 3)
    of_pca = AlignedMaps(np.zeros((5, 2)), np.zeros((5, 2)), moved, np.zeros(5), "pca")
    assert moved_most(of_pca)[0].tolist() == [2, 4, 3, 1, 0]


def test_a_trail_leads_from_one_map_to_the_other_and_its_end_tells_its_number() -> None:
    before, after = np.array([[0.0, 0], [1, 1], [2, 2]]), np.array([[5.0, 5], [1, 1], [3, 0]])
    figure = star_trails_chart(before, after, np.array([2, 0]), ["two", "none"])
    line, ends = figure.data[1], figure.data[2]
    assert [*line.x[:2], *line.y[:2]] == [2, 3, 2, 0] and np.isnan(line.x[2])
    assert [list(each) for each in ends.customdata] == [[2], [0]]
    assert figure.layout.yaxis.scaleanchor == "x"
