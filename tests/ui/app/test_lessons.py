"""The lessons are files that a teacher edits: each is read, none is forgotten, and what they say of us is true."""

import re
from pathlib import Path

import pytest

import featviz.ui.pages as pages
from featviz.explain.attribution.registry import METHODS
from featviz.explain.evaluation import CHECKS
from featviz.registry import Registry
from featviz.representation.projection import PROJECTIONS
from featviz.ui.app.lessons import method_lesson, page_lesson, require_lessons

PAGES = Path(pages.__path__[0])
DECLARED = {method.lesson: method for registry in (METHODS, CHECKS, PROJECTIONS) for method in registry}
SHORT = [method for registry in (METHODS, CHECKS) for method in registry]


def file_of(lesson: str) -> Path:
    page, _, name = lesson.partition("/")
    return PAGES / page / "lessons" / name


def test_every_method_names_a_file_and_every_file_is_named() -> None:
    assert len(DECLARED) == len(METHODS) + len(CHECKS) + len(PROJECTIONS)
    assert {file_of(lesson) for lesson in DECLARED} == set(PAGES.glob("*/lessons/**/*.md"))
    assert all(file_of(lesson).stem == method.id for lesson, method in DECLARED.items())


def test_every_lesson_of_a_page_is_read_by_it() -> None:
    scripts = "".join(path.read_text("utf-8") for path in PAGES.glob("*/*.py"))
    read = set(re.findall(r'page_lesson\("(\w+)"\)', scripts))
    assert read == {path.parent.name for path in PAGES.glob("*/lesson.md")}
    assert read | {"attribution"} == {path.parent.name for path in PAGES.glob("*/snippet.py")}


@pytest.mark.parametrize(
    "path", sorted(PAGES.glob("**/*.md")), ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_formulas_are_closed_and_the_text_is_what_is_shown(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text == text.strip() + "\n"
    assert text.count("$$") % 2 == 0
    assert re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL).count("$") % 2 == 0


def test_a_lesson_is_the_file_as_it_stands() -> None:
    assert page_lesson("filters") == (PAGES / "filters" / "lesson.md").read_text("utf-8")
    assert method_lesson(METHODS["rise"]) == (PAGES / "attribution/lessons/rise.md").read_text("utf-8")
    assert method_lesson(METHODS["random"]) != method_lesson(PROJECTIONS["random"])


@pytest.mark.parametrize("method", SHORT, ids=lambda method: method.id)
def test_a_lesson_has_a_formula_says_its_limits_and_is_short(method) -> None:
    text = method_lesson(method)
    assert text.count("$$") == 2
    assert "cannot" in text or "keep in mind" in text
    words = len(re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL).split())
    assert 80 <= words <= 150, words


@pytest.mark.parametrize(
    "method", [each for each in PROJECTIONS if each.id != "random"], ids=lambda each: each.id
)
def test_a_lesson_on_a_projection_says_what_it_cannot(method) -> None:
    assert "What it cannot" in method_lesson(method)


@pytest.mark.parametrize(
    ("name", "figure"),
    [
        (method.id, f"{parameter.default:g}")
        for method in METHODS
        for parameter in method.parameters
        if parameter.name in ("samples", "steps", "masks", "stride") and "Here: " in method_lesson(method)
        if not (method.id == "integrated_gradients" and parameter.name == "samples")
    ],
)
def test_a_lesson_that_says_our_defaults_says_the_present_ones(name: str, figure: str) -> None:
    text = method_lesson(METHODS[name])
    here = text[text.index("Here: ") :]
    assert re.search(rf"\b{figure}\b", here), (name, figure)


def test_a_missing_lesson_is_said_with_whose_it_is() -> None:
    def loudness(x: float) -> float:
        """How loud it is.

        A sentence more.

        Args:
            x: a number.
        """
        return x

    made = Registry("measure")
    made.register("Loudness", reference="none")(loudness)
    assert method_lesson(made["loudness"]) == "How loud it is.\n\nA sentence more."
    require_lessons(made)
    loudness.__name__ = "louder"
    made.register("Louder", reference="none", lesson="attribution/louder.md")(loudness)
    with pytest.raises(
        FileNotFoundError, match=r"measure louder has no lesson: .*attribution/lessons/louder\.md"
    ):
        require_lessons(made)
    with pytest.raises(FileNotFoundError, match=r"attribution/lesson\.md"):
        page_lesson("attribution")
