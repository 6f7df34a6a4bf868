"""A blob is put in nine places: the change in every layer that claims positions moves with it, slope 1."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torchvision.models import MaxVit, VisionTransformer, get_model_builder

from featviz.explain.features.spatial import has_positions, to_feature_maps
from featviz.models.layers import output_tensor
from featviz.models.model import Model
from tests.toys import seeded, wrapped

PLACES = [(row, column) for row in (0.2, 0.5, 0.8) for column in (0.2, 0.5, 0.8)]
SHARP = 0.15
"""A change that lies in less than this share of the positions says where the blob is."""


def torchvision(name: str, **options: Any) -> Callable[[], nn.Module]:
    return partial(get_model_builder(name), weights=None, **options)


def timm(name: str, **options: Any) -> Callable[[], nn.Module]:
    def make() -> nn.Module:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return pytest.importorskip("timm").create_model(name, pretrained=False, **options)

    return make


class OnePart(nn.Module):
    """A network of Hugging Face's, which gives one of its outputs."""

    def __init__(self, network: nn.Module, part: str) -> None:
        super().__init__()
        self.network, self.part = network, part

    def forward(self, x: Tensor) -> Tensor:
        return getattr(self.network(pixel_values=x), self.part)


def transformers(kind: str, part: str, /, task: str = "Model", **options: Any) -> Callable[[], nn.Module]:
    def make() -> nn.Module:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pytest.importorskip("transformers")
            library = importlib.import_module("transformers")
            config = getattr(library, f"{kind}Config")(**options)
            return OnePart(getattr(library, f"{kind}{task}")(config), part)

    return make


SMALL = {"num_hidden_layers": 2, "hidden_size": 96, "intermediate_size": 192, "num_attention_heads": 3}
QUICK: dict[str, tuple[Callable[[], nn.Module], int]] = {
    "resnet18": (torchvision("resnet18"), 64),
    "squeezenet1_1": (torchvision("squeezenet1_1"), 64),
    "mobilenet_v3_small": (torchvision("mobilenet_v3_small"), 96),
    "shufflenet_v2_x0_5": (torchvision("shufflenet_v2_x0_5"), 96),
    "swin_t": (torchvision("swin_t"), 64),
    "convnext_tiny": (torchvision("convnext_tiny"), 64),
    "vit": (partial(VisionTransformer, 64, 8, 2, 2, 24, 48, num_classes=10), 64),
    "maxvit": (partial(MaxVit, (64, 64), 16, 4, [16, 32], [1, 1], 8, 0.0, num_classes=10), 64),
}
LONG: dict[str, tuple[Callable[[], nn.Module], int]] = {
    **{
        name: (torchvision(name), 224)
        for name in (
            "alexnet",
            "vgg11",
            "resnet50",
            "resnext50_32x4d",
            "densenet121",
            "mobilenet_v2",
            "mnasnet0_5",
            "efficientnet_b0",
            "efficientnet_v2_s",
            "regnet_x_400mf",
            "regnet_y_400mf",
            "vit_b_16",
            "swin_v2_t",
            "maxvit_t",
        )
    },
    "inception_v3": (torchvision("inception_v3", init_weights=False), 299),
    "googlenet": (torchvision("googlenet", init_weights=False), 224),
    "convnext_tiny 384": (torchvision("convnext_tiny"), 384),
    "swin_t 384": (torchvision("swin_t"), 384),
    **{
        f"timm {name}": (timm(name), size)
        for name, size in (
            ("swin_tiny_patch4_window7_224", 224),
            ("mobilevit_xxs", 256),
            ("mobilevitv2_050", 256),
            ("deit_tiny_distilled_patch16_224", 224),
            ("mixer_s32_224", 224),
            ("hiera_tiny_224", 224),
            ("levit_128s", 224),
            ("cait_xxs24_224", 224),
            ("crossvit_tiny_240", 240),
            ("poolformer_s12", 224),
            ("efficientformer_l1", 224),
            ("pvt_v2_b0", 224),
            ("twins_svt_small", 224),
            ("coat_lite_tiny", 224),
            ("xcit_nano_12_p16_224", 224),
            ("edgenext_xx_small", 256),
            ("nest_tiny", 224),
            ("repvgg_a0", 224),
            ("ghostnet_100", 224),
            ("resmlp_12_224", 224),
            ("visformer_tiny", 224),
        )
    },
    "timm dinov2 with registers": (timm("vit_small_patch14_reg4_dinov2", img_size=224), 224),
    "ViT": (transformers("ViT", "pooler_output", **SMALL), 224),
    "DINOv2 with registers": (
        transformers("Dinov2WithRegisters", "pooler_output", **SMALL, image_size=112, patch_size=14),
        112,
    ),
    "CLIP": (transformers("CLIPVision", "pooler_output", **SMALL), 224),
    "SigLIP": (transformers("SiglipVision", "pooler_output", **SMALL), 224),
    "BEiT": (transformers("Beit", "logits", task="ForImageClassification", **SMALL), 224),
    "YOLOS": (
        transformers("Yolos", "logits", task="ForObjectDetection", **SMALL, image_size=[128, 128]),
        128,
    ),
    "Swin": (transformers("Swin", "pooler_output", depths=[2, 2], num_heads=[2, 4], embed_dim=24), 224),
    "SegFormer": (transformers("Segformer", "logits", task="ForImageClassification"), 128),
    "MobileViT": (transformers("MobileViT", "logits", task="ForImageClassification"), 256),
    "ConvNeXt V2": (
        transformers(
            "ConvNextV2",
            "logits",
            task="ForImageClassification",
            depths=[1, 1, 1, 1],
            hidden_sizes=[16, 32, 64, 96],
        ),
        128,
    ),
}


def images(size: int) -> Tensor:
    """Noise, and the same with a blob in each place, (10, 3, size, size)."""
    batch = torch.rand((1, 3, size, size), generator=torch.Generator().manual_seed(7)).repeat(10, 1, 1, 1)
    rows, columns = torch.meshgrid(*(2 * [torch.arange(size) / size]), indexing="ij")
    for image, (row, column) in zip(batch[1:], PLACES, strict=True):
        image += 2 * torch.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * 0.05**2))
    return batch


def changes(model: Model, size: int) -> dict[str, NDArray[np.float64]]:
    """By call of a layer with positions, how much each blob changes at each position, (9, rows, columns)."""
    found: dict[str, NDArray[np.float64]] = {}
    replica, batch, called = model.replica(), images(size), dict.fromkeys(model.layers_by_name, 0)

    def note(name: str, output: object) -> None:
        tensor = output_tensor(output)
        if tensor is None:
            return
        call = called[name]
        called[name] += 1
        layer = model.resolve(f"{name}:{call}").layer
        if has_positions(layer) and min(layer.grid or (0, 0)) > 2:
            maps = to_feature_maps(layer.batch.to_front(tensor, len(batch)), layer, (size, size)).double()
            assert maps.shape[2:] == layer.grid, name
            found[f"{name}:{call}"] = (maps[1:] - maps[:1]).square().sum(1).numpy()

    for name in called:
        replica.get_submodule(name).register_forward_hook(lambda *given, name=name: note(name, given[2]))
    with torch.no_grad():
        replica(batch)
    return found


def scaled(change: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each blob's changes as shares of the largest one: random weights let some layers all but vanish."""
    return change / np.maximum(change.max((1, 2), keepdims=True), 1e-300)


def telling(change: NDArray[np.float64]) -> bool:
    """Whether each blob changes a small part of the positions only, which then are those under it."""
    flat = scaled(change).reshape(len(change), -1)
    if not flat.any(1).all():
        return False
    used = flat.sum(1) ** 2 / np.maximum((flat**2).sum(1), 1e-300) / flat.shape[1]
    return bool((used < SHARP).all())


def slopes(change: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far the strongest change moves down and across when the blob moves down and across, (2, 2)."""
    sharp = scaled(change) ** 2
    rows = (np.arange(change.shape[1]) + 0.5) / change.shape[1]
    columns = (np.arange(change.shape[2]) + 0.5) / change.shape[2]
    total = np.maximum(sharp.sum((1, 2)), 1e-300)
    centers = np.stack([(sharp.sum(2) @ rows) / total, (sharp.sum(1) @ columns) / total], 1)
    fitted, *_ = np.linalg.lstsq(np.array(PLACES) - 0.5, centers - centers.mean(0), rcond=None)
    return fitted


def assert_changes_move(make: Callable[[], nn.Module], size: int) -> None:
    model = wrapped(seeded(make), size)
    measured = {name: change for name, change in changes(model, size).items() if telling(change)}
    assert measured
    wrong = {
        name: np.round(slopes(change), 2).tolist()
        for name, change in measured.items()
        if np.abs(slopes(change) - np.eye(2)).max() > 0.35
    }
    assert not wrong, f"{len(wrong)} of {len(measured)}"


@pytest.mark.parametrize("name", QUICK)
def test_changes_move_with_the_blob(name: str) -> None:
    assert_changes_move(*QUICK[name])


@pytest.mark.long
@pytest.mark.parametrize("name", LONG)
def test_changes_move_with_the_blob_in_many_architectures(name: str) -> None:
    assert_changes_move(*LONG[name])


def test_the_measure_finds_rows_and_columns_exchanged() -> None:
    """What the test is for: a map read the wrong way round has the slopes exchanged."""
    change = np.zeros((9, 12, 12))
    for each, (row, column) in zip(change, PLACES, strict=True):
        each[int(12 * row), int(12 * column)] = 1
    assert telling(change)
    np.testing.assert_allclose(slopes(change), np.eye(2), atol=0.1)
    np.testing.assert_allclose(slopes(change.transpose(0, 2, 1)), [[0, 1], [1, 0]], atol=0.1)
