"""Who sees what: one table, applied to whatever leaves the store (S14 to S17).

What is not named in the table is not visible. Without a role it is the public's view.

Precisions:

- ``exact``: record by record, as it stands, with the fields that are named.
- ``cells``: only as coarse cells that hold all of the widened ground (`access.ground`, S15).
- ``inward``: only as ground rounded inward (`access.ground`, S15).
- ``municipality``: only as totals of administrative areas.
- ``none``: not at all.

Rows: all, those of the reader's organisation, those in the reader's areas, or either. A reader who
states no organisation (no area) sees nothing of a subject that is given by organisation (by area).
An area that is stated narrows what is given record by record and whole; it never widens. What is
given as cells is never narrowed: beside an area it would show less than there is (S15).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.kind import ValidationLevel
from landrelease.core.ledger import Figure, LedgerRow
from landrelease.core.record import KINDS, Kind, Record
from landrelease.errors import NOT_FOR_ROLE, ROLE_UNKNOWN, LandReleaseError

Role = Literal["public", "donor", "community", "operator", "inspector", "planner", "authority",
               "administrator"]
Precision = Literal["exact", "cells", "inward", "municipality", "none"]
Rows = Literal["all", "organisation", "area", "organisation_or_area"]
ROLES: tuple[Role, ...] = get_args(Role)
OUTSIDE: tuple[Role, ...] = ("public", "community", "donor")  # not part of the programme

# What is computed, and the fields that it has for a reader.
RESULTS: dict[str, tuple[str, ...]] = {
    "plan_priority": ("hazard_id", "priority", "score", "rank_low", "rank_high", "chance_first",
                      "holds", "reasons", "values", "parts"),
    "plan_dates": ("task_id", "hazard_id", "activity", "start", "finish", "mode", "cost"),
    "plan_teams": ("task_id", "team", "pool", "organisation", "base", "start", "finish"),
    "plan_quality": ("score", "bound", "rules", "room_closed", "gap", "iterations", "seed"),
    "forecast": ("start", "finish", "curve", "total", "chance_by", "drivers", "policy", "runs",
                 "seed", "assumptions", "cost"),
    "figures": ("id", "name", "definition", "value", "unit", "scope", "low", "high", "note",
                "chain_head", "counts", "denominator", "level", "valid_at", "known_at", "records",
                "uncounted"),
    "ledger": ("area_id", "name", "hazards", "hazardous_m2", "cancelled_m2", "reduced_m2",
               "cleared_m2", "contested_m2", "accidents", "hazard_ids", "outcome_ids"),
    "assessment": ("hazard_id", "people_nearby", "people_low", "people_high", "accidents_nearby",
                   "accidents_inside", "lifted_nearby", "cleared_overlap_m2", "prior",
                   "next_action"),
    "next_survey": ("hazard_id", "area_m2", "action", "words", "reasons", "chance", "chance_low",
                    "chance_high", "is_prior", "threshold", "threshold_source", "passes",
                    "proposed_type", "people_nearby", "searched", "value_per_hectare",
                    "best_hectares", "next_hectare_value", "review_per_hectare",
                    "days_to_threshold", "allocated_days", "chance_after", "chosen"),
    "type_proposal": ("hazard_id", "recorded", "proposed", "direct_weight", "total_weight",
                      "cha_share", "parts", "reasons", "log"),
    "reach": ("communities", "segments", "curve", "summary"),
    "contamination_map": ("bands",),
    "accident_points": ("place", "accident_class", "victims", "information_date"),
    "accident_counts": ("accidents",),
    "quarantine": ("rows", "counts"),
    "imports": ("reports", "counts"),
    "source_files": ("names", "content"),
    "photographs": ("picture",),
    "history": ("revisions",),
    "audit": ("result", "findings"),
    "registry": ("file",),
    "personal": ("values",),
    "tracks": ("fixes",),
    "closures": ("areas",),
    "items": ("places", "counts"),
}

ALL = "*"
WITHHELD = "(withheld)"


@dataclass(frozen=True, slots=True)
class Grant:
    """What one role sees of one subject. `fields` are names, or `ALL` that are not personal."""

    precision: Precision
    fields: tuple[str, ...] = (ALL,)
    rows: Rows = "all"


NOTHING = Grant("none", ())


def _all(precision: Precision = "exact", rows: Rows = "all") -> Grant:
    return Grant(precision, rows=rows)


def _some(precision: Precision, fields: str, rows: Rows = "all") -> Grant:
    return Grant(precision, tuple(fields.split()), rows)


def _whole(subjects: str, rows: Rows = "all") -> dict[str, Grant]:
    return {subject: _all(rows=rows) for subject in subjects.split()}


_CELLS = Grant("cells", ())
_AREAS = "name level identifier"
_PLACES = "name municipality_name population population_year"
_OUTCOME = "outcome_type depth_m information_date"
_LEDGER = ("area_id name hazards hazardous_m2 cancelled_m2 reduced_m2 cleared_m2 contested_m2 "
           "accidents")
_FIGURES = ("id name definition value unit scope low high note chain_head counts denominator level "
            "valid_at known_at")
_FORECAST = "start finish curve total chance_by drivers policy runs seed assumptions"
_QUALITY = "score bound rules room_closed gap iterations seed"

_PUBLIC = {
    "hazard": _CELLS,
    "outcome": _some("inward", _OUTCOME),
    "settlement": _some("exact", _PLACES),
    "administrative_area": _some("exact", _AREAS),
    "ledger": _some("municipality", _LEDGER),
    "figures": _some("exact", _FIGURES),
    "forecast": _some("exact", _FORECAST),
    "accident_counts": _all("municipality"),
    "audit": _some("exact", "result"),
}
# Whoever goes into the field must know all dangers and closures, also those found by others; what
# others employ, and where their people are, is no part of that.
_FIELD_WORK = {
    **_PUBLIC,
    **_whole("hazard evidence outcome activity item ordnance settlement administrative_area road "
             "parcel closure marking"),
    **_whole("ledger figures assessment next_survey type_proposal reach contamination_map closures "
             "items"),
    **_whole("team person machine detector accreditation gate track coverage inspection session",
             rows="organisation"),
    **_whole("task handover permit environment", rows="organisation_or_area"),
    **_whole("plan_teams tracks", rows="organisation"),
    "plan_dates": _some("exact", "task_id hazard_id activity start finish mode"),
}
_OFFICE = {
    **_FIELD_WORK,
    **_whole("accident team person machine detector accreditation gate track coverage inspection "
             "session task handover permit environment complaint project fund expense "
             "exchange_rate source claim"),
    **_whole("accident_points accident_counts forecast plan_priority plan_dates plan_teams "
             "plan_quality tracks quarantine imports history audit photographs"),
    "source_files": _some("exact", "names"),
}
_WHOLE = {**_OFFICE, **_whole("source_files registry personal")}

# THE table. A row is a role; what a row does not name, its role does not see.
TABLE: dict[Role, dict[str, Grant]] = {
    "public": _PUBLIC,
    "community": {
        **_PUBLIC,
        "parcel": _some("exact", "identifier name land_use use_after_release", "area"),
    },
    "donor": {
        **_PUBLIC,
        **_whole("claim exchange_rate"),
        "project": _some("exact", "identifier name project_type project_status planned_start "
                         "finished_on cost currency beneficiaries"),
        **_whole("fund expense", rows="organisation"),
        "forecast": _all(),  # with the cost
        "plan_quality": _some("exact", _QUALITY),
    },
    "operator": _FIELD_WORK,
    "inspector": {
        **_FIELD_WORK,
        **_whole("team person machine detector accreditation gate track coverage inspection "
                 "session task handover permit environment complaint tracks history imports"),
        "accident": _some("exact", "accident_class information_date"),
        "accident_points": _some("exact", "place accident_class information_date"),
    },
    "planner": _OFFICE,
    "authority": _WHOLE,
    "administrator": _WHOLE,
}

# The highest level of validation that a role may give in the web app; it may withdraw as far up as
# that too. A role that is not named gives none. Whoever keeps the registry gives each with
# `sign-off` on the command line. What departments of a programme may is an assumption: operators
# validate their own reports, the quality and planning staff for operations, the keepers of the
# registry for information management, and a decision is the authority's, with its key (S09).
VALIDATES: dict[Role, ValidationLevel] = {
    "operator": "operator", "inspector": "operations", "planner": "operations",
    "administrator": "information_management", "authority": "authority",
}
# Who may bring files in: roles that see rows that wait, and operators. Whoever did sees what became
# of the rows of that file, and may mend those that wait (`workflows.own_imports`).
BRINGS_IN: tuple[Role, ...] = ("operator", "inspector", "planner", "authority", "administrator")
LEVELS: tuple[ValidationLevel, ...] = get_args(ValidationLevel)

# A count over fewer records than this can show a single one; so can an area or a sum. An assumption
# (the smallest frequency that tables of official statistics commonly show; Hundepool et al.,
# Statistical Disclosure Control, 2012, on the threshold rule); a programme sets its own as
# `small_count_minimum` of the registry.
SMALL_COUNT = 3

# Fields that say whose a record is, and in which administrative area it lies. A reference to an
# administrative area counts as well, whatever its name.
ORGANISATION_FIELDS = ("organisation", "accredited_organisation", "inspected_organisation",
                       "inspecting_organisation", "holder_organisation", "donor")
AREA_FIELDS = ("administrative_area", "municipality", "municipality_name", "district")

# Why something is withheld, in words for the reader; anything else is withheld as not named.
_TEAMS = "positions and dated plans of teams are never public (S16)"
REASONS: dict[str, str] = {
    "plan_dates": "dated plans of teams are never public (S16)",
    "plan_teams": "positions of teams are never public (S16)",
    "plan_priority": "the order of single areas tells where teams go next (S16)",
    "tracks": "tracks are never public (S16)",
    "track": "tracks are never public (S16)",
    "coverage": "where tracks were is never public (S16)",
    "closures": "closures in force are never public (S16)",
    "closure": "closures in force are never public (S16)",
    "items": "items not yet removed are never public (S16)",
    "item": "items not yet removed are never public (S16)",
    "accident": "accidents with persons are never public as points (S16); counted by municipality",
    "accident_points": "accidents with persons are never public as points (S16)",
    "activity": "places of work are not public (S16)",
    "team": _TEAMS, "task": _TEAMS, "gate": _TEAMS, "permit": _TEAMS, "session": _TEAMS,
    "person": "staff are protected (S17)",
    "complaint": "whoever reports is protected (S17)",
    "hazard": "shown as coarse cells that hold all of the ground, never smaller (S15)",
    "outcome": "shown rounded inward, without ground that is still suspected (S15)",
    "evidence": "it speaks of single places; the public layer is coarser (S15)",
    "marking": "signs and fences follow the hazard more closely than the public layer (S15)",
    "contamination_map": "its cells are finer than those of the public layer (S15)",
    "assessment": "it speaks of single areas; the public layer is coarser (S15)",
    "next_survey": "it speaks of single areas and tells where teams may go next (S15, S16)",
    "type_proposal": "it speaks of single areas; the public layer is coarser (S15)",
    "reach": "blocked roads show where hazards and closures are (S15, S16)",
    "quarantine": "rows not yet accepted may name persons or wrong places (S14, S17)",
    "history": "earlier shapes and authors are for the office (S14, S17)",
    "imports": "they name files and rows (S14)",
    "source_files": "files as they came in may name persons (S17)",
    "photographs": "they may show persons, and what was found where (S16, S17)",
    "registry": "the file holds everything (S14)",
    "personal": "personal values are shown one by one, for a stated reason that is recorded (S17)",
}
NEVER_PUBLIC = ("plan_dates", "plan_teams", "closures", "items", "tracks", "accident_points",
                "accident", "team", "task", "gate", "permit", "track", "coverage", "closure",
                "item", "person", "personal")  # S16, S17


@dataclass(frozen=True, slots=True)
class WayOut:
    """One way by which something leaves. `needs`: (subject, field) pairs without which it is
    refused; what is not refused passes `View.records`, `View.rows` or one of their kin."""

    what: str
    needs: tuple[tuple[str, str], ...] = ()


# Work of the office at its own registry, whose files stay in the office. Whoever runs it holds the
# registry itself, which holds everything: without a role it is the keeper's. With a role it is that
# reader's. What is made to be shown or handed on is the public's without a role (S14).
KEEPERS_WORK = frozenset((
    "audit",
    "source list",
    "source get",
    "quarantine list",
    "quarantine show",
    "quarantine export",
    "quarantine mend",
    "quarantine retry",
    "quarantine reject",
    "assess map",
    "assess cells",
    "assess next",
    "assess residual",
    "assess type",
    "plan make",
    "plan check",
    "plan rank",
    "plan explain",
    "plan conflicts",
    "plan policy",
    "plan price",
    "plan what-if",
    "plan pareto",
    "plan compare",
    "plan orders",
    "plan bound",
    "plan problem",
    "plan reach",
    "operate gate",
    "operate days",
    "release propose",
    "release list",
    "release unlocked",
    "complaint list",
    "complaint answer",
    "operate accidents",
    "operate environment",
    "operate marking",
    "operate evacuations",
    "operate exposure",
    "operate competence",
    "verify lots",
    "verify draw",
    "verify record",
    "verify teams",
    "verify open",
    "operate proof",
    "operate measured",
    "operate lanes",
    "forecast make",
    "forecast rates",
    "forecast compare",
    "forecast backtest",
    "exchange pack",
    "exchange status",
    "exchange conflicts",
    "identity list",
    "edits list",
    "area lineage",
))
KEEPER: Role = "administrator"


def role_for(way: str, role: str | None) -> str | None:
    """The role of a way out on the command line: as stated, else the keeper's or the public's."""
    return KEEPER if role is None and way in KEEPERS_WORK else role


_WAITING = (("quarantine", "rows"),)
_PLAN = (("plan_priority", "score"), ("plan_dates", "cost"), ("plan_teams", "team"),
         ("plan_quality", "gap"))
_INSPECTED = (("inspection", "result"), ("outcome", "outcome_type"), ("activity", "task"),
              ("task", "teams"))
_WORKS = (("project", "cost"), ("hazard", "status"), ("handover", "handover_status"))
_MONEY = (("fund", "amount"), ("expense", "amount"))
# Every way out that exists. A new one is added here, and to the test that walks them all.
WAYS_OUT: dict[str, WayOut] = {
    "export": WayOut("records as CSV and GeoJSON, and what was withheld as JSON"),
    "share": WayOut("a redacted copy of the registry as a GeoPackage"),
    "withheld": WayOut("the report of what is withheld, and why"),
    "history": WayOut("the revisions of a record", (("history", "revisions"),)),
    "audit": WayOut("whether the past is unchanged; which revisions are not, for the programme"),
    "personal": WayOut("the personal values of one record", (("personal", "values"),)),
    "area lineage": WayOut("the descent of an area, with its parts", (("history", "revisions"),)),
    "edits list": WayOut("rows of the layers that another program changed", (
        ("history", "revisions"), ("quarantine", "rows"))),
    "check": WayOut("what is doubtful in places, shapes and identifiers of records", (
        ("history", "revisions"), ("quarantine", "rows"))),
    "forms build": WayOut("forms with the teams, tasks and areas that people choose from"),
    "identity list": WayOut("persons with keys, by id", (("history", "revisions"),)),
    "source list": WayOut("photographs with the records that they came with", (
        ("source", "title"), ("photographs", "picture"))),
    "source get": WayOut("a photograph without its metadata; files as they came, for the keeper", (
        ("photographs", "picture"),)),
    "quarantine list": WayOut("rows that wait", _WAITING),
    "quarantine show": WayOut("one row that waits", _WAITING),
    "quarantine export": WayOut("rows that wait, as a spreadsheet", _WAITING),
    "quarantine mend": WayOut("findings of one row that waits", _WAITING),
    "quarantine retry": WayOut("findings of one row that waits", _WAITING),
    "quarantine reject": WayOut("one row that waits is there", _WAITING),
    "assess map": WayOut("the contamination map as a raster, assessments as JSON", (
        ("contamination_map", "bands"), ("assessment", "prior"))),
    "assess cells": WayOut("cells with what was found in each, and distances, as a table", (
        ("contamination_map", "bands"), ("accident_points", "place"), ("items", "places"))),
    "assess next": WayOut("the next survey of each area, and where survey effort is best spent", (
        ("next_survey", "chance"), ("assessment", "prior"))),
    "assess type": WayOut("SHA or CHA as the evidence proposes it, with every piece's weight", (
        ("type_proposal", "log"), ("evidence", "evidence_type"))),
    "assess residual": WayOut("the residual risk of one hazard, with the records under it", (
        ("assessment", "prior"), ("items", "counts"), ("accident_points", "place"))),
    "plan make": WayOut("a plan with dates, teams and costs", _PLAN),
    "plan check": WayOut("whether a plan can be carried out, and what speaks against it", _PLAN),
    "plan rank": WayOut("areas in an order by weighted criteria, with reasons", (
        ("plan_priority", "score"), ("assessment", "prior"))),
    "plan explain": WayOut("what binds a plan, and why one area comes first", _PLAN),
    "plan conflicts": WayOut("which requirements keep work from being planned", _PLAN),
    "plan policy": WayOut("a plan beside a rule on sampled outcomes", _PLAN),
    "plan price": WayOut("what a plan would gain without a constraint", _PLAN),
    "plan what-if": WayOut("a plan by other weights, and what is different", _PLAN),
    "plan pareto": WayOut("plans between two parts of the objective", _PLAN),
    "plan compare": WayOut("two plans side by side: what moves, who wins, who loses", _PLAN),
    "plan problem": WayOut("the problem of a plan as tables: areas, teams, dates, costs", _PLAN),
    "plan bound": WayOut("a better bound for a plan", _PLAN),
    "plan orders": WayOut("which tasks of a plan were recorded", _PLAN),
    "plan reach": WayOut("communities that can be reached, segments that are blocked", (
        ("reach", "segments"),)),
    "operate gate": WayOut("the start-of-day gate of a task, with its records", (
        ("task", "teams"), ("gate", "result"), ("accreditation", "accreditation_status"),
        ("person", "competences"), ("closure", "closure_reason"))),
    "operate days": WayOut("days of work whose gate had not passed", (
        ("task", "teams"), ("gate", "result"), ("activity", "started_on"),
        ("person", "competences"), ("closure", "closure_reason"))),
    "release propose": WayOut("what speaks for the release of an area, with its records", (
        ("quarantine", "rows"), ("history", "revisions"), ("items", "places"),
        ("accident_points", "place"), ("inspection", "result"), ("gate", "result"))),
    "release list": WayOut("certificates with their state, and what reopened them", (
        ("history", "revisions"), ("handover", "certificate"))),
    "release lookup": WayOut("the state of one certificate; what else, for the programme"),
    "release certificate": WayOut("the certificate of a release as PDF or spreadsheet", (
        ("history", "revisions"), ("handover", "certificate"), ("items", "counts"))),
    "release unlocked": WayOut("projects whose land is handed over, and what others wait for", (
        ("project", "project_status"), ("history", "revisions"))),
    "complaint list": WayOut("complaints with where each stands, who answered and when", (
        ("complaint", "complaint_status"), ("history", "revisions"))),
    "complaint answer": WayOut("one complaint, as it stands after it was answered or closed", (
        ("complaint", "answer"), ("history", "revisions"), ("quarantine", "rows"))),
    "complaint state": WayOut("where one report stands, by its code; nothing of others"),
    "operate accidents": WayOut("accidents and incidents, what is overdue and what is missing", (
        ("accident", "victims"), ("accident", "narrative"), ("inspection", "due_on"))),
    "operate environment": WayOut("the environmental record, and what is to be restored", (
        ("environment", "environment_type"), ("item", "disposal"))),
    "operate marking": WayOut("marking of hazards, and what is wrong with it", (
        ("marking", "state"), ("hazard", "status"))),
    "operate evacuations": WayOut("evacuations and drills, and which are due", (
        ("gate", "gate_type"), ("task", "task_status"))),
    "operate exposure": WayOut("hours of people and machines on hazardous ground", (
        ("activity", "hours"), ("track", "machine"), ("hazard", "status"))),
    "operate competence": WayOut("trainings and accreditations, and when they end", (
        ("person", "competences"), ("accreditation", "accreditation_status"))),
    "verify lots": WayOut("lots of a task's completed ground, with their samples", _INSPECTED),
    # Whoever is inspected does not learn before the inspection where it will search.
    "verify draw": WayOut("the units of a lot that are searched again, with their places",
                          (*_INSPECTED, ("history", "revisions"))),
    "verify record": WayOut("what searching the units of a lot again showed",
                            (*_INSPECTED, ("history", "revisions"))),
    "verify teams": WayOut("teams on identical terms, from the lots that were inspected", (
        *_INSPECTED, ("team", "school"), ("item", "quantity"))),
    "verify open": WayOut("nonconformities that are open, visits that were refused", _INSPECTED),
    "operate proof": WayOut("what tracks prove of a recorded task", (
        ("task", "teams"), ("track", "fixes"), ("coverage", "covered_m2"))),
    "operate measured": WayOut("what measured lanes cover of a recorded task", (
        ("task", "teams"), ("track", "fixes"), ("coverage", "covered_m2"))),
    "operate lanes": WayOut("lanes over a recorded task, with what may not be entered", (
        ("task", "teams"), ("hazard", "status"), ("closure", "closure_reason"))),
    "forecast make": WayOut("distributions of finish and cost, on a plan", (
        ("forecast", "cost"), ("plan_quality", "gap"))),
    "money summary": WayOut("funds and expenses, in sums and one by one", _MONEY),
    "money costs": WayOut("cost per m² by outcome and method", (*_MONEY, ("activity", "area_m2"))),
    "money runway": WayOut("the day the money ends", _MONEY),
    "projects list": WayOut("works of phase two: what they wait for, when they can start", _WORKS),
    "projects outlook": WayOut("land and people back, planned against actual", (
        *_WORKS, ("handover", "handed_over_on"), ("plan_dates", "finish"))),
    "forecast rates": WayOut("how fast teams of each kind and each team work", (
        ("forecast", "cost"), ("plan_teams", "team"))),
    "forecast compare": WayOut("scenarios of a plan side by side", (
        ("forecast", "cost"), ("plan_quality", "gap"))),
    "forecast backtest": WayOut("how good forecasts of past months were", (
        ("forecast", "cost"), ("plan_teams", "team"))),
    "figures list": WayOut("all figures"),
    "figures trace": WayOut("one figure and the records under it"),
    "figures recompute": WayOut("whether an exported figure comes out again", (
        ("figures", "records"),)),
    "figures treaty": WayOut("tables for treaty and donor reports"),
    "document plan": WayOut("the plan of work as a document; reasons and score for who sees plans "
                            "whole", (("plan_dates", "start"),)),
    "document task": WayOut("the order of one task as a document", (
        ("task", "teams"), ("hazard", "status"), ("accreditation", "accreditation_status"),
        ("closure", "closure_reason"))),
    "document week": WayOut("a week's work, finds, inspections and what waits, as a document", (
        ("activity", "area_m2"), ("task", "task_status"), ("inspection", "result"),
        ("coverage", "covered_m2"))),
    "document donor": WayOut("money and figures for donors as a document", (
        *_MONEY, ("figures", "value"))),
    "figures tables": WayOut("the area ledger by municipality"),
    "claims check": WayOut("published numbers beside figures"),
    "claims recorded": WayOut("recorded claims beside figures", (("claim", "value"),)),
    "publish": WayOut("the page, the document and the data files"),
    "import report": WayOut("what became of the rows of a file, for who brought it in"),
    "serve": WayOut("a web app: pages, records, tiles, OGC API Features"),
    "ask": WayOut("whether a place is known to be hazardous or released, and the day of each "
                  "report of danger near it, with nothing else of it: the public's answer"),
    "exchange pack": WayOut("a package of revisions for another office", (("registry", "file"),)),
    "exchange status": WayOut("whose chains are here, and how far", (("history", "revisions"),)),
    "exchange conflicts": WayOut("what offices say differently of the same records", (
        ("history", "revisions"), ("quarantine", "rows"))),
    "errors": WayOut("messages of errors, on every way"),
}


@dataclass(frozen=True, slots=True)
class Withheld:
    """One thing that a reader does not get whole, in plain words. Counts are withheld as well."""

    subject: str
    precision: Precision
    fields: tuple[str, ...]  # withheld fields where the rest is shown
    reason: str
    rows: Rows = "all"  # which rows are shown, where it is not all of them


@dataclass(frozen=True, slots=True, eq=False)
class Area:
    """An area that a reader may look into: its names (id, identifier, name) and its ground.

    `ground` is in degrees, None where nobody recorded one: records are then in it by name.
    """

    names: tuple[str, ...]
    ground: BaseGeometry | None = None


@dataclass(frozen=True, slots=True)
class View:
    """What a reader may see: a role, and the organisation and areas that the reader speaks for."""

    role: Role
    organisation: str = ""
    areas: tuple[Area, ...] = ()
    kinds: Mapping[str, Kind] = field(default_factory=lambda: KINDS, repr=False)
    small_count: int = SMALL_COUNT
    public_fields: frozenset[tuple[str, str]] = frozenset()  # of the national extension

    def grant(self, subject: str) -> Grant:
        """The grant as it counts for this reader; of rows that nobody can be shown, nothing."""
        found = TABLE[self.role].get(subject, NOTHING)
        named = {"all": True, "organisation": bool(self.organisation), "area": bool(self.areas),
                 "organisation_or_area": bool(self.organisation or self.areas)}
        return found if named[found.rows] else NOTHING

    def precision(self, subject: str) -> Precision:
        """Precision of a record kind or result kind; "none" for what is not named."""
        return self.grant(subject).precision

    def may(self, subject: str, field: str = "") -> bool:
        """Whether anything of a kind or result, or one of its fields, may be seen at all.

        A field that is not defined, or that is personal (S17), may not. A field of a national
        extension is for roles inside the programme that see all fields, and for others where the
        extension itself calls it public.
        """
        grant = self.grant(subject)
        if grant.precision == "none":
            return False
        if not field:
            return True
        return field in self.fields(subject)

    def fields(self, subject: str) -> tuple[str, ...]:
        """Visible fields in the order of their definition."""
        grant = self.grant(subject)
        if grant.precision == "none":
            return ()
        known = fields_of(subject, self.kinds)
        ours = frozenset(fields_of(subject, KINDS)) if subject in self.kinds else known

        def seen(name: str) -> bool:
            if name not in ours:  # of the national extension
                return ((subject, name) in self.public_fields if self.role in OUTSIDE
                        else ALL in grant.fields)
            return ALL in grant.fields or name in grant.fields

        return tuple(name for name in known if seen(name))

    def whole(self) -> View:
        """The view for what cannot be cut by rows: subjects given by organisation or area fall out.

        For a page or a plan that is made of all rows at once.
        """
        return replace(self, organisation="", areas=())

    def check(self, way: str) -> None:
        """Raise ACC-101 where the role may not use a way out at all; it says which roles may."""
        for subject, name in WAYS_OUT[way].needs:
            if not self.may(subject, name):
                able = [r for r in ROLES if all(View(r).may(s, f) for s, f in WAYS_OUT[way].needs)]
                raise LandReleaseError(NOT_FOR_ROLE, role=self.role, subject=WAYS_OUT[way].what,
                                       roles=", ".join(able))

    def levels(self, now: str = "entered") -> tuple[ValidationLevel, ...]:
        """The levels that the reader may give to a record that has the level `now`: none where
        somebody above the reader gave that."""
        highest = VALIDATES.get(self.role)
        if highest is None or LEVELS.index(now) > LEVELS.index(highest):
            return ()
        return LEVELS[:LEVELS.index(highest) + 1]

    # --- rows ------------------------------------------------------------------------------------

    def inside(self, records: Iterable[Record]) -> list[Record]:
        """Those of the records that this reader may know of, whole, by organisation and area.

        For what is computed from them; what leaves record by record passes `records`.
        """
        listed = list(records)
        grants = {kind: self.grant(kind) for kind in {r.kind for r in listed} if self.may(kind)}
        listed = [r for r in listed if r.kind in grants]
        if not listed:
            return []
        placed = self._in_areas(listed) if self.areas else np.zeros(len(listed), dtype=bool)
        out = []
        for record, there in zip(listed, placed, strict=True):
            grant = grants[record.kind]
            if grant.rows == "all":
                seen = (not self.areas or grant.precision != "exact" or bool(there)
                        or not self._has_place(record.kind))
            elif grant.rows == "area":
                seen = bool(there)
            else:
                seen = self._own(record.values) or (grant.rows != "organisation" and bool(there))
            if seen:
                out.append(record)
        return out

    def nearby(self, records: Sequence[Record]) -> Sequence[Record]:
        """What results are computed from: narrowed to the areas that a reader stated who sees
        hazards as they stand; for all others the whole, because what they get of it is coarser."""
        if not self.areas or self.precision("hazard") != "exact" or not records:
            return records
        placed = self._in_areas(records)
        return [r for r, there in zip(records, placed, strict=True)
                if there or not self._has_place(r.kind)]

    def records(self, records: Iterable[Record]) -> list[Record]:
        """Records as they may leave, one by one.

        A kind that is seen only as cells, rounded inward or in totals gives no record here: its
        layer comes from `access.ground` or from the ledger. Values keep only the visible fields;
        the date of information goes with its field; revision, chain, signature, files and level of
        validation belong to the history.
        """
        known = self.inside(records)
        visible = {kind: frozenset(self.fields(kind)) for kind in {r.kind for r in known}
                   if self.precision(kind) == "exact"}
        hidden: dict[str, Any] = {} if self.may("history") else {
            "revision": 0, "sources": (), "chain": "", "signed_by": "", "validation": "entered"}
        out: list[Record] = []
        for record in known:
            seen = visible.get(record.kind)
            if seen is not None and not hidden and record.values.keys() <= seen and (
                    record.valid_from is None or "information_date" in seen):
                out.append(record)  # all of it: of thousands no copy is made
            elif seen is not None:
                out.append(replace(
                    record, values={k: v for k, v in record.values.items() if k in seen},
                    valid_from=record.valid_from if "information_date" in seen else None,
                    **hidden))
        return out

    def rows(self, rows: Sequence[Mapping[str, Any]], subject: str) -> list[dict[str, Any]]:
        """Rows of a result with the visible fields only; no rows where nothing is visible.

        A result that is given by organisation keeps the rows whose `organisation` is the reader's.
        """
        grant = self.grant(subject)
        if grant.precision == "none":
            return []
        allowed = set(self.fields(subject))
        return [{k: v for k, v in row.items() if k in allowed} for row in rows
                if grant.rows == "all" or self._own(row)]

    def _own(self, values: Mapping[str, Any]) -> bool:
        mine = _word(self.organisation)
        return bool(mine) and any(
            mine == _word(word) for name in ORGANISATION_FIELDS for word in _words(values, name))

    def _has_place(self, kind: str) -> bool:
        return self.kinds[kind].geometry != "none" or bool(area_fields(self.kinds[kind]))

    def _in_areas(self, records: Sequence[Record]) -> np.ndarray:
        names = {_word(name) for area in self.areas for name in area.names}
        unknown = {_word(n) for area in self.areas if area.ground is None for n in area.names}
        shapes = np.empty(len(records), dtype=object)
        shapes[:] = [r.geometry for r in records]
        there = np.zeros(len(records), dtype=bool)
        for area in self.areas:
            if area.ground is not None:
                there |= shapely.intersects(area.ground, shapes)  # False where there is none
        for n, record in enumerate(records):
            if there[n]:
                continue
            by_name = unknown if record.geometry is not None else names
            there[n] = bool(by_name) and any(
                _word(word) in by_name for name in area_fields(self.kinds[record.kind])
                for word in _words(record.values, name))
        return there

    # --- counts ----------------------------------------------------------------------------------

    def few(self, count: int) -> bool:
        """Whether a count could show a single record (S14). None at all shows none."""
        return 0 < count < self.small_count

    def ledger(self, rows: Sequence[LedgerRow]) -> tuple[LedgerRow, ...]:
        """The ledger (A areas and, last, the total) as it may be seen.

        Who does not see hazards one by one gets areas with few of them joined into one row, with
        as many more as it takes that the row cannot show a single record, also not as what remains
        of the total; nothing where the total itself is of few. Where an area has few accidents,
        only their total is told.
        """
        if not rows or not self.may("ledger"):
            return ()
        shown = tuple(rows)
        if not (self.precision("hazard") == "exact" and self.may("ledger", "hazard_ids")):
            shown = self._joined(rows)
        if self.may("ledger", "hazard_ids"):
            return shown
        return tuple(replace(r, hazard_ids=(), outcome_ids=()) for r in shown)

    def _joined(self, rows: Sequence[LedgerRow]) -> tuple[LedgerRow, ...]:
        *single, total = rows
        if self.few(total.hazards):
            return ()
        named = {h for r in single for h in r.hazard_ids}
        beyond = replace(
            total, area_id="", name="", hazards=len(set(total.hazard_ids) - named),
            **_parts(lambda name: _rest(getattr(total, name), [getattr(r, name) for r in single])))
        kept = [r for r in single if not self.few(r.hazards)]
        joined = [r for r in (*single, beyond) if self.few(r.hazards)]
        while joined and self.few(_sum(joined).hazards) and kept:
            joined.append(kept.pop(min(range(len(kept)), key=lambda n: kept[n].hazards)))
        shown = [*kept, *([replace(_sum(joined), name="Other areas, fewer than "
                                   f"{self.small_count} hazards in each")] if joined else [])]
        known = total.accidents or 0
        if any(self.few(r.accidents or 0) for r in (*single, *shown)) or self.few(
                known - sum(r.accidents or 0 for r in single)):
            shown = [replace(r, accidents=None) for r in shown]
        return (*shown, replace(total, accidents=None) if self.few(known) else total)

    def figures(self, found: Iterable[Figure], unseen: Collection[str] = ()
                ) -> tuple[Figure, ...]:
        """The figures that may be seen; their records only where those may be seen too.

        unseen : ids of records under the figures that the reader does not see one by one.

        A figure that shows a result of its own (cost, quality of the plan, chances) follows the
        policy of that result. Who does not see the records gets no figure that rests on few of
        them, and none of a single area: the ledger has those, with the small ones joined.
        """
        if not self.may("figures"):
            return ()
        shown = tuple(f for f in found if not f.subject or self.may(f.subject, f.field))
        if self.may("figures", "records"):
            hidden = set(unseen)
            if not hidden:
                return shown
            return tuple(
                f if hidden.isdisjoint(f.records) and hidden.isdisjoint(f.uncounted) else
                replace(f, records=tuple(r for r in f.records if r not in hidden),
                        uncounted=tuple(r for r in f.uncounted if r not in hidden))
                for f in shown if not self.few(sum(r in hidden for r in f.records)))
        return tuple(replace(f, records=(), uncounted=()) for f in shown
                     if not self.few(len(f.records)) and (f.subject or f.scope == "all"))

    # --- words -----------------------------------------------------------------------------------

    def withheld(self, subjects: Iterable[str] | None = None) -> list[Withheld]:
        """What is not shown, or not as it stands, and why; of all subjects or of those given.

        A subject that is nowhere defined is reported as withheld too. Personal fields are reported
        by themselves: no view shows them.
        """
        wanted = (list(dict.fromkeys(subjects)) if subjects is not None
                  else [*self.kinds, *RESULTS])
        out = []
        for subject in wanted:
            grant, defined = self.grant(subject), fields_of(subject, self.kinds)
            precision = grant.precision
            hidden = tuple(f for f in defined if not self.may(subject, f))
            narrowed = grant.rows != "all" or (bool(self.areas) and subject in self.kinds
                                               and self._has_place(subject))
            if precision == "exact" and not hidden and not narrowed and defined:
                pass
            elif precision == "exact":
                words = ["these fields are not for this role (S14)"] * bool(hidden)
                words += [f"only {self._scope(grant)} (S14)"] * narrowed
                out.append(Withheld(subject, precision, hidden, "; ".join(words), grant.rows))
            elif precision == "municipality":
                out.append(Withheld(subject, precision, hidden,
                                    "shown as totals of municipalities only (S14)"))
            else:
                reason = REASONS.get(subject, "not named in the policy for this role (S14)")
                rows = TABLE[self.role].get(subject, NOTHING).rows
                if precision == "none" and rows != "all":
                    reason = "given by " + rows.replace("_", " ") + ", and none was stated (S14)"
                out.append(Withheld(subject, precision, hidden if precision != "none" else (),
                                    reason))
            personal = (tuple(f.name for f in self.kinds[subject].fields if f.personal)
                        if subject in self.kinds and precision != "none" else ())
            if personal:
                out.append(Withheld(subject, precision, personal,
                                    "personal fields are in nobody's view (S17)"))
        return out

    def _scope(self, grant: Grant) -> str:
        places = "records that touch " + ", ".join(a.names[0] for a in self.areas)
        mine = f"records of {self.organisation}"
        if grant.rows == "organisation" or not self.areas:
            return mine
        return f"{mine} and {places}" if grant.rows == "organisation_or_area" and \
            self.organisation else places

    def hushed(self, error: LandReleaseError) -> LandReleaseError:
        """An error as this reader may hear it: without records and places that are not to be seen.

        Inside the programme it stays as it is. Outside, every fact of an error that the reader did
        not give is left out; the code stays, by which the office finds the rest.
        """
        if self.role in OUTSIDE and error.code in _NOT_THERE:
            return LandReleaseError(error.message, **{**error.facts, "found": NO_SUCH_THING})
        if self.role not in OUTSIDE or error.code in _OWN_WORDS or error.code.startswith("CLI-"):
            return error
        kept = {name: value if name in _HARMLESS else Unsaid()
                for name, value in error.facts.items()}
        return LandReleaseError(error.message, **kept)


class Unsaid:
    """Stands in an error message for what the reader may not know, whatever its format."""

    def __format__(self, spec: str) -> str:
        return WITHHELD

    __str__ = __repr__ = lambda self: WITHHELD


# Errors that say back what the reader typed, or nothing of the records.
_OWN_WORDS = frozenset({"ACC-001", "ACC-101", "STO-001", "STO-002", "STO-003", "STO-004", "STO-006",
                        "STO-007", "STO-008", "PUB-010", "PUB-011", "PUB-012", "PUB-021",
                        "PUB-026"})
# What there is not, or not for this reader: the same words of both.
_NOT_THERE = frozenset({"WEB-010", "WEB-035"})
NO_SUCH_THING = "such thing"
_HARMLESS = frozenset({"expected", "option", "path", "file", "address", "role", "roles", "subject"})
_AREA_PARTS = ("hazardous_m2", "cancelled_m2", "reduced_m2", "cleared_m2", "contested_m2")


def _rest(total: float | None, parts: Sequence[float | None]) -> float | None:
    if total is None:
        return None
    return max(0.0, total - sum(p for p in parts if p is not None))


def _parts(of: Callable[[str], float | None]) -> dict[str, Any]:
    return {name: of(name) for name in _AREA_PARTS}


def _sum(rows: Sequence[LedgerRow]) -> LedgerRow:
    """Rows of different areas as one; a part that nobody reported stays not reported."""
    def added(name: str) -> float | None:
        known = [v for v in (getattr(r, name) for r in rows) if v is not None]
        return sum(known) if known else None

    return replace(
        rows[0], area_id="other", hazards=sum(r.hazards for r in rows),
        accidents=sum(r.accidents or 0 for r in rows), **_parts(added),
        hazard_ids=tuple(dict.fromkeys(h for r in rows for h in r.hazard_ids)),
        outcome_ids=tuple(dict.fromkeys(o for r in rows for o in r.outcome_ids)))


def _word(value: object) -> str:
    return " ".join(str(value).split()).casefold()


def _words(values: Mapping[str, Any], name: str) -> Sequence[Any]:
    value = values.get(name)
    if value is None or value == "":
        return ()
    return value if isinstance(value, (list, tuple)) else (value,)


def organisation_fields(kind: Kind) -> tuple[str, ...]:
    """The fields of a kind that say whose a record is."""
    return tuple(f.name for f in kind.fields
                 if f.name in ORGANISATION_FIELDS and not f.personal)


def area_fields(kind: Kind) -> tuple[str, ...]:
    """The fields of a kind that say in which administrative area a record lies."""
    return tuple(f.name for f in kind.fields if not f.personal and (
        f.name in AREA_FIELDS or f.refers_to == "administrative_area"))


def personal_columns(kind: Kind, names: Iterable[str]) -> set[str]:
    """Those of the headings of a file that name a personal field of the kind (S17)."""
    known = {word for f in kind.fields if f.personal
             for word in (f.name, f.name.replace("_", " "), *f.synonyms)}
    return {name for name in names if _word(name) in known}


def fields_of(subject: str, kinds: Mapping[str, Kind] = KINDS) -> tuple[str, ...]:
    """All fields of a kind or result that anybody may ever see; personal ones are none of them."""
    if subject in kinds:
        return tuple(f.name for f in kinds[subject].fields if not f.personal)
    return RESULTS.get(subject, ())


def view(
    role: str | None = None,
    organisation: str | None = None,
    areas: Sequence[Area] | None = None,
    kinds: Mapping[str, Kind] = KINDS,
    small_count: int = SMALL_COUNT,
    public_fields: frozenset[tuple[str, str]] = frozenset(),
) -> View:
    """The view of a role; none (or an empty word) is the public's.

    organisation : whom the reader works for. areas : where the reader works. kinds : those of the
    registry. small_count : counts over fewer records are not shown to who does not see the records.
    public_fields : (kind, field) that the national extension itself calls public.

    Raises ACC-001 for an unknown role: it is never guessed.
    """
    wanted = "public" if role is None or role == "" else role
    for known in ROLES:
        if known == wanted:
            for area in areas or ():
                if area.ground is not None:
                    shapely.prepare(area.ground)
            return View(known, (organisation or "").strip(), tuple(areas or ()), kinds, small_count,
                        public_fields)
    raise LandReleaseError(ROLE_UNKNOWN, found=repr(role), expected=", ".join(ROLES))
