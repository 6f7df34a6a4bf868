"""The sum is what the method promises, and the more steps the nearer."""

from dataclasses import replace

import pytest

from featviz.explain.attribution.attribute import attribute
from featviz.explain.attribution.registry import METHODS
from featviz.explain.evaluation.check import check, checking, passes
from featviz.explain.evaluation.pixel_perturbation import baseline_image
from featviz.explain.evaluation.results import Completeness
from featviz.registry import Method
from tests.explain.attribution.nets import net, picture, value
from tests.explain.evaluation.explanations import computing, explained
from tests.toys import noise


def completeness(*args: object, **options: object) -> Completeness:
    found = check(explained(*args[:4], **options), "completeness", **(args[4] if len(args) > 4 else {}))  # type: ignore[arg-type]
    assert isinstance(found, Completeness)
    return found


def test_a_linear_network_is_complete_in_one_step() -> None:
    weights = noise(3, 16, 16, seed=3)
    model = computing(lambda x: (x * weights).sum((1, 2, 3)) + 5)
    found = completeness(model, noise(1, 3, 16, 16), "integrated_gradients", 0, steps=1)
    assert found.level == "good" and found.steps == (1,) and found.gap < 1e-4


def test_the_steps_double_until_the_gap_is_small() -> None:
    model, own = net("residual"), picture(seed=9)
    limits = {"tolerance": 1e-5, "limit": 128}
    found = completeness(model, picture(), "integrated_gradients", 1, limits, steps=1, baseline=own)
    assert found.steps == (1, 2, 4, 8, 16, 32, 64, 128)[: len(found.steps)]
    assert found.gaps[0] > 0.02 > found.gaps[-1]
    assert found.gaps[0] > found.gaps[3] > found.gaps[-1]
    assert found.promised == pytest.approx(float(value(model, picture(), 1) - value(model, own, 1)), rel=1e-5)


def test_the_rise_ends_when_the_gap_is_small_enough() -> None:
    explanation = explained(net("biased"), picture(), "integrated_gradients", 1, steps=2)
    *_, last = checking(explanation, "completeness", tolerance=0.05)
    assert isinstance(last.result, Completeness)
    assert last.result.level == "good" and last.result.gaps[-1] < 0.05 <= min(
        last.result.gaps[:-1], default=1
    )
    assert last.done == last.total < passes(explanation, "completeness", tolerance=0.05)


def test_a_sum_that_is_wrong_is_called_wrong() -> None:
    explanation = explained(net("residual"), picture(), "integrated_gradients", 1, steps=64)
    made = replace(explanation.attribution, raw=explanation.attribution.raw * 1.5)
    found = check(replace(explanation, attribution=made), "completeness", limit=64)
    assert found.level == "bad" and found.figure == "50% gap"


def test_input_x_gradient_adds_up_where_there_are_no_biases_and_is_excused_where_there_are() -> None:
    weights = noise(3, 16, 16, seed=3)
    without = computing(lambda x: (x * weights).sum((1, 2, 3)).relu() + (x * weights).relu().sum((1, 2, 3)))
    assert completeness(without, noise(1, 3, 16, 16), "input_x_gradient", 0).level == "good"
    biased = completeness(net("biased"), picture(), "input_x_gradient", 1)
    assert biased.level == "doubtful" and "biases" in biased.sentence
    assert biased.promised == pytest.approx(float(value(net("biased"), picture(), 1)), rel=1e-5)


@pytest.mark.parametrize("method", ["integrated_gradients", "expected_gradients"])
def test_noise_is_averaged(method: str) -> None:
    """On a quadratic the mean over uniform noise is known: half the difference of the mean squares."""
    x = noise(1, 3, 16, 16)
    model = computing(lambda x: (x**2).sum((1, 2, 3)) / 2)
    explanation = explained(model, x, method, 0, baseline="noise", samples=32)
    found = check(explanation, "completeness")
    low, high = float(x.min()), float(x.max())
    expected = float((x**2).sum()) / 2 - x.numel() * (low**2 + low * high + high**2) / 6
    assert isinstance(found, Completeness)
    assert found.promised == pytest.approx(expected, rel=0.05)
    assert found.gap < (1e-3 if method == "integrated_gradients" else 0.5)


@pytest.mark.parametrize("baseline", ["median", "noise"])
def test_kernel_shap_adds_up_whatever_its_number_of_samples(baseline: str) -> None:
    found = completeness(net("biased"), picture(), "kernel_shap", 1, samples=80, cells=3, baseline=baseline)
    assert found.gap < 1e-3


def test_who_promises_nothing_is_not_judged() -> None:
    found = check(explained(net("biased"), picture(), "occlusion", 1, window=4, stride=4), "completeness")
    assert found.level == "unknown" and "Occlusion does not promise" in found.sentence


def test_a_baseline_that_changes_nothing_leaves_nothing_to_share() -> None:
    """Two pixels pull in opposite directions, so that the map varies and its sum is zero."""
    model, x = computing(lambda x: x[:, 0, 0, 0] - x[:, 0, 0, 1]), noise(1, 3, 16, 16).round(decimals=1)
    own = x.clone()
    own[:, 0, 0, :2] = x[:, 0, 0, 0] + 2
    x[:, 0, 0, 1] = x[:, 0, 0, 0]
    found = check(explained(model, x, "integrated_gradients", 0, baseline=own), "completeness")
    assert found.level == "unknown" and "nothing to share" in found.sentence


@pytest.mark.parametrize("method", [method for method in METHODS if method.sums_to], ids=lambda each: each.id)
def test_a_promise_compares_with_a_baseline_where_the_method_has_one(method: Method) -> None:
    assert method.sums_to is not None
    assert method.sums_to.compares == ("baseline" in method.complete({}))


def test_the_baseline_is_the_one_the_map_was_made_with() -> None:
    model, x = net("residual"), picture()
    explanation = explained(model, x, "integrated_gradients", 2, baseline="blur", steps=64)
    found = check(explanation, "completeness")
    assert isinstance(found, Completeness) and found.baseline == "blur"
    difference = value(model, x, 2) - value(model, baseline_image(explanation, "blur"), 2)
    assert found.promised == pytest.approx(float(difference), rel=1e-5)
    assert found.total == pytest.approx(
        float(attribute(model, x, "integrated_gradients", target=2, baseline="blur", steps=64).raw.sum()),
        rel=1e-5,
    )
