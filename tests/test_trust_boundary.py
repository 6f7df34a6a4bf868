"""One door for each kind of foreign bytes, and no switch that all sessions share: read off the source."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*ROOT.glob("featviz/**/*.py"), *ROOT.glob("pages/**/*.py"), ROOT / "app.py"])
STARTUP = "featviz/ui/state/process.py"
QUARANTINE = "featviz/models/checkpoints/sandbox_worker.py"

# A name, with all that lies under it, and the one file that may use it.
RESERVED = {
    # opening foreign bytes
    "PIL.Image.open": "featviz/data/images/reading.py",
    "PIL.ImageFile.LOAD_TRUNCATED_IMAGES": None,
    "torch.load": QUARANTINE,
    "torch.jit": None,
    "torch.hub.load": None,
    "torch.hub.load_state_dict_from_url": None,
    "torch.serialization": None,
    "torchvision.io": None,
    "pickle": None,
    "dill": None,
    "cloudpickle": None,
    "joblib": None,
    "shelve": None,
    "marshal": None,
    "eval": None,
    "exec": None,
    # switches of the whole process
    "torch.manual_seed": None,
    "torch.seed": None,
    "torch.random": None,
    "torch.cuda.manual_seed": None,
    "torch.cuda.manual_seed_all": None,
    "numpy.random.seed": None,
    "random.seed": None,
    "torch.set_default_dtype": None,
    "torch.set_default_device": None,
    "torch.set_num_threads": STARTUP,
    "torch.set_num_interop_threads": STARTUP,
    "torch.use_deterministic_algorithms": None,
    "warnings.catch_warnings": None,
    "warnings.simplefilter": STARTUP,
    "warnings.filterwarnings": STARTUP,
    "os.chdir": None,
    # tracing and swapping what others are running
    "torch.fx": None,
    "torch.compile": None,
    "torch.func.functional_call": None,
    "torchvision.models.feature_extraction": None,
}
ARCHIVES = {QUARANTINE, "featviz/data/archives.py"}
TRAINING = "featviz/training/"
TRAINING_METHODS = {"backward", "zero_grad"}


def aliases(tree):
    """Local name -> full name, from the imports of a file."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                names[each.asname or each.name.split(".")[0]] = (
                    each.name if each.asname else each.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    return names


def full_name(node, names):
    """The dotted name an expression stands for, with imports resolved, or ""."""
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        base = full_name(node.value, names)
        return f"{base}.{node.attr}" if base else ""
    return ""


def used_names(tree):
    names = aliases(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{each.name}" for each in node.names)
        elif isinstance(node, ast.Name | ast.Attribute):
            yield full_name(node, names)


def is_under(name, reserved):
    return name == reserved or name.startswith(reserved + ".")


def unsafe_keywords(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in ("weights_only", "allow_pickle"):
            value = node.value.value if isinstance(node.value, ast.Constant) else None
            if value is not (node.arg == "weights_only"):
                yield f"{node.arg} is not {node.arg == 'weights_only'}"


def offences(source, path):
    """What a file at `path` does that only other files may do."""
    tree = ast.parse(source)
    used = set(used_names(tree))
    for reserved, owner in RESERVED.items():
        if path != owner and any(is_under(name, reserved) for name in used):
            yield reserved
    if path not in ARCHIVES and any(is_under(name, "zipfile") for name in used):
        yield "zipfile"
    if any("safe_globals" in name for name in used):
        yield "safe_globals"
    methods = {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    if not path.startswith(TRAINING):
        yield from sorted(methods & TRAINING_METHODS)
    yield from unsafe_keywords(tree)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_file_does_what_another_is_there_for(path):
    assert list(offences(path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix())) == []


@pytest.mark.parametrize(
    ("source", "offence"),
    [
        ("from PIL import Image\nImage.open(file)", "PIL.Image.open"),
        ("from PIL.Image import open as read\nread(file)", "PIL.Image.open"),
        ("import PIL.Image\nPIL.Image.open(file)", "PIL.Image.open"),
        ("import torch\ntorch.load(file)", "torch.load"),
        ("import torch as t\nload = t.load", "torch.load"),
        ("from torch import load", "torch.load"),
        ("import torch\ntorch.load(file, weights_only=False)", "weights_only is not True"),
        ("import torch\ntorch.load(file, weights_only=choice)", "weights_only is not True"),
        ("import torch\ntorch.serialization.add_safe_globals([x])", "safe_globals"),
        ("import zipfile", "zipfile"),
        ("from zipfile import ZipFile", "zipfile"),
        ("import pickle", "pickle"),
        ("import torchvision\ntorchvision.io.decode_image(data)", "torchvision.io"),
        ("from torchvision.io import decode_image", "torchvision.io"),
        ("import numpy as np\nnp.load(file, allow_pickle=True)", "allow_pickle is not False"),
        ("loss.backward()", "backward"),
        ("model.zero_grad()", "zero_grad"),
        ("import torch\ntorch.manual_seed(0)", "torch.manual_seed"),
        ("import numpy as np\nnp.random.seed(0)", "numpy.random.seed"),
        ("import torch\ntorch.set_default_dtype(x)", "torch.set_default_dtype"),
        ("from torch import set_num_threads", "torch.set_num_threads"),
        ("import warnings\nwith warnings.catch_warnings():\n    pass", "warnings.catch_warnings"),
        ("eval('1')", "eval"),
    ],
)
def test_the_reader_of_sources_sees_each_offence(source, offence):
    assert offence in set(offences(source, "featviz/explain/example.py"))


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("import torch\ngenerator = torch.Generator().manual_seed(seed)", "featviz/explain/example.py"),
        ("import torch\nmodel.eval()\ntorch.autograd.grad(y, x)", "featviz/explain/example.py"),
        ("import numpy as np\nnp.load(file, allow_pickle=False)", "featviz/explain/example.py"),
        ("import safetensors.torch\nsafetensors.torch.load(data)", "featviz/models/example.py"),
        ("from pathlib import Path\nPath(name).open()", "featviz/data/example.py"),
        ("loss.backward()", "featviz/training/example.py"),
        ("import torch\ntorch.set_num_threads(2)", STARTUP),
        ("from zipfile import ZipFile", "featviz/data/archives.py"),
    ],
)
def test_the_reader_of_sources_lets_honest_code_pass(source, path):
    assert list(offences(source, path)) == []
