"""Small networks to train, a page of PyTorch each; one is added by adding its file."""

from featviz.training.registry import NETWORKS

__all__ = ["NETWORKS"]

NETWORKS.discover(__name__, first=("cnn", "resnet", "mbconv", "vit", "mlp", "autoencoders"))
