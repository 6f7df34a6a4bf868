"""ES modules of a component joined to one text, as Streamlit hands the code of a component to the browser.

The files are modules that a browser and node import as they are. Joined they are one message instead of a request for
each file, one after the other, before anything is drawn. Each module keeps a scope of its own: what it does not export
nobody else sees.
"""

import re
from pathlib import Path

__all__ = ["bundle"]

_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[^"]*)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (default )?((?:function|class|const) (\w+))", re.MULTILINE)
_UNREAD = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)


def bundle(entry: Path) -> str:
    """The text of a module with all it imports, whose default export is the entry's.

    Read are `import { a, b as c } from "./file.js";`, and `export` before one `function`, `class` or `const`, for the
    first two also with `default`.

    Raises:
        ValueError: a line of import or export is another one, or names what is not exported; modules import each other
            in a circle; the entry has no default export.
    """
    names: dict[Path, str] = {}
    exports: dict[Path, dict[str, str]] = {}
    scopes = [_scope(path, names, exports) for path in _in_order(entry.resolve(), [])]
    if "default" not in exports[entry.resolve()]:
        raise ValueError(f"{entry} has no default export.")
    return "".join((*scopes, f"export default {names[entry.resolve()]}.default;\n"))


def _in_order(path: Path, above: list[Path]) -> list[Path]:
    """The module behind all that it imports, each once."""
    if path in above:
        raise ValueError(f"Modules import each other: {' -> '.join(each.name for each in (*above, path))}.")
    before = [
        each
        for _, address in _IMPORT.findall(path.read_text(encoding="utf-8"))
        for each in _in_order((path.parent / address).resolve(), [*above, path])
    ]
    return list(dict.fromkeys((*before, path)))


def _scope(path: Path, names: dict[Path, str], exports: dict[Path, dict[str, str]]) -> str:
    """One module as a call that returns what it exports; it and its exports are added to those known."""
    text = path.read_text(encoding="utf-8")
    exports[path] = {(default and "default") or name: name for default, _, name in _EXPORT.findall(text)}
    names[path] = f"module{len(names)}"

    def bound(match: re.Match[str]) -> str:
        source = (path.parent / match[2]).resolve()
        imported = [each.strip() for each in match[1].split(",") if each.strip()]
        missing = [each for each in imported if each.split(" as ")[0] not in exports[source]]
        if missing:
            raise ValueError(
                f"{path.name} imports {', '.join(missing)}, which {source.name} does not export."
            )
        return f"const {{ {', '.join(each.replace(' as ', ': ') for each in imported)} }} = {names[source]};"

    text = _EXPORT.sub(r"\2", _IMPORT.sub(bound, text))
    if unread := _UNREAD.search(text):
        raise ValueError(f"{path.name}: a line that is not read: {unread[0]}")
    exported = ", ".join(f"{outside}: {inside}" for outside, inside in exports[path].items())
    return f"const {names[path]} = (() => {{ // {path.name}\n{text}return {{ {exported} }};\n}})();\n"
