"""What a map must not show as decided: outcomes that no signed release in force stands behind, and
hazards whose closing does not count (S09, S11)."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from landrelease.core.record import Record
    from landrelease.store.registry import Registry

DECIDED = {"outcome": "outcome_type", "hazard": "status"}  # kind -> the field that decides


@dataclass(frozen=True, slots=True)
class Unsigned:
    """Of a kind: the records whose decision does not count, by id and by number of revision, and
    those of them whose ground stands wider than it was recorded last (S01)."""

    ids: frozenset[str]
    numbers: np.ndarray  # int64
    wider: tuple[Record, ...]


NOTHING = Unsigned(frozenset(), np.zeros(0, dtype=np.int64), ())


# The kinds that say what counts: a change of any other kind changes no mark
# (`tests/test_web_map.py` holds what is read to this).
RESTS_ON = ("hazard", "outcome", "handover", "inspection", "activity", "item", "accident", "person")


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
    from landrelease.workflows import hazards_that_stand
    from landrelease.workflows.certificates import in_force
    from landrelease.workflows.identities import doubts

    deciding = dict(registry.kinds[kind].decisions)[DECIDED[kind]]
    then: dict[str, Any] = {"valid_at": valid_at, "known_at": known_at}
    recorded = {r.id: r for r in registry.find(
        kind, where={DECIDED[kind]: list(deciding)}, limit=registry.count() + 1, **then)}
    if not recorded:
        return NOTHING
    standing = hazards_that_stand(registry, **then)
    if kind == "hazard":
        counted = [r for r in standing if r.id in recorded]
        return _of((recorded[r.id] for r in counted), tuple(
            r for r in counted if r.geometry is not None
            and r.geometry != recorded[r.id].geometry))
    _, force = in_force(registry, standing, **then)
    doubtful = doubts(registry, kind)
    return _of((r for i, r in recorded.items() if i not in force or i in doubtful), ())


def _of(records: Iterable[Record], wider: tuple[Record, ...]) -> Unsigned:
    listed = list(records)
    return Unsigned(frozenset(r.id for r in listed),
                    np.array([r.revision for r in listed], dtype=np.int64), wider)


KEPT = _Kept()
