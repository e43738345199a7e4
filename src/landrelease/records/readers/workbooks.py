"""Excel workbooks: cells as a person sees them, no formula computed, no macro and no link opened.

XLSX by openpyxl, XLS by xlrd. A formula shows the value that was saved with it; one without a saved
value shows itself, so that it becomes a finding and not an empty cell. Error cells show #DIV/0! and
the like. The value of merged cells stands in the first of them, as in the file.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from landrelease.errors import (
    FILE_LAYER_UNKNOWN,
    FILE_LAYERS_LEFT,
    FILE_NOT_AS_NAMED,
    FILE_NOT_READABLE,
    FILE_TOO_LARGE,
    FILE_WITHOUT_ROWS,
    LandReleaseError,
)
from landrelease.records.readers.archives import open_zip
from landrelease.records.readers.table import Limits, Problem, SourceTable, short
from landrelease.records.readers.texts import table_of

_XLSX, _XLS = "an Excel workbook (.xlsx)", "an old Excel workbook (.xls)"


class Book:
    """A workbook: its sheets with their headings, visible ones first; `cells` reads one."""

    def __init__(self, file: str, names: list[str], hidden: list[str]):
        self.file, self.names, self.hidden = file, names, hidden

    def cells(self, name: str) -> Iterator[list[Any]]:
        raise NotImplementedError

    def full(self) -> list[str]:
        """Visible sheets with a heading and a row below it."""
        out = []
        for name in self.names:
            said = 0
            for row in self.cells(name):
                said += any(c is not None and str(c).strip() for c in row)
                if said == 2:
                    out.append(name)
                    break
        return out


class _Xlsx(Book):
    def __init__(self, file: str, content: bytes, limits: Limits):
        import openpyxl

        archive = open_zip(file, content, limits)
        if "[Content_Types].xml" not in archive.namelist():
            raise LandReleaseError(FILE_NOT_AS_NAMED, file=file, ending=".xlsx",
                                   found="another zip archive", expected=_XLSX)
        formulas = any(b"<f" in archive.read(n) for n in archive.namelist()
                       if n.startswith("xl/worksheets/") and n.endswith(".xml"))
        self._limits = limits
        self._shown = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True,
                                             keep_links=False)
        self._written = openpyxl.load_workbook(
            io.BytesIO(content), read_only=True, data_only=False,
            keep_links=False) if formulas else None
        sheets = self._shown.worksheets
        super().__init__(file, [s.title for s in sheets if s.sheet_state == "visible"],
                         [s.title for s in sheets if s.sheet_state != "visible"])

    def cells(self, name: str) -> Iterator[list[Any]]:
        sheet = self._shown[name]
        count = 0
        written: Iterable[Any] = iter(lambda: (), None)
        if self._written is not None:
            written = self._written[name].iter_rows(values_only=True)
        # strict is off: without formulas the second side has no end
        for shown, formulas in zip(sheet.iter_rows(values_only=True), written, strict=False):
            count += len(shown)
            _within(self.file, count, self._limits)
            row = [_cell(c) for c in shown]
            for i, formula in enumerate(formulas):
                if i < len(row) and row[i] is None and formula is not None:
                    row[i] = _cell(formula)  # a formula whose value was never saved
            yield row


class _Xls(Book):
    def __init__(self, file: str, content: bytes, limits: Limits):
        import xlrd  # type: ignore[import-untyped]

        self._limits = limits
        self._book = xlrd.open_workbook(file_contents=content, logfile=io.StringIO(),
                                        on_demand=True)
        shown = {s: self._book.sheet_by_name(s).visibility == 0
                 for s in self._book.sheet_names()}
        super().__init__(file, [n for n, seen in shown.items() if seen],
                         [n for n, seen in shown.items() if not seen])

    def cells(self, name: str) -> Iterator[list[Any]]:
        import xlrd

        sheet = self._book.sheet_by_name(name)
        _within(self.file, sheet.nrows * sheet.ncols, self._limits)
        for i in range(sheet.nrows):
            row: list[Any] = []
            for cell in sheet.row(i):
                kind, value = cell.ctype, cell.value
                if kind in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
                    row.append(None)
                elif kind == xlrd.XL_CELL_NUMBER:
                    row.append(int(value) if value == int(value) and abs(value) < 1e15 else value)
                elif kind == xlrd.XL_CELL_BOOLEAN:
                    row.append(bool(value))
                elif kind == xlrd.XL_CELL_ERROR:
                    row.append(xlrd.error_text_from_code.get(value, f"#error {value}"))
                elif kind == xlrd.XL_CELL_DATE:
                    row.append(_day(value, self._book.datemode))
                else:
                    row.append(value)
            yield row


def _day(value: float, mode: int) -> Any:
    import xlrd

    try:
        if value < 1:  # a time without a date
            return str((datetime(2000, 1, 1) + timedelta(days=value)).time())
        return _cell(xlrd.xldate_as_datetime(value, mode))
    except (xlrd.XLDateError, OverflowError, ValueError):
        return value


def _within(file: str, count: int, limits: Limits) -> None:
    if count > limits.cells:
        raise LandReleaseError(FILE_TOO_LARGE, file=file, what="the number of cells",
                               found=count, expected=limits.cells)


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.date() if (value.hour, value.minute, value.second) == (0, 0, 0) else value
    if value is None or isinstance(value, (bool, int, float, str, date)):
        return value
    return str(getattr(value, "text", value))  # times, array formulas


def _open(file: str, ending: str, content: bytes, limits: Limits) -> Book:
    return (_Xls if ending == ".xls" else _Xlsx)(file, content, limits)


def sheets(file: str, ending: str, content: bytes, limits: Limits) -> list[str]:
    """Visible sheets that hold rows."""
    return _guarded(file, ending, lambda: _open(file, ending, content, limits).full())


def heads(file: str, ending: str, content: bytes, limits: Limits
          ) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Visible sheet -> its headings, and the names of hidden sheets; no rows are read."""
    def work() -> tuple[dict[str, tuple[str, ...]], list[str]]:
        book = _open(file, ending, content, limits)
        return {name: table_of(file, _first(book.cells(name)), True, name).columns
                for name in book.names}, book.hidden

    shown, hidden = _guarded(file, ending, work)
    return dict(shown), list(hidden)


def from_workbook(file: str, ending: str, content: bytes, layer: str | None, limits: Limits
                  ) -> SourceTable:
    """One sheet; without `layer` the first visible one, the others named in a note.

    A second sheet with the points of the polygons (IMSMA) gives the rows their geometry.
    Raises FIL-003 to FIL-005, FIL-007, FIL-010, FIL-012.
    """
    return _guarded(file, ending, lambda: _read(file, ending, content, layer, limits))


def _read(file: str, ending: str, content: bytes, layer: str | None, limits: Limits
          ) -> SourceTable:
    from landrelease.records.readers import imsma

    book = _open(file, ending, content, limits)
    names = [*book.names, *book.hidden]
    if layer is not None and layer not in names:
        raise LandReleaseError(FILE_LAYER_UNKNOWN, file=file, found=layer,
                               expected=", ".join(names))
    if not names:
        raise LandReleaseError(FILE_WITHOUT_ROWS, file=file, found="no sheets")
    chosen = layer or names[0]
    table = table_of(file, book.cells(chosen), True, chosen)
    others = [n for n in book.full() if n != chosen] if len(names) > 1 else []
    for other in others:
        head = table_of(file, _first(book.cells(other)), True, other)
        if imsma.are_points_of(table, head):
            points = table_of(file, book.cells(other), True, other)
            joined = imsma.join(table, points, limits)
            if joined is not None:
                table, others = joined, [n for n in others if n != other]
                break
    if layer is None and others:
        table = table.noted(Problem(FILE_LAYERS_LEFT, {
            "found": ", ".join(others), "expected": chosen}))
    return table


def _first(cells: Iterator[list[Any]]) -> Iterator[list[Any]]:
    for row in cells:
        yield row
        if any(c is not None and str(c).strip() for c in row):
            return


def _guarded(file: str, ending: str, work: Any) -> Any:
    try:
        return work()
    except LandReleaseError:
        raise
    except Exception as error:  # both libraries raise many kinds for damaged parts
        raise LandReleaseError(FILE_NOT_READABLE, file=file,
                               expected=_XLS if ending == ".xls" else _XLSX,
                               found=short(error)) from error
