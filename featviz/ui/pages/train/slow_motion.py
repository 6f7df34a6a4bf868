"""One step of gradient descent in slow motion: an image, one weight, its gradient by hand and by autograd."""

from __future__ import annotations

import streamlit as st

from featviz.render.normalization import format_number
from featviz.training.one_step import OneStep, step_of_epoch
from featviz.training.run import TrainingRun
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.feedback import escape_markdown, show_errors

__all__ = ["draw_slow_motion"]

_RATE = 0.1
_IMAGE = 0
_SIDE = 128


def draw_slow_motion(run: TrainingRun) -> None:
    """Draw what one step changes, for the network before training and the first held-out image."""
    if not run.task.classes:
        return
    with st.expander("One step in slow motion", icon=":material/slow_motion_video:"), show_errors():
        step = _step(run)
        position = int(run.data.held_out[_IMAGE])
        label = run.task.classes[int(run.data.labels[position])]
        left, right = st.columns([1, 4], gap="medium")
        with left:
            image = run.data.images[position].permute(1, 2, 0).contiguous().numpy()
            st.image(image, width=_SIDE, output_format="PNG", caption=label)
        with right:
            st.markdown(_told(step, label))
            st.dataframe(_rows(step), hide_index=True, width="content")


def _step(run: TrainingRun) -> OneStep:
    key = ("one step", run.spec.key, run.data.digest)
    return FEATURES.compute(key, lambda: step_of_epoch(run.epochs[0], _IMAGE, rate=_RATE), lambda _: 4096)


def _told(step: OneStep, label: str) -> str:
    return (
        f"The network before training sees this image, whose class is **{escape_markdown(label)}**. Take one weight "
        f"$w$ of {escape_markdown(step.layer)}: it leads from feature {step.feature}, whose activation is "
        f"$a={step.activation:.3f}$, to the logit of that class. The probability it gives to the class is "
        f"$p={step.probability:.3f}$, and it should be 1. By the chain rule through softmax and cross entropy the "
        f"gradient of the loss is $(p - 1)\\,a={step.by_hand:.4f}$, and the weight moves against it, times the "
        f"learning rate $\\eta={_RATE:g}$. Then all weights of the network take their step."
    )


def _rows(step: OneStep) -> list[dict[str, str]]:
    values = {
        "Loss before": step.loss,
        "Gradient by hand, (p - y) a": step.by_hand,
        "Gradient by autograd": step.by_autograd,
        "Gradient by a small difference": step.by_difference,
        "Weight before": step.weight,
        "Weight after": step.updated,
        "Loss after this weight's step": step.loss_after_weight,
        "Loss after the step of all weights": step.loss_after,
    }
    return [{"": name, "Value": format_number(value)} for name, value in values.items()]
