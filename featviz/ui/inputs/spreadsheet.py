"""Text as a spreadsheet reads it from a table: never as a formula, for it may be a user's."""

from __future__ import annotations

import re

__all__ = ["cell"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


def cell(value: object) -> str:
    """A value as it stands in a table; "" for None.

    A text that a spreadsheet would take for a formula gets an apostrophe before it; a number, of whatever sign,
    stays one.
    """
    text = "" if value is None else str(value)
    risky = text.startswith(_FORMULA) and not _NUMBER.fullmatch(text)
    return f"'{text}" if risky else text
