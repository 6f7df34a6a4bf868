import pytest

from featviz.explain.attribution.presets import PRESETS
from featviz.explain.attribution.registry import METHODS


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_names_methods_and_options_there_are(preset: str) -> None:
    for method, options in PRESETS[preset].options.items():
        assert METHODS[method].complete(options).items() >= options.items()
    assert PRESETS[preset].sentence.endswith(".")


def test_whatever_is_said_to_be_a_papers_is_said_whose() -> None:
    paper = PRESETS["paper"]
    assert set(paper.options) <= set(paper.origins)
    assert all(method in METHODS for method in paper.origins)
    assert not any(preset.origins for name, preset in PRESETS.items() if name != "paper")


def test_more_care_costs_more() -> None:
    work = ("samples", "steps", "masks")
    for method, quick in PRESETS["quick"].options.items():
        careful, standard = PRESETS["careful"].options[method], METHODS[method].complete({})
        for name, value in quick.items():
            ordered = [value, standard[name], careful[name]]
            assert ordered == sorted(ordered, reverse=name not in work), (method, name)
            assert value != careful[name]
