"""Ways to place new vectors are found by name again: maps that earlier versions saved open and place as they did."""

from pathlib import Path

import numpy as np
import pytest

from featviz.errors import BadInput
from featviz.representation.projection import Projection, project
from featviz.representation.projection.out_of_sample import from_arrays, out_of_sample, to_arrays
from featviz.store.checked_file import pack, unpack

SAVED = Path(__file__).parent / "saved"
PLACED = np.load(SAVED / "placed.npz")
PLACEMENTS = {"pca": "Linear", "few": "MetricSpace", "tsne": "TsneMap", "umap": "UmapMap"}


@pytest.mark.parametrize("name", PLACEMENTS)
def test_maps_saved_before_open_and_place_as_they_did(name: str) -> None:
    map_ = Projection.load(SAVED / f"{name}.map")
    assert type(map_.placement).__name__ == PLACEMENTS[name]
    known = PLACED["vectors"][: len(map_)]
    np.testing.assert_allclose(map_.transform(known), map_.points, atol=1e-4)
    extent = np.ptp(PLACED[name], axis=0).max()
    np.testing.assert_allclose(map_.transform(PLACED["new"]), PLACED[name], atol=0.02 * extent)


@pytest.mark.parametrize("name", PLACEMENTS)
def test_what_is_packed_comes_back(name: str) -> None:
    stored = Projection.load(SAVED / f"{name}.map").placement
    restored = from_arrays(*to_arrays(stored))
    assert type(restored) is type(stored)
    for part, value in vars(stored).items():
        np.testing.assert_array_equal(getattr(restored, part), value)


def test_a_placement_nobody_knows_is_refused() -> None:
    arrays, about = unpack(project(PLACED["vectors"], "pca").to_bytes())
    for described in (["Popen", {}], ["Linear", {"more": 1}], [], None):
        with pytest.raises(BadInput, match="another version"):
            Projection.from_bytes(pack(arrays, {**about, "placement": described}))


def test_two_placements_have_two_names() -> None:
    with pytest.raises(ValueError, match="Linear"):
        out_of_sample("Linear")(type("Linear", (), {}))
