"""Which ground a report of work led to, by outcome and method: records in, m² and team-days out.

Cost per m² of an outcome by a method needs both of the same ground: the m² are those of the method
that records of the released ground name, and the days are those of the reports of the same work,
task or hazard, whatever method these name themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from landrelease.core.kind import DECLINED, NOT_REPORTED
from landrelease.core.record import Record

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.core.assumption import Assumptions
    from landrelease.core.columns import Columns
    from landrelease.figures.unit_costs import CrossWork, Work
    from landrelease.store.registry import Registry

_STRONGEST = ("cleared", "reduced", "cancelled")  # the strongest release first


class Report(NamedTuple):  # there are many
    """A report of work as costs are spread by it; m2 None: not reported."""

    id: str
    kind: str
    method: str
    days: float  # that teams worked
    m2: float | None
    hazard: str = ""
    task: str = ""
    teams: tuple[str, ...] = ()


class Behind(NamedTuple):
    """What the report of work that an outcome names says; "" where it says nothing."""

    method: str
    hazard: str = ""
    task: str = ""


class Names(NamedTuple):
    """What references name: an id or identifier, folded -> id of the hazard; id and hazard of the
    task."""

    hazards: Mapping[str, str]
    tasks: Mapping[str, tuple[str, str]]

    def hazard(self, word: Any) -> str:
        """The id of the hazard that a word names; the word itself where none is on record."""
        from landrelease.core.names import folded

        key = "" if word in (NOT_REPORTED, DECLINED) else folded(word)
        return self.hazards.get(key, key)

    def task(self, word: Any) -> tuple[str, str]:
        """The id of the task that a word names, and of the hazard on which it is done."""
        from landrelease.core.names import folded

        key = "" if word in (NOT_REPORTED, DECLINED) else folded(word)
        own, hazard = self.tasks.get(key, (key, ""))
        return own, self.hazard(hazard)


def names_at(registry: Registry, reader: View, known_at: datetime | None) -> Names:
    """Of all hazards and tasks that were ever on record; they say what belongs together alone."""
    from landrelease.core.names import folded
    from landrelease.workflows.figures import At, columns_at

    at = At(None, known_at)
    hazards = columns_at(registry, reader, "hazard", ("identifier",), at)
    tasks = columns_at(registry, reader, "task", ("identifier", "hazard"), at)

    def keys(table: Columns) -> list[tuple[str, int]]:
        ids, said = table.ids.tolist(), table.cells["identifier"].tolist()
        # An id stands before an identifier that another record has.
        return [*((folded(w), n) for n, w in enumerate(said) if w),
                *((folded(i), n) for n, i in enumerate(ids))]

    return Names({k: str(hazards.ids[n]) for k, n in keys(hazards)},
                 {k: (str(tasks.ids[n]), str(tasks.cells["hazard"][n] or ""))
                  for k, n in keys(tasks)})


def counted_once(reports: list[Report], joint: Mapping[str, str]) -> list[Report]:
    """The reports with what several tell of one joint work once (S03): its ground is that of the
    report with the largest area, and no team's days are in it twice.

    joint : id of each joint report -> id of the joint work, of `figures.work.joint_work`
    """
    groups: dict[str, list[int]] = {}
    for n, r in enumerate(reports):
        if (name := joint.get(r.id)) is not None:
            groups.setdefault(name, []).append(n)
    for found in groups.values():
        found.sort(key=lambda n: (-(-1.0 if (m2 := reports[n].m2) is None else m2), n))
        seen = set(reports[found[0]].teams)
        for n in found[1:]:
            r = reports[n]
            others = set(r.teams) - seen
            seen |= others
            days = r.days * len(others) / len(r.teams) if r.teams else r.days
            reports[n] = r._replace(m2=None, days=days)
    return reports


def reports_behind(table: Columns, outcomes: Sequence[Record]) -> dict[str, Behind]:
    """Id of a report of work that an outcome names -> what it says of its method and place."""
    named = {str(a) for o in outcomes if (a := o.values.get("activity"))}
    rows = (table.cells[f].tolist() for f in ("operational_method", "hazard", "task"))

    def word(value: Any) -> str:
        return "" if value in (None, NOT_REPORTED, DECLINED) else str(value)

    return {str(i): Behind(word(method), word(hazard), word(task))
            for i, method, hazard, task in zip(table.ids.tolist(), *rows, strict=True)
            if i in named}


def method_of(outcome: Record, of_reports: Mapping[str, Behind]) -> str:
    """The method by which a ground was released: as it says, as its assets say, as the report of
    work says that led to it; NTS of what was cancelled, TS of what was reduced. Words that are no
    method of the vocabulary say none, and those that name several are several."""
    from landrelease.core.kinds.common import METHODS
    from landrelease.figures.unit_costs import SEVERAL, ground_method
    from landrelease.records.mapping import choices_in

    alone = {"cancelled": "NTS", "reduced": "TS"}.get(str(outcome.values.get("outcome_type")))
    if alone:
        return alone
    listed = outcome.values.get("assets")
    behind = of_reports.get(str(outcome.values.get("activity")))
    said = outcome.values.get("method")
    methods = [m for m in METHODS if m != NOT_REPORTED]
    for words in (said if isinstance(said, str) else "",
                  "; ".join(map(str, listed)) if isinstance(listed, (list, tuple)) else "",
                  behind.method if behind else ""):
        if found := choices_in(words, methods):
            return ground_method(next(iter(found))) if len(found) == 1 else SEVERAL
    return NOT_REPORTED


class _Grounds:
    """Released ground by outcome and method, each m² once, as its strongest release; and which of
    it a report of work led to."""

    def __init__(self, land: Any, outcomes: Sequence[Record], behind: Mapping[str, Behind],
                 names: Names):
        import numpy as np
        import shapely

        self.outcomes = [o for o in land.outcomes if o.outcome_type in _STRONGEST]
        self.method = {r.id: method_of(r, behind) for r in outcomes}
        self.names = names
        self.trees = {}
        for part in _STRONGEST:
            own = [o for o in self.outcomes if o.outcome_type == part]
            self.trees[part] = own, shapely.STRtree(np.array([o.ground for o in own], dtype=object))
        all_of_it = np.array([o.ground for o in self.outcomes], dtype=object)
        one, other = shapely.STRtree(all_of_it).query(all_of_it, predicate="intersects")
        one, other = one[one != other], other[one != other]
        over = one[~shapely.touches(all_of_it[one], all_of_it[other])]
        self.overlapped = {self.outcomes[n].id for n in over.tolist()}
        there = {o.id: o for o in self.outcomes}
        self.task_of: dict[str, str] = {}
        self.by_activity: dict[tuple[str, str], list[Any]] = {}
        self.by_task: dict[tuple[str, str], list[Any]] = {}
        self.by_hazard: dict[tuple[str, str], list[Any]] = {}
        for r in outcomes:
            o = there.get(r.id)
            if o is None:
                continue
            activity = str(r.values.get("activity") or "")
            said = behind.get(activity, Behind(""))
            task, of_task = names.task(said.task)
            hazard = next(filter(None, (
                *(names.hazard(r.values.get(f)) for f in ("hazard", "hazard_identifier")),
                names.hazard(said.hazard), of_task)), "")
            self.task_of[o.id] = task
            for index, name in ((self.by_activity, activity), (self.by_task, task),
                                (self.by_hazard, hazard)):
                if name:
                    index.setdefault((o.outcome_type, name), []).append(o)
        self.known: dict[tuple[str, ...], dict[str, float]] = {}
        self.asked: dict[tuple[str, str, str, str], dict[str, float]] = {}

    def near(self, part: str, ground: Any) -> list[Any]:
        """The outcomes of one kind that meet a ground."""
        own, tree = self.trees[part]
        return [own[n] for n in sorted(tree.query(ground, predicate="intersects").tolist())]

    def divided(self, part: str, listed: Sequence[Any]) -> dict[str, Any]:
        """The ground of some outcomes of one kind by method, without what is released stronger:
        method -> ground that it alone names, `SEVERAL` -> ground that several name."""
        import numpy as np

        from landrelease.figures.unit_costs import SEVERAL
        from landrelease.release.ledger import difference, union, without_slivers

        def together(grounds: Sequence[Any]) -> Any:
            return union(np.array(grounds, dtype=object))

        own: dict[str, list[Any]] = {}
        for o in listed:
            own.setdefault(self.method[o.id], []).append(o.ground)
        out: dict[str, Any] = {}
        shared = []
        for name, grounds in own.items():
            left = together(grounds)
            for stronger in _STRONGEST[:_STRONGEST.index(part)]:
                if met := self.near(stronger, left):
                    left = difference(left, together([o.ground for o in met]))[0]
            others = [o.ground for o in self.near(part, left) if self.method[o.id] != name]
            if others:
                left, both = difference(left, together(others))
                shared.append(both)
            out[name] = without_slivers(left)
        both = without_slivers(together(shared))
        if not both.is_empty:
            out[SEVERAL] = together([both, *([out[SEVERAL]] if SEVERAL in out else [])])
        return out

    def of(self, r: Report, part: str) -> dict[str, float]:
        """Share of a report's work by the method of the ground that it led to: of the outcomes
        that name the report, else its task, else its hazard, by area."""
        from landrelease.figures.unit_costs import NO_GROUND

        key = (part, r.id if (part, r.id) in self.by_activity else "", r.hazard, r.task)
        if key not in self.asked:
            task, of_task = self.names.task(r.task)
            found = self.by_activity.get((part, r.id)) or self.by_task.get((part, task)) or [
                o for o in self.by_hazard.get((part, self.names.hazard(r.hazard) or of_task), ())
                if not task or self.task_of[o.id] in ("", task)]
            self.asked[key] = self._shares(part, found) if found else {NO_GROUND: 1.0}
        return self.asked[key]

    def _shares(self, part: str, listed: Sequence[Any]) -> dict[str, float]:
        import numpy as np

        from landrelease.core.geometry import geodesic_area_m2
        from landrelease.figures.unit_costs import NO_GROUND
        from landrelease.release.ledger import union

        key = tuple(o.id for o in listed)
        if key not in self.known:
            over = [o for o in listed if o.id in self.overlapped]
            m2 = {name: geodesic_area_m2(ground)
                  for name, ground in self.divided(part, over).items()} if over else {}
            if over:
                whole = geodesic_area_m2(union(np.array([o.ground for o in over], dtype=object)))
                # What counts as a stronger release is no ground of this one; slivers are nobody's.
                rest = whole - sum(m2.values())
                if rest > 1.0 and rest > 1e-3 * whole:
                    m2[NO_GROUND] = rest
            for o in listed:
                if o.id not in self.overlapped:
                    name = self.method[o.id]
                    m2[name] = m2.get(name, 0.0) + o.area_m2
            total = sum(m2.values())
            self.known[key] = {n: v / total for n, v in m2.items() if v > 0} if total > 0 else {
                NO_GROUND: 1.0}
        return self.known[key]


def _cells(grounds: _Grounds, total: Any, days: Mapping[tuple[str, str], float],
           areas: Mapping[tuple[str, str], list[float]], used: Mapping[tuple[str, str], list[str]]
           ) -> dict[tuple[str, str], CrossWork]:
    """What was done by outcome and method. Each m² of an outcome is that of the one method that
    records name of it; of several, where they name several. Their sum is that of the outcome."""
    from landrelease.core.geometry import geodesic_area_m2
    from landrelease.figures.unit_costs import SEVERAL, CrossWork

    m2: dict[tuple[str, str], float] = {}
    ids: dict[tuple[str, str], list[str]] = {}
    for part in _STRONGEST:
        own = grounds.trees[part][0]
        for o in own:
            ids.setdefault((part, grounds.method[o.id]), []).append(o.id)
        found = {name: geodesic_area_m2(ground)
                 for name, ground in grounds.divided(part, own).items()}
        if not found:
            continue
        # What only rounding left between them is of none: the largest holds it.
        most = max(found, key=lambda n: (found[n], n))
        found[most] = max(0.0, found[most] + (getattr(total, f"{part}_m2") or 0.0)
                          - sum(found.values()))
        m2 |= {(part, name): v for name, v in found.items()}
        if SEVERAL in found:
            shared = [o.id for o in own for p in grounds.near(part, o.ground)
                      if grounds.method[o.id] != grounds.method[p.id]
                      and not o.ground.touches(p.ground)]
            ids[part, SEVERAL] = [*ids.get((part, SEVERAL), []), *shared]
    return {key: CrossWork(
        m2.get(key), sum(areas[key]) if areas.get(key) else None, days.get(key, 0.0),
        tuple(sorted({*ids.get(key, ()), *used.get(key, ())})))
        for key in sorted({*m2, *days, *areas, *used})}


def work_of(outcomes: Sequence[Record], reports: Sequence[Report], stated: Assumptions,
          behind: Mapping[str, Behind], names: Names | None = None
          ) -> tuple[dict[str, Work], dict[str, Work], dict[tuple[str, str], CrossWork]]:
    """Area and team-days by outcome, by method, and by both. The area of an outcome is that of the
    union, each m² as its strongest release (S03); that of a method as the reports state it. By both
    the days are those of the ground that they led to, and what led to none is apart.

    behind : id of a report of work that an outcome names -> what it says
    """
    from landrelease.core.land import build_land
    from landrelease.figures.unit_costs import ALONE, OUTCOME_OF, Work
    from landrelease.release.ledger import ledger

    land = build_land(hazards=(), outcomes=outcomes, accidents=(), activities=(), settlements=(),
                      administrative_areas=(), assumptions=stated, chain_head="")
    total = ledger(land)[-1]
    grounds = _Grounds(land, outcomes, behind, names or Names({}, {}))
    days: Counter[str] = Counter()
    by_method: dict[str, tuple[list[float], float, list[str]]] = {}
    used: dict[str, list[str]] = {}
    cell_days: dict[tuple[str, str], float] = {}
    cell_areas: dict[tuple[str, str], list[float]] = {}
    cell_used: dict[tuple[str, str], list[str]] = {}
    for r in reports:
        outcome = OUTCOME_OF.get(r.kind)
        if outcome is None:
            continue
        days[outcome] += r.days  # type: ignore[assignment]
        if r.days:
            used.setdefault(outcome, []).append(r.id)
        own = r.kind if r.kind in ALONE else r.method
        areas, so_far, ids = by_method.setdefault(own, ([], 0.0, []))
        if r.m2 is not None:
            areas.append(r.m2)
        ids.append(r.id)
        by_method[own] = areas, so_far + r.days, ids
        for name, share in grounds.of(r, outcome).items():
            key = (outcome, name)
            cell_days[key] = cell_days.get(key, 0.0) + r.days * share
            if r.m2 is not None:
                cell_areas.setdefault(key, []).append(r.m2 * share)
            cell_used.setdefault(key, []).append(r.id)
    outcome_rows = {}
    for part in ("cancelled", "reduced", "cleared"):
        ids = [o.id for o in land.outcomes if o.outcome_type == part]
        outcome_rows[part] = Work(getattr(total, f"{part}_m2"), float(days[part]),
                                  tuple(sorted([*ids, *used.get(part, [])])))
    return outcome_rows, {
        name: Work(sum(areas) if areas else None, worked, tuple(sorted(ids)))
        for name, (areas, worked, ids) in by_method.items() if name != NOT_REPORTED}, _cells(
            grounds, total, cell_days, cell_areas, cell_used)
