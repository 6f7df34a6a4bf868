"""Lessons in steps over the real pages: Markdown files beside a page, which a teacher edits as they are.

Each file of `ui/pages/<page>/steps`, in the order of the names, is one step: a heading, a line with a link
`[what it says](page?choices)`, something to find, and after the heading "Answer" its answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from urllib.parse import parse_qsl

__all__ = ["Step", "lesson_steps", "read_step"]

_FORM = re.compile(
    r"# (?P<title>.+?)\n+\[(?P<label>.+?)\]\((?P<page>\w+)\?(?P<query>.*?)\)\n+(?P<task>.+?)\n+"
    r"## Answer\n+(?P<answer>.+)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        title: its heading.
        page: the folder of the page it leads to.
        label: what the link says.
        choices: what the link chooses there, texts by key.
        task: Markdown, with something to find.
        answer: Markdown.
    """

    title: str
    page: str
    label: str
    choices: dict[str, str]
    task: str
    answer: str


@cache
def lesson_steps(page: str) -> tuple[Step, ...]:
    """The steps of a page's lesson.

    Raises:
        ValueError: a file is no step; says which, and what a step is.
    """
    paths = [
        path for path in (files("featviz.ui.pages") / page / "steps").iterdir() if path.name.endswith(".md")
    ]
    return tuple(
        read_step(path.name, path.read_text("utf-8")) for path in sorted(paths, key=lambda path: path.name)
    )


def read_step(name: str, text: str) -> Step:
    """The step that a file holds.

    Args:
        name: of the file.
        text: Markdown.

    Raises:
        ValueError: it is no step.
    """
    parts = _FORM.fullmatch(text.strip())
    if parts is None:
        raise ValueError(
            f"{name} is no step of a lesson: it needs a line '# Title', a line '[Label](page?key=value)', "
            "something to find, a line '## Answer' and the answer."
        )
    choices = dict(parse_qsl(parts["query"]))
    return Step(
        parts["title"], parts["page"], parts["label"], choices, parts["task"].strip(), parts["answer"]
    )
