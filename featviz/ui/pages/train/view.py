"""What the page Train shows: the images before training, the run while it learns, and its network afterwards."""

from __future__ import annotations

import math

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from featviz.render.charts.bars import Values
from featviz.render.charts.training_curves import epoch_curves, gradient_bars, loss_curves
from featviz.render.mosaic import mosaic
from featviz.training.augmented_batch import augmented_batch
from featviz.training.data import TrainingData
from featviz.training.health import Diagnosis, diagnose
from featviz.training.run import TrainingRun
from featviz.training.settings import Augmentation
from featviz.ui.components.chart import chart, chart_theme
from featviz.ui.inputs.file_download import draw_file_download
from featviz.ui.pages.train.controls import TrainRequest
from featviz.ui.pages.train.tasks import Prepared
from featviz.ui.state.feedback import escape_markdown

__all__ = ["draw_cost", "draw_data", "draw_run"]

_BATCH = 24
_ICONS = {True: ":orange[:material/warning:]", False: ":green[:material/check:]"}
_METRICS = {
    "accuracy": "Training",
    "held_out_accuracy": "Held out",
    "neighbor_accuracy": "Nearest neighbors, held out",
}
_OTHERS = {"alignment": "Alignment", "uniformity": "Uniformity"}


def draw_data(request: TrainRequest, data: TrainingData) -> None:
    """Draw what will be learned from: how many images of each class, a batch, and what was left out."""
    size = data.inputs.size
    words = f"{len(data.training):,} training and {len(data.held_out):,} held-out images of {size} × {size} pixels"
    classes = f", {len(data.classes)} classes" if data.classes else ", no labels"
    with st.expander(f"The data: {words}{classes}", icon=":material/dataset:"):
        left, right = st.columns([3, 2], gap="medium")
        with left:
            augmentation: Augmentation = request.options.get("augmentation", "none")
            shown = augmented_batch(data, _BATCH, augmentation, request.seed)
            st.image(mosaic(shown, columns=8), width="stretch", output_format="PNG")
            st.caption(
                "A batch as the network sees it before normalization"
                + (f", augmented ({augmentation.replace('_', ' ')})." if augmentation != "none" else ".")
            )
        with right:
            if data.classes:
                counts = [
                    {"Class": name, "Training": first, "Held out": second}
                    for name, (first, second) in data.counts.items()
                ]
                st.dataframe(counts, hide_index=True, height=260)
            else:
                st.caption("The images have no labels: methods that need none can learn from them.")
        if data.left_out:
            st.caption(f"{len(data.left_out):,} images were left out; the first: {data.left_out[0].reason}")


def draw_cost(cost: Prepared) -> None:
    """Say how large the network is, before it is trained."""
    share = "" if cost.learning == cost.parameters else f", of which {cost.learning:,} learn"
    st.caption(f"The network has {cost.parameters:,} parameters{share}.")


def draw_run(run: TrainingRun) -> None:
    """Draw a run as far as it is."""
    _draw_diagnoses(run)
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader("Loss", anchor=False)
        _draw_loss(run)
    with right:
        _draw_metrics(run)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.subheader("Gradient of each layer", anchor=False, help=_GRADIENT_HELP)
        _draw_gradients(run)
    with right:
        _draw_numbers(run)


_GRADIENT_HELP = (
    "The Euclidean norm of the loss's gradient for the parameters of a layer, divided by the norm of these parameters: "
    "the median of the last ten steps. Bars that shrink by powers of ten toward the first layer are vanishing "
    "gradients."
)


def _draw_diagnoses(run: TrainingRun) -> None:
    said: tuple[Diagnosis, ...] = diagnose(run)
    for each in said:
        st.markdown(f"{_ICONS[each.is_problem]} {escape_markdown(each.sentence)}")
    if not said:
        st.caption("The first steps are being taken.")


def _draw_loss(run: TrainingRun) -> None:
    steps, epochs = list(run.steps), [each for each in run.epochs if "held_out_loss" in each.metrics]
    figure = loss_curves(
        np.array([step.epoch for step in steps]),
        np.array([step.loss for step in steps]),
        np.array([epoch.number for epoch in epochs]),
        np.array([epoch.metrics["held_out_loss"] for epoch in epochs]),
        theme=chart_theme(),
    )
    chart(figure, alt="The loss of training and held-out images over the epochs.", key="train.loss")


def _draw_metrics(run: TrainingRun) -> None:
    shares = _curves(run, _METRICS)
    others = _curves(run, _OTHERS)
    st.subheader("Accuracy" if shares else "Measures", anchor=False)
    numbers = np.array([epoch.number for epoch in run.epochs])
    if shares:
        figure = epoch_curves(numbers, shares, y_title="Accuracy", share=True, theme=chart_theme())
        chart(figure, alt="Accuracy over the epochs.", key="train.accuracy")
    if others:
        figure = epoch_curves(numbers, others, y_title="Value", theme=chart_theme())
        chart(figure, alt="Alignment and uniformity over the epochs.", key="train.others")
    if not shares and not others:
        st.caption("Nothing is classified: the held-out loss says how well images are rebuilt.")


def _curves(run: TrainingRun, names: dict[str, str]) -> dict[str, Values]:
    epochs = list(run.epochs)
    return {
        label: np.array([epoch.metrics.get(name, math.nan) for epoch in epochs])
        for name, label in names.items()
        if any(name in epoch.metrics for epoch in epochs)
    }


def _draw_gradients(run: TrainingRun) -> None:
    last = run.steps[-10:]
    if not last:
        return
    gradients = np.median([step.gradient_norms for step in last], axis=0)
    weights = np.array(last[-1].weight_norms)
    ratio: NDArray[np.float64] = np.divide(
        gradients, weights, out=np.zeros_like(gradients), where=weights > 0
    )
    figure = gradient_bars(run.layers, ratio, theme=chart_theme())
    chart(figure, alt="The gradient norm of each layer relative to its weights.", key="train.gradients")


def _draw_numbers(run: TrainingRun) -> None:
    learning, parameters = run.parameter_counts
    st.subheader("This run", anchor=False)
    last = run.epochs[-1]
    metrics = " · ".join(
        f"{name.replace('_', ' ')} {value:.3g}"
        for name, value in last.metrics.items()
        if math.isfinite(value)
    )
    st.markdown(
        f"{learning:,} of {parameters:,} parameters learn.  \n"
        f"Epoch {last.number} of {run.spec.epochs}, {len(run.steps):,} steps, {last.seconds:.0f} s.  \n"
        f"{metrics}"
    )
    if run.steps:
        st.caption(f"Learning rate now {run.steps[-1].rate:.2g}.")
    draw_file_download(
        "Curves (CSV)",
        lambda: _table(run),
        ("training", run.spec.network, run.spec.method),
        "csv",
        key="train.csv",
    )


def _table(run: TrainingRun) -> bytes:
    lines = ["step,epoch,loss,accuracy,rate"]
    lines += [f"{s.number},{s.epoch:.4f},{s.loss:.6g},{s.accuracy:.4f},{s.rate:.4g}" for s in run.steps]
    return "\n".join(lines).encode()
