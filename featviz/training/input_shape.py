"""The shape of what a network to train takes."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["InputShape"]


@dataclass(frozen=True)
class InputShape:
    """The shape of one image.

    Attributes:
        channels: 3 for RGB.
        size: height and width in pixels.
    """

    channels: int
    size: int

    @property
    def values(self) -> int:
        """Numbers in one image."""
        return self.channels * self.size**2
