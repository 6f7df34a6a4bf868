"""The filters of a convolution, and those of a convolution of a second network beside them."""

from __future__ import annotations

from dataclasses import dataclass

from featviz.explain.features.filters import Filters
from featviz.models.cards import training_moment
from featviz.models.model import Model
from featviz.ui.inputs.controls import whole_number
from featviz.ui.inputs.second_network import described
from featviz.ui.pages.filters.view_state import VIEW
from featviz.ui.state.current_unit import announce_unit

__all__ = ["ComparedFilters"]


@dataclass(frozen=True, eq=False)
class ComparedFilters:
    """What stands beside each other; there may be one network alone.

    Attributes:
        models: the network, and the second one.
        filters: of a convolution of each.
        corresponding: whether equal numbers mean the same filter of one architecture.
    """

    models: tuple[Model, ...]
    filters: tuple[Filters, ...]
    corresponding: bool

    @property
    def names(self) -> tuple[str, ...]:
        """What stands above each: its weights, and the network where another one stands beside it."""
        if self.corresponding and len({each.name for each in self.models}) == 1:
            return tuple(f"Weights: {training_moment(each.weights)}" for each in self.models)
        return tuple(
            f"{described(model)} · {filters.layer}"
            for model, filters in zip(self.models, self.filters, strict=True)
        )

    def chosen(self) -> tuple[int, ...]:
        """The filter of each that is looked at: the same one, or the second's own; at first the strongest."""
        first, *others = self.filters
        own = whole_number(VIEW["filter"], 0, len(first.kernels) - 1, int(first.norms.argmax()))
        if self.corresponding:
            return (own,) * len(self.filters)
        entry = VIEW["second_filter"]
        return (
            own,
            *(whole_number(entry, 0, len(each.kernels) - 1, int(each.norms.argmax())) for each in others),
        )

    def choose(self, side: int, number: int) -> None:
        """Look at a filter of the network of that number."""
        if side and not self.corresponding:
            VIEW["second_filter"].keep(number)
            return
        VIEW["filter"].keep(number)
        announce_unit(VIEW.name)
