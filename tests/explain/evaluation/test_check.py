"""What holds for every check: its cost is known, its end is a finding, and it leaves nothing behind."""

import gc
import weakref
from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from featviz.errors import BadInput
from featviz.explain.evaluation.check import CHECKS, Explanation, check, checking, passes
from featviz.explain.evaluation.results import Finding
from featviz.explain.targets.units import Channel, Difference, Neuron, Target
from featviz.models.model import Model
from tests.explain.evaluation.explanations import explained
from tests.toys import InPlace, hooks_left, noise, seeded, state_digest, wrapped

NAMES = [each.id for each in CHECKS]
QUICK: dict[str, dict[str, object]] = {
    "completeness": {"limit": 16},
    "deletion": {"steps": 4},
    "insertion": {"steps": 4},
    "randomization": {"stages": 2, "draws": 2},
    "stability": {"samples": 2},
    "localization": {"mask": np.eye(16, dtype=bool)},
}


@pytest.fixture(scope="module")
def model() -> Model:
    return wrapped(seeded(InPlace))


def explanation(model: Model, method: str = "integrated_gradients", target: Target | int = 1) -> Explanation:
    options = {"steps": 4} if method == "integrated_gradients" else {}
    return explained(model, noise(1, 3, 16, 16), method, target, **options)


def test_all_checks_are_there() -> None:
    expected = {
        "completeness",
        "deletion",
        "insertion",
        "randomization",
        "stability",
        "shift",
        "localization",
    }
    assert set(NAMES) == expected


@pytest.mark.parametrize(
    "target", [1, Difference(0, 1), Channel("conv2", 3), Neuron("relu:0", 2, 8, 8)], ids=repr
)
@pytest.mark.parametrize("name", NAMES)
def test_every_check_ends_with_a_finding_and_costs_at_most_what_it_said(
    model: Model, name: str, target: Target | int
) -> None:
    asked, options = explanation(model, target=target), QUICK.get(name, {})
    parts = list(checking(asked, name, **options))
    done = [part.done for part in parts]
    assert done == sorted(done) and parts[-1].done == parts[-1].total <= max(
        1, passes(asked, name, **options)
    )
    found = parts[-1].result
    assert found is not None and found.level in ("good", "doubtful", "bad", "unknown") and found.sentence
    for field in fields(found):
        kept = getattr(found, field.name)
        if isinstance(kept, (float, np.ndarray)):
            assert np.isfinite(kept).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_check_leaves_the_network_and_the_generators_as_they_were(model: Model, name: str) -> None:
    before, torch_state, numpy_state = (
        state_digest(model.module),
        torch.get_rng_state(),
        np.random.get_state()[1],
    )
    check(explanation(model), name, **QUICK.get(name, {}))
    assert state_digest(model.module) == before and hooks_left(model.module) == 0
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert (np.random.get_state()[1] == numpy_state).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_check_ends_where_it_is_closed(model: Model, name: str) -> None:
    before = state_digest(model.module)
    work = checking(explanation(model), name, **QUICK.get(name, {}))
    next(work)
    held = weakref.ref(work)
    work.close()  # type: ignore[attr-defined]
    del work
    gc.collect()
    assert held() is None and state_digest(model.module) == before


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_finding(model: Model, name: str) -> None:
    first, second = (check(explanation(model), name, **QUICK.get(name, {})) for _ in range(2))
    assert (first.level, first.figure, first.sentence) == (second.level, second.figure, second.sentence)


def test_deprecated_names_of_an_explanation_still_work(model: Model) -> None:
    explained_map = explanation(model)
    with pytest.deprecated_call(match="recompute"):
        recomputed = explained_map.again(steps=5)
    np.testing.assert_array_equal(recomputed.map, explained_map.recompute(steps=5).map)
    assert recomputed.options["steps"] == 5
    with pytest.deprecated_call(match="image"):
        assert torch.equal(explained_map.picture, explained_map.image)


@pytest.mark.parametrize("name", NAMES)
def test_a_map_without_variation_is_not_judged(model: Model, name: str) -> None:
    asked = explanation(model)
    flat = replace(asked.attribution, map=np.full((16, 16), 0.1, np.float32))
    found = check(replace(asked, attribution=flat), name, **QUICK.get(name, {}))
    assert type(found) is Finding and found.level == "unknown" and "no variation" in found.sentence


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("completeness", {"limit": 0}),
        ("deletion", {"steps": 1}),
        ("deletion", {"baseline": "noise"}),
        ("insertion", {"draws": 0}),
        ("randomization", {"stages": 0}),
        ("stability", {"radius": -1.0}),
        ("shift", {"pixels": 0}),
        ("localization", {"mask": "left"}),
        ("believe", {}),
    ],
)
def test_what_a_check_does_not_take_is_refused_at_once(
    model: Model, name: str, options: dict[str, object]
) -> None:
    with pytest.raises(BadInput):
        checking(explanation(model), name, **options)
    with pytest.raises(BadInput):
        passes(explanation(model), name, **options)


class Fragile(InPlace):
    """Gives no number for a picture without a very bright place."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x) + torch.where(x.amax() > 50, 0.0, torch.nan)


def test_a_network_that_gives_no_number_for_a_changed_picture_is_not_judged() -> None:
    x = noise(1, 3, 16, 16)
    x[..., 0, 0] = 100
    found = check(explained(wrapped(seeded(Fragile)), x, "gradient", Difference(0, 1)), "deletion")
    assert found.level == "unknown" and "not finite" in found.sentence


def test_the_map_is_made_again_as_it_was(model: Model) -> None:
    asked = explanation(model)
    assert (asked.recompute().map == asked.attribution.map).all()
    assert asked.recompute(steps=9).options["steps"] == 9
    assert asked.passes() == 12 and asked.passes(steps=9) == 27
