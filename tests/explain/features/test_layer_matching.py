"""The layer of another network beside a layer: the same one in the same network, the likeliest in another."""

from dataclasses import replace

from featviz import Layer, load_model
from featviz.explain.features.layer_matching import MATCHES, match_layer, same_architecture


def layer(name: str, grid: tuple[int, int] | None, container: bool = False) -> Layer:
    shape = (8, *grid) if grid else (8,)
    return Layer(name, "ReLU", shape, 0, 1, container, "maps" if grid else "vector", grid, 8)


FIRST = [layer("a", (32, 32)), layer("b", (16, 16)), layer("c", (8, 8)), layer("head", None)]
SECOND = [
    layer("a", (8, 8)),
    layer("stem", (32, 32)),
    layer("x", (30, 32)),
    layer("y", (16, 16)),
    layer("block", (8, 8), container=True),
    layer("out", None),
    layer("logits", None),
]


def beside(name: str, by: str) -> str | None:
    found = match_layer(next(each for each in FIRST if each.name == name), FIRST, SECOND, by)
    return None if found is None else found.name


def test_each_way_of_matching_names_the_planted_layer() -> None:
    assert [beside(name, "name") for name in ("a", "b", "head")] == ["a", None, None]
    assert [beside(name, "depth") for name in ("a", "b", "c", "head")] == ["a", "x", "y", "logits"]
    assert [beside(name, "resolution") for name in ("a", "b", "c")] == ["stem", "y", "a"]
    assert beside("head", "resolution") is None, "a layer without positions has no resolution"


def test_every_layer_of_a_network_is_matched_to_itself() -> None:
    for name in ("shapes-resnet", "shapes-vit"):
        model = load_model(name)
        for each in model.layers:
            for by in MATCHES:
                found = match_layer(each, model.layers, model.layers, by)
                assert found is each or (found is None and each.grid is None)


def test_architectures_are_told_apart_whatever_their_weights_and_classes() -> None:
    resnet, vit = load_model("shapes-resnet"), load_model("shapes-vit")
    assert same_architecture(resnet.layers, load_model("shapes-resnet", weights="random").layers)
    assert not same_architecture(resnet.layers, vit.layers)
    wider = [*SECOND[:2], replace(SECOND[2], channels=9), *SECOND[3:]]
    assert not same_architecture(SECOND, [*wider[:-1], replace(SECOND[-1], channels=10)])
    more_classes = [*SECOND[:-1], replace(SECOND[-1], channels=10)]
    assert same_architecture([*SECOND[:-1], replace(SECOND[-1], channels=11)], more_classes)
