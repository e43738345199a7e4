"""The start-of-day gate: records of a task, its teams and the day in; what may start out (S08).

What a person checks on the site (briefing, paramedic, ambulance, communications, weather, threat)
is taken from the record of the gate; closures, permits, accreditations, competence, machines and
the daily test of detectors are looked up in the records as well, and what a person ticked does not
stand against them. A check that nobody made has not passed. There is no override, afterwards
neither: only a later check whose time is of the day, and that was entered in time, passes what
failed before.

Source: IMAS 10.20 and 10.40 (safety and medical support at the worksite), 07.30 (accreditation),
10.30 and 09.40 (tests before work), as the design's rule S08 names them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.gate import SITE_CHECKS, CheckState, FlaggedWork, GateCheck, TeamGate
from landrelease.core.geometry import plane_for
from landrelease.core.kind import DECLINED
from landrelease.core.moment import moment_of
from landrelease.core.names import folded
from landrelease.core.plurals import counted
from landrelease.core.record import NOT_REPORTED, Record
from landrelease.errors import GATE_VALUE, LandReleaseError
from landrelease.operate.evacuations import in_sequence, is_real, not_counted, tells
from landrelease.operate.permits import accuracy_of, narrowed_by, refused_part, without_leave

# What a team needs leave for, by the kind of work and the method (scopes of IMAS 07.30 as the
# records name them). A method that is not reported asks for the leave of the manual one.
_BY_TYPE = {"NTS": "NTS", "TS": "TS", "BAC": "BAC", "EOD_spot_task": "EOD",
            "risk_education": "EORE", "stockpile_destruction": "EOD"}
_BY_METHOD = {"mechanical": "mechanical", "animal_detection": "MDD"}
# Kinds of work that belong to an order besides its own: looking on, and dealing with what is found.
# `_WITH_LEAVE`: those that are done under it where the team has leave for them.
_ALIKE = {"road_clearance": "clearance", "road_verification": "clearance",
          "post_clearance": "clearance", "stockpile_destruction": "EOD_spot_task"}
_WITHIN = {"clearance": ("NTS", "EOD_spot_task"), "BAC": ("NTS", "EOD_spot_task"),
           "TS": ("NTS", "EOD_spot_task"), "EOD_spot_task": ("NTS",)}
_WITH_LEAVE = {"clearance": ("TS", "BAC"), "BAC": ("TS",), "NTS": ("EOD_spot_task",),
               "risk_education": ("NTS",)}
_WITHOUT_DETECTOR = frozenset({"NTS", "risk_education", "stockpile_destruction"})
# A local day lies somewhere in these hours of UTC where its zone is not known: zones go from
# 12 hours behind to 14 hours before UTC.
_ZONES = (timedelta(hours=-14), timedelta(hours=12))
# Everything that a person may say of a check.
_SAID = (*SITE_CHECKS, "closures", "accreditation", "detector_test")
# An accreditation in these states ends those that were granted before it.
_SHUT = ("refused", "suspended", "withdrawn")
_DO_NOT_SEARCH = ("medic", "liaison", "information_manager", "planner")
# A time that is stated to the minute holds through that minute: "until 23:59" is a whole day.
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Stages:
    """What the history of one record says for one day. `standing`: as it was on record by the end
    of the day and its grace (None: it was not yet); `later`: what came to stand after that, in the
    order of entry; `undone`: what stood on the day and was changed in time."""

    standing: Record | None
    later: tuple[Record, ...] = ()
    undone: tuple[Record, ...] = ()

    @property
    def said(self) -> tuple[Record, ...]:
        """What stood in time, and all that was said later: what is against work in any counts."""
        return self.later if self.standing is None else (self.standing, *self.later)


@dataclass(frozen=True, slots=True)
class Site:
    """What the registry holds that a gate looks at, as it stood on the day.

    Records of kinds team, person, machine, detector, accreditation (as signed: S09), closure,
    permit and gate. `gates` holds, before each gate as it stands, what other revisions of it
    said that keeps work from starting: a change of the record does not unsay a failure. What passed
    by it is as it stood in time; where nothing was entered in time, as it stands.
    """

    teams: Mapping[str, Record]
    persons: Mapping[str, Record]
    machines: Mapping[str, Record]
    detectors: Sequence[Record]
    accreditations: Sequence[Record]
    closures: Sequence[Record]
    permits: Sequence[Record]
    gates: Sequence[Record]
    utc_offset: timedelta | None = None  # of the programme's local time; None: not known
    # `Record.revision` of a gate -> when it was entered; a gate that is not in it: not at hand.
    entered: Mapping[int, datetime] = field(default_factory=dict)
    grace: timedelta = timedelta(0)  # after the local day, in which a check still counts as timely
    ended: frozenset[str] = frozenset()  # ids of permits that stated an end in some revision
    signed: frozenset[int] = frozenset()  # `Record.revision` of gates that the authority validated
    # Task -> it as ordered by then, with a signature (S09), and the hazard on which it lies. A task
    # that is not in `orders` is taken as it stands.
    orders: Mapping[str, Record] = field(default_factory=dict)
    areas: Mapping[str, Record] = field(default_factory=dict)
    # "task", "team" -> name (`folded`) of one on record at any time -> ids. Without it only the
    # teams here, and the task whose gate it is, are known.
    named: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    # "team", "person", "machine" -> id -> it as it was on record by the end of the day and the
    # grace, where it was by then: what is changed later makes nobody fit for this day.
    then: Mapping[str, Mapping[str, Record]] = field(default_factory=dict)
    # Everything that was ever said of a detector's test on the day, as far as `entered` tells when.
    tests: Sequence[Record] = ()
    # "closure", "permit", "detector" -> id -> its history for the day. What is not in it is taken
    # as it stands.
    stages: Mapping[str, Mapping[str, Stages]] = field(default_factory=dict)


def gates(task: Record, day: date, site: Site) -> tuple[TeamGate, ...]:
    """The gate of each team of a task on a local day, in the order of the task.

    A task without teams has one gate whose team is "", which cannot pass.

    Raises
    ------
    LandReleaseError
        OPS-001: the record is no task, or its order has ended.
    """
    if task.kind != "task":
        raise LandReleaseError(GATE_VALUE, name="TASK", found=f"{task.id}, a {task.kind}",
                               expected="the id of a task")
    if task.value("task_status") in ("withdrawn", "completed"):
        raise LandReleaseError(GATE_VALUE, name=f"task_status of {task.id}",
                               found=task.value("task_status"), expected="an order that stands")
    teams = _listed(task, "teams")
    return tuple(_gate(task, team, day, site) for team in teams or ("",))


def flagged_work(activities: Iterable[Record], tasks: Mapping[str, Record],
                 site_of: Mapping[date, Site],
                 shown: Callable[[TeamGate], TeamGate] = lambda gate: gate
                 ) -> tuple[FlaggedWork, ...]:
    """Days of reported work on which a team's gate had not passed, or nobody recorded one.

    shown : what of a gate its words are taken from.
    activities : reports of work; each day from `started_on` to `ended_on` for which `site_of`
        holds what was known then is looked at. Work without a task has no gate: it is flagged.
    What the report says was used is held against the day as well: detectors, machines, the method.
    A report that is validated by the authority counts as reviewed (S08). Reports carry days and no
    hours: after an evacuation without a new check the whole day is flagged, as nobody can tell
    what of it was worked before.
    """
    found = []
    for work in activities:
        begin, end = work.values.get("started_on"), work.values.get("ended_on")
        begin = begin if isinstance(begin, date) else work.valid_from
        end = end if isinstance(end, date) else begin
        if begin is None or end is None:
            continue
        task = tasks.get(str(work.values.get("task") or ""))
        reviewed = work.validation == "authority"
        for day in sorted(d for d in site_of if begin <= d <= end):
            order = None if task is None else site_of[day].orders.get(task.id, task)
            teams = _listed(work, "teams") or (_listed(order, "teams") if order else ()) or ("",)
            for said in teams:
                # Its own gate, however the report writes it; none where several are so called.
                known = _meant("team", said, site_of[day]) if said else ()
                team = known[0] if len(known) == 1 else said
                if order is None:
                    why: tuple[str, ...] = ("the work names no task on record: no gate",)
                else:
                    gate = _gate(order, team, day, site_of[day])
                    gate = replace(gate, checks=(
                        *gate.checks, *_used(work, order, team, day, site_of[day])))
                    if gate.passed:
                        continue
                    why = tuple(dict.fromkeys(f"{c.name}: {c.reason}" for c in shown(gate).open))
                found.append(FlaggedWork(work.id, "" if task is None else task.id, team, day, why,
                                         reviewed))
    return tuple(found)


# --- what the work used ------------------------------------------------------------------------


def _used(work: Record, task: Record, team: str, day: date, site: Site) -> list[GateCheck]:
    """What a report names that was not fit or not ordered on the day, whosever it was."""
    out = [*_kind_used(work, task, team, day, site), *_method_used(work, task, team, day, site)]
    for said in _listed(work, "detectors"):
        for name in _meant("detector", said, site):
            if found := _detector_used(name, said, day, site):
                words, state = found
                out.append(GateCheck("detector_test", state, words if words.startswith("row ")
                                     else f"{said} {words}", (name,)))
    ordered = {name for m in _listed(task, "machines") for name in _meant("machine", m, site)}
    if _listed(work, "machines") and not _listed(task, "machines"):  # else the gate has asked
        for of in _driven(task):
            out += [c for c in (_accreditation(task, team, of, day, site),
                                _competence(team, of, day, site, driving=True))
                    if c.state != "passed"]
    for said in _listed(work, "machines"):
        for name in _meant("machine", said, site):
            if name not in ordered:
                out.append(GateCheck("machines", "failed", f"the machine {said} is not in the "
                                     "order", (task.id, name)))
            if bad := _unfit(name, day, site):
                out.append(bad)
    return out


def _meant(kind: str, said: str, site: Site) -> tuple[str, ...]:
    """Ids of those on record that have this name, in whatever case; the name itself for none."""
    return tuple(sorted(site.named.get(kind, {}).get(folded(said), ()))) or (said,)


def _detector_used(name: str, said: str, day: date, site: Site) -> tuple[str, CheckState] | None:
    now = next((d for d in site.detectors if d.id == name), None)
    stages = site.stages.get("detector", {}).get(name, Stages(now))
    told = (*stages.said, *(() if now is None else (now,)))
    if not told:
        return "is not on record", "not_reported"
    if name in _failed_on(day, site, lambda d: d.id == name):
        return "failed its test", "failed"
    names = {folded(n) for n in (name, said, *(d.values.get("identifier") for d in told))} - {""}
    for row in site.detectors:  # a row that waits has no id yet, and may name it
        if row.revision < 0 and folded(row.values.get("identifier")) in names:
            return (_undated_words(row) if _waits_undated(row, "tested_on") else
                    "failed its test"), "failed"
    return _untested(told, stages, "", day, site)


def _kind_used(work: Record, task: Record, team: str, day: date, site: Site) -> list[GateCheck]:
    """Work of another kind than the order's. One that asks for more than was ordered, as clearance
    under an order for survey, was not ordered; one that may go with it asks for leave of its own.
    """
    said, ordered = str(work.value("activity_type")), str(task.value("task_type"))
    unknown = ("", NOT_REPORTED, DECLINED)
    if said in unknown or ordered in unknown:
        return []
    kind = _ALIKE.get(ordered, ordered)
    if said == kind or said in _WITHIN.get(kind, ()):
        return []
    if said in _WITH_LEAVE.get(kind, ()):
        own = replace(task, values={**task.values, "task_type": said})
        scope = scope_of(own)
        return [c for c in (_accreditation(own, team, scope, day, site),
                            _competence(team, scope, day, site),
                            _detectors(own, team, day, site)) if c.state != "passed"]
    return [GateCheck("order", "failed", f"the kind of work, {said.replace('_', ' ')}, is not "
                      f"that of the order, {ordered.replace('_', ' ')}", (task.id,))]


def _method_used(work: Record, task: Record, team: str, day: date, site: Site) -> list[GateCheck]:
    """Work by another method than the order's asks for leave that nobody looked at. A mixed order
    is for each of its methods, with the leave that it asks for."""
    said, ordered = (str(r.value(n)) for r, n in ((work, "operational_method"), (task, "method")))
    if said in ("", NOT_REPORTED, DECLINED, ordered):
        return []
    known = ordered not in ("", NOT_REPORTED, DECLINED)
    wanted = _BY_METHOD.get(said, "manual_clearance")
    if ordered == "mixed":
        return [] if wanted == scope_of(task) or str(task.value("task_type")) in _BY_TYPE else [
            c for c in (_accreditation(task, team, wanted, day, site),
                        _competence(team, wanted, day, site)) if c.state != "passed"]
    alike = said != "mixed" and wanted == _BY_METHOD.get(ordered, "manual_clearance")
    if not alike and (known or str(task.value("task_type")) not in _BY_TYPE):
        return [GateCheck("order", "failed", f"the method of the work, {said.replace('_', ' ')}, "
                          f"is not that of the order, {ordered.replace('_', ' ')}", (task.id,))]
    if alike and ordered == "visual_search":  # such an order asks for no tests, this work does
        test = _detectors(replace(task, values={**task.values, "method": said}), team, day, site)
        return [] if test.state == "passed" else [test]
    return []


# --- one gate ----------------------------------------------------------------------------------


def _gate(task: Record, team: str, day: date, site: Site) -> TeamGate:
    recorded = _recorded(task.id, team, day, site)
    scope = scope_of(task)
    driven = _driven(task) if _listed(task, "machines") else ()
    checks = [_on_site(name, recorded) for name in SITE_CHECKS]
    checks += [
        _order(task, team, day, site),
        _with(_closures(task, day, site), "closures", recorded),
        _permits(task, team, day, site),
        _with(_both(_accreditation(task, team, scope, day, site), *(
            _accreditation(task, team, of, day, site) for of in driven)),
            "accreditation", recorded),
        _both(_competence(team, scope, day, site), *(
            _competence(team, of, day, site, driving=True) for of in driven)),
        _machines(task, scope, day, site),
        _with(_detectors(task, team, day, site), "detector_test", recorded),
        _evacuation(task.id, team, day, site, recorded),
        _result(recorded),
    ]
    return TeamGate(task.id, team, day, tuple(checks))


def scope_of(task: Record) -> str:
    """The scope of accreditation that a task asks for."""
    kind = str(task.value("task_type"))
    return _BY_TYPE.get(kind) or _BY_METHOD.get(str(task.value("method")), "manual_clearance")


def _driven(task: Record) -> tuple[str, ...]:
    """The scope that a machine asks for besides that of the task, whatever method is stated."""
    of = scope_of(replace(task, values={**task.values, "method": "mechanical"}))
    return () if of == scope_of(task) else (of,)


def _both(first: GateCheck, *more: GateCheck) -> GateCheck:
    """The first that has not passed, else the first."""
    return next((c for c in (first, *more) if c.state != "passed"), first)


@dataclass(frozen=True, slots=True)
class _Said:
    """The records of one gate. `timed`: checked at a time of the local day and entered in time;
    `loose`: all others, which never outweigh a failure."""

    timed: tuple[tuple[datetime, Record], ...]
    loose: tuple[Record, ...]
    # Failures in records that do not name this task and team as they are on record, and may mean
    # them. With their time where that is of the day, else None.
    doubtful: tuple[tuple[datetime | None, Record], ...] = ()
    # Of those that were not entered in time, what passed by them, and why it counts for nothing.
    untimely: tuple[tuple[Record, str], ...] = ()


def _recorded(task: str, team: str, day: date, site: Site) -> _Said:
    timed, loose, doubtful, untimely = [], [], [], []
    for g in site.gates:
        dated = isinstance(g.values.get("day"), date)
        if g.values.get("day") != day and (dated or "failed" not in g.values.values()
                                           or not _out_on(g, day, site)):
            continue
        at = _time_of_check(g, day, site)
        if (g.values.get("task") != task or g.values.get("team") != team or evacuated(g)
                or not dated):
            # What passed is of this gate only where the record says so; what failed, wherever it
            # may be meant, and on every day where nobody can read which.
            if "failed" in g.values.values() and _may_mean(g, "task", task, site) \
                    and _may_mean(g, "team", team, site):
                doubtful.append((at, replace(g, values={
                    k: v for k, v in g.values.items() if v != "passed"})))
            continue
        if why := _untimely(g, day, site):
            untimely.append((g, why))
            g = replace(g, values={k: v for k, v in g.values.items() if v != "passed"})
        if at is None:
            loose.append(g)
        else:
            timed.append((at, g))
    return _Said(tuple(timed), tuple(loose), tuple(doubtful), tuple(untimely))


def _untimely(g: Record, day: date, site: Site) -> str:
    """Why what passed by a record of a gate counts for nothing: it was entered before its day
    began, or later than the grace after it and not validated by the authority (S08)."""
    entered = site.entered.get(g.revision)
    begin, end = day_in_utc(day, site.utc_offset)
    if entered is None or (begin <= entered and (
            entered <= end + site.grace or g.revision in site.signed)):
        return ""
    on = _local(entered, site)
    if entered < begin:
        return f"{g.id} was entered on {on.isoformat()}, before the day began"
    return counted("{id} was entered on {day}, {n} days after the day: the authority reviews the "
                   "report of the work, or validates the record", id=g.id, day=on.isoformat(),
                   n=max(1, (on - day).days))


def _may_mean(g: Record, kind: str, own: str, site: Site) -> bool:
    """Whether a record of a gate may be of this task (or team): it names it, in whatever case and
    with whatever blanks, or none, or none that is on record."""
    said = folded(g.values.get(kind))
    if said in ("", NOT_REPORTED, DECLINED, folded(own)):
        return True
    known = site.named.get(kind)
    if known is not None:
        ids = known.get(said)
        return ids is None or own in ids
    return kind != "team" or said not in {
        folded(name) for t in site.teams.values() for name in (t.id, t.values.get("identifier"))
        if t.id != own}


def _time_of_check(g: Record, day: date, site: Site) -> datetime | None:
    """When it was checked, if that lies in the local day and the record was entered after the
    check and no later than the grace after the day, or validated by the authority. Where local
    time is not known, no time can be said to be of the day."""
    at = moment_of(g.values.get("checked_at"))
    if at is None or site.utc_offset is None:
        return None
    begin, end = day_in_utc(day, site.utc_offset)
    if not begin <= at < end:
        return None
    entered = site.entered.get(g.revision)
    if entered is not None and not (at <= entered and (
            entered <= end + site.grace or g.revision in site.signed)):
        return None
    return at


def evacuated(record: Record) -> bool:
    """Whether a record of the kind `gate` tells of an evacuation or a drill, not of a gate."""
    return record.value("gate_type") in ("evacuation", "evacuation_drill")


def _evacuation(task: str, team: str, day: date, site: Site, recorded: _Said) -> GateCheck:
    """After an evacuation the site is checked again before work goes on: what was found in order
    in the morning may not be so any more. A drill asks for nothing. An evacuation that names no
    task, or none on record, holds for all of them; so it is with teams."""
    out: dict[str, list[Record]] = {}  # what each revision says
    for g in site.gates:
        if (is_real(g) and _out_on(g, day, site) and _may_mean(g, "task", task, site)
                and _may_mean(g, "team", team, site)):
            out.setdefault(g.id, []).append(g)
    if not out:
        return GateCheck("evacuation", "passed", "no evacuation is on record for the day")
    ids = tuple(out)
    undated = [g for g in site.gates if g.id in out and _waits_undated(g, "day")]
    if undated:
        return GateCheck("evacuation", "failed", f"row {-undated[0].revision} in quarantine tells "
                         "of an evacuation; nobody can read its day, so it counts until it is "
                         "mended", ids)
    begin, end = day_in_utc(day, site.utc_offset)
    times: list[datetime] = []
    for told in out.values():
        if why := _not_all_out(told[-1], begin, end):
            return GateCheck("evacuation", "failed", why, ids)
        # What was said before counts as well, but for a time of another day, which was mended.
        times += [t for g in told for n in ("evacuated_at", "clear_at")
                  if (t := moment_of(g.values.get(n))) is not None
                  and (g is told[-1] or begin <= t < end)]
    last = max(times)
    again = dict.fromkeys(g.id for at, g in recorded.timed
                          if at > last and _goes_on(g) == "passed")
    if not again:
        return GateCheck("evacuation", "failed", f"evacuated, all out at {last:%H:%M} UTC; the "
                         "site was not checked again as a whole since" + _unknown_zone(site), ids)
    return GateCheck("evacuation", "passed", "checked again after the evacuation",
                     (*ids, *again))


def _not_all_out(g: Record, begin: datetime, end: datetime) -> str:
    """Why an evacuation does not say that all were out on the day: no later check opens it."""
    clear = moment_of(g.values.get("clear_at"))
    if clear is None:
        return "an evacuation is on record, and not when all were out"
    if not in_sequence(g) or not begin <= clear < end:
        return ("an evacuation is on record, and all were out before it began or on another day: "
                "its times are to be mended")
    if (people := not_counted(g)) is not None:
        return (f"an evacuation is on record, and {people[0]} of {people[1]} people on the list "
                "were counted")
    return ""


def _out_on(g: Record, day: date, site: Site) -> bool:
    """Whether an evacuation was on a local day: the day that it states, that of its times, or
    where it has neither, of its information or of its entry; any day where nothing says which."""
    stated = g.values.get("day")
    begin, end = day_in_utc(day, site.utc_offset)
    times = [t for n in ("evacuated_at", "clear_at")
             if (t := moment_of(g.values.get(n))) is not None]
    at = times[0] if times else None
    # One that began before midnight holds for the day on which all were out, too.
    inside = site.utc_offset is not None and any(begin <= t < end for t in times)
    if isinstance(stated, date):
        return stated == day or inside
    if inside:
        return True
    if at is None and g.valid_from is not None:
        return g.valid_from == day
    at = site.entered.get(g.revision) if at is None else at
    return at is None or begin <= at < end


def _unknown_zone(site: Site) -> str:
    return "" if site.utc_offset is not None else (
        ", as far as can be told without the programme's local time (utc_offset_hours)")


def _on_site(name: str, recorded: _Said,
             word: Callable[[Record], object] | None = None) -> GateCheck:
    def said(g: Record) -> object:
        return g.value(name) if word is None else word(g)

    timed = [(at, g) for at, g in recorded.timed if said(g) in ("passed", "failed")]
    loose = [g for g in recorded.loose if said(g) in ("passed", "failed")]
    doubtful = [(at, g) for at, g in recorded.doubtful if said(g) == "failed"]
    timed += [(at, g) for at, g in doubtful if at is not None]
    loose += [g for at, g in doubtful if at is None]
    if not timed and not loose:
        late = [(g, why) for g, why in recorded.untimely if said(g) == "passed"]
        if late:
            return GateCheck(name, "not_reported", late[0][1], tuple(g.id for g, _ in late))
        return GateCheck(name, "not_reported", "nobody recorded this check for the day")
    # Of the timed checks the last counts, of those at the same time and of all loose ones the
    # worse.
    latest = max((at for at, _ in timed), default=None)
    counted = [*(g for at, g in timed if at == latest), *loose]
    failed = tuple(dict.fromkeys(g.id for g in counted if said(g) == "failed"))
    undated = [g for g in counted if said(g) == "failed" and _waits_undated(g, "day")]
    if undated:
        return GateCheck(name, "failed", _undated_words(undated[0]), failed)
    if failed:
        against = any(said(g) == "passed" for g in (*recorded.loose, *counted))
        return GateCheck(name, "failed", "failed when it was checked" + (
            "; only a later check that is timed on this local day and entered in time would "
            "pass it" if against else ""), failed)
    return GateCheck(name, "passed", "checked", (counted[0].id,))


def _waits_undated(record: Record, name: str) -> bool:
    """Whether it is a row that waits, and nobody can read its day in this field. A row has no
    number among what was recorded: `Record.revision` is its own, below zero."""
    return (record.revision < 0 and not isinstance(record.values.get(name), date)
            and moment_of(record.values.get("evacuated_at")) is None)


def _undated_words(row: Record) -> str:
    return (f"row {-row.revision} in quarantine says that it failed; nobody can read its day, so "
            "it counts until it is mended")


def _result(recorded: _Said) -> GateCheck:
    """Whether a person said that work could not start, and named no check that failed. A later
    check passes it that says that work can start, or that all that is checked on the site passed.
    """
    found = _on_site("result", recorded, _goes_on)
    return found if found.state == "failed" else GateCheck(
        "result", "passed", "nobody said that work could not start")


def _goes_on(g: Record) -> str:
    """What a check says as a whole: "passed" where work can start or all of the site's checks
    passed, and none failed; "failed" where it cannot and none is named; else ""."""
    failed = any(g.value(n) == "failed" for n in _SAID)
    if g.value("result") == "failed":
        return "" if failed else "failed"
    return "passed" if not failed and (g.value("result") == "passed" or all(
        g.value(n) == "passed" for n in SITE_CHECKS)) else ""


def _with(looked_up: GateCheck, name: str, recorded: _Said) -> GateCheck:
    """What was looked up, unless a person on the site said that it failed."""
    ticked = _on_site(name, recorded)
    return ticked if looked_up.state == "passed" and ticked.state == "failed" else looked_up


def closures_on(closures: Sequence[Record], day: date, utc_offset: timedelta | None
                ) -> list[Record]:
    """Closures in force at any hour of a local day; where local time is not known, in every zone
    in which the day may lie. One that ends before it begins closes every day: nobody knows which
    of its times is wrong."""
    begin, end = day_in_utc(day, utc_offset)
    out = []
    for closure in closures:
        since, until = (moment_of(closure.values.get(n)) for n in ("closed_from", "closed_until"))
        if ((since is None or since < end) and (until is None or until > begin)) or (
                since is not None and until is not None and until < since):
            out.append(closure)
    return out


def _order(task: Record, team: str, day: date, site: Site) -> GateCheck:
    """Whether an order stands for this team: signed, begun, not suspended, on ground where work is
    not suspended. `task` holds what was ordered (see `Site.orders`)."""
    status = str(task.value("task_status"))
    if status not in ("ordered", "started"):
        state: CheckState = "not_reported" if status == NOT_REPORTED else "failed"
        return GateCheck("order", state, (
            "nobody ordered it with a signature by this day (S09)" if state == "not_reported"
            else f"the task is {status.replace('_', ' ')}: no order stands"), (task.id,))
    if team and team not in _listed(task, "teams"):
        return GateCheck("order", "failed", f"{team} is not ordered to this task", (task.id,))
    if team in _listed(task, "excluded_teams"):
        return GateCheck("order", "failed", f"{team} may not do this task", (task.id,))
    begins = task.values.get("not_before")
    if isinstance(begins, date) and day < begins:
        return GateCheck("order", "failed", f"it may not start before {begins}", (task.id,))
    area = site.areas.get(task.id)
    if area is not None and area.value("status") == "suspended":
        return GateCheck("order", "failed", f"work on {area.id} is suspended", (task.id, area.id))
    return GateCheck("order", "passed", "an order stands", (task.id,))


def _closures(task: Record, day: date, site: Site) -> GateCheck:
    if task.geometry is None or task.geometry.is_empty:
        return GateCheck("closures", "not_reported",
                         "the task has no ground, so closures cannot be held against it")
    hit = _closing(task, site.closures, day, site)
    if not hit:
        told = [c for s in site.stages.get("closure", {}).values() for c in _told_closed(s)]
        if before := _closing(task, told, day, site):
            return GateCheck("closures", "failed", f"closed: {_reasons(before)}; that was changed "
                             "since, and for this day only a change counts that was entered in "
                             "time or that the authority signed",
                             tuple(dict.fromkeys(c.id for c in before)))
        return GateCheck("closures", "passed", "no closure on record touches the task on this day")
    rows = [f"row {-c.revision} in quarantine" for c in hit if c.revision < 0]
    return GateCheck("closures", "failed", "closed: " + ", ".join([_reasons(hit), *rows]),
                     tuple(c.id for c in hit))


def _closing(task: Record, closures: Sequence[Record], day: date, site: Site) -> list[Record]:
    """Those that close a task's ground on a day. One without ground closes everything: nobody said
    that this place is open."""
    return [c for c in closures_on(closures, day, site.utc_offset)
            if c.geometry is None or c.geometry.is_empty or _touch(task, c)]


def _reasons(closures: Sequence[Record]) -> str:
    return ", ".join(sorted({str(c.value("closure_reason")).replace("_", " ") for c in closures}))


def _told_closed(closure: Stages) -> tuple[Record, ...]:
    """What was said of a closure and counts for the day. That it ended earlier than was said
    before is how a closure is lifted, where it was entered in time; that it lies elsewhere, or
    began at another time, takes back nothing of the day that had begun."""
    now = closure.standing

    def place(c: Record) -> object:
        return (None if c.geometry is None else c.geometry.normalize().wkb,
                moment_of(c.values.get("closed_from")), accuracy_of(c))

    return (*closure.said, *(c for c in closure.undone if now is None or place(c) != place(now)))


def _permits(task: Record, team: str, day: date, site: Site) -> GateCheck:
    """Ground for which permits are on record asks for leave on all of it, for the whole local
    day, in every zone in which that may lie; other ground for none. What was refused is shut."""
    ground = task.geometry
    if ground is None:
        return GateCheck("permits", "passed", "no permit is asked for on this ground")
    stages = {**{p.id: Stages(p) for p in site.permits}, **site.stages.get("permit", {})}
    here = {name: s for name, s in stages.items() if any(
        p.geometry is not None and not p.geometry.is_empty and _touch(task, p)
        for p in (*s.said, *s.undone))}
    if not here:
        return GateCheck("permits", "passed", "no permit is asked for on this ground")
    organisation = _organisation(team, site)
    members = set(_listed(site.teams[team], "members")) if team in site.teams else set()
    begin, end = day_in_utc(day, site.utc_offset)

    def mine(p: Record, holder: str) -> bool:
        return bool((organisation and holder == organisation) or (
            p.values.get("holder") in members and members))

    def good(p: Record) -> bool:
        return (mine(p, folded(p.values.get("holder_organisation")))
                and p.value("state") == "granted" and _holds(p, begin, end, site))

    def shut(p: Record) -> bool:
        holder = folded(p.values.get("holder_organisation"))
        return p.value("state") == "refused" and _may_hold(p, begin, end) and (
            mine(p, holder) or not _of_others(p, holder, organisation, site))

    held: list[Stages] = []
    refused: list[Record] = []
    late: list[str] = []
    for name, s in here.items():
        if s.standing is not None and all(map(good, s.said)):
            held.append(s)
        elif s.later and good(s.later[-1]):
            first = next(p for p in s.later if good(p))
            late.append(f"{name} was entered as granted {_when_entered(first, site)}")
        refused += [p for p in s.said if shut(p)]
        if s.standing is None or s.standing.value("state") != "granted":
            refused += [p for p in s.undone if shut(p)]  # leave that came in time is leave
    ids = tuple(here)
    if not held:
        return GateCheck("permits", "failed", "; ".join((
            "this ground asks for a permit, and the team has none in force for the whole of this "
            "day", *late)), ids)
    why = []
    # Ground that was left out in time, and ground that is left out since: both lack leave.
    of_the_day = [s.standing for s in held if s.standing is not None]
    each = [of_the_day, *([[s.said[-1] for s in held]] if any(s.later for s in held) else [])]
    lacking = [(left, permits) for permits in each
               if (left := without_leave(ground, permits)) is not None]
    if lacking:
        left, permits = max(lacking, key=lambda found: found[0])
        why.append(f"{math.ceil(left)} m² of the task's ground lie in no permit that the team has "
                   "in force for the whole of this day" + _mend(ground, permits))
        why += late
    if (closed := refused_part(ground, refused, accuracy_of(task))) is not None:
        why.append(f"leave is refused on {math.ceil(closed)} m² of the task's ground")
    if why:
        return GateCheck("permits", "failed", "; ".join(why), ids)
    return GateCheck("permits", "passed", "a permit is in force",
                     tuple(s.said[-1].id for s in held))


def _when_entered(said: Record, site: Site) -> str:
    """When it was entered, where that is too late to open the day (S08)."""
    at = site.entered.get(said.revision)
    hours = site.grace.total_seconds() / 3600
    return f"on {at:%Y-%m-%d}, later than {hours:g} hours after the day" if at is not None else (
        f"later than {hours:g} hours after the day")


def _mend(ground: BaseGeometry, held: Sequence[Record]) -> str:
    """What to do where only the accuracy of permits keeps them from covering the ground."""
    by = narrowed_by(ground, held)
    return "" if by is None else (
        f"; as drawn they cover it, and their position is certain to {by:g} m only: have the "
        "permit drawn so much wider or the task so much smaller, or record the accuracy that it "
        "has")


def _of_others(permit: Record, holder: str, organisation: str, site: Site) -> bool:
    """Whether a permit names an organisation or a person on record that this team is not of."""
    if holder:
        return holder != organisation and any(
            folded(t.values.get("organisation")) == holder for t in site.teams.values())
    return permit.values.get("holder") in site.persons


def _may_hold(permit: Record, begin: datetime, end: datetime) -> bool:
    """Whether what a permit says may be meant for any time from `begin` to `end`."""
    since, until = (moment_of(permit.values.get(n)) for n in ("valid_from_time",
                                                              "valid_until_time"))
    return (since is None or since < end) and (until is None or until + _MINUTE > begin)


def _holds(permit: Record, begin: datetime, end: datetime, site: Site) -> bool:
    """Whether a permit is in force from `begin` to `end`. One without a start has begun; one
    without an end goes on only where none was ever stated. A time that cannot be read holds for
    nothing."""
    bounds = []
    for name in ("valid_from_time", "valid_until_time"):
        stated = permit.value(name) not in ("", NOT_REPORTED)
        moment = moment_of(permit.values.get(name))
        if stated and moment is None:
            return False
        bounds.append(moment)
    since, until = bounds
    if until is None and permit.id in site.ended:
        return False
    return (since is None or since <= begin) and (until is None or until + _MINUTE >= end)


def _accreditation(task: Record, team: str, scope: str, day: date, site: Site) -> GateCheck:
    if not team:
        return GateCheck("accreditation", "not_reported", "no team is ordered for the task")
    organisation = _organisation(team, site)
    scoped = [a for a in site.accreditations if _is_for(a, scope)]
    # What the authority said of the team itself goes before what it said of its organisation: a
    # team whose own accreditation was withdrawn or ran out has none.
    whole = [a for a in scoped if organisation and not a.values.get("team")
             and not a.values.get("person") and not a.values.get("machine")
             and folded(a.values.get("accredited_organisation")) == organisation]
    # What shuts an organisation shuts its teams, but those that were granted leave afterwards.
    own = [a for a in scoped if _is_of(a, "team", team)]
    own = [*own, *(a for a in whole if a.value("accreditation_status") in _SHUT)] if own else whole
    good = [a for a in own if in_force(a, day, own)]
    if good:
        return GateCheck("accreditation", "passed", f"accredited for {scope}", (good[0].id,))
    if not own:
        return GateCheck("accreditation", "failed",
                         f"no accreditation for {scope} is on record for {team} or its "
                         "organisation")
    return GateCheck("accreditation", "failed", f"for {scope}: " + "; ".join(
        f"{a.id} {_why_not(a, day, own)}" for a in own), tuple(a.id for a in own))


def _is_of(accreditation: Record, kind: str, holder: str) -> bool:
    """Whether it is of this team, person or machine. What shuts also is where it is written with
    other case or blanks."""
    said = accreditation.values.get(kind)
    return said == holder or (
        accreditation.value("accreditation_status") in _SHUT and folded(said) == folded(holder))


def _is_for(accreditation: Record, scope: str) -> bool:
    """Whether it is for this scope. What shuts and does not say for which, shuts every scope."""
    said = accreditation.value("scope")
    return said == scope or (accreditation.value("accreditation_status") in _SHUT
                             and said in ("", NOT_REPORTED, DECLINED))


def in_force(accreditation: Record, day: date, held: Sequence[Record] = ()) -> bool:
    """Granted (and, as the record stands, signed: S09), begun, not expired on the day, and resting
    on a training that still counts where its end is on record. `held`: all of the same holder; of
    the same scope none was refused, suspended or withdrawn on the day of the grant or later."""
    return not _why_not(accreditation, day, held)


def _why_not(a: Record, day: date, held: Sequence[Record]) -> str:
    begun, ends = a.values.get("granted_on"), a.values.get("expires_on")
    trained = a.values.get("training_until")
    if a.value("accreditation_status") != "granted":
        return f"is {str(a.value('accreditation_status')).replace('_', ' ')}"
    if not isinstance(begun, date) or begun > day:
        return "has not begun" if isinstance(begun, date) else "does not say from when it holds"
    if not isinstance(ends, date):
        return "does not say until when it holds"
    if ends < day:
        return f"expired on {ends.isoformat()}"
    if isinstance(trained, date) and trained < day:
        return f"rests on a training that ended to count on {trained.isoformat()}"
    for other in held:
        of = other.values.get("granted_on")
        if (other.value("accreditation_status") in _SHUT and _is_for(other, str(a.value("scope")))
                and not (isinstance(of, date) and of < begun)):
            return f"was not granted after {other.id} was {other.value('accreditation_status')}"
    return ""


def _competence(team: str, scope: str, day: date, site: Site, *, driving: bool = False
                ) -> GateCheck:
    """Each member on their own: people who joined a unit inherit its procedures, not its leave.

    `driving`: for a machine among other work, for which each operator of machines is competent, and
    somebody is at all; those who search by hand beside it need not be.
    """
    if team not in site.teams:
        return GateCheck("competence", "not_reported",
                         f"the team {team} is not on record" if team else "no team is ordered")
    # Who was in it by the records of the day, and who is said to have been in it since.
    told = [_listed(t, "members") for t in _stages("team", team, site.teams, site)]
    members = tuple(dict.fromkeys(m for of_them in told for m in of_them))
    if not members:
        return GateCheck("competence", "not_reported",
                         "the members of the team are not on record", (team,))
    lacking, unknown = [], []
    searching = set[str]()
    operators = False  # whether one of those who lack it operates machines
    for member in members:
        stages = _stages("person", member, site.persons, site)
        if not stages:
            unknown.append(member)
            continue
        searches = [p for p in stages if p.value("role") not in _DO_NOT_SEARCH]
        if not searches:
            continue
        searching.add(member)
        held = [a for a in site.accreditations if _is_of(a, "person", member)
                and _is_for(a, scope)]
        if held:  # it rests on the person's training, too
            able = any(in_force(a, day, held) for a in held) and not any(
                _training_ended(p, day) for p in searches)
        else:
            able = all(_trained(p, scope, day) for p in searches)
        if not able:
            lacking.append(member)
            operators |= any(p.value("role") == "machine_operator" for p in searches)
    if driving and not operators and all(
            (searching - set(lacking)) & set(of_them) for of_them in told):
        lacking = []
    if unknown:
        return GateCheck("competence", "not_reported", f"not on record: {', '.join(unknown)}",
                         tuple(unknown))
    if lacking:
        return GateCheck("competence", "failed", f"not competent for {scope} on this day: "
                         + ", ".join(lacking), tuple(lacking))
    if not all(searching & set(of_them) for of_them in told):
        return GateCheck("competence", "not_reported", "nobody who searches is on record", (team,))
    return GateCheck("competence", "passed", counted(
        "{n} members competent for {scope}", n=len(searching), scope=scope))


def _trained(person: Record, scope: str, day: date) -> bool:
    return scope in (person.values.get("competences") or ()) and not _training_ended(person, day)


def _training_ended(person: Record, day: date) -> bool:
    ends = person.values.get("training_until")
    return isinstance(ends, date) and ends < day


def _stages(kind: str, name: str, now: Mapping[str, Record], site: Site) -> tuple[Record, ...]:
    """A record as it was on record by the day and its grace, and as it stands for the day now:
    what is against it in either counts."""
    found = (site.then.get(kind, {}).get(name), now.get(name))
    return tuple(r for r in found if r is not None)


def _machines(task: Record, scope: str, day: date, site: Site) -> GateCheck:
    ordered = _listed(task, "machines")
    if not ordered:
        if scope != "mechanical":
            return GateCheck("machines", "passed", "no machine is ordered")
        return GateCheck("machines", "not_reported",
                         "mechanical work is ordered, but no machine is named")
    for name in ordered:
        if unfit := _unfit(name, day, site):
            return unfit
    return GateCheck("machines", "passed", f"{len(ordered)} ready", tuple(ordered))


def _unfit(name: str, day: date, site: Site) -> GateCheck | None:
    """Why a machine may not work on a day; None: it may."""
    if name not in site.machines:
        return GateCheck("machines", "not_reported", f"{name} is not on record", (name,))
    states = [m.value("machine_status") for m in _stages("machine", name, site.machines, site)]
    state = next((s for s in states if s != "ready"), "ready")
    if state != "ready":
        found: CheckState = "failed" if state in ("repair", "withdrawn") else "not_reported"
        return GateCheck("machines", found, f"{name}: {str(state).replace('_', ' ')}", (name,))
    held = [a for a in site.accreditations if _is_of(a, "machine", name)]
    if held and not any(in_force(a, day, held) for a in held):
        return GateCheck("machines", "failed", f"{name}: " + "; ".join(
            f"{a.id} {_why_not(a, day, held)}" for a in held), (name, *(a.id for a in held)))
    return None


def _detectors(task: Record, team: str, day: date, site: Site) -> GateCheck:
    kind, method = str(task.value("task_type")), str(task.value("method"))
    if kind in _WITHOUT_DETECTOR or method in ("mechanical", "visual_search"):
        return GateCheck("detector_test", "passed", "the work uses no detector")
    # One that failed on this day, or nobody knows when, shuts wherever it may be the team's.
    own = {d.id: d for d in site.detectors if team and (
        folded(d.values.get("team")) == folded(team) or (
            d.value("test_result") == "failed" and _may_mean(d, "team", team, site)
            and (d.values.get("tested_on") == day
                 or not isinstance(d.values.get("tested_on"), date))))}
    failed_then = _failed_on(day, site, lambda d: bool(team) and _may_mean(d, "team", team, site))
    if failed_then:
        return GateCheck("detector_test", "failed", "; ".join(
            f"{name} failed its test" for name in failed_then), failed_then)
    told = site.stages.get("detector", {})
    # Whose it was on the day, and whose it is said to have been since: in both it is to be tested.
    names = dict.fromkeys((*own, *(name for name, s in told.items() if team and any(
        folded(d.values.get("team")) == folded(team) for d in s.said))))
    if not names:
        return GateCheck("detector_test", "not_reported", "no detector of the team is on record")
    bad: list[tuple[str, str, CheckState]] = []
    for name in names:
        now = own.get(name)
        stages = told.get(name, Stages(now))
        mine = [d for d in stages.said if folded(d.values.get("team")) == folded(team)]
        if now is not None:
            mine.append(now)
        if found := _untested(mine, stages, team, day, site):
            bad.append((name, *found))
    if bad:
        state: CheckState = "failed" if any(b[2] == "failed" for b in bad) else "not_reported"
        return GateCheck("detector_test", state, "; ".join(
            b[1] if b[1].startswith("row ") else f"{b[0]} {b[1]}" for b in bad),
                         tuple(b[0] for b in bad))
    return GateCheck("detector_test", "passed", f"{len(names)} tested on this day", tuple(names))


def _untested(said: Sequence[Record], stages: Stages, team: str, day: date, site: Site
              ) -> tuple[str, CheckState] | None:
    """Why a detector (of a team; "": whosever it is) does not count as tested on a day, by any of
    what is `said` of it; None: it does. What was entered before the day, or later than the grace
    after it, passes nothing (S08)."""
    def passes(d: Record | None) -> bool:
        return d is not None and d.values.get("tested_on") == day \
            and d.value("test_result") == "passed"

    def mine(d: Record | None) -> bool:
        return d is not None and (not team or folded(d.values.get("team")) == folded(team))

    found: list[tuple[str, CheckState]] = []
    for d in said:
        if _waits_undated(d, "tested_on"):
            found.append((_undated_words(d), "failed"))
        elif d.values.get("tested_on") != day:
            last = d.values.get("tested_on")
            found.append(("not tested on this day" + (
                f", last on {last.isoformat()}" if isinstance(last, date) else ""),
                "not_reported"))
        elif d.value("test_result") != "passed":
            failed = d.value("test_result") == "failed"
            found.append(("failed its test" if failed else "its test has no result",
                          "failed" if failed else "not_reported"))
    failures = [f for f in found if f[1] == "failed"]
    if failures:
        return failures[0]
    begin = day_in_utc(day, site.utc_offset)[0]
    early = next((at for d in said if passes(d)
                  and (at := site.entered.get(d.revision)) is not None and at < begin), None)
    if early is not None:
        return (f"has a test of this day that was entered on {_local(early, site).isoformat()}, "
                "before the day began"), "not_reported"
    late = next((d for d in stages.later if mine(d) and passes(d)), None)
    if late is not None and not (mine(stages.standing) and passes(stages.standing)):
        what = "was entered as this team's" if passes(stages.standing) else \
            "has a test of this day that was entered"
        return f"{what} {_when_entered(late, site)}", "not_reported"
    return found[-1] if found else None


def _failed_on(day: date, site: Site, meant: Callable[[Record], bool]) -> tuple[str, ...]:
    """Detectors that are meant whose test failed on a day and that did not pass again: in a record
    of that day that was entered after the failure, and in time. A change that came later unsays no
    failure, and neither does giving the detector to somebody else."""
    out = []
    end = day_in_utc(day, site.utc_offset)[1] + site.grace
    for d in site.tests:
        if d.value("test_result") != "failed" or not meant(d):
            continue
        since = site.entered.get(d.revision)
        if not any(t.id == d.id and t.value("test_result") == "passed"
                   and t.values.get("tested_on") == day
                   and (at := site.entered.get(t.revision)) is not None
                   and since is not None and since < at <= end for t in site.tests):
            out.append(d.id)
    return tuple(dict.fromkeys(out))


# --- small things ------------------------------------------------------------------------------


def _listed(record: Record | None, name: str) -> tuple[str, ...]:
    found = None if record is None else record.values.get(name)
    return tuple(dict.fromkeys(str(v) for v in found)) if isinstance(found, (list, tuple)) else ()


def _organisation(team: str, site: Site) -> str:
    return folded(site.teams[team].values.get("organisation")) if team in site.teams else ""


def _local(at: datetime, site: Site) -> date:
    return (at + (site.utc_offset or timedelta(0))).date()


def day_in_utc(day: date, offset: timedelta | None) -> tuple[datetime, datetime]:
    """The hours of UTC in which a local day lies; all in which it may lie where that is unknown."""
    begin = datetime.combine(day, time(), UTC)
    if offset is not None:
        return begin - offset, begin - offset + timedelta(days=1)
    return begin + _ZONES[0], begin + timedelta(days=1) + _ZONES[1]


def _touch(task: Record, other: Record) -> bool:
    """Whether the grounds meet, each widened by the accuracy of its position (S04)."""
    a, b = task.geometry, other.geometry
    if a is None or b is None:
        return False
    margin = accuracy_of(task) + accuracy_of(other)
    if a.intersects(b):
        return True
    return margin > 0 and _distance_m(a, b) <= margin


def _distance_m(a: BaseGeometry, b: BaseGeometry) -> float:
    plane = plane_for(tuple(shapely.total_bounds([a, b])))
    return float(shapely.distance(plane.to_plane(a), plane.to_plane(b)))


def by_day(gates: Sequence[Record]) -> Callable[[date], list[Record]]:
    """Of very many gates those that the gate of a local day may ask, in their order: those of the
    day, those whose day nobody can read, and those that tell of an evacuation, whatever its day."""
    of_day: dict[date, list[int]] = {}
    always: list[int] = []
    for n, g in enumerate(gates):
        day = g.values.get("day")
        if isinstance(day, date) and not tells(g):
            of_day.setdefault(day, []).append(n)
        else:
            always.append(n)
    return lambda day: [gates[n] for n in sorted((*of_day.get(day, ()), *always))]
