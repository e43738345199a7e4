"""Inspections as all of their history tells them, and which of them speak of some work.

One way to read them for whatever asks: release, lots, teams, plans, maps, what is open.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from landrelease.core.certificate import is_decision_outcome
from landrelease.core.inspection import (
    as_told,
    hands_of,
    is_nonconformity,
    organisations_of,
    was_refused,
)
from landrelease.core.links import Called
from landrelease.core.moment import listed
from landrelease.core.names import folded
from landrelease.core.record import Record

if TYPE_CHECKING:
    from landrelease.store.registry import Registry
    from landrelease.workflows.behind import OnFile

# Field -> kind of the records that it names.
_WORK = {"task": "task", "activity": "activity", "activities": "activity", "outcomes": "outcome",
         "lot": "inspection"}
_HANDS = {"teams": "team", "detectors": "detector"}


def inspections_told(registry: Registry, *, valid_at: date | None = None,
                     known_at: datetime | None = None) -> list[Record]:
    """Inspections as they stand (S09), with what any of their revisions said against the ground
    (`core.inspection.as_told`), and with ids for what they name by an identifier, however it is
    written."""
    from landrelease.core.descent import in_order
    from landrelease.workflows.earlier import CHANGED, record_of
    from landrelease.workflows.identities import standing_records

    found = standing_records(registry, "inspection", valid_at=valid_at, known_at=known_at)
    if not found:
        return []
    lines = CHANGED.of(registry, "inspection")
    return _linked(registry, [r if r.id not in lines else as_told(r, [
        record_of(s) for s in in_order(lines[r.id])
        if (known_at is None or (s.known_from or s.revision.recorded_at) <= known_at)
        and (valid_at is None or s.revision.valid_from is None
             or s.revision.valid_from <= valid_at)]) for r in found])


def _linked(registry: Registry, records: Sequence[Record]) -> list[Record]:
    """Records with ids for what they name on record; other words stand as they are. A word that
    names several records stands for all of them where the field is a list."""
    fields = {**_WORK, **_HANDS}
    called: dict[str, Called] = {}
    ids: dict[str, Collection[str]] = {}

    def of(kind: str, word: str) -> list[str]:
        if kind not in ids:
            ids[kind] = frozenset(registry.ids(kind))
        if word in ids[kind]:
            return [word]
        if kind not in called:
            called[kind] = Called(registry.records(kind))
        return sorted(called[kind].ids(word)) or [word]

    out = []
    for r in records:
        new: dict[str, Any] = {}
        for field, kind in fields.items():
            said = r.values.get(field)
            if isinstance(said, (list, tuple)):
                words = list(dict.fromkeys(i for w in said for i in of(kind, str(w))))
                if words != list(said):
                    new[field] = words
            elif isinstance(said, str) and said:
                words = of(kind, said)
                if len(words) == 1 and words[0] != said:
                    new[field] = words[0]
        out.append(replace(r, values={**r.values, **new}) if new else r)
    return out


class Inspections:
    """All inspections of a registry, found by what they speak of."""

    def __init__(self, known: OnFile):
        from landrelease.workflows.behind import Places

        self.told = inspections_told(known.registry)
        self.places = Places(self.told)
        self._of: dict[tuple[str, str], list[int]] = {}  # who was inspected -> numbers
        self._loose: set[int] = set()  # something is wrong; they name no work or ground on record
        for n, r in enumerate(self.told):
            for who in _who(r):
                self._of.setdefault(who, []).append(n)
            if (is_nonconformity(r) or was_refused(r)) and (
                    r.geometry is None or r.geometry.is_empty) and not any(
                    _on_record(known, kind, word) for field, kind in _WORK.items()
                    for word in _words(r, field)):
                self._loose.add(n)
        self._teams = Called(known.kind("team").records)
        self._detectors = Called(known.kind("detector").records)
        self._known = known

    def of_hands(self, hands: Mapping[tuple[str, str], str]) -> dict[str, str]:
        """Those that say something against an organisation, a team or a detector alone, of some
        hands (`hands_behind`): id -> who, in words. Where one names teams or detectors on record
        the work of these is meant, else that of its organisation."""
        out: dict[str, list[str]] = {}
        for n in self._loose:
            r = self.told[n]
            own = hands_of(r)
            unknown = not own or any(not _on_record(self._known, _HANDS[f], w) for f, w in own)
            keys = [*own, *(("organisation", o) for o in organisations_of(r) if unknown)]
            if told := [hands[k] for k in keys if k in hands]:
                out[r.id] = told
        return {i: ", ".join(dict.fromkeys(out[i])) for i in sorted(out)}

    def visits_of(self, ids: Iterable[str]) -> set[int]:
        """Visits to the hands of some refused ones, or what else they may be answered by."""
        wanted = set(ids)
        return {n for r in self.told if r.id in wanted and was_refused(r)
                for who in _who(r) for n in self._of.get(who, ())
                if not was_refused(self.told[n])}

    def hands_behind(self, activities: Sequence[Record], orders: Mapping[str, Record],
                     outcomes: Sequence[Record]) -> dict[tuple[str, str], str]:
        """Organisations, teams and detectors of some work, folded -> as they are written. Work
        that names no team was done by those of its order, work that names no detector with any of
        its teams. `orders`: by their names, folded."""
        out: dict[tuple[str, str], str] = {}
        teams, detectors = ({r.id: r for r in self._known.kind(kind).records}
                            for kind in ("team", "detector"))

        def of(said: Any) -> None:
            for one in said.split(";") if isinstance(said, str) else ():
                if folded(one):
                    out["organisation", folded(one)] = one.strip()

        for a in activities:
            order = orders.get(folded(a.values.get("task")))
            said = listed(a.values.get("teams")) or listed(
                order.values.get("teams") if order is not None else ())
            mine = {i for t in said for i in self._teams.of(t)}
            with_ = {i for d in listed(a.values.get("detectors")) for i in self._detectors.of(d)
                     } or {i for i, d in detectors.items()
                           if self._teams.ids(d.values.get("team")) & mine}
            out |= {("teams", folded(t)): t for t in mine}
            out |= {("detectors", folded(d)): d for d in with_}
            for t in mine & teams.keys():
                of(teams[t].values.get("organisation"))
            of(a.values.get("organisation"))
            of(a.values.get("joint_with"))
        for o in outcomes:
            if not is_decision_outcome(o.id):
                of(o.values.get("organisation"))
        return out


def _who(r: Record) -> set[tuple[str, str]]:
    return {*hands_of(r), *(("organisation", o) for o in organisations_of(r))}


def _words(r: Record, field: str) -> tuple[str, ...]:
    said = r.values.get(field)
    return listed(said) if isinstance(said, (list, tuple)) else (said,) if isinstance(
        said, str) and said else ()


def _on_record(known: OnFile, kind: str, word: str) -> bool:
    held = known.kind(kind)
    return bool(held.where("id", [word]) or held.where("identifier", [word]))
