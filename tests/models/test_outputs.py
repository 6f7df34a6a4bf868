"""What a network's outputs are is found out by a probe or declared, and probabilities follow from it."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchvision.models import resnet18

from featviz import attribute, load_model, wrap_model
from featviz.errors import BadInput
from featviz.explain.targets.units import Channel, Difference, Logit, NegativeLogit
from featviz.models.outputs import Outputs
from tests.toys import noise, seeded, wrapped

PLANTED = torch.tensor([0.0, 5.2, -0.8, 5.71, 1.1])


class Planted(nn.Module):
    """Five planted logits whatever it sees, moved a little by the image, and an end."""

    def __init__(self, end: nn.Module, values: Tensor = PLANTED) -> None:
        super().__init__()
        self.head = nn.Linear(12, len(values))
        nn.init.constant_(self.head.weight, 1e-3)
        self.head.bias.data = values.clone()
        self.end = end

    def forward(self, x: Tensor) -> Tensor:
        return self.end(self.head(x.flatten(1)))


X = torch.zeros(1, 3, 2, 2)


def probabilities(model, x: Tensor = X) -> dict[int, float | None]:
    return {each.index: each.probability for each in model.predict(x, top=99)[0]}


@pytest.mark.parametrize(
    ("end", "kind", "right"),
    [
        (nn.Identity(), "logits", PLANTED.softmax(0)),
        (nn.Softmax(1), "probabilities", PLANTED.softmax(0)),
        (nn.LogSoftmax(1), "log_probabilities", PLANTED.softmax(0)),
        (nn.Sigmoid(), "multi_label", PLANTED.sigmoid()),
        (nn.Sequential(nn.Softmax(1), nn.Unflatten(1, (5, 1, 1))), "probabilities", PLANTED.softmax(0)),
        (nn.LayerNorm(5), "embedding", None),
    ],
)
def test_the_probabilities_are_those_the_network_means(end, kind: Outputs, right: Tensor | None) -> None:
    model = wrapped(Planted(end), size=2)
    assert model.outputs == kind
    said = probabilities(model)
    if right is None:
        assert set(said.values()) == {None}
        assert model.predict(X)[0][0].label.startswith("output ")
    else:
        assert [said[index] for index in range(5)] == pytest.approx(right.tolist(), abs=1e-6)


class Ended(nn.Module):
    """A convolution, a head of five outputs, and what a function makes of them."""

    def __init__(self, end: Callable[[Tensor], Tensor], count: int = 5) -> None:
        super().__init__()
        self.conv, self.head, self.end = nn.Conv2d(3, 8, 3), nn.Linear(8, count), end

    def forward(self, x: Tensor) -> Tensor:
        return self.end(self.head(self.conv(x).relu().mean((2, 3))))


PASSED_ON: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoids, clamped": lambda z: z.sigmoid().clamp(1e-7, 1 - 1e-7),
    "mean of two": lambda z: (z.sigmoid() + (2 * z).sigmoid()) / 2,
    "mean of many": lambda z: torch.stack([z.sigmoid(), (2 * z).sigmoid(), (3 * z).sigmoid()]).mean(0),
    "two groups": lambda z: torch.cat([z[:, :2].softmax(1), z[:, 2:].softmax(1)], 1),
    "mean of softmaxes": lambda z: (z.softmax(1) + (2 * z).softmax(1)) / 2,
    "softmax, clamped": lambda z: z.softmax(1).clamp(1e-7, 1 - 1e-7),
}


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("end", PASSED_ON.values(), ids=PASSED_ON)
def test_probabilities_that_were_clamped_or_averaged_are_shown_as_they_are(
    end: Callable[[Tensor], Tensor], *, named: bool
) -> None:
    network, x = seeded(lambda: Ended(end)), noise(1, 3, 16, 16)
    model = wrapped(network, classes=tuple("abcde") if named else ())
    said = probabilities(model, x)
    assert [said[index] for index in range(5)] == pytest.approx(network(x)[0].tolist(), abs=1e-6)


NO_SCORES: dict[str, Callable[[Tensor], Tensor]] = {
    "losses": lambda z: -z.log_softmax(1),
    "directions": nn.functional.normalize,
    "percent": lambda z: 100 * z.softmax(1),
    "tanh": torch.tanh,
    "logarithms of sigmoids": nn.functional.logsigmoid,
}


@pytest.mark.parametrize("end", NO_SCORES.values(), ids=NO_SCORES)
def test_no_softmax_is_taken_of_what_is_normalized_or_bounded_though_it_has_names(
    end: Callable[[Tensor], Tensor],
) -> None:
    model = wrapped(seeded(lambda: Ended(end)), classes=tuple("abcde"))
    assert model.outputs == "embedding"
    assert set(probabilities(model, noise(1, 3, 16, 16)).values()) == {None}


def test_one_output_that_is_bounded_is_no_logit() -> None:
    assert wrapped(seeded(lambda: Ended(torch.tanh, 1))).outputs == "embedding"
    assert wrapped(seeded(lambda: Ended(nn.Identity(), 1))).outputs == "one_logit"


@pytest.mark.parametrize(
    "end", [lambda z: z.unsqueeze(2), lambda z: z.unsqueeze(1), lambda z: z[..., None, None]]
)
def test_dimensions_of_one_entry_say_nothing(end: Callable[[Tensor], Tensor]) -> None:
    network, x = seeded(lambda: Ended(end)), noise(1, 3, 16, 16)
    model, plain = wrapped(network, classes=tuple("abcde")), wrapped(seeded(lambda: Ended(nn.Identity())))
    assert model.outputs == "logits"
    assert probabilities(model, x) == probabilities(plain, x)
    found, expected = (attribute(each, x, "gradient", target=3).raw for each in (model, plain))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "end", [lambda z: z > 0, lambda z: z.argmax(1, keepdim=True), lambda z: torch.complex(z, z)]
)
def test_what_is_no_real_number_is_refused(end: Callable[[Tensor], Tensor]) -> None:
    model, x = wrapped(seeded(lambda: Ended(end))), noise(1, 3, 16, 16)
    for use in (model.predict, lambda x: attribute(model, x, "gradient", target=0)):
        with pytest.raises(BadInput, match="which are no scores"):
            use(x)


def test_a_softmax_is_not_taken_twice() -> None:
    values = torch.tensor([1e-9, 0.372, 0.001, 0.621, 0.006])
    best = wrapped(Planted(nn.Softmax(1), values.log()), size=2).predict(X)[0]
    assert [each.probability for each in best[:2]] == pytest.approx([0.621, 0.372], abs=1e-4)


def one_logit(bias: float) -> nn.Module:
    network = seeded(lambda: resnet18(num_classes=1))
    nn.init.zeros_(network.fc.weight)
    network.fc.bias.data.fill_(bias)
    return network


def test_one_logit_is_a_sigmoid_and_is_explained_in_both_directions() -> None:
    bias = math.log(0.086 / 0.914)
    model = wrapped(one_logit(bias), size=32)
    x = noise(1, 3, 32, 32)
    (said,) = model.predict(x)[0]
    assert (model.outputs, said.probability, said.score) == (
        "one_logit",
        pytest.approx(0.086),
        pytest.approx(bias),
    )
    model = wrapped(seeded(lambda: resnet18(num_classes=1)), size=32)
    yes, no = attribute(model, x, "gradient"), attribute(model, x, "gradient", target=-1 * Logit(0))
    assert (yes.target, no.target) == (Logit(0), NegativeLogit(0))
    torch.testing.assert_close(torch.tensor(no.map), torch.tensor(-yes.map))


def test_one_logit_may_have_the_names_of_its_no_and_its_yes() -> None:
    model = wrapped(one_logit(-2.0), size=32, classes=("cat", "dog"))
    x = noise(1, 3, 32, 32)
    first, second = model.predict(x)[0]
    assert (first.label, first.index, second.label) == ("cat", 0, "dog")
    assert (first.probability, second.probability) == pytest.approx((0.8808, 0.1192), abs=1e-4)
    assert attribute(model, x, "gradient").target == NegativeLogit(0)
    assert attribute(model, x, "gradient", target="dog").target == Logit(0)


def test_one_sigmoid_is_passed_through() -> None:
    model = wrapped(Planted(nn.Sigmoid(), torch.tensor([-0.08])), size=2)
    assert probabilities(model) == {0: pytest.approx(0.48, abs=1e-3)}


def test_maps_are_no_classes() -> None:
    network = seeded(lambda: nn.Conv2d(3, 5, 3, padding=1))
    model, x = wrapped(network, classes=tuple("abcde")), noise(1, 3, 16, 16)
    assert model.outputs == "maps"
    best = model.predict(x)[0]
    means = network(x).detach().mean((0, 2, 3))
    assert (best[0].label, best[0].probability) == ("abcde"[int(means.argmax())], None)
    assert best[0].score == pytest.approx(float(means.max()), rel=1e-5)
    with pytest.raises(BadInput, match="maps"):
        attribute(model, x)


def test_a_backbone_is_an_embedding_and_names_no_class() -> None:
    network = seeded(lambda: resnet18(num_classes=10))
    network.fc = nn.Identity()
    model = wrapped(network, size=32)
    assert model.outputs == "embedding"
    with pytest.raises(BadInput, match=r"names no class.*embedding"):
        attribute(model, noise(1, 3, 32, 32), "gradient")
    assert wrapped(network, size=32, outputs="logits").outputs == "logits"


def test_what_is_declared_holds_and_must_be_one_of_the_kinds() -> None:
    assert load_model("digits-cnn").outputs == "logits"
    given = {"name": "own", "transform": lambda _: torch.zeros(3, 4, 4), "input_size": 4}
    assert wrap_model(nn.Flatten(), outputs="multi_label", **given).outputs == "multi_label"
    with pytest.raises(BadInput, match="logits"):
        wrap_model(nn.Flatten(), outputs="scores", **given)


@pytest.mark.parametrize("names", [("a", "b", "c"), ("a",) * 6])
def test_names_of_another_number_than_outputs_are_refused_at_the_door(names: tuple[str, ...]) -> None:
    with pytest.raises(BadInput, match=f"{len(names)} class names came for 5 outputs") as refusal:
        wrapped(Planted(nn.Identity()), size=2, classes=names)
    assert refusal.value.code == "classes"


def test_equal_scores_stand_in_the_order_of_the_outputs() -> None:
    model = wrapped(Planted(nn.Identity(), torch.zeros(50)), size=2)
    for top in (1, 5, 50):
        assert [each.index for each in model.predict(X, top=top)[0]] == list(range(top))


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (torch.tensor(3), Logit(3)),
        (PLANTED.argmax(), Logit(3)),
        (Logit(1) - Logit(2), Difference(1, 2)),
        (-Logit(1), NegativeLogit(1)),
        (1 * Logit(1), Logit(1)),
        (Channel("head", PLANTED.numpy().argmax()), Channel("head", 3)),
        (PLANTED.numpy().argmax(), Logit(3)),
    ],
)
def test_targets_as_numpy_and_torch_give_them(given: object, meant: object) -> None:
    model = wrapped(Planted(nn.Identity()), size=2)
    found = attribute(model, X, "gradient", target=given)
    assert found.target == meant
    assert type(vars(found.target).get("index", 0)) is int


def test_a_sum_of_other_objectives_is_no_target() -> None:
    with pytest.raises(BadInput, match="-Logit"):
        attribute(wrapped(Planted(nn.Identity()), size=2), X, "gradient", target=2 * Logit(1))
