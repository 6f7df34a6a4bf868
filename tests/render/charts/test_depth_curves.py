"""The chart of a quantity through the depth holds every number it was given."""

import json

from featviz.render.charts.depth_curves import DepthCurve, depth_curves
from featviz.render.charts.theme import DARK, LIGHT

TRAINED = DepthCurve("trained", ["stem", "<b>last"], [0.2, 0.9], [0.1, 0.1], [(0.1, 0.3), None])
OTHER = DepthCurve("other", ["a", "b", "c"], [0.5, None, 0.7], [0.1, None, 0.2], [None, None, None])


def test_every_layer_of_every_network_stands_in_its_place() -> None:
    drawn = depth_curves([TRAINED, OTHER], share=True, y_title="accuracy", theme=DARK)
    intervals, baselines, lines = drawn.data[:2], drawn.data[2:4], drawn.data[4:]
    assert [(line.name, list(line.x), list(line.y)) for line in lines] == [
        ("trained", [0, 1], [0.2, 0.9]),
        ("other", [0, 0.5, 1], [0.5, None, 0.7]),
    ]
    assert [list(line.y) for line in baselines] == [[0.1, 0.1], [0.1, None, 0.2]]
    assert [line.line.color for line in lines] == list(DARK.series[:2])
    assert list(intervals[0].y) == [0.1, 0.3, None] and not intervals[1].y
    assert drawn.layout.yaxis.title.text == "accuracy" and drawn.layout.xaxis.title.text == "layer"


def test_an_interval_is_outlined_run_by_run() -> None:
    bounds = [(0.1, 0.3), (0.2, 0.4), None, (0.5, 0.7)]
    curve = DepthCurve("x", list("abcd"), [0.2, 0.3, None, 0.6], [None] * 4, bounds)
    outline = depth_curves([curve], share=True, y_title="").data[0]
    assert list(outline.y) == [0.1, 0.2, 0.4, 0.3, None, 0.5, 0.7, None]
    assert outline.x[0] == outline.x[3] == 0 and outline.x[5] == outline.x[6] == 1


def test_names_of_layers_are_names_and_the_figure_is_proper_json() -> None:
    drawn = depth_curves([TRAINED], share=False, y_title="value")
    assert list(drawn.layout.xaxis.ticktext) == ["stem", "&lt;b&gt;last"]
    assert drawn.data[2].customdata[1][0] == "&lt;b&gt;last"
    json.loads(drawn.to_json(), parse_constant=lambda name: (_ for _ in ()).throw(ValueError(name)))


def test_shares_are_drawn_from_nothing_to_all_and_a_single_layer_in_the_middle() -> None:
    alone = DepthCurve("x", ["only"], [3.0], [1.0], [None])
    share, plain = (depth_curves([alone], share=each, y_title="", theme=LIGHT) for each in (True, False))
    low, high = share.layout.yaxis.range
    assert low <= 0 and high >= 1 and share.layout.yaxis.tickformat == ".0%"
    assert list(share.data[2].x) == [0.5]
    assert plain.layout.yaxis.range is None


def test_layers_whose_values_have_units_of_their_own_are_not_joined() -> None:
    drawn = depth_curves([TRAINED, OTHER], share=False, y_title="distance", joined=False)
    assert [trace.mode for trace in drawn.data[2:]] == ["markers"] * 4
    assert [list(trace.y) for trace in drawn.data[4:]] == [[0.2, 0.9], [0.5, None, 0.7]]
    joined = depth_curves([TRAINED, OTHER], share=False, y_title="ratio")
    assert [trace.mode for trace in joined.data[2:]] == ["lines", "lines", "lines+markers", "lines+markers"]
