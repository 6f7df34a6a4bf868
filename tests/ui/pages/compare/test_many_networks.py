"""Many networks as points: which ones stand there at first, what is said of them, and what a point opens."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import featviz
from featviz.data.sets.image_set import ImageSet
from featviz.render.charts.network_map import network_map_chart
from featviz.representation.comparison.network_distances import distances_between, layer_at
from featviz.ui.pages.compare.many.networks import Networks
from featviz.ui.pages.compare.many.networks_view import to_csv
from featviz.ui.pages.compare.view_state import METRICS
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.jobs import end_all
from tests.test_pages import assert_sound, open_page, said
from tests.ui.pages.compare.test_compare_page import QUICK, finished, show


@pytest.fixture(autouse=True)
def few_digits(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    show(monkeypatch, ImageSet.bundled("digits", 40), f"digits 40 {request.node.name}")
    yield
    end_all()
    FEATURES.clear()


def test_the_page_knows_the_metrics_that_the_library_has() -> None:
    from featviz.representation.comparison.network_distances import METRICS as KNOWN

    assert tuple(METRICS) == KNOWN


def test_at_first_all_moments_of_the_training_and_another_seed_stand_there() -> None:
    app = finished(open_page("compare", **QUICK, compare_by="networks"))
    assert_sound(app)
    assert not app.error
    chosen = app.multiselect(key="networks.chosen").value
    stages = featviz.load_model("digits-cnn").card.stages
    assert set(chosen) == {f"digits-cnn@{each}" for each in (*stages, "another-seed")}
    assert "stress-1 0." in said(app)
    assert "π/2 = 1.57" in said(app)


def test_a_link_names_networks_depth_and_distance_and_one_network_alone_is_not_enough() -> None:
    link = {"compare_by": "networks", "relative_depth": "100", "distance": "cka_angular"}
    app = finished(open_page("compare", **QUICK, **link, networks="digits-cnn@trained,digits-cnn@random"))
    assert_sound(app)
    assert "Angular CKA between 2 layers on 40 images" in said(app)
    assert "off by 0% of their size" in said(app), "two points always fit"
    app.multiselect(key="networks.chosen").set_value(["digits-cnn@trained"]).run()
    assert app.info[0].value == "Choose at least two networks."


def test_lines_join_the_moments_of_a_training_in_their_order_and_a_point_tells_its_number() -> None:
    points = np.array([[0.0, 0], [1, 0], [2, 0], [5, 5]])
    figure = network_map_chart(
        points,
        families=["a", "a", "a", "b"],
        names=["trained", "random", "half", "random"],
        notes=[["one"], ["two <b>"], ["three"], ["four"]],
        steps=[2, 0, 1, -1],
        chosen=0,
    )
    line = next(each for each in figure.data if each.mode == "lines" and len(each.x))
    assert list(line.x) == [1, 2, 0], "random, half, trained"
    marks = [each for each in figure.data if each.mode == "markers+text"]
    assert [each.name for each in marks] == ["a", "b"]
    assert [list(each) for each in marks[0].customdata] == [[0], [1], [2]]
    assert marks[0].hovertext[1] == "two &lt;b&gt;"
    assert figure.layout.yaxis.scaleanchor == "x", "distances are of one scale"


def test_the_table_has_all_distances() -> None:
    models = [featviz.load_model("digits-cnn", weights=each) for each in ("trained", "random")]
    found = distances_between([(each, "conv2") for each in models], ImageSet.bundled("digits", 40))
    names = ("digits-cnn, trained", "=cmd()")
    table = to_csv(Networks(("a", "b"), names, tuple(models), ("conv2", "conv2")), found)
    rows = list(csv.reader(io.StringIO(table.decode("utf-8-sig"))))
    assert rows[0] == ["network", "layer", names[0], "'=cmd()"], "no formula for a spreadsheet"
    assert float(rows[1][3]) == pytest.approx(found.distances[0, 1], rel=1e-5)
    assert float(rows[2][3]) == 0


def test_the_code_on_the_page_gives_the_same_distances() -> None:
    link = {
        "compare_by": "networks",
        "relative_depth": "75",
        "networks": "digits-cnn@trained,digits-cnn@random",
    }
    app = finished(open_page("compare", **QUICK, **link))
    code = next(each.value for each in app.code if "distances_between" in each.value)
    names: dict[str, Any] = {}
    exec(code, names)  # the page's own words
    models = [featviz.load_model("digits-cnn", weights=each) for each in ("trained", "random")]
    layers = [layer_at(each, 0.75) for each in models]
    assert names["found"].layers == tuple(layers)
    images = ImageSet.bundled("digits", 40)
    assert np.allclose(
        names["found"].distances, distances_between(list(zip(models, layers, strict=True)), images).distances
    )
