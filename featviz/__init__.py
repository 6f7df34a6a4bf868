"""featviz: open a neural network and see what it has learned."""

from featviz.data.images.reading import read_image
from featviz.data.sets.image_set import ImageSet
from featviz.errors import FeatvizError
from featviz.explain.attribution.attribute import Attribution, attribute
from featviz.explain.evaluation import Explanation, check
from featviz.explain.features.feature_maps import FeatureMaps, feature_maps
from featviz.explain.features.filters import Filters, filters
from featviz.explain.maximization.activation_prior import typical
from featviz.explain.maximization.frames import Frame
from featviz.explain.maximization.inversion import invert
from featviz.explain.maximization.maximize import maximize
from featviz.explain.maximization.objectives import DeepDream, Direction, LogProbability, each
from featviz.explain.maximization.regularizers import Diversity, TotalVariation
from featviz.explain.targets.units import Channel, Difference, Logit, Neuron
from featviz.models.cards import ModelCard
from featviz.models.ensemble import ensemble
from featviz.models.layers import Layer
from featviz.models.model import Model
from featviz.models.predictions import Prediction
from featviz.models.recording import record
from featviz.models.sources.load import list_models, load_model
from featviz.models.wrapping import wrap_model
from featviz.representation.comparison import SimilarityMatrix, compare
from featviz.representation.descriptors import describe
from featviz.representation.embeddings import Embeddings
from featviz.representation.extraction.extract import embed
from featviz.representation.fusion import fuse
from featviz.representation.projection import Projection, project
from featviz.representation.search.index import SearchIndex
from featviz.representation.similarity import similarity
from featviz.training.epoch import Epoch
from featviz.training.train import train

__all__ = [
    "Attribution",
    "Channel",
    "DeepDream",
    "Difference",
    "Direction",
    "Diversity",
    "Embeddings",
    "Epoch",
    "Explanation",
    "FeatureMaps",
    "FeatvizError",
    "Filters",
    "Frame",
    "ImageSet",
    "Layer",
    "LogProbability",
    "Logit",
    "Model",
    "ModelCard",
    "Neuron",
    "Prediction",
    "Projection",
    "SearchIndex",
    "SimilarityMatrix",
    "TotalVariation",
    "attribute",
    "check",
    "compare",
    "describe",
    "each",
    "embed",
    "ensemble",
    "feature_maps",
    "filters",
    "fuse",
    "invert",
    "list_models",
    "load_model",
    "maximize",
    "project",
    "read_image",
    "record",
    "similarity",
    "train",
    "typical",
    "wrap_model",
]
