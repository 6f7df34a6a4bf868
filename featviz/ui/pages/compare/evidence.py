"""The evidence of a pair of layers with the images it is about, and which of them is looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featviz.data.sets.image_set import ImageSet
from featviz.representation.comparison import CellEvidence
from featviz.ui.app.thumbnail_route import thumbnail_address
from featviz.ui.components.gallery.gallery import Tile
from featviz.ui.pages.compare.view_state import VIEW
from featviz.ui.state.image_sets import ChosenSet

__all__ = ["PairEvidence", "keep_image", "rows_of", "shown_image", "tile"]


@dataclass(frozen=True, eq=False)
class PairEvidence:
    """What stands behind the similarity of two layers.

    Attributes:
        found: the evidence, which means images by their position among those that both layers have.
        rows: (n,) where each of these lies in the set that is compared.
        labels: (n,) the label of each, None where there is none.
        untrained: the similarity with the same layer of the second network with random weights; None where it is not
            asked for, or not computed yet.
    """

    found: CellEvidence
    rows: NDArray[np.int64]
    labels: tuple[str | None, ...]
    untrained: float | None = None

    def name(self, position: int) -> str:
        """What an image is called: its label, or else its id."""
        return self.labels[position] or self.found.ids[position]


def rows_of(ids: tuple[str, ...], images: ImageSet) -> NDArray[np.int64]:
    """Where images lie in their set."""
    if len(ids) == len(images):
        return np.arange(len(images))
    entries = images.entries or tuple((sample.id, sample.label) for sample in images)
    positions = {name: position for position, (name, _label) in enumerate(entries)}
    return np.array([positions[name] for name in ids], np.int64)


def shown_image(evidence: PairEvidence) -> int:
    """The position of the image that is looked at: the one chosen, or else the one whose neighbors differ most."""
    text = VIEW["compared_image"].text
    known = text.isdecimal() and len(text) < 10
    rows = np.flatnonzero(evidence.rows == int(text)).tolist() if known else []
    return int(rows[0]) if rows else int(evidence.found.neighborhoods.order[0])


def keep_image(evidence: PairEvidence, position: int) -> None:
    """Look at an image."""
    VIEW["compared_image"].keep(str(int(evidence.rows[position])))


def tile(evidence: PairEvidence, chosen: ChosenSet, position: int, note: str, **marked: object) -> Tile:
    """An image of a gallery; `marked` as `Tile` takes it."""
    address = thumbnail_address(chosen)
    return Tile(
        number=int(position),
        address=f"{address}{evidence.rows[position]}" if address else "",
        title=evidence.name(position),
        note=note,
        **marked,  # type: ignore[arg-type]
    )
