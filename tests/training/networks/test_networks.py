"""The networks to train: sizes as textbooks have them, and blocks that compute what their papers say."""

import pytest
import torch
from torchvision.ops import SqueezeExcitation as TorchvisionSqueezeExcitation

from featviz.errors import BadInput
from featviz.training.input_shape import InputShape
from featviz.training.networks import NETWORKS
from featviz.training.networks.attention_blocks import SpatialAttention, SqueezeExcitation

SHAPE = InputShape(3, 32)


def built(name, **options):
    method = NETWORKS[name]
    return method.function(SHAPE, 10, **method.complete(options)).eval()


def size(network):
    return sum(each.numel() for each in network.parameters())


def test_parameters_are_as_many_as_counted_by_hand():
    conv = 3 * 16 * 9 + 16 * 32 * 9 + 32 * 64 * 9
    assert size(built("cnn")) == conv + 2 * (16 + 32 + 64) + 64 * 10 + 10
    assert size(built("mlp", depth=1, width=20)) == 3 * 32 * 32 * 20 + 20 + 20 * 10 + 10


@pytest.mark.parametrize("name", ["cnn", "resnet", "mbconv", "vit", "mlp"])
@pytest.mark.parametrize("pixels", [16, 28, 33])
def test_every_network_takes_every_size(name, pixels):
    method = NETWORKS[name]
    network = method.function(InputShape(3, pixels), 7, **method.complete({})).eval()
    images = torch.rand(4, 3, pixels, pixels, generator=torch.Generator().manual_seed(0))
    logits = network(images)
    assert logits.shape == (4, 7)
    torch.testing.assert_close(network(images[2:3])[0], logits[2], atol=1e-5, rtol=1e-4)
    assert not torch.equal(logits[0], logits[1])


def test_squeeze_and_excitation_is_torchvisions():
    ours, theirs = SqueezeExcitation(16), TorchvisionSqueezeExcitation(16, 4)
    for mine, other in ((ours.reduce, theirs.fc1), (ours.expand, theirs.fc2)):
        other.load_state_dict(mine.state_dict())
    images = torch.randn(3, 16, 9, 9, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(ours(images), theirs(images))


def test_spatial_attention_weights_positions_by_the_channels_mean_and_maximum():
    block = SpatialAttention()
    torch.nn.init.zeros_(block.conv.weight)
    block.conv.weight.data[0, 1, 3, 3] = 1.0  # the maximum of the position itself
    torch.nn.init.zeros_(block.conv.bias)
    images = torch.randn(2, 5, 8, 8, generator=torch.Generator().manual_seed(0))
    expected = images * torch.sigmoid(images.max(1, keepdim=True).values)
    torch.testing.assert_close(block(images), expected)


@pytest.mark.parametrize("name", ["resnet", "mbconv"])
def test_gates_and_maps_of_attention_blocks_are_layers(name):
    network = built(name, attention="both")
    names = [each for each, _ in network.named_modules()]
    assert sum(each.endswith("attention.channels.gates") for each in names) >= 3
    assert sum(each.endswith("attention.positions.map") for each in names) >= 3


def test_heads_that_do_not_divide_the_width_are_refused():
    with pytest.raises(BadInput, match="5 heads do not divide a width of 64"):
        built("vit", heads=5)
    with pytest.raises(BadInput, match="larger than the image"):
        NETWORKS["vit"].function(InputShape(3, 3), 10)
