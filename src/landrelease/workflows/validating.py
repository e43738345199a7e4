"""Levels of validation: which records have which, what waits for a reader to look at it, and giving
a level in a reader's name."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from landrelease.access.policy import LEVELS, ROLES, View
from landrelease.core.kind import ValidationLevel
from landrelease.core.record import Record
from landrelease.errors import NOT_FOR_ROLE, RECORD_UNKNOWN, LandReleaseError
from landrelease.workflows.collections import one_record
from landrelease.workflows.marks import WITHOUT_LEVEL

if TYPE_CHECKING:
    from landrelease.core.signature import SigningKey
    from landrelease.store.registry import Registry, StoredRevision

OPERATIONS: ValidationLevel = "operations"
_BATCH, _MOST_PASSED = 500, 20_000


@dataclasses.dataclass(frozen=True, slots=True)
class Waiting:
    """Records that are below a level, and after which id the next ones come ("" at the end)."""

    records: tuple[Record, ...]
    after: str


def kinds_of(registry: Registry, reader: View) -> list[str]:
    """The kinds whose records the reader sees as they stand and that have levels."""
    return [name for name in registry.kinds
            if name not in WITHOUT_LEVEL and reader.precision(name) == "exact"]


def counts(registry: Registry, reader: View) -> dict[str, dict[ValidationLevel, int]]:
    """Kind -> level -> number of records that the reader may know of. It reads all of them."""
    out: dict[str, dict[ValidationLevel, int]] = {}
    for kind in kinds_of(registry, reader):
        held: dict[ValidationLevel, int] = dict.fromkeys(LEVELS, 0)
        for record in reader.inside(registry.records(kind)):
            held[record.validation] += 1
        if any(held.values()):
            out[kind] = held
    return out


def below(registry: Registry, reader: View, kind: str, level: ValidationLevel, *, after: str = "",
          limit: int = 100) -> Waiting:
    """The next records of a kind whose level is below one, by id. Raises CLI-106 for a kind that
    there is not, or not for this reader."""
    if kind not in kinds_of(registry, reader):
        raise LandReleaseError(RECORD_UNKNOWN, found=kind[:60])
    least = LEVELS.index(level)
    out: list[Record] = []
    passed = 0
    while passed < _MOST_PASSED:
        batch = registry.find(kind, after=after, limit=_BATCH)
        for record in reader.inside(batch):
            if LEVELS.index(record.validation) < least:
                if len(out) == limit:
                    return Waiting(tuple(out), out[-1].id)
                out.append(record)
        if len(batch) < _BATCH:
            return Waiting(tuple(out), "")
        passed += len(batch)
        after = batch[-1].id
    return Waiting(tuple(out), after)


def overdue(registry: Registry, reader: View, days: float, now: datetime
            ) -> dict[str, tuple[str, ...]]:
    """Kind -> ids of records that are below the level of operations and have not changed for so
    many days: they are today what they were then."""
    then = now - timedelta(days=days)
    least = LEVELS.index(OPERATIONS)
    out = {}
    for kind in kinds_of(registry, reader):
        open_ = {r.id: r.revision for r in reader.inside(registry.records(kind))
                 if LEVELS.index(r.validation) < least}
        if not open_:
            continue
        same = tuple(r.id for r in registry.records(kind, known_at=then)
                     if open_.get(r.id) == r.revision)
        if same:
            out[kind] = same
    return out


def record_of(registry: Registry, reader: View, record_id: str) -> Record:
    """A record that the reader sees as it stands, whole. CLI-106: there is none, or not for this
    reader; the two sound alike."""
    history = registry.history(record_id)
    kind = history[0].revision.kind if history else ""
    if kind in kinds_of(registry, reader):
        for record in reader.inside(one_record(registry, kind, record_id)):
            return record
    raise LandReleaseError(RECORD_UNKNOWN, found=record_id[:100])


def give_level(registry: Registry, reader: View, record_ids: Sequence[str], level: str, *,
               reason: str, by: str = "", key: SigningKey | None = None,
               now: datetime | None = None) -> list[StoredRevision]:
    """Give records a level of validation, as `identities.sign_off` does, where the role may.

    Raises CLI-106: a record that is not there, or not for this reader. ACC-101: the level, or the
    one that a record has, is above what the role may give. What `sign_off` raises.
    """
    from landrelease.workflows.identities import level_named, sign_off

    wanted = level_named(level)
    for record_id in dict.fromkeys(record_ids):
        found = record_of(registry, reader, record_id)
        for one in (wanted, found.validation):
            if one not in reader.levels(found.validation):
                able = [r for r in ROLES if one in dataclasses.replace(reader, role=r).levels(
                    found.validation)]
                raise LandReleaseError(
                    NOT_FOR_ROLE, role=reader.role, roles=", ".join(able),
                    subject=f"the level {wanted} for a record that has the level "
                    f"{found.validation}")
    return sign_off(registry, record_ids, level, reason=reason, by=by, key=key, now=now)


def level_marks(registry: Registry, record_id: str) -> Mapping[str, str]:
    """Hash of a revision -> how far its signature counts, in words."""
    from landrelease.workflows.identities import verdicts

    return {h: v.standing + (f" ({v.reason})" if v.reason else "")
            for h, v in verdicts(registry, record_id).items()}
