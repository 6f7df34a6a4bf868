"""The Python that makes the present view of the Activation maximization page."""

from featviz.explain.targets.units import Difference
from featviz.ui.inputs.snippet import load_line
from featviz.ui.pages.maximization.request import Run

__all__ = ["maximization_code"]


def maximization_code(run: Run) -> str:
    """Make the picture of a unit."""
    named = {"image": run.image, "robustness": run.robustness, **run.options}
    defaults = {"image": "fourier", "robustness": "lucid"}
    given = [f"{name}={value!r}" for name, value in named.items() if defaults.get(name) != value]
    given += [f"count={run.count}"] * (run.count > 1)
    given += [f"size={run.size}"] * (run.size is not None)
    given += ["start=your_picture"] * (run.begin is not None)
    options = "".join(f", {each}" for each in given)
    return f"""import featviz

{load_line(run.model)}{_together(run)}
objective = {_objective(run)}{_differing(run)}
for frame in featviz.maximize({"both" if run.early else "model"}, objective{options}):
    print(frame.step, frame.score)
frame.image  # (N, H, W, 3) in [0, 1]"""


def _together(run: Run) -> str:
    """What joins an early stage of the training to the network."""
    if run.early is None:
        return ""
    early = f"featviz.load_model({run.model.name!r}, weights={run.early.stage!r})"
    return f"\nboth = featviz.ensemble([model, {early}])"


def _differing(run: Run) -> str:
    """What makes several pictures differ."""
    layer = run.compared_at
    if layer is None:
        return ""
    return f" + {run.diversity} * featviz.Diversity({layer!r})"


def _objective(run: Run) -> str:
    sign, unit = "-" if run.aim.down else "", run.aim.unit
    if isinstance(unit, str):
        return f"featviz.DeepDream({unit!r})"
    if isinstance(unit, Difference):
        return f"{sign}(featviz.Logit({unit.index}) - featviz.Logit({unit.other}))"
    return f"{sign}featviz.{unit!r}"
