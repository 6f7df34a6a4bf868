"""Behavior: whether a network is the function of one image that everything here takes it for."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Behavior"]


@dataclass(frozen=True)
class Behavior:
    """Whether a network is the function of one image that everything here takes it for.

    Attributes:
        repeatable: it answers alike from the same state.
        stateful: a pass changes what the next one answers.
        joint: its answer for an image depends on the others of the batch, or it takes one image at a time.
        occasional: names of modules that ran for some of the images it was tried with, and not for others.
    """

    repeatable: bool = True
    stateful: bool = False
    joint: bool = False
    occasional: tuple[str, ...] = ()

    @property
    def is_function(self) -> bool:
        """Whether equal images give equal answers, so that results can be kept."""
        return self.repeatable and not self.stateful

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know, in sentences."""
        sentences = {
            "The network draws at random: two passes of the same image differ, and no result is stored.": not (
                self.repeatable
            ),
            "The network keeps state between passes: each image gets a fresh copy, and no result is stored.": (
                self.stateful
            ),
            "The network mixes the images of a batch, so each image gets a pass of its own.": self.joint,
            f"These layers run for some images only: {', '.join(self.occasional)}.": bool(self.occasional),
        }
        return tuple(sentence for sentence, applies in sentences.items() if applies)
