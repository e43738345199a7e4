"""What changed for a reader since a revision: for who follows a registry from outside.

A change that the reader cannot see (a hidden field, a record of another organisation) is no change:
records are compared as the reader sees them, before and after (S14).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from landrelease.core.record import Record
from landrelease.errors import LandReleaseError
from landrelease.workflows import collections
from landrelease.workflows.unsigned import DECIDED, unsigned

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.store.registry import Registry

Marks = Mapping[str, frozenset[str]]  # kind -> the records whose marks are set
_MARKED = (" wider", " contested", " retyped")  # beside the id of a record
MOST_AT_ONCE = 2_000  # revisions looked at in one go


@dataclass(frozen=True, slots=True)
class Changed:
    """`items` by kind, as the reader sees them now; `seen`: up to which revision this goes;
    `marks`: what the marks said then."""

    items: dict[str, list[collections.Item]]
    seen: int
    marks: Marks


def marks_of(registry: Registry, kinds: Collection[str]) -> Marks:
    """What the marks of these kinds say now: a signature, a find or a revocation changes them while
    the values of the record stay."""
    found = {kind: unsigned(registry, kind) for kind in kinds if kind in DECIDED}
    return {kind: u.ids | {f"{i}{mark}" for mark, ids in zip(
        _MARKED, (u.wider, u.contested, u.retyped), strict=True) for i in ids}
        for kind, u in found.items()}


def _record_of(marked: str) -> str:
    for mark in _MARKED:
        if marked.endswith(mark):
            return marked.removesuffix(mark)
    return marked


def changed(registry: Registry, reader: View, kinds: Collection[str], after: int,
            marks: Marks | None = None) -> Changed:
    """Records of these kinds that are new or different for the reader since revision `after`, or
    whose marks are not those of then (`marks`)."""
    touched: dict[str, str] = {}
    seen = after
    for stored in registry.revisions(after=after, limit=MOST_AT_ONCE):
        seen = max(seen, stored.number)
        if stored.revision.kind in kinds and reader.precision(stored.revision.kind) == "exact":
            touched[stored.revision.record_id] = stored.revision.kind
    out: dict[str, list[collections.Item]] = {}
    now = marks_of(registry, kinds)
    then = now if marks is None else marks
    for kind in now:
        for record_id in sorted({
                _record_of(i) for i in now[kind] ^ then.get(kind, frozenset())}):
            touched.pop(record_id, None)
            with suppress(LandReleaseError):
                out.setdefault(kind, []).append(
                    collections.item(registry, reader, kind, record_id))
    for record_id, kind in touched.items():
        shown = reader.records(collections.one_record(registry, kind, record_id))
        if not shown:
            continue  # not for this reader, or not there any more
        before = _before(registry, reader, record_id, after)
        if before is None or (before.values, before.geometry) != (
                shown[0].values, shown[0].geometry):
            with suppress(LandReleaseError):
                out.setdefault(kind, []).append(
                    collections.item(registry, reader, kind, record_id))
    return Changed({kind: found for kind, found in out.items() if found}, seen, now)


def _before(registry: Registry, reader: View, record_id: str, after: int) -> Record | None:
    """The record as the reader saw it at revision `after`; None where it was not seen."""
    old = [s for s in registry.history(record_id) if s.number <= after]
    if not old:
        return None
    r = old[-1].revision
    shown = reader.records([Record(r.kind, r.record_id, dict(r.values), r.geometry)])
    return shown[0] if shown else None
