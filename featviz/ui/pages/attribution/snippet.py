"""The Python that makes the present view of the Attribution page."""

from torch import Tensor

from featviz.explain.targets.units import Logit, NegativeLogit
from featviz.ui.inputs.snippet import opening
from featviz.ui.pages.attribution.request import AttributionRequest

__all__ = ["attribution_code"]


def attribution_code(request: AttributionRequest) -> str:
    """Compute an attribution and check it."""
    target_code = _target(request)
    options = "".join(f", {name}={_option(value)}" for name, value in request.options.items())
    return f"""{opening(request.model, request.image)}
x = model.preprocess(image)
found = featviz.attribute(model, x, {request.method!r}, target={target_code}{options})
found.map  # (H, W), raw and signed: above zero speaks for the target

explanation = featviz.Explanation(model, x, found, dict({options.removeprefix(", ")}))
print(featviz.check(explanation, "randomisation").sentence)"""


def _option(value: object) -> str:
    return "your_baseline" if isinstance(value, Tensor) else repr(value)


def _target(request: AttributionRequest) -> str:
    target = request.target
    if isinstance(target, NegativeLogit):
        return f"-featviz.Logit({target.index})"
    if isinstance(target, Logit) and request.model.outputs != "one_logit":
        return repr(target.index)
    return f"featviz.{target!r}"
