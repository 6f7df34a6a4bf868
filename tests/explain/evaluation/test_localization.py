"""Shares and hits by hand, and chance where nothing is known."""

import numpy as np
import pytest
from PIL import Image
from torchvision.transforms.functional import center_crop, pil_to_tensor, resize

from featviz.data.sets.image_set import ImageSet, Sample
from featviz.errors import BadInput
from featviz.explain.evaluation.check import check
from featviz.explain.evaluation.localization import highest, mask_for_network, share_on_mask
from featviz.explain.evaluation.pointing_game import Game, pointing_game
from featviz.explain.evaluation.results import Localization
from featviz.models.model import Model
from featviz.models.wrapping import wrap_model
from featviz.progress import finished
from tests.explain.evaluation.explanations import Function, computing, explained
from tests.toys import noise


def left_half(size: int = 16) -> np.ndarray:
    mask = np.zeros((size, size), bool)
    mask[:, : size // 2] = True
    return mask


def weighing(inside: float, outside: float) -> Localization:
    """A network whose gradient is one number on the left half and another on the right."""
    weights = noise(16, 16).new_full((16, 16), outside)
    weights[:, :8] = inside
    model = computing(lambda x: (x * weights).sum((1, 2, 3)))
    found = check(explained(model, noise(1, 3, 16, 16), "gradient", 0), "localization", mask=left_half())
    assert isinstance(found, Localization)
    return found


def test_the_share_by_hand() -> None:
    values = np.array([[3, 1], [-5, 2]], np.float32)
    mask = np.array([[True, False], [True, False]])
    assert share_on_mask(values, mask) == pytest.approx(3 / 6)
    assert share_on_mask(-values, mask) == 1
    assert share_on_mask(np.zeros((2, 2), np.float32), mask) == 0
    assert highest(values) == (0, 0) and highest(-values) == (1, 0)


def test_a_map_on_the_mask_and_one_beside_it() -> None:
    on, beside = weighing(3, 1), weighing(1, 3)
    assert (on.share, on.chance, on.hit) == (pytest.approx(0.75), 0.5, True)
    assert (beside.share, beside.hit, beside.level) == (pytest.approx(0.25), False, "bad")
    assert weighing(1, -1).share == 1 and weighing(1, -1).level == "good"


def test_without_a_truth_nothing_is_said() -> None:
    explanation = explained(computing(lambda x: x.sum((1, 2, 3))), noise(1, 3, 16, 16), "edges", 0)
    assert check(explanation, "localization").level == "unknown"
    for mask in (np.zeros((16, 16), bool), np.ones((16, 16), bool)):
        assert check(explanation, "localization", mask=mask).level == "unknown"
    with pytest.raises(BadInput, match="rows and columns"):
        check(explanation, "localization", mask=np.ones((3, 16, 16), bool))


def cropping() -> Model:
    return wrap_model(
        Function(lambda x: x.sum((1, 2, 3))),
        name="cropping",
        transform=lambda image: (
            center_crop(resize(pil_to_tensor(image).float() / 255, [32, 32]), [16, 16]) - 0.5
        ),
        input_size=16,
    )


def test_a_mask_is_cropped_and_scaled_as_the_picture_is() -> None:
    mask = np.zeros((64, 64), bool)
    mask[16:32, 16:48] = True
    seen = mask_for_network(cropping(), mask, (16, 16))
    assert seen[:8].all() and not seen[8:].any()
    assert mask_for_network(cropping(), mask, (8, 8)).tolist() == [[row < 4] * 8 for row in range(8)]


def test_the_game_of_a_map_that_is_the_mask() -> None:
    """Pictures that are white where the mask is: the gradient of the sum of squares is the picture."""
    model = computing(lambda x: (x**2).sum((1, 2, 3)))
    masks = [np.roll(left_half(), by, axis=1) for by in range(4)]
    pictures = [Image.fromarray(np.uint8(255) * mask.astype(np.uint8)).convert("RGB") for mask in masks]
    samples = [
        Sample(picture, str(n), None, mask)
        for n, (picture, mask) in enumerate(zip(pictures, masks, strict=True))
    ]
    games = list(pointing_game(model, [*samples, Sample(pictures[0], "no mask")], "gradient", target=0))
    assert games[-1].result == Game(played=4, total=4, hits=4, chance=0.5)
    assert [game.done for game in games] == [0, 1, 2, 3, 4]
    inverted = [Sample(sample.image, sample.id, None, ~sample.mask) for sample in samples]  # type: ignore[operator]
    lost = finished(pointing_game(model, inverted, "gradient", target=0))
    assert lost.rate == 0 and lost.interval[1] < 0.6


def test_a_game_without_masks_is_refused() -> None:
    with pytest.raises(BadInput, match="mask"):
        pointing_game(
            computing(lambda x: x.sum((1, 2, 3))), list(ImageSet.bundled("photos")), "gradient", target=0
        )


def test_random_maps_hit_by_chance() -> None:
    """Every picture has noise of its own, or all maps would point to one place."""
    model = computing(lambda x: x.sum((1, 2, 3)))
    images = [Sample(Image.new("RGB", (16, 16)), str(n), None, left_half()) for n in range(150)]
    game = finished(pointing_game(model, images, "random", target=0))
    assert game.interval[0] < game.chance == 0.5 < game.interval[1]
