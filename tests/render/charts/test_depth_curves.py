"""The chart of a quantity through the depth holds every number it was given."""

import json

from featviz.render.charts.depth_curves import DepthCurve, depth_curves

TRAINED = DepthCurve("trained", ["stem", "it's \\ last"], [0.2, 0.9], [0.1, 0.1], [(0.1, 0.3), None])
OTHER = DepthCurve("other", ["a", "b", "c"], [0.5, None, 0.7], [0.1, None, 0.2], [None, None, None])


def test_every_layer_of_every_network_is_a_row_in_its_place():
    rows = depth_curves([TRAINED, OTHER], ["#111111", "#222222"], share=True)["data"]["values"]
    assert [(row["network"], row["layer"], row["place"], row["value"]) for row in rows] == [
        ("trained", "stem", 0, 0.2),
        ("trained", "it's \\ last", 1, 0.9),
        ("other", "a", 0, 0.5),
        ("other", "b", 0.5, None),
        ("other", "c", 1, 0.7),
    ]
    assert [(row["low"], row["high"]) for row in rows[:2]] == [(0.1, 0.3), (None, None)]


def test_names_of_layers_cannot_leave_their_quotes():
    chart = depth_curves([TRAINED], ["#111111"], share=False)
    label = chart["layer"][2]["encoding"]["x"]["axis"]["labelExpr"]
    assert "'it\\'s \\\\ last'" in label
    json.dumps(chart, allow_nan=False)


def test_shares_are_drawn_from_nothing_to_all_and_a_single_layer_in_the_middle():
    alone = DepthCurve("x", ["only"], [3.0], [1.0], [None])
    encoding = depth_curves([alone], ["#111111"], share=True)["layer"][2]["encoding"]
    assert encoding["y"]["scale"]["domain"] == [0, 1]
    assert depth_curves([alone], ["#111111"], share=True)["data"]["values"][0]["place"] == 0.5
    assert "scale" not in depth_curves([alone], ["#111111"], share=False)["layer"][2]["encoding"]["y"]
