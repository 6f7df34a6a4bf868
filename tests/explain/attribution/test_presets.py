import pytest

from featviz.explain.attribution.presets import PRESETS
from featviz.explain.attribution.registry import METHODS


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_says_what_it_is_for(preset: str) -> None:
    assert PRESETS[preset].id == preset
    assert PRESETS[preset].sentence.endswith(".")
    assert bool(PRESETS[preset].options) == (preset != "standard")


def test_methods_declare_options_for_presets_there_are() -> None:
    assert {preset for method in METHODS for preset in method.presets} == set(PRESETS) - {"standard"}
    assert PRESETS["quick"].options["rise"] == {"masks": 200}
    assert "grad_cam" not in PRESETS["paper"].options


def test_whatever_is_said_to_be_a_papers_is_said_whose() -> None:
    for method in METHODS:
        for name, preset in method.presets.items():
            assert bool(preset.origin) == (name == "paper"), (method.id, name)


def test_more_care_costs_more() -> None:
    work = ("samples", "steps", "masks")
    for method, quick in PRESETS["quick"].options.items():
        careful, standard = PRESETS["careful"].options[method], METHODS[method].complete({})
        for name, value in quick.items():
            ordered = [value, standard[name], careful[name]]
            assert ordered == sorted(ordered, reverse=name not in work), (method, name)
            assert value != careful[name]
