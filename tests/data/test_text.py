"""Names as they may be shown: nothing hidden, bounded, and left alone where they are fit."""

import unicodedata

import pytest

from featviz.text import MAX_NAME, printable

HIDDEN = {
    "bell": "\x07",
    "new line": "\n",
    "escape": "\x1b",
    "right to left": "\u202e",
    "isolate": "\u2066",
    "zero width": "\u200b",
    "line": "\u2028",
    "paragraph": "\u2029",
    "lone surrogate": "\ud800",
    "private": "\ue000",
    "unassigned": "\U000e0fff",
}


@pytest.mark.parametrize(
    "name", ["layer3.0.conv1.weight", "H\u00e4user/x?.png", "\u732b\u3000\u72ac", "a\u00a0b", ""]
)
def test_a_name_that_is_fit_stays_as_it_is(name: str) -> None:
    assert printable(name) == name


@pytest.mark.parametrize("kind", HIDDEN)
def test_what_cannot_be_seen_is_shown_as_replaced(kind: str) -> None:
    assert printable(f"a{HIDDEN[kind]}b") == "a\ufffdb"


def test_names_are_composed() -> None:
    assert printable("e\u0301clair") == "\u00e9clair"


def test_of_a_long_name_the_end_is_kept_behind_a_mark() -> None:
    assert printable("x" * MAX_NAME) == "x" * MAX_NAME
    shown = printable("/".join(["folder"] * 1000) + "/cat.png")
    assert len(shown) == MAX_NAME and shown.startswith("\u2026") and shown.endswith("/cat.png")
    assert printable("abcdef", 4) == "\u2026def"


@pytest.mark.parametrize("name", ["a\u202eb" * 200, "e\u0301" * 500, "\u2026" * 200, "\ufdfa" * 300])
def test_what_is_shown_is_fit_to_be_shown(name: str) -> None:
    shown = printable(name)
    assert len(shown) <= MAX_NAME
    assert printable(shown) == shown == unicodedata.normalize("NFC", shown)
