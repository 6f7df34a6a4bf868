from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featviz.explain.attribution.presets import PRESETS
from featviz.ui.state.option_text import (
    LARGEST,
    NO_PICTURE,
    OwnPicture,
    declared,
    read_options,
    write_options,
)

DIGEST = "upload/" + "0a" * 16


def test_only_what_differs_from_the_defaults_is_written() -> None:
    options = {"rise": {"masks": 500, "cells": 7}, "integrated_gradients": {"steps": 100, "seed": 0}}
    assert write_options(options) == "integrated_gradients.steps=100;rise.masks=500"
    assert write_options({}) == ""


@pytest.mark.parametrize(
    "options",
    [
        {"grad_cam": {"layer": "layer4.1", "relu": False}},
        {"grad_cam": {"layer": "odd;name=a.b%3B\u00e9"}},
        {"smoothgrad": {"noise": 0.125, "seed": LARGEST}},
        {"integrated_gradients": {"baseline": "black"}},
        {"fourier": {"decay": 0.5, "colours": "none"}, "lucid": {"strength": 0.0}},
        {"gradient_ascent": {"steps": 64, "rate": 0.25, "precision": "float32", "transparency": True}},
        {"integrated_gradients": {"baseline": OwnPicture(DIGEST)}, "occlusion": {"baseline": NO_PICTURE}},
        *(dict(preset.options) for name, preset in PRESETS.items() if name != "paper"),
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
    ],
)
def test_an_entry_that_makes_no_sense_is_passed_over_and_spoils_no_other(entry: str) -> None:
    assert read_options(entry) == {}
    assert read_options(f"{entry};smoothgrad.samples=7;{entry}") == {"smoothgrad": {"samples": 7}}


@given(
    st.text()
    | st.lists(st.sampled_from([*";=.%", "rise", "masks", "fourier", "decay", "5", "\ud800"])).map("".join)
)
def test_any_text_gives_options_that_the_methods_take(text: str) -> None:
    methods = {method.id: method for method in declared()}
    for name, options in read_options(text).items():
        plain = {option: value for option, value in options.items() if not isinstance(value, OwnPicture)}
        assert plain.items() <= methods[name].complete(plain).items()


def test_no_two_methods_share_an_id() -> None:
    ids = [method.id for method in declared()]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("text", [None, 5, ["rise.masks=500"], "rise.masks=500;" * 100_000])
def test_what_is_no_text_or_endless_is_read_without_complaint(text: object) -> None:
    assert read_options(text) in ({}, {"rise": {"masks": 500}})
