"""`record` against two references that share no code with it."""

import copy
import operator
import random
import re
from functools import partial

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torchvision.models import get_model_builder
from torchvision.models.feature_extraction import create_feature_extractor, get_graph_node_names

from featviz.errors import BadInput, LayerNotFound
from featviz.models import capture
from featviz.models.capture import recording
from featviz.models.layers import output_tensor
from featviz.models.model import Model
from featviz.models.recording import record
from tests.toys import Attending, InPlace, Step, hooks_left, noise, seeded, wrapped

FAMILIES = (
    "alexnet",
    "convnext_tiny",
    "densenet121",
    "efficientnet_b0",
    "efficientnet_v2_s",
    "googlenet",
    "inception_v3",
    "maxvit",
    "mnasnet0_5",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "regnet_y_400mf",
    "resnet18",
    "resnext50_32x4d",
    "shufflenet_v2_x0_5",
    "squeezenet1_1",
    "swin_t",
    "swin_v2_t",
    "vgg11",
    "vgg11_bn",
    "vit_b_32",
)
NEVER_OVERWRITTEN = {"maxvit", "swin_t", "vit_b_32", "swin_v2_t"}
SIZES = {"inception_v3": 96}
OPTIONS = {
    "googlenet": {"aux_logits": False, "init_weights": False},
    "inception_v3": {"aux_logits": False, "init_weights": False},
    "vit_b_32": {"image_size": 64},
}


def small_maxvit() -> nn.Module:
    return torchvision.models.MaxVit((64, 64), 16, 2, [16, 32], [1, 2], 8, 0.0, num_classes=10)


def build(family: str) -> nn.Module:
    if family == "maxvit":
        return small_maxvit()
    return get_model_builder(family)(weights=None, num_classes=10, **OPTIONS.get(family, {}))


class Family:
    """One network of the zoo with random weights, and layers chosen to be hard."""

    def __init__(self, name: str) -> None:
        self.size = SIZES.get(name, 64)
        self.module = seeded(partial(build, name))
        self.model: Model = wrapped(self.module, self.size, name=name)
        self.x = noise(2, 3, self.size, self.size)
        self.naive, self.true = run_with_hooks(self.module, self.x)
        self.chance = random.Random(name)
        self.chosen = self.choose()

    @property
    def overwritten(self) -> list[str]:
        """Layers whose output a later in-place operation changes."""
        return [
            name
            for name in self.model.layers_by_name
            if not torch.equal(self.naive[name], self.true[name][-1])
        ]

    def choose(self) -> list[str]:
        layers = self.model.layers
        names = [layer.name for layer in layers]
        reused = [layer.name for layer in layers if layer.calls > 1]
        containers = [layer.name for layer in layers if layer.container]
        chosen = [names[0], names[-1], *self.chance.sample(names, 2)]
        for kind in (self.overwritten, containers, reused):
            chosen += self.chance.sample(kind, min(2, len(kind)))
        chosen += [f"{name}:{call}" for name in reused[:2] for call in (0, 1)]
        return list(dict.fromkeys(chosen))

    def truth(self, key: str) -> Tensor:
        name, _, call = key.partition(":")
        return self.true[name][int(call or -1)]


def run_with_hooks(module: nn.Module, x: Tensor) -> tuple[dict[str, Tensor], dict[str, list[Tensor]]]:
    """One whole pass -> what a plain hook keeps, and copies made the moment every call returned."""
    naive: dict[str, Tensor] = {}
    true: dict[str, list[Tensor]] = {}

    def keep(name: str, output: object) -> None:
        tensor = output_tensor(output)
        if tensor is not None:
            naive[name] = tensor
            true.setdefault(name, []).append(tensor.clone())

    handles = [
        child.register_forward_hook(lambda _m, _i, output, name=name: keep(name, output))
        for name, child in module.named_modules()
        if name
    ]
    with torch.no_grad():
        module(x)
    for handle in handles:
        handle.remove()
    return naive, true


def recomputed(module: nn.Module, x: Tensor, names: set[str]) -> dict[str, list[Tensor]]:
    """Run modules alone, each on a copy of what it was given: nothing can overwrite the outcome."""
    given: dict[str, list[tuple]] = {name: [] for name in names}
    handles = [
        module.get_submodule(name).register_forward_pre_hook(
            lambda _m, args, kwargs, name=name: given[name].append(copy.deepcopy((args, kwargs))),
            with_kwargs=True,
        )
        for name in names
    ]
    with torch.no_grad():
        module(x)
        for handle in handles:
            handle.remove()
        return {
            name: [output_tensor(module.get_submodule(name)(*args, **kwargs)) for args, kwargs in calls]
            for name, calls in given.items()
        }


def node_of(key: str) -> str:
    """torchvision's name for a call: our `relu:0`, `relu:1` are its `relu`, `relu_1`.

    Modules that are themselves called `ln_1` have no name there: it calls them `ln`, and `ln_2` is its `ln_1`.
    """
    name, _, call = key.partition(":")
    if re.search(r"_\d+$", name):
        return ""
    return name if call == "0" else f"{name}_{call}"


def traced(module: nn.Module, x: Tensor, nodes: list[str]) -> dict[str, Tensor]:
    """torchvision's own extractor with every in-place operation of its graph taken out."""
    extractor = create_feature_extractor(module, return_nodes=nodes, suppress_diff_warning=True).eval()
    for child in extractor.modules():
        if getattr(child, "inplace", False):
            child.inplace = False
    for node in extractor.graph.nodes:
        node.target = {operator.iadd: operator.add, operator.imul: operator.mul}.get(node.target, node.target)
        if node.kwargs.get("inplace"):
            node.kwargs = {**node.kwargs, "inplace": False}
    extractor.recompile()
    with torch.no_grad():
        return {name: output_tensor(output) for name, output in extractor(x).items()}


@pytest.fixture(params=FAMILIES, scope="module")
def zoo(request: pytest.FixtureRequest) -> Family:
    return Family(request.param)


def test_equals_every_chosen_module_run_alone(zoo: Family) -> None:
    recorded = record(zoo.model, zoo.x, zoo.chosen)
    alone = recomputed(zoo.module, zoo.x, {key.partition(":")[0] for key in zoo.chosen})
    assert list(recorded) == zoo.chosen
    for key in zoo.chosen:
        name, _, call = key.partition(":")
        torch.testing.assert_close(recorded[key], alone[name][int(call or -1)], rtol=1e-6, atol=1e-6)


def test_one_early_stopped_pass_for_each_layer_gives_the_same(zoo: Family) -> None:
    for key in zoo.chosen:
        torch.testing.assert_close(record(zoo.model, zoo.x, key)[key], zoo.truth(key), rtol=1e-6, atol=1e-6)
    assert hooks_left(zoo.model.module) == 0


def test_equals_torchvisions_extractor(zoo: Family) -> None:
    module = copy.deepcopy(zoo.module)
    known = set(get_graph_node_names(module, suppress_diff_warning=True)[1])
    keys = [f"{layer.name}:{call}" for layer in zoo.model.layers for call in range(layer.calls)]
    nodes = {key: node_of(key) for key in keys if node_of(key) in known}
    compared = zoo.chance.sample(sorted(nodes), 8)
    reference = traced(module, zoo.x, [nodes[key] for key in compared])
    recorded = record(zoo.model, zoo.x, compared)
    for key in compared:
        torch.testing.assert_close(recorded[key], reference[nodes[key]], rtol=1e-5, atol=1e-6)


def test_a_plain_hook_would_have_been_wrong_where_layers_are_overwritten(zoo: Family) -> None:
    tested = set(zoo.overwritten) & set(zoo.chosen)
    assert bool(tested) == (zoo.model.name not in NEVER_OVERWRITTEN)
    for layer in tested:
        assert not torch.equal(record(zoo.model, zoo.x, layer)[layer], zoo.naive[layer])


def test_in_place_operations_by_hand() -> None:
    toy = seeded(InPlace)
    model, x = wrapped(toy), noise(2, 3, 16, 16)
    with torch.no_grad():
        expected = toy.by_hand(x)
    recorded = record(model, x, list(expected))
    assert (recorded["conv1"] < 0).any()
    for name, truth in expected.items():
        torch.testing.assert_close(recorded[name], truth, rtol=1e-6, atol=1e-6)


def test_gradients_pass_through_what_was_recorded_before_it_is_overwritten() -> None:
    toy = seeded(InPlace)
    x = noise(1, 3, 16, 16).requires_grad_()
    replica = wrapped(toy).replica()
    with recording(replica, {"a": ("conv1", 0), "b": ("conv2", 0)}, detach=False, stop=False) as outputs:
        logits = replica(x)
    truth = toy.by_hand(x)
    for key, name in (("a", "conv1"), ("b", "conv2")):
        torch.testing.assert_close(outputs[key], truth[name])
        (ours,) = torch.autograd.grad(logits[0, 0], outputs[key], retain_graph=True)
        (theirs,) = torch.autograd.grad(truth["head"][0, 0], truth[name], retain_graph=True)
        torch.testing.assert_close(ours, theirs)
    assert hooks_left(replica) == 0


def test_a_graph_can_begin_at_a_recorded_layer() -> None:
    module, x = seeded(InPlace), noise(2, 3, 16, 16)
    module.requires_grad_(False)
    with recording(module, {"first": ("conv1", 0)}, detach=False, stop=False, root=True) as recorded:
        output = module(x)
    root = recorded["first"]
    assert root.is_leaf and root.requires_grad
    (found,) = torch.autograd.grad(output.sum(), root)
    begin = module.conv1(x).requires_grad_()
    first = begin.clamp(min=0)
    by_hand = module.head((module.conv2(first) + first).clamp(min=0).mean((2, 3)))
    torch.testing.assert_close(found, torch.autograd.grad(by_hand.sum(), begin)[0])


def test_recorded_tensors_are_private_copies() -> None:
    model, x = wrapped(nn.Sequential(nn.Identity(), nn.Flatten())), noise(1, 3, 16, 16)
    before = x.clone()
    record(model, x, "0")["0"].zero_()
    assert torch.equal(x, before)


def test_attention_gives_the_first_of_its_tuple() -> None:
    toy = seeded(Attending)
    x = noise(2, 3, 16, 16)
    recorded = record(wrapped(toy), x, ["attention", "head"])
    with torch.no_grad():
        tokens = toy.patches(x).flatten(2).transpose(1, 2)
        attended = toy.attention(tokens, tokens, tokens)[0]
    torch.testing.assert_close(recorded["attention"], attended)
    torch.testing.assert_close(recorded["head"], toy.head(attended.mean(1)))


@pytest.mark.parametrize("last", range(4))
def test_nothing_runs_after_the_last_layer_asked_for(last: int) -> None:
    ran: list[int] = []
    steps = nn.Sequential(*(Step(partial(ran.append, number)) for number in range(4)))
    model = wrapped(nn.Sequential(steps, nn.Flatten()))
    assert len(model.layers) == 6
    ran.clear()
    record(model, noise(1, 3, 16, 16), [f"0.{last}", "0.0"])
    assert ran == list(range(last + 1))


def test_a_reused_module_ends_the_pass_at_the_call_asked_for() -> None:
    ran: list[str] = []
    shared = Step(partial(ran.append, "shared"))
    model = wrapped(nn.Sequential(shared, Step(partial(ran.append, "between")), shared, nn.Flatten()))
    assert model.layer("0").calls == 2
    x = noise(1, 3, 16, 16)
    for key, expected in (("0:0", ["shared"]), ("0:1", ["shared", "between", "shared"])):
        ran.clear()
        torch.testing.assert_close(record(model, x, key)[key], x + len(expected))
        assert ran == expected


def test_a_call_that_outputs_no_tensor_is_no_call() -> None:
    class Moody(nn.Module):
        def forward(self, x: Tensor, answer: bool) -> Tensor | None:
            return x * 2 if answer else None

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.moody = Moody()

        def forward(self, x: Tensor) -> Tensor:
            self.moody(x, False)
            return self.moody(x, True).flatten(1)

    x = noise(1, 3, 16, 16)
    assert torch.equal(record(wrapped(Net()), x, "moody")["moody"], x * 2)


def test_an_unknown_layer_is_answered_with_the_near_ones() -> None:
    with pytest.raises(LayerNotFound, match=r"no layer named 'conv3'.*conv1") as refusal:
        record(wrapped(seeded(InPlace)), noise(1, 3, 16, 16), "conv3")
    assert "conv2" in str(refusal.value)


@pytest.mark.parametrize("name", ["relu:2", "relu:-1", "relu:", "conv1:1", "nothing:0", ""])
def test_a_call_that_does_not_happen_is_no_layer(name: str) -> None:
    with pytest.raises(LayerNotFound):
        record(wrapped(seeded(InPlace)), noise(1, 3, 16, 16), name)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_batch_that_is_not_finite_is_refused(value: float) -> None:
    x = noise(1, 3, 16, 16)
    x[0, 1, 2, 3] = value
    with pytest.raises(BadInput, match="not finite") as refusal:
        record(wrapped(seeded(InPlace)), x, "conv1")
    assert refusal.value.code == "nan"


@pytest.mark.parametrize("shape", [(3, 16, 16), (16,), (0, 3, 16, 16), (1, 3, 0, 16)])
def test_what_is_no_batch_is_refused_with_its_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(BadInput, match=rf"\({shape[0]},"):
        record(wrapped(seeded(InPlace)), torch.zeros(shape), "conv1")


def test_a_size_the_network_cannot_take_is_refused() -> None:
    vit = torchvision.models.VisionTransformer(32, 8, 1, 2, 16, 32, num_classes=4)
    with pytest.raises(BadInput, match=r"\(1, 3, 80, 80\)") as refusal:
        record(wrapped(vit, 32), noise(1, 3, 80, 80), "encoder.ln")
    assert refusal.value.code == "forward"


def test_outputs_beyond_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    model, x = wrapped(seeded(InPlace)), noise(1, 3, 16, 16)
    size = 8 * 16 * 16 * 4
    monkeypatch.setattr(capture, "MAX_RECORDED_BYTES", 2 * size)
    assert len(record(model, x, ["conv1", "conv2"])) == 2
    monkeypatch.setattr(capture, "MAX_RECORDED_BYTES", 2 * size - 1)
    with pytest.raises(BadInput, match="fewer") as refusal:
        record(model, x, ["conv1", "conv2"])
    assert refusal.value.code == "too_large"
