"""Exports of ODK Central and KoboToolbox of our own forms: submissions put together again from the
tables and lists into which an export takes them apart.

What comes out is what the phone sent, so that records, their links and their ids are those of the
submission itself (`readers.openrosa`). Sources: the programs that write them.

- ODK Central (getodk/central-backend, lib/data/briefcase.js, odata.js): a zip with `FORM.csv`,
  `FORM-REPEAT.csv` and `media/`; groups before the question with "-", a point in four columns,
  `KEY` and `PARENT_KEY`. Or OData JSON with `$expand=*`, places as GeoJSON.
- KoboToolbox (kobotoolbox/formpack, reporting/export.py): a sheet for the form and for each repeat,
  groups with "/", `_index`, `_parent_table_name`, `_parent_index`, "XML values and headers". Or
  JSON, with repeats as lists under their whole path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import Any
from xml.etree import ElementTree

from landrelease.errors import FILE_FORM_EXPORT
from landrelease.records.forms.catalogue import FORMS
from landrelease.records.forms.form import Form, Part
from landrelease.records.readers import forms, openrosa
from landrelease.records.readers.table import Limits, Problem, SourceTable

CENTRAL, KOBO = "ODK Central", "KoboToolbox"
_SPLIT = re.compile(r"(.+)-(Latitude|Longitude|Altitude|Accuracy)$")
_TOP = re.compile(r"start|end|today|photo_\d+")
_INSTANCE = ("KEY", "__id", "meta/instanceID", "meta-instanceID", "instanceID", "_uuid")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Export:
    """An export of one of our forms: the program that wrote it, and its submissions as XML."""

    program: str
    form: Form
    submissions: tuple[ElementTree.Element, ...]

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Kind -> rows of all submissions; kinds of which there are none are left out."""
        found: dict[str, list[dict[str, Any]]] = {p.kind: [] for p in self.form.part.walk()}
        for root in self.submissions:
            for kind, rows in openrosa.rows_of(root).items():
                found[kind] += rows
        return {kind: rows for kind, rows in found.items() if rows}

    def layers(self) -> list[str]:
        return list(self.rows())

    def table(self, file: str, layer: str | None, limits: Limits) -> SourceTable:
        """The rows of one kind; None takes the first. Raises FIL-007, FIL-010."""
        note = Problem(FILE_FORM_EXPORT, {"found": self.form.id, "other": self.program,
                                          "expected": len(self.submissions)})
        return openrosa.table_of(file, self.rows(), layer, limits, self.form).noted(note)

    def said(self) -> Iterator[openrosa.Said]:
        """What each submission says of itself."""
        return map(openrosa.said_of_root, self.submissions)


def is_export(table: SourceTable) -> bool:
    """Whether a table is of an export of our forms."""
    return any(note.message is FILE_FORM_EXPORT for note in table.notes)


# --- as they come --------------------------------------------------------------------------------

def of_zip(names: Sequence[str], table: Callable[[str], SourceTable]) -> Export | None:
    """An export of ODK Central; None where the archive is no export of one of our forms. `table`
    reads a member."""
    stems = {PurePosixPath(n).stem: n for n in names
             if n.lower().endswith(".csv") and len(PurePosixPath(n).parts) == 1}
    form = next((FORMS[s] for s in stems if s in FORMS), None)
    if form is None:
        return None
    inner = {p.kind: _rows(table(stems[f"{form.id}-{p.kind}"])) for p in form.part.walk()
             if p is not form.part and f"{form.id}-{p.kind}" in stems}
    return _of_tables(CENTRAL, "-", (form.id,), _rows(table(stems[form.id])), inner)


def of_table(table: SourceTable) -> Export | None:
    """A CSV of one of these programs without repeats; None where it is none of ours."""
    hint = PurePosixPath(table.file).stem
    if hint not in FORMS and not any(c.rpartition("/")[2].rpartition("-")[2] == "identifier"
                                     for c in table.columns):
        return None
    kobo = any("/" in c for c in table.columns)
    return _of_tables(KOBO if kobo else CENTRAL, "/" if kobo else "-", (hint,), _rows(table), {})


def of_sheets(names: Sequence[str], table: Callable[[str], SourceTable]) -> Export | None:
    """A workbook of KoboToolbox; None where it is none of ours. `table` reads a sheet."""
    if not names:
        return None
    main = table(names[0])
    if not any(c.rpartition("/")[2] == "identifier" for c in main.columns):
        return None
    inner = {name: _rows(table(name)) for name in names[1:]}
    hints = (PurePosixPath(main.file).stem, names[0], *(
        f.id for f in FORMS.values() if f.title[:31] == names[0]))
    return _of_tables(KOBO, "/", hints, _rows(main), inner)


def of_document(document: Any) -> Export | None:
    """JSON of one of these programs; None where it is none of ours."""
    listed = document.get("results", document.get("value")) if isinstance(document, dict) \
        else document
    if not isinstance(listed, list) or not listed or not all(isinstance(r, dict) for r in listed):
        return None
    rows = [forms.flat(r) for r in listed]
    form = _form_of(("", *(str(r.get("_xform_id_string") or "") for r in rows)), rows, "/")
    if form is None:
        return None
    made = []
    for row in rows:
        root = _start(form, row, "/")
        if root is None:
            return None
        _fill(root, form.part, (form.part.kind,), row, "/", _listed)
        made.append(root)
    kobo = any("_xform_id_string" in r or "_uuid" in r for r in rows)
    return Export(KOBO if kobo else CENTRAL, form, tuple(made))


# --- tables --------------------------------------------------------------------------------------

def _rows(table: SourceTable) -> list[dict[str, Any]]:
    return [dict(row.values) for row in table.rows]


def _of_tables(program: str, separator: str, hints: Iterable[str], rows: list[dict[str, Any]],
               inner: Mapping[str, list[dict[str, Any]]]) -> Export | None:
    form = _form_of(hints, rows, separator)
    if form is None:
        return None
    # (table, key of the row around it) -> rows. ODK names the row by its key, Kobo by table and
    # number.
    around: dict[tuple[str, str], list[Row]] = {}
    for kind, listed in inner.items():
        for row in listed:
            parent = row.get("PARENT_KEY")
            if parent is None:
                parent = f"{row.get('_parent_table_name') or ''}#{_text(row.get('_parent_index'))}"
            around.setdefault((kind, str(parent)), []).append(row)

    def repeats(row: Row, part: Part, _: tuple[str, ...], name: str) -> list[Row]:
        own = str(row.get("KEY") or "")
        if own:
            return around.get((part.kind, own), [])
        number = _text(row.get("_index"))
        return next((around[part.kind, f"{t}#{number}"] for t in (name, *hints_)
                     if (part.kind, f"{t}#{number}") in around), [])

    # Kobo calls the table of the form by its title: whatever is named and is no repeat.
    hints_ = sorted({str(r.get("_parent_table_name") or "") for listed in inner.values()
                     for r in listed} - {p.kind for p in form.part.walk() if p is not form.part})
    made = []
    for row in rows:
        root = _start(form, row, separator)
        if root is None:
            return None
        _fill(root, form.part, (form.part.kind,), row, separator, repeats)
        made.append(root)
    return Export(program, form, tuple(made))


def _form_of(hints: Iterable[str], rows: list[Any], separator: str) -> Form | None:
    """The form of which these are submissions: as it is named, else by its questions."""
    if not rows or not all(_instance(r) for r in rows):
        return None
    named = next((FORMS[h] for h in hints if h in FORMS), None)
    best: tuple[float, Form] | None = None
    headings = {h for r in rows for h in r}
    for form in FORMS.values() if named is None else (named,):
        part = form.part
        known = {*_fields(part), *(p.kind for p in part.parts)}
        path = [part.kind]
        asked = {_SPLIT.sub(r"\1", h).split(separator)[1] for h in headings
                 if h.split(separator)[:1] == path and len(
                     _SPLIT.sub(r"\1", h).split(separator)) == 2}
        asked = {a.split("@")[0] for a in asked}  # links of OData
        if named is None and ("identifier" not in asked or not asked <= known):
            continue
        said = [_answers(r, part, (part.kind,), separator) for r in rows]
        if not all(a.get("identifier", "").startswith(f"{part.kind}-") for a in said):
            continue
        if named is None and any(
                a.get(n) not in (None, v) for a in said for n, v in part.fixed.items()):
            continue  # of a form that is named such a row waits (FRM-024)
        share = len(asked) / len(known)
        if best is None or share > best[0]:
            best = share, form
    return None if best is None else best[1]


# --- one submission ------------------------------------------------------------------------------

def _fields(part: Part) -> tuple[str, ...]:
    return ("identifier", *part.fixed, *part.asks, *(("place",) if part.place else ()))


def _instance(row: Row) -> str:
    for name in _INSTANCE:
        said = _text(row.get(name))
        if said:
            return f"uuid:{said}" if name == "_uuid" and ":" not in said else said
    return ""


def _start(form: Form, row: Row, separator: str) -> ElementTree.Element | None:
    instance = _instance(row)
    if not instance:
        return None
    root = ElementTree.Element(form.id, {"id": form.id})
    for heading, value in row.items():
        name = heading.rpartition(separator)[2]
        if heading == name and _TOP.fullmatch(name) and _text(value):
            ElementTree.SubElement(root, name).text = _text(value)
    meta = ElementTree.SubElement(root, "meta")
    ElementTree.SubElement(meta, openrosa.INSTANCE).text = instance
    return root


def _fill(around: ElementTree.Element, part: Part, path: tuple[str, ...], row: Row, separator: str,
          repeats: Callable[[Row, Part, tuple[str, ...], str], Sequence[Row]], name: str = "",
          ) -> None:
    """The answers of a part, and of those inside it as often as they were repeated."""
    element = ElementTree.SubElement(around, part.kind)
    for field, value in _answers(row, part, path, separator).items():
        ElementTree.SubElement(element, field).text = value
    for inner in part.parts:
        for each in repeats(row, inner, (*path, inner.kind), name):
            _fill(element, inner, (*path, inner.kind), each, separator, repeats, inner.kind)


def _listed(row: Row, part: Part, path: tuple[str, ...], _: str) -> list[Row]:
    """The repeats of a part as JSON has them: under the whole path, or under their own name."""
    for key in ("/".join(path), part.kind):
        found = row.get(key)
        if isinstance(found, list):
            return [forms.flat(r) for r in found if isinstance(r, dict)]
    return []


def _answers(row: Row, part: Part, path: tuple[str, ...], separator: str) -> dict[str, str]:
    """Field -> answer of one part, whether or not groups stand before the questions."""
    known = _fields(part)
    found: dict[str, str] = {}
    point: dict[str, str] = {}
    for heading, value in row.items():
        split = _SPLIT.match(heading)
        *groups, name = (split[1] if split else heading).split(separator)
        if name not in known or tuple(groups) not in ((), path, path[-1:]):
            continue
        said = _text(value)
        if said and split:
            point[split[2]] = said
        elif said:
            found[name] = said
    if "place" in known and "place" not in found and {"Latitude", "Longitude"} <= point.keys():
        found["place"] = " ".join(point.get(n, "0") for n in (
            "Latitude", "Longitude", "Altitude", "Accuracy"))
    return found


def _text(value: Any) -> str:
    """A cell as the phone wrote it: a spreadsheet may have made a number or a day of it."""
    value = forms.plain(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, date):  # and moments
        return value.isoformat()
    return str(value).strip()
