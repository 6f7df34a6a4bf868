"""On a GPU: the same numbers as on the CPU, and nearly the pace of the bare network. Run by `make test-gpu`.

Convolutions are asked for whole float32 here, without TF32, so that what differs is the order of sums: 1e-3 of the
largest number. A painted image is compared by its mean, for Adam turns the smallest gradient into a whole step.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchvision.models import resnet50

from featviz import Channel, ImageSet, Model, attribute, embed, load_model, maximize, record, wrap_model
from featviz.representation.extraction.extractor import FeatureExtractor
from featviz.representation.extraction.pooling import POOLINGS, Pooling
from featviz.store.store import Store
from tests.toys import noise, seeded

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device"),
]
NETWORKS = ("shapes-resnet", "shapes-vit")
CUDA = "cuda"
CLOSE = 1e-3
PACE, ROUNDS = 0.9, 7
IMAGES, LAYER = 32, "layer4"


@pytest.fixture(autouse=True)
def whole_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


@pytest.fixture(params=NETWORKS)
def pair(request: pytest.FixtureRequest) -> tuple[Model, Model]:
    """One network on the CPU and on the GPU."""
    return load_model(request.param, device="cpu"), load_model(request.param, device=CUDA)


def assert_close(found: Tensor | np.ndarray, expected: Tensor | np.ndarray) -> None:
    """Within a thousandth of the largest number."""
    found, expected = np.asarray(found), np.asarray(expected)
    np.testing.assert_allclose(found, expected, rtol=0, atol=CLOSE * np.abs(expected).max())


def image(model: Model) -> Tensor:
    return model.preprocess(ImageSet.bundled("shapes")[3].image).cpu()


def test_every_layer_is_recorded_alike(pair: tuple[Model, Model]) -> None:
    cpu, gpu = pair
    names = [layer.name for layer in cpu.layers]
    expected, found = (record(model, image(cpu), names) for model in pair)
    assert gpu.fingerprint == cpu.fingerprint
    for name in names:
        assert_close(found[name], expected[name])


def test_embeddings_are_alike(pair: tuple[Model, Model]) -> None:
    images = ImageSet.bundled("shapes", 96)
    layer = pair[0].layers[-2].name
    expected, found = (embed(model, images, layer, store=Store(None)) for model in pair)
    assert found.ids == expected.ids
    assert_close(found.vectors, expected.vectors)


@pytest.mark.parametrize("method", ["gradient", "integrated_gradients", "smoothgrad", "occlusion", "rise"])
def test_attributions_are_alike(pair: tuple[Model, Model], method: str) -> None:
    expected, found = (attribute(model, image(model), method, target=3) for model in pair)
    assert_close(found.raw, expected.raw)


@pytest.mark.parametrize("kind", ["fourier", "pixel", "maco"])
def test_painted_images_are_alike(pair: tuple[Model, Model], kind: str) -> None:
    layer = pair[0].layers[-2].name
    options = {"image": kind, "count": 2, "steps": 8, "precision": "float32"}
    expected, found = (list(maximize(model, Channel(layer, 3), **options)) for model in pair)
    assert_close(found[0].scores, expected[0].scores)
    np.testing.assert_allclose(found[-1].scores, expected[-1].scores, rtol=0.02)
    assert np.abs(found[-1].image - expected[-1].image).mean() < 0.01


# --- the pace: resnet50 at 224 pixels, which keeps a GPU at work ------------------------------------------------


@pytest.fixture(scope="module")
def networks() -> tuple[nn.Module, Model]:
    """The bare network on the GPU, and the same one as featviz holds it."""
    plain = seeded(lambda: resnet50(weights=None)).requires_grad_(requires_grad=False)
    model = wrap_model(
        plain, name="resnet50", transform=lambda _image: noise(3, 224, 224), input_size=224, device=CUDA
    )
    return plain.to(CUDA), model


@pytest.fixture
def batch() -> Iterator[Tensor]:
    yield noise(IMAGES, 3, 224, 224).to(CUDA)
    torch.cuda.empty_cache()


def seconds(work: Callable[[], object]) -> float:
    torch.cuda.synchronize()
    start = time.perf_counter()
    work()
    torch.cuda.synchronize()
    return time.perf_counter() - start


def assert_keeps_pace(ours: Callable[[], object], bare: Callable[[], object]) -> None:
    """The median of pairs that run in turn, after one of each to warm up."""
    ours(), bare()
    shares = [seconds(bare) / seconds(ours) for _ in range(ROUNDS)]
    assert statistics.median(shares) >= PACE, f"of the bare network's rate: {np.round(shares, 2)}"


def bare_pass(plain: nn.Module, x: Tensor) -> Tensor:
    """As far as the layer, pooled, and the numbers fetched."""
    with torch.no_grad():
        for name, child in plain.named_children():
            x = child(x)
            if name == LAYER:
                return x.cpu()
    raise AssertionError(f"{LAYER} never ran")


def bare_gradient(plain: nn.Module, x: Tensor) -> Tensor:
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(plain(x)[:, 3].sum(), x)
    return gradient


def test_record_keeps_pace(networks: tuple[nn.Module, Model], batch: Tensor) -> None:
    plain, model = networks
    assert_keeps_pace(lambda: record(model, batch, LAYER), lambda: bare_pass(plain, batch))


def test_embed_keeps_pace_where_images_are_ready(networks: tuple[nn.Module, Model], batch: Tensor) -> None:
    """Reading files takes what the disk and the CPU take, with any network."""
    plain, model = networks
    work = FeatureExtractor(model, {LAYER: Pooling.from_method(POOLINGS["mean"], {})}, 1000)

    def bare() -> Tensor:
        with torch.no_grad():
            return nn.Sequential(*list(plain.children())[:-1])(batch).flatten(1).cpu()

    found = work.vectors(batch)[LAYER]
    assert_close(found, bare().numpy())
    assert_keeps_pace(lambda: work.vectors(batch), bare)


def test_attribute_keeps_pace(networks: tuple[nn.Module, Model], batch: Tensor) -> None:
    """So many gradients as integrated gradients has nodes, in one batch."""
    plain, model = networks
    ours = partial(attribute, model, batch[:1], "integrated_gradients", target=3, steps=IMAGES)
    assert_keeps_pace(ours, lambda: bare_gradient(plain, batch))


def test_maximize_keeps_pace(networks: tuple[nn.Module, Model], batch: Tensor) -> None:
    """A step is a pass and its way back; the bare side takes so many of them, at the same precision."""
    plain, model = networks
    steps = 8

    def ours() -> None:
        *_, _last = maximize(model, 3, count=IMAGES, steps=steps, every=steps)

    def bare() -> None:
        with torch.autocast(CUDA, torch.bfloat16, enabled=torch.cuda.is_bf16_supported()):
            for _ in range(steps):
                bare_gradient(plain, batch)

    assert_keeps_pace(ours, bare)
