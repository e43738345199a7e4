"""Residual risk of a hazard from its records: load, describe its strata, compute, with reasons."""

from __future__ import annotations

import csv
import dataclasses
import re
from collections.abc import Container, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landrelease.core.assumption import Assumptions
from landrelease.core.certificate import is_decision_outcome
from landrelease.core.record import Record
from landrelease.errors import RESIDUAL_LEARN, RESIDUAL_NO_HAZARD, TRIALS_ROW, LandReleaseError

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.assess.learned import Learned
    from landrelease.assess.residual_input import Settings
    from landrelease.assess.stratum import Described, Trial
    from landrelease.store.registry import Registry
    from landrelease.workflows.behind import OnFile

CLEARED = "cleared ground"  # the stratum of that name, see `assess.stratum`
GROUNDS = ("test_field", "worked_ground")  # of blind trials
_WHOLE = re.compile(r"\d{1,9}")
_METHODS = {"ts": "technical_survey", "machine": "mechanical", "dog": "animal_detection"}


def settings_of(stated: Assumptions) -> Settings:
    """Thresholds and ranges of `residual`, as the programme's assumptions state them (S13)."""
    from landrelease.assess.residual_input import Settings

    return Settings(**{f.name: stated.value(f"residual_{f.name}")
                       for f in dataclasses.fields(Settings)})


def residual_of_hazard(registry: Registry, hazard: str, reader: View, stated: Assumptions,
                       trials: Path | None = None, *, learn: bool = False,
                       on_file: OnFile | None = None) -> dict[str, Any]:
    """Residual risk of the strata of a hazard, from the records that the reader may see.

    `hazard`: its id or identifier. `trials`: a CSV of blind trials (organisation, method, targets,
    found, optional ground), in the place of those on record. `learn`: pi and density of cleared
    ground from the finds on that of all other hazards. Of an area that was closed and opened again
    only what came since counts. `on_file`: the records as they were read before.
    Raises ASS-104 (no such hazard), ASS-105 (no area), ASS-106 (a line of the trials), ASS-107
    (too few strata to learn from).
    """
    from landrelease.assess.residual import residual
    from landrelease.core.coverage import passes_once, proofs_of, proven_outcomes
    from landrelease.core.search import by_word
    from landrelease.workflows import hazards_that_stand, is_synthetic
    from landrelease.workflows.coverage import coverages, logs_of, not_proofs
    from landrelease.workflows.identities import doubts
    from landrelease.workflows.inspecting import detection_elsewhere
    from landrelease.workflows.inspections import inspections_told
    from landrelease.workflows.trials import trials_of

    known = reader.records(hazards_that_stand(registry))
    found = [r for r in known if hazard in (r.id, r.values.get("identifier"))]
    if len(found) != 1:
        raise LandReleaseError(RESIDUAL_NO_HAZARD, hazard=hazard)
    record = found[0]
    told = {kind: reader.records(registry.records(kind))
            for kind in ("outcome", "activity", "item")}
    told["inspection"] = reader.records(inspections_told(registry))
    # Work whose tracks are on record counts where they prove it, whoever may see them.
    works, proofs = registry.records("activity"), coverages(registry)
    words = not_proofs(registry, proofs, stated)
    own_proofs = proofs_of(told["outcome"], works, proofs, void=words)
    told["outcome"], unproven = proven_outcomes(told["outcome"], works, proofs, by_word(stated),
                                                void=words)
    told["outcome"], once, twice = passes_once(
        told["outcome"], own_proofs, logs_of(registry, proofs), unproven, by_word(stated))
    unproven |= once
    # A file takes the place of what is on record: the same trial may stand in both (S10).
    tried = read_trials(trials) if trials is not None else [
        t for _, t in trials_of(told["inspection"])]
    opening = _Openings(registry, reader.records(registry.records("outcome")), by_word(stated),
                        on_file, words)
    described = _described(registry, record, told, tried, stated,
                           _prior(registry, record, reader, stated), unproven, opening,
                           # A density that is learned from the finds of other hazards has them
                           # already (S10).
                           None if learn else detection_elsewhere(registry, reader, stated, record))
    own = _learned(registry, [r for r in known if r.id != record.id], told, tried, stated,
                   unproven, opening) if learn else None
    settings = settings_of(stated)
    unsigned = doubts(registry, "outcome")
    used = [r for r in told["outcome"] if r.id in described.records and r.id in unsigned]
    strata = []
    for spec in described.strata:
        if own is not None:
            # What was cleared was chosen by survey; all of a hazard was not: its pi stays.
            fields = own.fields() if spec["stratum"] == CLEARED else \
                {"density": own.fields()["density"]}
            spec = {k: v for k, v in spec.items() if k not in ("alpha", "beta")} | fields | (
                {"pi": 1.0} if spec["pi"] == 1 else {})
        result = residual(spec, settings)
        if used:
            result["notes"].insert(0, f"{len(used)} of the searches are recorded as decisions that "
                                      "nobody signed: their search counts, their decision does "
                                      "not (S09).")
        strata.append({**result, "description": spec})
    return {"hazard": record.id, "identifier": record.values.get("identifier"),
            "synthetic": is_synthetic(registry), "chain_head": registry.head(),
            "learned_from_strata": None if own is None else own.strata,
            "strata": strata, "records": described.records, "assumed": described.assumed,
            "left_out": described.left_out,
            "counted_once": [dataclasses.asdict(one) for one in twice
                             if one.record in {o.id for o in told["outcome"] if _about(o, record)}],
            "not_proofs": len({c.id for o in told["outcome"] if _about(o, record)
                               for c in own_proofs.get(o.id, ())} & words.keys())}


def _described(registry: Registry, hazard: Record, told: dict[str, list[Record]],
               trials: list[Trial], stated: Assumptions, pi: float,
               unproven: Mapping[str, str], opening: _Openings,
               elsewhere: Mapping[tuple[str, str], tuple[float, float, str]] | None = None
               ) -> Described:
    from landrelease.assess.stratum import Evidence, describe
    from landrelease.core.geometry import plane_for

    bounds = (0.0, 0.0, 0.0, 0.0) if hazard.geometry is None else tuple(hazard.geometry.bounds)
    # The decision on work is no search of its own (S10).
    outcomes = [r for r in told["outcome"]
                if _about(r, hazard) and not is_decision_outcome(r.id)]
    again = opening.again(hazard)
    surveyed = _first_day(registry, hazard)
    before: dict[str, str] = {}
    if again is not None:
        surveyed = again
        outcomes, unproven, before = opening.since(again, outcomes)
    return describe(Evidence(
        hazard, surveyed, outcomes, told["activity"], told["item"],
        told["inspection"], trials, pi, stated["items_per_hectare"],
        {**unproven, **_no_credit(registry, outcomes), **before}, elsewhere or {}, again),
        plane_for(bounds), stated)


class _Openings:
    """When areas were last opened again after they had been closed, and what counts since then."""

    def __init__(self, registry: Registry, outcomes: list[Record], by_word: Container[str],
                 on_file: OnFile | None, not_proofs: Container[str] = ()):
        from landrelease.workflows.behind import OnFile

        self.registry, self.by_word, self.not_proofs = registry, by_word, not_proofs
        self.known = OnFile(registry) if on_file is None else on_file
        self.reported = {r.id: r for r in outcomes}

    def again(self, hazard: Record) -> date | None:
        from landrelease.workflows.opened import opened

        return opened(self.registry, hazard, self.known).again

    def since(self, day: date, outcomes: list[Record]
              ) -> tuple[list[Record], dict[str, str], dict[str, str]]:
        """Searches with the ground that proofs since that day show of them, why of some it is none,
        and which were done before, or began before, so that nobody knows which part was done since:
        the same rule as for a release (`release.searches`)."""
        from landrelease.core.coverage import passes_once, proofs_of, proven_outcomes
        from landrelease.core.moment import day_of
        from landrelease.core.names import folded
        from landrelease.core.search import search_day
        from landrelease.workflows.coverage import coverages, logs_of

        activities = self.registry.records("activity")
        works = {folded(n): a for a in activities for n in (a.values.get("identifier"), a.id) if n}
        reported, proofs = [self.reported.get(o.id, o) for o in outcomes], coverages(self.registry)
        narrowed, unproven = proven_outcomes(reported, activities, proofs, self.by_word, day,
                                             self.not_proofs)
        narrowed, once, _ = passes_once(
            narrowed, proofs_of(reported, activities, proofs, day, self.not_proofs),
            logs_of(self.registry, proofs), unproven, self.by_word)
        unproven |= once
        before = {}
        for o in outcomes:
            work = works.get(folded(o.values.get("activity")))
            began = None if work is None else day_of(work.values.get("started_on"))
            done = search_day(o, work)
            if done is not None and done < day:
                before[o.id] = f"searched before {day}, when the area was reopened"
            elif began is not None and began < day:
                before[o.id] = (f"its work began on {began}, before {day}, when the area was "
                                "reopened")
        return narrowed, unproven, before


def _no_credit(registry: Registry, outcomes: list[Record]) -> dict[str, str]:
    """Outcomes that do not count as searched: id -> why. Work in spite of a gate that had not
    passed, until the authority has reviewed it (S08); searches that an inspection rejected without
    a report of what it found, whatever was corrected since (other searches count). A rejection
    that says what was found is evidence itself (`assess.stratum`)."""
    from landrelease.workflows.credit import without_credit
    from landrelease.workflows.inspections import inspections_told

    rejected = {str(o): "an inspection rejected it and does not report what it found"
                for i in inspections_told(registry)
                if i.value("result") == "rejected"
                and not isinstance(i.values.get("items_found"), int)
                for o in i.values.get("outcomes") or ()}
    named = without_credit(registry, outcomes)
    named |= {o.id: rejected[name] for o in outcomes
             for name in (o.id, str(o.values.get("identifier"))) if name in rejected}
    spoilt = {g.values.get("task"): g for g in registry.records("gate")
              if g.value("worked_in_spite") == "yes" and g.validation != "authority"}
    if not spoilt:
        return named
    task_of = {a.id: a.values.get("task") for a in registry.records("activity")}
    why = ("work on it was done in spite of a failed gate that the authority has not yet reviewed "
           "(S08)")
    return named | {o.id: why for o in outcomes
                    if task_of.get(str(o.values.get("activity"))) in spoilt}


def _learned(registry: Registry, hazards: list[Record], told: dict[str, list[Record]],
             trials: list[Trial], stated: Assumptions, unproven: Mapping[str, str],
             opening: _Openings) -> Learned:
    """The prior of cleared ground, from what was found on that of these hazards (S10: never from
    the hazard that it is for)."""
    import numpy as np

    from landrelease.assess.learned import evidence_of, learn

    worked = {v for r in told["outcome"] if r.value("outcome_type") in ("cleared", "searched")
              for v in (r.values.get("hazard"), r.values.get("hazard_identifier")) if v}
    rows = []
    for hazard in hazards:
        if hazard.geometry is None or hazard.geometry.is_empty or not worked & {
                hazard.id, hazard.values.get("identifier")}:
            continue
        made = _described(registry, hazard, told, trials, stated, 0.5, unproven, opening)
        for spec in made.strata:
            reported = spec.get("finds") is not None or any(
                p.get("finds") is not None for p in spec["passes"])
            if spec["stratum"] == CLEARED and reported:
                rows.append(evidence_of(spec))
    least = int(stated.value("residual_learn_minimum"))
    if len(rows) < least:
        raise LandReleaseError(RESIDUAL_LEARN, found=len(rows), expected=least)
    return learn(np.array(rows))


def _about(record: Record, hazard: Record) -> bool:
    """By its reference where it has one, else by its place; of a part also what was recorded of
    the whole, where it lies on the part or nobody said where."""
    named = {record.values.get("hazard"), record.values.get("hazard_identifier")} - {None}
    if named & {hazard.id, hazard.values.get("identifier")}:
        return True
    if named and not named & set(_wholes(hazard)):
        return False
    if named and (record.geometry is None or record.geometry.geom_type == "Point"):
        return record.kind == "activity" or record.geometry is None or (
            hazard.geometry is not None and bool(record.geometry.intersects(hazard.geometry)))
    return record.geometry is not None and hazard.geometry is not None \
        and record.geometry.intersects(hazard.geometry)


def _wholes(hazard: Record) -> tuple[str, ...]:
    """The areas from which a part came: h/1/2 came from h/1 and h."""
    parents = tuple(str(p) for p in hazard.values.get("parents") or ())
    return (*parents, *(p.rsplit("/", n)[0] for p in parents for n in range(1, p.count("/") + 1)))


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

    A column `ground` says test_field (as without it) or worked_ground. Other columns are passed
    over; rows of one organisation and method are added up later. Raises
    ASS-106 with the line and the field.
    """
    from landrelease.assess.residual_input import METHODS
    from landrelease.assess.stratum import Trial

    def wrong(line: int, name: str, found: Any, expected: str) -> LandReleaseError:
        return LandReleaseError(TRIALS_ROW, file=path.name, line=line, field=name, found=found,
                                expected=expected)

    try:
        rows = csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines())
        listed_rows = list(rows)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise wrong(1, "(file)", getattr(error, "strerror", None) or error,
                    "a CSV file in UTF-8") from None
    needed = ("organisation", "method", "targets", "found")
    for name in needed:
        if name not in (rows.fieldnames or ()):
            raise wrong(1, name, "no such column", ", ".join(needed))
    out = []
    for line, row in enumerate(listed_rows, start=2):
        counts = {}
        for name in ("targets", "found"):
            value = (row[name] or "").strip()
            if not _WHOLE.fullmatch(value):
                raise wrong(line, name, value[:40] or "nothing", "a whole number")
            counts[name] = int(value)
        if counts["found"] > counts["targets"]:
            raise wrong(line, "found", counts["found"], f"at most {counts['targets']}")
        method = (row["method"] or "").strip().lower()
        method = _METHODS.get(method, method)
        if method not in METHODS:
            raise wrong(line, "method", method or "nothing", ", ".join(METHODS))
        ground = (row.get("ground") or "").strip().lower() or "test_field"
        if ground not in GROUNDS:
            raise wrong(line, "ground", ground, ", ".join(GROUNDS))
        out.append(Trial((row["organisation"] or "").strip(), method, counts["found"],
                         counts["targets"] - counts["found"], spared=ground == "test_field"))
    return out
