from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featviz.explain.attribution.presets import PRESETS
from featviz.explain.attribution.registry import METHODS
from featviz.registry import Method
from featviz.representation.projection import PROJECTIONS
from featviz.ui.state.option_text import (
    LARGEST,
    NO_IMAGE,
    OptionTexts,
    UploadedImage,
    method_key,
    methods_with_options,
    read_options,
    write_options,
)

DIGEST = "upload/" + "0a" * 16


def placed(options: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Options of methods of attribution, by their place."""
    return {f"attribution.{method}": each for method, each in options.items()}


def test_only_what_differs_from_the_defaults_is_written() -> None:
    options = {
        "attribution.rise": {"masks": 500, "cells": 7},
        "attribution.integrated_gradients": {"steps": 100, "seed": 0},
    }
    assert write_options(options) == "attribution.integrated_gradients.steps=100;attribution.rise.masks=500"
    assert write_options({}) == ""


@pytest.mark.parametrize(
    "options",
    [
        {"attribution.grad_cam": {"layer": "layer4.1", "relu": False}},
        {"attribution.grad_cam": {"layer": "odd;name=a.b%3B\u00e9"}},
        {"attribution.smoothgrad": {"noise": 0.125, "seed": LARGEST}},
        {"attribution.integrated_gradients": {"baseline": "black"}},
        {
            "parameterization.fourier": {"decay": 0.5, "colors": "none"},
            "transforms.lucid": {"strength": 0.0},
        },
        {
            "maximization.gradient_ascent": {
                "steps": 64,
                "rate": 0.25,
                "precision": "float32",
                "transparency": True,
            }
        },
        {
            "attribution.integrated_gradients": {"baseline": UploadedImage(DIGEST)},
            "attribution.occlusion": {"baseline": NO_IMAGE},
        },
        *(placed(preset.options) for name, preset in PRESETS.items() if name != "paper"),
    ],
)
def test_what_is_written_is_read_again(options: dict[str, dict[str, Any]]) -> None:
    assert read_options(write_options(options)) == options


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "rise",
        "rise.masks",
        "rise.masks=",
        "rise.masks=many",
        "rise.masks=1e3",
        "rise.masks=-5",
        "rise.masks=99999999",
        "rise.masks=" + "9" * 300,
        "rise.seed=9007199254740993",
        "smoothgrad.noise=nan",
        "smoothgrad.noise=inf",
        "grad_cam.relu=yes",
        "grad_cam.layer=" + "x" * 300,
        "integrated_gradients.baseline=white",
        "integrated_gradients.baseline=upload/../../etc/passwd",
        "integrated_gradients.baseline=camera/" + "0" * 32,
        "no_such.option=1",
        "fourier.decay=nan",
        "fourier.colours=purple",
        "gradient_ascent.steps=0",
        "gradient_ascent.steps=1000000000",
        "gradient_ascent.rate=1e30",
        "rise.__class__=1",
        "rise.function=1",
        "attribution.rise.masks=many",
        "projection.rise.masks=5",
        "projection.random.seed=3",
        "no_such.rise.masks=5",
        "attribution.attribution.rise.masks=5",
        ".rise.masks=5",
    ],
)
def test_an_entry_that_makes_no_sense_is_passed_over_and_spoils_no_other(entry: str) -> None:
    assert read_options(entry) == {}
    assert read_options(f"{entry};smoothgrad.samples=7;{entry}") == {"attribution.smoothgrad": {"samples": 7}}


@given(
    st.text()
    | st.lists(
        st.sampled_from([*";=.%", "attribution", "rise", "masks", "fourier", "decay", "5", "\ud800"])
    ).map("".join)
)
def test_any_text_gives_options_that_the_methods_take(text: str) -> None:
    methods = dict(methods_with_options())
    for name, options in read_options(text).items():
        plain = {option: value for option, value in options.items() if not isinstance(value, UploadedImage)}
        assert plain.items() <= methods[name].complete(plain).items()


def test_every_method_has_a_place_of_its_own_and_is_found_there() -> None:
    found = [place for place, _method in methods_with_options()]
    assert len(found) == len(set(found))
    for place, method in methods_with_options():
        assert method_key(method) == place


@pytest.fixture
def random_map(monkeypatch: pytest.MonkeyPatch) -> Method:
    """The projection called `random`, as if it had the option that the attribution of this id has."""
    bare, seed = PROJECTIONS["random"], METHODS["random"].parameters[0]
    assert seed.name == "seed"
    given = replace(bare, parameters=(replace(seed, default=1),))
    monkeypatch.setitem(PROJECTIONS._methods, "random", given)
    return given


def test_two_methods_of_one_id_keep_their_options_apart(random_map: Method) -> None:
    place, attribution = method_key(random_map), method_key(METHODS["random"])
    options = {attribution: {"seed": 3}, place: {"seed": 7}}
    assert write_options(options) == "attribution.random.seed=3;projection.random.seed=7"
    assert read_options(write_options(options)) == options
    assert read_options("projection.random.seed=7") == {"projection.random": {"seed": 7}}
    assert write_options({place: {"seed": 0}}) == "projection.random.seed=0"


def test_links_of_before_mean_the_first_registry_that_has_the_method(random_map: Method) -> None:
    assert read_options("random.seed=3") == {method_key(METHODS["random"]): {"seed": 3}}
    old = "rise.masks=500;fourier.decay=0.5;gradient_ascent.steps=9;umap.epochs=20;k_means.clusters=3;ivf.lists=4"
    assert write_options(read_options(old)) == (
        "attribution.rise.masks=500;parameterization.fourier.decay=0.5;maximization.gradient_ascent.steps=9;"
        "projection.umap.epochs=20;clustering.k_means.clusters=3;index.ivf.lists=4"
    )


def test_of_a_text_that_is_too_long_the_first_whole_options_are_taken() -> None:
    entry = OptionTexts(longest=40)
    assert entry.read("rise.masks=500;rise.cells=5;rise.seed=1234") == (
        "attribution.rise.masks=500;attribution.rise.cells=5"
    )
    assert entry.read("x.y=1;rise.masks=nan") is None
    assert entry.read("rise.masks=5\x00;rise.cells=5") == "attribution.rise.cells=5"


@pytest.mark.parametrize("text", [None, 5, ["rise.masks=500"], "rise.masks=500;" * 100_000])
def test_what_is_no_text_or_endless_is_read_without_complaint(text: object) -> None:
    assert read_options(text) in ({}, {"attribution.rise": {"masks": 500}})
