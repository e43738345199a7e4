"""A document as values: sections with facts, lines, tables and drawings, in an order.

The PDF and the spreadsheet are both made from it, so that they hold the same. A cell that is None
is "not reported", never zero (S12); "" is a blank.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

Cell = str | int | float | date | None
CellType = Literal["text", "integer", "number", "share", "date"]


@dataclass(frozen=True, slots=True)
class Column:
    """A heading with its unit in words, the type of its cells, and the decimals that are shown."""

    title: str
    type: CellType = "text"
    digits: int = 0


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: R rows of as many cells as there are columns. `name`: of its sheet."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    empty: str = ""  # what is said where there is no row


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a document. `facts`: (name, what it is). `pictures`: (SVG, words below it)."""

    key: str
    title: str
    facts: tuple[tuple[str, Cell], ...] = ()
    lines: tuple[str, ...] = ()
    grids: tuple[Grid, ...] = ()
    pictures: tuple[tuple[str, str], ...] = ()
    signatures: tuple[str, ...] = ()  # who signs on paper


@dataclass(frozen=True, slots=True)
class Document:
    """A document for readers. `state`: what stands across it, "" for nothing; `about`: what a file
    says of itself, name -> words."""

    kind: str
    title: str
    subtitle: str
    state: str
    caution: str
    synthetic: str
    made_on: date
    foot: str
    sections: tuple[Section, ...]
    about: tuple[tuple[str, str], ...]
    not_reported: str
    sign_words: str
    more_rows: str  # with {count}
    lang: str = "en"
    unreviewed: str = ""


def in_order(document: Document, keys: Sequence[str]) -> Document:
    """The sections named first, in that order; the others follow as they stood: nothing that a
    document says is lost by an order.

    >>> parts = tuple(Section(k, k) for k in "abc")
    >>> made = Document("k", "", "", "", "", "", date(2027, 1, 1), "", parts, (), "", "", "")
    >>> [s.key for s in in_order(made, ["c", "x"]).sections]
    ['c', 'a', 'b']
    """
    place = {key: n for n, key in enumerate(keys)}
    return replace(document, sections=tuple(sorted(
        document.sections, key=lambda s: place.get(s.key, len(place)))))
