"""Names from untrusted sources, escaped for display."""

import unicodedata

__all__ = ["MAX_NAME", "printable"]

MAX_NAME = 120
_REPLACEMENT = "\ufffd"


def printable(name: str, longest: int = MAX_NAME) -> str:
    """A name from a file or a user as it may be shown, composed (NFC) and on one line.

    Controls, bidi marks, unassigned characters and breaks of lines become U+FFFD, the character that Unicode has for
    that: a "?" could be the name's own. Of a long name the end is kept, behind "…": it tells files and weights apart.

    Args:
        name: any text.
        longest: the maximum number of characters, at least 2.
    """
    # bounded before it is composed: a name may be megabytes long
    text = unicodedata.normalize("NFC", name[-4 * longest :])
    shown = "".join(_REPLACEMENT if _hidden(each) else each for each in text)
    return shown if len(shown) <= longest else f"…{shown[1 - longest :]}"


def _hidden(character: str) -> bool:
    kind = unicodedata.category(character)
    return kind[0] == "C" or kind in ("Zl", "Zp")
