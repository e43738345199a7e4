"""CSV and other text tables: a fast parser where it proves safe, a careful one for the rest."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from landrelease.core import hxl
from landrelease.errors import (
    CELLS_CUT_OFF,
    CELLS_TOO_MANY,
    FILE_ENCODING_GUESSED,
    FILE_NOT_AS_NAMED,
    FILE_TITLE_LEFT_OUT,
    LandReleaseError,
)
from landrelease.records import text
from landrelease.records.readers.table import LIMITS, Cells, Limits, Problem, SourceTable

# Signs that one parser takes for a blank or an end of line and the other does not.
_SEEN_DIFFERENTLY = (b"\0", b"\x0b", b"\x0c", b"\x1c", b"\x1d", b"\x1e", b"\x1f", b"\xc2\x85",
                     b"\xe2\x80\xa8", b"\xe2\x80\xa9")
_HXL = re.compile(r"#\s*[a-z][a-z0-9_]*(\s*\+\s*[a-z][a-z0-9_]*)*$", re.I)
_SMALL = 1 << 16  # bytes: a smaller file is read before the column parser is loaded
_TAGS_WITHIN = 25  # rows in which the row of tags stands (HXL standard 1.1)


def from_text(file: str, content: bytes, limits: Limits = LIMITS) -> SourceTable:
    """A table of text; every cell stays text. Raises FIL-003, FIL-005, FIL-008."""
    encoding = text.detect_encoding(content, file)
    if re.match(r"\s*(<!doctype|<html|<\?xml|\{)", content[:200].decode("latin-1"), re.I):
        raise LandReleaseError(FILE_NOT_AS_NAMED, file=file, ending=PurePosixPath(file).suffix,
                               found="a web page, XML or JSON", expected="CSV text")
    delimiter = text.detect_delimiter(text.sample_of(content, encoding.name))
    table = None if len(content) < _SMALL else fast_table(file, content, encoding.name, delimiter)
    if table is None:
        table = careful_table(file, content, encoding.name, delimiter)
    if encoding.guessed:
        table = table.noted(Problem(FILE_ENCODING_GUESSED, {
            "found": encoding.name, "reason": encoding.reason}))
    return table


def careful_table(file: str, content: bytes, encoding: str, delimiter: str) -> SourceTable:
    """Row by row: ragged rows, odd quotes and a cut-off end are kept and marked."""
    return table_of(file, text.read_cells(content, encoding, delimiter, file),
                    text.ends_in_line(content, encoding))


def fast_table(file: str, content: bytes, encoding: str, delimiter: str) -> SourceTable | None:
    """The same by columns; None where the file is not plainly regular.

    Regular: each quote opens a cell, closes one or is doubled in one; line ends of one sort; no
    characters that the two parsers see in different ways; all rows of one width. Then both parsers
    give the same cells (property test).
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv as arrow_csv

    if encoding not in ("utf-8", "utf-8-sig"):
        content = content.decode(encoding).encode()
    content = content.removeprefix(b"\xef\xbb\xbf")
    if any(sign in content for sign in _SEEN_DIFFERENTLY):
        return None
    returns = content.count(b"\r")
    if returns and returns != content.count(b"\r\n"):
        return None
    quotes = b'"' in content
    if quotes and not _plain_quotes(content, delimiter.encode()):
        return None
    # The heading by the careful parser; what lies before it are blank rows.
    head = next((row for row in csv.reader(io.StringIO(
        text.sample_of(content, "utf-8"), newline=""), delimiter=delimiter) if _said(row)), None)
    if head is None:
        return None
    columns = headings(head)
    if len(columns) != len(head) or len(columns) < 2:
        return None
    names = [f"f{i}" for i in range(len(columns))]
    try:
        read = arrow_csv.read_csv(
            pa.BufferReader(content),
            read_options=arrow_csv.ReadOptions(column_names=names, block_size=8 << 20),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=quotes, quote_char='"'),
            convert_options=arrow_csv.ConvertOptions(
                check_utf8=False, strings_can_be_null=False,
                column_types=dict.fromkeys(names, pa.string())))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowCapacityError):
        return None
    blank = None  # rows of nothing but blanks
    for name in names:
        empty = pc.equal(pc.utf8_trim_whitespace(read[name]), "")
        blank = empty if blank is None else pc.and_(blank, empty)
        if not pc.any(blank).as_py():
            break
    else:
        read = read.filter(pc.invert(blank))
    first = 1  # after the heading
    if [read[n][0].as_py() for n in names] != head:
        return None
    tags: list[str] = []
    for at in range(1, min(read.num_rows, _TAGS_WITHIN)):
        row = [read[n][at].as_py() for n in names]
        if _is_tags(row):
            if at != first:
                return None  # lines of a title before the headings
            tags, first = tags or row, at + 1
    read = read.slice(first)
    position = dict(zip(columns, names, strict=True))

    def column(heading: str) -> Any:
        return np.asarray(read[position[heading]].to_numpy(zero_copy_only=False), dtype=object)

    return SourceTable(file, "", b"", "", columns, None, False,
                       cells=Cells(columns, column), count=read.num_rows,
                       tags=_tags_of(columns, tags))


def _plain_quotes(content: bytes, delimiter: bytes) -> bool:
    """Whether quotes stand only around whole cells, doubled inside them."""
    data = np.frombuffer(content, dtype=np.uint8)
    at = np.flatnonzero(data == 0x22)
    if len(at) % 2:
        return False
    opens, closes = at[0::2], at[1::2]
    edge = np.zeros(256, dtype=bool)
    edge[[delimiter[0], 0x0A, 0x0D]] = True
    before = np.where(opens > 0, data[opens - 1], 0x0A)
    after = np.where(closes + 1 < len(data), data[np.minimum(closes + 1, len(data) - 1)], 0x0A)
    doubled = np.zeros(len(opens), dtype=bool)  # this opening quote follows a closing one
    doubled[1:] = opens[1:] == closes[:-1] + 1
    followed = np.zeros(len(opens), dtype=bool)
    followed[:-1] = doubled[1:]
    return bool(((edge[before] | doubled) & (edge[after] | followed)).all())


def _said(row: Iterable[Any]) -> list[str]:
    return [s for cell in row if cell is not None and (s := str(cell).strip())]


def _is_tags(row: Iterable[Any]) -> bool:
    said = _said(row)
    return bool(said) and all(_HXL.match(cell) for cell in said) and any(
        hxl.plain(cell).split("+")[0] in hxl.HASHTAGS for cell in said)


def _tags_of(columns: Iterable[str], row: Iterable[Any]) -> dict[str, str]:
    return {c: str(cell).strip() for c, cell in zip(columns, row, strict=False)
            if cell is not None and str(cell).strip()}


def _head_of(rows: Iterator[list[Any]]) -> tuple[list[Any], list[Any], int, list[list[Any]]]:
    """Heading, HXL tags, how many lines of a title were left out, and the rows read so far.

    The tags may stand in any of the first 25 rows; the row before them is the heading, and without
    one the tags are it. Without tags the heading is the first row that is not blank.
    """
    seen: list[list[Any]] = []
    for row in rows:
        if not _said(row):
            continue
        seen.append(row)
        if len(seen) > 1 and _is_tags(row):
            head = seen[-2]
            if _is_tags(head):  # nothing but tags
                return head, head, len(seen) - 2, []
            blank = [c is None or not str(c).strip() for c in head]
            head = [row[i] if i < len(row) and gone else c
                    for i, (c, gone) in enumerate(zip(head, blank, strict=True))]
            return [*head, *row[len(head):]], row, len(seen) - 2, []
        if len(seen) == _TAGS_WITHIN:
            break
    head = seen[0] if seen else []
    return head, head if _is_tags(head) else [], 0, seen[1:]


def table_of(file: str, cells: Iterable[list[Any]], complete: bool, layer: str = "",
             notes: tuple[Problem, ...] = ()) -> SourceTable:
    """A table of rows of cells: its heading, its HXL tags where there are any, and its rows.

    The first row that is not blank is the heading, or the one before the row of tags.
    `complete`: the file ends with a line end, so that a short last row is a row with empty cells.
    """
    rows = iter(cells)
    head, tags, titles, seen = _head_of(rows)
    columns = headings(head)
    if titles:
        notes = (*notes, Problem(FILE_TITLE_LEFT_OUT, {"found": titles}))
    out: list[list[Any]] = []
    problems: dict[int, Problem] = {}
    extras: dict[int, dict[str, Any]] = {}
    lengths = 0
    for row in itertools.chain(seen, rows):
        said = _said(row)
        if not said or (not out and tags and _is_tags(row)):
            continue
        lengths, width = len(row), len(columns)
        if lengths > width:
            if _said(row[width:]):
                extras[len(out)] = {f"(cell {width + i + 1})": c
                                    for i, c in enumerate(row[width:])}
                problems[len(out)] = Problem(CELLS_TOO_MANY, {"found": lengths,
                                                              "expected": width})
            row = row[:width]
        elif lengths < width:
            row = [*row, *[None] * (width - lengths)]
        out.append(row)
    if out and lengths < len(columns) and not complete:
        problems[len(out) - 1] = Problem(CELLS_CUT_OFF, {"found": lengths,
                                                         "expected": len(columns)})
    turned = dict(zip(columns, (list(c) for c in zip(*out, strict=True)), strict=False)) if (
        out) else {name: [] for name in columns}
    return SourceTable(file, "", b"", "", columns, None, False, notes, layer, cells=turned,
                       count=len(out), problems=problems, extras=extras,
                       tags=_tags_of(columns, tags))


def headings(row: list[Any]) -> tuple[str, ...]:
    """Headings as they stand, trimmed; an empty or a repeated one gets its number."""
    names: dict[str, None] = {}
    while row and (row[-1] is None or not str(row[-1]).strip()):
        row = row[:-1]
    for number, cell in enumerate(row, start=1):
        name = "" if cell is None else " ".join(str(cell).split())
        name = name or f"(column {number})"
        while name in names:
            name = f"{name} (column {number})"
        names[name] = None
    return tuple(names)
