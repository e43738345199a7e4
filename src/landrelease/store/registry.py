"""The interface of a registry: where records live. Every store passes the same tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, Protocol, Self

from landrelease.core.boxes import Boxes
from landrelease.core.descent import current as latest
from landrelease.core.descent import dated_before
from landrelease.core.finding import ImportReport, Intake, QuarantinedRow
from landrelease.core.record import Kind, Record
from landrelease.core.revision import Chain, Revision, StoredRevision

__all__ = ["AuditFinding", "Chain", "Edit", "PackageEntry", "PersonalValue", "QuarantineEntry",
           "QuarantineStatus", "Registry", "StoredRevision", "dated_before", "latest"]

QuarantineStatus = Literal["waiting", "accepted", "rejected"]


@dataclass(frozen=True, slots=True)
class PersonalValue:
    """A personal value beside the chain; `value` is None once it was erased (S17)."""

    record_id: str
    field: str
    commitment: str
    salt: str | None
    value: Any


@dataclass(frozen=True, slots=True)
class Edit:
    """A row of a layer that another program changed: what it holds, against what follows."""

    kind: str
    record_id: str
    change: Literal["changed", "added", "removed"]
    fields: tuple[str, ...]
    record: Record | None  # as the layer has it; None where the row was removed


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


@dataclass(frozen=True, slots=True)
class PackageEntry:
    """A package of revisions that went out or came in; `content` while it waits for what it needs.

    `about` is what the exchange keeps of it, as JSON.
    """

    sha256: str
    name: str
    direction: str  # "in" or "out"
    status: str
    at: datetime
    about: str
    content: bytes | None


class Registry(Protocol):
    """Reads see the last committed import; one call that writes is one transaction."""

    address: str
    office: str
    chain: str  # id of the own chain

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """The kinds of this registry: those of the design and its national extension."""
        ...

    def head(self) -> str:
        """The hash that names all that the registry holds; `GENESIS` when empty.

        With one chain it is the hash of the last revision; with several the SHA-256 of the sorted
        lines "chain position hash".
        """
        ...

    def chains(self) -> list[Chain]:
        """All chains: the own one first, then by id."""
        ...

    def revisions(self, chain: str | None = None, *, after: int = 0,
                  limit: int | None = None) -> Iterator[StoredRevision]:
        """Revisions of a chain by position (`after` a position), or all by number; streamed."""
        ...

    def hash_at(self, chain: str, position: int) -> str | None:
        """The hash that stands at a position, whether or not the revision can be read."""
        ...

    def tips(self, record_id: str) -> tuple[str, ...]:
        """Hashes of the revisions of a record that no other follows; sorted."""
        ...

    def contested(self) -> list[str]:
        """Ids of records with more than one tip; in order. Cheap while there is one chain."""
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

    def load_extension(self, text: str) -> None:
        """Set the national extension (`core.extension`); the layers get its fields."""
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

    def find(
        self,
        kind: str,
        *,
        bounds: tuple[float, float, float, float] | None = None,
        where: Mapping[str, Any] | None = None,
        valid_at: date | None = None,
        known_at: datetime | None = None,
        after: str = "",
        limit: int = 100,
    ) -> list[Record]:
        """The first `limit` records by id after `after`, in a window and with these values.

        `bounds` is (west, south, east, north) in degrees; a record is in the window when its
        geometry's box touches it. `where` holds field -> value (equal; a sequence: one of these).
        Uses the spatial index, also at a past date.
        """
        ...

    def ordered(
        self,
        kind: str,
        field: str,
        *,
        down: bool = False,
        where: Mapping[str, Any] | None = None,
        after: tuple[Any, str] | None = None,
        limit: int = 100,
    ) -> list[tuple[Any, Record]]:
        """The first `limit` current records by a field, then by id, each after what orders it.

        Numbers and days by size, texts and lists by their bytes; last what has no value, or a word
        where a number or a day would stand. `after`: what orders the record after which they come,
        with its id; `where` as in `find`. STO-022 for a field that there is not.
        """
        ...

    def matching(
        self,
        kind: str,
        field: str,
        holds: Callable[[str | None], bool],
        *,
        where: Mapping[str, Any] | None = None,
        beside: str = "",
        most: int = 2_000,
    ) -> list[tuple[str, Any]] | None:
        """The ids of the current records whose text in `field` passes `holds` (None: none was
        reported), in their order, each with what `ordered` goes by in the field `beside`; None
        where there are more than `most`. One column is read, and no record. STO-022."""
        ...

    def last(self, kind: str) -> int:
        """The highest number of a revision of a kind; 0 where there is none. It changes with
        every change of the kind."""
        ...

    def first_day(self, kind: str) -> date | None:
        """The earliest date of information of the current records of a kind; None: none has one."""
        ...

    def boxes(self, kind: str, names: Sequence[str], ids: Sequence[str] | None = None) -> Boxes:
        """The boxes of the current records that have a place, with the values of the fields
        `names` (texts; `validation` is the level); of all of them, or of these ids."""
        ...

    def revised(self, kind: str, since: int, *, several: bool = False) -> dict[str, list[int]]:
        """The records of a kind with a revision of a number above `since`, and the numbers of all
        of their revisions; `several`: of those that have more than one."""
        ...

    def drawn(self, numbers: Sequence[int]) -> list[tuple[str, str, str, bytes]]:
        """(record id, level of validation, values as JSON, place as WKB) of revisions, in the order
        of the numbers."""
        ...

    def ids(self, kind: str) -> set[str]: ...

    def history(self, record_id: str) -> list[StoredRevision]: ...

    def histories(self, record_ids: Sequence[str]) -> dict[str, list[StoredRevision]]:
        """`history` of many records; those that are unknown are left out."""
        ...

    def take_in(self, intake: Intake, *, upon: str | None = None) -> ImportReport:
        """Write a whole import in one transaction; raises STO-... and leaves nothing behind.

        `upon` is the head that the intake was checked against; STO-031 where the registry has
        another one by now, so that nothing is recorded unseen beside what others recorded.
        """
        ...

    def append(self, revisions: Iterable[Revision], *,
               personal: Mapping[str, Mapping[str, Any]] | None = None) -> str:
        """Append revisions to the own chain in one transaction; returns the new head.

        `revisions` may be an iterator: it is read in pieces, so that memory stays small. Where a
        record's last revision stands in another chain, `follows` is filled in, except in a signed
        revision, whose author must have named it. `personal`: record id -> personal field -> value,
        kept beside the chain; the last of the revisions of that record gets the commitments.
        """
        ...

    def admit(self, chain: Chain, revisions: Iterable[StoredRevision], *, receipt: Revision) -> int:
        """Take revisions of another office's chain in, with the receipt, in one transaction.

        They must continue the chain as it is here: their hashes are computed again. Those that
        are here already are passed over. Returns how many were new; with none, no receipt is kept.
        Raises EXC-... and leaves nothing behind where they do not fit.
        """
        ...

    def author(self, name: str) -> str:
        """The id of a person for a name, kept in the erasable table (S17)."""
        ...

    def name_of(self, author: str) -> str:
        """The name behind an id; "erased person" once it was erased; other words as they are."""
        ...

    def personal(self, record_id: str) -> list[PersonalValue]:
        """The personal values of a record, the erased ones with their commitment only."""
        ...

    def erase(self, record_id: str, *, decision: Revision) -> int:
        """Erase all personal values of a record or, for a person's id, the name behind it.

        `decision` is the revision (of the kind `person`) that says who erased and why; both in one
        transaction. Returns how many values went. STO-...: nothing personal is there.
        """
        ...

    def erase_source(self, sha256: str, *, decision: Revision) -> None:
        """Erase the content of a file that came in, and what quarantine holds of it.

        Name, size and SHA-256 stay; the audit accepts it because the chain holds the decision.
        """
        ...

    def keep_package(self, sha256: str, name: str, *, direction: str, status: str,
                     about: str = "", content: bytes | None = None) -> None:
        """Note a package that went out or came in; a later status replaces the earlier one."""
        ...

    def packages(self) -> list[PackageEntry]:
        """All packages that went out or came in, in their order."""
        ...

    def edits(self) -> list[Edit]:
        """Rows of the layers that other programs changed, added or removed."""
        ...

    def restore_layers(self, kinds: Sequence[str] | None = None) -> None:
        """Write the layers and their index anew from the chain."""
        ...

    def backup(self, path: Path) -> None:
        """A whole, consistent copy as a GeoPackage registry at a new path, while others work."""
        ...

    def knows_source(self, sha256: str) -> bool: ...

    def sources(self) -> dict[str, str]:
        """SHA-256 -> file name of all that came in."""
        ...

    def source_content(self, sha256: str) -> bytes: ...

    def keep_source(self, sha256: str, name: str, content: bytes) -> None:
        """Keep a file that came with a package; one that is here already stays as it is."""
        ...

    def imports(self) -> list[tuple[datetime, ImportReport]]: ...

    def quarantine(self, status: QuarantineStatus | None = "waiting", number: int | None = None
                   ) -> list[QuarantineEntry]:
        """Quarantined rows by number; `status` None: of any; `number`: this one alone."""
        ...

    def quarantine_state(self) -> tuple[int, int]:
        """(rows that wait, highest number of any row): it changes whenever what waits does."""
        ...

    def decide_quarantine(
        self,
        number: int,
        status: QuarantineStatus,
        *,
        reason: str,
        decided_by: str,
        revisions: Sequence[Revision] = (),
        personal: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Accept (with the revisions that the mended row became) or reject, in one transaction."""
        ...

    def audit(self) -> list[AuditFinding]:
        """Recompute the chain and the current values; an empty list is a clean bill."""
        ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...
