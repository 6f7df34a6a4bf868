"""A map of a layer that a skip connection leads around says so; one of the sum, or of no layer, does not."""

import pytest

from featviz import ImageSet, attribute, load_model


@pytest.mark.parametrize(
    ("method", "layer", "is_bypassed"),
    [
        ("grad_cam", "stage2.1.conv2", True),
        ("layer_cam", "stage2.1.bn1", True),
        ("grad_cam", "stage2.1", False),
        ("grad_cam", "stem.conv", False),
        ("gradient", None, False),
    ],
)
def test_it_is_said_of_one_of_two_paths_alone(method: str, layer: str | None, is_bypassed: bool) -> None:
    model = load_model("shapes-resnet")
    x = model.preprocess(ImageSet.bundled("shapes")[4].image)
    found = attribute(model, x, method, **({"layer": layer} if layer else {}))
    said = f"A skip connection leads around {layer}: what takes that path is not in this map."
    assert (said in found.notes) == is_bypassed
