"""The choice to paint a class for a network and an early stage of its training at once."""

from __future__ import annotations

from collections.abc import Callable

from featviz.models.cards import training_moment
from featviz.models.model import Model
from featviz.ui.inputs.controls import segments
from featviz.ui.pages.maximization.objective_text import ObjectiveSpec
from featviz.ui.pages.maximization.request import Early
from featviz.ui.pages.maximization.view_state import VIEW
from featviz.ui.state.models import load, load_together

__all__ = ["choose_early", "early_stage"]

_HELP = """The image is painted for this network and for an early stage of its training ({stage}) at once, by the mean
of their log-probabilities: what persuades both relies less on the quirks of either (Liu et al. 2017; Gubri et al.
2023).

Measured on the 80 classes of shapes-resnet: a network trained from another seed recognised 79% of the images for
both, and 45% of those for the trained network alone. All were pulled towards typical images, which this page does
not do; those for both also had to survive *Lucid, mirrored and recoloured* for most of their steps, which was chosen
with that network's answers in view. A transformer recognised 6% and 5%."""


def choose_early(model: Model, spec: ObjectiveSpec, then: Callable[[], None]) -> Early | None:
    """Draw the choice where there is one; None paints for the network alone.

    Args:
        model: the network.
        spec: what is driven.
        then: called after a visitor has chosen something else.
    """
    stage = early_stage(model, spec)
    if stage is None:
        return None
    chosen = segments(
        "Ensemble",
        ["", stage],
        key=VIEW["early"],
        default="",
        name=lambda name: f"With the network {training_moment(name)}" if name else "None",
        on_change=then,
        help=_HELP.format(stage=training_moment(stage)),
    )
    return (
        Early(stage, load_together((model, load(model.name, stage, str(model.device))))) if chosen else None
    )


def early_stage(model: Model, spec: ObjectiveSpec) -> str | None:
    """The last stage before the end of a bundled network's training; None where it cannot help to paint.

    It takes a trained network, and a class: a layer of the one stage is none of the other's.
    """
    stages = model.card.stages
    trained = len(stages) > 2 and model.weights == stages[-1]
    return stages[-2] if trained and spec.layer is None else None
