"""Names that visitors give to files and classes, made fit to be shown and to be told apart."""

import unicodedata
from collections import Counter
from collections.abc import Iterable

__all__ = ["MAX_NAME", "printable", "unique"]

MAX_NAME = 120


def printable(name: str) -> str:
    """A name as it may be shown: NFC, the last 120 characters, controls and bidi marks replaced by U+FFFD."""
    text = unicodedata.normalize("NFC", name[-4 * MAX_NAME :])
    return "".join("\ufffd" if unicodedata.category(each)[0] == "C" else each for each in text)[-MAX_NAME:]


def unique(names: Iterable[str]) -> list[str]:
    """The same names in the same order; those that came before get "~2", "~3", ... at their end."""
    listed = list(names)
    taken, seen, told_apart = set(listed), Counter[str](), list[str]()
    for name in listed:
        seen[name] += 1
        apart = name
        while seen[name] > 1 and (apart := f"{name}~{seen[name]}") in taken:
            seen[name] += 1
        taken.add(apart)
        told_apart.append(apart)
    return told_apart
