"""Whether combining features helps: the held-out scores of the combination beside those of each part."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from functools import partial

import streamlit as st

from featviz.render.charts.interval_rows import IntervalRows, interval_rows
from featviz.representation.fusion.held_out import SCORES, Score
from featviz.representation.quality import MEASURES
from featviz.ui.components.chart import chart, chart_theme
from featviz.ui.inputs.embedding import Fusion
from featviz.ui.inputs.embedding_task import EmbeddingResult, embedding_tasks
from featviz.ui.inputs.features.fusing import Scored, score_task
from featviz.ui.inputs.file_download import draw_file_download
from featviz.ui.inputs.spreadsheet import cell
from featviz.ui.state.feedback import escape_markdown
from featviz.ui.state.live import Policy, explain_refusal, live
from featviz.ui.state.tasks import cached_result

__all__ = ["draw_combination", "verdict"]

_QUICK_SECONDS = 20.0
_POLICY = Policy(ask=lambda seconds: seconds > _QUICK_SECONDS, tick=0.7)
_COMBINED = "Combined"


def draw_combination(embedding: EmbeddingResult) -> None:
    """Draw what each part counts and whether combining them helps; nothing for features that are not combined."""
    fusion = embedding.request.fusion
    if fusion is None:
        return
    st.subheader("Does combining help?", anchor=False)
    if (words := _weights_in_words(embedding, fusion)) != "":
        st.caption(words)
    *parts, _ = embedding_tasks(embedding.request)
    tasks = [score_task(embedding.request, fusion, parts, measure) for measure in SCORES]
    for task, measure in zip(tasks, SCORES, strict=True):
        live(
            task,
            partial(_say, fusion, measure),
            policy=_POLICY,
            offer=f"{MEASURES[measure].name} of the combination and each part",
            refuse=explain_refusal,
        )
    results = [cached_result(task) for task in tasks]
    scores = {
        measure: each for measure, each in zip(SCORES, results, strict=True) if isinstance(each, Scored)
    }
    if any(each.score.gain is not None for each in scores.values()):
        _draw(embedding, fusion, scores)


def verdict(score: Score, names: tuple[str, ...], measure: str) -> str:
    """Whether the combination is better than its best part, in a sentence of Markdown."""
    if score.gain is None or score.values[-1] is None or score.values[score.best] is None:
        return f"{measure}: cannot be said, {score.reason}"
    gain, low, high = (100 * each for each in score.gain)
    best = (
        f"{escape_markdown(names[score.best])} alone, the better part"
        if len(names) == 2
        else (f"{escape_markdown(names[score.best])} alone, the best part")
    )
    helps = (
        "**Combining helps**"
        if low > 0
        else "**Combining hurts**"
        if high < 0
        else "**No difference can be told**"
    )
    return (
        f"{measure}: {helps}. {score.values[-1]:.1%} against {score.values[score.best]:.1%} of {best}: "
        f"{gain:+.1f} points (95% interval {low:+.1f} to {high:+.1f})."
    )


def _say(fusion: Fusion, measure: str, scored: object) -> None:
    if isinstance(scored, Scored):
        st.markdown(verdict(scored.score, fusion.names, MEASURES[measure].name))


def _draw(embedding: EmbeddingResult, fusion: Fusion, scores: Mapping[str, Scored]) -> None:
    rows = [*fusion.names, _COMBINED]
    drawn = [
        IntervalRows(MEASURES[measure].name, each.score.values, each.score.intervals)
        for measure, each in scores.items()
        if each.score.gain is not None
    ]
    figure = interval_rows(rows, drawn, x_title="classified correctly", theme=chart_theme())
    chart(figure, alt="Held-out scores of each part and of the combination.", key="combination.scores")
    st.caption(_method_words(next(iter(scores.values()))))
    about = (*fusion.names, fusion.method, embedding.chosen.name, "held-out scores")
    draw_file_download("Scores (CSV)", lambda: _table(rows, scores), about, "csv", key="combination.csv")


def _weights_in_words(embedding: EmbeddingResult, fusion: Fusion) -> str:
    weights = embedding.weights
    if weights is None or not (fusion.weights or fusion.method == "attention"):
        return ""
    if weights.ndim == 1:
        told = ", ".join(f"{name} {weight:.2g}" for name, weight in zip(fusion.names, weights, strict=True))
        how = "Weights learned by a linear probe" if fusion.weights == "probe" else "Weights by hand"
        return escape_markdown(f"{how}: {told}.")
    shares = zip(fusion.names, weights.mean(0), weights.std(0), strict=True)
    told = ", ".join(f"{name} {mean:.0%} ± {spread:.0%}" for name, mean, spread in shares)
    return escape_markdown(
        f"Attention weights, mean and standard deviation over the images: {told}. Point at an image to read its own, "
        "or color the map by them."
    )


def _method_words(scores: Scored) -> str:
    learned = (
        f"The weights were learned from half of the images of each class and scored on the other {scores.count:,}."
        if scores.learned
        else f"{scores.count:,} images, each classified without its own label."
    )
    return f"{learned} Every part is normalised as in the combination. Lines: 95% intervals."


def _table(rows: list[str], scores: Mapping[str, Scored]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["features", "measure", "value", "low", "high", "images"])
    for measure, each in scores.items():
        for name, value, interval in zip(rows, each.score.values, each.score.intervals, strict=True):
            writer.writerow([cell(name), measure, value, *(interval or (None, None)), each.count])
    return text.getvalue().encode("utf-8-sig")
