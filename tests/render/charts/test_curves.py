"""Curves hold the numbers they were given, named."""

import numpy as np

from featviz.render.charts.curves import compared_curves, points_along
from featviz.render.charts.stages import depths, stage_axis
from featviz.render.charts.theme import DARK

X = np.array([0.0, 0.5, 1.0])


def test_all_curves_are_there_and_the_first_one_is_in_the_accent() -> None:
    drawn = compared_curves(
        X, {"map": X * 2, "random": X}, x_title="part", y_title="value", mark=0.5, theme=DARK
    )
    assert {line.name: list(line.y) for line in drawn.data} == {"map": [0, 1, 2], "random": [0, 0.5, 1]}
    assert all(list(line.x) == list(X) for line in drawn.data)
    assert [line.line.color for line in drawn.data] == list(DARK.series[:2])
    assert [line.line.dash for line in drawn.data] == ["solid", "dash"]
    (rule,) = drawn.layout.shapes
    assert rule.x0 == rule.x1 == 0.5
    assert (drawn.layout.xaxis.title.text, drawn.layout.yaxis.title.text) == ("part", "value")
    assert drawn.layout.showlegend


def test_without_a_mark_there_is_no_line() -> None:
    assert compared_curves(X, {"map": X}, x_title="x", y_title="y").layout.shapes == ()


def test_a_title_that_is_a_template_is_said_as_it_stands() -> None:
    drawn = compared_curves(X, {"map": X}, x_title="%{y}", y_title="<i>")
    assert drawn.data[0].hovertemplate.count("%{y") == 1
    assert "<i>" not in drawn.data[0].hovertemplate and "<i>" not in drawn.layout.yaxis.title.text


def test_stages_keep_their_order_and_equal_names_their_points() -> None:
    drawn = points_along(["z", "a", "a"], np.array([1.0, 0.25, 0.5]), x_title="stage", y_title="value")
    (line,) = drawn.data
    assert list(line.customdata) == ["z", "a", "a"]
    assert list(line.x) == [0, 0.5, 1] and list(line.y) == [1.0, 0.25, 0.5]
    assert list(drawn.layout.xaxis.ticktext) == ["z", "a", "a"]
    assert drawn.layout.yaxis.title.text == "value"


def test_several_lines_have_a_legend_and_the_first_the_accent() -> None:
    lines = {"signed": np.array([1.0, 0.0]), "absolute": np.array([1.0, 0.7])}
    drawn = points_along(["a", "b"], lines, x_title="stage", y_title="value")
    assert [(line.name, list(line.y)) for line in drawn.data] == [
        ("signed", [1.0, 0.0]),
        ("absolute", [1.0, 0.7]),
    ]
    assert (
        drawn.layout.showlegend and drawn.data[0].line.dash == "solid" and drawn.data[1].line.dash == "dash"
    )


def test_of_many_layers_some_are_named_the_first_and_the_last_among_them() -> None:
    names = [f"layer{number}" for number in range(50)]
    axis = stage_axis(names, max_names=8, title="layer")
    assert len(axis["ticktext"]) == 8
    assert axis["ticktext"][0] == "layer0" and axis["ticktext"][-1] == "layer49"
    named = dict(zip(axis["tickvals"], axis["ticktext"], strict=True))
    assert all(name == names[round(place * 49)] for place, name in named.items())
    assert list(depths(1)) == [0.5]
