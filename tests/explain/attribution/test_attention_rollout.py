"""Attention made visible without changing the network, and followed through it."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional as F

from featviz.data.sets.image_set import ImageSet
from featviz.errors import BadInput
from featviz.explain.attribution.attention_rollout import mixing_matrix
from featviz.explain.attribution.attention_weights import AttentionMatrices
from featviz.explain.attribution.attribute import attribute
from featviz.explain.targets.units import Channel, Difference, Neuron
from featviz.models.networks.bundled import ShapesViT
from featviz.models.sources.load import load_model
from tests.explain.attribution.nets import Transformer, double, net, picture
from tests.toys import InPlace, hooks_left, noise, seeded, state_digest, wrapped

METHODS = ("rollout", "attention_relevance")


class Fused(nn.Module):
    """Attention by torch's fused function, with a mask or a scale."""

    def __init__(self, **options: object) -> None:
        super().__init__()
        self.qkv, self.options = nn.Conv2d(3, 24, 4, stride=4), options
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        heads = self.qkv(x).flatten(2).unflatten(1, (3, 2, 4)).transpose(-1, -2)
        mixed = F.scaled_dot_product_attention(*heads.unbind(1), **self.options)  # type: ignore[arg-type, misc]
        return self.head(mixed.transpose(1, 2).flatten(2).mean(1))


def small_vit() -> nn.Module:
    vit = torchvision.models.VisionTransformer(16, 4, 2, 2, 8, 16, num_classes=5)
    nn.init.normal_(vit.heads.head.weight)
    return vit


def small_maxvit() -> nn.Module:
    return torchvision.models.MaxVit((64, 64), 16, 2, [16], [1], 8, 0.0, num_classes=5)


class ClassMaps(nn.Module):
    """Ends in a softmax over classes at every position, of which there are as many rows as columns."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.softmax = nn.Conv2d(3, 5, 3, padding=1), nn.Softmax(1)

    def forward(self, x: Tensor) -> Tensor:
        return self.softmax(self.conv(x)).mean((2, 3))


def small_swin() -> nn.Module:
    return torchvision.models.SwinTransformer([4, 4], 8, [1, 1], [2, 2], [2, 2], num_classes=5)


VISIBLE: dict[str, tuple[Callable[[], nn.Module], int, tuple[int, ...]]] = {
    "module": (Transformer, 1, (1, 2, 17, 17)),
    "torchvision": (small_vit, 2, (1, 2, 17, 17)),
    "explicit": (lambda: ShapesViT(5), 4, (1, 4, 65, 65)),
    "fused": (Fused, 1, (1, 2, 16, 16)),
    "scaled": (lambda: Fused(scale=0.3), 1, (1, 2, 16, 16)),
    "causal": (lambda: Fused(is_causal=True), 1, (1, 2, 16, 16)),
    "masked": (lambda: Fused(attn_mask=torch.ones(16, 16).tril(2).bool()), 1, (1, 2, 16, 16)),
    "biased": (lambda: Fused(attn_mask=noise(16, 16).double()), 1, (1, 2, 16, 16)),
}


@pytest.mark.parametrize("kind", VISIBLE)
def test_attention_made_visible_leaves_the_network_as_it_was(kind: str) -> None:
    """In float64 the output and its gradient are the same to 1e-10; every row is a distribution."""
    make, blocks, shape = VISIBLE[kind]
    module, size = seeded(make).double(), 64 if kind == "explicit" else 16
    leaf = picture(size=size).requires_grad_()
    plain = module(leaf)
    with AttentionMatrices() as seen:
        visible = module(leaf)
    assert [tuple(each.shape) for each in seen.matrices] == [shape] * blocks and not seen.windowed
    torch.testing.assert_close(visible, plain, rtol=1e-10, atol=1e-10)
    slopes = [torch.autograd.grad(each[0, 1], leaf)[0] for each in (plain, visible)]
    torch.testing.assert_close(slopes[1], slopes[0], rtol=1e-9, atol=1e-10)
    for matrix in seen.matrices:
        torch.testing.assert_close(matrix.sum(-1), torch.ones_like(matrix[..., 0]))
        mixed = mixing_matrix(matrix[0])
        torch.testing.assert_close(mixed.sum(-1), torch.ones_like(mixed[0]))


def test_recorded_weights_are_those_that_the_module_returns() -> None:
    module = seeded(Transformer).double()
    assert isinstance(module, Transformer)
    tokens = noise(1, 9, 8).double()
    _, expected = module.attention(tokens, tokens, tokens, average_attn_weights=False)
    with AttentionMatrices() as seen:
        module.attention(tokens, tokens, tokens, need_weights=False)
    torch.testing.assert_close(seen.matrices[0], expected, rtol=1e-10, atol=1e-12)


PIXELS = torch.tensor([[[[1.0, -2.0], [3.0, 4.0]]]], dtype=torch.float64)
LOOKS = torch.tensor([[0.1, 0.2, 0.3, 0.4], [0.25] * 4, [0.7, 0.1, 0.1, 0.1], [0.4, 0.3, 0.2, 0.1]])


class ByHand(nn.Module):
    """Blocks of one head on four one-pixel patches: who looks where is given, the value is the pixel."""

    def __init__(self, scores: Tensor, blocks: int = 1) -> None:
        super().__init__()
        self.scores = nn.ParameterList([scores] * blocks)

    def forward(self, x: Tensor) -> Tensor:
        tokens = x.flatten(2).transpose(1, 2)
        for scores in self.scores:
            weights = torch.softmax(scores[None, None].to(x) + 0 * x.sum(), -1)
            tokens = tokens + weights[:, 0] @ tokens
        return torch.cat([tokens[:, 0], -tokens[:, 0]], 1)


def test_rollout_by_hand() -> None:
    """Without a class token: the mean over the tokens of ((A + 1) / 2)^blocks."""
    for blocks in (1, 3):
        model = double(ByHand(LOOKS.log(), blocks), size=2, channels=1)
        expected = np.linalg.matrix_power((LOOKS.numpy() + np.eye(4)) / 2, blocks).mean(0).reshape(1, 2, 2)
        np.testing.assert_allclose(attribute(model, PIXELS, "rollout", target=0).raw, expected, rtol=1e-6)


def test_relevance_by_hand() -> None:
    """f = x0 + sum_j A_0j x_j: the gradient for A_0j is x_j, for other rows zero; the mean over rows."""
    model = double(ByHand(LOOKS.log()), size=2, channels=1)
    pixels = PIXELS.flatten().numpy()
    for target, sign in ((0, 1), (1, -1)):
        expected = np.maximum(sign * pixels * LOOKS[0].numpy(), 0).reshape(1, 2, 2) / 4
        found = attribute(model, PIXELS, "attention_relevance", target=target).raw
        np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_relevance_of_two_blocks_is_the_papers_recursion() -> None:
    model = net("transformer")
    deep = double(seeded(small_vit))
    for each in (model, deep):
        replica = each.replica()
        with AttentionMatrices() as seen:
            logits = replica(picture().requires_grad_())
        relevance = torch.eye(17, dtype=torch.float64)
        for weights, slope in zip(
            seen.matrices, torch.autograd.grad(logits[0, 3], seen.matrices), strict=True
        ):
            relevance += (weights * slope).relu().mean((0, 1)) @ relevance
        found = attribute(each, picture(), "attention_relevance", target=3).raw
        np.testing.assert_allclose(found.ravel(), relevance[0, 1:].detach(), rtol=1e-5, atol=1e-12)


def test_rollout_knows_no_class_and_relevance_does() -> None:
    model = net("transformer")
    maps = {method: [attribute(model, picture(), method, target=k).raw for k in (0, 1)] for method in METHODS}
    np.testing.assert_array_equal(*maps["rollout"])
    assert not np.allclose(*maps["attention_relevance"])
    between = attribute(model, picture(), "attention_relevance", target=Difference(0, 1)).raw
    assert not np.allclose(between, maps["attention_relevance"][0])


def test_a_hidden_neuron_is_read_from_its_own_token() -> None:
    """Behind one block: its row of ReLU(gradient * attention); a channel has the mean of the patches' rows."""
    model, x = net("transformer"), picture()
    module = model.replica()
    assert isinstance(module, Transformer)
    tokens = module.patches(x.requires_grad_()).flatten(2).transpose(1, 2)
    normed = module.norm1(torch.cat([module.token, tokens], 1))
    with AttentionMatrices() as seen:
        output = module.attention(normed, normed, normed)[0][0, :, 1]

    def row(value: Tensor, tokens: slice) -> Tensor:
        (slope,) = torch.autograd.grad(value, seen.matrices, retain_graph=True)
        return (slope * seen.matrices[0]).relu().mean((0, 1))[tokens].mean(0)[1:].detach()

    for target, value, read in (
        (Neuron("attention", 1, 2, 3), output[12], slice(12, 13)),
        (Neuron("attention", 1, 0, 0), output[1], slice(1, 2)),
        (Channel("attention", 1), output[1:].mean(), slice(1, None)),
    ):
        found = attribute(model, picture(), "attention_relevance", target=target).raw
        assert found.max() > 0
        np.testing.assert_allclose(
            found.ravel(), row(value, read), rtol=1e-5, atol=1e-12, err_msg=str(target)
        )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("make", "size", "says"),
    [
        (InPlace, 16, "computes no attention"),
        (ClassMaps, 16, "computes no attention"),
        (small_swin, 64, "within windows"),
        (small_maxvit, 64, "within windows"),
    ],
)
def test_where_there_is_nothing_to_follow_grad_cam_is_named(
    method: str, make: Callable[[], nn.Module], size: int, says: str
) -> None:
    model, x = wrapped(seeded(make), size), noise(1, 3, size, size)
    before = state_digest(model.module)
    with pytest.raises(BadInput, match=f"{says}.*grad_cam works") as refusal:
        attribute(model, x, method, target=1)
    assert refusal.value.code == "attention"
    assert attribute(model, x, "grad_cam", target=1).map.shape == (size, size)
    assert state_digest(model.module) == before and hooks_left(model.module) == 0


@pytest.mark.parametrize("method", METHODS)
def test_before_the_first_attention_there_is_none(method: str) -> None:
    with pytest.raises(BadInput, match="on the way to the target"):
        attribute(net("transformer"), picture(), method, target=Channel("patches", 1))


@pytest.mark.parametrize("method", METHODS)
def test_it_answers_again_and_leaves_nothing(method: str) -> None:
    model, x = wrapped(seeded(Transformer)), noise(1, 3, 16, 16)
    before = state_digest(model.module)
    one, two = (attribute(model, x, method, target=1) for _ in range(2))
    np.testing.assert_array_equal(one.raw, two.raw)
    assert one.raw.shape == (1, 4, 4) and one.varies and np.isfinite(one.map).all()
    assert state_digest(model.module) == before and hooks_left(model.module) == 0


def test_pointing_game_on_shapes() -> None:
    """The highest point of attention relevance lies on the shape far more often than by chance."""
    model, images = load_model("shapes-vit"), ImageSet.bundled("shapes")
    samples = [images[int(k)] for k in np.random.default_rng(0).choice(len(images), 40, replace=False)]
    hits = []
    for sample in samples:
        shown = attribute(
            model, model.preprocess(sample.image), "attention_relevance", target=sample.label
        ).map
        assert sample.mask is not None
        hits.append(bool(sample.mask[np.unravel_index(shown.argmax(), shown.shape)]))
    chance = float(np.mean([np.mean(sample.mask) for sample in samples if sample.mask is not None]))
    assert np.mean(hits) > chance + 4 * (chance * (1 - chance) / len(samples)) ** 0.5
