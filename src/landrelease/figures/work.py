"""Figures of the work: reports, hours, ground worked on; what several teams did together once."""

from __future__ import annotations

import numpy as np

from landrelease.core.columns import Columns
from landrelease.core.ledger import Figure
from landrelease.figures.metric import Metric, share, total

FIELDS = ("activity_type", "area_m2", "hours", "hours_lost", "deminers", "teams", "started_on",
          "ended_on", "task", "hazard", "activity_status", "machines")
# Work that puts people on hazardous ground; as in the exposure log of the operate stage.
ON_HAZARDOUS_GROUND = ("TS", "clearance", "BAC", "EOD_spot_task")
TYPES = ("NTS", "TS", "clearance", "BAC", "EOD_spot_task")
_ONCE = ("Reports of work; reports of the same type, task or hazard, days and two or more teams "
         "are one joint work and count once, with the largest of their numbers")


def _metric(id_: str, name: str, definition: str, unit: str, counts: str = "", denominator: str = ""
            ) -> Metric:
    return Metric(id_, name, definition, unit, f"{_ONCE}{counts}", "work", subject="activity",
                  field="hours", denominator=denominator)


REPORTS = _metric("work_reports", "Reports of work", "Reports of work, joint ones once.", "reports")
HOURS = _metric("team_hours", "Hours of work", "Hours that teams worked, as reported.", "h",
                "; reports without hours are not in it")
LOST = _metric("team_hours_lost", "Hours lost", "Hours lost to weather, closures and breakdown, as "
               "reported.", "h", "; reports without hours lost are not in it")
LOST_SHARE = _metric("share_hours_lost", "Share of hours lost", "Hours lost of all hours of the "
                     "reports that state both.", "share", denominator="hours worked and hours lost "
                     "of the reports that state both")
PERSON_HOURS = _metric("person_hours", "Person-hours of search", "Hours of a report times the "
                       "people who searched.", "h", "; reports without either are not in it")
JOINT = _metric("joint_reports", "Reports counted once as joint work", "Reports that repeat a "
                "joint work, and are in no other figure.", "reports")
BY_TYPE = {t: _metric(
    f"worked_m2_{t}", f"Ground worked on, {t.replace('_', ' ')}",
    "Ground worked on as the reports say it, summed; it is neither released nor cleared land, and "
    "ground that was worked on twice is in it twice.", "m²", f"; activity_type is {t}")
    for t in TYPES}
EXPOSURE = {people: Metric(
    id_, name, words, "hours", counts, "work", subject="activity", field="hours")
    for people, id_, name, words, counts in (
    (True, "exposure_people_hours", "Hours of people on hazardous ground", "Hours of work of teams "
     "on hazardous ground times the people who searched, from the reports of technical survey, "
     "clearance, BAC and spot tasks.", "Reports of these types that are not planned and state "
     "hours and people"),
    (False, "exposure_machine_hours", "Hours of machines on hazardous ground", "Hours of machines "
     "from reports, else the time of their tracks inside hazards.", "Reports that name machines, "
     "and tracks"))}
METRICS = (REPORTS, HOURS, LOST, LOST_SHARE, PERSON_HOURS, JOINT, *BY_TYPE.values(),
           *EXPOSURE.values())


def joint_work(table: Columns) -> tuple[np.ndarray, frozenset[str]]:
    """((N,) whether a report repeats another one of the same joint work, ids of joint activities).

    Joint: two or more teams are named. The report with the largest area stands for them.
    """
    repeats = np.zeros(len(table), dtype=bool)
    groups: dict[tuple, list[int]] = {}
    joint = []
    for n, teams in enumerate(table.cells["teams"]):
        if not isinstance(teams, (list, tuple)) or len(teams) < 2:
            continue
        joint.append(str(table.ids[n]))
        place = table.cells["task"][n] or table.cells["hazard"][n]
        day = (table.cells["started_on"][n], table.cells["ended_on"][n])
        if place and any(day):
            groups.setdefault((table.cells["activity_type"][n], place, *day,
                               tuple(sorted(map(str, teams)))), []).append(n)
    area = table.numbers("area_m2")
    for found in groups.values():
        if len(found) > 1:
            kept = max(found, key=lambda n: (np.nan_to_num(area[n], nan=-1.0), -n))
            repeats[[n for n in found if n != kept]] = True
    return repeats, frozenset(joint)


def work_figures(table: Columns, head: str) -> tuple[Figure, ...]:
    """All figures of the work; `table` has the columns `FIELDS`."""
    if not len(table):
        return tuple(m.figure(None, (), head) for m in METRICS)
    repeats, _ = joint_work(table)
    once = ~repeats
    hours, lost, people = (table.numbers(f) for f in ("hours", "hours_lost", "deminers"))
    area = table.numbers("area_m2")

    def of(metric: Metric, value: np.ndarray, mask: np.ndarray) -> Figure:
        known = mask & ~np.isnan(value)
        missing = int((mask & np.isnan(value)).sum())
        if not known.any():
            return metric.figure(None, (), head)
        return total(metric, table, known, value, head, note="" if not missing else
                     f"{missing:,} of {int(mask.sum()):,} reports do not state it")

    both = once & ~np.isnan(hours) & ~np.isnan(lost)
    rows = [total(REPORTS, table, once, np.ones(len(table)), head), of(HOURS, hours, once),
            of(LOST, lost, once),
            share(LOST_SHARE, float(lost[both].sum()), float((hours + lost)[both].sum()),
                  table.named(both), head) if both.any() else LOST_SHARE.figure(None, (), head),
            of(PERSON_HOURS, hours * people, once),
            total(JOINT, table, repeats, np.ones(len(table)), head)]
    rows += [of(metric, area, once & table.among("activity_type", (t,)))
             for t, metric in BY_TYPE.items()]
    return tuple(rows)


def exposure_figures(table: Columns, head: str) -> tuple[Figure, ...]:
    """Hours of people on hazardous ground, where no machine is on record; () where no such work is.

    The hours of a joint work stand in each team's own report, as in the exposure log.
    """
    asked = table.among("activity_type", ON_HAZARDOUS_GROUND) & ~table.among(
        "activity_status", ("planned",)) if len(table) else np.zeros(0, dtype=bool)
    if not asked.any():
        return ()
    product = table.numbers("hours") * table.numbers("deminers")
    known = asked & ~np.isnan(product)
    lacking = int((asked & ~known).sum())
    note = f"{lacking} records do not report their hours; they are in no sum" if lacking else ""
    return (EXPOSURE[True].figure(float(product[known].sum()) if known.any() else None,
                                  table.named(known), head, note=note),
            EXPOSURE[False].figure(None, (), head, note=note))
