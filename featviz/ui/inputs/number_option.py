"""The control of a number that a method takes: a slider, or a field where a slider would be too coarse."""

import math
from typing import Any

import streamlit as st

from featviz.parameter import Parameter
from featviz.ui.state.option_text import LARGEST

__all__ = ["draw_number", "has_slider"]

_LONGEST_SLIDER = 256


def draw_number(parameter: Parameter, label: str, **shared: Any) -> None:
    """Draw the control; its value is what the session has under its key.

    Args:
        parameter: of a number.
        label: what stands above it.
        shared: key, help, width and what is called after a change.
    """
    kind = _kind(parameter)
    bounds, default = parameter.range, parameter.default
    low = kind(max(bounds.low, -LARGEST)) if bounds else None
    high = kind(min(bounds.high, LARGEST)) if bounds else None
    if default is None:
        st.number_input(label, low, high, None, format="%g", placeholder="automatic", **shared)
    elif has_slider(parameter):
        st.slider(label, low, high, step=_step(parameter), **shared)
    elif _is_fine(parameter):
        st.number_input(label, low, high, step=default, format="%g", **shared)
    else:
        st.number_input(label, low, high, step=_step(parameter), **shared)


def has_slider(parameter: Parameter) -> bool:
    """Whether the control is a slider: of a number whose range is short enough to be hit with one."""
    if not {int, float} & set(parameter.types) or parameter.default is None or parameter.range is None:
        return False
    return not _is_fine(parameter) and (_kind(parameter) is float or _is_short(parameter))


def _kind(parameter: Parameter) -> type[int] | type[float]:
    return float if float in parameter.types else int


def _is_short(parameter: Parameter) -> bool:
    """Whether a slider reaches each whole number of the range."""
    return parameter.range is not None and parameter.range.high - parameter.range.low <= _LONGEST_SLIDER


def _is_fine(parameter: Parameter) -> bool:
    """Whether the default lies nearer to the lowest value than a step."""
    low = max(parameter.range.low, -LARGEST) if parameter.range else 0
    return _kind(parameter) is float and 0 < abs((parameter.default or 0) - low) < _step(parameter)


def _step(parameter: Parameter) -> float:
    """A step that people expect: of whole numbers a digit less than the default's, else a power of ten."""
    if _kind(parameter) is int:
        return 1 if _is_short(parameter) else 10 ** max(0, len(str(abs(parameter.default or 0))) - 2)
    span = parameter.range.high - parameter.range.low if parameter.range else 1.0
    return float(10.0 ** math.floor(math.log10(span / 20)))
