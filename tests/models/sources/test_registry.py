"""Sources of networks: what each offers is what load_model gives, and nobody needs to know its names."""

import pytest
import torch

from featviz.errors import BadCheckpoint, ModelNotFound
from featviz.models.model import Model
from featviz.models.sources.bundled import BUNDLED, bundled_card
from featviz.models.sources.load import list_models, load_model, model_card
from featviz.models.sources.registry import FILE, SOURCES, Sources
from featviz.models.wrapping import wrap_model


def load_by_code(code: str) -> Model:
    import featviz

    scope = {"featviz": featviz}
    exec(code, scope)
    return scope["model"]  # type: ignore[return-value]


@pytest.mark.parametrize("weights", [*bundled_card("digits-cnn").stages[::4], None])
def test_the_code_of_a_bundled_network_loads_the_same(weights: object) -> None:
    model = load_model("digits-cnn", weights=getattr(weights, "name", None))
    assert load_by_code(SOURCES.of(model.card).code(model)).fingerprint == model.fingerprint


def test_the_code_of_random_weights_of_the_zoo_loads_the_same() -> None:
    model = load_model("torchvision/squeezenet1_1", weights=None)
    assert load_by_code(SOURCES.of(model.card).code(model)).fingerprint == model.fingerprint


@pytest.mark.parametrize("name", BUNDLED)
def test_every_stage_is_offered_with_its_accuracy_the_trained_first(name: str) -> None:
    offer, stages = SOURCES.of(model_card(name)).weights(name), bundled_card(name).stages
    assert [(each.id, each.argument, each.accuracy) for each in offer.options] == [
        (stage.name, stage.name, stage.accuracy["joint"]) for stage in reversed(stages)
    ]
    assert all(each.fetch is None for each in offer.options)


def test_the_zoo_offers_to_fetch_what_is_not_here(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    offer = SOURCES.of(model_card("torchvision/resnet18")).weights("torchvision/resnet18")
    assert [(each.id, each.argument) for each in offer.options] == [
        ("pretrained", "default"),
        ("random", None),
        (FILE, None),
    ]
    assert [each.fetch is not None for each in offer.options] == [True, False, False]
    path = tmp_path / "checkpoints" / "resnet18-f37072fd.pth"
    path.parent.mkdir()
    path.write_bytes(b"")
    assert (
        SOURCES.of(model_card("torchvision/resnet18")).weights("torchvision/resnet18")["pretrained"].fetch
        is None
    )
    with pytest.raises(BadCheckpoint, match="pretrained, random, file"):
        offer["trained"]


def test_what_stands_beside_a_network_knows_the_same_classes() -> None:
    model = load_model("shapes-resnet")
    beside = SOURCES.of(model.card).comparable(model)
    assert {name for name, _ in beside} == {"shapes-resnet", "shapes-vit"}
    assert ("shapes-vit", "random") in beside


def test_cards_say_what_suits_and_what_is_quick() -> None:
    cards = {card.name: card for card in list_models()}
    assert {name for name, card in cards.items() if card.quick and card.source != "trained"} == set(BUNDLED)
    assert {cards[name].suits for name in ("shapes-resnet", "shapes-vit")} == {"shapes"}
    assert cards["digits-cnn"].suits == "digits"
    assert cards["torchvision/resnet18"].suits == "photos"
    assert cards["torchvision/resnet18"].short_name == "resnet18"
    for name in BUNDLED:
        assert cards[name].class_names == load_model(name).classes


def test_a_source_is_entered_once_and_asked_only_where_it_is_available() -> None:
    sources = Sources()

    class Absent:
        def available(self) -> bool:
            return False

        def cards(self):
            raise AssertionError

    sources.register("absent")(Absent)  # type: ignore[type-var]
    assert sources.cards() == []
    with pytest.raises(ValueError, match="already"):
        sources.register("absent")
    with pytest.raises(ModelNotFound):
        sources.card("anything")


def test_a_wrapped_network_comes_from_no_source() -> None:
    model = wrap_model(torch.nn.Flatten(), name="own", transform=lambda _: torch.zeros(3, 4, 4), input_size=4)
    with pytest.raises(ModelNotFound, match="wrap_model"):
        SOURCES.of(model.card)
