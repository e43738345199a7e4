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

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePosixPath
from typing import Any
from xml.etree import ElementTree

from landrelease.errors import (
    EXPORT_IDENTIFIER,
    EXPORT_ROW_ALONE,
    EXPORT_TABLE_ABSENT,
    EXPORT_TABLE_STRANGE,
    FILE_FORM_EXPORT,
    SUBMISSION_NAMELESS,
    LandReleaseError,
)
from landrelease.records.forms.catalogue import FORMS
from landrelease.records.forms.form import Form, Part
from landrelease.records.readers import forms, openrosa
from landrelease.records.readers.table import Limits, Problem, SourceTable

CENTRAL, KOBO = "ODK Central", "KoboToolbox"
_SPLIT = re.compile(r"(.+)-(Latitude|Longitude|Altitude|Accuracy)$")
_TOP = re.compile(r"start|end|today|photo_\d+")
_INSTANCE = ("KEY", "__id", "meta/instanceID", "meta-instanceID", "instanceID", "_uuid")
_TABLES = (".csv", ".tsv", ".txt")
# What else may hold rows; an export of ODK Central has none of it.
_OTHER = (".xlsx", ".xlsm", ".xls", ".json", ".geojson", ".parquet", ".geoparquet", ".gpkg",
          ".kml", ".gpx")
# What a browser or an office program adds to a name: "(1)", "- Copy".
_COPIED = re.compile(r"(?:\s*\(\d+\)|\s*-\s*copy)+$", re.I)

Row = Mapping[str, Any]
# Of a row, a part inside its own and the path of that: the rows of the part.
Repeats = Callable[[Row, Part, tuple[str, ...]], Sequence[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Submission:
    """A submission as XML. `waits`: why all of its rows wait; None: they do not."""

    root: ElementTree.Element
    waits: Problem | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """An export of one of our forms.

    Attributes
    ----------
    program : the program that wrote it.
    submissions : those of its main table.
    alone : rows of repeats that none of them took, each as the submission that it would be part of:
        they wait (S01).
    absent : kinds of repeats of which no table came along.
    """

    program: str
    form: Form
    submissions: tuple[Submission, ...]
    alone: tuple[Submission, ...] = ()
    absent: tuple[str, ...] = ()

    def rows(self) -> dict[str, list[tuple[dict[str, Any], Problem | None]]]:
        """Kind -> rows of all submissions, each with why it waits or None; kinds of which there are
        none are left out."""
        found: dict[str, list[tuple[dict[str, Any], Problem | None]]] = {
            p.kind: [] for p in self.form.part.walk()}
        for one in (*self.submissions, *self.alone):
            for kind, rows in openrosa.rows_of(one.root).items():
                found[kind] += [(row, one.waits or _identifier(kind, row)) for row in rows]
        return {kind: rows for kind, rows in found.items() if rows}

    def layers(self) -> list[str]:
        return list(self.rows())

    def table(self, file: str, layer: str | None, limits: Limits) -> SourceTable:
        """The rows of one kind; None takes the first. Raises FIL-007, FIL-010."""
        found = self.rows()
        notes = [Problem(FILE_FORM_EXPORT, {"found": self.form.id, "other": self.program,
                                            "expected": len(self.submissions)})]
        if self.absent:
            notes.append(Problem(EXPORT_TABLE_ABSENT, {
                "found": self.form.id, "expected": ", ".join(self.absent)}))
        table = openrosa.table_of(file, {kind: [row for row, _ in rows]
                                         for kind, rows in found.items()},
                                  layer, limits, self.form).noted(*notes)
        return table.with_problems({i: waits for i, (_, waits) in enumerate(found[table.layer])
                                    if waits is not None})

    def said(self) -> Iterator[openrosa.Said]:
        """What each submission says of itself."""
        return (openrosa.said_of_root(one.root) for one in self.submissions)


def _identifier(kind: str, row: Row) -> Problem | None:
    """A row without the identifier of its phone would be known by its place alone: another one
    there would be taken for the same, and it itself for a new one."""
    said = str(row.get("identifier") or "")
    return None if said.startswith(f"{kind}-") else Problem(EXPORT_IDENTIFIER, {
        "field": "identifier", "found": said or "(none)", "expected": f"{kind}-"})


def is_export(table: SourceTable) -> bool:
    """Whether a table is of an export of our forms."""
    return any(note.message is FILE_FORM_EXPORT for note in table.notes)


# --- as they come --------------------------------------------------------------------------------

@dataclass(slots=True)
class _Inner:
    """The table of a repeat: its name in the file, and its rows."""

    name: str
    rows: list[dict[str, Any]] = field(default_factory=list)


def of_zip(file: str, names: Sequence[str], table: Callable[[str], SourceTable]) -> Export | None:
    """An export of ODK Central; None where the archive is no export of one of our forms. `table`
    reads a member.

    Raises FIL-049: a member with rows is no table of the form.
    """
    # In `media/` lies what was attached.
    members = [n for n in names if "media" not in PurePosixPath(n).parts[:-1]]
    mains = [n for n in members if _ends(n, _TABLES) and _plain(PurePosixPath(n).stem) in FORMS]
    if not mains:
        return None
    main = min(mains, key=lambda n: (len(PurePosixPath(n).parts), len(n), names.index(n)))
    form = FORMS[_plain(PurePosixPath(main).stem)]
    rows = _rows(table(main))
    if rows and _form_of((form.id,), rows, "-") is None:
        return None
    inner: dict[str, _Inner] = {}
    for name in members:
        if name == main or not _ends(name, (*_TABLES, *_OTHER)):
            continue
        own = _plain(PurePosixPath(name).stem)
        own = own.removeprefix(f"{form.id}-") if PurePosixPath(name).parent == \
            PurePosixPath(main).parent else ""
        if _ends(name, _OTHER):
            raise _strange(file, form, name)
        if name.lower().endswith(".txt") and not _named(form, own):
            continue  # a text that somebody put beside
        _take(file, form, inner, own, name, table(name), "-")
    return _of_tables(CENTRAL, "-", form, rows, inner)


def of_table(table: SourceTable) -> Export | None:
    """A CSV of one of these programs without repeats; None where it is none of ours."""
    hint = _hint(table.file)
    if hint not in FORMS and not any(c.rpartition("/")[2].rpartition("-")[2] == "identifier"
                                     for c in table.columns):
        return None
    separator = "/" if any("/" in c for c in table.columns) else "-"
    rows = _rows(table)
    form = _form_of((hint,), rows, separator)
    return None if form is None else _of_tables(
        KOBO if separator == "/" else CENTRAL, separator, form, rows, {})


def of_sheets(file: str, names: Sequence[str], table: Callable[[str], SourceTable],
              hidden: Sequence[str] = ()) -> Export | None:
    """A workbook of KoboToolbox; None where it is none of ours. `table` reads a sheet; the first of
    the names is that of the form. Of sheets that somebody hid only those of the form are read.

    Raises FIL-049: a sheet with rows is no table of the form.
    """
    if not names:
        return None
    main = table(names[0])
    if not any(c.rpartition("/")[2] == "identifier" for c in main.columns):
        return None
    hints = (_hint(main.file), _plain(names[0]), *(
        f.id for f in FORMS.values() if f.title[:31] == _plain(names[0])))
    rows = _rows(main)
    form = _form_of(hints, rows, "/")
    if form is None:
        return None
    inner: dict[str, _Inner] = {}
    for name in names[1:]:
        if name in hidden and not _named(form, _plain(name)):
            continue
        _take(file, form, inner, _plain(name), name, table(name), "/")
    return _of_tables(KOBO, "/", form, rows, inner)


def of_document(file: str, document: Any) -> Export | None:
    """JSON of one of these programs; None where it is none of ours.

    Raises FIL-049: a list with rows is no repeat of the form.
    """
    listed = document.get("results", document.get("value")) if isinstance(document, dict) \
        else document
    if not isinstance(listed, list) or not listed or not all(isinstance(r, dict) for r in listed):
        return None
    rows = [forms.flat(r) for r in listed]
    form = _form_of(("", *(str(r.get("_xform_id_string") or "") for r in rows)), rows, "/")
    if form is None:
        return None
    made = []
    absent: dict[str, None] = {}

    def repeats(row: Row, part: Part, path: tuple[str, ...]) -> list[dict[str, Any]]:
        _all_known(file, form, row)
        names = ("/".join(path), part.kind)
        if any(f"{n}@odata.navigationLink" in row for n in names) and not any(
                n in row for n in names):
            absent[part.kind] = None
        return _listed(row, names)

    for row in rows:
        one = _start(form, row, "/")
        _all_known(file, form, row)
        _fill(one.root, form.part, (form.part.kind,), row, "/", repeats)
        made.append(one)
    kobo = any("_xform_id_string" in r or "_uuid" in r for r in rows)
    return Export(KOBO if kobo else CENTRAL, form, tuple(made), (), tuple(absent))


def _all_known(file: str, form: Form, row: Row) -> None:
    """Refuse a list of rows that is no repeat of the form: what it says would be lost."""
    kinds = {p.kind for p in form.part.walk()}
    for name, value in row.items():
        if isinstance(value, list) and any(isinstance(v, dict) for v in value) \
                and not name.startswith("_") and name.rpartition("/")[2] not in kinds:
            raise _strange(file, form, name)


# --- tables --------------------------------------------------------------------------------------

def _rows(table: SourceTable) -> list[dict[str, Any]]:
    return [dict(row.values) for row in table.rows]


def _plain(name: str) -> str:
    """A name without what is added to that of a copy."""
    return _COPIED.sub("", name.strip()).strip()


def is_named(file: str) -> bool:
    """Whether a file has the name of one of our forms."""
    return _hint(file) in FORMS


def _hint(file: str) -> str:
    name = PurePosixPath(file)
    return _plain(PurePosixPath(name.stem if name.suffix.lower() == ".gz" else name).stem)


def _ends(name: str, endings: Sequence[str]) -> bool:
    return PurePosixPath(name).suffix.lower() in endings


def _strange(file: str, form: Form, found: str) -> LandReleaseError:
    inner = [p.kind for p in form.part.walk() if p is not form.part]
    return LandReleaseError(EXPORT_TABLE_STRANGE, file=file, other=form.id, found=found,
                            expected=", ".join(inner) or "(none)")


def _named(form: Form, name: str) -> Part | None:
    """The repeat of that name, by the form's or the label over its questions."""
    return next((p for p in form.part.walk() if p is not form.part
                 and name.casefold() in (p.kind, p.title[:31].casefold())), None)


def _take(file: str, form: Form, inner: dict[str, _Inner], own: str, name: str, table: SourceTable,
          separator: str) -> None:
    """Take a further table of the file as that of a repeat: as it is named, else by the identifiers
    that the phone gave its rows. Raises FIL-049: it is none, or a second one of the same."""
    rows = _rows(table)
    if not rows:
        return
    part = _named(form, own) or next((
        p for p in form.part.walk() if p is not form.part and any(
            _text(r.get(h)).startswith(f"{p.kind}-") for r in rows for h in table.columns
            if h.split(separator)[-1] == "identifier")), None)
    known = () if part is None else _fields(part)
    if part is None or part.kind in inner or not any(
            _SPLIT.sub(r"\1", h).split(separator)[-1] in known for h in table.columns):
        raise _strange(file, form, name)
    inner[part.kind] = _Inner(name, rows)


def _around(row: Row) -> str:
    """Which row it is that a row of a repeat stands in: ODK says its key, Kobo its number."""
    return _text(row.get("PARENT_KEY")) or _text(row.get("_parent_index"))


def _of_tables(program: str, separator: str, form: Form, rows: list[dict[str, Any]],
               inner: Mapping[str, _Inner]) -> Export:
    around: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for kind, listed in inner.items():
        for row in listed.rows:
            around.setdefault((kind, _around(row)), []).append(row)
    taken: set[int] = set()

    def repeats(row: Row, part: Part, path: tuple[str, ...]) -> list[dict[str, Any]]:
        own = {_text(row.get("KEY")), _text(row.get("_index")),
               _instance(row) if len(path) == 2 else ""} - {""}
        found = [r for key in sorted(own) for r in around.get((part.kind, key), ())]
        taken.update(map(id, found))
        return found

    made = []
    for row in rows:
        one = _start(form, row, separator)
        _fill(one.root, form.part, (form.part.kind,), row, separator, repeats)
        made.append(one)
    alone = []
    for path in _paths(form.part):
        if len(path) < 2 or path[-1].kind not in inner:
            continue
        listed = inner[path[-1].kind]
        for row in listed.rows:
            if id(row) not in taken:
                alone.append(Submission(
                    _alone(form, path, row, separator, repeats),
                    Problem(EXPORT_ROW_ALONE, {"found": _around(row) or "(none)",
                                               "other": listed.name})))
    absent = [p.kind for p in form.part.walk() if p is not form.part and p.kind not in inner]
    return Export(program, form, tuple(made), tuple(alone), tuple(absent))


def _paths(part: Part, around: tuple[Part, ...] = ()) -> Iterator[tuple[Part, ...]]:
    """Each part with those around it, outermost first."""
    yield (*around, part)
    for inner in part.parts:
        yield from _paths(inner, (*around, part))


def _alone(form: Form, path: Sequence[Part], row: Row, separator: str, repeats: Repeats
           ) -> ElementTree.Element:
    """A row of a repeat in the submission that its keys name, of which nothing else is known."""
    instance = (_text(row.get("PARENT_KEY")) or _text(row.get("KEY"))).partition("/")[0]
    if not instance and (said := _text(row.get("_submission__uuid"))):
        instance = said if ":" in said else f"uuid:{said}"
    root = _root(form, instance)
    element = root
    for part in path[:-1]:
        element = ElementTree.SubElement(element, part.kind)
    _fill(element, path[-1], tuple(p.kind for p in path), row, separator, repeats)
    return root


def _form_of(hints: Iterable[str], rows: list[Any], separator: str) -> Form | None:
    """The form of which these are submissions: as it is named, else by the questions of most rows.
    One row without its key or identifier makes no other table of them: it waits."""
    if not rows:
        return None
    headings = {h for r in rows for h in r}
    named = next((FORMS[h] for h in hints if h in FORMS), None)
    if named is not None:
        names = {_SPLIT.sub(r"\1", h).split(separator)[-1] for h in headings}
        keyed = any(_instance(r) for r in rows) or \
            f"{named.part.kind}{separator}identifier" in headings
        return named if keyed and names & {*_fields(named.part)} else None

    def most(said: Iterable[bool]) -> bool:
        return 2 * sum(said) > len(rows)

    if not most(bool(_instance(r)) for r in rows):
        return None
    best: tuple[bool, float] | None = None
    found = None
    for form in FORMS.values():
        part = form.part
        known = {*_fields(part), *(p.kind for p in part.parts)}
        asked = {_SPLIT.sub(r"\1", h).split(separator)[1] for h in headings
                 if h.split(separator)[:1] == [part.kind] and len(
                     _SPLIT.sub(r"\1", h).split(separator)) == 2}
        asked = {a.split("@")[0] for a in asked}  # links of OData
        if "identifier" not in asked or not asked <= known:
            continue
        said = [_answers(r, part, (part.kind,), separator) for r in rows]
        if not most(a.get("identifier", "").startswith(f"{part.kind}-") for a in said):
            continue
        # What the form itself says; a row that says something else waits (FRM-024).
        as_fixed = [all(a.get(n) in (None, v) for n, v in part.fixed.items()) for a in said]
        rank = all(as_fixed), len(asked) / len(known)
        if most(as_fixed) and (best is None or rank > best):
            best, found = rank, form
    return found


# --- one submission ------------------------------------------------------------------------------

def _fields(part: Part) -> tuple[str, ...]:
    return ("identifier", *part.fixed, *part.asks, *(("place",) if part.place else ()))


def _instance(row: Row) -> str:
    for name in _INSTANCE:
        said = _text(row.get(name))
        if said:
            return f"uuid:{said}" if name == "_uuid" and ":" not in said else said
    return ""


def _start(form: Form, row: Row, separator: str) -> Submission:
    """The submission of a row, without its answers. One without its key gets an id by its content
    and waits, as one of a phone does."""
    instance = _instance(row)
    waits = None
    if not instance:
        said = sorted((h, _text(v)) for h, v in row.items() if _text(v))
        instance = f"without-id-{hashlib.sha256(repr(said).encode()).hexdigest()[:32]}"
        waits = Problem(SUBMISSION_NAMELESS, {"found": instance})
    root = _root(form, instance)
    for heading, value in row.items():
        name = heading.rpartition(separator)[2]
        if heading == name and _TOP.fullmatch(name) and _text(value):
            ElementTree.SubElement(root, name).text = _text(value)
    return Submission(root, waits)


def _root(form: Form, instance: str) -> ElementTree.Element:
    root = ElementTree.Element(form.id, {"id": form.id})
    meta = ElementTree.SubElement(root, "meta")
    ElementTree.SubElement(meta, openrosa.INSTANCE).text = instance
    return root


def _fill(around: ElementTree.Element, part: Part, path: tuple[str, ...], row: Row, separator: str,
          repeats: Repeats) -> None:
    """The answers of a part, and of those inside it as often as they were repeated."""
    element = ElementTree.SubElement(around, part.kind)
    for name, value in _answers(row, part, path, separator).items():
        ElementTree.SubElement(element, name).text = value
    for inner in part.parts:
        for each in repeats(row, inner, (*path, inner.kind)):
            _fill(element, inner, (*path, inner.kind), each, separator, repeats)


def _listed(row: Row, names: Sequence[str]) -> list[dict[str, Any]]:
    """The repeats of a part as JSON has them: under the whole path, or under their own name."""
    for key in names:
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
