import torch
from torch import Generator

from featviz.training.bundle.augmentation import mirror_and_recolor, shift
from featviz.training.bundle.examples import training_shapes


def test_mirrored_and_recolored_images_are_the_same_up_to_symmetry():
    images = training_shapes(24).images
    changed = mirror_and_recolor(images, Generator().manual_seed(0))
    symmetries = set()
    for before, after in zip(images, changed, strict=True):
        symmetries.add(next(name for name, other in variants(before) if torch.equal(other, after)))
    assert len(symmetries) > 10


def variants(image):
    for turned in ((), (1,), (2,), (1, 2)):
        for order in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)):
            yield (turned, order), image[list(order)].flip(turned)


def test_a_shift_moves_whole_rows_and_columns():
    images = torch.rand(20, 3, 32, 32, generator=Generator().manual_seed(1))
    changed = shift(images, Generator().manual_seed(2))
    for before, after in zip(images, changed, strict=True):
        moves = [(down, right) for down in range(-3, 4) for right in range(-3, 4)]
        assert any(torch.equal(before.roll(move, (1, 2)), after) for move in moves)
    assert not torch.equal(images, changed)
