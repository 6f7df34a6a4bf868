"""featviz: open a neural network and see what it has learned."""

from featviz.data.image_set import ImageSet
from featviz.data.reading import read_image
from featviz.errors import FeatvizError
from featviz.explain.attribution.attribute import Attribution, attribute
from featviz.explain.attribution.targets import Difference
from featviz.explain.feature_maps import FeatureMaps, feature_maps
from featviz.explain.filters import Filters, filters
from featviz.explain.trust import Explanation, check
from featviz.explain.units import Channel, Logit, Neuron
from featviz.models.cards import ModelCard
from featviz.models.layers import Layer
from featviz.models.loading import list_models, load_model
from featviz.models.model import Model, Prediction, wrap_model
from featviz.models.recording import record

__all__ = [
    "Attribution",
    "Channel",
    "Difference",
    "Explanation",
    "FeatureMaps",
    "FeatvizError",
    "Filters",
    "ImageSet",
    "Layer",
    "Logit",
    "Model",
    "ModelCard",
    "Neuron",
    "Prediction",
    "attribute",
    "check",
    "feature_maps",
    "filters",
    "list_models",
    "load_model",
    "read_image",
    "record",
    "wrap_model",
]
