"""What is told beside the values of a record: how far it was validated, whether what it decides
counts (S09), and of a hazard whether it stands, on which ground and as which type (S01). All are as
they are at the moment that is asked about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from landrelease.access.policy import LEVELS
from landrelease.core.happened import DAYS, by_day
from landrelease.core.kind import Field, Kind
from landrelease.core.lineage import off_by, off_m
from landrelease.core.record import KINDS, NOT_REPORTED
from landrelease.workflows.unsigned import DECIDED, TYPE, Unsigned, unsigned

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
HAZARDOUS = Field(
    "hazardous", "boolean", "Whether the area counts as hazardous now, whatever its status says: "
    "only a signed closing that is in force ends that.")
WIDENED = Field(
    "widened", "boolean", "Whether the ground is wider than it was recorded last, because offices "
    "disagree about it, nobody signed what made it smaller, or it came from an area that may be "
    "off farther.")
ACCURACY_FROM = Field(
    "accuracy_from", "text", "The area from which this one came and whose accuracy it has, because "
    "that is worse than its own and the authority has not signed another: its id.")
CONTESTED = Field(
    "contested", "boolean", "Whether offices disagree about the area: it counts wherever one of "
    "them says, until a person decides.")
RECORDED_TYPE = Field(
    "recorded_type", "choice", "The type that was recorded last, where the area counts as another: "
    "it was confirmed and nobody signed that it is not, or something was found on it. hazard_type "
    "is the one that counts.", choices=KINDS["hazard"].field(TYPE).choices)
NAMES = frozenset((VALIDATION.name, VERIFIED.name, HAZARDOUS.name, WIDENED.name, CONTESTED.name,
                   ACCURACY_FROM.name, RECORDED_TYPE.name))
# Kinds that are not validated by level: what somebody said elsewhere, and who vouches for whom.
WITHOUT_LEVEL = frozenset({"person", "source", "claim"})
_DECISIONS = {kind: dict(KINDS[kind].decisions)[name] for kind, name in DECIDED.items()}


def fields(kind: Kind, reader: View) -> tuple[Field, ...]:
    """Those that a reader of the records of a kind gets: levels go with the history."""
    level = reader.may("history") and kind.name not in WITHOUT_LEVEL
    of_hazards = (HAZARDOUS, WIDENED, CONTESTED, ACCURACY_FROM,
                  *(RECORDED_TYPE,) * (TYPE in reader.fields("hazard")))  # a field may be withheld
    return (((VALIDATION,) if level else ()) + ((VERIFIED,) if kind.name in DECIDED else ())
            + (of_hazards if kind.name == "hazard" else ()))


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

    @property
    def doubtful(self) -> Unsigned:
        if self._doubtful is None:
            self._doubtful = unsigned(self.registry, self.kind, **self.then)
        return self._doubtful

    def standing(self, records: Iterable[Record]) -> list[Record]:
        """Records on the ground that they stand on and as the type that counts (S01), off as far as
        they stand (S04), before they pass the reader's view. Of a day, those that had happened by
        then: what was released later, or on no day that is known, is not among them, as in
        figures."""
        if self.kind in DAYS:
            records, _ = by_day(records, self.then["valid_at"])
        if self.kind != "hazard":
            return list(records)
        wider, retyped = self.doubtful.wider, self.doubtful.retyped
        out = []
        for r in records:
            if (w := wider.get(r.id)) is not None:
                r = replace(off_by(r, off_m(w)), geometry=w.geometry)
            if (other := retyped.get(r.id)) is not None:
                r = replace(r, values={**r.values, TYPE: other.stands})
            out.append(r)
        return out

    def doubted_closings(self) -> dict[str, tuple[Any, ...]]:
        """Hazards that say that they are closed and still count: id -> as what they stand. What a
        filter by status is asked of them with, so that none hides ground that counts (S01, S09):
        what stood before, and "open"."""
        if self.kind != "hazard":
            return {}
        known = self.doubtful.stands_as
        return {i: tuple(dict.fromkeys((known.get(i), "open"))) for i in self.doubtful.ids}

    def values(self, record: Record) -> dict[str, Any]:
        """The values of a record with its marks; `record` has passed the reader's view."""
        out = dict(record.values)
        if VALIDATION.name in self.names:
            out[VALIDATION.name] = record.validation
        decided = decides(self.kind, record.values)
        if VERIFIED.name in self.names and decided:
            out[VERIFIED.name] = record.id not in self.doubtful.ids
        if HAZARDOUS.name in self.names:
            out[HAZARDOUS.name] = not decided or record.id in self.doubtful.ids
            out[WIDENED.name] = record.id in self.doubtful.wider
            out[CONTESTED.name] = record.id in self.doubtful.contested
            if (source := self.doubtful.accuracy_from.get(record.id)) is not None:
                out[ACCURACY_FROM.name] = source
        if RECORDED_TYPE.name in self.names and (
                other := self.doubtful.retyped.get(record.id)) is not None:
            out[RECORDED_TYPE.name] = said_as(other.recorded)
        return out


def said_as(recorded: Any) -> str:
    """A type as the mark of the one that was recorded says it."""
    return NOT_REPORTED if recorded is None else str(recorded)
