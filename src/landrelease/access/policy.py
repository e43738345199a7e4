"""Who sees what: one table, applied to whatever leaves the store (S14 to S17).

What is not named in the table is not visible. Without a role it is the public's view.

Precisions:

- ``exact``: record by record, as it stands, with the fields that are named.
- ``cells``: only as coarse cells that hold all of the widened ground (`access.ground`, S15).
- ``inward``: only as ground rounded inward (`access.ground`, S15).
- ``municipality``: only as totals of administrative areas.
- ``none``: not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from landrelease.core.ledger import Figure
from landrelease.core.record import KINDS, Record
from landrelease.errors import ROLE_UNKNOWN, LandReleaseError

Role = Literal["public", "donor", "community", "operator", "inspector", "planner", "authority",
               "administrator"]
Precision = Literal["exact", "cells", "inward", "municipality", "none"]
ROLES: tuple[Role, ...] = get_args(Role)

# What is computed, and the fields that it has for a reader.
RESULTS: dict[str, tuple[str, ...]] = {
    "plan_priority": ("hazard_id", "priority", "score", "reasons"),
    "plan_dates": ("task_id", "hazard_id", "activity", "start", "finish", "mode", "cost"),
    "plan_teams": ("task_id", "team", "pool", "organisation", "base", "start", "finish"),
    "plan_quality": ("score", "bound", "rules", "room_closed", "gap", "iterations", "seed"),
    "forecast": ("start", "finish", "curve", "total", "chance_by", "drivers", "policy", "runs",
                 "seed", "assumptions", "cost"),
    "figures": ("id", "name", "definition", "value", "unit", "scope", "low", "high", "note",
                "chain_head", "records"),
    "ledger": ("area_id", "name", "hazards", "hazardous_m2", "cancelled_m2", "reduced_m2",
               "cleared_m2", "contested_m2", "accidents", "hazard_ids", "outcome_ids"),
    "assessment": ("hazard_id", "people_nearby", "people_low", "people_high", "accidents_nearby",
                   "accidents_inside", "lifted_nearby", "cleared_overlap_m2", "prior",
                   "next_action"),
    "contamination_map": ("bands",),
    "accident_points": ("place", "accident_class", "victims", "information_date"),
    "accident_counts": ("accidents",),
    "quarantine": ("rows", "counts"),
    "imports": ("reports", "counts"),
    "source_files": ("names", "content"),
    "history": ("revisions",),
    "registry": ("file",),
    "tracks": ("fixes",),
    "closures": ("areas",),
    "items": ("places", "counts"),
}

ALL = "*"


@dataclass(frozen=True, slots=True)
class Grant:
    """What one role sees of one subject. `fields` are names, or `ALL` that are not personal."""

    precision: Precision
    fields: tuple[str, ...] = (ALL,)


def _all(precision: Precision = "exact") -> Grant:
    return Grant(precision)


def _some(precision: Precision, fields: str) -> Grant:
    return Grant(precision, tuple(fields.split()))


_CELLS = Grant("cells", ())
_AREAS = "name level identifier"
_PLACES = "name municipality_name population population_year"
_OUTCOME = "outcome_type depth_m information_date"
_LEDGER = ("area_id name hazards hazardous_m2 cancelled_m2 reduced_m2 cleared_m2 contested_m2 "
           "accidents")
_FIGURES = "id name definition value unit scope low high note chain_head"
_FORECAST = "start finish curve total chance_by drivers policy runs seed assumptions"
_QUALITY = "score bound rules room_closed gap iterations seed"

_ORDNANCE = "name category appearance length_mm diameter_mm found_where advice"
_PROJECT = "name project_type project_status beneficiaries"
_SESSION = ("held_on method reached_women reached_men reached_girls reached_boys language "
            "language_reviewed")

_PUBLIC = {
    "ordnance": _some("exact", _ORDNANCE),
    "hazard": _CELLS,
    "outcome": _some("inward", _OUTCOME),
    "settlement": _some("exact", _PLACES),
    "administrative_area": _some("exact", _AREAS),
    "ledger": _some("municipality", _LEDGER),
    "figures": _some("exact", _FIGURES),
    "forecast": _some("exact", _FORECAST),
    "accident_counts": _all("municipality"),
}
_FIELD_WORK = {
    **_PUBLIC,
    **{kind: _all() for kind in (
        "evidence", "item", "ordnance", "team", "machine", "detector", "accreditation", "task",
        "gate", "track", "inspection", "handover", "road", "parcel", "closure", "marking",
        "permit", "session", "environment", "project", "source")},
    "person": _some("exact", "organisation role competences eod_level public_key key_until "
                             "may_vouch"),
    "hazard": _all(),
    "outcome": _all(),
    "activity": _all(),
    "settlement": _all(),
    "administrative_area": _all(),
    "ledger": _all(),
    "figures": _all(),
    "assessment": _all(),
    "contamination_map": _all(),
    "closures": _all(),
    "items": _all(),
    "plan_dates": _some("exact", "task_id hazard_id activity start finish mode"),
    "plan_teams": _all(),
    "tracks": _all(),
}
_OFFICE = {
    **_FIELD_WORK,
    **{kind: _all() for kind in ("person", "complaint", "fund", "expense", "claim")},
    "accident": _all(),
    "accident_points": _all(),
    "accident_counts": _all(),
    "forecast": _all(),
    "plan_priority": _all(),
    "plan_dates": _all(),
    "plan_quality": _all(),
    "quarantine": _all(),
    "imports": _all(),
    "source_files": _some("exact", "names"),
    "history": _all(),
}
_WHOLE = {**_OFFICE, "source_files": _all(), "registry": _all()}

# THE table. A row is a role; what a row does not name, its role does not see.
TABLE: dict[Role, dict[str, Grant]] = {
    "public": _PUBLIC,
    "community": {**_PUBLIC},
    "donor": {
        **_PUBLIC,
        "forecast": _all(),  # with the cost
        "project": _some("exact", _PROJECT),
        "session": _some("exact", _SESSION),
        "fund": _some("exact", "donor phase fund_status amount currency available_on"),
        "plan_quality": _some("exact", _QUALITY),
    },
    "operator": _FIELD_WORK,
    "inspector": {
        **_FIELD_WORK,
        "history": _all(),
        "imports": _all(),
        "accident": _some("exact", "accident_class information_date"),
        "accident_points": _some("exact", "place accident_class information_date"),
    },
    "planner": _OFFICE,
    "authority": _WHOLE,
    "administrator": _WHOLE,
}

# Why something is withheld, in words for the reader; anything else is withheld as not named.
REASONS: dict[str, str] = {
    "team": "positions and strength of teams are never public (S16)",
    "task": "dated orders of teams are never public (S16)",
    "gate": "it tells when and where teams work (S16)",
    "track": "tracks are never public (S16)",
    "closure": "closures in force are never public (S16)",
    "item": "items not yet removed are never public (S16)",
    "permit": "it tells who goes where and when (S16)",
    "person": "staff are protected (S17)",
    "complaint": "reporters are protected (S17)",
    "evidence": "it may point to informants and to single places (S15, S17)",
    "plan_dates": "dated plans of teams are never public (S16)",
    "plan_teams": "positions of teams are never public (S16)",
    "plan_priority": "the order of single areas tells where teams go next (S16)",
    "tracks": "tracks are never public (S16)",
    "closures": "closures in force are never public (S16)",
    "items": "items not yet removed are never public (S16)",
    "accident": "accidents with persons are never public as points (S16); counted by municipality",
    "accident_points": "accidents with persons are never public as points (S16)",
    "activity": "places of work are not public (S16)",
    "hazard": "shown as coarse cells that hold all of the ground, never smaller (S15)",
    "outcome": "shown rounded inward, without ground that is still suspected (S15)",
    "contamination_map": "its cells are finer than those of the public layer (S15)",
    "assessment": "it speaks of single areas; the public layer is coarser (S15)",
    "quarantine": "rows not yet accepted may name persons or wrong places (S14, S17)",
    "history": "earlier shapes and authors are for the office (S14, S17)",
    "imports": "they name files and rows (S14)",
    "source_files": "files as they came in may name persons (S17)",
    "registry": "the file holds everything (S14)",
}
NEVER_PUBLIC = ("plan_dates", "plan_teams", "closures", "items", "tracks", "accident_points",
                "accident", "team", "task", "gate", "track", "closure", "item", "permit",
                "person", "complaint", "evidence", "activity")  # S16, S17


@dataclass(frozen=True, slots=True)
class Withheld:
    """One thing that a reader does not get whole, in plain words. Counts are withheld as well."""

    subject: str
    precision: Precision
    fields: tuple[str, ...]  # withheld fields where the rest is shown
    reason: str


@dataclass(frozen=True, slots=True)
class View:
    """What a role may see."""

    role: Role

    def _grant(self, subject: str) -> Grant:
        return TABLE[self.role].get(subject, Grant("none", ()))

    def precision(self, subject: str) -> Precision:
        """Precision of a record kind or result kind; "none" for what is not named."""
        return self._grant(subject).precision

    def may(self, subject: str, field: str = "") -> bool:
        """Whether anything of a kind or result, or one of its fields, may be seen at all.

        A field that is not defined, or that is personal (S17), may not.
        """
        grant = self._grant(subject)
        if grant.precision == "none":
            return False
        if not field:
            return True
        return field in fields_of(subject) and (ALL in grant.fields or field in grant.fields)

    def fields(self, subject: str) -> tuple[str, ...]:
        """Visible fields in the order of their definition."""
        return tuple(f for f in fields_of(subject) if self.may(subject, f))

    def withheld(self, subjects: Iterable[str] | None = None) -> list[Withheld]:
        """What is not shown, or not as it stands, and why; of all subjects or of those given.

        A subject that is nowhere defined is reported as withheld too.
        """
        wanted = list(dict.fromkeys(subjects)) if subjects is not None else [*KINDS, *RESULTS]
        out = []
        for subject in wanted:
            precision, defined = self.precision(subject), fields_of(subject)
            hidden = tuple(f for f in defined if not self.may(subject, f))
            if precision == "exact" and not hidden and defined:
                continue
            if precision == "exact":
                reason = "these fields are not for this role (S14)"
            elif precision == "municipality":
                reason = "shown as totals of municipalities only (S14)"
            else:
                reason = REASONS.get(subject, "not named in the policy for this role (S14)")
            out.append(Withheld(subject, precision, hidden if precision != "none" else (), reason))
        return out


def fields_of(subject: str) -> tuple[str, ...]:
    """All fields of a kind or result that anybody may ever see; personal ones are none of them."""
    if subject in KINDS:
        return tuple(f.name for f in KINDS[subject].fields if not f.personal)
    return RESULTS.get(subject, ())


def view(role: str | None = None) -> View:
    """The view of a role; none (or an empty word) is the public's.

    Raises ACC-001 for an unknown role: it is never guessed.
    """
    wanted = "public" if role is None or role == "" else role
    for known in ROLES:
        if known == wanted:
            return View(known)
    raise LandReleaseError(ROLE_UNKNOWN, found=repr(role), expected=", ".join(ROLES))


def figures(found: Iterable[Figure], reader: View) -> tuple[Figure, ...]:
    """The figures that a view may show; their records only where it may see those too.

    A figure that shows a result of its own (cost, quality of the plan, chances) follows the policy
    of that result.
    """
    if not reader.may("figures"):
        return ()
    shown = (f for f in found if not f.subject or reader.may(f.subject, f.field))
    if reader.may("figures", "records"):
        return tuple(shown)
    return tuple(replace(f, records=()) for f in shown)


def redact(records: Iterable[Record], role: str | None = None) -> list[Record]:
    """Records as a role may have them, one by one.

    A kind that the role sees only as cells, rounded inward or in totals gives no record here: its
    layer comes from `access.ground` or from the ledger. Values keep only the visible fields; the
    date of information goes with its field; revision, files and validation belong to the history.
    """
    seen = view(role)
    past = seen.may("history")
    out: list[Record] = []
    for record in records:
        if seen.precision(record.kind) != "exact":
            continue
        dated = seen.may(record.kind, "information_date")
        out.append(replace(
            record,
            values={k: v for k, v in record.values.items() if seen.may(record.kind, k)},
            valid_from=record.valid_from if dated else None,
            revision=record.revision if past else 0,
            sources=record.sources if past else (),
        ))
    return out


def select(rows: Sequence[dict], subject: str, role: str | None = None) -> list[dict]:
    """Rows of a result with the visible fields only; no rows where nothing is visible."""
    seen = view(role)
    if not seen.may(subject):
        return []
    allowed = set(seen.fields(subject))
    return [{k: v for k, v in row.items() if k in allowed} for row in rows]
