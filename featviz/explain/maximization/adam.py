"""Adam on a tensor of one's own, upwards, with steps that can be taken back."""

from __future__ import annotations

from torch import Tensor

__all__ = ["Adam"]

_MOMENTS = (0.9, 0.999)
# Share of the typical gradient below which a component hardly moves. Without it Adam walks as fast where nothing
# is to be gained, and strews fine noise over the image. torch.optim.Adam has no such floor for each image.
_LEAST = 0.3
_TINY = 1e-16


class Adam:
    """Steps upwards in the direction of steady gradients (Kingma and Ba 2015, arXiv:1412.6980).

    Args:
        leaf: where to begin; never changed.
        rate: the length of a step.
    """

    def __init__(self, leaf: Tensor, rate: float) -> None:
        self.rate, self.count = rate, 0
        self._moments = (leaf.new_zeros(leaf.shape), leaf.new_zeros(leaf.shape))

    def step(self, leaf: Tensor, gradient: Tensor, pace: float = 1.0) -> Tensor:
        """The leaf one step up the gradient, a new tensor.

        Args:
            leaf: where it is.
            gradient: of what is climbed.
            pace: of this step, the rate being 1.
        """
        self.count += 1
        seen = [1 - moment**self.count for moment in _MOMENTS]
        first, second = self._moments
        first.lerp_(gradient, 1 - _MOMENTS[0])
        second.mul_(_MOMENTS[1]).addcmul_(gradient, gradient, value=1 - _MOMENTS[1])
        # image by image: one's steep gradients say nothing about the others'
        least = second.mean(tuple(range(1, second.ndim)), keepdim=True).sqrt_().mul_(_LEAST).add_(_TINY)
        length = self.rate * pace * seen[1] ** 0.5 / seen[0]
        return leaf.detach().addcdiv(first, second.sqrt().add_(least), value=length)

    def again(self) -> None:
        """Forget the past and halve the rate: after a step that led nowhere."""
        self.rate, self.count = self.rate / 2, 0
        for moment in self._moments:
            moment.zero_()
