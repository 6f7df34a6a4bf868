"""featviz: open a neural network and see what it has learned."""

from featviz.data.image_set import ImageSet
from featviz.data.reading import read_image
from featviz.errors import FeatvizError
from featviz.explain.attribution.attribute import Attribution, attribute
from featviz.explain.feature_maps import FeatureMaps, feature_maps
from featviz.explain.filters import Filters, filters
from featviz.models.cards import ModelCard
from featviz.models.layers import Layer
from featviz.models.loading import list_models, load_model
from featviz.models.model import Model, Prediction, wrap_model
from featviz.models.recording import record

__all__ = [
    "Attribution",
    "FeatureMaps",
    "FeatvizError",
    "Filters",
    "ImageSet",
    "Layer",
    "Model",
    "ModelCard",
    "Prediction",
    "attribute",
    "feature_maps",
    "filters",
    "list_models",
    "load_model",
    "read_image",
    "record",
    "wrap_model",
]
