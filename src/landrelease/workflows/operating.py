"""The work of the day: gates of tasks, and work that was done although a gate had not passed."""

from __future__ import annotations

import bisect
import functools
import math
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from landrelease.core.gate import FlaggedWork, TeamGate, can_be_held_against_gates, days_of_work
from landrelease.core.moment import day_of, moment_of
from landrelease.core.record import NOT_REPORTED, Record
from landrelease.errors import GATE_VALUE, LandReleaseError

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.core.decision import KeyRing, Verdict
    from landrelease.core.finding import QuarantinedRow
    from landrelease.core.revision import StoredRevision
    from landrelease.operate.gate import Site, Stages
    from landrelease.store.registry import QuarantineEntry, Registry
    from landrelease.workflows.gate_histories import Histories

_CLOSED = ("proposed", "suspended", "completed", "withdrawn")  # states in which no order stands
OFFSET = "utc_offset_hours"  # setting of a registry: its local time less UTC


@dataclass(frozen=True, slots=True)
class Told:
    """What was ever said in gates, permits and tests of detectors, for the gates of many days.

    gates : the gates as they stand, and of their other revisions what kept work from starting:
    failures and evacuations, never what passed. Each with its number in `revision`. What passed is
    as it stood in time (`workflows.gate_histories.gates_told`). signed : numbers of those that the
    authority validated. entered : that number -> when it was entered, also of permits, closures and
    tests. ended : permits that stated an end in some revision. grace : how long after its day an
    entry opens it. tests : day -> what any revision said of a detector's test on it, each with its
    number, in the order of entry; without a day of the test that of its information, else of its
    entry; what the authority signed instead of what was said before. failing : rows of detectors
    that wait and say that one failed its test. reach : of rows that wait and of which nobody can
    read the day, by their number in `revision`: the first day that may be meant. histories : of
    permits, of detectors, and of those closures that were changed.
    """

    gates: tuple[Record, ...]
    entered: Mapping[int, datetime]
    ended: frozenset[str]
    grace: timedelta
    tests: Mapping[date, Sequence[Record]] = field(default_factory=dict)
    failing: tuple[Record, ...] = ()
    reach: Mapping[int, date] = field(default_factory=dict)
    histories: Mapping[str, Histories] = field(default_factory=dict)
    signed: frozenset[int] = frozenset()

    def meant(self, records: Sequence[Record], day: date) -> Sequence[Record]:
        """Those that may be meant of a day, as far as they are rows of a day that nobody can read.
        """
        return [r for r in records if r.revision not in self.reach
                or self.reach[r.revision] <= day] if self.reach else records


def told_of(registry: Registry, *, known_at: datetime | None = None,
            offset: timedelta | None = None) -> Told:
    """What was said in gates, permits and tests of detectors up to `known_at` (None: now), changed
    since or not (S08). `offset`: local time less UTC, as in `operate.gate.Site`.
    """
    from landrelease.workflows import load_assumptions
    from landrelease.workflows.gate_histories import Histories, as_record, gates_told
    from landrelease.workflows.identities import ring_of

    def known(histories: Iterable[Sequence[StoredRevision]]) -> list[list[StoredRevision]]:
        return [[s for s in line if known_at is None
                 or (s.known_from or s.revision.recorded_at) <= known_at] for line in histories]

    ring = functools.cache(lambda: ring_of(registry))  # keys are asked for only where one signed
    when = _arrivals(registry)

    def histories_of(kind: str, lines: Iterable[Sequence[StoredRevision]], *,
                     by_day: bool = False) -> Histories:
        return Histories(lines, registry.kinds[kind], ring, by_day=by_day, entered=when)

    grace = timedelta(hours=load_assumptions(registry=registry).value("gate_entry_grace_hours"))
    ids = [g.id for g in registry.records("gate", known_at=known_at)]
    gates, entered, signed = gates_told(
        histories_of("gate", known(_of_many(registry, "gate", ids))), offset, grace)
    failing: tuple[Record, ...] = ()
    reach: dict[int, date] = {}
    if known_at is None:
        gates += _waiting_failures(registry, "gate", reach)
        failing = tuple(_waiting_failures(registry, "detector", reach))
    # One by one: detectors are few, with many tests each, among all that a registry holds.
    detectors = histories_of("detector", known(map(
        registry.history, sorted(registry.ids("detector")))), by_day=True)
    permits = known(_of_many(registry, "permit", sorted(registry.ids("permit"))))
    open_ended = {p.id for p in registry.records("permit", known_at=known_at)
                  if p.value("valid_until_time") in ("", NOT_REPORTED)}
    ended = frozenset(s.revision.record_id for line in permits for s in line
                      if s.revision.record_id in open_ended
                      and as_record(s).value("valid_until_time") not in ("", NOT_REPORTED))
    # A closure that was never changed says all that it ever said.
    changed = list(registry.revised("closure", 0, several=True))
    histories = {
        "closure": histories_of("closure", known(_of_many(registry, "closure", sorted(changed)))),
        "permit": histories_of("permit", permits), "detector": detectors}
    for line in (line for h in histories.values() for line in h.lines.values()):
        entered.update((s.number, at) for s, at in zip(line.order, line.entered, strict=True))
    return Told(tuple(gates), entered, ended, grace, _tests(detectors, entered), failing, reach,
                histories, signed)


def _tests(detectors: Histories, entered: Mapping[int, datetime]
           ) -> dict[date, Sequence[Record]]:
    """Day -> what was said of tests on it, in the order of entry (see `Told`). What the authority
    signed of a detector for a day takes the place of what was said of that day before."""
    from landrelease.workflows.gate_histories import as_record

    found: dict[date, dict[str, list[Record]]] = {}
    for line in detectors.lines.values():
        for n, d in enumerate(map(as_record, line.order)):
            if d.value("test_result") not in ("failed", "passed"):
                continue
            day = day_of(d.values.get("tested_on")) or d.valid_from or entered[d.revision].date()
            told = found.setdefault(day, {})
            if n in line.signed:
                told[d.id] = [d]
            else:
                told.setdefault(d.id, []).append(d)
    return {day: sorted((d for said in told.values() for d in said),
                        key=lambda d: entered[d.revision]) for day, told in found.items()}


def _arrivals(registry: Registry) -> Callable[[StoredRevision], datetime]:
    """When a revision came in first: a row that waited and was taken in as it stood, or a
    submission that waited as a whole, came when it came, not when somebody decided on it."""
    from landrelease.workflows.gate_histories import entered_at
    from landrelease.workflows.quarantine import AS_IT_STOOD

    waiting, last = registry.quarantine_state()
    accepted = [e for e in registry.quarantine("accepted") if e.row.kind in (
        "gate", "detector", "permit", "closure", "source")] if last > waiting else []
    rows = [e.row for e in accepted if e.reason == AS_IT_STOOD]
    if not rows:
        return entered_at

    def key(row: QuarantinedRow) -> tuple[str, str, str]:
        return row.source, row.kind, f"import of {row.file}, row {row.row}"

    first: dict[str, datetime] = {}
    for at, report in registry.imports():
        first[report.source] = min(at, first.get(report.source, at))
    single, mended = set(map(key, rows)), {key(e.row) for e in accepted if e.reason != AS_IT_STOOD}
    taken: dict[tuple[str, str], int] = {}  # what the same file says of a record again, came later
    whole = {r.source for r in rows if r.kind == "source"}

    def came(stored: StoredRevision) -> datetime:
        r, at = stored.revision, entered_at(stored)
        said = (r.source, r.kind, r.reason)
        if stored.known_from is None and r.source in first and said not in mended and (
                r.source in whole or said in single) and taken.setdefault(
                    (r.record_id, r.source), stored.number) == stored.number:
            at = min(at, first[r.source])
        return at

    return came


def _came_in(registry: Registry, rows: Sequence[QuarantineEntry]) -> tuple[dict[int, date],
                                                                          timedelta]:
    """Number -> local day on which a row that waits came first, and how long before that a day may
    lie that it means and that nobody can read: as long as a form may have been on its way (S08).
    """
    from landrelease.workflows import load_assumptions

    first: dict[tuple[str, str], date] = {}
    for at, report in registry.imports() if rows else ():
        day = local_day(registry, at)
        key = (report.source, report.kind)
        first[key] = min(day, first.get(key, day))
    behind = load_assumptions(None, registry).value("phone_behind_days")
    return {e.number: first[e.row.source, e.row.kind] for e in rows
            if (e.row.source, e.row.kind) in first}, timedelta(days=math.ceil(behind))


def _back(day: date, by: timedelta) -> date:
    return date.fromordinal(max(1, day.toordinal() - by.days))  # days go back to the year 1


def _waiting_failures(registry: Registry, kind: str, reach: dict[int, date]) -> list[Record]:
    """What rows of gates or detectors that wait say against work on the day that they name:
    failures, words that nobody can read, evacuations. Without their hour, because a clock may be
    wrong: no other check outweighs them until a person has decided on the row. They pass nothing.
    Where nobody can read the day, they count on every day (S08), of those before they came as far
    back as may be meant: `reach` gets the first, as in `Told`."""
    from landrelease.operate.evacuations import is_real
    from landrelease.workflows.waiting_rows import said_of

    rows = [e for e in registry.quarantine("waiting") if e.row.kind == kind]
    today = datetime.now(UTC).date() + timedelta(days=1)
    said: list[dict[str, object]] = [{} for _ in rows]
    for known in registry.kinds[kind].fields if rows else ():
        if known.personal or known.name == "checked_at":
            continue
        for entry, values, found in zip(
                rows, said, said_of(registry, rows, known.name, today), strict=True):
            if found is None and known.choices and "passed" in known.choices \
                    and str(entry.row.values.get(known.name) or "").strip():
                found = "failed"  # nobody can read it
            if found is not None and found != "passed":
                values[known.name] = day_of(found) if known.type == "date" else found
    out = []
    came, behind = _came_in(registry, rows)
    for entry, values in zip(rows, said, strict=True):
        gate = Record(kind, f"quarantine-{entry.number}", values, revision=-entry.number)
        real = kind == "gate" and is_real(gate)
        if real:
            values.pop("clear_at", None)
        if "failed" in values.values() or real:
            out.append(gate)
            stated = values.get("tested_on" if kind == "detector" else "day")
            if entry.number in came and not isinstance(stated, date) and not any(
                    moment_of(values.get(n)) for n in ("evacuated_at", "clear_at")):
                reach[gate.revision] = _back(came[entry.number], behind)
    return out


def leave_waiting(registry: Registry, reader: View) -> dict[str, int]:
    """Kind -> rows of it that wait in quarantine and of which no gate knows, though one may say
    that leave was taken: what shuts without a decision are gates, detectors and closures alone.
    Nothing for who may not know how many wait."""
    from landrelease.workflows.site import rows_waiting

    found = {kind: rows_waiting(registry, reader, kind) for kind in (
        "accreditation", "permit", "machine", "team", "person")}
    return {kind: n for kind, n in found.items() if n}


def _waiting_closures(registry: Registry, reach: dict[int, date]) -> list[Record]:
    """Rows of closures that wait: where and when they close as far as anybody can read, everywhere
    where nobody can read the place, and for good where nobody can read a time; where that is when
    it began, of the days before the row came as far back as may be meant: `reach` gets the first.
    """
    from landrelease.workflows import _PLACE_IN_DOUBT, load_assumptions
    from landrelease.workflows.waiting_rows import NO_DATUM, as_read, said_of

    rows = [e for e in registry.quarantine("waiting") if e.row.kind == "closure"]
    if not rows:
        return []
    today, out = datetime.now(UTC).date() + timedelta(days=1), []
    datum_m = load_assumptions(None, registry).value("unknown_datum_m")
    places, (came, behind) = as_read(registry, rows), _came_in(registry, rows)
    for entry in rows:
        codes, read = {f.code for f in entry.row.findings}, places.get(entry.number)
        values: dict[str, object] = {}
        if read is None or not read.known or codes & _PLACE_IN_DOUBT - {NO_DATUM}:
            read = None
        else:
            values["position_accuracy_m"] = read.off_m + (datum_m if NO_DATUM in codes else 0.0)
        for name in ("closed_from", "closed_until", "closure_reason"):
            (found,) = said_of(registry, [entry], name, today)
            if found is not None:
                values[name] = found
        place = None if read is None or not read.place.is_valid else read.place
        out.append(Record("closure", f"quarantine-{entry.number}", values, place,
                          revision=-entry.number))
        since, until = (moment_of(values.get(n)) for n in ("closed_from", "closed_until"))
        if entry.number in came and (since is None or (until is not None and until < since)):
            reach[-entry.number] = _back(min([came[entry.number], *(
                t.date() for t in (since, until) if t is not None)]), behind)
    return out


def _of_many(registry: Registry, kind: str, ids: list[str]) -> Iterable[list[StoredRevision]]:
    from landrelease.workflows.identities import _histories

    return (line for _, line in _histories(registry, kind, ids))


def gate_of(registry: Registry, reader: View, task: str, day: date,
            utc_offset_hours: float | None = None) -> tuple[TeamGate, ...]:
    """The gate of each team of a task on a local day, from the records as they stood on that day.

    It is the same whoever asks: all records are looked at, and what a reader may not know of is
    left out of the words alone.

    Raises OPS-001: there is no such task for the reader, or its order has ended.
    """
    from landrelease.operate.gate import gates

    if not any(r.id == task for r in reader.inside(registry.records("task", valid_at=day))):
        raise LandReleaseError(GATE_VALUE, name="TASK", found=task,
                               expected="the id of a task on record on that day")
    site = Sites(registry, utc_offset_hours).on(day, [task])
    shown = as_seen(reader, [site])
    return tuple(shown(g) for g in gates(site.orders[task], day, site))


def flagged_days(registry: Registry, reader: View, begin: date, end: date,
                 utc_offset_hours: float | None = None) -> tuple[FlaggedWork, ...]:
    """Work that the reader may know of, reported from `begin` to `end`, on days whose gate had not
    passed (S08); whether it had, does not depend on the reader.

    Raises OPS-001: the days are in the wrong order, or more than 366.
    """
    from landrelease.workflows.identities import standing_records

    if not 0 <= (end - begin).days <= 366:
        raise LandReleaseError(GATE_VALUE, name="--from and --until", found=f"{begin} to {end}",
                               expected="up to a year, in order")
    works = reader.inside(standing_records(registry, "activity"))
    tasks = {r.id: r for r in registry.records("task")}
    return tuple(flags_of(Sites(registry, utc_offset_hours), works, tasks, begin, end, reader))


def flags_of(sites: Sites, works: Sequence[Record], tasks: Mapping[str, Record],
             begin: date | None = None, end: date | None = None, reader: View | None = None
             ) -> list[FlaggedWork]:
    """Days of reports, as they stand and as they were before they were changed, on which no gate
    had passed; from `begin` to `end` where these are given, in words for the reader.
    """
    from landrelease.operate.gate import flagged_work
    from landrelease.workflows.reported import earlier_reports, with_earlier

    def days(work: Record) -> list[date]:
        first, last = days_of_work(work)
        if first is None or last is None:
            return []
        if begin is not None and end is not None:
            first, last = max(first, begin), min(last, end)
        return _between(first, last) if can_be_held_against_gates(first, last) else []

    earlier = earlier_reports(sites.registry, works, grace=sites.grace, offset=sites.offset,
                              known_at=sites.known_at) if works else {}
    told = [*works, *(said for line in earlier.values() for said, _ in line)]
    names = {str(w.values.get("task")) for w in told}
    on = {day: sites.on(day, names) for day in sorted({d for w in told for d in days(w)})}
    shown = (lambda gate: gate) if reader is None else as_seen(reader, on.values())
    out: list[FlaggedWork] = []
    for work in works:
        found = list(flagged_work([work], tasks, on, shown))
        for said, at in earlier.get(work.id, ()):
            found = with_earlier(found, flagged_work([said], tasks, on, shown), at)
        out += found
    return out


class Sites:
    """What stood on record on a day, for many days: read again only where a record changed.

    Of all records, because a gate does not depend on who asks. Accreditations and orders as signed
    (S09); closures, permits and gates as they are known now: they carry their own times.

    Raises OPS-001: an offset that is none.
    """

    def __init__(self, registry: Registry, utc_offset_hours: float | None = None, *,
                 known_at: datetime | None = None):
        self.registry, self.known_at = registry, known_at
        self.offset = offset_of(registry, utc_offset_hours)
        self.changes: dict[str, list[date]] = {}
        self.held: dict[tuple[str, int], list[Record]] = {}
        self.entries: dict[str, list[datetime]] = {}
        self.held_then: dict[tuple[str, int, int], dict[str, Record]] = {}
        self.told: Told | None = None
        self.gates: Callable[[date], Sequence[Record]] | None = None
        self.timeless: dict[str, list[Record]] = {}
        self.named: dict[str, dict[str, frozenset[str]]] = {}
        self.lines: dict[tuple[str, str], list[StoredRevision]] = {}
        self.judged: dict[tuple[str, ...], tuple[StoredRevision | None, Mapping[str, Verdict]]] = {}
        self.ring: KeyRing | None = None
        self.staged: dict[date, Mapping[str, Mapping[str, Stages]]] = {}

    def on(self, day: date, tasks: Iterable[str] = ()) -> Site:
        """The site on a local day; `tasks`: ids of those whose order is looked at."""
        from landrelease.operate.gate import Site

        told = self._told()
        orders = {name: order for name in dict.fromkeys(tasks)
                  if (order := self.order(name, day)) is not None}
        areas = {name: self.state("hazard", str(order.values["hazard"]), day)
                 for name, order in orders.items() if order.values.get("hazard")}
        return Site(
            teams={r.id: r for r in self.records("team", day)},
            persons={r.id: r for r in self.records("person", day)},
            machines={r.id: r for r in self.records("machine", day)},
            detectors=[*self.records("detector", day), *(
                d for d in told.meant(told.failing, day)
                if not isinstance(d.values.get("tested_on"), date)
                or d.values["tested_on"] == day)],
            accreditations=self.records("accreditation", day),
            closures=told.meant(self.timeless["closure"], day),
            permits=self.timeless["permit"], gates=told.meant(self._gates(day), day),
            utc_offset=self.offset, entered=told.entered,
            grace=told.grace, ended=told.ended, signed=told.signed,
            orders={name: _on_its_area(order, areas.get(name)) for name, order in orders.items()},
            areas={name: area for name, area in areas.items() if area is not None},
            named=self.named, tests=told.tests.get(day, ()),
            then={kind: self.on_record_by(kind, day, told.grace)
                  for kind in ("team", "person", "machine")},
            stages=self.stages(day, told))

    def _gates(self, day: date) -> Sequence[Record]:
        """The gates that a day may ask, of very many."""
        from landrelease.operate.gate import by_day

        if self.gates is None:
            self.gates = by_day(self._told().gates)
        return self.gates(day)

    def _told(self) -> Told:
        if self.told is None:
            self.told = told_of(self.registry, known_at=self.known_at, offset=self.offset)
            self.timeless = {kind: self.registry.records(kind, known_at=self.known_at)
                             for kind in ("closure", "permit")}
            if self.known_at is None:
                reach = dict(self.told.reach)
                self.timeless["closure"] = [*self.timeless["closure"],
                                            *_waiting_closures(self.registry, reach)]
                self.told = replace(self.told, reach=reach)
            self.named = {kind: self.names(kind)
                          for kind in ("task", "team", "detector", "machine")}
        return self.told

    @property
    def grace(self) -> timedelta:
        """How long after its day an entry is in time."""
        return self._told().grace

    def stages(self, day: date, told: Told) -> Mapping[str, Mapping[str, Stages]]:
        """Kind -> id -> what its history says for a local day (see `operate.gate.Stages`)."""
        from landrelease.operate.gate import day_in_utc

        if day not in self.staged:
            begin, end = day_in_utc(day, self.offset)
            self.staged[day] = {kind: histories.at(day, begin, end + told.grace)
                                for kind, histories in told.histories.items()}
        return self.staged[day]

    def names(self, kind: str) -> dict[str, frozenset[str]]:
        """Ids and identifiers of all records of a kind, `folded` -> ids of those that have it."""
        from landrelease.core.names import folded

        found: dict[str, set[str]] = {}
        for name in self.registry.ids(kind):
            found.setdefault(folded(name), set()).add(name)
        for r in self.registry.records(kind, known_at=self.known_at):
            for said in (r.id, r.values.get("identifier")):
                if folded(said):
                    found.setdefault(folded(said), set()).add(r.id)
        return {name: frozenset(ids) for name, ids in found.items()}

    def records(self, kind: str, day: date) -> list[Record]:
        from landrelease.workflows.identities import standing_records

        if kind not in self.changes:
            self.changes[kind] = sorted({
                s.revision.valid_from for record in self.registry.ids(kind)
                for s in self.registry.history(record) if s.revision.valid_from is not None})
        key = (kind, bisect.bisect_right(self.changes[kind], day))
        if key not in self.held:
            self.held[key] = (
                standing_records(self.registry, kind, valid_at=day, known_at=self.known_at)
                if kind == "accreditation"
                else self.registry.records(kind, valid_at=day, known_at=self.known_at))
        return self.held[key]

    def on_record_by(self, kind: str, day: date, grace: timedelta) -> Mapping[str, Record]:
        """Records of a kind for a local day, as far as they were on record by its end and a grace.
        """
        from landrelease.operate.gate import day_in_utc

        self.records(kind, day)  # fills `changes`
        if kind not in self.entries:
            self.entries[kind] = sorted({
                s.known_from or s.revision.recorded_at for record in self.registry.ids(kind)
                for s in self.registry.history(record)})
        by = day_in_utc(day, self.offset)[1] + grace
        if self.known_at is not None:
            by = min(by, self.known_at)
        key = (kind, bisect.bisect_right(self.changes[kind], day),
               bisect.bisect_right(self.entries[kind], by))
        if key not in self.held_then:
            self.held_then[key] = {} if not key[2] else {
                r.id: r for r in self.registry.records(kind, valid_at=day, known_at=by)}
        return self.held_then[key]

    def order(self, task: str, day: date) -> Record | None:
        """A task as it was ordered by the end of a day: what the signed order says, in the state
        that the task was in; without a signed order its state is not reported. None: no such task.

        An order that nobody signed is none (S09), and what is changed in one without a new
        signature (teams, ground, method) changes nothing of what was ordered. A task that was
        suspended, withdrawn, completed or only proposed again is ordered again by a signature
        alone. A signature that came later counts from the day that it states (`ordered_on`, else
        the day of its information): it is the authority's word on what had been ordered.
        """
        whole, line = self.line("task", task), self.until("task", task, day)
        if not whole:
            return None
        verdicts = self._effective(whole)[1]

        def signed(s: StoredRevision) -> bool:
            return (s.revision.values.get("task_status") in ("ordered", "started")
                    and s.hash in verdicts and verdicts[s.hash].standing == "verified")

        order: StoredRevision | None = None
        ended: StoredRevision | None = None
        started = False
        for s in line:
            status = s.revision.values.get("task_status")
            if signed(s):
                order, ended, started = s, None, status == "started"
            elif status in _CLOSED:
                order, ended = None, s
            elif status == "started":
                started = True
        stands = self._effective(line)[0] if line else None
        if stands is not None and stands.revision.values.get("task_status") in _CLOSED:
            ended = stands
        if ended is not None:
            return _as_record(ended)
        if order is None:
            order = next((s for s in reversed(whole) if signed(s) and _ordered_on(s) <= day), None)
        if order is None:
            return _as_record((line or whole)[-1], {"task_status"})
        found = _as_record(order)
        return replace(found, values={**found.values, "task_status": "started"}) if started \
            else found

    def _effective(self, line: Sequence[StoredRevision]
                   ) -> tuple[StoredRevision | None, Mapping[str, Verdict]]:
        """What stands of a part of a task's history, checked once."""
        from landrelease.core.decision import effective
        from landrelease.workflows.identities import ring_of

        if self.ring is None:
            self.ring = ring_of(self.registry)
        key = tuple(s.hash for s in line)
        if key not in self.judged:
            self.judged[key] = effective(line, self.registry.kinds["task"], self.ring)
        return self.judged[key]

    def state(self, kind: str, record_id: str, day: date) -> Record | None:
        """A record as it was by the end of a day; as it first came where that was later."""
        from landrelease.core.descent import current_of

        line = self.until(kind, record_id, day) or self.line(kind, record_id)[:1]
        return _as_record(current_of(line)) if line else None

    def line(self, kind: str, record_id: str) -> list[StoredRevision]:
        key = (kind, record_id)
        if key not in self.lines:
            self.fetch(kind, [record_id])
        return self.lines[key]

    def fetch(self, kind: str, record_ids: Iterable[str]) -> None:
        """Read the histories of records that are asked for next, together."""
        from landrelease.workflows.identities import _histories

        asked = sorted({i for i in record_ids if (kind, i) not in self.lines})
        for name, found in _histories(self.registry, kind, asked):
            self.lines[kind, name] = [s for s in found if self.known_at is None or (
                s.known_from or s.revision.recorded_at) <= self.known_at]

    def until(self, kind: str, record_id: str, day: date) -> list[StoredRevision]:
        """The revisions that held by the end of a local day: from the day that each states, or,
        where it only repeats the day of the one before, from when it was recorded."""
        from landrelease.operate.gate import day_in_utc

        end = day_in_utc(day, self.offset)[1]
        out, before = [], None
        for s in self.line(kind, record_id):
            stated = s.revision.valid_from
            if (stated <= day) if stated is not None and stated != before else (
                    s.revision.recorded_at < end):
                out.append(s)
            before = stated
        return out


def _as_record(stored: StoredRevision, without: Container[str] = ()) -> Record:
    r = stored.revision
    return Record(r.kind, r.record_id, {k: v for k, v in r.values.items() if k not in without},
                  r.geometry, r.valid_from, r.validation, stored.number, chain=stored.chain,
                  signed_by=r.signed_by)


def _ordered_on(stored: StoredRevision) -> date:
    """The day from which a signed order counts."""
    r = stored.revision
    return day_of(r.values.get("ordered_on")) or r.valid_from or r.recorded_at.date()


def _on_its_area(order: Record, area: Record | None) -> Record:
    """An order with its ground; one without an outline of its own has that of its hazard, as
    lanes and proof of coverage take it."""
    if area is None or not (order.geometry is None or order.geometry.is_empty):
        return order
    accuracy = {n: area.values[n] for n in ("position_accuracy_m",) if n in area.values}
    return replace(order, geometry=area.geometry, values={**order.values, **accuracy})


def as_seen(reader: View, sites: Iterable[Site]) -> Callable[[TeamGate], TeamGate]:
    """How a reader may see gates of these sites: each check in its state, without the ids of
    records that are not for this reader, and without words that come from them."""
    held: dict[str, Record] = {}
    for site in sites:
        for r in (*site.teams.values(), *site.persons.values(), *site.machines.values(),
                  *site.detectors, *site.accreditations, *site.closures, *site.permits,
                  *site.gates, *site.orders.values(), *site.areas.values()):
            held[r.id] = r
    seen = {r.id for r in reader.inside(held.values())}

    def shown(gate: TeamGate) -> TeamGate:
        checks = []
        for check in gate.checks:
            kept = tuple(i for i in check.records if i in seen or i not in held)
            if kept != check.records:
                check = replace(check, records=kept,
                                reason="it rests on records that are not for this role")
            checks.append(check)
        return replace(gate, checks=tuple(checks))

    return shown


def state_local_time(registry: Registry, hours: float | None) -> float | None:
    """Store the registry's local time less UTC in hours, once. What stands; None: nothing.

    Raises OPS-001: an offset that is none, or another one than what stands.
    """
    if hours is None:
        held = offset_of(registry, None)
        return None if held is None else held.total_seconds() / 3600
    offset_of(registry, hours)  # says what is wrong with it
    registry.keep_setting(OFFSET, f"{hours:g}")
    stands = offset_of(registry, None)
    assert stands is not None
    if abs(stands.total_seconds() / 3600 - hours) > 1e-9:
        raise LandReleaseError(GATE_VALUE, name="--utc-offset", found=hours,
                               expected=f"{stands.total_seconds() / 3600:g}, which stands already: "
                               "gates were judged by it")
    return hours


def local_day(registry: Registry, at: datetime) -> date:
    """The programme's day at an instant; that of UTC where its local time is not stated."""
    return (at.astimezone(UTC) + (offset_of(registry, None) or timedelta(0))).date()


def offset_of(registry: Registry, stated: float | None) -> timedelta | None:
    """Local time less UTC: as stated, else the registry's setting; None where neither is there.

    Raises OPS-001: an offset that is none.
    """
    offset = stated
    if offset is None and (kept := registry.setting(OFFSET)) is not None:
        try:
            offset = float(kept)
        except ValueError:
            offset = math.nan
    if offset is not None and not -12 <= offset <= 14:
        raise LandReleaseError(GATE_VALUE, name=OFFSET, found=offset,
                               expected="local time less UTC in hours, -12 to 14")
    return None if offset is None else timedelta(hours=offset)


def _between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
