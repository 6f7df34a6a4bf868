"""Modules joined to one text do what node does with the modules as they are."""

from pathlib import Path

import pytest

from featviz.ui.components.browser.modules import bundle
from tests.javascript.node import node

COMPONENTS = Path("featviz/ui/components")
ENTRIES = sorted(path for path in COMPONENTS.glob("*/*.js") if path.stem in (path.parent.name, "carrier"))

FILES = {
    "entry.js": """import { twice as doubled } from "./parts/twice.js";
import { count, next } from "./counter.js";

const hidden = "entry";

export default function mount() {
  return [hidden, doubled(21), next(), count.value];
}
""",
    "parts/twice.js": """import { next } from "../counter.js";

const hidden = 2;
next();

export function twice(value) {
  return hidden * value;
}
""",
    "counter.js": """const hidden = { value: 0 };
export const count = hidden;
export const next = () => ++hidden.value;
""",
}


def written(folder: Path, **others: str) -> Path:
    for name, text in (FILES | others).items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    return folder / "entry.js"


def said(path: Path) -> str:
    script = f"import({str(path)!r}).then(({{ default: mount }}) => console.log(JSON.stringify(mount())))"
    return node("--eval", script)


def test_what_is_joined_does_what_the_modules_do(tmp_path: Path) -> None:
    """Names that two modules have stay apart, and a module that two import runs once."""
    entry = written(tmp_path)
    joined = tmp_path / "joined.js"
    joined.write_text(bundle(entry), encoding="utf-8")
    assert said(joined) == said(entry) == '["entry",42,2,2]\n'


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("counter.js", 'import { twice } from "./parts/twice.js";\n', "import each other"),
        ("entry.js", 'import { gone } from "./counter.js";\nexport default function mount() {}\n', "gone"),
        (
            "entry.js",
            'import * as all from "./counter.js";\nexport default function mount() {}\n',
            "not read",
        ),
        ("entry.js", "export default () => 1;\n", "not read"),
        ("entry.js", "export function mount() {}\n", "no default export"),
        ("counter.js", "const count = 1, next = 2;\nexport { count, next };\n", "not"),
    ],
)
def test_what_cannot_be_joined_is_said(tmp_path: Path, name: str, text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        bundle(written(tmp_path, **{name: text}))


def test_every_component_loads(tmp_path: Path) -> None:
    assert len(ENTRIES) >= 11
    for entry in ENTRIES:
        (tmp_path / f"{entry.stem}.mjs").write_text(bundle(entry), encoding="utf-8")
    script = f"""
        import {{ readdirSync }} from "node:fs";
        globalThis.OffscreenCanvas = class {{ getContext() {{}} }};
        const loaded = await Promise.all(readdirSync("{tmp_path}").map((name) => import("{tmp_path}/" + name)));
        console.log(loaded.map((each) => typeof each.default).join(" "));
    """
    assert node("--input-type=module", "--eval", script).split() == ["function"] * len(ENTRIES)


def test_every_module_belongs_to_a_component() -> None:
    joined = "".join(map(bundle, ENTRIES))
    assert [path.name for path in COMPONENTS.glob("*/*.js") if f"// {path.name}\n" not in joined] == []
