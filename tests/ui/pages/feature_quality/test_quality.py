"""Report cards on the screen: the layers judged at first, the figures, the table to take away."""

import csv
import io
from dataclasses import replace

import pytest

from featviz.data.sets.image_set import ImageSet
from featviz.data.sets.registry import BUNDLED_SETS
from featviz.models.sources.bundled import BUNDLED
from featviz.models.sources.load import load_model
from featviz.representation.extraction.extract import embed
from featviz.representation.extraction.feature_layer import default_pooling
from featviz.representation.quality import MEASURES, Measurement, report
from featviz.representation.quality.through_depth import is_complete
from featviz.store.store import Store
from featviz.ui.pages.feature_quality import bundled_reports
from featviz.ui.pages.feature_quality.bundled_reports import bundled_card, save_report
from featviz.ui.pages.feature_quality.controls import Network, QualityRequest, main_layers
from featviz.ui.pages.feature_quality.files import to_csv
from featviz.ui.pages.feature_quality.snippet import quality_code
from featviz.ui.pages.feature_quality.view import figure
from featviz.ui.state.image_sets import ChosenSet, open_bundled_set
from tests.representation.quality.features import blobs

CHEAP = ["knn_accuracy", "silhouette", "distance_ratio", "alignment", "dead_units", "effective_rank"]


@pytest.mark.parametrize("name", ["shapes-resnet", "shapes-vit", "digits-cnn"])
def test_the_layers_at_first_run_through_the_depth_to_what_the_classifier_reads(name):
    from featviz.representation.extraction.feature_layer import feature_layer

    model = load_model(name)
    layers, order = main_layers(model), list(model.layers_by_name)
    assert 3 <= len(layers) == len(set(layers)) <= 8
    assert [order.index(layer) for layer in layers] == sorted(order.index(layer) for layer in layers)
    assert layers[-1] == feature_layer(model)


def test_figures_are_per_cent_where_they_are_shares_and_a_dash_where_there_is_none():
    share, number = Measurement(0.5, "", share=True), Measurement(0.5, "")
    assert (figure(0.123, share), figure(0.25, number), figure(None, share)) == ("12.3%", "0.25", "–")


def test_the_table_has_a_row_for_every_measure_and_no_formula():
    card = report(blobs(40))
    rows = list(csv.DictReader(io.StringIO(to_csv({"=cmd()": {"+layer": card}}).decode("utf-8-sig"))))
    assert [row["measure"] for row in rows] == [method.id for method in MEASURES]
    first = rows[0]
    assert (first["network"], first["layer"], first["count"]) == ("'=cmd()", "'+layer", "40")
    assert float(first["value"]) == card["knn_accuracy"].value
    assert float(first["low"]) <= float(first["value"]) <= float(first["high"])
    assert rows[-1]["value"] == "" and rows[-1]["sentence"].startswith("Cannot be said")


def test_the_python_lines_run_and_judge_the_same_layers(capsys):
    digits = ChosenSet("digits", "Digits", ImageSet.bundled("digits", 40))
    network = Network("digits-cnn", load_model("digits-cnn"), {"relu1": "mean", "relu3": "mean"})
    names = {}
    exec(quality_code(QualityRequest((network,), digits, disturbed=False)), names)
    assert list(names["step"].result) == ["relu1", "relu3"]
    assert names["step"].result["relu3"].count == 40
    said = capsys.readouterr().out
    assert "relu1 A vote of the 10 nearest images" in said and "\n0 " in f"\n{said}"


def test_a_report_that_came_along_is_what_would_be_measured_here():
    model, layer = load_model("digits-cnn"), "relu3"
    shipped = bundled_card(model, layer, "mean", f"digits {BUNDLED_SETS['digits'].shown}")
    assert shipped is not None
    digits = ImageSet.bundled("digits", BUNDLED_SETS["digits"].shown)
    card = report(embed(model, digits, layer, store=Store(None)), measures=CHEAP)
    for measure in CHEAP:
        here, there = card[measure], shipped[measure]
        assert there.value == pytest.approx(here.value, abs=2e-3, rel=1e-3), measure
        assert there.baseline == pytest.approx(here.baseline, abs=2e-3, rel=1e-3), measure
        assert (there.count, there.better, there.own_unit) == (here.count, here.better, here.own_unit)


@pytest.mark.parametrize("name", BUNDLED)
@pytest.mark.parametrize("weights", ["default", "random"])
def test_every_layer_shown_at_first_came_along_complete(name, weights):
    model = load_model(name, weights=weights)
    suits = model.card.suits
    content = open_bundled_set(suits, 2000).content
    for layer in main_layers(model):
        card = bundled_card(model, layer, default_pooling(model.layer(layer)), content)
        assert card is not None and is_complete(card, disturbed=True)
        assert (card.model, card.layer) == (model.name, layer)


def test_a_report_of_other_weights_another_set_or_pooling_is_not_taken(tmp_path):
    trained, content = load_model("digits-cnn"), "digits 1797"
    assert bundled_card(trained, "relu3", "mean", content) is not None
    assert bundled_card(trained, "relu3", "max", content) is None
    assert bundled_card(trained, "relu3", "mean", "digits 60") is None
    other = load_model("digits-cnn", weights=None, seed=5)
    assert bundled_card(other, "relu3", "mean", content) is None


def test_a_saved_report_is_read_as_it_was(tmp_path, monkeypatch):
    model, card = load_model("digits-cnn"), replace(report(blobs(40)), pool="mean", layer="relu1")
    save_report(model, "blobs", {"relu1": card}, tmp_path)
    monkeypatch.setattr(bundled_reports, "REPORTS", tmp_path)
    read = bundled_card(model, "relu1", "mean", "blobs")
    assert read is not None and list(read.measurements) == list(card.measurements)
    for measure, each in read.measurements.items():
        assert each.sentence == card[measure].sentence
        assert (each.value is None) == (card[measure].value is None)
        assert each.value is None or each.value == pytest.approx(card[measure].value, rel=1e-5)
