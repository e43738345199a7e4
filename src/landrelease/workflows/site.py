"""The site and what happens on it: evacuations, exposure, competence, accidents, environment,
marking. Each is read from the records that the reader may know of, as they stand."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from landrelease.core.assumption import Assumptions
from landrelease.core.ledger import Figure
from landrelease.core.lineage import anywhere
from landrelease.core.moment import day_of
from landrelease.core.plurals import counted
from landrelease.core.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from landrelease.access.policy import View
    from landrelease.operate.exposure import ExposureLog
    from landrelease.operate.markings import MarkingOverview
    from landrelease.store.registry import Registry


def accidents_of(registry: Registry, reader: View, stated: Assumptions, now: datetime
                 ) -> dict[str, Any]:
    """Accidents and incidents with what is overdue and missing, people harmed by sex and age, and
    recommendations with their follow-up."""
    from landrelease.operate.accidents import accident_states, harmed_totals
    from landrelease.verify.follow_up import nonconformities

    within = {"notification": timedelta(hours=stated.value("accident_notify_hours")),
              "detailed_report": timedelta(days=stated.value("accident_report_days")),
              "investigation": timedelta(days=stated.value("accident_investigation_days"))}
    states = accident_states(reader.inside(registry.records("accident")), now, within,
                             datetime.now(UTC))
    told = [r for r in reader.inside(registry.records("inspection"))
            if r.value("inspection_part") == "recommendation" or r.values.get("accident")]
    days = {s: stated.value(f"correction_days_{s}") for s in ("critical", "major", "minor")}
    by_id = {r.id: str(r.values.get("accident") or "") for r in told}
    recommendations = [
        dataclasses.asdict(n) | {"accident": by_id[n.record]}
        for n in nonconformities(told, now.date(), days)]
    return {
        "at": now.isoformat(), "harmed": harmed_totals(states),
        "accidents": [dataclasses.asdict(s) | {"overdue": s.overdue, "recommendations": sum(
            r["accident"] == s.record for r in recommendations)} for s in states],
        "recommendations": recommendations, "waiting": rows_waiting(registry, reader, "accident"),
        "overdue": sum(s.overdue for s in states) + sum(
            r["state"] == "overdue" for r in recommendations)}


def environment_of(registry: Registry, reader: View, stated: Assumptions, day: date
                   ) -> dict[str, Any]:
    """The environmental record with what is to be restored."""
    from landrelease.operate.environment import environment_overview

    found = environment_overview(
        reader.inside(registry.records("environment")), reader.inside(registry.records("item")),
        day, restore_days=stated.value("environment_restore_days"))
    return {"day": day.isoformat(), **dataclasses.asdict(found),
            "waiting": rows_waiting(registry, reader, "environment")}


def marking_of(registry: Registry, reader: View, stated: Assumptions, day: date
               ) -> dict[str, Any]:
    """Marking of all hazards that stand, with what is wrong; `wrong`: how many findings say so."""
    from landrelease.operate.markings import REMOVALS

    found = marking_found(registry, reader, stated, day, reader.inside(
        registry.records("marking")))
    return {"day": day.isoformat(), **dataclasses.asdict(found),
            "wrong": sum(f.problem not in REMOVALS for f in found.findings),
            "waiting": rows_waiting(registry, reader, "marking")}


def marking_found(registry: Registry, reader: View, stated: Assumptions, day: date,
                  markings: Iterable[Record], known_at: datetime | None = None
                  ) -> MarkingOverview:
    """Marking of the hazards that stand and that the reader may know of, on a day.

    What waits in quarantine, and hazards that the reader may not know of, let no marking go (S01):
    they are held against it, and told without their names.
    """
    from landrelease.operate.markings import marking_overview
    from landrelease.workflows import hazards_said, hazards_that_stand
    from landrelease.workflows.waiting_areas import hazards_waiting

    # A hazard that is dated after today stands today: its day is wrong, not its ground.
    today = known_at.date() if known_at is not None else datetime.now(UTC).date()
    now = hazards_that_stand(registry, known_at=known_at)
    standing = now if day >= today else hazards_that_stand(
        registry, valid_at=day, known_at=known_at)
    seen = reader.inside(standing)
    told = {h.id for h in seen}
    waiting, unplaced = hazards_waiting(registry)
    return marking_overview(
        seen, [_taken_away(m, today) for m in markings], day,
        check_days=stated.value("marking_check_days"),
        near_m=stated.value("marking_near_m"), known=hazards_said(registry, known_at=known_at),
        beside=[*{h.id: h for h in (*now, *standing) if h.id not in told}.values(), *waiting],
        unplaced=unplaced + sum(anywhere(h) for h in standing))


def rows_waiting(registry: Registry, reader: View, kind: str) -> int | None:
    """How many rows of a kind wait in quarantine, and so are in no overview; None for who may not
    know how many wait."""
    from landrelease.workflows.quarantine import kinds_in

    if not reader.may("quarantine", "counts"):
        return None
    return sum(e.row.kind == kind or (e.row.kind == "source" and kind in kinds_in(e.row))
               for e in registry.quarantine("waiting"))


def _taken_away(marking: Record, today: date) -> Record:
    """A marking that is told to be removed on a day that has not come: it is gone, and nobody knows
    since when."""
    gone = day_of(marking.values.get("removed_on"))
    if marking.value("state") != "removed" or gone is None or gone <= today:
        return marking
    return dataclasses.replace(marking, values={
        n: v for n, v in marking.values.items() if n != "removed_on"})


def evacuations_of(registry: Registry, reader: View, stated: Assumptions, day: date
                   ) -> dict[str, Any]:
    """The log of evacuations and drills, and which tasks are to practise."""
    from landrelease.operate.evacuations import drills, evacuations
    from landrelease.workflows.operating import offset_of

    log = [e for e in evacuations(reader.inside(registry.records("gate")),
                                  offset_of(registry, None))
           if e.day is None or e.day <= day]
    due = drills(log, reader.inside(registry.records("task")), day,
                 every_days=stated.value("evacuation_drill_days"))
    return {"day": day.isoformat(), "evacuations": [dataclasses.asdict(e) for e in log],
            "drills": [dataclasses.asdict(d) for d in due]}


def competence_of(registry: Registry, reader: View, stated: Assumptions, day: date
                  ) -> dict[str, Any]:
    """Trainings and accreditations (as signed: S09) by how soon they end."""
    from landrelease.operate.competence import leaves
    from landrelease.workflows.identities import standing_records

    def records(kind: str) -> list[Record]:
        return list(reader.inside(registry.records(kind, valid_at=day)))

    found = leaves(records("person"), reader.inside(
        standing_records(registry, "accreditation", valid_at=day)), records("team"), day,
        warn_days=stated.value("expiry_warning_days"))
    return {"day": day.isoformat(), "leaves": [dataclasses.asdict(x) for x in found]}


def exposure_log(registry: Registry, reader: View, *, valid_at: date | None = None,
                 known_at: datetime | None = None) -> ExposureLog:
    """Hours on hazardous ground, of the records that the reader may know of. Hazards of every
    status count: what is released now was hazardous when it was worked on."""
    from landrelease.core.happened import by_day
    from landrelease.operate.exposure import exposure
    from landrelease.workflows.operating import offset_of

    def records(kind: str) -> list[Record]:
        return list(reader.inside(
            registry.records(kind, valid_at=valid_at, known_at=known_at)))

    return exposure(by_day(records("activity"), valid_at)[0], records("track"), records("hazard"),
                    offset_of(registry, None) or timedelta(0))


def exposure_of(registry: Registry, reader: View) -> dict[str, Any]:
    """Exposure by task, team, month and who; accidents a 100,000 hours where the reader may see
    accidents at all."""
    from landrelease.operate.exposure import accident_rate

    log = exposure_log(registry, reader)
    people = log.hours(people=True)
    out: dict[str, Any] = {
        "rows": [dataclasses.asdict(r) for r in log.rows],
        "people_hours": people, "machine_hours": log.hours(people=False),
        "not_reported": [{"record": r, "lacks": what} for r, what in log.not_reported]}
    if reader.may("accident", "victims"):
        count = sum(r.value("accident_class") == "demining_accident"
                    for r in reader.inside(registry.records("accident")))
        out["demining_accidents"] = count
        out["accidents_per_100000_hours"] = accident_rate(count, people)
    return out


def exposure_figures(registry: Registry, reader: View, *, valid_at: date | None = None,
                     known_at: datetime | None = None) -> tuple[Figure, ...]:
    """Hours of people and of machines on hazardous ground as figures; for whoever may see the
    reports that they rest on."""
    if not reader.may("activity", "hours"):
        return ()
    log = exposure_log(registry, reader, valid_at=valid_at, known_at=known_at)
    if not log.rows and not log.not_reported:
        return ()
    lacking = counted("{n} records do not report their hours; they are in no sum",
                      n=len(log.not_reported)) if log.not_reported else ""
    return tuple(Figure(
        name, title, words, log.hours(people=people) if any(
            r.people is people for r in log.rows) else None, "hours", "all",
        tuple(sorted({x for r in log.rows if r.people is people for x in r.records})),
        registry.head(), note=lacking, subject="activity", field="hours")
        for name, people, title, words in (
            ("exposure_people_hours", True, "Hours of people on hazardous ground",
             "Hours of work of teams on hazardous ground times the people who searched, from the "
             "reports of technical survey, clearance, BAC and spot tasks."),
            ("exposure_machine_hours", False, "Hours of machines on hazardous ground",
             "Hours of machines from reports, else the time of their tracks inside hazards.")))


def end_of(day: date) -> datetime:
    """The last instant of a day in UTC: what happened on it has happened."""
    return datetime.combine(day, time(), UTC) + timedelta(days=1) - timedelta(microseconds=1)
