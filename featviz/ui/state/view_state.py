"""The choices of a view, declared once: the key of each, its default, what an address may say, and older keys.

A choice lives in the session as a text under its key, so that Streamlit's controls may share it. What an
address holds is the same text under the same key, and it is untrusted: `Entry.read` decides whether it can be
a choice at all. What depends on the network or the image, such as a layer's name, is checked once more by
the control that offers it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from typing import Any

import streamlit as st

__all__ = [
    "NONE",
    "Choice",
    "Entry",
    "Several",
    "Text",
    "ViewState",
    "Whole",
    "entries_by_key",
    "whole_parts",
]

NONE = "none"
"""What stands for no word at all, where words separated by commas are chosen."""

_FOLLOWED = "_followed_defaults"
LONGEST = 500
"""How many characters a choice may have in an address, where nothing else is declared."""


class Entry:
    """One choice of a view.

    Args:
        default: what holds until a user or an address chooses; None where it depends on what is looked at.
        was: keys under which older links hold it.
        renamed: what older links say, and what that is today.
        longest: how many characters an address may hold of it.
        published: whether links name it; what they do not name may still be asked for.
    """

    def __init__(
        self,
        default: str | int | None = None,
        *,
        was: tuple[str, ...] = (),
        renamed: Mapping[str, str] | None = None,
        longest: int = LONGEST,
        published: bool = True,
    ) -> None:
        self.key = ""
        self.default, self.was, self.longest, self.published = default, was, longest, published
        self.renamed = renamed or {}

    def read(self, text: str) -> str | None:
        """The choice that a text out of an address stands for, as the session keeps it; None if it is none."""
        if not text or len(text) > self.longest or not text.isprintable():
            return None
        return self._check(self.renamed.get(text, text))

    @property
    def text(self) -> str:
        """The present choice as a link holds it, the default where nothing was chosen, or ""."""
        value = st.session_state.get(self.key, self.default)
        return ",".join(value) if isinstance(value, list) else "" if value is None else str(value)

    def keep(self, value: str | int) -> None:
        """Choose; the controls that show it follow."""
        st.session_state[self.key] = value
        st.session_state.get(_FOLLOWED, {}).pop(self.key, None)

    def forget(self) -> None:
        """Go back to the default."""
        st.session_state.pop(self.key, None)
        st.session_state.get(_FOLLOWED, {}).pop(self.key, None)

    def follow(self, default: str | int | None, *, missing: bool) -> None:
        """Hold a default that may differ from page to page and network to network, until somebody chooses.

        Args:
            default: of this page and network.
            missing: whether what is chosen is not on offer here.
        """
        followed = st.session_state.setdefault(_FOLLOWED, {})
        chosen = st.session_state.get(self.key)
        if not missing and (self.key not in followed or followed[self.key] != chosen):
            followed.pop(self.key, None)
            return
        if self.key not in st.session_state or chosen != default:
            st.session_state[self.key] = default
        followed[self.key] = default

    def _check(self, text: str) -> str | None:
        """The same for a text that can be printed and is short enough; here any such text."""
        return text


class Text(Entry):
    """A text that only what is looked at can judge, such as a layer's name; all of it must match `pattern`."""

    def __init__(self, pattern: str = ".+", default: str | None = None, **declared: Any) -> None:
        super().__init__(default, **declared)
        self._pattern = re.compile(pattern)

    def _check(self, text: str) -> str | None:
        return text if self._pattern.fullmatch(text) else None


class Choice(Entry):
    """One of several words, such as the ids of a registry.

    Args:
        options: the words; a function that gives them where they are known later than the declaration.
    """

    def __init__(
        self,
        options: Container[str] | Callable[[], Container[str]],
        default: str | None = None,
        **declared: Any,
    ) -> None:
        super().__init__(default, **declared)
        self._options = options

    @property
    def options(self) -> Container[str]:
        """What may be chosen."""
        return self._options() if callable(self._options) else self._options

    def _check(self, text: str) -> str | None:
        return text if text in self.options else None


class Whole(Entry):
    """A whole number from `low` to `high`, both included; without `high`, what is looked at bounds it."""

    def __init__(self, low: int, high: int = 10**9, default: int | None = None, **declared: Any) -> None:
        super().__init__(default, **declared)
        self.low, self.high = low, high

    def _check(self, text: str) -> str | None:
        if not re.fullmatch(r"-?[0-9]{1,15}", text) or not self.low <= int(text) <= self.high:
            return None
        return str(int(text))


class Several(Entry):
    """Words separated by commas; where `options` are given, others are left out. "none" chooses nothing.

    Of a text that is too long, the first whole words count.
    """

    def __init__(self, options: Container[str] | None = None, **declared: Any) -> None:
        super().__init__(None, **declared)
        self.options = options

    def read(self, text: str) -> str | None:
        """The words out of an address; None where none is left."""
        return super().read(whole_parts(text, ",", self.longest))

    def _check(self, text: str) -> str | None:
        words = [word for word in text.split(",") if word and self._known(word)]
        return ",".join(words) or None

    def _known(self, word: str) -> bool:
        return self.options is None or word == NONE or word in self.options


class ViewState(Mapping[str, Entry]):
    """The entries of a view by key, in the order in which a link holds them.

    Entries that several views share are declared once and passed on: `ViewState("embeddings", **IMAGE_SET, ...)`.

    Args:
        name: of the page, or of the input that pages share.
        entries: by key, which is that of the session and of the address.

    Raises:
        ValueError: one entry stands under two keys, which is a mistake in the program.
    """

    def __init__(self, name: str, **entries: Entry) -> None:
        for key, entry in entries.items():
            if entry.key not in ("", key):
                raise ValueError(f"{entry.key} cannot be declared again as {key}.")
            entry.key = key
        self.name, self._entries = name, entries

    def __getitem__(self, key: str) -> Entry:
        """The entry of this key."""
        return self._entries[key]

    def __iter__(self) -> Iterator[str]:
        """One key after the other."""
        return iter(self._entries)

    def __len__(self) -> int:
        """Count the entries."""
        return len(self._entries)

    def query(self) -> dict[str, str]:
        """The choices that have been made, as an address holds them."""
        chosen = [each for key, each in self.items() if each.published and key in st.session_state]
        return {each.key: each.text for each in chosen if each.text}


def entries_by_key(views: Iterable[ViewState]) -> dict[str, Entry]:
    """All entries of some views, by key and by older keys; where both name one, it is that of the key."""
    today = {key: entry for view in views for key, entry in view.items()}
    return {was: entry for entry in today.values() for was in entry.was} | today


def whole_parts(text: str, separator: str, longest: int) -> str:
    """The text, or of a longer one the first parts that fit as a whole."""
    return text if len(text) <= longest else text[: longest + 1].rpartition(separator)[0]
