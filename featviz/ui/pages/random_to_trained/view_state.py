"""What a link to the page From random to trained holds."""

from __future__ import annotations

from featviz.ui.state.view_state import Choice, Text, ViewState, Whole

__all__ = ["MAPS", "VIEW"]

MAPS = {"pca": "PCA", "umap": "UMAP"}
"""How the map of each epoch may be made, with what people call it."""

VIEW = ViewState(
    "random_to_trained",
    film_run=Text("[a-z0-9_/-]+"),
    film_layer=Text(),
    film_image=Whole(0, default=0),
    film_epoch=Whole(0),
    film_map=Choice(MAPS, "pca"),
)
