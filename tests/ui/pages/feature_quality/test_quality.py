"""Report cards on the screen: the layers judged at first, the figures, the table to take away."""

import csv
import io

import pytest

from featviz.data.sets.image_set import ImageSet
from featviz.models.sources.load import load_model
from featviz.representation.quality import MEASURES, Measurement, report
from featviz.ui.pages.feature_quality.controls import Network, QualityRequest, main_layers
from featviz.ui.pages.feature_quality.files import to_csv
from featviz.ui.pages.feature_quality.snippet import quality_code
from featviz.ui.pages.feature_quality.view import figure
from featviz.ui.state.image_sets import ChosenSet
from tests.representation.quality.features import blobs


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
    assert "relu1 The 10 nearest images" in said and "\n0 " in f"\n{said}"
