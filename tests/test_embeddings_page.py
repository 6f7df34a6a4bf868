"""The Embeddings page: every way to draw a map, what is picked on it, and links that reopen it."""

import hashlib
import time
from collections.abc import Iterator

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from featviz.representation.clusters import CLUSTERINGS
from featviz.representation.embeddings import Embeddings
from featviz.representation.projection import PROJECTIONS
from featviz.ui.state.cache import FEATURES, SETS
from featviz.ui.state.image_sets import ChosenSet
from featviz.ui.state.jobs import end_all
from tests.test_pages import assert_sound, open_page, said

PAGE = "embeddings"
QUICK = "tsne.iterations=30;umap.epochs=20"
GROUPS, EACH = 3, 30


@pytest.fixture(autouse=True)
def nothing_kept(tmp_path, monkeypatch) -> Iterator[None]:
    monkeypatch.setenv("FEATVIZ_STORE", str(tmp_path))
    FEATURES.clear()
    yield
    end_all()


def bring(vectors: np.ndarray, labels: tuple[str, ...] = ()) -> str:
    """The id of embeddings as if somebody had brought them to this server."""
    set_id = f"upload/{hashlib.sha256(vectors.tobytes()).hexdigest()[:32]}"
    made = Embeddings(vectors, tuple(map(str, range(len(vectors)))), labels)
    SETS.put(("set", set_id), ChosenSet(set_id, "brought.npz", None, made, content=set_id), vectors.nbytes)
    return set_id


@pytest.fixture
def brought() -> str:
    """The id of embeddings in three groups of thirty."""
    generator = np.random.default_rng(0)
    centers = np.repeat(6 * np.eye(GROUPS, 8), EACH, axis=0)
    return bring(centers + generator.normal(size=(GROUPS * EACH, 8)), tuple(np.repeat(["a", "b", "c"], EACH)))


def open_map(**query: str) -> AppTest:
    return finished(open_page(PAGE, **{"options": QUICK, **query}))


def finished(app: AppTest, patience: float = 120) -> AppTest:
    """Run the page again until nothing is under way."""
    until = time.monotonic() + patience
    while time.monotonic() < until and not app.exception:
        busy = any(each.label == "Stop" for each in app.button) or "hourglass" in said(app)
        if not busy:
            return app
        time.sleep(0.1)
        app.run()
    return app


def test_shapes_are_drawn_colored_and_measured() -> None:
    app = open_map(set="shapes", set_size="500", model="digits-cnn", projection="pca")
    assert_sound(app)
    assert not app.error
    assert app.selectbox(key="color").value == "texture"
    assert "500 images." in said(app)
    assert [each.label for each in app.metric][:2] == ["Trustworthiness", "Continuity"]
    assert "a random map" in said(app)


@pytest.mark.parametrize("method", [method.id for method in PROJECTIONS])
@pytest.mark.parametrize("dimensions", ["2", "3"])
def test_every_projection_is_drawn(brought: str, method: str, dimensions: str) -> None:
    app = open_map(set=brought, projection=method, dimensions=dimensions)
    assert_sound(app)
    assert not app.error
    assert app.selectbox(key="projection").value == method
    assert len(app.metric) == 4
    assert f"projection = featviz.project(embeddings, '{method}'" in app.code[0].value


@pytest.mark.parametrize(
    "color",
    [
        "label",
        "unit",
        "honesty.trustworthiness",
        "honesty.shepard",
        *(f"cluster.{each.id}" for each in CLUSTERINGS),
    ],
)
def test_every_color_is_painted(brought: str, color: str) -> None:
    app = open_map(set=brought, projection="pca", color=color, unit="3")
    assert_sound(app)
    assert app.selectbox(key="color").value == color


def test_a_slider_moves_the_map_from_where_it_is_and_anew_forgets_that(brought: str) -> None:
    app = open_map(set=brought, projection="tsne")
    assert not app.session_state["from_map"] if "from_map" in app.session_state else True
    app.slider(key="option.tsne.perplexity").set_value(12.0).run()
    finished(app)
    assert len(str(app.session_state["from_map"])) == 16
    stages = [stage for key, (stage, _) in FEATURES._entries.items() if key[0] == "map"]
    assert len(stages) == 2
    first, second = (stage.points - stage.points.mean(0) for stage in stages)
    assert np.corrcoef(first[:, 0], second[:, 0])[0, 1] > 0.8
    next(each for each in app.button if each.label == "Begin anew").click().run()
    assert app.session_state["from_map"] == ""


def test_a_method_drawn_before_is_there_at_once(brought: str) -> None:
    app = open_map(set=brought, projection="tsne")
    app.selectbox(key="projection").set_value("pca").run()
    finished(app)
    app.selectbox(key="projection").set_value("tsne").run()
    assert not any(each.label == "Stop" for each in app.button)
    assert len(app.metric) == 4


def test_a_pinned_point_has_its_neighbors_and_a_link_names_it(brought: str) -> None:
    app = open_map(set=brought, projection="pca", pin="31")
    assert "Pinned" in said(app)
    assert "Image: **31**" in said(app)
    assert "among its 10 nearest on the map" in said(app)
    app.button(key="unpin").click().run()
    assert "Pinned" not in said(app)


def test_a_selection_is_counted_kept_and_used_as_the_set(brought: str) -> None:
    app = open_map(set=brought, projection="pca")
    points = app.session_state["_map_points"][2]
    app.session_state["_map_selected"] = (points.key, np.array([0, 1, 2, 40, *range(60, 75)]))
    app.run()
    assert "Selection: 19 of 90 points" in said(app)
    app.text_input(key="selection.name").set_value("A few").run()
    app.button(key="selection.look").click().run()
    finished(app)
    assert_sound(app)
    assert str(app.session_state["set"]).startswith("selection/")
    assert "19 embeddings without images" in said(app)
    assert "Selection:" not in said(app)
    ids = app.session_state["_map_points"][2].embeddings.ids
    assert ids == tuple(map(str, (0, 1, 2, 40, *range(60, 75))))


def test_another_set_forgets_what_was_picked(brought: str) -> None:
    app = open_map(set=brought, projection="pca", pin="31", hidden="0")
    app.selectbox(key="set").set_value("photos").run()
    finished(app)
    assert not app.exception
    assert "pin" not in app.session_state or app.session_state["pin"] == ""


def test_stability_is_told_when_asked_for(brought: str) -> None:
    app = open_map(set=brought, projection="random")
    next(each for each in app.button if each.label.startswith("What do other seeds")).click().run()
    finished(app)
    assert "neighbors from map to map" in said(app)


@pytest.mark.parametrize("method", ["pca", "units", "centroids"])
def test_where_nothing_is_random_no_seed_is_offered(brought: str, method: str) -> None:
    app = open_map(set=brought, projection=method, map_seed="3")
    assert not any(each.label.startswith("What do other seeds") for each in app.button)
    assert "Seed" not in [each.label for each in app.main.number_input]
    assert "seed=3" not in app.code[0].value


def test_a_label_that_is_looked_for_is_selected_and_in_the_link(brought: str) -> None:
    app = open_map(set=brought, projection="pca", find="nowhere")
    assert "No label contains that." in said(app)
    label = next(each for each in app.session_state["_map_points"][2].labels if each)
    count = sum(label in (each or "") for each in app.session_state["_map_points"][2].labels)
    app.text_input(key="find.chosen").set_value(label.upper()).run()
    assert f"Selection: {count} of 90 points" in said(app)
    assert app.session_state["find"] == label.upper()
    app.button(key="unselect").click().run()
    assert "Selection:" not in said(app)
    assert app.text_input(key="find.chosen").value == ""


def test_one_point_and_equal_points_are_explained() -> None:
    for count in (1, 40):
        app = open_map(set=bring(np.ones((count, 4))))
        assert_sound(app)
        assert "are the same" in said(app) or "points are needed" in said(app)


HOSTILE = (
    {"projection": "<b>", "dimensions": "7", "map_seed": "-1", "color": "../x", "unit": "1e9", "pin": "-3"},
    {"from_map": "0" * 16, "hidden": "a,b,,99999999999,1", "pin": "9" * 30, "drawn_as": "oil", "unit": "nan"},
    {
        "options": "tsne.perplexity=nan;umap.n_neighbors=1e9;centroids.left=nobody;units.x=99",
        "hidden": "0,1,2",
    },
)


@pytest.mark.parametrize("query", HOSTILE)
def test_hostile_links_fall_back_to_the_defaults(brought: str, query: dict[str, str]) -> None:
    app = open_map(**{"set": brought, "projection": "pca", **query})
    assert_sound(app)
    assert not app.error


def test_a_link_reopens_the_same_view(brought: str) -> None:
    query = {
        "set": brought,
        "projection": "umap",
        "dimensions": "3",
        "map_seed": "7",
        "color": "cluster.k_means",
        "hidden": "1,2",
        "pin": "4",
        "options": "projection.umap.n_neighbors=9;projection.umap.epochs=20;clustering.k_means.clusters=3",
    }
    app = open_map(**query)
    assert_sound(app)
    for key, value in query.items():
        assert str(app.session_state[key]) == value, key
    assert (
        "featviz.project(embeddings, 'umap', dimensions=3, seed=7, n_neighbors=9, epochs=20)"
        in app.code[0].value
    )
