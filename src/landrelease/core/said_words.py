"""The words of published numbers: what is counted, what is said of it, bounds, units, scales.

The words themselves are data (`data/claim_words.csv`, several languages); a word with `*` at its
end stands for all that begin so. Text is compared without regard to case.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Hit:
    """A word that was recognised, and where it stands."""

    start: int
    end: int
    meaning: str


def fold(text: object) -> str:
    """Text as it is compared: one form of each letter, lower case, single spaces.

    The length may change, so positions are those of the folded text.
    """
    return _folded("" if text is None else str(text))


_ARABIC_MARKS = str.maketrans({"٬": ",", "٫": ".", "٪": "%"})  # of thousands, decimals, a share


@functools.lru_cache(maxsize=8192)
def _folded(text: str) -> str:
    if text.isascii():
        return " ".join(text.replace("_", " ").lower().split())
    plain = unicodedata.normalize("NFKC", text)
    digits = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c
                     for c in plain.translate(_ARABIC_MARKS))
    return " ".join(digits.replace("_", " ").casefold().split())


@dataclass(frozen=True, eq=False)
class _Group:
    pattern: re.Pattern[str]
    exact: Mapping[str, str]
    stems: tuple[tuple[str, str], ...]  # longest first

    @functools.lru_cache(maxsize=4096)  # noqa: B019 (one vocabulary lives as long as the program)
    def find(self, text: str) -> list[Hit]:
        return [Hit(m.start(), m.end(), self._meaning(m.group())) for m in
                self.pattern.finditer(text)]

    def _meaning(self, word: str) -> str:
        known = self.exact.get(word)
        if known is not None:
            return known
        return next(meaning for stem, meaning in self.stems if word.startswith(stem))


@dataclass(frozen=True)
class Vocabulary:
    """Groups of words; made from rows of (group, meaning, words)."""

    groups: Mapping[str, _Group] = field(repr=False)

    def find(self, group: str, text: str) -> list[Hit]:
        """All words of a group in a folded text, in their order; the longer word wins."""
        return self.groups[group].find(text)

    def meanings(self, group: str, text: str) -> list[str]:
        """The different meanings, in the order of their first word."""
        return list(dict.fromkeys(h.meaning for h in self.find(group, text)))

    def whole(self, group: str, text: str) -> str:
        """The meaning of a text that is one word of the group; "" where it is not."""
        hits = self.find(group, text)
        return hits[0].meaning if len(hits) == 1 and (hits[0].start, hits[0].end) == (
            0, len(text)) else ""


def vocabulary(rows: Iterable[tuple[str, str, str]]) -> Vocabulary:
    """rows : (group, meaning, words parted by "|")."""
    collected: dict[str, list[tuple[str, str]]] = {}
    for group, meaning, words in rows:
        for word in words.split("|"):
            if fold(word):
                collected.setdefault(group, []).append((fold(word), meaning))
    return Vocabulary({name: _group(words) for name, words in collected.items()})


def _group(words: list[tuple[str, str]]) -> _Group:
    exact: dict[str, str] = {}
    stems: dict[str, str] = {}
    for word, meaning in words:
        (stems if word.endswith("*") else exact).setdefault(word.rstrip("*"), meaning)
    listed = [(w, "") for w in exact] + [(w, r"\w*") for w in stems]
    parts = []
    for word, tail in sorted(listed, key=lambda x: -len(x[0])):
        before = r"(?<!\w)" if word[0].isalnum() else ""
        after = r"(?!\w)" if tail or word[-1].isalnum() else ""
        parts.append(f"{before}{re.escape(word)}{tail}{after}")
    return _Group(re.compile("|".join(parts)), exact,
                  tuple(sorted(stems.items(), key=lambda x: -len(x[0]))))
