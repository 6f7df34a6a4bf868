import json
import re
import tempfile
import time
import zipfile

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torchvision.models import get_model_builder

from featviz.errors import BadCheckpoint, Busy
from featviz.models.checkpoints import sandbox, sandbox_worker
from featviz.models.checkpoints.matching import StateDict, check_finite, match_state_dict, read_state_dict
from tests.models.checkpoints import hostile_checkpoints as made
from tests.models.checkpoints.hostile_checkpoints import Tiny, tiny


def refuse(data, **options):
    """The code of a refusal in one short plain sentence that says nothing of PyTorch's own."""
    with pytest.raises(BadCheckpoint) as caught:
        read_state_dict(data, **options)
    assert re.fullmatch(r"[A-Z][^\n]{20,250}\.", str(caught.value))
    assert not re.search("weights_only|npickl|Traceback|Error", str(caught.value))
    return caught.value.code


def same(tensors, network):
    expected = network.state_dict()
    return tensors.keys() == expected.keys() and all(
        torch.equal(tensors[name], expected[name]) for name in expected
    )


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """Where conversions keep their files; it must be empty afterwards."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    assert list(tmp_path.iterdir()) == []


# Files that only the quarantine opens: each costs a process.


def test_a_plain_checkpoint_is_read(folder):
    state = read_state_dict(made.saved(tiny().state_dict()))
    assert same(state.tensors, tiny())
    assert state.notes == ()


def test_a_training_checkpoint_in_the_old_format_is_read(folder):
    network = tiny()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    checkpoint = {"epoch": 3, "optimizer": optimizer.state_dict(), "model": network.state_dict(), "best": 0.5}
    state = read_state_dict(made.saved(checkpoint, _use_new_zipfile_serialization=False))
    assert same(state.tensors, network)
    assert state.notes == ("The weights were taken from “model” in the file.",)


def test_a_lightning_checkpoint_is_read(folder):
    weights = {"model." + name: tensor for name, tensor in tiny().state_dict().items()}
    checkpoint = {
        "epoch": 1,
        "pytorch-lightning_version": "2.5.0",
        "state_dict": weights,
        "hyper_parameters": {"lr": 0.1, "layers": [1, 2]},
        "callbacks": {"EarlyStopping": {"best_score": torch.tensor(0.5), "wait": 0}},
    }
    fitted = match_state_dict(Tiny, read_state_dict(made.saved(checkpoint)))
    assert same(fitted.module.state_dict(), tiny())
    assert [note for note in fitted.notes if "state_dict" in note or "model." in note] == list(fitted.notes)
    assert len(fitted.notes) == 2


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (made.malicious_zip, "objects"),
        (made.malicious_old_file, "objects"),
        (made.malicious_pickle, "pickle"),
    ],
)
def test_a_malicious_pickle_does_not_run(folder, tmp_path_factory, make, code):
    proof = tmp_path_factory.mktemp("proof") / "ran"
    assert refuse(make(proof)) == code
    assert not proof.exists()


def test_a_whole_module_is_refused_and_the_cure_named(folder):
    with pytest.raises(BadCheckpoint, match=r"model\.state_dict\(\)") as caught:
        read_state_dict(made.saved(nn.Sequential(nn.Linear(2, 2))))
    assert caught.value.code == "objects"


@pytest.mark.parametrize(("new", "share"), [(True, 0.99), (False, 0.9)])
def test_a_truncated_checkpoint_is_refused(folder, new, share):
    data = made.saved(tiny().state_dict(), _use_new_zipfile_serialization=new)
    assert refuse(data[: int(len(data) * share)]) == "damaged"


def test_a_hanging_file_is_ended_and_the_next_one_read(folder):
    assert refuse(made.hash_bomb(), timeout=2) == "slow"
    assert same(read_state_dict(made.saved(tiny().state_dict())).tensors, tiny())


def test_a_file_that_asks_for_gigabytes_is_refused(folder):
    assert refuse(made.memory_bomb()) == "memory"


def test_a_second_conversion_waits_its_turn(monkeypatch):
    with sandbox._TURN, pytest.raises(Busy) as caught:
        read_state_dict(made.saved({}), timeout=0.1)
    assert caught.value.code == "converting"


# The quarantine's own checks, which are safe in any process.


def code_of(check, *arguments):
    with pytest.raises(sandbox_worker.Refused) as caught:
        check(*arguments)
    return str(caught.value)


PLAIN = made.saved(tiny().state_dict())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (made.rezipped(PLAIN, add=[("archive/constants.pkl", b"")]), "torchscript"),
        (made.rezipped(PLAIN, add=[("archive/code/net.py", b"")]), "torchscript"),
        (made.rezipped(PLAIN, drop=["data.pkl"]), "no_weights"),
        (made.flipped_weight(), "damaged"),
        (made.rezipped(PLAIN, compression=zipfile.ZIP_DEFLATED), "compressed"),
        (made.rezipped(PLAIN, add=[("other/data.pkl", b"")]), "damaged"),
        (
            made.rezipped(PLAIN, add=[("archive/data.pkl", bytes(17 << 20))], drop=["data.pkl"]),
            "too_many_tensors",
        ),
    ],
)
def test_archives_that_torch_never_writes_are_refused(tmp_path, data, code):
    path = tmp_path / "source"
    path.write_bytes(data)
    assert code_of(sandbox_worker.check_zip, path) == code


def test_an_archive_of_torch_passes(tmp_path):
    path = tmp_path / "source"
    path.write_bytes(PLAIN)
    sandbox_worker.check_zip(path)
    assert path.read_bytes() == PLAIN


@pytest.mark.parametrize(
    ("tensors", "code"),
    [
        ({"a": torch.eye(3).to_sparse()}, "layout"),
        ({"a": torch.empty(10**12, device="meta")}, "layout"),
        ({"a": torch.ones(1).expand(10**12)}, "layout"),
        ({"a": torch.ones(2, dtype=torch.complex64)}, "numbers"),
        ({"a": torch.ones(2), "epoch": 3}, "no_tensor"),
        ({7: torch.ones(2)}, "names"),
        ({"a" * 600: torch.ones(2)}, "names"),
        ({str(i): None for i in range(20_001)}, "too_many_tensors"),
    ],
)
def test_odd_tensors_are_refused(tensors, code):
    assert code_of(sandbox_worker.plain_tensors, tensors) == code


def test_views_of_one_storage_become_tensors_of_their_own():
    base = torch.arange(12.0).reshape(3, 4)
    plain = sandbox_worker.plain_tensors(
        {"rows": base[1:], "turned": base.T, "parameter": nn.Parameter(base)}
    )
    assert torch.equal(plain["turned"], base.T)
    assert plain["turned"].is_contiguous()
    assert len({tensor.untyped_storage().data_ptr() for tensor in plain.values()}) == 3


@pytest.mark.parametrize(
    "loaded", [[], torch.ones(2), {}, {"epoch": 1}, {"model": {}}, {"model": {"model": {}}}, None]
)
def test_files_without_weights_are_refused(loaded):
    assert code_of(sandbox_worker.find_weights, loaded) == "no_weights"


# Files that are told apart, or parsed, without a process.


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"x", "not_a_checkpoint"),
        (b"hello, world\n" * 9, "not_a_checkpoint"),
        (b"<!DOCTYPE html><html>404</html>", "html"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "lfs"),
        (b"\x89HDF\r\n\x1a\n" + bytes(99), "hdf5"),
        (b"GGUF" + bytes(99), "gguf"),
        (b"\x93NUMPY" + bytes(99), "numpy"),
        (b"\x1f\x8b\x08" + bytes(99), "archive"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "image"),
    ],
)
def test_other_files_are_named(data, code):
    assert refuse(data) == code


HONEST = made.honest_safetensors()
# Multiplied out, these 2 MB would hold the interpreter for a quarter of a minute, and 16 MB for hours.
MANY_LONG_SIDES = made.safetensors_of({"a": made.entry((int("9" * 4000),) * 600, size=0)})
ENTRY = made.entry()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (HONEST[: len(HONEST) // 2], "damaged"),
        (HONEST[:100], "damaged"),
        (HONEST + b"tail", "damaged"),
        (made.safetensors_of({}), "no_weights"),
        (made.safetensors_of({"__metadata__": {"a": "b"}}), "no_weights"),
        (made.safetensors_of(b"{" + b'"a":[' * 200_000), "damaged"),
        (made.safetensors_of(b'{"a":\xff}'), "damaged"),
        (made.safetensors_of(b'{"a":1}'), "damaged"),
        (made.safetensors_of(b'{"a":{"shape":["x"]}}'), "damaged"),
        (made.safetensors_of({"a": made.entry((0, 10**12), size=0)}), "damaged"),
        (made.safetensors_of({"a": made.entry((10**12,))}, bytes(4)), "damaged"),
        (made.safetensors_of({"a": made.entry((-1,))}, bytes(4)), "damaged"),
        (made.safetensors_of({"a": made.entry(start=4)}, bytes(8)), "damaged"),
        (made.safetensors_of({"a": made.entry(dtype="X9")}, bytes(4)), "damaged"),
        (made.safetensors_of({"a" * 600: ENTRY}, bytes(4)), "damaged"),
        (
            made.safetensors_of(b'{"a":%b,"a":%b}' % ((json.dumps(ENTRY).encode(),) * 2), bytes(4)),
            "damaged",
        ),
        (made.safetensors_of({str(i): made.entry((0,), size=0) for i in range(20_001)}), "too_many_tensors"),
        (made.safetensors_of({"a": made.entry(dtype="F8_E4M3")}, bytes(4)), "damaged"),
        (made.safetensors_of({"a": made.entry((4,), dtype="F8_E4M3")}, bytes(4)), "numbers"),
        (made.save({"a": torch.ones(2, dtype=torch.complex64)}), "numbers"),
        (made.save({"a": torch.tensor([1.0, float("nan")])}), "not_finite"),
        (made.save({"a": torch.tensor([1.0, float("inf")], dtype=torch.float16)}), "not_finite"),
    ],
)
def test_hostile_safetensors_are_refused(data, code):
    assert refuse(data) == code


def test_a_shape_of_many_long_numbers_is_refused_at_once():
    started = time.perf_counter()
    assert refuse(MANY_LONG_SIDES) == "damaged"
    assert time.perf_counter() - started < 3


def test_safetensors_are_read_whatever_they_are_called():
    assert same(read_state_dict(HONEST).tensors, tiny())


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("at", [0, 777, -1])
def test_no_value_that_is_not_finite_goes_unseen(dtype, value, at):
    tensor = torch.arange(1000.0).to(dtype)
    assert torch.equal(read_state_dict(made.save({"weight": tensor})).tensors["weight"], tensor)
    tensor[at] = value
    assert refuse(made.save({"weight": tensor})) == "not_finite"


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.integers(0, len(HONEST) - 1), st.integers(1, 255), st.integers(0, len(HONEST)))
def test_mutated_safetensors_give_finite_tensors_or_a_refusal(at, change, end):
    data = bytearray(HONEST)
    data[at] ^= change
    try:
        state = read_state_dict(bytes(data if end % 3 else data[:end]))
    except BadCheckpoint:
        return
    assert all(torch.isfinite(tensor).all() for tensor in state.tensors.values())


# Fitting weights to an architecture.


def state_of(network, **changes):
    return StateDict({**network.state_dict(), **changes})


def misfit(state, build=Tiny):
    with pytest.raises(BadCheckpoint) as caught:
        match_state_dict(build, state)
    assert len(str(caught.value)) < 800
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("classes", [1, 7, 1000])
def test_every_weight_comes_from_the_file(classes):
    fitted = match_state_dict(Tiny, state_of(tiny(classes)))
    assert fitted.classes == classes
    assert same(fitted.module.state_dict(), tiny(classes))
    assert fitted.notes == ()
    assert not fitted.module.training
    x = torch.rand((2, 3, 8, 8), generator=torch.Generator().manual_seed(0))
    assert torch.equal(fitted.module(x), tiny(classes)(x))


@pytest.mark.parametrize("prefix", ["module.", "model.", "backbone.", "_orig_mod."])
def test_one_known_prefix_is_taken_off_and_noted(prefix):
    state = StateDict({prefix + name: tensor for name, tensor in tiny().state_dict().items()})
    fitted = match_state_dict(Tiny, state)
    assert same(fitted.module.state_dict(), tiny())
    assert prefix in fitted.notes[0]


@pytest.mark.parametrize("prefix", ["foreign.", "module.module.", "trainer.model.net."])
def test_any_prefix_over_all_that_is_needed_is_taken_off(prefix):
    state = StateDict({prefix + name: tensor for name, tensor in tiny().state_dict().items()})
    fitted = match_state_dict(Tiny, state)
    assert same(fitted.module.state_dict(), tiny())
    assert prefix in fitted.notes[0]


def test_missing_counters_become_zero_and_are_noted():
    state = state_of(tiny())
    del state.tensors["norm.num_batches_tracked"]
    fitted = match_state_dict(Tiny, state)
    assert fitted.module.norm.num_batches_tracked == 0
    assert "1 counter" in fitted.notes[0]


def test_a_missing_weight_is_refused_and_named():
    state = state_of(tiny())
    del state.tensors["fc.bias"]
    assert "fc.bias" in str(misfit(state))


def test_a_foreign_weight_within_the_network_is_refused_and_its_name_made_harmless():
    error = misfit(state_of(tiny(), **{"conv." + "x" * 300 + "evil\n\u202e": torch.ones(1)}))
    assert "xevil\ufffd\ufffd" in str(error)


def test_a_foreign_weight_beside_the_network_is_left_out_and_its_name_made_harmless():
    fitted = match_state_dict(Tiny, state_of(tiny(), **{"evil\n\u202e.weight": torch.ones(1)}))
    assert same(fitted.module.state_dict(), tiny())
    assert fitted.notes == ("Left out: 1 tensor that is no part of the network (evil\ufffd\ufffd.weight).",)


def test_of_many_differences_five_are_named():
    error = misfit(StateDict({f"layer{i}.weight": torch.ones(1) for i in range(5000)}))
    assert "layer4.weight and 4,995 more" in str(error)
    assert "layer5.weight" not in str(error)


def test_weights_of_another_size_are_refused():
    error = misfit(state_of(tiny(), **{"conv.weight": torch.ones(4, 3, 5, 5)}))
    assert error.code == "shapes"
    assert "4 × 3 × 5 × 5, expected 4 × 3 × 3 × 3" in str(error)


@pytest.mark.parametrize(
    "head",
    [
        {"fc.weight": torch.ones(8, 4)},
        {"fc.weight": torch.ones(0, 4), "fc.bias": torch.ones(0)},
        {"fc.weight": torch.ones(10_001, 4), "fc.bias": torch.ones(10_001)},
    ],
)
def test_a_head_that_tells_no_class_count_is_refused(head):
    assert misfit(state_of(tiny(), **head)).code == "classes"


def test_a_head_of_another_kind_is_refused():
    assert misfit(state_of(tiny(), **{"fc.weight": torch.ones(7, 4, 1, 1)})).code == "shapes"


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_become_float32(dtype):
    state = StateDict(
        {
            name: tensor.to(dtype) if tensor.is_floating_point() else tensor
            for name, tensor in tiny().state_dict().items()
        }
    )
    fitted = match_state_dict(Tiny, state)
    assert {tensor.dtype for tensor in fitted.module.parameters()} == {torch.float32}
    assert torch.allclose(fitted.module.conv.weight, tiny().conv.weight, atol=1e-2)


@pytest.mark.parametrize(
    ("weight", "code"),
    [
        (torch.full((4, 3, 3, 3), 1e300, dtype=torch.float64), "not_finite"),
        (torch.ones((4, 3, 3, 3), dtype=torch.int8), "dtype"),
        (torch.ones((4, 3, 3, 3), dtype=torch.bool), "dtype"),
    ],
)
def test_numbers_that_float32_cannot_hold_are_refused(weight, code):
    assert misfit(state_of(tiny(), **{"conv.weight": weight})).code == code


def test_the_first_builder_whose_names_match_is_taken():
    builders = [lambda classes: Tiny(classes, auxiliary=True), Tiny]
    assert same(match_state_dict(builders, state_of(tiny())).module.state_dict(), tiny())
    with_auxiliary = tiny(auxiliary=True)
    assert same(match_state_dict(builders, state_of(with_auxiliary)).module.state_dict(), with_auxiliary)


@pytest.mark.parametrize("name", ["mnasnet0_5", "regnet_x_400mf", "squeezenet1_1"])
def test_architectures_with_peculiar_builders_are_filled(name):
    network = get_model_builder(name)(weights=None, num_classes=12)
    fitted = match_state_dict(
        lambda classes: get_model_builder(name)(weights=None, num_classes=classes), state_of(network)
    )
    assert fitted.classes == 12
    assert same(fitted.module.state_dict(), network)


def test_names_of_old_densenet_files_are_understood():
    network = get_model_builder("densenet121")(weights=None, num_classes=5)
    old = {
        re.sub(r"(denselayer\d+\.(?:norm|conv))(\d)", r"\1.\2", name): tensor
        for name, tensor in network.state_dict().items()
    }
    assert "features.denseblock1.denselayer1.norm.1.weight" in old
    fitted = match_state_dict(
        lambda classes: get_model_builder("densenet121")(weights=None, num_classes=classes), StateDict(old)
    )
    assert same(fitted.module.state_dict(), network)


def test_the_probe_refuses_outputs_that_are_not_finite():
    network = tiny()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    check_finite(network, 8)
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    network.norm.running_var.fill_(-1.0)
    with pytest.raises(BadCheckpoint) as caught:
        check_finite(network, 8)
    assert caught.value.code == "output_not_finite"
