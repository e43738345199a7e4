"""Submissions of forms as OpenRosa XML: the form's own record, and those of its repeats.

Source: OpenRosa metadata schema and ODK XForms specification: the root is named by the form, its
attribute `id` is the form's id; `meta/instanceID` names the submission, `meta/deprecatedID` the one
that it replaces.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import numpy as np

from landrelease.core.kinds import KINDS
from landrelease.errors import (
    ANSWER_FIXED,
    FILE_LAYER_UNKNOWN,
    FILE_LAYERS_LEFT,
    FILE_WITHOUT_ROWS,
    LandReleaseError,
)
from landrelease.records.forms.catalogue import FORMS
from landrelease.records.forms.form import Form
from landrelease.records.forms.xlsform import PLACE
from landrelease.records.readers.forms import places_of, with_places
from landrelease.records.readers.table import WGS84_CRS, Limits, Problem, SourceTable
from landrelease.records.readers.xml import child, parse, tag

EXPECTED = "a submission of a form (OpenRosa XML)"
INSTANCE, REPLACES = "instanceID", "deprecatedID"
# What the phone adds, and what the form only shows; of ours only forms of before ask for the last
# two.
_ASIDE = ("meta", "start", "end", "today", "deviceid", "username")


def is_submission(content: bytes) -> bool:
    """Whether XML looks like a submission: an `instanceID` somewhere, or one of our forms, and no
    field reports."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):  # UTF-16
        content = content.decode("utf-16", "replace").encode("utf-8", "replace")
    return (b"instanceID" in content or b'id="landrelease_' in content) \
        and b"MineActionFieldReport" not in content


def layers(file: str, content: bytes, limits: Limits) -> list[str]:
    """The kinds of record in the submission; of a form that is not ours its root and repeats."""
    root = _root(file, content, limits)
    return list(rows_of(root))


def from_submission(file: str, content: bytes, layer: str | None, limits: Limits) -> SourceTable:
    """The rows of one kind (or repeat) of a submission; None takes the first.

    Cells are text; groups stand as "group/field", in our own forms as "field". Each row names its
    submission (`instanceID`). In our own forms an inner record names the record around it.

    Raises FIL-003, FIL-007, FIL-010, FIL-011, FIL-012, FIL-048.
    """
    root = _root(file, content, limits)
    return table_of(file, rows_of(root), layer, limits, FORMS.get(_form_id(root)))


def table_of(file: str, found: Mapping[str, list[dict[str, Any]]], layer: str | None,
             limits: Limits, form: Form | None) -> SourceTable:
    """The rows of one kind (or repeat); None takes the first. Of our own forms (`form`) it is known
    which answer is the place; of others it is guessed. Raises FIL-007, FIL-010."""
    if layer is not None and layer not in found:
        raise LandReleaseError(FILE_LAYER_UNKNOWN, file=file, found=layer,
                               expected=", ".join(found))
    if not found:
        raise LandReleaseError(FILE_WITHOUT_ROWS, file=file, found="no answers")
    name = layer or next(iter(found))
    rows = found[name]
    columns = tuple(dict.fromkeys(c for row in rows for c in row))
    others = [n for n in found if n != name]
    notes = (Problem(FILE_LAYERS_LEFT, {"found": ", ".join(others), "expected": name}),) if (
        others and layer is None) else ()
    table = SourceTable(
        file, "", b"", "", columns, None, False, notes, name,
        cells={c: [row.get(c) for row in rows] for c in columns}, count=len(rows),
        problems={} if form is None else _not_as_fixed(form, name, rows))
    return with_places(table, limits) if form is None else _own_places(table, form, limits)


def _not_as_fixed(form: Form, kind: str, rows: Sequence[Mapping[str, Any]]) -> dict[int, Problem]:
    """S09: what the form itself says, or lets nobody choose, is no answer of a phone: a row that
    says something else waits, also where it came by an edit."""
    out: dict[int, Problem] = {}
    for part in form.part.walk():
        if part.kind != kind:
            continue
        for i, row in enumerate(rows):
            for field, words in part.held.items():
                if row.get(field) is not None and row[field] not in words and i not in out:
                    out[i] = Problem(ANSWER_FIXED, {
                        "field": field, "form": form.id, "found": row[field],
                        "expected": " or ".join(words)})
    return out


def _own_places(table: SourceTable, form: Form, limits: Limits) -> SourceTable:
    """S15: one place that cannot be read, or that nobody gave, keeps no other row back."""
    part = next(p for p in form.part.walk() if p.kind == table.layer)
    if not part.place:
        return table
    if PLACE in table.columns:
        return places_of(table, PLACE, (), limits)
    if KINDS[part.kind].place_from in table.columns:  # it was there
        return table
    return table.with_shapes(np.empty(len(table), dtype=object), WGS84_CRS, {})


@dataclass(frozen=True, slots=True)
class Said:
    """What a submission says of itself.

    Attributes
    ----------
    form, instance, replaces : ids of the form, of the submission, of the one that it edits or "".
    records : record id -> kind, of our forms: those that the phone gave an identifier.
    pictures : names of the files that its photographs were given, of our forms.
    ended : when the phone says that it was filled in; None where it does not; without a zone where
        it states none, or one that there is nowhere.
    """

    form: str
    instance: str
    replaces: str
    records: Mapping[str, str]
    pictures: tuple[str, ...]
    ended: datetime | None


def said_of(file: str, content: bytes, limits: Limits) -> Said:
    """What a submission says of itself. Raises FIL-011, FIL-012, FIL-048."""
    return said_of_root(_root(file, content, limits))


def said_of_root(root: ElementTree.Element) -> Said:
    """The same of XML that was read."""
    name = _form_id(root)
    form = FORMS.get(name)
    records = {} if form is None else {
        _own_id(kind, row["identifier"]): kind
        for kind, rows in _of_our_form(root, form).items() for row in rows if "identifier" in row}
    pictures = tuple((e.text or "").strip() for e in root if form is not None and re.fullmatch(
        r"photo_\d+", tag(e)) and (e.text or "").strip())
    return Said(name, _meta(root, INSTANCE), _meta(root, REPLACES), records, pictures,
                _moment(root, "end") or _moment(root, "start"))


def _moment(root: ElementTree.Element, name: str) -> datetime | None:
    found = child(root, name)
    said = (found.text or "").strip() if found is not None else ""
    for written in (said, re.sub(r"\s*[+-]\d\d:?\d\d$", "", said)):
        try:
            moment = datetime.fromisoformat(written)
        except ValueError:
            continue
        away = moment.utcoffset()
        if away is not None and not timedelta(hours=-12) <= away <= timedelta(hours=14):
            return moment.replace(tzinfo=None)
        return moment if "T" in written else None
    return None


def _own_id(kind: str, identifier: str) -> str:
    return identifier if kind == "hazard" else f"{kind}-{identifier}"


def answers_of(file: str, content: bytes, limits: Limits, most: int) -> dict[str, str]:
    """Path of an answer ("group/repeat[2]/question") -> what it says, of any submission.

    At most so many answers, each of at most 500 characters; the rest stands in the file. Keys start
    with "/", so that none is taken for a field. Raises FIL-011, FIL-012, FIL-048.
    """
    found: dict[str, str] = {}

    def take(element: ElementTree.Element, path: str) -> None:
        many = {name for name, times in Counter(tag(e) for e in element).items() if times > 1}
        seen: Counter[str] = Counter()
        for answer in element:
            name = tag(answer)
            seen[name] += 1
            here = f"{path}/{name}[{seen[name]}]" if name in many else f"{path}/{name}"
            take(answer, here)
            said = (answer.text or "").strip()
            if said and not len(answer) and len(found) < most:
                found[here[:200]] = said[:500]

    take(_root(file, content, limits), "")
    return found


def _root(file: str, content: bytes, limits: Limits) -> ElementTree.Element:
    return parse(file, content, EXPECTED, limits)


def _form_id(root: ElementTree.Element) -> str:
    return str(root.get("id") or tag(root))


def _meta(root: ElementTree.Element, name: str) -> str:
    meta = child(root, "meta")
    found = child(meta, name) if meta is not None else None
    said = (found.text or "").strip() if found is not None else ""
    return said or (root.get(name) or "")


def rows_of(root: ElementTree.Element) -> dict[str, list[dict[str, Any]]]:
    """Kind (of other forms: repeat) -> its rows; each names its submission."""
    form = FORMS.get(_form_id(root))
    found = _of_our_form(root, form) if form is not None else _of_any_form(root)
    instance, replaced = _meta(root, INSTANCE), _meta(root, REPLACES)
    for rows in found.values():
        for row in rows:
            row[INSTANCE] = instance
            if replaced:
                row[REPLACES] = replaced
    return {name: rows for name, rows in found.items() if rows}


def _of_our_form(root: ElementTree.Element, form: Form) -> dict[str, list[dict[str, Any]]]:
    """Kind -> rows with the fields of the kind; an inner record names the one around it."""
    found: dict[str, list[dict[str, Any]]] = {part.kind: [] for part in form.part.walk()}

    def take(element: ElementTree.Element, part: Any, around: dict[str, str]) -> None:
        inner = {p.kind: p for p in part.parts}
        row: dict[str, Any] = {}
        for answer in element:
            name, said = tag(answer), (answer.text or "").strip()
            if name not in inner and said:
                # Answered twice in two ways, by no phone that we know: neither is dropped.
                row[name] = said if row.get(name, said) == said else f"{row[name]}; {said}"
        if "identifier" in row:
            # Words are separated by blanks in a submission; ids may hold none.
            if part.link and part.link in around:
                row[part.link] = around[part.link]
            around = {**around, part.kind: _own_id(part.kind, row["identifier"])}
        for field in KINDS[part.kind].fields:
            if field.type in ("choices", "references") and field.name in row:
                row[field.name] = ";".join(row[field.name].split())
        below = sum(map(len, found.values()))
        for answer in element:
            if tag(answer) in inner:
                take(answer, inner[tag(answer)], around)
        # A repeat that was opened and left empty is none, but where something hangs on it.
        if any(name not in ("identifier", *part.fixed) for name in row) or (
                row and sum(map(len, found.values())) > below):
            found[part.kind].append(row)

    for main in root:
        if tag(main) == form.part.kind:
            take(main, form.part, {})
    return found


def _of_any_form(root: ElementTree.Element) -> dict[str, list[dict[str, Any]]]:
    """"" -> the answers outside repeats, path of a repeat -> its rows.

    Without the form's definition an element is a repeat where it stands several times beside
    itself, or where it does elsewhere in the submission.
    """
    repeats = set(_repeats(root, ""))
    found: dict[str, list[dict[str, Any]]] = {tag(root): []}

    def take(element: ElementTree.Element, path: str, name: str) -> None:
        row: dict[str, Any] = {}
        found.setdefault(name, []).append(row)

        def into(inner: ElementTree.Element, where: str, heading: str) -> None:
            for answer in inner:
                if tag(answer) in _ASIDE and not heading:
                    continue
                here = f"{where}/{tag(answer)}"
                if here in repeats:
                    take(answer, here, here.lstrip("/"))
                elif len(answer):
                    into(answer, here, f"{heading}{tag(answer)}/")
                elif (answer.text or "").strip():
                    row[heading + tag(answer)] = (answer.text or "").strip()

        into(element, path, "")

    take(root, "", tag(root))
    return {name: [r for r in rows if r] for name, rows in found.items()}


def _repeats(element: ElementTree.Element, path: str) -> Iterator[str]:
    seen: dict[str, int] = {}
    for inner in element:
        seen[tag(inner)] = seen.get(tag(inner), 0) + 1
        yield from _repeats(inner, f"{path}/{tag(inner)}")
    yield from (f"{path}/{name}" for name, times in seen.items() if times > 1)
