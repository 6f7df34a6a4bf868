"""The Python that makes the present view of the Activation maximization page."""

from dataclasses import replace

from featviz.explain.targets.units import Difference
from featviz.ui.inputs.snippet import load_line
from featviz.ui.pages.maximization.request import MaximizationRequest

__all__ = ["maximization_code"]


def maximization_code(request: MaximizationRequest) -> str:
    """Make the image of a unit."""
    named = {
        "parameterization": request.parameterization,
        "transforms": request.transforms,
        **request.options,
    }
    defaults = {"parameterization": "fourier", "transforms": "lucid"}
    arguments = [f"{name}={value!r}" for name, value in named.items() if defaults.get(name) != value]
    arguments += [f"count={request.count}"] * (request.count > 1)
    arguments += [f"size={request.size}"] * (request.size is not None)
    arguments += ["start=your_image"] * (request.start is not None)
    options = "".join(f", {each}" for each in arguments)
    return f"""import featviz

{load_line(request.model)}{_together(request)}
objective = {_objective(request)}{_differing(request)}
for frame in featviz.maximize({"both" if request.early else "model"}, objective{options}):
    print(frame.step, frame.score)
frame.image  # (N, H, W, 3) in [0, 1]"""


def _together(request: MaximizationRequest) -> str:
    """What joins an early stage of the training to the network."""
    if request.early is None:
        return ""
    early = f"featviz.load_model({request.model.name!r}, weights={request.early.stage!r})"
    return f"\nboth = featviz.ensemble([model, {early}])"


def _differing(request: MaximizationRequest) -> str:
    """What makes several images differ."""
    layer = request.compared_at
    if layer is None:
        return ""
    return f" + {request.diversity} * featviz.Diversity({layer!r})"


def _objective(request: MaximizationRequest) -> str:
    sign, unit = "-" if request.spec.down else "", request.spec.unit
    if isinstance(unit, str):
        return f"featviz.DeepDream({unit!r})"
    if isinstance(unit, Difference):
        return f"{sign}(featviz.Logit({unit.index}) - featviz.Logit({unit.other}))"
    if request.spec.log_probability and request.early is None:
        return f"{sign}featviz.{replace(request.spec, down=False).objective!r}"
    return f"{sign}featviz.{unit!r}"
