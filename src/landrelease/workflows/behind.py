"""What records speak of a piece of ground: by place, by the name of its area, by its work.

`OnFile` reads each kind of record once and finds what is near by a tree of boxes, so that many
decisions in one go take little more than one each.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core import lineage
from landrelease.core.certificate import is_decision_outcome
from landrelease.core.names import folded
from landrelease.core.record import Record

if TYPE_CHECKING:
    from landrelease.release.ground import Cut
    from landrelease.release.proposal import Waiting
    from landrelease.release.reopening import Find, Released, Reopening
    from landrelease.store.registry import QuarantineEntry, Registry
    from landrelease.workflows.inspections import Inspections
    from landrelease.workflows.waiting_rows import WaitingRow

_DEGREE_M = 110_000.0  # a degree of latitude is nowhere shorter
_FEW = 200  # records that came since are looked at one by one; more get a tree of their own


@dataclasses.dataclass(frozen=True, slots=True)
class Behind:
    """The records behind a release: what they are, and in which state (hashes by record)."""

    records: Mapping[str, Sequence[Record]]  # by kind
    tasks: tuple[str, ...]
    quarantine: tuple[Waiting, ...]
    state: Mapping[str, tuple[str, ...]]
    # What was said of the ground before and holds still (`workflows.earlier`).
    earlier: Sequence[Record] = ()
    # Inspection that names neither work nor ground -> whose work it is of, or after which accident.
    of_hands: Mapping[str, str] = dataclasses.field(default_factory=dict)
    # Inspections of other work or ground that may answer a refused visit among these.
    answering: frozenset[str] = frozenset()


class Places:
    """Records in their order, found by where they lie or by what a field of theirs holds."""

    def __init__(self, records: Iterable[Record]):
        self.records = list(records)
        self._boxes = np.array([box_round(r) for r in self.records], dtype=object)
        self._tree = shapely.STRtree(self._boxes)
        self._since: list[int] = []
        self._by: dict[str, dict[str, list[int]]] = {}

    def add(self, record: Record) -> None:
        """A record that came since; the last in order."""
        n = len(self.records)
        self.records.append(record)
        self._since.append(n)
        for field, held in self._by.items():
            for value in _values(record, field):
                held.setdefault(folded(value), []).append(n)
        if len(self._since) > _FEW:
            self._boxes = np.array(
                [*self._boxes, *(box_round(self.records[k]) for k in self._since)], dtype=object)
            self._tree, self._since = shapely.STRtree(self._boxes), []

    def near(self, ground: BaseGeometry) -> set[int]:
        """Numbers of records whose box, widened by their accuracy, meets that of the ground, and
        perhaps of some more."""
        if ground.is_empty:
            return set()
        return {*self._tree.query(shapely.box(*ground.bounds)).tolist(), *self._since}

    def where(self, field: str, values: Iterable[str]) -> set[int]:
        """Numbers of records whose field is, or lists, one of the values, however it is written."""
        if field not in self._by:
            held: dict[str, list[int]] = {}
            for n, r in enumerate(self.records):
                for value in _values(r, field):
                    held.setdefault(folded(value), []).append(n)
            self._by[field] = held
        return {n for v in values for n in self._by[field].get(folded(v), ())}

    def of(self, numbers: Iterable[int], test: Callable[[Record], bool] = lambda r: True
           ) -> list[Record]:
        """These records, in order, as far as they pass a test."""
        return [r for n in sorted(set(numbers)) if test(r := self.records[n])]


def _values(record: Record, field: str) -> tuple[str, ...]:
    said = record.id if field == "id" else record.values.get(field)
    if isinstance(said, (list, tuple)):
        return tuple(map(str, said))
    return () if said is None else (str(said),)


def _names(record: Record) -> tuple[str, ...]:
    """Id and identifier, folded."""
    return tuple(filter(None, (folded(record.id), folded(record.values.get("identifier")))))


def box_round(record: Record, least_m: float = 0.0) -> BaseGeometry | None:
    """A box round a record, at least as far out as its accuracy (`least_m` where it says nothing);
    the whole earth where degrees end. Reckoned in degrees: a plane for each of many finds takes
    most of their time."""
    shape = record.geometry
    if shape is None or shape.is_empty:
        return None
    west, south, east, north = shape.bounds
    up = lineage.reach_m(record, least_m) / _DEGREE_M
    if up == 0.0:
        return shapely.box(west, south, east, north)
    far = max(abs(south), abs(north)) + up
    wide = 1.02 * up / math.cos(math.radians(far)) if far < 85 else math.inf
    if not (west - wide > -180 and east + wide < 180):  # near a pole or where longitudes meet
        return shapely.box(-180, -90, 180, 90)
    return shapely.box(west - wide, south - 1.02 * up, east + wide, north + 1.02 * up)


class OnFile:
    """A registry's records, each kind read once, for many decisions one after the other.

    `look` reads anew what anybody else has recorded since; what the caller records itself it says
    with `recorded` and `released`.
    """

    def __init__(self, registry: Registry):
        self.registry = registry
        self._clear()

    def _clear(self) -> None:
        self._stamp = self._state()
        self._kinds: dict[str, Places] = {}
        self._known: dict[str, Record] = {}
        self._line = lineage.lineage([])
        self._areas: dict[str, set[str]] = {}
        self._standing: Places | None = None
        self._gone: set[str] = set()
        self._waiting: tuple[list[WaitingRow], Any] | None = None
        self._reopened: Any = None
        self._earlier: dict[str, Places] = {}
        self._inspections: Inspections | None = None

    def _state(self) -> tuple[int, tuple[int, int]]:
        return self.registry.count(), self.registry.quarantine_state()

    def look(self) -> None:
        """Read anew where somebody else recorded anything."""
        if self._state() != self._stamp:
            self._clear()

    def recorded(self, revisions: int) -> None:
        """So many revisions were recorded that speak of no ground."""
        self._stamp = self._stamp[0] + revisions, self._stamp[1]

    def released(self, hazard: str, outcome: Record, rest: Record | None, revisions: int) -> None:
        """An area was released by a decision outcome; `rest` of it stands on."""
        self.recorded(revisions)
        self._reopened = None
        if "outcome" in self._kinds:
            self._kinds["outcome"].add(outcome)
        self._gone.add(hazard)
        if rest is not None and self._standing is not None:
            self._standing.add(rest)

    def kind(self, kind: str) -> Places:
        if kind not in self._kinds:
            from landrelease.workflows.coverage import coverages
            from landrelease.workflows.exchange import all_said

            self._kinds[kind] = Places(
                coverages(self.registry) if kind == "coverage" else
                all_said(self.registry, kind) if kind in ("item", "accident") else
                self.registry.records(kind))
        return self._kinds[kind]

    def inspections(self) -> Inspections:
        """Inspections as all of their history tells them."""
        if self._inspections is None:
            from landrelease.workflows.inspections import Inspections

            self._inspections = Inspections(self)
        return self._inspections

    def earlier(self, kind: str) -> Places:
        """Finds or direct evidence as they were said before, where that holds still."""
        if kind not in self._earlier:
            from landrelease.workflows.earlier import said_earlier

            self._earlier[kind] = Places(said_earlier(self.registry, kind))
        return self._earlier[kind]

    def standing_named(self, hazard: str) -> list[Record]:
        """Areas that are hazardous now, by id or identifier."""
        stands = self._stands()
        return stands.of(stands.where("id", [hazard]) | stands.where("identifier", [hazard]),
                         lambda r: r.id not in self._gone and hazard in (
                             r.id, r.values.get("identifier")))

    def standing(self) -> list[Record]:
        """All areas that are hazardous now."""
        return [r for r in self._stands().records if r.id not in self._gone]

    def standing_near(self, ground: BaseGeometry) -> list[Record]:
        """Areas that are hazardous now and lie on some ground, perhaps some more."""
        stands = self._stands()
        return stands.of(stands.near(ground), lambda r: r.id not in self._gone)

    def _stands(self) -> Places:
        from landrelease.workflows import hazards_that_stand

        if self._standing is None:
            self._standing, self._gone = Places(hazards_that_stand(self.registry)), set()
        return self._standing

    def reopened(self) -> tuple[list[Released], tuple[Reopening, ...], dict[str, Find]]:
        """What was released, what of it reopens by computation, and the finds by id."""
        from landrelease.workflows.certificates import reopened, still_open

        if self._reopened is None:
            self._reopened = reopened(self.registry, still_open(self.standing()))
        found: tuple[list[Released], tuple[Reopening, ...], dict[str, Find]] = self._reopened
        return found

    def line(self, hazard: str) -> tuple[str, ...]:
        """Ids of an area and of those that it came from."""
        if hazard not in self._known:
            hazards = self.registry.records("hazard")
            self._line = lineage.lineage(hazards)
            self._known = {r.id: r for r in hazards}
            self._areas = {}
            for r in hazards:
                for name in _names(r):
                    self._areas.setdefault(name, set()).add(r.id)
        return (hazard, *self._line.ancestors(hazard))

    def others_on(self, record: Record, taken: Cut) -> list[Record]:
        """Other areas that are hazardous and lie on what a decision takes out of an area, or may;
        the area itself, where what it leaves of it may: joined of areas that lay apart."""
        left = dataclasses.replace(record, geometry=taken.left)
        return [h for h in ([] if taken.whole else [left]) + [
            h for h in self.standing_near(taken.ground) if h.id != record.id]
            if self.may_lie_on(h, taken.ground, record.id)]

    def may_lie_on(self, other: Record, ground: BaseGeometry, own: str) -> bool:
        """Whether another area lies on some ground of the area `own` (`lies_on`), or may, as far
        off as its record says that it may be (S04); one of which nobody said how far counts as it
        is drawn. So does one that shares an edge with the ground or with its area, which were drawn
        against each other, and what was cut from one outline with it: neither is off the other."""
        if lies_on(other, ground):
            return True
        reach = lineage.reach_m(other)
        if reach <= 0 or not near(other, ground):
            return False
        drawn = [ground, *self._outlines(own)]
        origins = self._origins(own, other.id, ground)
        return any(_within(part, ground, reach) and not any(beside(part, d) for d in drawn)
                   and not any(o.covers(part) for o in origins)
                   for part in shapely.get_parts(other.geometry))

    def _outlines(self, hazard: str) -> list[BaseGeometry]:
        """How an area was drawn, at any time."""
        return [s.revision.geometry for s in self.registry.history(hazard)
                if s.revision.geometry is not None and not s.revision.geometry.is_empty]

    def _origins(self, own: str, other: str, ground: BaseGeometry) -> list[BaseGeometry]:
        """Outlines that hold the ground, of areas from which both came and which came of none:
        joining two areas makes neither of them better known."""
        shared = {*self.line(own)} & {*self.line(other)}
        wide = (_valid(o).buffer(2 * SPOT_M / _DEGREE_M) for name in shared
                if self.line(name) == (name,) for o in self._outlines(name))
        return [w for w in wide if w.covers(ground)]

    def family(self, hazard: str) -> set[str]:
        """Ids and identifiers of an area and of those that it came from, folded."""
        ids = self.line(hazard)
        return {folded(hazard)} | {n for i in ids if i in self._known
                                   for n in _names(self._known[i])}

    def named_area(self, *records: Record | None) -> set[str]:
        """Names of the area that the first of some records names which names one on record, folded;
        none where none does."""
        for r in records:
            said = {folded(r.values.get(f)) for f in ("hazard", "hazard_identifier")} \
                if r is not None else set()
            if known := {n for n in said if n and n in self._areas}:
                return known
        return set()

    def waiting(self, ground: BaseGeometry, names: Collection[str] = ()) -> tuple[Waiting, ...]:
        """Rows in quarantine that touch the ground or may lie on it, whatever their kind; and those
        that may be dangerous, say no place and name one of these areas (S01)."""
        from landrelease.release.proposal import Waiting

        return tuple(Waiting(e.number, e.row.kind, e.row.findings[0].code if e.row.findings
                             else "it waits") for e in self.rows_on(ground, names))

    def rows_on(self, ground: BaseGeometry | None, names: Collection[str] = ()
                ) -> list[QuarantineEntry]:
        """The same as entries of the quarantine; without a ground those that name an area."""
        from landrelease.workflows.waiting_rows import SPEAKS, waiting_rows, widened

        if self._waiting is None:
            rows = waiting_rows(self.registry)
            self._waiting = rows, shapely.STRtree(
                [None if r.place is None else widened(r.place, r.reach_m) for r in rows])
        rows, tree = self._waiting
        found = set() if ground is None else {
            n for n in tree.query(ground).tolist()
            if _within(rows[n].place, ground, rows[n].reach_m)}
        found |= {n for n, r in enumerate(rows)
                  if r.place is None and folded(r.hazard) in names
                  and r.entry.row.kind in SPEAKS}
        return [rows[n].entry for n in sorted(found)]


def records_behind(registry: Registry, hazard: Record, ground: BaseGeometry,
                   more: Sequence[str] = (), on_file: OnFile | None = None) -> Behind:
    """The records that speak of some ground of a hazard, by place, by its name, and by the names of
    the areas from which it came; with the hashes that they stand at. `more`: further record ids
    that are in front of the decision, such as the find that reopened the ground. `on_file`: the
    records as they were read for a decision before this one."""
    from landrelease.workflows import earlier, load_assumptions
    from landrelease.workflows.ever_named import works_called_before, works_named_before

    known = OnFile(registry) if on_file is None else on_file
    names = known.family(hazard.id)

    def placed(kind: str) -> set[int]:
        return known.kind(kind).near(ground)

    def of_name(kind: str) -> set[int]:
        held = known.kind(kind)
        return held.where("hazard", names) | held.where("hazard_identifier", names)

    def named(r: Record) -> bool:
        return bool({folded(r.values.get("hazard")), folded(r.values.get("hazard_identifier"))}
                    & names - {""})

    def on_it(r: Record) -> bool:
        return r.geometry is not None and _overlap(r.geometry, ground)

    def close(r: Record) -> bool:
        return near(r, ground)

    outcomes = known.kind("outcome").of(placed("outcome"), on_it)
    # A find anywhere on ground that the same work searched says something about that work.
    reports = [o.geometry for o in outcomes
               if o.geometry is not None and not is_decision_outcome(o.id)]

    def under(kind: str) -> set[int]:
        return {n for g in reports for n in known.kind(kind).near(g)}

    def under_report(r: Record) -> bool:
        return r.geometry is not None and any(g.intersects(r.geometry) for g in reports)

    tasks = known.kind("task").of(placed("task") | of_name("task"),
                                  lambda r: named(r) or on_it(r))
    ordered = {t.id for t in tasks} | {n for t in tasks for n in _names(t)}
    # By whatever name, and all work that they ever named (S08, S11).
    of_outcomes = {str(o.values["activity"]) for o in outcomes if o.values.get("activity")}
    of_outcomes = of_outcomes.union(*works_named_before(registry, outcomes).values())
    named_so = {folded(n) for n in of_outcomes}
    of_outcomes |= {i for i, names in works_called_before(registry).items()
                    if named_so & {folded(n) for n in names}}
    named_so = {folded(n) for n in of_outcomes}
    work = known.kind("activity")
    activities = work.of(
        placed("activity") | of_name("activity") | work.where("id", of_outcomes)
        | work.where("identifier", of_outcomes) | work.where("task", ordered),
        lambda r: named(r) or bool(named_so.intersection(_names(r))) or close(r)
        or folded(r.values.get("task")) in ordered)
    task_ids = {t.id for t in tasks} | {
        str(a.values["task"]) for a in activities if a.values.get("task")}
    by_name = {n: a for a in activities for n in _names(a)}
    every = known.kind("task")
    listed = every.of(every.where("id", task_ids) | every.where("identifier", task_ids))
    task_names = {folded(i) for i in task_ids} | {n for t in listed for n in _names(t)}
    orders = {t.id: t for t in listed}
    called = {n: t for t in listed for n in _names(t)}

    def of_work(r: Record) -> bool:
        """Whether something without a place is of this work, and of no other area that it, the
        work or the order names."""
        done = by_name.get(folded(r.values.get("activity")))
        if done is None:
            return False
        area = known.named_area(r, done, called.get(folded(done.values.get("task"))))
        return not area or bool(area & names)

    def close_or_of_it(r: Record) -> bool:
        return close(r) or under_report(r) or (r.geometry is None and (named(r) or of_work(r)))

    def about(kind: str) -> list[Record]:
        found = known.kind(kind).of(
            placed(kind) | under(kind) | of_name(kind)
            | known.kind(kind).where("activity", by_name), close_or_of_it)
        return list({r.id: r for r in reversed(found)}.values())[::-1]  # once, whoever says it

    proofs = known.kind("coverage")
    found: dict[str, Sequence[Record]] = {
        "hazard": [hazard], "outcome": outcomes, "activity": activities,
        "task": list(orders.values()),
        "item": about("item"), "accident": about("accident")}
    inspections, of_hands, answering = _inspections_behind(
        known, found, ground, called, task_names)
    found |= {
        "inspection": inspections,
        "evidence": known.kind("evidence").of(
            placed("evidence") | of_name("evidence"),
            lambda r: on_it(r) or close(r) or (r.geometry is None and named(r))),
        "gate": known.kind("gate").of(known.kind("gate").where("task", task_names)),
        "track": known.kind("track").of(known.kind("track").where("task", task_names)),
        "coverage": proofs.of(proofs.where("activity", by_name) | proofs.where("task", task_names)),
    }
    least_m = load_assumptions(None, registry).value("find_accuracy_m")
    before = [r for kind in earlier.DANGERS if known.earlier(kind).records for r in earlier.here(
        known.earlier(kind).of(range(len(known.earlier(kind).records)), lambda r: (
            close(r) or (r.geometry is None and (named(r) or of_work(r))))),
        found[kind], least_m)]
    ids = dict.fromkeys(r.id for listed in (*found.values(), before) for r in listed
                        ) | dict.fromkeys(more)
    return Behind(found, tuple(sorted(task_ids)), known.waiting(ground, names),
                  {i: tuple(sorted(registry.tips(i))) for i in sorted(ids)}, before, of_hands,
                  answering)


def _inspections_behind(known: OnFile, found: Mapping[str, Sequence[Record]], ground: BaseGeometry,
                        orders: Mapping[str, Record], tasks: Collection[str]
                        ) -> tuple[list[Record], dict[str, str], frozenset[str]]:
    """Inspections that lie on the ground or name its order (`tasks`), work, outcomes, accident or
    an inspection of these, by id or identifier, however it is written; and those that say something
    against an organisation, a team or a detector alone whose work is on it. Of whose work or after
    which accident the last are, in words; and which of them are there only because they may answer
    a refused visit."""
    told = known.inspections()
    held = told.places
    names: dict[str, set[str]] = {
        kind: {n for r in found[kind] for n in _names(r)}
        for kind in ("outcome", "activity", "accident")} | {"task": set(tasks)}

    def numbers(field: str, kind: str) -> set[int]:
        return held.where(field, names[kind])

    after = numbers("accident", "accident")
    here = {n for n in held.near(ground)
            if (shape := held.records[n].geometry) is not None and _overlap(shape, ground)}
    here |= numbers("outcomes", "outcome") | numbers("activity", "activity") \
        | numbers("activities", "activity") | numbers("task", "task")
    hands = told.of_hands(told.hands_behind(found["activity"], orders, found["outcome"]))
    whose = {held.records[n].id: f"accident {held.records[n].values['accident']}"
             for n in after - here} | hands
    here |= after | held.where("id", hands)
    more = here
    while more:
        more = held.where("lot", {n for k in more for n in _names(held.records[k])}) - here
        here |= more
    answering = told.visits_of(hands) - here
    by_id = {held.records[n].id for n in here | answering}
    raw = known.kind("inspection")
    return raw.of(raw.where("id", by_id), lambda r: r.id in by_id), {
        i: whose[i] for i in sorted(whose)}, frozenset(held.records[n].id for n in answering)


def near(r: Record, ground: BaseGeometry, least_m: float = 0.0) -> bool:
    """Whether a record lies on the ground, or may within its accuracy; `least_m`: how far off it
    may be where it says nothing."""
    return r.geometry is not None and _within(r.geometry, ground, lineage.reach_m(r, least_m))


def beside(one: BaseGeometry, other: BaseGeometry) -> bool:
    """Whether two areas share an edge of a metre at least, and no ground: drawn against each
    other, to the rounding of coordinates (`SPOT_M`)."""
    from landrelease.core.geometry import plane_for

    if {one.geom_type, other.geom_type} - {"Polygon", "MultiPolygon"}:
        return False
    plane = plane_for(other.bounds)
    here, there = (_valid(plane.to_plane(shape)) for shape in (one, other))
    if not shapely.dwithin(here, there, 2 * SPOT_M) or not shapely.intersection(
            here, there).buffer(-SPOT_M).is_empty:
        return False
    edge = shapely.intersection(here.boundary, there.buffer(2 * SPOT_M))
    return bool(shapely.length(edge) >= SHARED_EDGE_M)


def _valid(shape: BaseGeometry) -> BaseGeometry:
    return shape if shape.is_valid else shapely.make_valid(shape)


def lies_on(hazard: Record, ground: BaseGeometry) -> bool:
    """Whether an area lies on some ground: a point or a line of it, or polygons that share a spot
    wider than the rounding of coordinates (`SPOT_M`)."""
    from landrelease.core.geometry import plane_for

    shape = hazard.geometry
    if shape is None or shape.is_empty or not shapely.intersects(shape, ground):
        return False
    try:
        shared = shapely.intersection(shape, ground)
    except shapely.errors.GEOSException:  # an outline that crosses itself
        return True
    if shape.geom_type not in ("Polygon", "MultiPolygon"):
        return not shared.is_empty
    if shared.is_empty:
        return False
    return not plane_for(ground.bounds).to_plane(shared).buffer(-SPOT_M).is_empty


# Neighbours that were drawn apart share strips as wide as digits are rounded (7 decimals: 1 cm).
SPOT_M = 0.02
SHARED_EDGE_M = 1.0  # so much of it is no accident


def _overlap(shape: BaseGeometry, ground: BaseGeometry) -> bool:
    """Whether a shape shares ground, not only an edge; a point or a line lies on it."""
    if not shapely.intersects(shape, ground):
        return False
    return shape.geom_type not in ("Polygon", "MultiPolygon") or not shapely.touches(shape, ground)


def _within(shape: BaseGeometry, ground: BaseGeometry, reach_m: float) -> bool:
    """Whether a place lies on the ground, or may within its accuracy."""
    from landrelease.core.geometry import plane_for

    if shapely.intersects(shape, ground):
        return True
    if not reach_m > 0:
        return False
    plane = plane_for(ground.bounds)
    return bool(plane.to_plane(shape).distance(plane.to_plane(ground)) <= reach_m)
