import json
from collections.abc import Callable
from pathlib import Path

import torch
from streamlit.testing.v1 import AppTest

from featviz.explain.architecture.blocks import Block, blocks
from featviz.models.networks.bundled import ShapesResNet, ShapesViT
from featviz.ui.components.architecture import architecture
from featviz.ui.components.architecture.architecture import shape_label
from featviz.ui.components.browser.modules import bundle
from tests.toys import listed

ASSETS = Path(architecture.__file__).parent


def drawn(network: Callable[[], torch.nn.Module]) -> tuple[Block, ...]:
    with torch.device("meta"):
        return blocks(listed(network().eval(), torch.empty(1, 3, 64, 64)))


def page(blocks, **options) -> None:  # its text runs alone, without the imports above
    import streamlit as st

    from featviz.ui.components.architecture.architecture import architecture_drawing

    st.text(str(architecture_drawing(blocks, key="drawing", **options)))


def sent(blocks: tuple[Block, ...], **options: object) -> dict:
    app = AppTest.from_function(page, args=(blocks,), kwargs=options, default_timeout=30).run()
    assert not app.exception
    assert app.text[0].value == "None"
    return json.loads(app.get("bidi_component")[0].proto.bytes)


def test_the_browser_gets_every_block_with_what_is_drawn_of_it() -> None:
    shown = drawn(ShapesResNet)
    view = sent(shown, input_shape=(3, 64, 64), classes=80, outside=7)
    assert [block["name"] for block in view["blocks"]] == [block.name for block in shown]
    assert sum(block["parameters"] for block in view["blocks"]) == sum(block.parameters for block in shown)
    assert (view["input"], view["classes"], view["outside"], view["selected"]) == ([3, 64, 64], 80, 7, [])
    stem, first = view["blocks"][:2]
    assert (stem["label"], stem["extent"], stem["values"]) == (["32", "32 × 32"], [32, 32], 32**3)
    assert stem["makeup"] == [["convolution", 1], ["normalization", 1], ["activation", 1]]
    assert (first["within"], first["title"], first["layers"]) == ("stage1", "stage1.0", 7)


def test_the_block_that_holds_the_selected_layer_is_outlined() -> None:
    shown = drawn(ShapesResNet)
    assert sent(shown, selected="stage2.0.conv1")["selected"] == ["stage2.0", "stage2.0.relu1"]
    assert sent(shown, selected="stage2.1")["selected"] == ["stage2.1", "stage2.1.relu2"]
    assert sent(shown, selected="a layer of another network")["selected"] == []


def test_tokens_say_that_they_are_tokens() -> None:
    shown = drawn(ShapesViT)
    block = next(block for block in shown if block.name == "blocks.0")
    assert shape_label(block) == ("65 tokens", "96")
    described = next(block for block in sent(shown)["blocks"] if block["name"] == "blocks.0")
    assert (described["tokens"], described["extent"], described["values"]) == (True, [8, 8], 65 * 96)
    assert shape_label(shown[-1]) == ("80",)


def test_maps_that_keep_channels_last_read_channels_first() -> None:
    with torch.device("meta"):
        from torchvision.models import swin_t

        shown = blocks(listed(swin_t(weights=None).eval(), torch.empty(1, 3, 224, 224)))
    last = next(block for block in shown if block.layout == "maps_last")
    assert shape_label(last) == ("96", "56 × 56")


def test_only_blocks_of_this_drawing_are_taken_from_the_browser(monkeypatch) -> None:
    shown, taken = drawn(ShapesResNet), []
    for value in ("stage1.0", "layer4", 3, None, {"name": "stage1.0"}):
        monkeypatch.setattr(architecture.st, "session_state", {"drawing": {"pick": value}})
        architecture._forward("drawing", frozenset(block.name for block in shown), taken.append)
    assert taken == ["stage1.0"]


NAMELESS = {"title": "", "file": "architecture.svg"}


def test_an_empty_network_draws_nothing_and_breaks_nothing() -> None:
    nothing = {"blocks": [], "selected": [], "input": None, "classes": None, "outside": 0}
    assert sent(()) == nothing | NAMELESS


def test_text_reaches_the_page_as_text_alone() -> None:
    script = bundle(ASSETS / "architecture.js")
    assert "innerHTML" not in script
    assert "insertAdjacentHTML" not in script
