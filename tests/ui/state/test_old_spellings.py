"""Words that were spelled otherwise before: Python takes them with a warning, links without a word."""

from typing import Any

import pytest

from featviz.explain.attribution.registry import METHODS
from featviz.explain.evaluation import CHECKS
from featviz.explain.maximization.parameterizations import PARAMETERIZATIONS
from featviz.registry import Method
from featviz.ui.state.option_text import read_options


@pytest.mark.parametrize(
    ("old", "today"), [("randomisation", "randomization"), ("localisation", "localization")]
)
def test_a_check_is_found_under_its_old_spelling(old: str, today: str) -> None:
    with pytest.warns(DeprecationWarning, match=f"{old!r} is spelled {today!r} now"):
        assert CHECKS[old] is CHECKS[today]


@pytest.mark.parametrize(
    ("method", "old", "today"),
    [
        (PARAMETERIZATIONS["fourier"], {"colours": "none"}, {"colors": "none"}),
        (METHODS["integrated_gradients"], {"baseline": "colours"}, {"baseline": "colors"}),
    ],
)
def test_options_and_their_choices_are_read_as_they_were_spelled(
    method: Method, old: dict[str, Any], today: dict[str, Any]
) -> None:
    with pytest.warns(DeprecationWarning, match="'colours' is spelled 'colors' now"):
        assert method.complete(old) == method.complete(today)


def test_options_of_a_link_are_read_as_they_were_spelled() -> None:
    text = "parameterization.fourier.colours=none;attribution.integrated_gradients.baseline=colours"
    assert read_options(text) == {
        "parameterization.fourier": {"colors": "none"},
        "attribution.integrated_gradients": {"baseline": "colors"},
    }
