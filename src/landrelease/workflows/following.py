"""What changed for a reader since a revision: for who follows a registry from outside.

A change that the reader cannot see (a hidden field, a record of another organisation) is no change:
records are compared as the reader sees them, before and after (S14).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from landrelease.core.record import Record
from landrelease.errors import LandReleaseError
from landrelease.workflows import collections

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.store.registry import Registry

MOST_AT_ONCE = 2_000  # revisions looked at in one go


@dataclass(frozen=True, slots=True)
class Changed:
    """`items` by kind, as the reader sees them now; `seen`: up to which revision this goes."""

    items: dict[str, list[collections.Item]]
    seen: int


def changed(registry: Registry, reader: View, kinds: Collection[str], after: int) -> Changed:
    """Records of these kinds that are new or different for the reader since revision `after`."""
    touched: dict[str, str] = {}
    seen = after
    for stored in registry.revisions(after=after, limit=MOST_AT_ONCE):
        seen = max(seen, stored.number)
        if stored.revision.kind in kinds and reader.precision(stored.revision.kind) == "exact":
            touched[stored.revision.record_id] = stored.revision.kind
    out: dict[str, list[collections.Item]] = {}
    for record_id, kind in touched.items():
        try:
            now = collections.item(registry, reader, kind, record_id, marked=False)
        except LandReleaseError:
            continue  # not for this reader, or not there any more
        before = _before(registry, reader, record_id, after)
        if before is None or (before.values, before.geometry) != (now.values, now.geometry):
            out.setdefault(kind, []).append(now)
    return Changed(out, seen)


def _before(registry: Registry, reader: View, record_id: str, after: int) -> Record | None:
    """The record as the reader saw it at revision `after`; None where it was not seen."""
    old = [s for s in registry.history(record_id) if s.number <= after]
    if not old:
        return None
    r = old[-1].revision
    shown = reader.records([Record(r.kind, r.record_id, dict(r.values), r.geometry)])
    return shown[0] if shown else None
