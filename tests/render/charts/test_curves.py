"""Charts of curves hold the numbers they were given, named."""

import numpy as np

from featviz.render.charts.curves import compared_curves, points_along


def test_all_curves_are_there_and_the_first_one_is_in_colour() -> None:
    x = np.array([0.0, 0.5, 1.0])
    chart = compared_curves(
        x, {"map": x * 2, "random": x}, x_title="part", y_title="value", colour="#123456", mark=0.5
    )
    lines, rule = chart["layer"]
    values = {(row["curve"], row["x"]): row["y"] for row in lines["data"]["values"]}
    assert values[("map", 0.5)] == 1.0
    assert values[("random", 1.0)] == 1.0
    assert len(values) == 6
    colours = lines["encoding"]["color"]["scale"]
    assert dict(zip(colours["domain"], colours["range"], strict=True))["map"] == "#123456"
    assert rule["data"]["values"] == [{"x": 0.5}]


def test_stages_keep_their_order() -> None:
    chart = points_along(
        ["z", "a"], np.array([1.0, 0.25]), x_title="stage", y_title="value", colour="#000000"
    )
    assert [row["stage"] for row in chart["data"]["values"]] == ["z", "a"]
    assert chart["encoding"]["x"]["sort"] is None
