"""Several networks that answer as one."""

import pytest
import torch

from featviz.errors import BadInput
from featviz.models.ensemble import ensemble
from featviz.models.identity import fingerprint
from featviz.models.model import Model
from featviz.models.recording import record
from featviz.models.sources.load import load_model


@pytest.fixture(scope="module")
def stages() -> list[Model]:
    return [load_model("shapes-resnet"), load_model("shapes-resnet", weights="1-4th")]


def batch() -> torch.Tensor:
    return torch.randn(3, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def test_its_answer_is_the_mean_of_the_log_probabilities(stages: list[Model]) -> None:
    expected = sum(model.logits(batch()).log_softmax(1) for model in stages) / 2
    torch.testing.assert_close(ensemble(stages).logits(batch()), expected, rtol=1e-4, atol=1e-4)


def test_layers_of_every_member_are_read_by_name(stages: list[Model]) -> None:
    both = ensemble(stages)
    found = record(both, batch(), ["members.0.stage3.1.relu2", "members.1.stage3.1.relu2"])
    for n, model in enumerate(stages):
        alone = record(model, batch(), ["stage3.1.relu2"])["stage3.1.relu2"]
        torch.testing.assert_close(found[f"members.{n}.stage3.1.relu2"], alone)
    assert both.classes == stages[0].classes
    assert both.name == "shapes-resnet (trained) + shapes-resnet (1-4th)"


def test_the_members_stay_as_they_are(stages: list[Model]) -> None:
    before = [fingerprint(model.module) for model in stages]
    both = ensemble(stages)
    both.logits(batch())
    assert [fingerprint(model.module) for model in stages] == before
    own = {id(parameter) for parameter in both.module.parameters()}
    assert own.isdisjoint(id(parameter) for model in stages for parameter in model.module.parameters())


def test_networks_that_do_not_fit_together_are_refused(stages: list[Model]) -> None:
    with pytest.raises(BadInput, match="two models or more; 1 came"):
        ensemble(stages[:1])
    with pytest.raises(BadInput, match="differ in their classes"):
        ensemble([stages[0], load_model("digits-cnn")])
