"""The figures that are reported: each with its definition, its scope and the records under it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from landrelease.core.geometry import geodesic_area_m2, joined
from landrelease.core.hazard import Land, PlacelessSettlement, Settlement
from landrelease.core.ledger import Figure, LedgerRow
from landrelease.core.outlook import Outlook
from landrelease.core.plurals import counted
from landrelease.core.risk import HazardAssessment
from landrelease.core.work import Plan
from landrelease.figures.areas import ELSEWHERE, areas_of, name_of
from landrelease.figures.metric import Metric, in_area
from landrelease.figures.shares import placeless_words

# Chapters of figures in their order; those of money are in a module of their own.
CHAPTERS = ("land", "items", "work", "people", "shares", "phase_two")


def metrics() -> tuple[Metric, ...]:
    """Every metric that a figure, a page, a document or a table of a treaty shows."""
    from landrelease.figures import (
        items,
        money,
        people,
        phase_two,
        shares,
        treaty_metrics,
        unit_costs,
        work,
    )

    return (*LAND, *shares.METRICS, *items.METRICS, *work.METRICS, *people.METRICS,
            *phase_two.METRICS, *money.METRICS, *unit_costs.METRICS, *MODELS,
            *treaty_metrics.METRICS)


def chapters_for(figures: Collection[str]) -> frozenset[str]:
    """The chapters that have to be computed for some figures, by id; for none: all."""
    from landrelease.figures import items, people, phase_two, shares, work

    if not figures:
        return frozenset(CHAPTERS)
    names = {f.split(":")[0] for f in figures}
    found = {"land"}
    for chapter, module in (("items", items), ("work", work), ("people", people),
                            ("phase_two", phase_two)):
        if names & {m.id for m in module.METRICS}:
            found.add(chapter)
    if shares.PER_HECTARE.id in names:
        found.add("items")
    return frozenset(found)


_PARTS = {
    "cancelled": "Ground taken out of hazards by non-technical survey",
    "reduced": "Ground taken out of hazards by technical survey",
    "cleared": "Ground taken out of hazards by clearance",
}
_HAZARDOUS = ("Hazard records of every status but a signed closing or hand-over; at every level of "
              "validation (S01); one without a place counts, and is in no area; not reported where "
              "no hazard is on record, not even a closed one")
_RELEASED = ("Outcome records of that type; ground that is still recorded as hazardous, work "
             "without a start-of-day gate that passed (S08) and ground that a stronger outcome "
             "covers do not count")
HAZARDS = Metric("hazard_count", "Hazards on record", "Hazard records that are not closed or "
                 "handed over; every other status, and none, counts as hazardous.", "areas",
                 _HAZARDOUS, "land", levels=False, by_area=True)
HAZARDOUS = Metric("hazardous_m2", "Hazardous area", "Geodesic area of the union of all hazards.",
                   "m²", _HAZARDOUS, "land", levels=False, by_area=True)
PART = {part: Metric(
    f"{part}_m2", f"{part.capitalize()} area",
    f"{words}; geodesic area of the union, less what is still recorded as hazardous and what a "
    "stronger outcome already covers.", "m²", _RELEASED, "land", by_area=True)
    for part, words in _PARTS.items()}
RELEASED = Metric("released_m2", "Released area", "Cancelled, reduced and cleared area together; "
                  "only with the three parts beside it. Parts that are not reported are not in it.",
                  "m²", _RELEASED, "land", by_area=True)
CONTESTED = Metric("contested_m2", "Contested area", "Ground recorded as released and still "
                   "recorded as hazardous; it counts as hazardous until a person decides.", "m²",
                   "Hazard and outcome records; not reported where no hazard or no release is on "
                   "record", "land", by_area=True)
ACCIDENTS = Metric("accident_count", "Accidents and incidents on record", "Accident records, of "
                   "any class.", "records", "Accident records, also those without a place",
                   "people")
RESIDENTS = Metric("residents", "Residents of the recorded settlements", "Sum of the population of "
                   "the settlement records that report one.", "people", "Settlement records that "
                   "report a population", "people", levels=False, by_area=True)
WITHOUT_CREDIT = Metric(
    "without_credit_m2", "Ground worked on without a gate that passed", "Geodesic area of the "
    "union of outcomes whose work was done on a day on which the start-of-day gate had not passed, "
    "not reviewed by the authority. It counts as no released land.", "m²", "Outcome records that "
    "name reports of work of such a day (S08)", "land")
CONTAMINATED = Metric(
    "contaminated_expected", "Areas expected to hold explosive ordnance", "Sum over all hazards of "
    "the chance that the area is contaminated at all; all chances low or all high together give "
    "the interval.", "areas", "Every hazard, with its prior and the survey and clearance effort on "
    "record (assess)", "plan", subject="assessment", field="prior", levels=False)
PLAN_RELEASED = Metric(
    "plan_released_m2", "Area that the plan returns by its horizon", "Expected area of all stages "
    "finished by the plan's last day: cancelled, reduced and cleared.", "m²", "Stages that the "
    "plan dates; the three parts stand in the note", "plan", subject="plan_quality", field="score",
    levels=False)
PLAN_GAP = Metric(
    "plan_gap", "Gap to the bound", "(plan - bound) / bound: no plan of this problem can be better "
    "by more.", "ratio", "The plan's score and its proven bound", "plan", denominator="the proven "
    "bound of the score", subject="plan_quality", field="gap", levels=False)
PLAN_ROOM = Metric(
    "plan_room_closed", "Room closed", "(best simple rule - plan) / (best simple rule - bound).",
    "ratio", "The scores of the plan and of the simple rules, and the bound", "plan",
    denominator="the room between the best simple rule and the bound", subject="plan_quality",
    field="room_closed", levels=False)
FINISH = Metric(
    "finish_years", "Years until all is done", "Median of the simulated finish, counted from the "
    "plan's first day, with the central 80 %.", "years", "Every run of the forecast; those that do "
    "not finish by its horizon are later than all dates", "plan", subject="forecast",
    field="finish", levels=False)
COST = Metric(
    "cost", "Cost until all is done", "Median of the simulated cost, with the central 80 %; runs "
    "that do not finish count until the horizon of the forecast.", "currency of the teams",
    "Team-days at the pools' cost a day, waiting included", "plan", subject="forecast",
    field="cost", levels=False)
MODELS = (CONTAMINATED, PLAN_RELEASED, PLAN_GAP, PLAN_ROOM, FINISH, COST)
LAND = (HAZARDS, HAZARDOUS, *PART.values(), RELEASED, CONTESTED, WITHOUT_CREDIT,
        ACCIDENTS, RESIDENTS)


def land_figures(land: Land, rows: Sequence[LedgerRow]) -> tuple[Figure, ...]:
    """Figures of the land as recorded; `rows` is the ledger, its last row the total.

    Every figure rests on the records named in it and on nothing else: whoever may read them can
    compute it again (design rule 7).
    """
    total = rows[-1]
    head = land.chain_head
    nowhere = placeless_words(len(land.placeless_hazards))
    figures = [HAZARDS.figure(float(total.hazards) if total.hazards_known else None,
                              total.hazard_ids, head, note=nowhere),
               HAZARDOUS.figure(total.hazardous_m2, total.hazard_ids, head, note=nowhere)]
    undated = undated_words(land)
    contested = ("" if (total.contested_m2 or 0.0) < 1.0 else
                 f"{total.contested_m2:,.0f} m² that are recorded as released and still as "
                 "hazardous are not in it (contested_m2)")
    for part in _PARTS:
        value = getattr(total, f"{part}_m2")
        ids = tuple(o.id for o in land.outcomes if o.outcome_type == part)
        figures.append(PART[part].figure(
            value, ids + (total.hazard_ids if value is not None else ()), head,
            note="; ".join(filter(None, (
                unverified_words(land, ids), contested, undated)))
            if value is not None else "; ".join(filter(None, (
                "not reported: no such record", undated)))))
    reported = [getattr(total, f"{part}_m2") for part in _PARTS]
    if any(value is not None for value in reported):
        figures.append(RELEASED.figure(
            sum(value for value in reported if value is not None),
            tuple(o.id for o in land.outcomes), head,
            note="; ".join(filter(None, (
                unverified_words(land, [o.id for o in land.outcomes]), undated,
                *(f"{part}: not reported" for part, value in zip(_PARTS, reported, strict=True)
                  if value is None))))))
    figures.append(CONTESTED.figure(
        total.contested_m2, total.hazard_ids + total.outcome_ids, head))
    if land.without_credit:
        figures.append(WITHOUT_CREDIT.figure(
            geodesic_area_m2(joined([o.ground for o in land.without_credit], degrees=True)),
            tuple(o.id for o in land.without_credit), head))
    accidents = (*(a.id for a in land.accidents), *land.placeless_accidents)
    figures.append(ACCIDENTS.figure(
        float(len(accidents)) if accidents else None, accidents, head,
        note="dates and victims are counted only where they are reported" if accidents else ""))
    figures += _residents(land)
    for row in rows[:-1]:
        figures += [in_area(f, row.area_id, row.name) for f in _of_area(land, row)]
    return tuple(figures)


def _of_area(land: Land, row: LedgerRow) -> list[Figure]:
    """The figures of one row of the ledger. A hazard is counted in the area that holds most of it;
    its ground is in each area in which it lies."""
    head, ids = land.chain_head, row.outcome_ids + row.hazard_ids
    note = unverified_words(land, row.outcome_ids)
    area_id = "" if row.area_id == "elsewhere" else row.area_id
    nowhere = tuple(name for name, _ in land.placeless_hazards) if not area_id else ()
    found = [HAZARDS.figure(float(row.hazards) if row.hazards_known else None, tuple(
        h.id for h in land.hazards if h.municipality_id == area_id) + nowhere, head),
             HAZARDOUS.figure(row.hazardous_m2, row.hazard_ids, head)]
    parts = {part: getattr(row, f"{part}_m2") for part in _PARTS}
    found += [PART[part].figure(value, ids, head, note=note)
              for part, value in parts.items() if value is not None]
    if any(value is not None for value in parts.values()):
        found.append(RELEASED.figure(
            sum(value for value in parts.values() if value is not None), ids, head,
            note="; ".join(filter(None, (note, *(
                f"{part}: not reported" for part, value in parts.items() if value is None))))))
    found.append(CONTESTED.figure(row.contested_m2, ids, head))
    return found


def _residents(land: Land) -> list[Figure]:
    """Residents in all and of each administrative area; who reports none is named (`uncounted`)."""
    def one(places: Sequence[Settlement | PlacelessSettlement]) -> Figure:
        said = [s for s in places if s.population is not None]
        silent = tuple(s.id for s in places if s.population is None)
        return RESIDENTS.figure(
            float(sum(s.population or 0 for s in said)) if said else None,
            tuple(s.id for s in said), land.chain_head, uncounted=silent,
            note=counted("{n} settlements do not report a population", n=len(silent))
            if silent else "")

    found = [one((*land.settlements, *land.placeless_settlements))]
    names = {m.id: m.name for m in land.municipalities}
    homes = areas_of(np.array([(s.place.x, s.place.y) for s in land.settlements]).reshape(-1, 2),
                     land.municipalities).tolist() if names else []
    outside = {""} if names and land.placeless_settlements else set()
    for area in sorted({*homes} | outside):
        own = [s for s, home in zip(land.settlements, homes, strict=True) if home == area]
        found.append(in_area(one(own if area else (*own, *land.placeless_settlements)),
                             area or ELSEWHERE, name_of(area, names)))
    return found


def undated_words(land: Land) -> str:
    """How many records of release are in no account of a day, because nobody stated theirs."""
    return "" if not land.undated else counted(
        "{n} records of release state no day; they are in no account of a day (as of), and are not "
        "none", n=f"{len(land.undated):,}")


def unverified_words(land: Land, outcome_ids: Sequence[str]) -> str:
    """How many of the outcomes no person signed: a figure that rests on them says so (S09)."""
    count = sum(i in land.unverified for i in outcome_ids)
    return "" if not count else (
        f"(unverified) {count:,} of {len(outcome_ids):,} records of release are signed by nobody "
        "whose key is vouched for")


def assessment_figures(
    assessments: Sequence[HazardAssessment], chain_head: str
) -> tuple[Figure, ...]:
    """Figures that rest on models: always with an interval (S12)."""
    if not assessments:
        return ()
    ids = tuple(a.hazard_id for a in assessments)
    bare = sum(a.prior.is_prior for a in assessments)
    basis = ("A prior: no local survey effort is on record." if bare == len(assessments) else
             f"Of {bare:,} of {len(assessments):,} areas it is a prior that no local evidence has "
             "touched.")
    found = CONTAMINATED.figure(
        sum(a.prior.probability for a in assessments), ids, chain_head,
        low=sum(a.prior.low for a in assessments), high=sum(a.prior.high for a in assessments),
        note="prior" if bare == len(assessments) else "prior in part" if bare else "")
    return (replace(found, definition=f"{found.definition} {basis}"),)


def plan_figures(plan: Plan, outlook: Outlook | None, chain_head: str) -> tuple[Figure, ...]:
    """What the plan returns by its horizon, and the forecast of the end."""
    problem, schedule = plan.problem, plan.schedule
    done = schedule.finish >= 0
    hazards = tuple(problem.hazard_ids)
    end = problem.slot_starts[-1].isoformat()
    figures = [
        replace(PLAN_RELEASED.figure(
            float(problem.released_m2[done].sum()), hazards, chain_head, note="; ".join(
                f"{word}: {problem.released_m2[done & (problem.activity == code)].sum():.0f} m²"
                for code, word in enumerate(("cancelled", "reduced", "cleared")))),
            scope=f"until {end}"),
        replace(PLAN_GAP.figure(plan.gap, hazards, chain_head), scope="plan"),
        replace(PLAN_ROOM.figure(plan.room_closed, hazards, chain_head), scope="plan"),
    ]
    if outlook is not None and outlook.runs:
        low, middle, high = (
            float(np.quantile(outlook.finish_day, q, method="inverted_cdf")) / 365.25
            for q in (0.1, 0.5, 0.9))
        unfinished = int(np.sum(~np.isfinite(outlook.finish_day)))
        figures.append(replace(FINISH.figure(
            middle if np.isfinite(middle) else None, hazards, chain_head,
            low=low if np.isfinite(low) else None, high=high if np.isfinite(high) else None,
            note=f"{unfinished} of {outlook.runs} runs do not finish within "
                 f"{outlook.horizon_days / 365.25:.0f} years"),
            definition=f"{FINISH.definition} Its first day: {outlook.start.isoformat()}."))
        low, middle, high = (float(np.quantile(outlook.cost, q)) for q in (0.1, 0.5, 0.9))
        figures.append(replace(COST.figure(
            middle, hazards, chain_head, low=low, high=high,
            note="" if outlook.cost_quantile(0.9)[1] else "lower bounds: "
            + ", ".join(f"the {q:.0%} quantile" for q in (0.1, 0.5, 0.9)
                        if not outlook.cost_quantile(q)[1])
            + " is held by runs that do not finish"), unit=outlook.currency))
    return tuple(figures)


def trace(figures: Sequence[Figure], figure_id: str) -> Figure | None:
    """The figure of that id, or None."""
    return next((f for f in figures if f.id == figure_id), None)
