"""What is told beside the values of a record: how far it was validated, and whether what it decides
counts (S09). Both are as they are at the moment that is asked about."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from landrelease.access.policy import LEVELS
from landrelease.core.kind import Field, Kind
from landrelease.core.record import KINDS
from landrelease.workflows.unsigned import DECIDED, Unsigned, unsigned

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.core.record import Record
    from landrelease.store.registry import Registry

VALIDATION = Field(
    "validation", "choice", "How far the record was validated (docs/access.md).",
    choices=tuple(LEVELS))
VERIFIED = Field(
    "verified", "boolean", "Beside a decision: whether it counts. An outcome without a signed "
    "release in force and a closing that nobody signed have false.")
NAMES = frozenset((VALIDATION.name, VERIFIED.name))
# Kinds that are not validated by level: what somebody said elsewhere, and who vouches for whom.
WITHOUT_LEVEL = frozenset({"person", "source", "claim"})
_DECISIONS = {kind: dict(KINDS[kind].decisions)[name] for kind, name in DECIDED.items()}


def fields(kind: Kind, reader: View) -> tuple[Field, ...]:
    """Those that a reader of the records of a kind gets: levels go with the history."""
    level = reader.may("history") and kind.name not in WITHOUT_LEVEL
    return ((VALIDATION,) if level else ()) + ((VERIFIED,) if kind.name in DECIDED else ())


def decides(kind: str, values: Any) -> bool:
    """Whether the values hold a decision that has to be signed to count."""
    return kind in DECIDED and values.get(DECIDED[kind]) in _DECISIONS[kind]


class Marker:
    """Marks records of a kind, as the reader gets them, of a moment. What counts is looked up when
    the first decision comes."""

    def __init__(self, registry: Registry, reader: View, kind: str, *,
                 valid_at: date | None = None, known_at: datetime | None = None):
        self.registry, self.kind = registry, kind
        self.then: dict[str, Any] = {"valid_at": valid_at, "known_at": known_at}
        found = registry.kinds.get(kind)
        self.names = {f.name for f in fields(found, reader)} if found is not None else set()
        self._doubtful: Unsigned | None = None

    def values(self, record: Record) -> dict[str, Any]:
        """The values of a record with its marks; `record` has passed the reader's view."""
        out = dict(record.values)
        if VALIDATION.name in self.names:
            out[VALIDATION.name] = record.validation
        if VERIFIED.name in self.names and decides(self.kind, record.values):
            if self._doubtful is None:
                self._doubtful = unsigned(self.registry, self.kind, **self.then)
            out[VERIFIED.name] = record.id not in self._doubtful.ids
        return out
