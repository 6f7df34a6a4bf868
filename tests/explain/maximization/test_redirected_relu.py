"""Redirected ReLUs: gradients that would end pass where they wake a unit, and all others are ReLU's own."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from featviz.explain.maximization.redirected_relu import RedirectedReLUs

ASLEEP, AWAKE, FULL = [-1.0, -2.0], [-1.0, 3.0], [7.0, 8.0]


def slopes(relu: nn.Module, rows: list[list[float]], weights: list[float], *, redirected: bool) -> Tensor:
    x = torch.tensor(rows, requires_grad=True)
    given = torch.tensor(weights)
    if redirected:
        with RedirectedReLUs():
            value = (relu(x * 1) * given).sum()
    else:
        value = (relu(x * 1) * given).sum()
    return torch.autograd.grad(value, x)[0]


@pytest.mark.parametrize("relu", [nn.ReLU(), nn.ReLU(inplace=True), nn.ReLU6()])
def test_only_pictures_whose_whole_gradient_would_end_are_redirected(relu: nn.Module) -> None:
    rows, weights = [ASLEEP, AWAKE], [2.0, -5.0]
    plain = slopes(relu, rows, weights, redirected=False)
    found = slopes(relu, rows, weights, redirected=True)
    assert plain[0].tolist() == [0, 0]
    assert found[0].tolist() == [2, 0], "what wakes a silent unit passes, what would quieten it does not"
    assert torch.equal(found[1], plain[1])


def test_a_unit_at_its_ceiling_is_led_down_again() -> None:
    assert slopes(nn.ReLU6(), [FULL], [2.0, -5.0], redirected=False).tolist() == [[0, 0]]
    assert slopes(nn.ReLU6(), [FULL], [2.0, -5.0], redirected=True).tolist() == [[0, -5]]


def test_outside_of_the_with_relu_is_as_it_was() -> None:
    with RedirectedReLUs():
        pass
    x = torch.tensor([ASLEEP], requires_grad=True)
    assert torch.autograd.grad(F.relu(x).sum(), x)[0].tolist() == [[0, 0]]
