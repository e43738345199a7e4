"""Figures of the work: reports, hours, ground worked on; what several teams did together once."""

from __future__ import annotations

import numpy as np

from landrelease.core.columns import Columns
from landrelease.core.joint import REPORTED, joint_groups, report_of
from landrelease.core.ledger import Figure
from landrelease.core.plurals import counted
from landrelease.figures.metric import Metric, share, total

FIELDS = ("activity_type", "area_m2", "hours", "hours_lost", "deminers", "teams", "started_on",
          "ended_on", "task", "hazard", "activity_status", "machines", "organisation", "joint_with")
JOINT_FIELDS = (*REPORTED, "activity_status")  # what `joint_work` asks
# Work that puts people on hazardous ground; as in the exposure log of the operate stage.
ON_HAZARDOUS_GROUND = ("TS", "clearance", "BAC", "EOD_spot_task")
TYPES = ("NTS", "TS", "clearance", "BAC", "EOD_spot_task")
_ONCE = ("Reports of work that is not planned; reports of the same type, task or hazard and days "
         "are one joint work where one names several teams and another one of these, or where one "
         "names the organisation of the other as its partner: they count once, with the numbers of "
         "the report that states the largest area")


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


def planned_work(table: Columns) -> np.ndarray:
    """(N,) whether a report is of work that is still to come: it is no work done."""
    return table.among("activity_status", ("planned",)) if len(table) else np.zeros(0, dtype=bool)


def joint_work(table: Columns) -> tuple[np.ndarray, dict[str, str]]:
    """((N,) whether a report repeats another one of the same joint work, id of each joint report ->
    id of the joint work, that of its first report).

    See `core.joint`; planned work is none. The report with the largest area stands for them.
    """
    repeats = np.zeros(len(table), dtype=bool)
    joint: dict[str, str] = {}
    if not len(table):
        return repeats, joint
    area, planned = table.numbers("area_m2"), planned_work(table)
    done = np.nonzero(_near_joint(table) & ~planned)[0].tolist()
    groups = joint_groups([report_of({f: table.cells[f][n] for f in REPORTED}) for n in done])
    together: dict[int, list[int]] = {}
    for n, first in groups.items():
        joint[str(table.ids[done[n]])] = str(table.ids[done[first]])
        together.setdefault(first, []).append(done[n])
    known = np.nan_to_num(area, nan=-1.0)
    for found in together.values():
        if len(found) > 1:
            kept = max(found, key=lambda n: (known[n], -n))
            repeats[[n for n in found if n != kept]] = True
    return repeats, joint


def _near_joint(table: Columns) -> np.ndarray:
    """(N,) whether a report says that it was joint work, or names the task or hazard and a day of
    one that does: all that `joint_groups` can join."""
    cells = table.cells
    says = np.array([(isinstance(t, (list, tuple)) and len(t) > 1) or bool(p) for t, p in zip(
        cells["teams"].tolist(), cells["joint_with"].tolist(), strict=True)], dtype=bool)

    def known(name: str) -> set[str]:
        return {str(v) for v in cells[name][says].tolist() if v}

    days = known("started_on") | known("ended_on")
    return says | ((table.among("task", known("task")) | table.among("hazard", known("hazard")))
                   & (table.among("started_on", days) | table.among("ended_on", days)))


def work_figures(table: Columns, head: str, repeats: np.ndarray) -> tuple[Figure, ...]:
    """All figures of the work; `table` has the columns `FIELDS`, `repeats` are of `joint_work`."""
    if not len(table):
        return tuple(m.figure(None, (), head) for m in METRICS)
    once = ~repeats & ~planned_work(table)
    hours, lost, people = (table.numbers(f) for f in ("hours", "hours_lost", "deminers"))
    area = table.numbers("area_m2")

    def of(metric: Metric, value: np.ndarray, mask: np.ndarray) -> Figure:
        known = mask & ~np.isnan(value)
        missing = int((mask & np.isnan(value)).sum())
        if not known.any():
            return metric.figure(None, (), head)
        return total(metric, table, known, value, head, note="" if not missing else
                     counted("{n} of {all} reports do not state it", n=f"{missing:,}",
                             all=f"{int(mask.sum()):,}"))

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
    asked = table.among("activity_type", ON_HAZARDOUS_GROUND) & ~planned_work(table) \
        if len(table) else np.zeros(0, dtype=bool)
    if not asked.any():
        return ()
    product = table.numbers("hours") * table.numbers("deminers")
    known = asked & ~np.isnan(product)
    lacking = int((asked & ~known).sum())
    note = counted("{n} records do not report their hours; they are in no sum",
                   n=lacking) if lacking else ""
    return (EXPOSURE[True].figure(float(product[known].sum()) if known.any() else None,
                                  table.named(known), head, note=note),
            EXPOSURE[False].figure(None, (), head, note=note))
