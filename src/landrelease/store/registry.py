"""The interface of a registry: where records live. Every store passes the same tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from landrelease.core.finding import ImportReport, Intake, QuarantinedRow
from landrelease.core.record import Record
from landrelease.core.revision import Revision

QuarantineStatus = Literal["waiting", "accepted", "rejected"]


@dataclass(frozen=True, slots=True)
class StoredRevision:
    """A revision with its place in the chain. `number` counts from 1 within the registry."""

    number: int
    revision: Revision
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class QuarantineEntry:
    """A quarantined row as the registry holds it; it is never deleted, only its status moves."""

    number: int
    row: QuarantinedRow
    status: QuarantineStatus
    reason: str  # why it was rejected, or how it was mended
    decided_by: str


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """What an audit found: `number` is the revision, 0 where the finding is of the whole."""

    code: str
    number: int
    record_id: str
    problem: str


class Registry(Protocol):
    """Reads see the last committed import; one call that writes is one transaction."""

    address: str
    office: str

    def head(self) -> str:
        """Hash of the last revision of the chain; `GENESIS` when empty."""
        ...

    def count(self) -> int:
        """Number of revisions."""
        ...

    def setting(self, name: str) -> str | None:
        """A setting of the registry; None where it was never made."""
        ...

    def keep_setting(self, name: str, value: str) -> str:
        """Store a setting unless it is there already; returns the one that stands."""
        ...

    def records(
        self,
        kind: str,
        *,
        valid_at: date | None = None,
        known_at: datetime | None = None,
    ) -> list[Record]:
        """Records of a kind, ordered by id: as it was at `valid_at`, as we knew it at `known_at`.

        `valid_at` leaves out revisions whose date of information is later; a revision without one
        counts at every date. None: now.
        """
        ...

    def ids(self, kind: str) -> set[str]: ...

    def history(self, record_id: str) -> list[StoredRevision]: ...

    def take_in(self, intake: Intake) -> ImportReport:
        """Write a whole import in one transaction; raises STO-... and leaves nothing behind."""
        ...

    def append(self, revisions: Sequence[Revision]) -> str:
        """Append revisions in one transaction; returns the new head."""
        ...

    def knows_source(self, sha256: str) -> bool: ...

    def sources(self) -> dict[str, str]:
        """SHA-256 -> file name of all that came in."""
        ...

    def source_content(self, sha256: str) -> bytes: ...

    def imports(self) -> list[tuple[datetime, ImportReport]]: ...

    def quarantine(self, status: QuarantineStatus | None = "waiting") -> list[QuarantineEntry]: ...

    def decide_quarantine(
        self,
        number: int,
        status: QuarantineStatus,
        *,
        reason: str,
        decided_by: str,
        revisions: Sequence[Revision] = (),
    ) -> None:
        """Accept (with the revisions that the mended row became) or reject, in one transaction."""
        ...

    def audit(self) -> list[AuditFinding]:
        """Recompute the chain and the current values; an empty list is a clean bill."""
        ...

    def close(self) -> None: ...


def latest(revisions: Iterable[StoredRevision]) -> Mapping[str, StoredRevision]:
    """The current revision of each record: by date of information, then by order of arrival.

    An update with an earlier date of information than the current one is kept and shown in the
    history; it does not become the current one. A revision without a date counts as newest by
    arrival, because nobody said that it is older.
    """
    current: dict[str, StoredRevision] = {}
    for stored in revisions:
        known = current.get(stored.revision.record_id)
        if known is None or not _older(stored, known):
            current[stored.revision.record_id] = stored
    return current


def _older(new: StoredRevision, known: StoredRevision) -> bool:
    return dated_before(new.revision.valid_from, known.revision.valid_from)


def dated_before(new: date | None, known: date | None) -> bool:
    """Whether a new date of information is earlier than the known one; False if one is missing."""
    return new is not None and known is not None and new < known
