"""What the values of a map add up to, where its method promises anything."""

from typing import NamedTuple

__all__ = ["PROMISES", "Promise"]


class Promise(NamedTuple):
    """What the sum of a method's raw map should be.

    Attributes:
        compared: f(x) - f(baseline), where the method has a baseline; else f(x).
        steps: the option that makes the gap smaller, where there is one.
        drawn: whether the baselines are drawn anew for each sample, so that only their mean is known.
        single: whether one baseline alone is drawn, whatever number of samples there is.
        unless: what excuses a gap, where something does.
    """

    compared: bool
    steps: str = ""
    drawn: bool = False
    single: bool = False
    unless: str = ""


PROMISES = {
    "integrated_gradients": Promise(compared=True, steps="steps"),
    "deep_lift": Promise(compared=True),
    "expected_gradients": Promise(compared=True, drawn=True, unless="only many samples come near"),
    "gradient_shap": Promise(compared=True, drawn=True, unless="only many samples come near"),
    "kernel_shap": Promise(compared=True, single=True),
    "input_x_gradient": Promise(compared=False, unless="a network's biases keep their share"),
    "lrp": Promise(compared=False, unless="a network's biases keep their share"),
}
"""By method id; whoever is not in it promises nothing."""
