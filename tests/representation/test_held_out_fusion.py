"""Whether combining helps: planted answers, labels that mean nothing, and the numbers of the single measures."""

from dataclasses import replace

import numpy as np
import pytest

from featviz import Embeddings, fuse
from featviz.errors import BadInput
from featviz.progress import finished
from featviz.representation.fusion.held_out import SCORES, HeldOut, held_out_steps, score_steps
from featviz.representation.quality.features import Features
from featviz.representation.quality.prediction import knn_accuracy, linear_probe

COUNT = 400


def planted(columns: tuple[int, ...], *, seed: int = 0) -> list[Embeddings]:
    """Four classes of two bits each; each part knows one of the bits."""
    random = np.random.default_rng(seed)
    bits = random.integers(2, size=(COUNT, 2))
    labels = tuple(f"{a}{b}" for a, b in bits)
    parts = []
    for column in columns:
        vectors = random.normal(size=(COUNT, 8))
        vectors[:, 0] += 8 * bits[:, column]
        parts.append(Embeddings(vectors.astype(np.float32), tuple(map(str, range(COUNT))), labels))
    return parts


def held_out(parts: list[Embeddings], method: str, **options: object) -> HeldOut:
    return finished(held_out_steps(parts, method, normalization="none", **options))  # type: ignore[arg-type]


@pytest.mark.parametrize("measure", SCORES)
@pytest.mark.parametrize(
    ("method", "options"),
    [("concatenation", {}), ("weighted_sum", {}), ("weighted_sum", {"weights": "probe"}), ("attention", {})],
)
def test_together_beats_the_better_part_and_the_interval_says_so(
    method: str, options: dict[str, object], measure: str
) -> None:
    chosen = held_out(planted((0, 1)), method, **options)
    score = finished(score_steps(chosen, measure))
    assert score.gain is not None
    gain, low, high = score.gain
    assert low > 0.2
    assert low < gain < high
    values = [value or 0 for value in score.values]
    assert gain == pytest.approx(values[-1] - max(values[:-1]))
    assert chosen.learned == (method == "attention" or bool(options))
    assert len(chosen) == pytest.approx(COUNT / 2 if chosen.learned else COUNT, abs=2)


def test_a_part_twice_makes_no_difference() -> None:
    one = planted((0,))[0]
    score = finished(score_steps(held_out([one, one], "concatenation"), "knn_accuracy"))
    assert score.gain is not None and score.gain[0] == 0
    assert score.gain[1] < 0 < score.gain[2]


def test_labels_that_mean_nothing_are_not_told_by_learned_weights() -> None:
    parts = planted((0, 1))
    shuffled = tuple(np.random.default_rng(9).permutation([str(each) for each in parts[0].labels]).tolist())
    blind = [replace(each, labels=shuffled) for each in parts]
    for method, options in (("attention", {}), ("weighted_sum", {"weights": "probe"})):
        score = finished(score_steps(held_out(blind, method, **options), "linear_probe"))
        assert score.intervals[-1] is not None
        assert score.intervals[-1][0] < 0.25 < score.intervals[-1][1] + 0.02


def test_the_numbers_are_those_of_the_measures() -> None:
    parts = planted((0, 1))
    chosen = held_out(parts, "concatenation")
    expected = [*parts, fuse(parts, normalization="none")]
    for measure, read in (("knn_accuracy", knn_accuracy), ("linear_probe", linear_probe)):
        score = finished(score_steps(chosen, measure))
        single = [read(Features(each)) for each in expected]
        assert score.values == tuple(each.value for each in single)
        assert score.intervals == tuple(each.interval for each in single)


def test_what_cannot_be_scored_says_why() -> None:
    bare = [replace(each, labels=(None,) * COUNT) for each in planted((0, 1))]
    score = finished(score_steps(held_out(bare, "concatenation"), "knn_accuracy"))
    assert score.gain is None and "no image has a label" in score.reason
    with pytest.raises(BadInput, match="No class has two images"):
        held_out(bare, "attention")
