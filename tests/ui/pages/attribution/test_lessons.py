import re

import pytest

from featviz.explain.attribution.registry import METHODS
from featviz.explain.evaluation.check import CHECKS
from featviz.ui.pages.attribution.lessons_evaluation import TRUST_LESSONS
from featviz.ui.pages.attribution.lessons_methods import LESSONS

ALL = {**LESSONS, **TRUST_LESSONS}


def test_every_method_and_every_check_has_a_lesson() -> None:
    assert {method.id for method in METHODS} <= set(LESSONS)
    assert {check.id for check in CHECKS} <= set(TRUST_LESSONS)


@pytest.mark.parametrize("name", ALL)
def test_a_lesson_has_a_formula_says_its_limits_and_is_short(name: str) -> None:
    text = ALL[name]
    assert text.count("$$") == 2
    assert re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL).count("$") % 2 == 0
    assert "cannot" in text or "keep in mind" in text
    words = len(re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL).split())
    assert 80 <= words <= 150, words


@pytest.mark.parametrize(
    ("name", "figure"),
    [
        (method.id, f"{parameter.default:g}")
        for method in METHODS
        for parameter in method.parameters
        if parameter.name in ("samples", "steps", "masks", "stride")
        and "Here: " in LESSONS.get(method.id, "")
        if not (method.id == "integrated_gradients" and parameter.name == "samples")
    ],
)
def test_a_lesson_that_says_our_defaults_says_the_present_ones(name: str, figure: str) -> None:
    here = LESSONS[name][LESSONS[name].index("Here: ") :]
    assert re.search(rf"\b{figure}\b", here), (name, figure)
