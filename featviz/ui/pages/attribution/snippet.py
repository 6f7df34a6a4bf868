"""The Python that makes the present view of the Attribution page."""

from torch import Tensor

from featviz.explain.targets.units import Logit, NegativeLogit
from featviz.ui.inputs.snippet import opening, second_line
from featviz.ui.pages.attribution.request import AttributionRequest

__all__ = ["attribution_code"]


def attribution_code(request: AttributionRequest, beside: AttributionRequest | None = None) -> str:
    """Compute an attribution and check it; and that of a second network with the difference of both."""
    target_code, options = _target(request), _options(request)
    code = f"""{opening(request.model, request.image)}
x = model.preprocess(image)
found = featviz.attribute(model, x, {request.method!r}, target={target_code}{options})
found.map  # (H, W), raw and signed: above zero speaks for the target

explanation = featviz.Explanation(model, x, found, dict({options.removeprefix(", ")}))
print(featviz.check(explanation, "randomization").sentence)"""
    return code if beside is None else code + _second(request, beside)


def _second(request: AttributionRequest, beside: AttributionRequest) -> str:
    target_code, options = _target(beside), _options(beside)
    difference = "\ndifference = found.map - second.map" if request.x.shape[2:] == beside.x.shape[2:] else ""
    return f"""

{second_line(request.model, beside.model)}
y = other.preprocess(image)
second = featviz.attribute(other, y, {beside.method!r}, target={target_code}{options}){difference}
limit = max(abs(found.map).max(), abs(second.map).max())  # the ends of one scale for both"""


def _options(request: AttributionRequest) -> str:
    return "".join(f", {name}={_option(value)}" for name, value in request.options.items())


def _option(value: object) -> str:
    return "your_baseline" if isinstance(value, Tensor) else repr(value)


def _target(request: AttributionRequest) -> str:
    target = request.target
    if isinstance(target, NegativeLogit):
        return f"-featviz.Logit({target.index})"
    if isinstance(target, Logit) and request.model.outputs != "one_logit":
        return repr(target.index)
    return f"featviz.{target!r}"
