"""Networks trained by others: each stage of the shallow one is most like the same stage of the deep one."""

import importlib.util
from pathlib import Path

import pytest
from safetensors.torch import load_file
from torchvision.transforms.functional import normalize, to_tensor

from featviz import ImageSet, Model, compare, wrap_model
from featviz.store.store import Store

DATA = Path(__file__).parents[4] / "shared" / "data"
JPEGS = DATA / "images" / "cifar10_test_2000.zip"


def resnet(depth: int) -> Model:
    spec = importlib.util.spec_from_file_location("cifar_resnet", DATA / "definitions" / "cifar_resnet.py")
    assert spec is not None
    assert spec.loader is not None
    definition = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(definition)
    module = definition.CifarResNet(depth)
    module.load_state_dict(load_file(DATA / "weights" / f"cifar10_resnet{depth}.safetensors"))
    return wrap_model(
        module.eval(),
        name=f"resnet{depth}",
        transform=lambda image: normalize(to_tensor(image), definition.MEAN, definition.STD),
        classes=definition.CLASSES,
        input_size=32,
    )


def blocks(model: Model) -> list[str]:
    return [layer.name for layer in model.layers if layer.container and layer.name.count(".") == 1]


@pytest.mark.skipif(not JPEGS.exists(), reason="the trained weights to check against are not here")
@pytest.mark.parametrize("pool", ["mean", pytest.param("flatten", marks=pytest.mark.long)])
def test_stages_of_resnet20_match_stages_of_resnet56(pool: str) -> None:
    shallow, deep = resnet(20), resnet(56)
    images = ImageSet.from_zip(JPEGS).subset(range(0, 2000, 10))
    matrix = compare(
        shallow,
        deep,
        images,
        layers_a=blocks(shallow),
        layers_b=blocks(deep),
        pool=pool,
        permutations=39,
        store=Store(None),
    )
    assert matrix.values.shape == (9, 27)
    assert matrix.best is not None
    assert matrix.best_p is not None
    best = [matrix.layers_b[each] for each in matrix.best]
    assert [name.split(".")[0] for name in best] == [name.split(".")[0] for name in matrix.layers_a]
    assert matrix.best_p.max() == 1 / 40
