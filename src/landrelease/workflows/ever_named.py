"""Which work outcomes ever named, and how reports of work were ever called, until the authority
signed the record (S08, S11): to point an outcome to another report, or to give a report another
identifier, detaches neither from work without credit nor from work that found something.

Few among many: of records that were changed alone a history is read (`workflows.earlier`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING

from landrelease.core.decision import said_before
from landrelease.core.kinds import KINDS
from landrelease.core.record import DECLINED, NOT_REPORTED, Record
from landrelease.core.revision import StoredRevision
from landrelease.workflows.earlier import CHANGED

if TYPE_CHECKING:
    from landrelease.store.registry import Registry


def works_named_before(registry: Registry, outcomes: Iterable[Record], *,
                       valid_at: date | None = None, known_at: datetime | None = None
                       ) -> dict[str, frozenset[str]]:
    """Outcome -> names of work that earlier revisions of it have, where there are any."""
    wanted = {o.id for o in outcomes}
    return _before(registry, "outcome", "activity", wanted, valid_at, known_at)


def works_called_before(registry: Registry, *, valid_at: date | None = None,
                        known_at: datetime | None = None) -> dict[str, frozenset[str]]:
    """Report of work -> identifiers that earlier revisions of it have, where there are any."""
    return _before(registry, "activity", "identifier", None, valid_at, known_at)


def _before(registry: Registry, kind: str, field: str, wanted: set[str] | None,
            valid_at: date | None, known_at: datetime | None) -> dict[str, frozenset[str]]:
    from landrelease.workflows.identities import ring_of

    lines = {i: line for i, line in CHANGED.of(registry, kind).items()
             if wanted is None or i in wanted}
    if not lines:
        return {}
    ring, out = ring_of(registry), {}
    for name, whole in lines.items():
        line = list(_then(whole, valid_at, known_at))
        said = {str(s.revision.values.get(field) or "") for s in said_before(
            line, KINDS[kind], ring)} if len(line) > 1 else set()
        if said := said - {"", NOT_REPORTED, DECLINED}:
            out[name] = frozenset(said)
    return out


def _then(line: Iterable[StoredRevision], valid_at: date | None, known_at: datetime | None
          ) -> Iterator[StoredRevision]:
    return (s for s in line
            if (known_at is None or (s.known_from or s.revision.recorded_at) <= known_at)
            and (valid_at is None or s.revision.valid_from is None
                 or s.revision.valid_from <= valid_at))
