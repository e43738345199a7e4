"""The next survey action of a hazard in plain words. People decide; this only orders (S09)."""

from __future__ import annotations

from dataclasses import dataclass

from landrelease.core.hazard import Hazard
from landrelease.units import area_words

# Overlaps below this are drawing, not evidence: one pace along the edge of a sheet.
LEAST_OVERLAP_M2 = 1.0

REVIEW_RECORD = "review_of_the_record"
NON_TECHNICAL = "non_technical_survey"
TECHNICAL = "technical_survey"
COMPLETE = "evidence_complete"
ACTIONS = (REVIEW_RECORD, NON_TECHNICAL, TECHNICAL, COMPLETE)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a hazard beside its own record; counts are of records, each counted once.

    `passes`: the chance is below the national threshold, unrounded. `confirmed`: the direct
    evidence makes part of the area a CHA. `touched`: local evidence entered the chance, so that it
    is no bare prior (S12).
    """

    accidents_inside: int = 0
    accidents_nearby: int = 0
    lifted_nearby: int = 0
    cleared_overlap_m2: float = 0.0
    people_nearby: float = 0.0
    finds: int = 0
    finds_without_place: int = 0
    failed_inspections: int = 0
    same_team_failed: int = 0
    unclear: int = 0
    misplaced: int = 0
    surveys: frozenset[str] = frozenset()  # NTS, TS: done, whatever came of it
    confirmed: bool = False
    touched: bool = False
    passes: bool = False


def next_action(hazard: Hazard, known: Known) -> tuple[str, str]:
    """One of `ACTIONS`, and one sentence: which survey comes next and what it should ask first.

    An area whose type is not reported is surveyed as a suspected one: non-technical survey costs
    least and comes first. What is confirmed, or was surveyed without technical means and is still
    above the threshold, gets technical survey. The evidence is complete only where the chance is
    below the national threshold, local evidence has touched it, and nothing is left to ask; a find
    or an inspection that failed is always left to ask. Never says that ground is safe, cancelled,
    reduced or released (S09).
    """
    if hazard.status in ("closed", "handed_over"):
        return REVIEW_RECORD, (
            f"Review of the record: the status is {hazard.status.replace('_', ' ')}, yet the "
            "area still stands as hazardous; find the signed decision.")
    ask = _asks(known)
    if hazard.hazard_type == "CHA" or known.confirmed:
        action = "Technical survey: find the edges of what is confirmed"
        return TECHNICAL, action + (f"; ask {_list(ask)}." if ask else ".")
    if known.passes and known.touched and not ask:
        return COMPLETE, ("Evidence complete, ready for review: the chance is below the national "
                          "threshold and nothing on record is left to ask.")
    if "NTS" in known.surveys and not known.passes:
        action = ("Technical survey: non-technical survey was done and the chance is still not "
                  "below the national threshold")
        return TECHNICAL, action + (f"; ask {_list(ask)}." if ask else ".")
    if not ask:
        ask.append("the people who use the land what they know and saw" if known.people_nearby >= 1
                   else "former users and archives: no residents are on record nearby")
    return NON_TECHNICAL, f"Non-technical survey: ask {_list(ask)}."


def _asks(known: Known) -> list[str]:
    ask = []
    if known.failed_inspections:
        ask.append("what the inspection that failed says of the rest of that team's work"
                   if known.failed_inspections == 1 else
                   f"what the {known.failed_inspections} inspections that failed say of the rest "
                   "of those teams' work")
    if known.same_team_failed:
        ask.append("whether the team or detector whose work failed inspection elsewhere missed "
                   "something here")
    if known.finds:
        ask.append("how far the find reaches" if known.finds == 1 else
                   f"how far the {known.finds:,} finds reach")
    if known.finds_without_place and not known.finds:
        ask.append("where the items of " + (
            "a report" if known.finds_without_place == 1 else
            f"{known.finds_without_place:,} reports") + " were found")
    if known.accidents_inside:
        ask.append("how the accident inside happened" if known.accidents_inside == 1 else
                   f"how the {known.accidents_inside} accidents inside happened")
    if known.cleared_overlap_m2 >= LEAST_OVERLAP_M2:
        ask.append(f"which record holds for the {area_words(known.cleared_overlap_m2)} that are "
                   "also recorded as cleared")
    if known.accidents_nearby and not known.accidents_inside and not known.surveys:
        ask.append("whether the area reaches to the accident nearby"
                   if known.accidents_nearby == 1 else
                   f"whether the area reaches to the {known.accidents_nearby} accidents nearby")
    if known.lifted_nearby and not known.surveys:  # a survey that was done has asked
        ask.append("for the record of the minefield lifted nearby" if known.lifted_nearby == 1 else
                   f"for the records of the {known.lifted_nearby} minefields lifted nearby")
    if known.unclear:
        ask.append("what the evidence says that is unclear" if known.unclear == 1 else
                   f"what the {known.unclear} pieces of evidence say that are unclear")
    if known.misplaced:
        ask.append("where the evidence lies that names this area and is drawn elsewhere"
                   if known.misplaced == 1 else
                   f"where the {known.misplaced} pieces of evidence lie that name this area and "
                   "are drawn elsewhere")
    return ask


def _list(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]
