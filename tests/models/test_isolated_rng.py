import threading
from functools import partial

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import get_model_builder

from featviz.models.identity import fingerprint
from featviz.models.isolated_rng import IsolatedRNG
from tests.toys import seeded

DRAWS = {
    "bernoulli": lambda: torch.bernoulli(torch.full((8,), 0.5)),
    "normal": lambda: torch.normal(0.0, 1.0, (8,)),
    "normal_": lambda: torch.empty(8).normal_(),
    "rand": lambda: torch.rand(8),
    "rand_like": lambda: torch.rand_like(torch.zeros(8)),
    "randint": lambda: torch.randint(99, (8,)),
    "randint_low": lambda: torch.randint(1, 99, (8,)),
    "randn": lambda: torch.randn(8),
    "randn_like": lambda: torch.randn_like(torch.zeros(8)),
    "randperm": lambda: torch.randperm(8),
    "trunc_normal_": lambda: nn.init.trunc_normal_(torch.empty(8)),
}


def weights(seed: int, name: str = "squeezenet1_1") -> str:
    return fingerprint(seeded(partial(get_model_builder(name), weights=None, num_classes=10), seed))


@pytest.mark.parametrize("name", ["squeezenet1_1", "mnasnet0_5", "shufflenet_v2_x0_5"])
def test_one_seed_gives_one_network(name: str) -> None:
    assert weights(3, name) == weights(3, name)
    assert weights(3, name) != weights(4, name)


@pytest.mark.parametrize("draw", DRAWS)
def test_every_kind_of_draw_depends_on_the_seed_alone(draw: str) -> None:
    def drawn(seed: int) -> Tensor:
        with IsolatedRNG(seed):
            return DRAWS[draw]()

    before = torch.get_rng_state()
    assert torch.equal(drawn(0), drawn(0))
    assert any(not torch.equal(drawn(0), drawn(seed)) for seed in range(1, 6))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_private_generator_gives_what_the_global_one_would() -> None:
    with IsolatedRNG(5):
        ours = torch.randn(8)
    assert torch.equal(ours, torch.randn(8, generator=torch.Generator().manual_seed(5)))


def test_after_an_error_draws_are_global_again() -> None:
    def fail() -> None:
        torch.rand(3)
        raise ZeroDivisionError

    before = torch.get_rng_state()
    with pytest.raises(ZeroDivisionError), IsolatedRNG(0):
        fail()
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(3)
    assert not torch.equal(torch.get_rng_state(), before)
    torch.set_rng_state(before)


def test_another_thread_draws_as_if_nothing_happened() -> None:
    before, drawn = torch.get_rng_state(), []
    expected = torch.rand(5)
    torch.set_rng_state(before)
    with IsolatedRNG(0):
        thread = threading.Thread(target=lambda: drawn.append(torch.rand(5)))
        thread.start()
        thread.join()
        torch.rand(5)
    assert torch.equal(drawn[0], expected)
    torch.set_rng_state(before)


def test_networks_built_at_once_equal_those_built_in_turn() -> None:
    expected = [weights(seed) for seed in range(4)]
    found: dict[int, str] = {}
    threads = [
        threading.Thread(target=lambda seed=seed: found.update({seed: weights(seed)})) for seed in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[seed] for seed in range(4)] == expected


def test_an_operation_that_brings_its_own_generator_keeps_it() -> None:
    alone = torch.randn(4, generator=torch.Generator().manual_seed(5))
    with IsolatedRNG(0):
        assert torch.equal(torch.randn(4, generator=torch.Generator().manual_seed(5)), alone)
        assert not torch.equal(torch.randn(4), alone)
