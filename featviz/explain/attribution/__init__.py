"""Attribution methods: how much each pixel contributes to a network's output."""

from featviz.explain.attribution.registry import METHODS

__all__ = ["METHODS"]

METHODS.discover(
    __name__,
    first=(
        *("gradients", "gradient_shap", "guided", "deep_lift", "lrp", "cam", "attention_rollout"),
        *("perturbation", "surrogates", "sanity_baselines"),
    ),
)
