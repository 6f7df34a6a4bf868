"""The house as it was drawn: imports point one way, files and functions stay short, nothing heavy comes along."""

import ast
import re
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted([*ROOT.glob("featviz/**/*.py"), *ROOT.glob("pages/*.py"), ROOT / "app.py"])
NAVIGATION = ROOT / "pages" / "_navigation.py"
SCRIPTS = sorted(path for path in ROOT.glob("featviz/ui/pages/*/*.py") if path.stem == path.parent.name)
ALLOWED = {
    "errors": set(),
    "compiled": set(),
    "deprecation": set(),
    "progress": set(),
    "statistics": set(),
    "text": set(),
    "parameter": {"deprecation", "errors"},
    "registry": {"deprecation", "errors", "parameter"},
    "render": {"errors", "registry"},
    "models": {"errors", "progress", "registry", "render", "text"},
    "data": {"deprecation", "errors", "progress", "registry", "render", "text"},
    "explain": {
        "errors",
        "compiled",
        "deprecation",
        "progress",
        "statistics",
        "registry",
        "render",
        "models",
        "data",
    },
    "store": {"errors"},
    "representation": {
        *(
            "errors",
            "compiled",
            "deprecation",
            "progress",
            "statistics",
            "text",
            "registry",
            "store",
            "render",
            "models",
            "data",
        ),
    },
    "training": {"errors", "parameter", "progress", "registry", "render", "store", "models", "data"},
}
ALLOWED["analysis"] = {each for each in ALLOWED if each != "compiled"}
CORE = {*ALLOWED, "featviz"}
ALLOWED["featviz"] = set(ALLOWED)
ALLOWED["ui"] = set(CORE)
ALLOWED["pages"] = ALLOWED["ui"] | {"ui"}
ALLOWED["app"] = ALLOWED["pages"] | {"pages"}
SCREEN = {
    "state": set(),
    "components": {"state"},
    "inputs": {"state", "components"},
    "app": {"state", "components", "inputs"},
    "pages": {"state", "components", "inputs", "app"},
}
"""The rooms of `ui`, and which of them each may import from."""


def part_of(path: Path) -> str:
    """The room a file belongs to: `models`, `ui`, `pages`, `app`, or `featviz` for the front door."""
    names = path.relative_to(ROOT).with_suffix("").parts
    return names[0] if names[0] != "featviz" or names[1].startswith("__") else names[1]


@cache
def imported(path: Path) -> tuple[str, ...]:
    """The full names of all that a file imports, inside functions and for type checking too."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return tuple(names)


def roots(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


def rooms_imported(path: Path) -> set[str]:
    """The rooms of this house that a file imports from."""
    names = [name.split(".") for name in imported(path)]
    own = {
        parts[1] if parts[1] in ALLOWED else "featviz"
        for parts in names
        if parts[0] == "featviz" and parts[1:]
    }
    own |= {"featviz" for parts in names if parts == ["featviz"]}
    return own | {parts[0] for parts in names if parts[0] in ("pages", "app")}


def lines_of_body(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many lines a function has without its signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_files_are_found() -> None:
    assert {"featviz/models/recording.py", "featviz/errors.py", "app.py"} <= {named(path) for path in FILES}
    assert {part_of(path) for path in FILES} <= set(ALLOWED)
    assert rooms_imported(ROOT / "featviz/explain/features/feature_maps.py") == {"errors", "models"}
    assert "streamlit" in roots(ROOT / "pages/_navigation.py")
    assert ("state", "feedback") in screen_rooms_imported(ROOT / "featviz/ui/pages/embeddings/pinned.py")


@pytest.mark.parametrize("path", FILES, ids=named)
def test_imports_point_one_way(path: Path) -> None:
    part = part_of(path)
    assert rooms_imported(path) - {part} <= ALLOWED[part]


ON_SCREEN = [path for path in FILES if len(path.relative_to(ROOT).parts) > 3 and part_of(path) == "ui"]


def screen_rooms_imported(path: Path) -> set[tuple[str, str]]:
    """What a file imports of `ui`, as room and folder or file in it."""
    names = [name.split(".") for name in imported(path) if name.startswith("featviz.ui.")]
    return {(parts[2], parts[3]) for parts in names if len(parts) > 3}


@pytest.mark.parametrize("path", ON_SCREEN, ids=named)
def test_the_rooms_of_the_screen_stand_on_one_another(path: Path) -> None:
    room, place = path.relative_to(ROOT / "featviz" / "ui").parts[:2]
    imports = screen_rooms_imported(path)
    assert {other for other, _ in imports} - {room} <= SCREEN[room]
    if room == "pages":
        assert {page for other, page in imports if other == "pages"} <= {place}


@pytest.mark.parametrize("path", FILES, ids=named)
def test_only_the_screen_knows_streamlit(path: Path) -> None:
    if part_of(path) in CORE:
        assert "streamlit" not in roots(path)


@pytest.mark.parametrize("path", FILES, ids=named)
def test_pages_and_pictures_do_without_torch(path: Path) -> None:
    if part_of(path) in ("pages", "render", "app") or path in SCRIPTS:
        assert not {"torch", "torchvision"} & roots(path)


@pytest.mark.parametrize("path", FILES, ids=named)
def test_files_and_functions_are_short(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 300
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    bodies = {
        node.name: lines_of_body(node) for node in ast.walk(ast.parse(text)) if isinstance(node, functions)
    }
    assert {name: lines for name, lines in bodies.items() if lines > 40} == {}


def module_of(path: Path) -> str:
    """The name under which a file is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def files_imported(path: Path, modules: dict[str, Path]) -> set[Path]:
    """The files of the house that a file imports names from; the packages above them are not counted."""
    found = (modules.get(name) or modules.get(name.rpartition(".")[0]) for name in imported(path))
    return {each for each in found if each is not None and each != path}


def house() -> dict[Path, set[Path]]:
    """Every file, and the files it imports from."""
    modules = {module_of(path): path for path in FILES}
    return {path: files_imported(path, modules) for path in FILES}


def test_no_file_imports_itself_by_way_of_others() -> None:
    try:
        TopologicalSorter(house()).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(named(path) for path in error.args[1]))


def reached(starts: set[Path], modules: dict[str, Path]) -> set[Path]:
    """All files that run when some are imported: with their packages, and with what those walk through."""
    found, open_ends = set[Path](), set(starts)
    while open_ends:
        path = open_ends.pop()
        found.add(path)
        packages = {
            folder / "__init__.py" for folder in path.parents if folder.is_relative_to(ROOT / "featviz")
        }
        walks = re.search(r"\.discover\(\s*__name__", path.read_text("utf-8"))
        walked = set(path.parent.rglob("*.py")) if walks else set()
        open_ends |= (files_imported(path, modules) | packages | walked) - found
    return found


def test_every_file_is_used_by_somebody() -> None:
    """From the front door, the server with its pages, the command line, or a test."""
    listed = NAVIGATION.read_text("utf-8")
    pages = {path for path in SCRIPTS if f'("{path.stem}", ' in listed}
    doors = {
        ROOT / "featviz/__init__.py",
        ROOT / "app.py",
        NAVIGATION,
        *pages,
        *ROOT.glob("featviz/**/__main__.py"),
    }
    tests = set((ROOT / "tests").rglob("*.py"))
    modules = {module_of(path): path for path in FILES}
    assert {named(path) for path in set(FILES) - reached(doors | tests, modules)} == set()


def test_no_folder_is_crowded() -> None:
    folders = [
        folder
        for room in ("featviz", "pages", "tests", "benchmarks")
        for folder in (ROOT / room, *(ROOT / room).rglob("*/"))
        if folder.name != "__pycache__"
    ]
    assert ROOT / "featviz/ui/components/scatter" in folders
    counts = {named(folder): sum(each.is_file() for each in folder.iterdir()) for folder in folders}
    assert {folder: count for folder, count in counts.items() if count > 24} == {}


LOOKED_FOR = {
    "architecture": ".architecture",
    "film": ".film",
    "gallery": ".gallery",
    "heat_map": "canvas.cells",
    "idle": ".stPlotlyChart",
    "legend": ".map-legend",
    "link_button": "Copy a link",
    "map_grid": "canvas.tiles",
    "pad": ".pad",
    "overlay_grid": ".overlay",
    "region": ".region",
    "scatter": ".scatter",
}
"""By what the browser's tests find each component on a page."""


def test_every_component_is_driven_in_a_browser() -> None:
    components = ROOT / "featviz/ui/components"
    assert {path.parent.name for path in components.glob("*/*.js")} - {"browser"} == set(LOOKED_FOR)
    tests = "".join(path.read_text("utf-8") for path in (ROOT / "tests/browser").glob("test_*.py"))
    assert [name for name, found_by in LOOKED_FOR.items() if f'"{found_by}' not in tests] == []


def setters_called(tree: ast.AST) -> set[str]:
    """The process-wide setters a file calls, `torch.set_num_threads` and its kin."""
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = (
        "torch.manual_seed",
        "np.random.seed",
        "random.seed",
        "torch.set_num_threads",
        "torch.set_default_dtype",
    )
    return called & {*names, "warnings.catch_warnings", "warnings.simplefilter", "torch.set_grad_enabled"}


# process.py sets up the server's process once, sandbox_worker.py is a process of its own
SERVING = [
    path for path in FILES if part_of(path) != "training" and path.stem not in ("process", "sandbox_worker")
]


@pytest.mark.parametrize("path", SERVING, ids=named)
def test_nothing_sets_what_everybody_shares(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert setters_called(tree) == set()
    methods = {
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and hasattr(node.func, "attr")
    }
    assert "backward" not in methods


def loaded_by(statement: str) -> set[str]:
    """Which modules a fresh Python has loaded after a statement."""
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_library_loads_without_the_screen_or_what_is_needed_late() -> None:
    loaded = loaded_by("import featviz")
    assert "featviz.models.model" in loaded
    assert not {"streamlit", "sklearn", "plotly", "umap"} & loaded


def test_private_parts_of_libraries_are_taken_in_one_place_each() -> None:
    places: dict[str, set[str]] = {}
    for path in FILES:
        for name in imported(path):
            parts = name.split(".")
            private = any(part.startswith("_") and not part.startswith("__") for part in parts)
            if private and parts[0] in ("torch", "torchvision", "captum"):
                places.setdefault(name.rpartition(".")[0], set()).add(named(path))
    assert set(places) == {
        "torch.utils._python_dispatch",
        "torchvision.transforms._presets",
        "captum._utils.models.linear_model",
    }
    assert all(len(files) == 1 for files in places.values())
    internals = "featviz/models/execution/torch_internals.py"
    assert places["torch.utils._python_dispatch"] == {internals}
    telling = (ROOT / internals).read_text("utf-8")
    assert "torchvision.transforms._presets" in telling and "captum._utils" in telling


@pytest.mark.parametrize("path", FILES, ids=named)
def test_fast_execution_has_one_door(path: Path) -> None:
    if not named(path).startswith("featviz/models/"):
        assert not any(name.startswith("featviz.models.execution") for name in imported(path))
