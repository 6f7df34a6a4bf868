"""Objectives: what they read, how they add up, and what they refuse."""

import pytest
import torch
from torch import Tensor

from featviz.errors import BadInput, LayerNotFound
from featviz.explain.maximization.objectives import DeepDream, Direction, LogProbability, each, interpolation
from featviz.explain.maximization.recorded_pass import ActivationRecorder
from featviz.explain.maximization.regularizers import L1, L2, Alignment, Diversity, TotalVariation
from featviz.explain.targets.units import Channel, Logit, Neuron, Objective
from tests.explain.maximization.nets import Small, known
from tests.toys import noise

MODEL = known(Small)
PICTURES = noise(3, 3, 16, 16).sigmoid()


def value(objective: Objective, pictures: Tensor = PICTURES) -> Tensor:
    with torch.no_grad():
        return ActivationRecorder(MODEL, objective).value(pictures, pictures)


def by_hand() -> dict[str, Tensor]:
    net = MODEL.replica()
    with torch.no_grad():
        first = net.bn1(net.conv1(PICTURES)).clamp(min=0)
        second = (net.conv2(first) + first).clamp(min=0)
        return {
            "relu:0": first,
            "relu": second,
            "conv2": net.conv2(first),
            "head": net.head(second.mean((2, 3))),
        }


TRUTH = by_hand()
UNITS = {
    "logit": (Logit(2), TRUTH["head"][:, 2]),
    "log-probability": (LogProbability(2), TRUTH["head"].log_softmax(1)[:, 2]),
    "channel": (Channel("relu:0", 1), TRUTH["relu:0"][:, 1].mean((1, 2))),
    "before the sum": (Channel("conv2", 1), TRUTH["conv2"][:, 1].mean((1, 2))),
    "neuron": (Neuron("relu", 4, 3, 5), TRUTH["relu"][:, 4, 3, 5]),
    "deep dream": (DeepDream("relu"), TRUTH["relu"].square().mean((1, 2, 3))),
    "along": (Direction("relu", (0, 0, 3, 0, 0, 0), power=0), TRUTH["relu"][:, 2].mean((1, 2))),
}


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_is_read_as_by_hand(name: str) -> None:
    objective, expected = UNITS[name]
    torch.testing.assert_close(value(objective), expected, atol=1e-5, rtol=1e-4)


def test_objectives_add_up() -> None:
    a, b, c = Logit(0), Channel("relu", 1), L2()
    expected = 2 * value(a) - 0.5 * (value(b) - value(c))
    torch.testing.assert_close(value(2 * a - (b - c) * 0.5), expected)
    torch.testing.assert_close(value(-a), -value(a))


def test_each_picture_has_its_own() -> None:
    units = [Logit(0), Channel("relu:0", 1) - 0.1 * TotalVariation(), -Neuron("relu", 0, 1, 1)]
    own = [value(unit)[n] for n, unit in enumerate(units)]
    torch.testing.assert_close(value(each(units)), torch.stack(own))


def test_an_interpolation_runs_from_one_end_to_the_other() -> None:
    way = value(interpolation(Logit(0), Logit(1), 3))
    first, second = value(Logit(0)), value(Logit(1))
    expected = torch.stack([first[0], (first[1] + second[1]) / 2, second[2]])
    torch.testing.assert_close(way, expected)


def test_a_pure_direction_scores_higher_than_a_mixed_one() -> None:
    maps = TRUTH["relu"][0].movedim(0, -1).reshape(-1, 6)
    pure = Direction("relu", tuple(maps.mean(0).tolist()), power=4)
    longer = Direction("relu", tuple(maps.mean(0).tolist()), power=0)
    assert bool((value(pure) < value(longer)).all())
    cosine = torch.nn.functional.cosine_similarity(maps, maps.mean(0)[None])
    along = maps @ torch.nn.functional.normalize(maps.mean(0), dim=0)
    torch.testing.assert_close(
        value(pure)[0], (along * cosine.clamp(min=0.1) ** 4).mean(), rtol=1e-3, atol=1e-5
    )


def test_penalties_of_known_pictures() -> None:
    checks = (torch.arange(4)[:, None] + torch.arange(4)).remainder(2).float().expand(1, 3, 4, 4)
    flat = torch.full((1, 3, 4, 4), 0.5)
    assert value(TotalVariation(), checks).item() == 1
    assert value(L1(), checks).item() == 0.5
    assert value(L2(), checks).item() == 0.25
    assert [value(each_one, flat).item() for each_one in (TotalVariation(), L1(), L2())] == [0, 0, 0]


def test_equal_pictures_are_aligned_and_not_diverse() -> None:
    same = PICTURES[:1].expand(3, -1, -1, -1)
    torch.testing.assert_close(value(Diversity("relu"), same), -torch.ones(3))
    torch.testing.assert_close(value(Alignment("relu"), same), torch.zeros(3))
    assert bool((value(Diversity("relu")) > -0.9999).all())
    assert bool((value(Alignment("relu")) < 0).all())
    assert value(Diversity("relu"), PICTURES[:1]).item() == 0


def test_equal_objectives_are_one_key() -> None:
    assert Channel("relu", 1) + Logit(0) == Channel("relu", 1) + Logit(0)
    assert len({Direction("relu", torch.ones(6)), Direction("relu", [1.0] * 6)}) == 1


@pytest.mark.parametrize(
    ("objective", "error"),
    [
        (Channel("nowhere", 0), LayerNotFound),
        (Channel("relu", 6), BadInput),
        (Channel("relu", -1), BadInput),
        (Neuron("relu", 0, 16, 0), BadInput),
        (Logit(4), BadInput),
        (Direction("relu", (1.0, 2.0)), BadInput),
    ],
)
def test_what_is_not_there_is_refused(objective: Objective, error: type[Exception]) -> None:
    with pytest.raises(error):
        value(objective)


@pytest.mark.parametrize("vector", [(), (0.0, 0.0), (float("nan"), 1.0)])
def test_no_direction_is_refused(vector: tuple[float, ...]) -> None:
    with pytest.raises(BadInput):
        Direction("relu", vector)


def test_what_cannot_be_each_is_refused() -> None:
    for wrong in ([], [Diversity("relu")], [each([Logit(0)])], ["relu"]):
        with pytest.raises(BadInput):
            each(wrong)  # type: ignore[arg-type]
    with pytest.raises(BadInput):
        interpolation(Logit(0), Logit(1), 1)
    with pytest.raises(TypeError):
        Logit(0) + 1  # type: ignore[operator]
