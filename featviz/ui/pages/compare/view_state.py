"""What a link to the Compare models page holds, beside the network."""

from featviz.representation.similarity import MEASURES
from featviz.ui.inputs.image_set import IMAGE_SET
from featviz.ui.inputs.method import METHODS_CHOSEN
from featviz.ui.inputs.second_network import SECOND
from featviz.ui.state.view_state import Choice, Several, Text, ViewState, Whole

__all__ = [
    "ATTRIBUTED",
    "COUNTS",
    "DEPTHS",
    "GROUPS",
    "METRICS",
    "PROJECTED",
    "RELATIVE_DEPTHS",
    "VIEW",
    "VIEWS",
]

POOLED = ("mean", "max", "flatten")
"""How a layer's output may become one vector."""

COUNTS = ("100", "200", "400", "1000", "2000")
"""Of how many images a comparison may be."""

DEPTHS = {"weights": "With weights", "blocks": "Blocks", "all": "All"}
"""Which layers are compared."""

VIEWS = {"layers": "Layers", "image": "One image", "behavior": "Behavior", "networks": "Many networks"}
"""What is shown of two networks."""

ATTRIBUTED = ("integrated_gradients", "input_x_gradient", "occlusion")
"""The methods whose attributions may be laid side by side."""

GROUPS = {
    "disagree": "They disagree",
    "only_a": "Only {a} is right",
    "only_b": "Only {b} is right",
    "both_wrong": "Both are wrong",
}
"""Which images a gallery shows, by what both networks answer."""

PROJECTED = ("pca", "tsne", "umap")
"""How both layers may be projected."""

RELATIVE_DEPTHS = {"25": "25%", "50": "50%", "75": "75%", "100": "Last layer"}
"""Which layer represents the images in each of many networks, in percent of the layers with weights."""

METRICS = {"procrustes_angular": "Angular Procrustes", "cka_angular": "Angular CKA"}
"""The distances between many networks, each a metric."""

VIEW = ViewState(
    "compare",
    **IMAGE_SET,
    **SECOND,
    compare_by=Choice(VIEWS, "layers"),
    measure=Choice(MEASURES, "cka_debiased"),
    options=METHODS_CHOSEN["options"],
    compared_layers=Choice(DEPTHS, "weights"),
    compared_pool=Choice(POOLED, "mean"),
    compared_count=Choice(COUNTS, "400"),
    row=Text(),
    column=Text(),
    compared_image=Whole(0),
    compared_projection=Choice(PROJECTED, "pca"),
    compared_colors=Text(),
    compared_method=Choice(ATTRIBUTED, "integrated_gradients"),
    compared_class=Whole(0),
    compared_group=Choice(GROUPS),
    networks=Several(longest=2000),
    relative_depth=Choice(RELATIVE_DEPTHS, "50"),
    distance=Choice(METRICS, "procrustes_angular"),
)
