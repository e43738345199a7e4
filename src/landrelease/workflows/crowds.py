"""The boxes of all records of a kind, kept in memory for the map: where very many lie in a tile, it
is drawn from these, and only what is drawn as it is comes from the store.

What is kept follows the store with every tile: the numbers of revisions only grow, so the records
that were revised since are known at once, and only their boxes are asked for again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from landrelease.publish import tiles
from landrelease.workflows.marks import VALIDATION

if TYPE_CHECKING:
    from landrelease.core.boxes import Boxes
    from landrelease.core.kind import Field
    from landrelease.store.registry import Registry

MOST_BYTES = 150_000_000
_SHARE = 4  # where more than a quarter was revised, all is read again
# The fields by which the map tells features of a kind apart.
TOLD_APART = ("hazard_type", "status", "outcome_type")


def told_apart(kind: str, fields: Sequence[Field]) -> list[str]:
    """The fields of a kind by which its boxes are told apart; the level of hazards for all readers,
    so that their boxes are kept once: who does not see levels is not told."""
    return [*(f.name for f in fields if f.name in TOLD_APART),
            *([VALIDATION.name] if kind == "hazard" else [])]


@dataclass(frozen=True, slots=True)
class Crowd:
    """The N records of a kind that have a place: about 26 bytes each.

    box : uint32 (4, N), as `publish.tiles.world` makes them. number : int64 (N), the revision.
    group : int16 or int64 (N), which of the `values` each has.
    """

    last: int
    number: np.ndarray
    box: np.ndarray
    group: np.ndarray
    values: tuple[tuple[Any, ...], ...]

    @property
    def size(self) -> int:
        return int(self.number.nbytes + self.box.nbytes + self.group.nbytes)

    @classmethod
    def of(cls, found: Boxes) -> Crowd:
        return cls(found.last, found.number, tiles.world(found.box), _narrow(found.group),
                   found.values)

    def followed(self, last: int, gone: np.ndarray, fresh: Boxes) -> Crowd:
        """Without the revisions `gone`, and with what is current in their stead."""
        kept = ~np.isin(self.number, gone)
        known = {v: n for n, v in enumerate(self.values)}
        place = np.array([known.setdefault(v, len(known)) for v in fresh.values], dtype=np.int64)
        group = place[fresh.group] if len(place) else fresh.group
        return Crowd(
            last, np.concatenate([self.number[kept], fresh.number]),
            np.concatenate([self.box[:, kept], tiles.world(fresh.box)], axis=1),
            _narrow(np.concatenate([self.group[kept].astype(np.int64), group])), tuple(known))


def _narrow(group: np.ndarray) -> np.ndarray:
    return group.astype(np.int16) if group.max(initial=0) < 2**15 else group


class Crowds:
    """Those that were asked for last; one reading of a kind at a time, others wait for it."""

    def __init__(self, most_bytes: int = MOST_BYTES):
        self.most = most_bytes
        self._held: OrderedDict[tuple[Any, ...], Crowd] = OrderedDict()
        self._reading: dict[tuple[Any, ...], threading.Lock] = {}
        self._lock = threading.Lock()

    def of(self, registry: Registry, kind: str, names: Sequence[str]) -> Crowd:
        """The records of a kind as they stand now, with the values of the fields `names`."""
        key = (registry.address, kind, *names)
        with self._lock:
            reading = self._reading.setdefault(key, threading.Lock())
        with reading:
            with self._lock:
                held = self._held.get(key)
            last = registry.last(kind)
            found = self._read(registry, kind, names, held, last)
            with self._lock:
                self._held[key] = found
                self._held.move_to_end(key)
                while len(self._held) > 1 and sum(
                        c.size for c in self._held.values()) > self.most:
                    self._held.popitem(last=False)
        return found

    @staticmethod
    def _read(registry: Registry, kind: str, names: Sequence[str], held: Crowd | None, last: int
              ) -> Crowd:
        if held is not None and held.last == last:
            return held
        if held is not None and last - held.last <= len(held.number) // _SHARE:
            revised = registry.revised(kind, held.last)
            gone = np.array([n for line in revised.values() for n in line], dtype=np.int64)
            return held.followed(last, gone, registry.boxes(kind, names, list(revised)))
        return Crowd.of(registry.boxes(kind, names))


CROWDS = Crowds()
