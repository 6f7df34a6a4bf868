"""What pages compute of a network and a picture, kept for everybody."""

from featviz.explain.features.feature_maps import FeatureMaps, record_feature_maps
from featviz.explain.features.filters import Filters, filters
from featviz.models.model import Model, Prediction
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.chosen_image import Picture
from featviz.ui.state.feedback import computed

__all__ = ["layer_filters", "layer_maps", "predictions"]

_PREDICTION_BYTES = 4096


def layer_maps(model: Model, picture: Picture, *layers: str) -> dict[str, FeatureMaps]:
    """The feature maps of layers for a picture: one pass, as far as the deepest of them."""
    return computed(
        FEATURES,
        ("maps", model.fingerprint, str(model.device), picture.id, layers),
        lambda: record_feature_maps(model, model.preprocess(picture.image), layers),
        lambda maps: sum(each.maps.nbytes + each.extra_tokens.nbytes for each in maps.values()),
        doing="Running the network",
    )


def predictions(model: Model, picture: Picture, top: int = 5) -> list[Prediction]:
    """The most probable classes for a picture, best first."""
    return computed(
        FEATURES,
        ("predictions", model.fingerprint, model.classes, str(model.device), picture.id, top),
        lambda: model.predict(model.preprocess(picture.image), top)[0],
        lambda _: _PREDICTION_BYTES,
        doing="Running the network",
    )


def layer_filters(model: Model, layer: str) -> Filters:
    """The filters of a convolution."""
    return computed(
        FEATURES,
        ("filters", model.fingerprint, layer),
        lambda: filters(model, layer),
        lambda found: found.kernels.nbytes,
        doing="Reading the weights",
    )
