"""What a network takes is what its specification makes an example of, and its axes say which dimension is which."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from featviz.errors import BadInput
from featviz.models.inputs import ImageProcessor, InputSpec
from featviz.models.sources.load import load_model


def test_an_example_is_what_the_network_takes_and_the_same_each_time() -> None:
    model = load_model("digits-cnn")
    x = model.inputs.example(3)
    assert model.logits(x).shape == (3, 10)
    assert torch.equal(x, InputSpec("image", (3, 32, 32)).example(3))
    assert not torch.equal(x, model.inputs.example(3, seed=1))
    assert 0 <= x.min() < 0.01 and 0.99 < x.max() < 1


def test_ids_are_whole_numbers_of_the_vocabulary() -> None:
    tokens = InputSpec("text", (400,), torch.int64, ids=7).example(5)
    assert (tokens.shape, tokens.dtype) == ((5, 400), torch.int64)
    assert set(tokens.flatten().tolist()) == set(range(7))
    assert nn.Embedding(7, 2)(tokens).shape == (5, 400, 2)
    with pytest.raises(BadInput, match="ids"):
        InputSpec("text", (4,), torch.int64).example()


def test_the_processor_makes_what_preprocess_makes() -> None:
    model, picture = (
        load_model("digits-cnn"),
        Image.fromarray(np.arange(3072, dtype=np.uint8).reshape(32, 32, 3)),
    )
    assert torch.equal(model.processor([picture, picture]), model.preprocess([picture, picture]))
    assert torch.equal(model.processor(picture)[0], model.transform(picture))
    for nothing in ([], ["picture"]):
        with pytest.raises(BadInput, match="PIL image"):
            ImageProcessor(model.transform)(nothing)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["shapes-resnet", "shapes-vit"])
def test_every_axis_has_the_length_of_what_it_counts(name: str) -> None:
    for layer in load_model(name).layers:
        lengths = dict(zip(layer.axes, layer.output_shape, strict=True))
        if "channel" in lengths:
            assert lengths["channel"] == layer.channels
        if "row" in lengths:
            assert (lengths["row"], lengths["column"]) == layer.grid
    kinds = {layer.axes for layer in load_model(name).layers}
    assert (("token", "channel") in kinds) == (name == "shapes-vit")
    assert ("channel", "row", "column") in kinds
