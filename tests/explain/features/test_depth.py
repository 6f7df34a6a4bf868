import pytest

from featviz import load_model
from featviz.explain.features.depth import layers_through_depth, opening_layer


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("shapes-resnet", ["stem.conv", "stage1.0", "stage1.1", "stage2.1", "stage3.0", "stage3.1"]),
        ("shapes-vit", ["embedding.patches", "blocks.0", "blocks.1", "blocks.2", "blocks.3"]),
        ("digits-cnn", ["conv1", "relu1", "relu2", "relu3"]),
    ],
)
def test_the_walk_goes_from_the_first_layer_through_the_blocks(name: str, expected: list[str]) -> None:
    assert [layer.name for layer in layers_through_depth(load_model(name).layers)] == expected


@pytest.mark.parametrize("count", [2, 3, 6])
def test_the_walk_is_as_long_as_asked_in_order_and_from_end_to_end(count: int) -> None:
    layers = load_model("shapes-resnet").layers
    walk = layers_through_depth(layers, count)
    places = [layers.index(layer) for layer in walk]
    assert len(walk) == count
    assert places == sorted(set(places))
    assert walk[-1].name == "stage3.1"


@pytest.mark.parametrize("name", ["shapes-resnet", "shapes-vit", "digits-cnn"])
def test_the_layer_shown_first_has_positions(name: str) -> None:
    layer = opening_layer(load_model(name).layers)
    assert layer.grid is not None
    assert layer.grid[0] > 1
