"""The glossary holds every public name and every label of a control, and what it says of the code is there."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import featviz
from featviz.ui.state.jobs import end_all
from tests.test_pages import PAGES, open_page

ROOT = Path(__file__).parents[2]
GLOSSARY = ROOT / "docs" / "glossary.md"
INPUTS = (
    "selectbox",
    "multiselect",
    "slider",
    "number_input",
    "toggle",
    "segmented_control",
    "file_uploader",
)


class Term(NamedTuple):
    names: str
    meaning: str
    source: str
    code: str
    pages: str


def terms() -> list[Term]:
    rows = (line.strip("|").split("|") for line in GLOSSARY.read_text().splitlines() if line.startswith("|"))
    cells = [[cell.strip() for cell in row] for row in rows]
    return [Term(*row) for row in cells if row[0] != "term" and not row[0].startswith("-")]


@pytest.fixture(autouse=True)
def nothing_runs_on() -> Iterator[None]:
    yield
    end_all()


def resolved(path: str) -> object:
    """What a dotted path names: a module, or what a module holds."""
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError:
        module, _, name = path.rpartition(".")
        return getattr(importlib.import_module(module), name)


def test_each_row_has_a_term_a_meaning_and_a_place_in_the_code() -> None:
    assert len(terms()) > 50
    for term in terms():
        assert term.names
        assert term.meaning
        assert re.findall(r"`([\w.]+)`", term.code), term.names


@pytest.mark.parametrize(
    "path", sorted({path for each in terms() for path in re.findall(r"`([\w.]+)`", each.code)})
)
def test_what_the_glossary_names_in_the_code_is_there(path: str) -> None:
    assert resolved(path) is not None


def test_every_public_name_is_in_the_glossary() -> None:
    told = {path for term in terms() for path in re.findall(r"`featviz\.(\w+)`", term.code)}
    assert sorted(set(featviz.__all__) - told) == []


def test_no_term_stands_twice() -> None:
    names = [name.strip() for term in terms() for name in term.names.split(",")]
    assert sorted({name for name in names if names.count(name) > 1}) == []


@pytest.mark.parametrize("page", PAGES)
def test_every_label_of_a_control_is_in_the_glossary(page: str) -> None:
    app = open_page(page)
    told = {label for term in terms() for label in re.findall(r"\*([^*]+)\*", term.pages)}
    labels = {each.label.partition(" (")[0] for kind in INPUTS for each in getattr(app, kind)}
    assert sorted(labels - told) == []


def shown_texts() -> Iterator[tuple[Path, str]]:
    """What may come to the screen: strings of the code but docstrings, lessons, and lines of the components."""
    for path in (ROOT / "featviz").rglob("*.py"):
        if {"training", "__main__.py"} & set(path.parts):  # the screen of neither is a page
            continue
        tree = ast.parse(path.read_text())
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                yield (
                    path,
                    "".join(
                        str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values
                    ),
                )
            elif (
                isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
            ):
                yield path, node.value
    for pattern in ("*.md", "*.js"):
        for path in (ROOT / "featviz").rglob(pattern):
            yield from ((path, line.partition("// ")[0]) for line in path.read_text().splitlines())


def test_sizes_are_written_with_one_sign() -> None:
    letter = re.compile(r"[\d})]×[\d{$(]|[\d})] x [\d{$(]|^ x $|[`\"'] x [`\"']")
    assert sorted({f"{path.name}: {text[:80]}" for path, text in shown_texts() if letter.search(text)}) == []
