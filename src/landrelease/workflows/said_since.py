"""What was said of records since a decision that had them before it (S01, S11).

A find or evidence that the authority had in front of it is answered as it was then. A later
revision that says more of danger, a live item for a fragment, another place, a later day, more
pieces, was in front of nobody, and counts as what came since.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime

import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core import inspection, reported_finds
from landrelease.core.decision import said_before, signed_by_authority
from landrelease.core.descent import current_of, in_order, parents
from landrelease.core.how_many import how_many
from landrelease.core.kinds import KINDS
from landrelease.core.lineage import holds, off_by
from landrelease.core.record import DECLINED, NOT_REPORTED, Record
from landrelease.core.revision import StoredRevision
from landrelease.core.signature import KeyRing
from landrelease.release.proposal import GONE
from landrelease.release.searches import find_day
from landrelease.workflows.earlier import dangerous, disposed, record_of, same_place

# An item in such a state is no whole one.
_BROKEN = frozenset({"fragmented", "functioned"})
_UNKNOWN = (None, "", NOT_REPORTED, DECLINED)


def says_more(now: Record, was: Record, on: Callable[[Record], bool], least_m: float) -> bool:
    """Whether a record says more of danger on some ground than it said before, or may; words of a
    note, a name or a source are no danger.

    on : whether a record lies on the ground, or may. least_m : how far off a find is of which
        nothing says it.
    """
    if now.kind == "inspection":
        return inspection.says_more(now, was)
    if now.kind in reported_finds.REPORTS:
        return reported_finds.says_more(now, was, on)
    if not dangerous(now):
        return False
    if not dangerous(was) or (on(now) and (not on(was) or _moved(now, was, least_m))):
        return True
    day, then = find_day(now), find_day(was)
    if then is not None and (day is None or day > then):
        return True
    if now.kind != "item":
        return False
    many, before = how_many(now.values.get("quantity")), how_many(was.values.get("quantity"))
    category = was.value("ordnance_category")
    return ((not is_gone(now) and is_gone(was))
            or many.least > before.least or (before.stated and not many.stated)
            or (was.value("condition") in _BROKEN and now.value("condition") not in _BROKEN)
            # A mine that turns out to be a blast mine is named more exactly, no more dangerous.
            or (category not in _UNKNOWN
                and not str(now.value("ordnance_category")).startswith(str(category))))


def is_gone(item: Record) -> bool:
    """Whether an item is on record as neutralised, destroyed or removed."""
    return item.value("disposal") in GONE


def _moved(now: Record, was: Record, least_m: float) -> bool:
    """Whether a record reaches where it did not. One that had no place and gets one on the ground
    of which it spoke already is placed, not moved."""
    if was.geometry is None:
        return False
    if now.geometry is None:
        return True
    if now.geometry.geom_type in ("Point", "MultiPoint"):
        return not same_place(was, now, least_m)
    return not holds(off_by(was, least_m), off_by(now, least_m))


@dataclasses.dataclass(frozen=True, slots=True)
class Said:
    """A record as a revision has it. `first`: the revision that was the first to say so. `there`:
    an item that is not on record as dealt with at its place. `looked_at`: the authority signed it.
    """

    record: Record
    first: StoredRevision
    there: bool
    looked_at: bool


class SaidSince:
    """Of ONE record of finds, evidence, inspection or work what was said of it, and when.

    history : all of its revisions. valid_at, known_at: of these, what was said by then.
    """

    def __init__(self, history: Sequence[StoredRevision], ring: KeyRing, least_m: float, *,
                 valid_at: date | None = None, known_at: datetime | None = None):
        self._order, self._ring, self._least_m = in_order(history), ring, least_m
        self._line = [s for s in self._order
                      if (known_at is None or (s.known_from or s.revision.recorded_at) <= known_at)
                      and (valid_at is None or s.revision.valid_from is None
                           or s.revision.valid_from <= valid_at)]
        self._said: list[tuple[str, Said]] | None = None

    def first(self, said: Record) -> StoredRevision:
        """The revision with which it was first known that there is so much of danger at that place:
        of several offices the one whose word came in first."""
        return min((s for s in self._order if not says_more(
            said, record_of(s), lambda r: True, self._least_m)),
            key=lambda s: s.known_from or s.revision.recorded_at, default=self._order[-1])

    def said(self) -> list[Said]:
        """All that was said of it since the authority signed the record last."""
        return [said for _, said in self._all()]

    def since(self, hashes: Collection[str], on: Callable[[Record], bool],
              ground: BaseGeometry | None) -> list[Said]:
        """What was said after the revisions of these hashes, since the authority signed the record
        last, and says more of danger on some ground than each of them; all of it where none of
        them is here."""
        if all(s.hash in hashes for s in self._order):
            return []
        before = self._up_to(hashes)
        then = [record_of(s) for s in self._order if s.hash in hashes]
        return [said for name, said in self._all() if name not in before and dangerous(said.record)
                and all(says_more(_on_it(said.record, ground), was, on, self._least_m)
                        for was in then)]

    def _up_to(self, hashes: Collection[str]) -> set[str]:
        above = parents(self._order)
        waiting = [n for n, s in enumerate(self._order) if s.hash in hashes]
        seen = set(waiting)
        while waiting:
            more = [p for p in above[waiting.pop()] if p not in seen]
            seen.update(more)
            waiting += more
        return {self._order[n].hash for n in seen}

    def _all(self) -> list[tuple[str, Said]]:
        if self._said is None:
            self._said = []
            if self._line:
                kind = KINDS[self._line[0].revision.kind]
                looked_at = signed_by_authority(self._line, kind, self._ring)
                known = {s.hash for s in said_before(self._line, kind, self._ring)}
                known.add(current_of(self._line).hash)
                for n, s in enumerate(self._line):
                    if s.hash in known:
                        r = record_of(s)
                        later = [record_of(x) for x in self._line[n + 1:]]
                        self._said.append((s.hash, Said(
                            r, s, r.kind == "item" and not disposed(r, later, self._least_m),
                            s.hash in looked_at)))
        return self._said


def _on_it(said: Record, ground: BaseGeometry | None) -> Record:
    """A record on the part of its place that lies on some ground; whole where it is a point."""
    shape = said.geometry
    if shape is None or ground is None or shape.geom_type in ("Point", "MultiPoint"):
        return said
    try:
        part = shapely.intersection(shape, ground)
    except shapely.errors.GEOSException:  # an outline that crosses itself
        return said
    return said if part.is_empty else dataclasses.replace(said, geometry=part)

