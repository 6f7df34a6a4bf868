"""What two networks do not have in common is said, and nothing else."""

import torch
from torch import nn

from featviz import Model, wrap_model
from featviz.ui.inputs.comparison.differences import input_sentence, same_classes


def network(size: int, channels: int, classes: tuple[str, ...] = ("a", "b")) -> Model:
    module = nn.Sequential(nn.Conv2d(channels, 2, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return wrap_model(
        module,
        name="toy",
        transform=lambda _: torch.zeros(channels, size, size),
        classes=classes,
        input_size=size,
        input_channels=channels,
    )


def test_only_what_differs_of_the_inputs_is_said() -> None:
    small, large = network(8, 3), network(16, 3)
    assert input_sentence(small, small) == ""
    said = "They see the image differently:"
    assert input_sentence(small, large) == f"{said} 8 × 8 pixels and 16 × 16 pixels."
    assert input_sentence(large, network(16, 1)) == f"{said} in color and gray."
    assert (
        input_sentence(network(8, 1), network(16, 4))
        == f"{said} 8 × 8 pixels, gray and 16 × 16 pixels, 4 channels."
    )


def test_classes_are_the_same_by_name_and_number() -> None:
    assert same_classes(network(8, 3), network(16, 1))
    assert not same_classes(network(8, 3), network(8, 3, ("a", "c")))
    assert not same_classes(network(8, 3), network(8, 3, ()))
