"""Modules called plainly: the same numbers and gradients, hooks heard, other modules left alone."""

import pytest
import torch
from torch import Tensor, nn

from featviz.models.capture import recording
from featviz.models.execution.direct_calls import call_plainly
from featviz.models.sources.load import load_model


class Reflected(nn.Conv2d):
    """Not what its base class is."""

    def forward(self, x: Tensor) -> Tensor:
        return -super().forward(x)


def some(side: int = 64) -> Tensor:
    return torch.randn((2, 3, side, side), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", ["shapes-resnet", "torchvision/squeezenet1_1", "torchvision/resnet18"])
def test_values_and_gradients_are_the_same(name: str) -> None:
    model = load_model(name, weights=None) if "/" in name else load_model(name)
    usual, plain = model.execution_replica(pool_early=True), model.execution_replica(pool_early=True)
    call_plainly(plain)
    assert [*plain.state_dict()] == [*usual.state_dict()]
    found = []
    for replica in (usual, plain):
        x = some().requires_grad_()
        output = replica(x)
        found.append((output, *torch.autograd.grad(output[:, 1].sum(), x)))
    for one, other in zip(*found, strict=True):
        assert torch.equal(one, other)


def test_a_hook_is_heard_until_it_is_taken_away() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Identity()).eval()
    call_plainly(network)
    for name in ("0", "1", "2", "3"):
        with torch.no_grad(), recording(network, {name: (name, 0)}, stop=False) as outputs:
            whole = network(some())
        assert outputs.keys() == {name}
        assert torch.equal(network(some()), whole)
    heard: list[int] = []
    handle = network[1].register_forward_pre_hook(lambda _module, _inputs: heard.append(1))
    network(some())
    handle.remove()
    network(some())
    assert heard == [1]


def test_what_only_looks_like_a_usual_module_stays_as_it_is() -> None:
    odd = [
        Reflected(3, 3, 1),
        nn.Conv2d(3, 3, 3, padding=1, padding_mode="reflect"),
        nn.Conv2d(3, 3, 1),
    ]
    odd[2].register_forward_hook(lambda _module, _inputs, output: 2 * output)
    network = nn.Sequential(*odd).eval()
    expected = network(some())
    call_plainly(network)
    assert [type(module) for module in network] == [Reflected, nn.Conv2d, nn.Conv2d]
    assert torch.equal(network(some()), expected)
