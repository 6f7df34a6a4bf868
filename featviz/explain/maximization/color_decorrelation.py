"""Color decorrelation: unbounded parameters become RGB in [0, 1] whose channels are correlated as in real images.

Formula: rgb = sigmoid(M z), with M M^T the covariance of an image set's colors; the pullback is M^T (g rgb (1 - rgb)).
Reference: Olah et al. 2017, doi:10.23915/distill.00007, "Preconditioning"; Lucid's `to_valid_rgb(decorrelate=True)`.
Approximated: M is measured on a few hundred images, or is ImageNet's as Lucid publishes it to two digits. The pullback
is exact. `inverse` is not at 0 and 1, which no parameters reach: it clips to [0.02, 0.98].
"""

from __future__ import annotations

import torch
from torch import Tensor

from featviz.explain.maximization.image_statistics import color_matrix
from featviz.explain.maximization.vjp import Pullback

__all__ = ["ColorDecorrelation"]

_DARKEST = 0.02


class ColorDecorrelation:
    """From parameters (N, planes, H, W) to images in [0, 1] of the same shape: a color matrix, then a sigmoid.

    Args:
        channels: color channels of an image, 3 or 1.
        statistics: the image set whose color covariance is used, or "none".
        transparent: whether one more plane holds the opacity of each pixel.
    """

    def __init__(self, channels: int, statistics: str, *, transparent: bool = False) -> None:
        self.independent = statistics == "none" or channels != 3
        self.matrix = torch.eye(channels + transparent)
        if not self.independent:
            self.matrix[:3, :3] = color_matrix(statistics)
        self.transparent = transparent

    def __call__(self, parameters: Tensor) -> tuple[Tensor, Pullback]:
        """The images (N, planes, H, W) that parameters stand for, and the pullback."""
        if self.independent:
            images = parameters.sigmoid()
            return images, lambda grad_output: grad_output * (images - images.square())
        matrix = self.matrix.to(parameters)
        images = _mix_channels(matrix, parameters).sigmoid_()
        return images, lambda grad_output: _mix_channels(matrix.T, grad_output * (images - images.square()))

    def inverse(self, images: Tensor) -> Tensor:
        """The parameters of images (N, channels, H, W) in [0, 1], clipped to [0.02, 0.98]."""
        opaque = torch.ones_like(images[:, :1])
        planes = torch.cat([images, opaque], 1) if self.transparent else images
        inside = planes.clamp(_DARKEST, 1 - _DARKEST).logit()
        # the color matrix of a set of gray images has no inverse: least squares
        return _mix_channels(torch.linalg.pinv(self.matrix, rtol=1e-4), inside)


def _mix_channels(matrix: Tensor, planes: Tensor) -> Tensor:
    """Planes (N, C, H, W) mixed by a matrix (C, C)."""
    return torch.einsum("dc,nchw->ndhw", matrix, planes)
