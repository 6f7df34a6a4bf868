"""One call for all methods: refusals in a sentence, nothing left behind, the same from any thread."""

import io
import json
import threading
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from featviz.errors import BadInput, LayerNotFound
from featviz.explain.attribution.activation_gradients import default_layer
from featviz.explain.attribution.attribute import METHODS, Attribution, attribute, steps
from featviz.explain.targets.units import Channel, Difference, Logit, Neuron
from featviz.models.model import Model
from tests.explain.attribution.nets import Biased, Residual, Transformer
from tests.toys import InPlace, hooks_left, noise, seeded, state_digest, wrapped

ATTENTION = ("rollout", "attention_relevance")
IDS = [method.id for method in METHODS if method.id not in ATTENTION]
QUICK = {
    "rise": {"masks": 40},
    "expected_gradients": {"samples": 20},
    "occlusion": {"window": 4, "stride": 4},
    "gradient_shap": {"samples": 20},
    "lime": {"samples": 40, "cells": 4},
    "kernel_shap": {"samples": 40, "cells": 4},
}
SLOW = ["smoothgrad", "integrated_gradients", "expected_gradients", "score_cam", "occlusion", "rise"]


@pytest.fixture
def model() -> Model:
    return wrapped(seeded(Biased))


@pytest.fixture
def x() -> Tensor:
    return noise(1, 3, 16, 16)


@pytest.mark.parametrize("method", IDS)
def test_the_result_says_how_it_was_made(model: Model, x: Tensor, method: str) -> None:
    found = attribute(model, x, method, target=2, **QUICK.get(method, {}))
    assert found.map.shape == (16, 16) and found.map.dtype == found.raw.dtype == np.float32
    assert not found.map.flags.writeable and not found.raw.flags.writeable
    assert found.varies and np.isfinite(found.map).all()
    assert (found.model, found.fingerprint) == (model.name, model.fingerprint)
    assert (found.method, found.target) == (method, Logit(2))
    taken = {"layer": default_layer(model, x, Logit(2))} if "layer" in found.options else {}
    assert found.options == {**METHODS[method].complete(QUICK.get(method, {})), **taken}
    assert found.seed == found.options.get("seed")
    again = attribute(model, x, method, target=2, **QUICK.get(method, {}))
    np.testing.assert_array_equal(again.raw, found.raw)


def test_it_is_saved_without_pickle(model: Model, x: Tensor) -> None:
    found = attribute(model, x, target=Neuron("conv1", 1, 2, 3), steps=2, baseline=torch.zeros_like(x))
    with np.load(io.BytesIO(found.to_npz()), allow_pickle=False) as saved:
        np.testing.assert_array_equal(saved["map"], found.map)
        np.testing.assert_array_equal(saved["raw"], found.raw)
        assert str(saved["fingerprint"]) == model.fingerprint
        target, options = json.loads(str(saved["target"])), json.loads(str(saved["options"]))
    assert target == {"kind": "Neuron", "layer": "conv1", "channel": 1, "y": 2, "x": 3}
    assert options["steps"] == 2 and "sha256" in options["baseline"]
    read = Attribution.from_npz(found.to_npz())
    np.testing.assert_array_equal(read.map, found.map)
    assert (read.target, read.options, read.seed) == (found.target, found.options, found.seed)
    assert (read.model, read.fingerprint, read.method) == (found.model, found.fingerprint, found.method)
    buffer = io.BytesIO()
    np.savez(buffer, map=found.map)
    with pytest.raises(BadInput, match="no attribution"):
        Attribution.from_npz(buffer.getvalue())


def test_without_a_target_it_is_the_class_named_first(model: Model, x: Tensor) -> None:
    assert attribute(model, x, "gradient").target == Logit(model.predict(x, 1)[0][0].index)


def test_float64_pictures_are_taken_in_the_networks_precision(model: Model, x: Tensor) -> None:
    one, two = (attribute(model, each, "gradient", target=0).raw for each in (x, x.double()))
    np.testing.assert_array_equal(one, two)


WRONG_TARGETS = [
    (-1, "0 to 4; -1 came"),
    (5, "0 to 4; 5 came"),
    (True, "0 to 4; True came"),
    (Logit(1.0), "0 to 4; 1.0 came"),  # type: ignore[arg-type]
    (0.5, "0.5 came"),
    ("zebra", "no class named 'zebra'"),
    (Difference(0, -2), "0 to 4; -2 came"),
    (Channel("conv1", 6), "0 to 5; 6 came"),
    (Channel("conv1", -1), "0 to 5; -1 came"),
    (Neuron("conv1", 0, 16, 0), "row is 0 to 15; 16 came"),
    (Neuron("conv1", 0, 0, -1), "column is 0 to 15; -1 came"),
]


@pytest.mark.parametrize(("target", "says"), WRONG_TARGETS, ids=str)
def test_wrong_targets_are_refused(model: Model, x: Tensor, target: object, says: str) -> None:
    before = state_digest(model.module)
    with pytest.raises(BadInput, match=says):
        attribute(model, x, "gradient", target=target)  # type: ignore[arg-type]
    assert state_digest(model.module) == before


@pytest.mark.parametrize("layer", ["conv9", "conv1:1", ""])
def test_a_target_in_no_layer_is_refused(model: Model, x: Tensor, layer: str) -> None:
    with pytest.raises(LayerNotFound):
        attribute(model, x, "gradient", target=Channel(layer, 0))


@pytest.mark.parametrize(
    ("method", "options", "says"),
    [
        ("integrated_gradients", {"steps": 0}, "from 1 to 1000; 0 came"),
        ("integrated_gradients", {"baseline": "white"}, "'black'"),
        ("integrated_gradients", {"baseline": torch.zeros(1, 3, 8, 8)}, "image's shape"),
        ("integrated_gradients", {"baseline": torch.full((3, 16, 16), torch.nan)}, "not finite"),
        ("smoothgrad", {"samples": 0}, "from 1 to 128; 0 came"),
        ("smoothgrad", {"noise": float("nan")}, "noise takes"),
        ("occlusion", {"window": 4, "stride": 0}, "from 1 to 512; 0 came"),
        ("occlusion", {"window": 4, "stride": 5}, "never covered"),
        ("occlusion", {"window": 17}, "take a smaller one"),
        ("rise", {"masks": 0}, "from 2 to 8000; 0 came"),
        ("gradient", {"steps": 3}, "takes no options"),
        (
            "grad_cam",
            {"layer": "head"},
            "no positions to draw. relu2 works|no positions to draw. conv2 works",
        ),
        ("magic", {}, "No attribution method is called 'magic'"),
    ],
)
def test_wrong_options_are_refused(
    model: Model, x: Tensor, method: str, options: dict[str, object], says: str
) -> None:
    with pytest.raises(BadInput, match=says):
        attribute(model, x, method, target=0, **options)


@pytest.mark.parametrize(
    "picture",
    [
        torch.full((1, 3, 16, 16), torch.nan),
        torch.full((1, 3, 16, 16), torch.inf),
        torch.zeros(2, 3, 16, 16),
        torch.zeros(3, 16, 16),
        torch.zeros(0, 3, 16, 16),
        torch.zeros(1, 3, 2, 2),
        torch.zeros(1, 1, 16, 16),
        None,
    ],
    ids=["nan", "inf", "two", "no batch", "none", "tiny", "gray", "nothing"],
)
def test_what_is_not_one_picture_is_refused(model: Model, picture: object) -> None:
    with pytest.raises(BadInput):
        attribute(model, picture, "gradient", target=0)  # type: ignore[arg-type]


def test_a_layer_behind_which_only_the_class_token_counts_is_refused(x: Tensor) -> None:
    model = wrapped(seeded(Transformer))
    with pytest.raises(BadInput, match=r"No position of down reaches the target.*norm1 works"):
        attribute(model, x, "grad_cam", target=0, layer="down")
    np.testing.assert_array_equal(
        attribute(model, x, "grad_cam", target=0).raw,
        attribute(model, x, "grad_cam", target=0, layer="norm1").raw,
    )


def test_a_layer_after_the_target_is_refused(x: Tensor) -> None:
    model = wrapped(seeded(Residual))
    with pytest.raises(BadInput, match=r"No position of relu2 reaches the target.*relu1 works|.*bn1 works"):
        attribute(model, x, "grad_cam", target=Channel("relu1", 0), layer="relu2")


def test_a_network_without_relu_has_nothing_to_guide(x: Tensor) -> None:
    model = wrapped(nn.Sequential(nn.Conv2d(3, 4, 3), nn.GELU(), nn.Flatten(), nn.Linear(4 * 14 * 14, 3)))
    with pytest.raises(BadInput, match="no ReLU"):
        attribute(model, x, "guided_backprop", target=0)


class Functional(nn.Module):
    """ReLU as a function, in place or not."""

    def __init__(self, relu: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 6, 3), nn.Conv2d(6, 4, 3)
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        return self.conv2(self.relu(self.conv1(x))).mean((2, 3))


@pytest.mark.parametrize(
    "relu",
    [torch.relu, torch.relu_, nn.functional.relu, lambda x: nn.functional.relu(x, inplace=True), Tensor.relu],
)
def test_functional_relus_are_guided_like_modules(x: Tensor, relu: Callable[[Tensor], Tensor]) -> None:
    functional, module = (
        wrapped(seeded(lambda chosen=chosen: Functional(chosen))) for chosen in (relu, nn.ReLU())
    )
    one, two, plain = (
        attribute(model, x, method, target=1).raw
        for model, method in (
            (functional, "guided_backprop"),
            (module, "guided_backprop"),
            (functional, "gradient"),
        )
    )
    np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-9)
    assert np.abs(one - plain).max() > 0.01 * np.abs(plain).max()


@pytest.mark.parametrize("method", SLOW)
def test_slow_methods_show_how_far_they_are(model: Model, x: Tensor, method: str) -> None:
    options = {"smoothgrad": {"samples": 40}, "occlusion": {"window": 2, "stride": 2}}.get(
        method, QUICK.get(method, {})
    )
    seen = list(steps(model, x, method, target=1, **options))
    done = [step.done for step in seen]
    assert done == sorted(set(done)) and done[-1] == seen[-1].total == seen[0].total
    assert len(seen) > 1 or method == "score_cam"
    np.testing.assert_array_equal(seen[-1].result.raw, attribute(model, x, method, target=1, **options).raw)


class Failing(Biased):
    """Raises in the middle of its pass, once it is told to."""

    def forward(self, x: Tensor) -> Tensor:
        out = super().forward(x)
        if x.abs().max() > 100:
            raise OSError("the middle of the pass")
        return out


@pytest.mark.parametrize("method", IDS)
def test_nothing_is_left_behind(x: Tensor, method: str) -> None:
    """After success, a wrong target, an error inside the network, and a computation given up."""
    model, options = wrapped(seeded(Failing)), QUICK.get(method, {})
    before, generator = state_digest(model.module), torch.random.get_rng_state()
    attribute(model, x, method, target=0, **options)
    with pytest.raises(BadInput):
        attribute(model, x, method, target="nothing", **options)
    with pytest.raises(BadInput, match="the middle of the pass"):
        attribute(model, 1000 * x, method, **options)
    work = steps(model, x, method, target=0, **options)
    next(work)
    del work
    assert state_digest(model.module) == before and hooks_left(model.module) == 0
    assert torch.equal(torch.random.get_rng_state(), generator)


def test_a_given_up_computation_ends() -> None:
    passes: list[int] = []

    class Counting(Biased):
        def forward(self, x: Tensor) -> Tensor:
            passes.append(len(x))
            return super().forward(x)

    model = wrapped(seeded(Counting))
    work = steps(model, noise(1, 3, 16, 16), "rise", target=0, masks=8000)
    next(work)
    ran = len(passes)
    work.close()  # type: ignore[attr-defined]
    assert len(passes) == ran and list(work) == []


def in_threads(asks: list[Callable[[], object]]) -> None:
    barrier = threading.Barrier(len(asks))

    def run(ask: Callable[[], object]) -> None:
        barrier.wait()
        ask()

    threads = [threading.Thread(target=run, args=(ask,)) for ask in asks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_eight_threads_with_mixed_methods_answer_as_one() -> None:
    model = wrapped(seeded(InPlace))
    pictures = [noise(1, 3, 16, 16, seed=seed) for seed in range(3)]
    questions = [(method, number) for number in range(3) for method in IDS]
    before = state_digest(model.module)

    def answer(method: str, number: int) -> np.ndarray:  # type: ignore[type-arg]
        return attribute(model, pictures[number], method, target=number, **QUICK.get(method, {})).raw

    expected = [answer(*question) for question in questions]
    right: list[bool] = []

    def ask(thread: int) -> None:
        for turn in range(len(questions)):
            number = (7 * thread + turn) % len(questions)
            right.append(np.array_equal(answer(*questions[number]), expected[number]))

    in_threads([lambda thread=thread: ask(thread) for thread in range(8)])  # type: ignore[misc]
    assert len(right) == 8 * len(questions) and all(right)
    assert state_digest(model.module) == before


def test_guided_backprop_in_one_thread_leaves_gradients_in_others_right(model: Model, x: Tensor) -> None:
    """Also those that others take by plain torch, on a replica of their own."""
    plain, guided = (attribute(model, x, method, target=1).raw for method in ("gradient", "guided_backprop"))
    leaf = x.clone().requires_grad_()
    alone = torch.autograd.grad(model.replica()(leaf)[0, 1], leaf)[0][0].numpy()
    # folded and channels-last, the same sums are added up in another order
    assert np.allclose(plain, alone, rtol=1e-3, atol=1e-5 * np.abs(alone).max())
    assert np.abs(plain - guided).max() > 0.1 * np.abs(plain).max()
    right: list[bool] = []

    def ask(method: str, expected: object) -> None:
        answers = (attribute(model, x, method, target=1).raw for _ in range(40))
        right.extend(np.array_equal(answer, expected) for answer in answers)  # type: ignore[arg-type]

    def by_torch() -> None:
        for _ in range(40):
            leaf = x.clone().requires_grad_()
            (found,) = torch.autograd.grad(model.replica()(leaf)[0, 1], leaf)
            right.append(np.array_equal(found[0].numpy(), alone))

    in_threads([lambda: ask("gradient", plain), lambda: ask("guided_backprop", guided), by_torch, by_torch])
    assert len(right) == 160 and all(right)


def test_where_nothing_moves_the_target_the_search_for_a_layer_ends(x: Tensor) -> None:
    module = seeded(Transformer)
    nn.init.zeros_(module.head.weight)
    assert not attribute(wrapped(module), x, "grad_cam", target=0).varies
