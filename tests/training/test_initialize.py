import torch
from torch import Generator

from featviz.models.networks.bundled import ShapesResNet, ShapesViT
from featviz.training.initialize import initialize


def weights(network, seed):
    return initialize(network(), Generator().manual_seed(seed)).state_dict()


def test_a_seed_decides_every_weight():
    for network in (ShapesResNet, ShapesViT):
        one, same, other = weights(network, 3), weights(network, 3), weights(network, 4)
        assert all(torch.equal(one[name], same[name]) for name in one)
        drawn = [name for name, tensor in one.items() if tensor.is_floating_point() and tensor.std() > 0]
        assert "head.weight" in drawn
        assert not any(torch.equal(one[name], other[name]) for name in drawn)


def test_what_others_draw_stays_the_same():
    network, before = ShapesViT(), torch.get_rng_state()
    initialize(network, Generator().manual_seed(0))
    assert torch.equal(before, torch.get_rng_state())


def test_a_signal_keeps_its_size_through_a_random_network():
    network = initialize(ShapesResNet(), Generator().manual_seed(0)).eval()
    logits = network(torch.randn(8, 3, 64, 64, generator=Generator().manual_seed(1)))
    assert 0.1 < logits.std() < 100
