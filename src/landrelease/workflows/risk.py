"""Residual risk of a hazard from its records: load, describe its strata, compute, with reasons."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landrelease.core.assumption import Assumptions
from landrelease.core.record import Record
from landrelease.errors import RESIDUAL_NO_HAZARD, TRIALS_ROW, LandReleaseError

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.assess.residual_input import Settings
    from landrelease.assess.stratum import Trial
    from landrelease.store.registry import Registry

_METHODS = {"ts": "technical_survey", "machine": "mechanical", "dog": "animal_detection"}


def settings_of(stated: Assumptions) -> Settings:
    """Thresholds and ranges of `residual`, as the programme's assumptions state them (S13)."""
    from landrelease.assess.residual_input import Settings

    return Settings(**{f.name: stated.value(f"residual_{f.name}")
                       for f in dataclasses.fields(Settings)})


def residual_of_hazard(registry: Registry, hazard: str, reader: View, stated: Assumptions,
                       trials: Path | None = None) -> dict[str, Any]:
    """Residual risk of the strata of a hazard, from the records that the reader may see.

    `hazard`: its id or identifier. `trials`: a CSV of blind trials (organisation, method, targets,
    found). Raises ASS-104 (no such hazard), ASS-105 (no area), ASS-106 (a line of the trials).
    """
    from landrelease.assess.contamination import DENSITY
    from landrelease.assess.residual import residual
    from landrelease.assess.stratum import Evidence, describe
    from landrelease.core.geometry import plane_for
    from landrelease.workflows import hazards_that_stand, is_synthetic
    from landrelease.workflows.identities import doubts

    known = reader.records(hazards_that_stand(registry))
    found = [r for r in known if hazard in (r.id, r.values.get("identifier"))]
    if len(found) != 1:
        raise LandReleaseError(RESIDUAL_NO_HAZARD, hazard=hazard)
    record = found[0]
    records = {kind: reader.records(registry.records(kind))
               for kind in ("outcome", "activity", "item", "inspection")}
    outcomes = [r for r in records["outcome"] if _about(r, record)]
    described = None
    if record.geometry is not None:
        plane = plane_for(tuple(record.geometry.bounds))
    else:
        plane = plane_for((0.0, 0.0, 0.0, 0.0))
    surveyed = _first_day(registry, record)
    evidence = Evidence(
        record, surveyed, outcomes, records["activity"], records["item"], records["inspection"],
        read_trials(trials) if trials is not None else (),
        _prior(registry, record, reader, stated), DENSITY)
    described = describe(evidence, plane, stated)
    settings = settings_of(stated)
    unsigned = doubts(registry, "outcome")
    used = [r for r in outcomes if r.id in described.records and r.id in unsigned]
    strata = []
    for spec in described.strata:
        result = residual(spec, settings)
        if used:
            result["notes"].insert(0, f"{len(used)} of the searches are recorded as decisions that "
                                      "nobody signed: their search counts, their decision does "
                                      "not (S09).")
        strata.append({**result, "description": spec})
    return {"hazard": record.id, "identifier": record.values.get("identifier"),
            "synthetic": is_synthetic(registry), "chain_head": registry.head(),
            "strata": strata, "records": described.records, "assumed": described.assumed,
            "left_out": described.left_out}


def _about(record: Record, hazard: Record) -> bool:
    """By its reference where it has one, else by its place."""
    named = {record.values.get("hazard"), record.values.get("hazard_identifier")} - {None}
    if named:
        return bool(named & {hazard.id, hazard.values.get("identifier")})
    return record.geometry is not None and hazard.geometry is not None \
        and record.geometry.intersects(hazard.geometry)


def _first_day(registry: Registry, hazard: Record) -> Any:
    """The first day on which the hazard was recorded: nothing searched before it belongs to it."""
    days = [s.revision.valid_from for s in registry.history(hazard.id) if s.revision.valid_from]
    return min(days, default=None)


def _prior(registry: Registry, hazard: Record, reader: View, stated: Assumptions) -> float:
    """Chance of contamination by accidents and lifted minefields nearby, but not by this hazard's
    own clearance, whose finds come later (S10)."""
    from landrelease.assess.hazards import assess_hazards
    from landrelease.workflows import load_land

    land = load_land(registry, stated, reader=reader)
    own = {r.id for r in registry.records("activity") if _about(r, hazard)}
    one = tuple(h for h in land.hazards if h.id == hazard.id)
    if not one:
        return stated.value("contaminated_probability")
    made = assess_hazards(dataclasses.replace(
        land, hazards=one, settlements=(),
        lifted=tuple(m for m in land.lifted if m.id not in own)), stated)
    return made[0].prior.probability


def read_trials(path: Path) -> list[Trial]:
    """Blind trials of a CSV file with the columns organisation, method, targets, found.

    Other columns are passed over; rows of one organisation and method are added up later. Raises
    ASS-106 with the line and the field.
    """
    from landrelease.assess.residual_input import METHODS
    from landrelease.assess.stratum import Trial

    def wrong(line: int, name: str, found: Any, expected: str) -> LandReleaseError:
        return LandReleaseError(TRIALS_ROW, file=path.name, line=line, field=name, found=found,
                                expected=expected)

    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise wrong(1, "(file)", error, "a CSV file in UTF-8") from None
    rows = csv.DictReader(text.splitlines())
    needed = ("organisation", "method", "targets", "found")
    for name in needed:
        if name not in (rows.fieldnames or ()):
            raise wrong(1, name, "no such column", ", ".join(needed))
    out = []
    for line, row in enumerate(rows, start=2):
        counts = {}
        for name in ("targets", "found"):
            value = (row[name] or "").strip()
            if not value.isdigit():
                raise wrong(line, name, value or "nothing", "a whole number")
            counts[name] = int(value)
        if counts["found"] > counts["targets"]:
            raise wrong(line, "found", counts["found"], f"at most {counts['targets']}")
        method = (row["method"] or "").strip().lower()
        method = _METHODS.get(method, method)
        if method not in METHODS:
            raise wrong(line, "method", method or "nothing", ", ".join(METHODS))
        out.append(Trial((row["organisation"] or "").strip(), method, counts["found"],
                         counts["targets"] - counts["found"]))
    return out
