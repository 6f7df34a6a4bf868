"""What theory and independent implementations say of each measure, and what each cannot say."""

import numpy as np
import pytest

from featviz import Embeddings, FeatvizError, similarity
from featviz.representation.similarity import MEASURES, held_out
from featviz.representation.similarity.minibatch import MinibatchCKA

ALIGNED = ["mean_cca", "cca", "svcca", "pwcca", "linear_regression", "procrustes"]


def independent(n: int, p: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return random.normal(size=(n, p)), random.normal(size=(n, p))


def value_or_reason(first: np.ndarray, second: np.ndarray, measure: str) -> float | str:
    try:
        return similarity(first, second, measure)
    except FeatvizError as refusal:
        return str(refusal)


def shared(n: int, p: int, noise: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    first = random.normal(size=(n, p))
    turned = first @ np.linalg.qr(random.normal(size=(p, p)))[0]
    return first, turned + noise * random.normal(size=(n, p))


@pytest.mark.parametrize(("n", "p"), [(32, 8), (64, 8), (128, 8), (256, 8), (64, 1024)])
def test_of_independent_features_only_the_debiased_estimate_is_0(n: int, p: int) -> None:
    """The biased one is about p / (n + p), which a medical library took for the unbiased one until 2026."""
    pairs = [independent(n, p, seed) for seed in range(20)]
    biased, debiased = (
        np.mean([similarity(*each, name) for each in pairs]) for name in ("cka", "cka_debiased")
    )
    assert biased == pytest.approx(p / (n + p), rel=0.12)
    assert abs(debiased) < 4 / (n * np.sqrt(20))


def test_theory_for_cca_and_regression_of_independent_features() -> None:
    """E ρ² = q / (n - 1) for one dimension, and so R² of a regression on p units is p / (n - 1)."""
    values = [similarity(*independent(101, 20, seed), "linear_regression") for seed in range(30)]
    assert np.mean(values) == pytest.approx(20 / 100, rel=0.05)


def test_the_gram_form_is_the_feature_form() -> None:
    first, second = shared(50, 7, 1.0)
    first, second = first + 5, second - 2
    x, y = first - first.mean(0), second - second.mean(0)
    form = np.linalg.norm(y.T @ x) ** 2 / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y))
    assert similarity(first, second, "cka") == pytest.approx(form, rel=1e-12)


def test_debiased_cka_is_the_sum_over_quadruples_of_images() -> None:
    """HSIC₁ as the U-statistic that it is, image by image."""
    first, second = independent(7, 3, 0)
    k, m = first @ first.T, second @ second.T

    def hsic(a: np.ndarray, b: np.ndarray) -> float:
        total, count = 0.0, 0
        for i in range(7):
            for j in set(range(7)) - {i}:
                for q in set(range(7)) - {i, j}:
                    for r in set(range(7)) - {i, j, q}:
                        total += a[i, j] * (b[i, j] + b[q, r] - 2 * b[i, q])
                        count += 1
        return total / count

    expected = hsic(k, m) / np.sqrt(hsic(k, k) * hsic(m, m))
    assert similarity(first, second, "cka_debiased") == pytest.approx(expected, rel=1e-10)


def test_centering_first_keeps_what_single_precision_would_lose() -> None:
    """A mean of 1e5 beside a spread of 1: uncentered Gram matrices of float32 are off by 0.1 and more there."""
    first, second = shared(64, 400, 1.0)
    shifted = [(each + 1e5).astype(np.float32) for each in (first, second)]
    for name in ("cka", "cka_debiased", "procrustes", "cca"):
        assert similarity(*shifted, name) == pytest.approx(similarity(first, second, name), abs=2e-3)


@pytest.mark.parametrize("count", [2048, 2048 + 1, 2048 + 4])
def test_minibatches_converge_to_the_whole_whatever_the_size_of_the_last(count: int) -> None:
    first, second = shared(count, 12, 1.5)
    whole = similarity(first, second, "cka_debiased")
    sums = MinibatchCKA(1, 2)
    for start in range(0, count, 64):
        rows = slice(start, start + 64)
        sums.add([first[rows]], [second[rows], 1000 * first[rows]])
    assert sums.values()[0] == pytest.approx([whole, 1], abs=0.02)
    assert sums.images == count - (1 if count == 2049 else 0)
    assert similarity(first, second, "cka_minibatch") == pytest.approx(whole, abs=0.02)
    assert similarity(first, second, "cka_minibatch", batch=10_000) == pytest.approx(whole, rel=1e-9)


def test_pwcca_by_its_definition() -> None:
    first, second = shared(80, 5, 1.0)
    x, y = first - first.mean(0), second - second.mean(0)

    def whitener(values: np.ndarray) -> np.ndarray:
        sizes, axes = np.linalg.eigh(values.T @ values)
        return axes / np.sqrt(sizes) @ axes.T

    turn, rho, _ = np.linalg.svd(whitener(x) @ x.T @ y @ whitener(y))
    weights = np.abs((x @ whitener(x) @ turn).T @ x).sum(1)
    assert similarity(first, second, "pwcca") == pytest.approx(
        (weights * rho).sum() / weights.sum(), rel=1e-10
    )


def test_orthogonal_procrustes_is_the_residual_of_scipys_rotation() -> None:
    from scipy.linalg import orthogonal_procrustes

    first, second = shared(40, 6, 0.7)
    x, y = first - first.mean(0), second - second.mean(0)
    turn, _ = orthogonal_procrustes(x, y)
    residual = float(np.linalg.norm(x @ turn - y))
    assert similarity(first, second, "procrustes_orthogonal", normalize=False) == pytest.approx(
        residual, rel=1e-9
    )


def test_the_true_metrics_obey_the_triangle_inequality() -> None:
    random = np.random.default_rng(0)
    sets = [random.normal(size=(30, p)) + 3 * random.normal(size=(30, 1)) for p in (2, 5, 9, 40)]
    for name in ("procrustes_angular", "procrustes_orthogonal"):
        d = np.array([[similarity(a, b, name) for b in sets] for a in sets])
        assert (d[:, :, None] + d[None] >= d[:, None, :] - 1e-7).all()


def test_information_imbalance_tells_which_of_two_knows_the_other() -> None:
    """A plane knows its first axis; the axis does not know the plane."""
    plane = np.random.default_rng(0).uniform(size=(400, 2))
    axis = plane[:, :1]
    assert similarity(plane, axis, "information_imbalance") < 0.1
    assert similarity(axis, plane, "information_imbalance") > 0.3
    ends = [similarity(*independent(400, 2, seed), "information_imbalance") for seed in range(5)]
    assert np.mean(ends) == pytest.approx(1, abs=0.05)


def test_ties_do_not_follow_the_order_of_the_images() -> None:
    """Half of the images have the same vector in a: nothing is known among them, whatever the order they come in."""
    random = np.random.default_rng(0)
    first = random.normal(size=(200, 3))
    first[100:] = 10
    second = random.permutation(200)[:, None]
    order = random.permutation(200)
    value = similarity(first, second, "information_imbalance")
    assert similarity(first[order], second[order], "information_imbalance") == pytest.approx(value, abs=1e-12)
    assert value == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("measure", ALIGNED)
def test_the_held_out_score_tells_an_alignment_from_a_fit_to_noise(measure: str) -> None:
    same, noise = shared(300, 20, 0.1), independent(300, 100, 1)
    assert held_out(*same, measure) > 0.9
    assert similarity(*noise, measure) > 0.3
    assert abs(held_out(*noise, measure)) < 0.15 or measure == "linear_regression"
    assert held_out(*noise, "linear_regression") < 0


def test_held_out_least_squares_is_scikit_learns() -> None:
    from sklearn.linear_model import LinearRegression
    from sklearn.metrics import r2_score

    first, second = shared(120, 9, 1.0)
    order = np.random.default_rng(0).permutation(120)
    expected = [
        r2_score(
            second[j],
            LinearRegression().fit(first[i], second[i]).predict(first[j]),
            multioutput="variance_weighted",
        )
        for i, j in ((order[::2], order[1::2]), (order[1::2], order[::2]))
    ]
    assert held_out(first, second, "linear_regression") == pytest.approx(np.mean(expected), rel=1e-9)


def test_a_measure_that_fits_nothing_has_no_held_out_score() -> None:
    with pytest.raises(FeatvizError, match="fits no alignment"):
        held_out(*shared(30, 4, 1.0), "cka")


@pytest.mark.parametrize("measure", [each.id for each in MEASURES])
@pytest.mark.parametrize(
    "features",
    [
        np.full((40, 5), 3.0),
        np.zeros((40, 5)),
        np.full((40, 5), 0.1, np.float16),
        np.full((40, 5), 1e300),
        np.where(np.arange(200).reshape(40, 5) == 7, np.nan, 1.0),
    ],
    ids=["constant", "zero", "half", "huge", "nan"],
)
def test_features_that_say_nothing_are_refused_with_the_reason(measure: str, features: np.ndarray) -> None:
    good = np.random.default_rng(0).normal(size=(40, 5))
    for pair in ((features, good), (good, features)):
        with pytest.raises(FeatvizError, match="Undefined, because"):
            similarity(*pair, measure)


@pytest.mark.parametrize("measure", [each.id for each in MEASURES])
@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5])
def test_few_images_give_a_number_or_the_reason_for_none(measure: str, n: int) -> None:
    told = value_or_reason(*independent(n, 3, 0), measure)
    assert told.startswith("Undefined, because") if isinstance(told, str) else n >= 2 and np.isfinite(told)


@pytest.mark.parametrize("measure", [each.id for each in MEASURES])
def test_scale_and_precision_of_the_numbers_change_nothing(measure: str) -> None:
    first, second = shared(40, 5, 1.0)
    half = [each.astype(np.float16) for each in (first, second)]
    exact = [each.astype(np.float64) for each in half]
    expected = similarity(*exact, measure)
    assert similarity(*half, measure) == pytest.approx(expected, abs=1e-9)
    assert similarity(exact[0] * 1e-200, exact[1] * 1e150, measure) == pytest.approx(expected, abs=1e-9)


def test_features_in_another_unit_than_distances_may_be_too_large() -> None:
    first, second = shared(40, 5, 1.0)
    with pytest.raises(FeatvizError, match="too large"):
        similarity(first * 1e200, second, "procrustes_orthogonal", normalize=False)


def test_repeated_images_and_dead_units_are_no_trouble() -> None:
    first, second = shared(40, 5, 1.0)
    first = np.hstack([np.repeat(first[:20], 2, 0), np.zeros((40, 3)), np.ones((40, 1))])
    for measure in MEASURES:
        assert np.isfinite(similarity(np.maximum(first, 0), second, measure.id)), measure.id


def test_embeddings_are_compared_by_their_common_images() -> None:
    first, second = shared(40, 5, 1.0)
    ids = tuple(map(str, range(40)))
    order = np.random.default_rng(0).permutation(40)[:30]
    a = Embeddings(first.astype(np.float32), ids)
    b = Embeddings(second[order].astype(np.float32), tuple(ids[i] for i in order))
    kept = np.sort(order)
    assert similarity(a, b) == pytest.approx(similarity(first[kept], second[kept]), abs=1e-6)
    with pytest.raises(FeatvizError, match="no image in common"):
        similarity(a, Embeddings(second.astype(np.float32), tuple(f"x{each}" for each in ids)))
    with pytest.raises(FeatvizError, match="the same images"):
        similarity(first, second[:30])
    with pytest.raises(FeatvizError, match="array"):
        similarity(first, "no features")
    with pytest.raises(FeatvizError, match="no option"):
        similarity(first, second, "cka", k=3)
    with pytest.raises(FeatvizError, match="No similarity measure"):
        similarity(first, second, "likeness")
