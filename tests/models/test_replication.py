"""A replica is bit-equal and private; whatever befalls it, the shared network stays as it was."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import resnet18

from featviz.errors import FeatvizError
from featviz.models import model as model_file
from featviz.models.capture import recording
from featviz.models.model import Model
from featviz.models.recording import record
from featviz.models.replication import replicate
from tests.toys import Attending, InPlace, Step, Tied, hooks_left, noise, seeded, state_digest, wrapped


class Canceled(BaseException):
    """What a job raises to end a computation in its middle."""


class Faulty(nn.Module):
    """A network that raises in its middle when `trouble` holds something to raise."""

    def __init__(self, trouble: list[BaseException]) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.step = Step(lambda: self.fail(trouble))
        self.head = nn.Conv2d(4, 2, 1)

    @staticmethod
    def fail(trouble: list[BaseException]) -> None:
        if trouble:
            raise trouble[0]

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.step(self.conv(x))).mean((2, 3))


@pytest.mark.parametrize("make", [InPlace, Attending, Tied, lambda: resnet18(num_classes=10)])
def test_a_replica_answers_bit_by_bit_the_same_from_the_same_memory(make: Callable[[], nn.Module]) -> None:
    module, x = seeded(make), noise(2, 3, 64, 64)
    replica = replicate(module)
    with torch.no_grad():
        assert torch.equal(replica(x), module(x))
    theirs = dict(replica.named_parameters())
    for name, parameter in module.named_parameters():
        assert theirs[name].data_ptr() == parameter.data_ptr()
        assert theirs[name] is not parameter
        assert not theirs[name].requires_grad


def test_a_replica_has_its_own_modules_hooks_flags_and_buffers() -> None:
    module = seeded(Tied)
    before = state_digest(module)
    replica = replicate(module)
    replica.first.register_forward_hook(lambda *_: None)
    replica.train()
    replica(noise(2, 3, 8, 8))
    replica.requires_grad_()
    assert hooks_left(replica) == 1
    assert not torch.equal(replica.norm.running_mean, module.norm.running_mean)
    assert state_digest(module) == before


def test_tied_weights_stay_tied() -> None:
    replica = replicate(seeded(Tied))
    assert replica.first.weight is replica.second.weight
    assert len(list(replica.parameters())) == len(list(seeded(Tied).parameters()))


def test_wrapping_leaves_the_original_as_it_was() -> None:
    module = Tied().train()
    before = state_digest(module)
    model = wrapped(module)
    assert state_digest(module) == before
    assert not model.module.training
    module.first.weight.data.zero_()
    assert model.module.first.weight.abs().sum() > 0


def normal(model: Model) -> None:
    x = noise(1, 3, 16, 16)
    model.predict(x)
    record(model, x, ["conv", "head"])
    with recording(model.replica(), {"a": ("conv", 0)}, detach=False, stop=False) as outputs:
        pass
    assert not outputs


def wrong_layer(model: Model) -> None:
    record(model, noise(1, 3, 16, 16), ["conv", "nothing"])


def wrong_size(model: Model) -> None:
    record(model, noise(1, 5, 16, 16), "head")


def whole_pass(model: Model) -> None:
    record(model, noise(1, 3, 16, 16), "head")


def prediction(model: Model) -> None:
    model.predict(noise(1, 3, 16, 16))


ACCIDENTS = {
    "none": (normal, None, None),
    "wrong layer": (wrong_layer, None, FeatvizError),
    "wrong size": (wrong_size, None, FeatvizError),
    "error inside": (whole_pass, RuntimeError("inside"), FeatvizError),
    "error nobody foresaw": (whole_pass, OSError("inside"), FeatvizError),
    "cancelled": (whole_pass, Canceled(), Canceled),
    "cancelled in a prediction": (prediction, Canceled(), Canceled),
}


@pytest.mark.parametrize("accident", ACCIDENTS)
def test_the_shared_network_stays_as_it_was(accident: str, monkeypatch: pytest.MonkeyPatch) -> None:
    compute, raised, seen = ACCIDENTS[accident]
    trouble: list[BaseException] = []
    model = wrapped(Faulty(trouble))
    # deepcopy carries closures over as they are, so the wrapped copy looks at the same list
    before, x = state_digest(model.module), noise(1, 3, 16, 16)
    truth = record(model, x, "head")["head"]
    replicas = [replica for _kind, replica in model._replicas._idle]
    monkeypatch.setattr(
        model_file, "replicate", lambda module: replicas.append(replicate(module)) or replicas[-1]
    )
    trouble += [raised] if raised is not None else []
    if seen is None:
        compute(model)
    else:
        with pytest.raises(seen):
            compute(model)
    trouble.clear()
    assert state_digest(model.module) == before
    assert hooks_left(model.module) == 0
    assert sum(hooks_left(replica) for replica in replicas) == 0
    assert torch.equal(record(model, x, "head")["head"], truth)


@pytest.mark.parametrize("raised", [RuntimeError("inside"), Canceled()])
def test_a_replica_that_failed_is_never_lent_again(raised: BaseException) -> None:
    model = wrapped(seeded(InPlace))
    with pytest.raises(type(raised)), model.lease_replica() as failed:
        raise raised
    lent = []
    for _ in range(3):
        with model.lease_replica() as first, model.lease_replica() as second:
            lent += [first, second]
    assert all(replica is not failed for replica in lent)


def test_a_replica_that_did_well_is_lent_again_but_never_to_two_at_once() -> None:
    model = wrapped(seeded(InPlace))
    with model.lease_replica() as first, model.lease_replica() as second:
        assert first is not second
    with model.lease_replica() as again:
        assert again in (first, second)


def test_gradients_on_a_replica_leave_nothing_behind() -> None:
    model = wrapped(seeded(InPlace))
    before, x = state_digest(model.module), noise(1, 3, 16, 16).requires_grad_()
    (gradient,) = torch.autograd.grad(model.replica()(x)[0, 0], x)
    (truth,) = torch.autograd.grad(seeded(InPlace).by_hand(x)["head"][0, 0], x)
    torch.testing.assert_close(gradient, truth)
    assert state_digest(model.module) == before
