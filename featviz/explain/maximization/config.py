"""Configuration of activation maximization: the optimizer's options, and those of parameterization and transforms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from featviz.errors import BadInput
from featviz.explain.maximization.parameterizations import PARAMETERIZATIONS
from featviz.explain.maximization.transform_presets import TRANSFORM_PRESETS
from featviz.registry import Level, Method, Range, Registry

__all__ = ["OPTIMIZERS", "MaximizationConfig", "OptimizerConfig", "resolve_config"]

OPTIMIZERS = Registry("way to maximize")
"""Each is a function (*, options) -> OptimizerConfig."""


@dataclass(frozen=True)
class OptimizerConfig:
    """Options of the optimizer; `gradient_ascent` documents each of them."""

    steps: int
    seed: int
    rate: float | None
    views: int
    every: int
    patience: int
    cooling: float
    precision: str
    transparency: bool


@OPTIMIZERS.register(
    "Gradient ascent",
    reference="Erhan et al. 2009; Kingma and Ba 2015, arXiv:1412.6980",
    passes=lambda *_, steps, views, **__: 3 * steps * views,
)
def gradient_ascent(
    *,
    steps: Annotated[int, Range(1, 20_000), Level("more")] = 512,
    seed: Annotated[int, Range(0, 2**63 - 1), Level("more")] = 0,
    rate: Annotated[float | None, Range(1e-5, 10), Level("all")] = None,
    views: Annotated[int, Range(1, 64), Level("all")] = 1,
    every: Annotated[int, Range(1, 20_000), Level("python")] = 1,
    patience: Annotated[int, Range(8, 20_000), Level("all")] = 160,
    cooling: Annotated[float, Range(0, 1), Level("all")] = 0.5,
    precision: Annotated[Literal["auto", "float32", "bfloat16"], Level("python")] = "auto",
    transparency: Annotated[bool, Level("python")] = False,
) -> OptimizerConfig:
    """Adam on the image's numbers.

    Args:
        steps: updates at most.
        seed: of everything drawn by chance.
        rate: learning rate; None takes the one that suits the kind of image.
        views: how many changed copies of the image are shown in each step.
        every: steps from one frame to the next.
        patience: steps without improvement after which the run ends.
        cooling: the last share of the steps, over which the rate falls to nothing.
        precision: what the network computes in; auto takes bfloat16 on a GPU or a processor with circuits for it.
        transparency: whether pixels that do not matter may become transparent.
    """
    return OptimizerConfig(steps, seed, rate, views, every, patience, cooling, precision, transparency)


@dataclass(frozen=True)
class MaximizationConfig:
    """All checked options of a run: the optimizer's, the parameterization's and the transform preset's."""

    optimizer: OptimizerConfig
    parameterization: Method
    parameterization_options: dict[str, Any]
    transforms: Method
    transform_options: dict[str, Any]

    @property
    def options(self) -> dict[str, Any]:
        """Everything by name, defaults included."""
        kinds = {"parameterization": self.parameterization.id, "transforms": self.transforms.id}
        return {**vars(self.optimizer), **kinds, **self.parameterization_options, **self.transform_options}


def resolve_config(parameterization: str, transforms: str, options: dict[str, Any]) -> MaximizationConfig:
    """Give every option to the method that takes it.

    Raises:
        BadInput: no such parameterization, transforms or option, or a value it does not take.
    """
    methods = (
        OPTIMIZERS["gradient_ascent"],
        PARAMETERIZATIONS[parameterization],
        TRANSFORM_PRESETS[transforms],
    )
    known = {parameter.name for method in methods for parameter in method.parameters}
    unknown = sorted(set(options) - known)
    if unknown:
        raise BadInput(
            f"There is no option {', '.join(unknown)} with parameterization {parameterization!r} and "
            f"transforms {transforms!r}: "
            f"there are {', '.join(sorted(known))}.",
            code="option",
        )
    optimizer, for_images, for_transforms = (_complete(method, options) for method in methods)
    return MaximizationConfig(
        gradient_ascent(**optimizer), methods[1], for_images, methods[2], for_transforms
    )


def _complete(method: Method, options: dict[str, Any]) -> dict[str, Any]:
    names = {parameter.name for parameter in method.parameters}
    return method.complete({name: value for name, value in options.items() if name in names})
