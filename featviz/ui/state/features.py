"""What pages compute of a network and an image, kept for everybody."""

from featviz.explain.features.feature_maps import FeatureMaps, record_feature_maps
from featviz.explain.features.filters import Filters, filters
from featviz.models.model import Model, Prediction
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.chosen_image import ChosenImage
from featviz.ui.state.feedback import cached_compute

__all__ = ["layer_filters", "layer_maps", "predictions"]

_PREDICTION_BYTES = 4096


def layer_maps(model: Model, image: ChosenImage, *layers: str) -> dict[str, FeatureMaps]:
    """The feature maps of layers for an image: one pass, as far as the deepest of them."""
    return cached_compute(
        FEATURES,
        ("maps", model.fingerprint, str(model.device), image.id, layers),
        lambda: record_feature_maps(model, model.preprocess(image.image), layers),
        lambda maps: sum(each.maps.nbytes + each.extra_tokens.nbytes for each in maps.values()),
        doing="Running the network",
    )


def predictions(model: Model, image: ChosenImage, top: int = 5) -> list[Prediction]:
    """The most probable classes for an image, best first."""
    return cached_compute(
        FEATURES,
        ("predictions", model.fingerprint, model.classes, str(model.device), image.id, top),
        lambda: model.predict(model.preprocess(image.image), top)[0],
        lambda _: _PREDICTION_BYTES,
        doing="Running the network",
    )


def layer_filters(model: Model, layer: str) -> Filters:
    """The filters of a convolution."""
    return cached_compute(
        FEATURES,
        ("filters", model.fingerprint, layer),
        lambda: filters(model, layer),
        lambda kernels: kernels.kernels.nbytes,
        doing="Reading the weights",
    )
