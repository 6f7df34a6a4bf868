"""An uploaded checkpoint is seen through the preprocessing that somebody chose, in the page, its links and its code."""

import json
from collections.abc import Iterator

import numpy as np
import pytest
import safetensors.torch
import torch
import torchvision
from streamlit.testing.v1 import AppTest
from torch import nn

from featviz.data.sets.image_set import ImageSet
from featviz.ui.inputs import network as inputs
from featviz.ui.pages.network import preprocessor_file
from featviz.ui.state.jobs import end_all
from featviz.ui.state.models import Upload
from tests.test_links import written
from tests.test_pages import assert_sound, open_page, said
from tests.toys import seeded

ARCHITECTURE = "torchvision/squeezenet1_1"


@pytest.fixture(scope="module")
def network() -> nn.Module:
    return seeded(lambda: torchvision.models.squeezenet1_1(num_classes=5))


@pytest.fixture(autouse=True)
def uploaded(network: nn.Module, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    data = safetensors.torch.save(network.state_dict())
    monkeypatch.setattr(inputs, "_choose_file", lambda: Upload("one", "net.safetensors", data, ()))
    yield
    end_all()


def opened(**query: str) -> AppTest:
    app = open_page("network", model=ARCHITECTURE, weights="file", image="shapes/3", **query)
    assert_sound(app)
    return app


def table(app: AppTest) -> list[list[object]]:
    return list(app.dataframe[0].value.to_numpy().tolist())


def metric(app: AppTest, label: str) -> str:
    return next(str(each.value) for each in app.metric if each.label == label)


def test_what_is_assumed_is_said_and_each_choice_stands_beside_the_others(network: nn.Module) -> None:
    app = opened()
    assert "Assumed, as the file does not say: 224 × 224 pixels" in said(app)
    assert "Preprocessing (assumed): 224 × 224 pixels" in app.sidebar.caption[-1].value
    rows = table(app)
    assert [row[0] for row in rows if "in use" in str(row[0])] == ["224 px, ImageNet (in use)"]
    pixels = np.asarray(ImageSet.bundled("shapes")[3].image, dtype=np.float32)  # 64 x 64, as one row has it
    x = torch.from_numpy(pixels).permute(2, 0, 1)[None] / 255
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    with torch.no_grad():
        chances = network((x - mean.view(3, 1, 1)) / std.view(3, 1, 1)).softmax(1)[0]
    row = next(row for row in rows if row[0] == "64 px, ImageNet")
    assert row[1:3] == [f"class {int(chances.argmax())}", f"{float(chances.max()):.1%}"]


def test_a_choice_changes_the_network_the_address_and_the_code() -> None:
    app = opened()
    app.number_input(key="input_size.number").set_value(64).run()
    app.selectbox(key="statistics.kind").set_value("half").run()
    app.selectbox(key="outputs").set_value("multi_label").run()
    assert_sound(app)
    assert metric(app, "Input") == "64 × 64"
    assert "Assumed" not in said(app)
    assert "Each label has a probability of its own" in said(app)
    chosen = {"input_size": "64", "statistics": "half", "outputs": "multi_label"}
    assert {key: written(app)[key] for key in chosen} == chosen
    assert ", input_size=64, mean=0.5, std=0.5" in "".join(each.value for each in app.code)
    assert "outputs='multi_label'" in "".join(each.value for each in app.code)
    again = opened(checkpoint=written(app)["checkpoint"], **chosen)
    assert metric(again, "Input") == "64 × 64"
    assert table(again) == table(app)


def test_numbers_of_ones_own_are_taken_and_nonsense_is_not() -> None:
    app = opened(input_size="64")
    app.selectbox(key="statistics.kind").set_value("custom").run()
    app.text_input(key="statistics.mean").set_value("0.1, 0.2, 0.3").run()
    app.text_input(key="statistics.std").set_value("zero").run()
    assert app.error
    app.text_input(key="statistics.std").set_value("0.25").run()
    assert not app.error
    assert ", mean=(0.1, 0.2, 0.3), std=0.25" in "".join(each.value for each in app.code)
    assert written(app)["statistics"] == "0.1,0.2,0.3/0.25"


TIMM = {"pretrained_cfg": {"input_size": [3, 64, 64], "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}}
HUGGING_FACE = {
    "size": {"height": 96, "width": 96},
    "image_mean": [0.1, 0.2, 0.3],
    "image_std": [0.4] * 3,
    "resample": 3,
}


def hand_over(monkeypatch: pytest.MonkeyPatch, content: object) -> None:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    file = preprocessor_file.File(str(hash(data)), "preprocessor_config.json", data)
    monkeypatch.setattr(preprocessor_file, "_uploaded", lambda: file)


def test_a_preprocessor_file_is_followed_and_can_be_overruled(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened()
    for content, size, statistics in ((TIMM, 64, "half"), (HUGGING_FACE, 96, "custom")):
        hand_over(monkeypatch, content)
        app.run()
        assert_sound(app)
        assert (metric(app, "Input"), app.selectbox(key="statistics.kind").value) == (
            f"{size} × {size}",
            statistics,
        )
    assert ", input_size=96, mean=(0.1, 0.2, 0.3), std=0.4" in "".join(each.value for each in app.code)
    assert "Not taken from the file: bicubic interpolation (bilinear is used)." in said(app)
    app.number_input(key="input_size.number").set_value(64).run()
    assert (metric(app, "Input"), written(app)["input_size"]) == ("64 × 64", "64")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b'{"mean": 1e999}',
        b"null",
        b"\xff\xfe",
        b" " * (2 << 20),
        {"mean": [0.5], "std": [0]},
    ],
)
def test_a_preprocessor_file_that_says_nothing_is_refused_and_nothing_changes(
    content: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_over(monkeypatch, content)
    app = open_page("network", model=ARCHITECTURE, weights="file", image="shapes/3")
    assert not app.exception
    assert [each.value for each in app.error] == [
        "preprocessor\\_config.json: It says neither an input size nor a mean and a standard deviation. Choose the "
        "preprocessor_config.json or config.json beside the checkpoint, or the numbers above."
    ]
    assert metric(app, "Input") == "224 × 224"


def test_a_size_that_the_network_cannot_take_is_said_and_the_page_stays() -> None:
    app = opened(input_size="8")
    assert "cannot take images of 8 × 8 pixels" in app.sidebar.warning[0].value
    assert metric(app, "Input") == "224 × 224"


def test_a_backbone_of_gray_images_is_shown_as_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    network = seeded(lambda: torchvision.models.squeezenet1_1())
    network.features[0] = nn.Conv2d(1, 64, 3, 2)
    state = {name: each for name, each in network.state_dict().items() if "classifier" not in name}
    upload = Upload("gray", "gray.safetensors", safetensors.torch.save(state), ())
    monkeypatch.setattr(inputs, "_choose_file", lambda: upload)
    app = opened(input_size="64")
    assert not app.error
    assert metric(app, "Outputs") == "512"
    assert app.selectbox(key="outputs").value == "embedding"
    words = said(app)
    assert "The network takes gray images." in words
    assert "The file holds no layer that names classes" in words
    assert "MNIST" in str(table(app))


def test_another_network_forgets_the_choices_and_is_not_asked() -> None:
    app = opened(input_size="64", statistics="half")
    app.selectbox(key="model").set_value("shapes-resnet").run()
    assert_sound(app)
    assert metric(app, "Input") == "64 × 64"
    assert "Preprocessing" not in [each.value for each in app.subheader]
    assert not {"input_size", "statistics", "outputs"} & set(written(app))
