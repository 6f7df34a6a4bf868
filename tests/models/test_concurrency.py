"""Many threads on one network answer as one thread does; hooks on the shared module would not."""

import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import resnet18

from featviz.models.model import Model
from featviz.models.recording import record
from tests.toys import InPlace, noise, seeded, state_digest, wrapped

THREADS = 8
Answer = Callable[[int], Tensor]


@pytest.fixture(autouse=True)
def _switching_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    yield
    sys.setswitchinterval(before)


def count_wrong(questions: int, repetitions: int, answer: Answer, truth: Answer) -> int:
    """Ask every thread `repetitions` questions at once -> how many answers differ from the serial ones."""
    expected = [truth(question) for question in range(questions)]
    barrier, wrong = threading.Barrier(THREADS), []

    def ask(thread: int) -> None:
        barrier.wait()
        for turn in range(repetitions):
            question = (3 * thread + turn) % questions
            try:
                right = torch.equal(answer(question), expected[question])
            except Exception:
                right = False
            if not right:
                wrong.append(question)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(wrong)


def naive(module: nn.Module, x: Tensor, layer: str) -> Tensor:
    """What a tutorial writes: a hook on the shared module, removed afterwards."""
    kept: list[Tensor] = []
    handle = module.get_submodule(layer).register_forward_hook(lambda _m, _i, out: kept.append(out.clone()))
    with torch.no_grad():
        module(x)
    handle.remove()
    return kept[-1]


class Questions:
    """Layers of a network, each asked for pictures of its own."""

    def __init__(self, module: nn.Module, size: int, layers: list[str]) -> None:
        self.model: Model = wrapped(module, size)
        self.layers = layers
        self.pictures = [noise(1, 3, size, size, seed=number) for number in range(3)]

    def __len__(self) -> int:
        return len(self.layers) * len(self.pictures)

    def __getitem__(self, number: int) -> tuple[Tensor, str]:
        return self.pictures[number % 3], self.layers[number // 3]

    def recorded(self, number: int) -> Tensor:
        x, layer = self[number]
        return record(self.model, x, layer)[layer]

    def naively(self, number: int) -> Tensor:
        x, layer = self[number]
        return naive(self.model.module, x, layer.partition(":")[0])

    def predicted(self, number: int) -> Tensor:
        return torch.tensor([found.probability for found in self.model.predict(self[number][0])[0]])

    def gradient(self, number: int) -> Tensor:
        x = self[number][0].clone().requires_grad_()
        return torch.autograd.grad(self.model.replica()(x)[0, 0], x)[0]

    def mixed(self, number: int) -> Tensor:
        compute = (self.recorded, self.predicted, self.gradient)[number % 3]
        return compute(number // 3)


@pytest.fixture
def small() -> Questions:
    return Questions(seeded(InPlace), 16, ["conv1", "relu:0", "conv2", "relu", "head"])


def test_small_network(small: Questions) -> None:
    before = state_digest(small.model.module)
    assert count_wrong(len(small), 200, small.recorded, small.recorded) == 0
    assert state_digest(small.model.module) == before


@pytest.fixture
def resnet() -> Questions:
    layers = ["conv1", "layer1.0.bn1", "layer1.1.relu:0", "layer2.0.bn2", "layer2", "layer3.1.conv1", "fc"]
    return Questions(seeded(partial(resnet18, num_classes=10)), 64, layers)


def test_resnet(resnet: Questions) -> None:
    assert count_wrong(len(resnet), 25, resnet.recorded, resnet.recorded) == 0


def test_records_predictions_and_gradients_at_once(small: Questions) -> None:
    before = state_digest(small.model.module)
    assert count_wrong(3 * len(small), 100, small.mixed, small.mixed) == 0
    assert state_digest(small.model.module) == before


def test_the_harness_notices_hooks_on_the_shared_module(resnet: Questions) -> None:
    alone = [resnet.naively(number) for number in range(len(resnet))]
    assert all(torch.equal(resnet.naively(number), answer) for number, answer in enumerate(alone))
    assert count_wrong(len(resnet), 25, resnet.naively, resnet.naively) > 0
