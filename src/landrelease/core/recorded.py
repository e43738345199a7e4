"""The records that bind a plan besides land and roads, and what a plan made of each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from landrelease.core.hazard import Ground
from landrelease.core.record import Record

# In the order in which a person reads them.
KINDS_READ = ("closure", "team", "accreditation", "machine", "detector", "fund", "expense",
              "exchange_rate", "project", "task", "activity", "inspection", "road", "hazard")

# Kinds that bear on where and when work can go on, of which a plan knows nothing, and why not.
KINDS_NOT_READ = {
    "parcel": "a plan does not look at them: what land is used for is taken from the areas "
              "(land_use_expected, blockage)",
    "permit": "a plan does not look at them: who may enter is settled before work starts",
    "environment": "a plan does not look at soil, water and protected places",
    "marking": "a plan does not look at them: putting up and mending signs takes no team's time",
    "session": "a plan does not look at them: risk education takes no team's time",
}


@dataclass(frozen=True, slots=True)
class Note:
    """What a record says that the plan does not, or not wholly, keep to; in words."""

    kind: str
    record: str  # id; "": several
    words: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a plan read: kind -> (records there are, records that the plan keeps to)."""

    counts: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    def and_also(self, other: Recorded) -> Recorded:
        return Recorded({**self.counts, **other.counts}, (*self.notes, *other.notes))


NOTHING_READ = Recorded()

# Of a pool of a teams file for whose organisation nothing is on record: the plan assumes its leave.
AS_IF_ACCREDITED = (
    "none of {organisation} for {scope} is on record: its teams ({n}) are planned as if they had "
    "it, and no gate opens for them until one is recorded and signed (S08). On record: {others}. "
    "Is it spelled otherwise?")


def as_if_accredited(read: Recorded) -> tuple[Note, ...]:
    """The notes on teams that a plan takes to be accredited although nothing on record says so."""
    start = AS_IF_ACCREDITED.partition("{")[0]
    return tuple(n for n in read.notes if n.kind == "accreditation" and n.words.startswith(start))


@dataclass(frozen=True, slots=True)
class WaitingGround:
    """A hazard that waits in quarantine: nobody accepted it, and nobody may drive through it.

    `name` : for people: its identifier and row, or only its number where they may not see rows that
    wait. `ground` : degrees, the widest of its readings. `off_m` : how far off that may be, m.
    `known` : whether it is known that the ground holds all of it.
    """

    id: str
    name: str
    ground: Ground
    off_m: float = 0.0
    known: bool = True


@dataclass(frozen=True, slots=True)
class Waiting:
    """Rows in quarantine that bear on a plan. `nowhere` : hazards whose place nobody can read;
    `closures` : those that can be read, `unread` : names of those that cannot."""

    hazards: tuple[WaitingGround, ...] = ()
    nowhere: int = 0
    closures: tuple[Record, ...] = ()
    unread: tuple[str, ...] = ()


NOTHING_WAITS = Waiting()


@dataclass(frozen=True, slots=True)
class Sources:
    """Records as they stand on the day on which a plan is made.

    Decisions that no person signed are not among them (S09). `unsigned`: accreditations that say
    they are granted and carry no signature that counts. `utc_offset`: local time less UTC.
    """

    closures: tuple[Record, ...] = ()
    teams: tuple[Record, ...] = ()
    accreditations: tuple[Record, ...] = ()
    machines: tuple[Record, ...] = ()
    detectors: tuple[Record, ...] = ()
    funds: tuple[Record, ...] = ()
    expenses: tuple[Record, ...] = ()
    exchange_rates: tuple[Record, ...] = ()
    projects: tuple[Record, ...] = ()
    handovers: tuple[Record, ...] = ()
    tasks: tuple[Record, ...] = ()
    # What was done, as it was reported: tasks (signed or not) and reports of work.
    reported: tuple[Record, ...] = ()
    activities: tuple[Record, ...] = ()
    # What became of it: inspections as they stand, and the outcomes that those name which rejected.
    inspections: tuple[Record, ...] = ()
    outcomes: tuple[Record, ...] = ()
    hazards: tuple[Record, ...] = ()
    roads: tuple[Record, ...] = ()
    settlements: tuple[Record, ...] = ()
    areas: tuple[Record, ...] = ()  # administrative ones
    others: Mapping[str, int] = field(default_factory=dict)  # kind of `KINDS_NOT_READ` -> records
    unsigned: frozenset[str] = frozenset()
    utc_offset: timedelta | None = None
    waiting: Waiting = NOTHING_WAITS


def by_name(records: Iterable[Record]) -> dict[str, Record]:
    """Records by their id and by the identifier that the programme gave them."""
    listed = list(records)
    found = {str(r.values["identifier"]): r for r in listed if r.values.get("identifier")}
    return found | {r.id: r for r in listed}


def ids_of(records: Iterable[Record]) -> dict[str, str]:
    """Names under which records are spoken of, by id or identifier -> their id."""
    return {name: r.id for name, r in by_name(records).items()}


def listed(record: Record, name: str) -> tuple[str, ...]:
    """The references of a field, one or several."""
    value = record.values.get(name)
    if value is None:
        return ()
    return tuple(map(str, value)) if isinstance(value, (list, tuple)) else (str(value),)
