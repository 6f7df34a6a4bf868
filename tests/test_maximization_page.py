"""The Activation maximization page: it starts by itself where it is cheap, says what it costs where it is not."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from featviz import ImageSet, load_model
from featviz.ui.pages.maximization import real_images, tasks
from featviz.ui.pages.maximization.film import Film, pixels
from featviz.ui.pages.maximization.sheet import Sheet
from featviz.ui.pages.maximization.view_state import CLASS_DECAY
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.jobs import end_all
from tests.test_pages import assert_sound, open_page

PAGE = "maximization"
QUICK = "gradient_ascent.steps=4"


def open_run(**query: str) -> AppTest:
    return open_page(PAGE, **{"options": QUICK, "model": "digits-cnn", **query})


def finished(app: AppTest, patience: float = 60) -> AppTest:
    """Run the page again until nothing runs."""
    until = time.monotonic() + patience
    while any(button.label == "Stop" for button in app.button) and time.monotonic() < until:
        time.sleep(0.2)
        app.run()
    return app


def kept(kind: type) -> list[object]:
    return [value for value, _ in FEATURES._entries.values() if isinstance(value, kind)]


def films() -> list[Film]:
    return [value for value in kept(Film) if isinstance(value, Film)]


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    FEATURES.clear()
    monkeypatch.setattr(real_images, "_MAX_IMAGES", 100)
    yield
    end_all()


@pytest.mark.parametrize("aim", ["", "5", "-5", "5-7", "stage2/*"])
def test_every_kind_of_aim_is_driven(aim: str) -> None:
    app = finished(open_run(model="shapes-resnet", objective=aim))
    assert_sound(app)
    assert not app.error
    (film,) = films()
    assert film.frame.ended == "steps"
    assert film.frame.image.shape == (1, 64, 64, 3)


def test_a_channel_and_a_neuron_of_the_vision_transformer_are_driven() -> None:
    for aim in ("blocks.2.mlp/3", "blocks.2.mlp/3@1,1"):
        app = finished(open_run(model="shapes-vit", objective=aim))
        assert_sound(app)
        assert not app.error, aim
    assert len(films()) == 2


@pytest.mark.parametrize("kind", ["fourier", "pixel", "maco"])
def test_every_kind_of_image_is_painted(kind: str) -> None:
    app = finished(open_run(parameterization=kind, count="2"))
    assert_sound(app)
    (film,) = films()
    assert film.frame.image.shape[0] == 2
    assert not np.array_equal(film.frame.image[0], film.frame.image[1])


def test_a_change_goes_on_from_the_present_picture_and_another_seed_begins_anew() -> None:
    app = finished(open_run(controls="more"))
    end = films()[0].frame.image
    app.slider(key="option.fourier.decay").set_value(0.8).run()
    finished(app)
    assert str(app.session_state["start_from"]).startswith("run/")
    start = films()[-1].images[0]
    assert np.abs(start / 255 - end).mean() < 0.03
    app.number_input(key="option.gradient_ascent.seed").set_value(1).run()
    finished(app)
    assert app.session_state["start_from"] == ""
    assert films()[-1].images[0].std() < 5


def test_another_parameterization_begins_anew() -> None:
    app = finished(open_run())
    app.segmented_control(key="parameterization").set_value("pixel").run()
    finished(app)
    assert app.session_state["start_from"] == ""
    assert films()[-1].frame.made["options"]["parameterization"] == "pixel"
    assert films()[-1].images[0].std() < 5


def test_the_same_link_makes_the_same_picture() -> None:
    finished(open_run(parameterization="maco", objective="3"))
    first = films()[0].frame.image
    FEATURES.clear()
    finished(open_run(parameterization="maco", objective="3"))
    assert np.array_equal(films()[0].frame.image, first)


def snippet(app: AppTest) -> str:
    return str(next(code.value for code in app.code if "featviz.maximize" in code.value))


def address(app: AppTest) -> str:
    """What the page wrote last."""
    return str(next(reversed(app.session_state["_written_addresses"])))


def test_a_class_can_be_painted_for_an_early_stage_of_the_training_too() -> None:
    alone = finished(open_run(objective="5", controls="more"))
    assert alone.session_state["early"] == ""
    assert "ensemble" not in snippet(alone)
    assert "early" not in address(alone)
    alone.segmented_control(key="early").set_value("1-4th").run()
    finished(alone)
    assert_sound(alone)
    assert not alone.error
    both = 'both = featviz.ensemble([model, featviz.load_model("digits-cnn", weights="1-4th")])'
    assert both in snippet(alone).replace("'", '"')
    assert "early=1-4th" in address(alone)
    assert "featviz.maximize(both, " in snippet(alone)
    first, second = films()
    assert first.frame.made["model"] == "digits-cnn"
    assert second.frame.made["model"] == "digits-cnn (trained) + digits-cnn (1-4th)"
    assert not np.array_equal(first.frame.image, second.frame.image)


def test_a_link_names_the_early_stage_and_paints_for_it_again() -> None:
    app = finished(open_run(objective="5", early="1-4th"))
    assert app.session_state["early"] == "1-4th"
    assert [film.frame.made["model"] for film in films()] == ["digits-cnn (trained) + digits-cnn (1-4th)"]


@pytest.mark.parametrize(
    "query",
    [
        {"objective": "relu2/3"},
        {"objective": "5", "weights": "1-4th"},
        {"objective": "5", "model": "torchvision/squeezenet1_1", "weights": "random"},
    ],
)
def test_there_is_no_early_stage_without_a_class_of_a_trained_network_that_has_stages(
    query: dict[str, str],
) -> None:
    app = finished(open_run(early="1-4th", **query))
    assert_sound(app)
    assert not [each for each in app.segmented_control if each.key == "early"]
    assert "ensemble" not in snippet(app)
    assert all("+" not in film.frame.made["model"] for film in films())


def test_what_an_address_says_of_no_stage_is_passed_over() -> None:
    app = finished(open_run(objective="5", early="random"))
    assert app.session_state["early"] == ""
    assert [film.frame.made["model"] for film in films()] == ["digits-cnn"]


def test_the_sheet_of_classes_is_painted_for_the_early_stage_as_well() -> None:
    app = finished(open_run(objective="5", early="1-4th", count="2", diversity="1"))
    assert not app.error
    next(button for button in app.button if button.label.startswith("Make the sheet of 10")).click().run()
    finished(app)
    assert_sound(app)
    assert len(kept(Sheet)) == 1


def test_what_takes_long_says_so_and_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "_CHEAP_BUNDLED", 0.0)
    app = open_run()
    assert not films()
    offers = [button for button in app.button if button.label.startswith("Make the image (about")]
    offers[0].click().run()
    finished(app)
    assert len(films()) == 1


def test_what_takes_very_long_offers_a_cheaper_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "_CHEAP_BUNDLED", 0.0)
    monkeypatch.setattr(tasks, "_LONG", 0.0)
    app = open_run(options="gradient_ascent.steps=2000", objective="relu2/3")
    offers = [button for button in app.button if button.label.startswith("128 steps")]
    assert offers[0].label.startswith("128 steps (about")
    assert not films()
    offers[0].click().run()
    finished(app)
    assert films()[-1].frame.steps == 128
    assert "gradient_ascent.steps%3D128" in address(app)


def test_a_network_that_cannot_be_driven_there_says_why() -> None:
    app = finished(open_run(objective="5", weights="random"))
    assert_sound(app)
    assert len(films()) == 1


def test_the_sheet_has_a_picture_of_every_class_and_a_tile_can_be_chosen() -> None:
    app = finished(open_run(objective="5"))
    next(button for button in app.button if button.label.startswith("Make the sheet of 10")).click().run()
    finished(app)
    (sheet,) = kept(Sheet)
    assert isinstance(sheet, Sheet)
    assert len(sheet.tiles) == 10
    assert_sound(app)


def test_a_made_image_is_beside_the_strongest_real_one_and_its_score_has_a_unit() -> None:
    app = finished(open_run(objective="5"))
    said = [each.value for each in app.markdown]
    assert any(each.startswith("This image: logit **") for each in said)
    assert any(each.startswith("Strongest real image: logit **") for each in said)
    responses = FEATURES.get(next(key for key in FEATURES._entries if key[0] == "responses"))
    assert responses.shape == (100, 10)
    best = ImageSet.bundled("digits")[int(responses[:, 5].argmax()) * 5]
    assert any(f"{best.id} · {best.label}, of 100 images" in each.value for each in app.caption)
    assert [each.label for each in app.metric][:1] == ["this image"]
    assert any(each.value == "**Logit** of" for each in app.markdown)


def test_an_image_that_is_called_something_else_says_so_and_offers_another_seed() -> None:
    app = finished(open_run(objective="0", transforms="plain", options="gradient_ascent.steps=1"))
    (film,) = films()
    said = load_model("digits-cnn").predict(cross_input(film))[0][0]
    assert said.index != 0
    warning = next(each.value for each in app.markdown if "does not call it its class" in each.value)
    assert f"rediction **{said.label}** {said.probability:.0%}; **0** " in warning
    app.button(key="seed.next").click().run()
    finished(app)
    assert films()[-1].frame.made["options"]["seed"] == 1
    assert "gradient_ascent.seed%3D1" in address(app)


def cross_input(film: Film) -> torch.Tensor:
    return load_model("digits-cnn").preprocess(Image.fromarray(pixels(film.frame)[0]))


def test_turning_to_classes_begins_with_the_class_of_the_image_s_prediction() -> None:
    app = finished(open_run(image="digits/4", objective="relu2/3"))
    app.segmented_control(key="objective.kind").set_value("class").run()
    model = load_model("digits-cnn")
    first = model.predict(model.preprocess(ImageSet.bundled("digits")[4].image))[0][0]
    assert app.session_state["objective"] == f"p{first.index}" != "p0"
    assert app.selectbox(key="objective.class").value == str(first.index)


def test_a_class_begins_with_its_log_probability_and_a_smoother_spectrum_and_a_logit_without() -> None:
    app = finished(open_run(objective="relu2/3"))
    app.segmented_control(key="objective.kind").set_value("class").run()
    made = films_after(app)
    assert made["objective"].startswith("LogProbability")
    assert made["options"]["decay"] == CLASS_DECAY
    assert "featviz.LogProbability(" in app.code[0].value
    assert any("log-probability" in each.value for each in app.markdown)
    app.segmented_control(key="objective.score").set_value("logit").run()
    made = films_after(app)
    assert (made["objective"].partition("(")[0], made["options"]["decay"]) == ("Logit", 1.2)
    assert not app.session_state["objective"].startswith("p")


def test_a_decay_that_somebody_chose_stays_where_one_turns_to_classes() -> None:
    app = finished(open_run(objective="relu2/3", options=f"{QUICK};fourier.decay=0.8"))
    app.segmented_control(key="objective.kind").set_value("class").run()
    assert films_after(app)["options"]["decay"] == 0.8


def films_after(app: AppTest) -> dict[str, Any]:
    """How the newest film of a page was made, once its run has ended."""
    finished(app)
    return dict(films()[-1].frame.made)


def test_naturalness_is_shown_and_the_tricks_when_asked_for() -> None:
    app = finished(open_run(objective="5"))
    next(button for button in app.button if button.label.startswith("Paint it in")).click().run()
    finished(app)
    assert_sound(app)
    assert {key[0] for key in FEATURES._entries} >= {"responses", "naturalness", "tricks", "opinion"}
    assert any("calls it" in each.value for each in app.markdown)
