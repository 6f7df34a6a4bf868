"""How a run of activation maximization goes, beside what is painted and how robust it must be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from featviz.errors import BadInput
from featviz.explain.maximization.parameterizations import IMAGES
from featviz.explain.maximization.transform_presets import RECIPES
from featviz.registry import Method, Range, Registry

__all__ = ["ASCENTS", "Ascent", "Plan", "planned"]

ASCENTS = Registry("way to maximize")
"""Each is a function (*, options) -> Ascent."""


@dataclass(frozen=True)
class Ascent:
    """How a run goes; what the words mean is told by `gradient_ascent`."""

    steps: int
    seed: int
    rate: float | None
    views: int
    every: int
    patience: int
    cooling: float
    precision: str
    transparency: bool


@ASCENTS.register(
    "Gradient ascent",
    reference="Erhan et al. 2009; Kingma and Ba 2015, arXiv:1412.6980",
    passes=lambda *_, steps, views, **__: 3 * steps * views,
)
def gradient_ascent(
    *,
    steps: Annotated[int, Range(1, 20_000)] = 512,
    seed: Annotated[int, Range(0, 2**63 - 1)] = 0,
    rate: Annotated[float | None, Range(1e-5, 10)] = None,
    views: Annotated[int, Range(1, 64)] = 1,
    every: Annotated[int, Range(1, 20_000)] = 1,
    patience: Annotated[int, Range(8, 20_000)] = 160,
    cooling: Annotated[float, Range(0, 1)] = 0.5,
    precision: Literal["auto", "float32", "bfloat16"] = "auto",
    transparency: bool = False,
) -> Ascent:
    """Adam on the picture's numbers.

    Args:
        steps: updates at most.
        seed: of everything drawn by chance.
        rate: learning rate; None takes the one that suits the kind of image.
        views: how many changed copies of the picture are shown in each step.
        every: steps from one frame to the next.
        patience: steps without improvement after which the run ends.
        cooling: the last share of the steps, over which the rate falls to nothing.
        precision: what the network computes in; auto takes bfloat16 on a GPU or a processor with circuits for it.
        transparency: whether places that do not matter may become transparent.
    """
    return Ascent(steps, seed, rate, views, every, patience, cooling, precision, transparency)


@dataclass(frozen=True)
class Plan:
    """All choices of a run, checked, with the options of the image and of the recipe."""

    ascent: Ascent
    image: Method
    image_options: dict[str, Any]
    recipe: Method
    recipe_options: dict[str, Any]

    @property
    def options(self) -> dict[str, Any]:
        """Everything by name, defaults included."""
        kinds = {"image": self.image.id, "robustness": self.recipe.id}
        return {**vars(self.ascent), **kinds, **self.image_options, **self.recipe_options}


def planned(image: str, robustness: str, options: dict[str, Any]) -> Plan:
    """Give every option to whom it belongs.

    Raises:
        BadInput: no such image, recipe or option, or a value it does not take.
    """
    ways = ASCENTS["gradient_ascent"], IMAGES[image], RECIPES[robustness]
    known = {parameter.name for way in ways for parameter in way.parameters}
    unknown = sorted(set(options) - known)
    if unknown:
        raise BadInput(
            f"There is no option {', '.join(unknown)} with image {image!r} and robustness {robustness!r}: "
            f"there are {', '.join(sorted(known))}.",
            code="option",
        )
    ascent, for_image, for_recipe = (_complete(way, options) for way in ways)
    return Plan(gradient_ascent(**ascent), ways[1], for_image, ways[2], for_recipe)


def _complete(way: Method, options: dict[str, Any]) -> dict[str, Any]:
    names = {parameter.name for parameter in way.parameters}
    return way.complete({name: value for name, value in options.items() if name in names})
