"""The climb: known optima are found, runs repeat, end, survive, and refuse."""

from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from featviz.errors import BadInput, LayerNotFound
from featviz.explain.maximization.frames import Frame
from featviz.explain.maximization.maximize import maximize
from featviz.explain.maximization.naturalness import responses_to
from featviz.explain.maximization.objectives import DeepDream, each
from featviz.explain.maximization.regularizers import L2
from featviz.explain.targets.units import Channel, Logit, Neuron, Objective
from featviz.models.model import Model
from featviz.models.sources.load import load_model
from tests.explain.maximization.nets import Asleep, Linear, Matching, Small, correlation, known
from tests.toys import hooks_left, state_digest

PLAIN: dict[str, Any] = {"transforms": "plain", "colors": "none"}


def last(model: Model, objective: Objective | int | str, **options: Any) -> Frame:
    *_, frame = maximize(model, objective, **{"every": 10_000, "steps": 40, **options})
    return frame


def planes(frame: Frame, n: int = 0) -> Tensor:
    return torch.from_numpy(frame.image[n].copy()).movedim(-1, 0)


@pytest.mark.parametrize("image", ["fourier", "pixel"])
@pytest.mark.parametrize("channel", [0, 3])
def test_one_convolution_is_maximized_by_its_kernel(image: str, channel: int) -> None:
    """With a price on contrast the optimum of w * x is grey + w / (2 price / pixels), exactly."""
    model = known(Matching)
    objective = Neuron("conv", channel, 0, 0) - 600 * L2()
    frame = last(model, objective, parameterization=image, steps=300, **PLAIN)
    kernel = model.module.conv.weight[channel]
    assert correlation(planes(frame), kernel) > 0.95
    without = last(model, Neuron("conv", channel, 0, 0), parameterization=image, steps=300, **PLAIN)
    assert correlation(planes(without), kernel.sign()) > 0.88


def test_the_usual_settings_find_the_kernel_too() -> None:
    model = known(Matching)
    frame = last(model, Neuron("conv", 1, 0, 0) - 600 * L2(), steps=300, strength=0.3, colors="none")
    assert correlation(planes(frame), model.module.conv.weight[1]) > 0.95


def test_a_linear_layer_is_maximized_by_its_weights() -> None:
    model = known(Linear)
    frame = last(model, each([Logit(n) - 600 * L2() for n in range(3)]), steps=300, **PLAIN)
    for n in range(3):
        assert correlation(planes(frame, n), model.module.head.weight[n].reshape(3, 16, 16)) > 0.95


def test_a_gray_network_gets_gray_pictures() -> None:
    class Gray(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, 2, 5)

        def forward(self, x: Tensor) -> Tensor:
            return self.conv(x)

    frame = last(known(Gray, channels=1), Channel("conv", 1))
    assert frame.image.shape == (1, 16, 16, 3)
    assert np.ptp(frame.image, axis=3).max() == 0
    assert frame.image.std() > 0.05


def test_silent_units_wake_and_those_that_cannot_are_told() -> None:
    model = known(Asleep)
    frame = last(model, each([Channel("relu", n) for n in range(3)]), steps=120, **PLAIN)
    assert frame.moved.tolist() == [True, False, True]
    assert frame.scores[0] > 0
    assert frame.scores[1] == 0
    assert frame.image[1].std() < 0.02
    alone = last(model, Channel("relu", 1), steps=400)
    assert alone.ended == "blocked"
    assert alone.step < 100


@pytest.mark.parametrize("image", ["fourier", "pixel", "maco"])
def test_the_same_seed_gives_the_same_picture_on_any_thread(image: str) -> None:
    model = known(Small)

    def run(seed: int) -> np.ndarray:
        return last(model, Channel("conv2", 1), parameterization=image, seed=seed, steps=12).image

    with ThreadPoolExecutor(4) as pool:
        pictures = list(pool.map(run, [3, 3, 3, 3, 4]))
    assert all(np.array_equal(pictures[0], again) for again in pictures[1:4])
    assert not np.array_equal(pictures[0], pictures[4])


def test_a_picture_of_a_batch_is_as_good_as_one_alone() -> None:
    model = known(Small)
    units = [Channel("relu", n) for n in range(4)]
    together = last(model, each(units), steps=100).scores
    alone = np.array([last(model, unit, steps=100).score for unit in units])
    np.testing.assert_allclose(together, alone, rtol=0.15, atol=0.02)


def test_many_pictures_are_climbed_in_parts_and_each_by_its_own_objective() -> None:
    model = known(Small)
    units = [(1 + n % 3) * Channel("relu", n % 6) for n in range(20)]
    frame = last(model, each(units), steps=30)
    assert frame.image.shape[0] == 20
    own = np.diagonal(responses_to(model, units, frame.image))
    np.testing.assert_allclose(frame.scores, own, rtol=0.03, atol=0.01)
    assert frame.moved.all()


def test_what_is_worth_much_does_not_slow_the_others_of_its_batch() -> None:
    model = known(Small)
    weak, strong = Channel("relu", 0), 1e4 * Channel("relu", 1)
    beside = last(model, each([weak, strong]), **PLAIN).scores[0]
    assert beside == pytest.approx(last(model, each([weak, weak]), **PLAIN).scores[0], rel=0.02)


def test_frames_tell_how_far_they_are() -> None:
    frames = list(maximize(known(Small), Logit(1), steps=20, every=4, count=2, size=(12, 20)))
    assert [frame.step for frame in frames] == [0, 4, 8, 12, 16, 20]
    assert [frame.ended for frame in frames] == [""] * 5 + ["steps"]
    for frame in frames:
        assert frame.image.shape == (2, 12, 20, 3)
        assert frame.image.dtype == np.float32
        assert frame.image.min() >= 0 and frame.image.max() <= 1
        assert frame.importance.shape == (2, 12, 20)
    assert frames[-1].score > frames[0].score
    assert not np.array_equal(frames[-1].image[0], frames[-1].image[1])


def test_the_network_is_left_as_it_was() -> None:
    model = known(Small)
    before = state_digest(model.module)
    run = maximize(model, Channel("relu", 0), steps=50)
    next(run)
    run.close()  # type: ignore[attr-defined]
    last(model, DeepDream("conv2"), steps=3)
    assert state_digest(model.module) == before
    assert hooks_left(model.module) == 0


def test_a_dream_begins_with_the_picture_it_is_given() -> None:
    photo = Image.effect_mandelbrot((40, 40), (-2, -1.5, 1, 1.5), 40).convert("RGB")
    first, *_ = maximize(known(Small), DeepDream("relu"), start=photo, steps=4)
    expected = np.asarray(photo.resize((16, 16), Image.Resampling.BILINEAR), np.float32) / 255
    assert np.corrcoef(first.image.ravel(), expected.ravel())[0, 1] > 0.98


def test_only_what_matters_stays_opaque() -> None:
    class Middle(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 1, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.conv(x[..., 5:11, 5:11])

    model = known(Middle)
    frame = last(model, Channel("conv", 0), transparency=True, steps=150, transforms="plain")
    assert frame.opacity is not None
    inside, outside = frame.opacity[0, 6:10, 6:10].mean(), frame.opacity[0, :3].mean()
    assert inside > outside + 0.2
    assert frame.importance[0, 6:10, 6:10].mean() > 10 * frame.importance[0, :3].mean()


class Breaking(nn.Module):
    """Finite until a picture shows enough contrast, then not a number."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return x + torch.where(x.abs().amax() > 1.5, torch.nan, 0.0)


def test_a_step_that_is_not_finite_keeps_the_last_good_picture() -> None:
    frame = last(known(Breaking), Channel("conv", 0), steps=400, **PLAIN)
    assert np.isfinite(frame.image).all()
    assert np.isfinite(frame.scores).all()
    assert frame.image.std() > 0.01
    assert frame.ended in ("not finite", "steps", "settled")


def test_a_run_ends_when_nothing_improves() -> None:
    frame = last(known(Linear), Logit(0), steps=5000, patience=32, rate=1.0, **PLAIN)
    assert frame.ended == "settled"
    assert frame.step < 2500


def test_a_network_of_one_size_is_shown_its_own() -> None:
    frame = last(known(Linear), Logit(0), size=24, steps=60)
    assert frame.image.shape == (1, 24, 24, 3)
    assert frame.score > 1


@pytest.mark.parametrize(
    "options",
    [
        {"steps": 0},
        {"steps": 10**9},
        {"rate": 1e30},
        {"rate": 0.0},
        {"seed": -1},
        {"size": 0},
        {"size": 7},
        {"size": 10**6},
        {"size": (16, 16, 3)},
        {"size": 16.5},
        {"count": 0},
        {"count": 10**6},
        {"parameterization": "oil"},
        {"transforms": "none at all"},
        {"decay": float("nan")},
        {"decays": 1.0},
        {"contrast": 1.0},
        {"start": "photo.png"},
        {"start": np.full((8, 8, 3), 2.0)},
        {"start": np.zeros((3, 8, 8, 3))},
    ],
)
def test_what_cannot_be_is_refused_at_once(options: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        maximize(known(Small), Logit(0), **options)


@pytest.mark.parametrize("objective", ["no such class", 4, -1, None, 0.5, [Logit(0)]])
def test_what_is_no_objective_is_refused(objective: Any) -> None:
    with pytest.raises(BadInput):
        maximize(known(Small), objective)


def test_a_network_in_double_precision_is_climbed_too() -> None:
    model = known(lambda: Small().double())
    assert last(model, Logit(1)).score == pytest.approx(last(known(Small), Logit(1)).score, rel=0.05)


def test_layers_and_counts_are_refused_at_once() -> None:
    with pytest.raises(LayerNotFound):
        maximize(known(Small), Channel("conv9", 0))
    with pytest.raises(BadInput):
        maximize(known(Small), each([Logit(0), Logit(1)]), count=3)
    with pytest.raises(BadInput):
        maximize(known(Small), each([Logit(0)]) + each([Logit(0), Logit(1)]))


def test_closing_ends_the_work() -> None:
    run = maximize(known(Small), Logit(0))
    assert len(list(islice(run, 3))) == 3
    run.close()  # type: ignore[attr-defined]
    assert list(run) == []


def test_numbers_are_kept_with_how_they_were_made(tmp_path: Any) -> None:
    frame = last(known(Small), Logit(0), steps=3)
    (tmp_path / "frame.npz").write_bytes(frame.to_npz())
    with np.load(tmp_path / "frame.npz", allow_pickle=False) as kept:
        np.testing.assert_array_equal(kept["image"], frame.image)
        assert '"seed": 0' in str(kept["made"])


def test_a_network_that_sees_gray_is_painted_in_gray_and_scores_what_it_is_shown() -> None:
    model = load_model("digits-cnn")
    frame = last(model, Logit(3), seed=1)
    assert (frame.image == frame.image[..., :1]).all()
    assert frame.image.std() > 0.1
    shown = responses_to(model, [Logit(3)], frame.image)
    np.testing.assert_allclose(frame.scores, shown[:, 0], rtol=0.02)
