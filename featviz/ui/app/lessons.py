"""The folded explanations for students: Markdown files beside the pages, which a teacher edits as they are.

A page's own lesson is `ui/pages/<page>/lesson.md`; that of a method is the file in `ui/pages/<page>/lessons` which
the method names when it registers itself. A text is read once: after an edit the server is started again.
"""

import inspect
import re
from functools import cache
from importlib.resources import files

from featviz.registry import Method, Registry

__all__ = ["method_lesson", "page_lesson", "require_lessons"]

_PAGES = "featviz.ui.pages"


def page_lesson(page: str) -> str:
    """The Markdown of a page's lesson.

    Raises:
        FileNotFoundError: the page has none, which is a mistake in the program.
    """
    return _read(page, "lesson.md")


def method_lesson(method: Method) -> str:
    """The Markdown of a method's lesson; of one that names no file, what its docstring explains.

    Raises:
        FileNotFoundError: there is no such file, which is a mistake in the program.
    """
    page, _, file = method.lesson.partition("/")
    return _read(page, f"lessons/{file}") if file else _explained(method)


def require_lessons(registry: Registry) -> None:
    """Read the lessons of all methods, so that a missing one is found when the page is imported.

    Raises:
        FileNotFoundError: one is missing; says whose.
    """
    for method in registry:
        try:
            method_lesson(method)
        except FileNotFoundError as error:
            raise FileNotFoundError(f"The {registry.kind} {method.id} has no lesson: {error}") from error


@cache
def _read(page: str, name: str) -> str:
    path = files(f"{_PAGES}.{page}") / name
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}.")
    return path.read_text(encoding="utf-8")


def _explained(method: Method) -> str:
    """The paragraphs of a docstring, without the lists of what comes in and goes out."""
    text = inspect.getdoc(method.function) or ""
    return re.split(r"^(?:Args|Returns|Yields|Raises):", text, maxsplit=1, flags=re.MULTILINE)[0].strip()
