"""The next survey action of a hazard in plain words. People decide; this only orders (S09)."""

from __future__ import annotations

from landrelease.core.hazard import Hazard
from landrelease.units import area_words

# Overlaps below this are drawing, not evidence: one pace along the edge of a sheet.
LEAST_OVERLAP_M2 = 1.0


def next_action(
    hazard: Hazard, accidents_inside: int, accidents_nearby: int, lifted_nearby: int,
    cleared_overlap_m2: float, people_nearby: float,
) -> str:
    """One sentence: which survey comes next and what it should ask first.

    An area whose type is not reported is surveyed as a suspected one: non-technical survey costs
    least and comes first. Never says that ground is safe, cancelled, reduced or released.
    """
    if hazard.status in ("closed", "handed_over"):
        return (f"Review of the record: the status is {hazard.status.replace('_', ' ')}, yet the "
                "area still stands as hazardous; find the signed decision.")
    ask = []
    if accidents_inside:
        ask.append("how the accident inside happened" if accidents_inside == 1 else
                   f"how the {accidents_inside} accidents inside happened")
    if cleared_overlap_m2 >= LEAST_OVERLAP_M2:
        ask.append(f"which record holds for the {area_words(cleared_overlap_m2)} that are also "
                   "recorded as cleared")
    if accidents_nearby and not accidents_inside:
        ask.append("whether the area reaches to the accident nearby" if accidents_nearby == 1 else
                   f"whether the area reaches to the {accidents_nearby} accidents nearby")
    if lifted_nearby:
        ask.append("for the record of the minefield lifted nearby" if lifted_nearby == 1 else
                   f"for the records of the {lifted_nearby} minefields lifted nearby")
    if hazard.hazard_type == "CHA":
        action = "Technical survey: find the edges of what is confirmed"
        return action + (f"; ask {_list(ask)}." if ask else ".")
    if not ask:
        ask.append("the people who use the land what they know and saw" if people_nearby >= 1 else
                   "former users and archives: no residents are on record nearby")
    return f"Non-technical survey: ask {_list(ask)}."


def _list(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]
