"""What the page Transfer compares: an example that comes along, or the chosen network on the chosen images."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from featviz.analysis.bundled_transfer import TRANSFERS
from featviz.models.model import Model
from featviz.training.data import Labels
from featviz.ui.inputs.controls import segments
from featviz.ui.pages.transfer.view_state import LABELS, OWN, VIEW
from featviz.ui.state.image_sets import ChosenSet

__all__ = ["TransferRequest", "choose_example", "choose_transfer"]


@dataclass(frozen=True)
class TransferRequest:
    """What is to be measured.

    Attributes:
        model: the network that is started from.
        chosen: the image set.
        labels: what is learned.
        steps: of the optimizer, for each approach.
        seeds: how many.
    """

    model: Model
    chosen: ChosenSet
    labels: Labels
    steps: int
    seeds: int

    @property
    def key(self) -> tuple[object, ...]:
        """Everything that the result follows from."""
        content = self.chosen.content or self.chosen.id
        return (self.model.fingerprint, str(self.model.device), content, self.labels, self.steps, self.seeds)


def choose_example() -> str:
    """Draw the choice between examples and a measurement of one's own, and give its id."""
    names = {name: each.title for name, each in TRANSFERS.items()} | {OWN: "Your network and images"}
    return segments(
        "Transfer to",
        list(names),
        key=VIEW["transfer_of"],
        name=names.__getitem__,
        help="Two examples were measured before, with shapes-resnet, which comes along; or measure the network and the "
        "image set of the sidebar.",
    )


def choose_transfer(model: Model, chosen: ChosenSet) -> TransferRequest:
    """Draw the settings of a measurement of one's own."""
    factors = chosen.images is not None and chosen.images.factors is not None
    names: list[Labels] = ["shape", "texture", "label"] if factors else ["label"]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        labels = segments(
            "Labels", names, key=VIEW["transfer_labels"], default=names[0], name=LABELS.__getitem__
        )
        steps = segments(
            "Steps",
            ("20", "40", "80", "160"),
            key=VIEW["transfer_steps"],
            help="Of the optimizer, for each approach and each number of labels.",
        )
        seeds = segments(
            "Seeds",
            ("2", "3", "5"),
            key=VIEW["transfer_seeds"],
            help="Each draws other images to learn from; the intervals follow from how far the results differ.",
        )
    known: dict[str, Labels] = {"label": "label", "shape": "shape", "texture": "texture"}
    return TransferRequest(model, chosen, known[labels], int(steps), int(seeds))
