"""Quarantined rows as a workbook for the sender: the cells as they were, the errors beside them.

Nothing in it is a formula: every text is a cell of text, whatever it starts with. The caller has
applied the access policy.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from landrelease.core.texts import ENGLISH, Texts
from landrelease.store.exports import atomic

NUMBER, TO_DO = "quarantine number", "what to do"
README = "read me"
# Column for ground that the file holds as a shape and not in its cells.
SHAPE = "geometry (WKT, longitude latitude, WGS 84)"
_CELL = 32_000  # characters that a cell of a worksheet holds, with some room
_EXACT = 10**15  # larger whole numbers lose digits in a worksheet


@dataclass(frozen=True, slots=True)
class ReturnedRow:
    """One row: its key, its cells by heading, what is wrong by heading, and what to do in words."""

    key: str
    cells: Mapping[str, Any]
    marks: Mapping[str, str]
    to_do: str


@dataclass(frozen=True, slots=True)
class ReturnedSheet:
    """The rows of one layer of a file, with the headings of the file in their order."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[ReturnedRow, ...]


def cell_of(value: Any) -> Any:
    """A value as a worksheet can hold it: number, date, truth value or text; None where empty.

    What a cell cannot hold (more than 32,000 characters) is only named; it is kept in the registry.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, int):
        return value if abs(value) < _EXACT else str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date):
        return value if value.year >= 1901 else value.isoformat()
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    text = ILLEGAL_CHARACTERS_RE.sub("\ufffd", str(value)).replace("\r\n", "\n").replace("\r", "\n")
    text = text.encode("utf-8", "replace").decode()
    if len(text) > _CELL:
        return f"(too long for a cell: {len(text):,} characters; kept as it was)"
    return text


def write_return(path: Path, sheets: Sequence[ReturnedSheet], about: Sequence[tuple[str, str]],
                 texts: Texts = ENGLISH) -> None:
    """Write the workbook, whole or not at all; `about` is the first sheet, a pair a row. Its own
    headings are in the language of `texts`, those of the files as they are.

    Raises STO-008 where it cannot be written.
    """
    import openpyxl
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Font, PatternFill

    book = openpyxl.Workbook(write_only=True)
    bold, wrong = Font(bold=True), PatternFill("solid", fgColor="FFF2A0A0")
    grey, note = PatternFill("solid", fgColor="FFE6E6E6"), PatternFill("solid", fgColor="FFFFF6D6")

    def put(sheet: Any, value: Any, **style: Any) -> Any:
        shown = cell_of(value)
        cell = WriteOnlyCell(sheet, value=shown)
        if isinstance(shown, str):
            cell.data_type = "s"  # never a formula, whatever it starts with
            cell.number_format = "@"
            cell.quotePrefix = True  # nor when a person opens the cell and leaves it
        for attribute, what in style.items():
            setattr(cell, attribute, what)
        return cell

    names = _titles([s.title for s in sheets], texts(README))
    first = book.create_sheet(texts(README))
    first.sheet_view.rightToLeft = texts.direction == "rtl"
    first.column_dimensions["A"].width, first.column_dimensions["B"].width = 22, 110
    for name, words in about:
        first.append([put(first, name, font=bold),
                      put(first, words, alignment=Alignment(wrap_text=True, vertical="top"))])
    for title, sheet in zip(names, sheets, strict=True):
        page = book.create_sheet(title)
        page.sheet_view.rightToLeft = texts.direction == "rtl"
        page.freeze_panes = "C2"
        page.column_dimensions["A"].width, page.column_dimensions["B"].width = 22, 70
        heads = (texts(NUMBER), texts(TO_DO), *sheet.headings)
        page.append([put(page, h, font=bold, fill=grey) for h in heads])
        for row in sheet.rows:
            cells = [put(page, row.key, fill=grey), put(
                page, row.to_do, fill=note, alignment=Alignment(wrap_text=True, vertical="top"))]
            for heading in sheet.headings:
                cell = put(page, row.cells.get(heading))
                if wrongs := row.marks.get(heading):
                    cell.fill = wrong
                    cell.comment = Comment(str(cell_of(wrongs[:2000])), "landrelease", 160, 360)
                cells.append(cell)
            page.append(cells)
    with atomic(path) as part:
        book.save(part)


def _titles(names: Sequence[str], first: str) -> list[str]:
    """Titles of worksheets: at most 31 characters, without the marks that Excel refuses, unique."""
    out: list[str] = []
    for name in names:
        plain = "".join("_" if c in "[]:*?/\\" or ord(c) < 32 else c for c in name).strip("' ")
        base = plain[:31] or "rows"
        title, n = base, 2
        while title.casefold() in {
                first.casefold(), "history", *(t.casefold() for t in out)}:
            title = f"{base[:27]} {n}"
            n += 1
        out.append(title)
    return out
