"""What a visitor named is no formula in anybody's spreadsheet."""

import pytest

from featviz.ui.inputs.spreadsheet import cell


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd", "-1+1", "@sum(A1)", "\t=1", "\r=1", "-inf", "-1\n=2", "+1e"]
)
def test_a_formula_becomes_a_text(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["-1", "+3", "-0.5", "-1.5e-07", "1e5", "cat", "a=b", "", 7, -0.25])
def test_numbers_and_names_stay(value: object) -> None:
    assert cell(value) == str(value)


def test_nothing_is_an_empty_cell() -> None:
    assert cell(None) == ""
