"""Records of which several outlines, accuracies or types were said: few among many, found once and
then followed by the numbers of their revisions."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from landrelease.store.registry import Registry

_ACCURACY = "position_accuracy_m"
_TYPE = "hazard_type"
_PIECE = 5_000  # revisions that are read at once


class _Redrawn:
    """Those of the last few registries."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[str, str, str], tuple[int, frozenset[str]]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, registry: Registry, kind: str) -> frozenset[str]:
        key = (registry.address, registry.chain, kind)
        with self._lock:
            last = registry.last(kind)
            known, ids = self._held.get(key, (0, frozenset[str]()))
            if last != known:
                if last < known:  # another file stands at the address
                    known, ids = 0, frozenset()
                revised = registry.revised(kind, known, several=True)
                ids = (ids - revised.keys()) | _several(registry, revised)
                self._held[key] = last, ids
                while len(self._held) > 8:
                    self._held.popitem(last=False)
            return ids


def _several(registry: Registry, lines: Mapping[str, Iterable[int]]) -> set[str]:
    first: dict[str, tuple[object, ...]] = {}
    found: set[str] = set()
    numbers = sorted(n for line in lines.values() for n in line)
    for start in range(0, len(numbers), _PIECE):
        for record_id, _, values, place in registry.drawn(numbers[start:start + _PIECE]):
            held = json.loads(values) if _ACCURACY in values or _TYPE in values else {}
            said = b"" if place is None else bytes(place), held.get(_ACCURACY), held.get(_TYPE)
            if first.setdefault(record_id, said) != said:
                found.add(record_id)
    return found


REDRAWN = _Redrawn()


def redrawn_records(registry: Registry, kind: str) -> frozenset[str]:
    """The ids of records of a kind whose revisions state several outlines, accuracies or types."""
    return REDRAWN.of(registry, kind)
