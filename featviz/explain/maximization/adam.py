"""Adam for gradient ascent on one tensor, with a floor per image and a restart after a step that is not finite."""

from __future__ import annotations

from torch import Tensor

__all__ = ["Adam"]

_MOMENTS = (0.9, 0.999)
# Share of the typical gradient below which a component hardly moves. Without it Adam walks as fast where nothing
# is to be gained, and strews fine noise over the image. torch.optim.Adam has no such floor for each image.
_GRADIENT_FLOOR = 0.3
_TINY = 1e-16


class Adam:
    """Steps upwards in the direction of steady gradients (Kingma and Ba 2015, arXiv:1412.6980).

    Args:
        parameters: the initial ones, for their shape; never changed.
        rate: the learning rate.
    """

    def __init__(self, parameters: Tensor, rate: float) -> None:
        self.rate, self.count = rate, 0
        self._moments = (parameters.new_zeros(parameters.shape), parameters.new_zeros(parameters.shape))

    def step(self, parameters: Tensor, gradient: Tensor, pace: float = 1.0) -> Tensor:
        """The parameters after one step of ascent, a new tensor.

        Args:
            parameters: the current ones.
            gradient: of the objective, in their shape.
            pace: factor of the learning rate in this step.
        """
        self.count += 1
        bias_corrections = [1 - moment**self.count for moment in _MOMENTS]
        first, second = self._moments
        first.lerp_(gradient, 1 - _MOMENTS[0])
        second.mul_(_MOMENTS[1]).addcmul_(gradient, gradient, value=1 - _MOMENTS[1])
        # image by image: one's steep gradients say nothing about the others'
        floor = (
            second.mean(tuple(range(1, second.ndim)), keepdim=True).sqrt_().mul_(_GRADIENT_FLOOR).add_(_TINY)
        )
        length = self.rate * pace * bias_corrections[1] ** 0.5 / bias_corrections[0]
        return parameters.detach().addcdiv(first, second.sqrt().add_(floor), value=length)

    def restart(self) -> None:
        """Forget the past and halve the rate: after a step that led nowhere."""
        self.rate, self.count = self.rate / 2, 0
        for moment in self._moments:
            moment.zero_()
