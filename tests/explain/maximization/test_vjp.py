"""Ways there and back: what they compute is what autograd would, and nothing is held when they are let go."""

import gc
import weakref

import torch
from torch import Tensor

from featviz.explain.maximization.vjp import Pullback, as_autograd, compose, from_autograd


def cubed(x: Tensor) -> tuple[Tensor, Pullback]:
    return x**3, lambda slopes: 3 * x**2 * slopes


def waved(x: Tensor) -> tuple[Tensor, Pullback]:
    value = x.sin()
    return value, lambda slopes: slopes * (1 - value**2).sqrt()


def test_one_way_after_the_other_is_differentiated_as_the_whole() -> None:
    x = torch.linspace(0.1, 1.1, 5, dtype=torch.float64).requires_grad_()
    value = as_autograd(compose(cubed, compose(waved, from_autograd(torch.exp))), x)
    torch.testing.assert_close(value, (x**3).sin().exp())
    assert torch.autograd.gradcheck(lambda x: as_autograd(compose(cubed, waved), x), x)
    (found,) = torch.autograd.grad(value.sum(), x)
    torch.testing.assert_close(found, (x**3).sin().exp() * (x**3).cos() * 3 * x**2)


def test_a_way_leaves_no_graph_and_takes_none() -> None:
    x = torch.ones(3, requires_grad=True)
    with torch.no_grad():
        value, back = compose(cubed, from_autograd(torch.exp))(x.detach())
        assert not value.requires_grad and not back(torch.ones(3)).requires_grad


def test_a_way_that_holds_its_value_holds_no_graph() -> None:
    x = torch.ones(3, requires_grad=True)
    value = as_autograd(waved, x)
    graph = weakref.ref(value.grad_fn)
    gc.disable()
    try:
        del value
        assert graph() is None
    finally:
        gc.enable()
