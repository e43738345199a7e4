"""The ground that stands, for whatever shows records one by one: outcomes that no signed release in
force stands behind, hazards whose closing does not count (S09, S11), hazards whose ground is wider
than it was recorded last, and those that count as another type (S01)."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from landrelease.core.record import Record
    from landrelease.store.registry import Registry

DECIDED = {"outcome": "outcome_type", "hazard": "status"}  # kind -> the field that decides
TYPE = "hazard_type"


@dataclass(frozen=True, slots=True)
class Retyped:
    """A hazard that counts as another type than the one that was recorded last: the number of that
    revision, the type that it states, and the one that counts; None where it is not reported."""

    number: int
    recorded: Any
    stands: Any


@dataclass(frozen=True, slots=True)
class Unsigned:
    """Of a kind: the records whose decision does not count, by id and by number of revision; those
    whose ground stands wider than it was recorded last, on all of that ground (S01); hazards that
    stand without a record of their own (S11); and what the field that decides says as it stands,
    by id: None where nothing does. `accuracy_from`: areas that may be off as far as the one from
    which they came, with its id (S04). `retyped`: areas that count as another type, by id."""

    ids: frozenset[str]
    numbers: np.ndarray  # int64
    wider: Mapping[str, Record]
    unrecorded: tuple[Record, ...] = ()
    stands_as: Mapping[str, str | None] = field(default_factory=dict)
    contested: frozenset[str] = frozenset()  # about which offices disagree
    accuracy_from: Mapping[str, str] = field(default_factory=dict)  # id -> whose accuracy it has
    retyped: Mapping[str, Retyped] = field(default_factory=dict)


NOTHING = Unsigned(frozenset(), np.zeros(0, dtype=np.int64), {})


# The kinds that say what counts: a change of any other kind changes no mark
# (`tests/test_web_map.py` holds what is read to this).
RESTS_ON = ("hazard", "outcome", "handover", "inspection", "activity", "item", "accident",
            "evidence", "person", "task", "team", "detector")


def state_of(registry: Registry) -> tuple[Any, ...]:
    """What the marks of now follow from: what was said of these kinds by any office, what waits (a
    find that waits reopens ground, S11), and the thresholds of the programme."""
    return (registry.address, tuple(registry.last(kind) for kind in RESTS_ON),
            registry.quarantine_state(), registry.setting("extension") or "")


class _Kept:
    """The last few, by what they follow from; computed once, others wait for it."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[Any, ...], Unsigned] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, registry: Registry, kind: str, valid_at: date | None, known_at: datetime | None
           ) -> Unsigned:
        key = (*state_of(registry), kind, valid_at, known_at)
        with self._lock:
            if key not in self._held:
                self._held[key] = _found(registry, kind, valid_at, known_at)
                while len(self._held) > 8:
                    self._held.popitem(last=False)
            return self._held[key]


def unsigned(registry: Registry, kind: str, *, valid_at: date | None = None,
             known_at: datetime | None = None) -> Unsigned:
    """Those of a kind; of a kind that decides nothing there are none."""
    return KEPT.of(registry, kind, valid_at, known_at) if kind in DECIDED else NOTHING


def _found(registry: Registry, kind: str, valid_at: date | None, known_at: datetime | None
           ) -> Unsigned:
    from landrelease.core.certificate import RELEASE
    from landrelease.workflows import hazards_that_stand
    from landrelease.workflows.certificates import in_force
    from landrelease.workflows.identities import doubts

    deciding = dict(registry.kinds[kind].decisions)[DECIDED[kind]]
    then: dict[str, Any] = {"valid_at": valid_at, "known_at": known_at}
    decided = {r.id: r for r in registry.find(
        kind, where={DECIDED[kind]: list(deciding)}, limit=registry.count() + 1, **then)}
    children = _children(registry, then) if kind == "hazard" else {}
    recorded = decided if kind != "hazard" else {
        **children, **_in_doubt(registry, then), **decided}
    # A release may be here without the hazard that it took out: its ground may stand again.
    if not recorded and not (kind == "hazard" and any(
            i.startswith(RELEASE) for i in registry.ids("handover"))):
        return NOTHING
    standing = hazards_that_stand(registry, **then)
    if kind == "hazard":
        known = set(registry.ids(kind))
        return _of((decided[r.id] for r in standing if r.id in decided),
                   {r.id: wide for r in standing if r.id in recorded
                    and (wide := _wider(r, recorded[r.id])) is not None},
                   tuple(r for r in standing if r.id not in known),
                   {r.id: None if (said := r.values.get(DECIDED[kind])) in deciding else said
                    for r in standing if r.id in decided},
                   (i for i in _contested(registry) if i in recorded),
                   _accuracy_from(registry, then, standing) if children else {},
                   {r.id: Retyped(last.revision, last.values.get(TYPE), r.values.get(TYPE))
                    for r in standing if (last := recorded.get(r.id)) is not None
                    and r.value(TYPE) != last.value(TYPE)})
    _, force = in_force(registry, standing, **then)
    doubtful = doubts(registry, kind)
    return _of(r for i, r in decided.items() if i not in force or i in doubtful)


def _children(registry: Registry, then: Mapping[str, Any]) -> dict[str, Record]:
    """The hazards that came from others, as they were recorded last."""
    from landrelease.workflows.collections import one_record

    if any(then.values()):
        return {r.id: r for r in registry.records("hazard", **then) if r.values.get("parents")}
    found = registry.matching("hazard", "parents", lambda said: said not in (None, "", "[]"),
                              most=registry.count())
    return {r.id: r for i, _ in found or () for r in one_record(registry, "hazard", i)}


def _accuracy_from(registry: Registry, then: Mapping[str, Any], standing: Iterable[Record]
                   ) -> dict[str, str]:
    from landrelease.core.lineage import inherited
    from landrelease.workflows import hazards_said

    stands = {r.id for r in standing}
    return {i: source for i, (_, source) in inherited(hazards_said(registry, **then)).items()
            if i in stands}


def _contested(registry: Registry) -> list[str]:
    return registry.contested() if len(registry.chains()) > 1 else []


def _in_doubt(registry: Registry, then: Mapping[str, Any]) -> dict[str, Record]:
    """The hazards besides those that are closed whose ground or type may not be the one that was
    recorded last: offices disagree about them, they have the level that only a signature gives, or
    several outlines, accuracies or types were said of them."""
    from landrelease.workflows.collections import one_record
    from landrelease.workflows.crowds import CROWDS, told_apart
    from landrelease.workflows.marks import VALIDATION
    from landrelease.workflows.redrawn import redrawn_records

    found = {r.id: r for i in sorted({*_contested(registry), *redrawn_records(registry, "hazard")})
             for r in one_record(registry, "hazard", i, **then)}
    if any(then.values()):
        return found | {r.id: r for r in registry.records("hazard", **then)
                        if r.validation == "authority"}
    names = told_apart("hazard", registry.kinds["hazard"].fields)  # as tiles of them have it
    crowd, level = CROWDS.of(registry, "hazard", names), names.index(VALIDATION.name)
    groups = [n for n, row in enumerate(crowd.values) if row[level] == "authority"]
    numbers = crowd.number[np.isin(crowd.group, groups)].tolist() if groups else []
    for row in registry.drawn(numbers) if numbers else ():
        if row[0] not in found:
            found |= {r.id: r for r in one_record(registry, "hazard", row[0])}
    return found


def _wider(stands: Record, recorded: Record) -> Record | None:
    """A record on all of the ground that it stands on and was recorded on last, and off as far as
    either; None where that is no more than was recorded."""
    from landrelease.core.lineage import off_m, widest

    own, ground = recorded.geometry, stands.geometry
    if ground is None or ground.is_empty:
        return None
    if off_m(stands) <= off_m(recorded):
        if ground == own:
            return None
        try:
            if own is not None and own.covers(ground):
                return None
        except shapely.errors.GEOSException:  # an outline that crosses itself covers nothing
            pass
    return widest(stands, (recorded,))


def _of(records: Iterable[Record], wider: Mapping[str, Record] | None = None,
        unrecorded: tuple[Record, ...] = (),
        stands_as: Mapping[str, str | None] | None = None,
        contested: Iterable[str] = (), accuracy_from: Mapping[str, str] | None = None,
        retyped: Mapping[str, Retyped] | None = None) -> Unsigned:
    listed = list(records)
    return Unsigned(frozenset(r.id for r in listed),
                    np.array([r.revision for r in listed], dtype=np.int64), wider or {}, unrecorded,
                    stands_as or {}, frozenset(contested), accuracy_from or {}, retyped or {})


KEPT = _Kept()
