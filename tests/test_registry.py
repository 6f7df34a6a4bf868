"""A signature is a method's declaration: read once, checked always."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import pytest

from featviz.errors import BadInput
from featviz.registry import Method, Naming, Preset, Range, Registry, SumsTo


def blur(
    x: float,
    *,
    radius: Annotated[int, Range(1, 9)] = 3,
    strength: Annotated[float, Range(0, 1)] = 0.5,
    edge: Literal["wrap", "cut"] = "wrap",
    layer: Annotated[str | None, Naming("layer")] = None,
    own: Literal["none"] | list = "none",  # type: ignore[type-arg]
    sharp: bool = False,
) -> float:
    """Blur a number.

    More about it.

    Args:
        x: the number.
        radius: how far,
            in pixels.
        strength: how much.

    Returns:
        edge: not a parameter's help.
    """
    return x * strength / radius


@pytest.fixture
def registry() -> Registry:
    made = Registry("filter")
    entering = made.register("Blur", reference="Somebody 1999", passes=lambda _x, *, radius, **_: 2 * radius)
    assert entering(blur) is blur
    return made


@pytest.fixture
def method(registry: Registry) -> Method:
    return registry["blur"]


def test_the_cost_follows_from_the_options(method: Method) -> None:
    assert method.passes(0.0, **method.complete({"radius": 4})) == 8
    assert Registry("filter").register("Blur", reference="Somebody 1999")(blur) is blur


def test_the_signature_is_read(method: Method) -> None:
    assert (method.id, method.name, method.reference) == ("blur", "Blur", "Somebody 1999")
    assert method.summary == "Blur a number."
    named = {parameter.name: parameter for parameter in method.parameters}
    assert list(named) == ["radius", "strength", "edge", "layer", "own", "sharp"]
    radius = named["radius"]
    assert (radius.types, radius.default, radius.range) == ((int,), 3, Range(1, 9))
    assert radius.help == "how far, in pixels."
    assert named["strength"].help == "how much."
    assert (named["edge"].choices, named["edge"].types, named["edge"].help) == (("wrap", "cut"), (), "")
    assert (named["layer"].types, named["layer"].names) == ((str, type(None)), "layer")
    assert named["radius"].names == ""
    assert (named["own"].choices, named["own"].types) == (("none",), (list,))


def test_options_are_completed(method: Method) -> None:
    options = method.complete({"radius": 9, "strength": 1, "edge": "cut", "own": [1]})
    assert options == {
        "radius": 9,
        "strength": 1.0,
        "edge": "cut",
        "layer": None,
        "own": [1],
        "sharp": False,
    }
    assert isinstance(options["strength"], float)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("radius", 0, "from 1 to 9"),
        ("radius", 10, "from 1 to 9"),
        ("radius", 2.0, "a whole number"),
        ("radius", True, "a whole number"),
        ("radius", None, "a whole number"),
        ("strength", -0.1, "from 0 to 1"),
        ("strength", float("nan"), "a number"),
        ("strength", "much", "a number"),
        ("edge", "mirror", "'wrap' or 'cut'"),
        ("edge", None, "'wrap' or 'cut'"),
        ("layer", 3, "a text or None"),
        ("sharp", 1, "True or False"),
        ("own", "some", "'none' or list"),
        ("color", 1, "radius, sharp"),
    ],
)
def test_a_refusal_says_what_came_and_what_is_allowed(
    method: Method, name: str, value: object, allowed: str
) -> None:
    with pytest.raises(BadInput) as refusal:
        method.complete({name: value})
    assert name in str(refusal.value) and allowed in str(refusal.value)
    assert name == "color" or repr(value) in str(refusal.value)
    assert refusal.value.code == "option"


def test_ids_are_unique(registry: Registry) -> None:
    with pytest.raises(ValueError, match="already a filter called blur"):
        registry.register("Blur again", reference="")(blur)
    assert len(registry) == 1


def test_every_keyword_needs_a_default(registry: Registry) -> None:
    def sharpen(x: float, *, radius: int) -> float:
        return x / radius

    with pytest.raises(ValueError, match="default for radius"):
        registry.register("Sharpen", reference="")(sharpen)
    assert "sharpen" not in registry


def test_an_unknown_id_names_those_there_are(registry: Registry) -> None:
    assert [method.id for method in registry] == ["blur"]
    with pytest.raises(BadInput, match="No filter is called 'blurr': there are blur"):
        registry["blurr"]


def test_methods_stand_in_the_order_of_their_modules_and_others_behind() -> None:
    made = Registry("filter")
    for name, module in (("a", "late"), ("b", "early"), ("c", "unknown"), ("d", "early")):

        def function(x: float) -> float:
            """Do nothing."""
            return x

        function.__name__, function.__module__ = name, module
        made.register(name, reference="none")(function)
    made.arrange(["early", "late"])
    assert [method.id for method in made] == ["b", "d", "a", "c"]


def test_a_preset_or_a_promise_of_what_a_method_does_not_take_is_a_mistake() -> None:
    made = Registry("filter")
    for declared, word in (
        ({"presets": {"quick": Preset({"radius": 10})}}, "from 1 to 9"),
        ({"presets": {"quick": Preset({"color": 1})}}, "no option color"),
        ({"sums_to": SumsTo("f(x)", steps="nodes")}, "nodes"),
    ):
        with pytest.raises(ValueError, match=word):
            made.register("Blur", reference="none", **declared)(blur)
    assert len(made) == 0
    quick = {"quick": Preset({"radius": 1})}
    made.register("Blur", reference="none", presets=quick, sums_to=SumsTo("f(x)"), lesson="a/b.md")(blur)
    assert (made["blur"].presets, made["blur"].lesson) == (quick, "a/b.md")
    assert not made["blur"].sums_to.compares


def test_a_file_in_the_package_is_a_method_in_the_registry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("filters_of_mine", "filters_of_mine/deep"):
        (tmp_path / name).mkdir()
    (tmp_path / "filters_of_mine/__init__.py").write_text(
        "from featviz.registry import Registry\n"
        "FILTERS = Registry('filter')\n"
        "FILTERS.discover(__name__, first=('late', 'deep.deepest'))\n"
    )
    (tmp_path / "filters_of_mine/deep/__init__.py").write_text("")
    for place in ("early", "late", "deep/deepest"):
        (tmp_path / f"filters_of_mine/{place}.py").write_text(
            "from filters_of_mine import FILTERS\n"
            "@FILTERS.register('A filter', reference='none')\n"
            f"def {Path(place).stem}(x):\n    return x\n"
        )
    monkeypatch.syspath_prepend(tmp_path)
    import filters_of_mine  # type: ignore[import-not-found]

    assert [method.id for method in filters_of_mine.FILTERS] == ["late", "deepest", "early"]
    for name in [name for name in sys.modules if name.startswith("filters_of_mine")]:
        monkeypatch.delitem(sys.modules, name)
