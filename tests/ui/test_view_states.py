"""The declared view of each page: what a link holds of it comes back, and what makes no sense is left out."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featviz.ui.app import address
from featviz.ui.pages.views import views
from featviz.ui.state.option_text import OptionTexts
from featviz.ui.state.shared_view import SHARED
from featviz.ui.state.view_state import Choice, Entry, Several, Text, ViewState, Whole, entries_by_key

ROOT = Path(__file__).parents[2]
VIEWS = views()
ALL = {"shared": SHARED, **VIEWS}
ENTRIES = [
    pytest.param(view, entry, id=f"{name}-{key}") for name, view in ALL.items() for key, entry in view.items()
]
TEXTS = {
    "opened": ["stage2.0"],
    "find": ["ring", "größer, 10 %"],
    "weights": ["pretrained", "1-4th"],
    "checkpoint": ["0a" * 16],
    "statistics": ["half", "0.5,0.4,0.3/0.25"],
    "image": ["shapes/4", "photos/china", "upload/" + "0f" * 16],
    "current_unit": ["stage2.0.relu2/3"],
    "layer": ["stage2.0.relu2", "encoder.layers.encoder_layer_3.self_attention"],
    "convolution": ["stem.conv"],
    "matched_convolution": ["stem.conv"],
    "target": ["281", "5-7", "stage2/3@1,2"],
    "cell": ["0123456789abcdef", "none.0.1"],
    "objective": ["-281", "stage3.0/6", "layer4.1/*"],
    "start_from": ["run/" + "0b" * 16],
    "early": ["1-4th"],
    "set": ["shapes", "upload/" + "0f" * 16],
    "embedding_layer": ["stage2"],
    "from_map": ["0b" * 8],
    "color": ["texture", "honesty.neighbor_overlap", "cluster.k_means"],
    "search_uploaded": ["camera/" + "0f" * 16],
    "search_box": ["0.25,0.25,0.75,0.625", "0,0,1e-05,1"],
    "graded_layer": ["relu1"],
    "graded_network": ["digits-cnn, random"],
    "beside": ["stem,stage3"],
    "classes": ["5,17", "none"],
    "layers": ["stem,stage2"],
    "models": ["digits-cnn@random", "none"],
    "depth": ["relu1,relu3"],
    "hidden": ["0,2,13"],
    "matched_layer": ["=depth", "blocks.2"],
    "second": ["shapes-vit@trained", "torchvision/resnet18@random"],
    "networks": ["shapes-vit@trained,torchvision/resnet18@random"],
    "row": ["stage2.0.conv1"],
    "column": ["blocks.1.mlp.linear1"],
    "compared_colors": ["shape"],
    "code_run": ["digits-autoencoder"],
    "film_run": ["digits", "trained/cnn-0123456789"],
    "film_layer": ["features.block2"],
    "methods": ["lrp,grad_cam", "none"],
    "parts": ["layer/stage2,hand-made/hog,second/blocks.3"],
    "hand_weights": ["1,0.5"],
    "hand_made": ["hog,gabor", "none"],
    "options": ["attribution.random.seed=3;projection.umap.epochs=20"],
}
"""Of choices whose words nobody declares: some that a visitor may make."""


class Slot(nullcontext[None]):
    """Where the button of the link would go."""


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A visitor's session."""
    kept: dict[str, Any] = {}
    monkeypatch.setattr("streamlit.session_state", kept)
    return kept


def opened(
    monkeypatch: pytest.MonkeyPatch, query: dict[str, str], views: Iterable[ViewState]
) -> dict[str, Any]:
    """The session of somebody else who opens a link."""
    kept: dict[str, Any] = {}
    monkeypatch.setattr("streamlit.session_state", kept)
    monkeypatch.setattr("streamlit.query_params", query)
    address.open_link(views)
    return {key: value for key, value in kept.items() if not key.startswith("_")}


def published(monkeypatch: pytest.MonkeyPatch, view: ViewState) -> dict[str, str]:
    """What the address holds after a page has drawn its link."""
    queries: list[str] = []
    monkeypatch.setattr(address, "link_button", queries.append)
    address.publish(cast("Any", Slot()), view)
    return dict(parse_qsl(queries[-1], keep_blank_values=True))


def choices_of(entry: Entry) -> list[str]:
    """Some choices that can be made."""
    if entry.key in TEXTS:
        return TEXTS[entry.key]
    if isinstance(entry, Whole):
        return [str(entry.low), str(entry.high), str(min(entry.low + 7, entry.high))]
    assert isinstance(entry, Choice)
    words = cast("Iterable[object]", entry.options)
    return [str(getattr(each, "id", each)) for each in words]


@pytest.mark.parametrize(("view", "entry"), ENTRIES)
def test_every_choice_comes_back_by_its_link(
    view: ViewState, entry: Entry, session: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for choice in choices_of(entry):
        session.clear()
        monkeypatch.setattr("streamlit.session_state", session)
        entry.keep(choice)
        query = published(monkeypatch, view)
        assert query == ({entry.key: choice} if choice and entry.published else {})
        kept = opened(monkeypatch, {entry.key: choice}, ALL.values())
        assert kept == ({entry.key: choice} if choice else {})
        assert entry.text == choice


@pytest.mark.parametrize(("view", "entry"), ENTRIES)
def test_every_default_is_its_own_link(
    view: ViewState, entry: Entry, session: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert published(monkeypatch, view) == {}, "what nobody chose is in no link"
    assert entry.text == ("" if entry.default is None else str(entry.default))
    if entry.default not in (None, ""):
        entry.keep(entry.default or "")
        opened(monkeypatch, published(monkeypatch, view), ALL.values())
        assert entry.text == str(entry.default)


HOSTILE = ("", "\x00", "a\nb", "\u202eevil", "a" * 100_000, "9" * 100_000, "x\x7f" * 300)


@pytest.mark.parametrize(("view", "entry"), ENTRIES)
def test_hostile_texts_leave_the_default(
    view: ViewState, entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {
        Whole: ("x", "1.5", "1e9", "-1", "٣", "nan"),
        Choice: ("no such", "<b>", "../x"),
        OptionTexts: ("x.y=1",),
    }
    for text in (*HOSTILE, *wrong.get(type(entry), ())):
        assert opened(monkeypatch, {entry.key: text}, ALL.values()) == {}, text[:20]
        assert entry.text == ("" if entry.default is None else str(entry.default))


@given(st.text(max_size=40) | st.text("0123456789-.,/@;=ab", max_size=20))
def test_what_is_read_once_is_read_again(text: str) -> None:
    for entry in entries_by_key(ALL.values()).values():
        found = entry.read(text)
        if found is not None:
            assert entry.read(found) == found
            assert found.isprintable()


def test_unknown_keys_are_passed_over_and_spoil_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    query = {"no_such_key": "1", "_written_addresses": "1", "pin": "4", "set": "digits"}
    assert opened(monkeypatch, query, ALL.values()) == {"pin": "4", "set": "digits"}
    assert opened(monkeypatch, {"no_such_key": "1"}, ALL.values()) == {}


def test_a_link_holds_the_shared_choices_first_and_the_others_in_order(
    session: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for view in VIEWS.values():
        session.clear()
        for key in reversed([*SHARED, *view]):
            session[key] = "1"
        shared = [key for key in SHARED if key != "source"]
        assert list(published(monkeypatch, view)) == [*shared, *view]
    assert [*SHARED][:5] == ["model", "weights", "checkpoint", "device", "image"]


def test_lists_and_numbers_of_controls_are_written_as_texts(
    session: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    session.update({"beside": ["stem", "stage3"], "channel": 0, "layer": "", "order": None})
    assert published(monkeypatch, VIEWS["feature_maps"]) == {"beside": "stem,stage3", "channel": "0"}


def test_of_too_many_words_the_first_whole_ones_are_taken() -> None:
    hidden = VIEWS["embeddings"]["hidden"]
    numbers = ",".join(map(str, range(1000)))
    found = hidden.read(numbers)
    assert found is not None
    assert 1990 <= len(found) <= 2000
    assert numbers.startswith(f"{found},")


def test_an_address_that_this_session_wrote_changes_nothing(
    session: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    VIEWS["embeddings"]["pin"].keep("3")
    query = published(monkeypatch, VIEWS["embeddings"])
    VIEWS["embeddings"]["pin"].keep("4")
    monkeypatch.setattr("streamlit.query_params", query)
    address.open_link(ALL.values())
    assert session["pin"] == "4"


def test_older_keys_are_read_and_those_of_today_win(monkeypatch: pytest.MonkeyPatch) -> None:
    view = ViewState("test", seed=Whole(0, 9, 0, was=("chance", "luck")))
    assert opened(monkeypatch, {"luck": "4"}, [view]) == {"seed": "4"}
    assert opened(monkeypatch, {"seed": "5", "chance": "4"}, [view]) == {"seed": "5"}
    assert opened(monkeypatch, {"chance": "x", "seed": "5"}, [view]) == {"seed": "5"}
    assert opened(monkeypatch, {"chance": "40"}, [view]) == {}


def test_one_entry_cannot_stand_under_two_keys() -> None:
    entry = Text()
    first = ViewState("first", layer=entry)
    assert ViewState("second", **first)["layer"] is entry
    with pytest.raises(ValueError, match="layer cannot be declared again as other"):
        ViewState("third", other=entry)


def test_no_two_pages_mean_something_else_by_one_key() -> None:
    found: dict[str, Entry] = {}
    for view in ALL.values():
        for key, entry in view.items():
            assert found.setdefault(key, entry) is entry, key
    older = [was for entry in found.values() for was in entry.was]
    assert len(older) == len(set(older))
    assert not set(older) & set(found)


def test_words_that_are_not_offered_are_left_out_of_several() -> None:
    entry = Several(("a", "b"))
    assert entry.read("c,b,,a,<i>") == "b,a"
    assert entry.read("c") is None
    assert entry.read("none") == "none"


def keys_used(path: Path) -> set[str]:
    """The literal keys by which a file reaches into the session."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Subscript) and in_session(node.value):
            found |= literals([node.slice])
        elif isinstance(node, ast.Call):
            found |= literals([each.value for each in node.keywords if each.arg == "key"])
            if isinstance(node.func, ast.Attribute) and in_session(node.func.value):
                found |= literals(node.args[:1])
    return found


def in_session(node: ast.expr) -> bool:
    return ast.unparse(node) == "st.session_state"


def literals(nodes: Iterable[ast.expr]) -> set[str]:
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_declared_choices_are_reached_by_their_declaration_alone() -> None:
    files = [*ROOT.glob("featviz/ui/**/*.py"), *ROOT.glob("pages/*.py")]
    assert any(keys_used(path) for path in files)
    declared = set(entries_by_key(ALL.values()))
    assert {path.name: keys_used(path) & declared for path in files if keys_used(path) & declared} == {}
