"""Figures of people and means: victims, risk education, teams, machines, inspections, hand-overs.

Women, men, girls and boys stand apart (SADD) and are never added up over kinds of activity: the
same people may be in several.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from landrelease.core.columns import Columns
from landrelease.core.ledger import Figure
from landrelease.core.plurals import counted
from landrelease.figures.areas import ELSEWHERE, name_of
from landrelease.figures.metric import Metric, in_area, share, total

WHO = ("women", "men", "girls", "boys")
FIELDS: dict[str, tuple[str, ...]] = {
    "accident": ("accident_class", "victims", *(f"{s}_{w}" for s in ("killed", "injured")
                                                for w in WHO)),
    "session": tuple(f"reached_{w}" for w in WHO),
    "team": ("organisation",), "machine": ("organisation",), "person": ("organisation",),
    "inspection": ("result", "visit_refused", "items_found"),
    "handover": ("handover_status",),
    "complaint": (), "task": ("task_status",),
}
_ACCIDENT: dict[str, Any] = {"subject": "accident", "field": "victims", "by_area": True}
VICTIMS = Metric("victims", "Victims", "People killed or injured, counted, never named.", "people",
                 "The field victims of accident records; records without it are not in it",
                 "people", **_ACCIDENT)
BY_FATE = {(fate, who): Metric(
    f"victims_{fate}_{who}", f"{who.capitalize()} {fate}", f"{who.capitalize()} {fate} in "
    "accidents with explosive ordnance.", "people", f"The field {fate}_{who} of accident records; "
    "records without it are not in it", "people", **_ACCIDENT)
    for fate in ("killed", "injured") for who in WHO}
FATES = {fate: Metric(
    f"victims_{fate}", f"People {fate}", f"People {fate} in accidents with explosive ordnance: the "
    "sum of what is reported for women, men, girls and boys.", "people",
    f"The fields {fate}_women, _men, _girls, _boys of accident records; those that are not "
    "reported are not in it", "people", **_ACCIDENT) for fate in ("killed", "injured")}
REACHED = {who: Metric(
    f"risk_education_{who}", f"Risk education, {who}", f"{who.capitalize()} present at sessions of "
    "risk education; whoever was at two sessions is in it twice.", "people",
    f"The field reached_{who} of session records", "people", subject="session",
    field=f"reached_{who}") for who in WHO}
COUNTS = {kind: Metric(id_, name, definition, unit, f"Records of the kind {kind}", "means",
                       subject=kind, field=seen)
          for kind, id_, name, definition, unit, seen in (
    ("session", "session_count", "Sessions of risk education", "Sessions that were held.",
     "sessions", "held_on"),
    ("team", "team_count", "Teams", "Teams on record; whether one still works is not asked.",
     "teams", "identifier"),
    ("machine", "machine_count", "Machines", "Machines on record; whether one still works is not "
     "asked.", "machines", "identifier"),
    ("person", "people_employed", "People on record", "People on record, none by name; whether one "
     "still works is not asked.", "people",
     "identifier"),
    ("inspection", "inspection_count", "Inspections", "Inspections on record, refused visits "
     "included.", "inspections", "result"),
    ("complaint", "complaint_count", "Complaints", "Complaints on record.", "complaints",
     "identifier"))}
ACCEPTED = Metric("share_inspections_accepted", "Share of inspections accepted", "Inspections with "
                  "the result accepted.", "share", "Inspection records with a result", "quality",
                  denominator="inspections with the result accepted, rejected or conditional",
                  subject="inspection", field="result")
REFUSED = Metric("visits_refused", "Visits refused", "Visits of inspectors that were refused.",
                 "visits", "Inspection records with visit_refused yes, or the result refused",
                 "quality", subject="inspection", field="visit_refused")
HANDED = Metric("handover_count", "Hand-overs held", "Hand-overs that were held and not revoked.",
                "hand-overs", "Hand-over records with the status held", "quality",
                subject="handover", field="handover_status")
REVOKED = Metric("handovers_revoked", "Hand-overs revoked", "Hand-overs that were revoked.",
                 "hand-overs", "Hand-over records with the status revoked", "quality",
                 subject="handover", field="handover_status")
METRICS = (VICTIMS, *FATES.values(), *BY_FATE.values(), *REACHED.values(), *COUNTS.values(),
           ACCEPTED, REFUSED, HANDED, REVOKED)


def people_figures(tables: Mapping[str, Columns], head: str, areas: np.ndarray | None = None,
                   names: Mapping[str, str] | None = None) -> tuple[Figure, ...]:
    """tables : kind -> columns `FIELDS[kind]`; kinds that a reader does not see are left out.

    areas : (N,) the administrative area of each accident, "" none, by which victims are divided as
        well; None: of the whole programme only. names : of the areas
    """
    found: list[Figure] = []
    if "accident" in tables:
        found += _victims(tables["accident"], head)
        if areas is not None and len(areas):
            found += _victims_by_area(tables["accident"], areas, names or {}, head)
    if "session" in tables:
        found += [_sum(REACHED[who], tables["session"], (f"reached_{who}",), head) for who in WHO]
    for kind, metric in COUNTS.items():
        if kind in tables:
            table = tables[kind]
            found.append(total(metric, table, np.ones(len(table), dtype=bool),
                               np.ones(len(table)), head))
    if "inspection" in tables:
        found += _inspections(tables["inspection"], head)
    if "handover" in tables:
        table = tables["handover"]
        every = np.ones(len(table), dtype=bool)
        found += [total(metric, table, table.among("handover_status", (word,)),
                        np.ones(len(table)), head, asked=every,
                        stated=~table.among("handover_status", ("",)))
                  for metric, word in ((HANDED, "held"), (REVOKED, "revoked"))]
    return tuple(found)


def _victims(table: Columns, head: str) -> list[Figure]:
    found = [_sum(VICTIMS, table, ("victims",), head)]
    for fate, metric in FATES.items():
        found.append(_sum(metric, table, tuple(f"{fate}_{who}" for who in WHO), head))
    return found + [_sum(metric, table, (f"{fate}_{who}",), head)
                    for (fate, who), metric in BY_FATE.items()]


def _victims_by_area(table: Columns, areas: np.ndarray, names: Mapping[str, str], head: str
                     ) -> list[Figure]:
    """The figures of victims in each area of which any record reports them."""
    found = []
    for area in sorted(set(areas.tolist())):
        own = table.take(areas == area)
        found += [in_area(f, area or ELSEWHERE, name_of(area, names)) for f in _victims(own, head)
                  if f.value is not None]
    return found


def _sum(metric: Metric, table: Columns, fields: tuple[str, ...], head: str) -> Figure:
    """Sum of fields over the records that report any of them; "declined" is not zero (S12)."""
    if not len(table):
        return metric.figure(None, (), head)
    values = np.column_stack([table.numbers(f) for f in fields])
    known = ~np.isnan(values).all(axis=1)
    if not known.any():
        return metric.figure(None, (), head)
    missing = int((~known).sum())
    return metric.figure(float(np.nansum(values)), table.named(known), head, note="" if not missing
                         else counted("{n} of {all} records do not report it", n=f"{missing:,}",
                                      all=f"{len(table):,}"))


def _inspections(table: Columns, head: str) -> list[Figure]:
    judged = table.among("result", ("accepted", "rejected", "conditional"))
    refused = table.among("result", ("refused",)) | table.among("visit_refused", ("yes",))
    accepted = table.among("result", ("accepted",))
    return [share(ACCEPTED, float(accepted.sum()), float(judged.sum()),
                  table.named(judged), head) if judged.any() else ACCEPTED.figure(None, (), head),
            total(REFUSED, table, refused, np.ones(len(table)), head,
                  asked=np.ones(len(table), dtype=bool),
                  stated=~(table.among("result", ("",)) & table.among("visit_refused", ("",))))]
