"""Where a module's output holds the images of a batch: first, later, or cut into pieces."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from featviz.errors import BadInput

__all__ = ["FIRST", "BatchAxis"]


@dataclass(frozen=True)
class BatchAxis:
    """The dimension along which a module's output grows with the batch.

    Attributes:
        axis: which one, 0 is the first; None where none does, so that only one image at a time can be read.
        pieces: whether each image has several entries along it, such as the windows it is cut into.
        together: whether the pieces of one image follow each other, rather than those of all images in turn.
        channels_first: whether the pieces stand behind the first dimension of each, which counts channels.
    """

    axis: int | None = 0
    pieces: bool = False
    together: bool = True
    channels_first: bool = False

    def to_front(self, output: Tensor, images: int) -> Tensor:
        """A module's output with its images first, (N, ...); the pieces of an image next, or behind its channels.

        Args:
            output: as the module gives it.
            images: how many there are.

        Raises:
            BadInput: they cannot be told from each other.
        """
        if self.axis is None:
            if images != 1:
                raise BadInput(
                    "This layer's output does not say which part belongs to which image: take one image at a time.",
                    code="batch",
                )
            return output.unsqueeze(0)
        front = output if self.axis == 0 else output.movedim(self.axis, 0)
        if not self.pieces:
            return front
        if self.together:
            pieces = front.reshape(images, -1, *front.shape[1:])
        else:
            pieces = front.reshape(-1, images, *front.shape[1:]).movedim(1, 0)
        return pieces.movedim(1, 2) if self.channels_first else pieces

    def from_front(self, front: Tensor) -> Tensor:
        """The opposite of `to_front`."""
        if self.axis is None:
            return front.squeeze(0)
        if self.pieces:
            front = front.movedim(2, 1) if self.channels_first else front
            front = (front if self.together else front.movedim(0, 1)).flatten(0, 1)
        return front if self.axis == 0 else front.movedim(0, self.axis)


FIRST = BatchAxis()
