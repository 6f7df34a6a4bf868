"""The shares of the places add up to the similarity, whatever the network and the pooling."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from featviz import ImageSet, SearchIndex, embed, load_model, record
from featviz.errors import BadInput
from featviz.models.model import Model
from featviz.representation.search.by_unit import rank_by_unit
from featviz.representation.search.regions import (
    cells_in_box,
    flattened_layer,
    image_vectors,
    region_vectors,
    spatial_layer,
)
from featviz.representation.search.similarity_map import similarity_map
from featviz.store.store import Store
from tests.toys import seeded, wrapped

NOWHERE = Store(None)


@pytest.fixture(scope="module")
def shapes() -> ImageSet:
    return ImageSet.bundled("shapes").subset(range(24))


@pytest.fixture(scope="module")
def resnet() -> Model:
    return load_model("shapes-resnet")


@pytest.mark.parametrize(
    ("name", "layer", "pool", "options"),
    [
        ("shapes-resnet", "stage3", "mean", {}),
        ("shapes-resnet", "stage2", "max", {}),
        ("shapes-resnet", "stage3", "grid", {"side": 3}),
        ("shapes-resnet", "stage3", "flatten", {}),
        ("shapes-vit", "blocks.2", "mean", {}),
    ],
)
def test_the_maps_add_up_to_what_the_index_says(
    name: str, layer: str, pool: str, options: dict[str, int], shapes: ImageSet
) -> None:
    model = load_model(name)
    embeddings = embed(model, shapes, layer, pool=pool, store=NOWHERE, **options)
    for found in SearchIndex.build(embeddings).query(embeddings.vectors[3], 3)[0]:
        images = shapes[3].image, shapes[found.position].image
        maps = similarity_map(model, *images, layer, pool=pool, options=options)
        for each in maps:
            assert each.shape == model.layers_by_name[layer].grid
            assert each.sum() == pytest.approx(found.similarity, abs=1e-4)
    products = similarity_map(model, *images, layer, pool=pool, options=options, metric="dot")
    expected = embeddings.vectors[3] @ embeddings.vectors[found.position]
    assert products[0].sum() == pytest.approx(expected, rel=1e-3)


def test_by_hand(shapes: ImageSet, resnet: Model) -> None:
    a, b = (
        record(resnet, resnet.preprocess(shapes[n].image), "stage3")["stage3"][0].double() for n in (0, 1)
    )
    u, v = a.mean((1, 2)), b.mean((1, 2))
    expected = (a * v[:, None, None]).sum(0) / a[0].numel() / (u.norm() * v.norm())
    found = similarity_map(resnet, shapes[0].image, shapes[1].image, "stage3")[0]
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-6)


class Pointwise(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 6, 1)
        self.act = nn.ReLU()
        self.second = nn.Conv2d(6, 5, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(self.act(self.first(x))).mean((2, 3))


def noise_picture(seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (16, 16, 3), np.uint8))


def test_a_picture_turned_round_turns_its_map_round() -> None:
    model = wrapped(seeded(Pointwise))
    a, b = noise_picture(0), noise_picture(1)
    straight = similarity_map(model, a, b, "second")
    mirrored = similarity_map(model, a, b.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "second")
    np.testing.assert_allclose(mirrored[1], straight[1][:, ::-1], atol=1e-6)
    np.testing.assert_allclose(mirrored[0], straight[0], atol=1e-6)
    np.testing.assert_allclose(similarity_map(model, b, a, "second")[0], straight[1], atol=1e-7)


def test_of_a_region_only_its_places_count(shapes: ImageSet, resnet: Model) -> None:
    box, layer = (0.0, 0.25, 0.5, 1.0), "stage3"
    maps = similarity_map(resnet, shapes[0].image, shapes[1].image, layer, box=box)
    inside = cells_in_box(resnet.layers_by_name[layer].grid, box)
    assert not maps[0][~inside].any()
    region = region_vectors(resnet, shapes[0].image, layer, box)[0]
    whole = embed(resnet, shapes.subset([1]), layer, store=NOWHERE).vectors[0]
    cosine = region @ whole / np.linalg.norm(region) / np.linalg.norm(whole)
    assert maps[0].sum() == pytest.approx(cosine, abs=1e-5)
    assert maps[1].sum() == pytest.approx(cosine, abs=1e-5)


def test_a_region_of_everything_is_the_pooled_picture(shapes: ImageSet, resnet: Model) -> None:
    for layer in ("stem", "stage3", "head"):
        whole = embed(resnet, shapes.subset([5]), layer, store=NOWHERE).vectors
        region = region_vectors(resnet, shapes[5].image, layer, (0, 0, 1, 1))
        np.testing.assert_allclose(region, whole, rtol=1e-4, atol=1e-5)


def test_one_picture_gets_the_vector_it_has_in_its_set(shapes: ImageSet, resnet: Model) -> None:
    for layer, pool, options in (
        ("stage2", "max", {}),
        ("stage3", "grid", {"side": 2}),
        ("head", "mean", {}),
    ):
        whole = embed(resnet, shapes.subset([5]), layer, pool=pool, store=NOWHERE, **options).vectors
        found = image_vectors(resnet, shapes[5].image, layer, pool=pool, **options)
        np.testing.assert_allclose(found, whole, rtol=1e-4, atol=1e-5)


def test_the_places_behind_a_vector(resnet: Model) -> None:
    assert flattened_layer(load_model("digits-cnn"), "flatten") == "pool3"
    assert flattened_layer(resnet, "flatten") == ""
    assert flattened_layer(resnet, "stage3") == ""
    assert spatial_layer(resnet, "stage2") == "stage2"
    assert spatial_layer(resnet, "pool") == "stage3"
    assert spatial_layer(resnet, "flatten") == "stage3"
    assert spatial_layer(resnet, "head") == ""
    vit = load_model("shapes-vit")
    assert spatial_layer(vit, "blocks.0") == "blocks.0"
    assert spatial_layer(vit, "blocks.0.attention.weights") == ""
    assert spatial_layer(wrapped(seeded(Pointwise)), "second") == "second"


def test_cells_within_a_box() -> None:
    assert cells_in_box((2, 4), (0.5, 0, 1, 0.5)).tolist() == [[False, False, True, True], [False] * 4]
    assert cells_in_box((3, 3), (0.4, 0.4, 0.41, 0.41)).sum() == 1  # between the centres
    assert cells_in_box((3, 3), (0.99, 0.99, 1, 1)).nonzero() == ([2], [2])
    assert cells_in_box((1, 1), (0, 0, 0.1, 0.1)).all()
    assert cells_in_box((7, 5), (0, 0, 1, 1)).all()


@pytest.mark.parametrize(
    "box",
    [
        (0, 0, 0, 1),
        (0.5, 0, 0.2, 1),
        (-1, 0, 1, 1),
        (0, 0, 1, 1.01),
        (0, 0, 1),
        "abcd",
        (0, 0, 1, float("nan")),
    ],
)
def test_boxes_that_are_none(box: object) -> None:
    with pytest.raises(BadInput, match="A box is left, top, right, bottom"):
        cells_in_box((4, 4), box)


def test_what_lies_in_no_place_is_refused(shapes: ImageSet, resnet: Model) -> None:
    pictures = shapes[0].image, shapes[1].image
    for pool in ("class_token", "flatten"):
        with pytest.raises(BadInput, match="class token"):
            similarity_map(load_model("shapes-vit"), *pictures, "blocks.2", pool=pool)
    with pytest.raises(BadInput, match="tokens attend to tokens"):
        similarity_map(load_model("shapes-vit"), *pictures, "blocks.0.attention.weights")
    with pytest.raises(BadInput, match="pooled by mean"):
        similarity_map(resnet, *pictures, "stage3", pool="grid", box=(0, 0, 1, 1))
    with pytest.raises(BadInput, match="Only cosine and dot"):
        similarity_map(resnet, *pictures, "stage3", metric="euclidean")  # type: ignore[arg-type]


def test_images_ranked_by_a_unit(shapes: ImageSet, resnet: Model) -> None:
    embeddings = embed(resnet, shapes, "stage2", pool="max", store=NOWHERE)
    found = rank_by_unit(embeddings, 7, 5)
    assert [each.similarity for each in found] == sorted(embeddings.vectors[:, 7], reverse=True)[:5]
    output = record(resnet, resnet.preprocess(shapes[found[0].position].image), "stage2")["stage2"]
    assert found[0].similarity == pytest.approx(float(output[0, 7].max()), rel=1e-4)
    assert found[0].id == shapes[found[0].position].id
    with pytest.raises(BadInput, match="units 0 to"):
        rank_by_unit(embeddings, embeddings.dimensions)
    with pytest.raises(BadInput, match="from 1"):
        rank_by_unit(embeddings, 0, 0)
