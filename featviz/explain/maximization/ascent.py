"""Climbing: Adam on a tensor of one's own, with steps that can be taken back."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["Adam"]

_MOMENTS = (0.9, 0.999)
_EPSILON = 1e-16


class Adam:
    """Steps upwards in the direction of steady gradients (Kingma and Ba 2015, arXiv:1412.6980).

    Args:
        leaf: where to begin; never changed.
        rate: the length of a step.
    """

    def __init__(self, leaf: Tensor, rate: float) -> None:
        self.rate, self.count = rate, 0
        self._moments = (torch.zeros_like(leaf), torch.zeros_like(leaf))

    def step(self, leaf: Tensor, gradient: Tensor, pace: float = 1.0) -> Tensor:
        """The leaf one step up the gradient, a new tensor.

        Args:
            leaf: where it is.
            gradient: of what is climbed.
            pace: of this step, the rate being 1.
        """
        self.count += 1
        first, second = self._moments
        first.lerp_(gradient, 1 - _MOMENTS[0])
        second.lerp_(gradient.square(), 1 - _MOMENTS[1])
        mean = first / (1 - _MOMENTS[0] ** self.count)
        spread = (second / (1 - _MOMENTS[1] ** self.count)).sqrt()
        return leaf.detach() + self.rate * pace * mean / (spread + _EPSILON)

    def again(self) -> None:
        """Forget the past and halve the rate: after a step that led nowhere."""
        self.rate, self.count = self.rate / 2, 0
        for moment in self._moments:
            moment.zero_()
