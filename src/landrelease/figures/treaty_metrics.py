"""What each column of the tables of a treaty counts: entries of the catalogue of figures."""

from __future__ import annotations

import re

from landrelease.figures.metric import Metric

_OF_TREATY = ("of the treaty's ordnance alone (apmbc: anti-personnel mines, ccm: submunitions); by "
              "administrative area, and in all; the ordnance of an area is what its record "
              "suspects, confirms or says in words")


_ALL = "of all ordnance, in all areas together"


def _metric(name: str, title: str, definition: str, unit: str, counts: str, denominator: str = "",
            *, levels: bool = True) -> Metric:
    return Metric(f"treaty_{name}", title, definition, unit, f"{counts}; {_OF_TREATY}", "treaty",
                  denominator, levels=levels)


def _of_year(name: str, title: str, definition: str, unit: str, counts: str) -> Metric:
    return Metric(f"treaty_{name}", title, definition, unit, f"{counts}; {_ALL}", "treaty")


AREAS = _metric("area_count", "Areas on record at an end of the year", "Suspected (SHA), confirmed "
                "(CHA) and untyped areas on record at the end of the year, and at that of the year "
                "before.", "areas", "As hazard_count", levels=False)
AREA_M2 = _metric("area_m2", "Ground of the areas on record at an end of the year", "Geodesic "
                  "area of the union of the areas of a type on record at the end of the year, and "
                  "at that of the year before.", "m²",
                  "As hazardous_m2", levels=False)
NEW = _metric("new_count", "Newly recorded areas", "Areas on record at the end of the year and not "
              "at its start.", "areas", "As hazard_count", levels=False)
NEW_M2 = _metric("new_m2", "Ground of the newly recorded areas", "Sum of the areas of the newly "
                 "recorded areas, each for itself.", "m²", "As hazard_count", levels=False)
PART = {part: _metric(
    f"{part}_m2", f"Area {part} in the year", f"The area {part} at the end of the year less that "
    "at its start; below zero where ground came back.", "m²", f"As {part}_m2")
    for part in ("cancelled", "reduced", "cleared")}
RELEASED = _metric("released_m2", "Area released in the year", "The three parts together, which "
                   "stand beside it; parts that are not reported are not in it.", "m²",
                   "As released_m2")
CONTESTED = _metric("contested_m2", "Contested area at the end of the year", "Ground on record as "
                    "released and as hazardous; it counts as hazardous.", "m²", "As contested_m2")
DESTROYED = _metric("destroyed", "Items destroyed in the year", "Items by category whose day of "
                    "destruction lies in the year.", "items", "As items_destroyed; items that "
                    "state no day are in no year and are said")
SPOT = _metric("destroyed_spot", "Items destroyed in spot tasks in the year", "Of the items "
               "destroyed in the year those of EOD spot tasks, of all categories.", "items",
               "As items_destroyed; spot_task is yes")
ROUNDS = _metric("rounds_destroyed", "Small-arms rounds destroyed in the year", "Rounds whose day "
                 "of destruction lies in the year; in no other column.", "rounds",
                 "As small_arms_rounds_destroyed")
TYPES = _metric("destroyed_type", "Items of a type destroyed in the year", "Items by category and "
                "model whose day of destruction lies in the year.", "items",
                "As treaty_destroyed; where no model is stated this is said")
SESSIONS = _of_year("session_count", "Sessions of risk education in the year", "Sessions held in "
                    "the year.", "sessions", "Session records by their day")
REACHED = _of_year("reached", "People reached in the year", "Women, men, girls and boys present at "
                   "these sessions; whoever was at two sessions is in it twice.", "people",
                   "As risk_education_women and the others")
MARKINGS = _of_year("marking_count", "Signs and fences", "Marking records placed in the year, "
                    "standing at its end, and of these damaged or missing at the last visit.",
                    "records", "Marking records by the days of placing and removal")
ACCIDENTS = _of_year("accident_count", "Accidents in the year", "Accidents by class; incidents are "
                     "in none.", "records", "Accident records by their day")
VICTIMS = _of_year("victims", "People killed and injured in the year", "People by fate, sex and "
                   "age, and all victims, as accident records of the year report them.", "people",
                   "As victims_killed_women and the others")
LEFT = _metric("left_m2", "Hazardous area at the end of the year", "The area that is left to be "
               "addressed.", "m²", "As hazardous_m2", levels=False)
YEARS = _metric("years_left", "Years until the deadline", "From the end of the year to the "
                "deadline, or to the day to which it was extended.", "years",
                "Days as stated to the command")
NEEDED = _metric("needed_m2_a_year", "Needed a year", "What is left divided by the years until the "
                 "deadline that holds.", "m² a year", "As treaty_left_m2",
                 "years until the deadline", levels=False)
FINISH = _metric("finish", "Day on which all areas of the plan are done", "In 10, 50 and 90 % of "
                 "the runs of the forecast, by the plan as it is.", "date", "Areas that are in the "
                 "plan; the others are said", levels=False)
PLANNED = {part: _metric(
    f"planned_{part}_m2", f"Planned to be {part} in a year", f"Expected area {part} by the stages "
    "of the plan that end in the year.", "m²", "Stages that the plan dates", levels=False)
    for part in ("cancelled", "reduced", "cleared")}
PLANNED_ALL = _metric("planned_m2", "Planned in a year", "The three planned parts together.", "m²",
                      "Stages that the plan dates", levels=False)
DONE = _metric("done_m2", "Ground of the areas that are done", "Area of the areas whose last stage "
               "is done by the end of a year in 90, 50 and 10 % of the runs, each area for itself.",
               "m²", "Areas that are in the plan", levels=False)
LEFT_AHEAD = _metric("left_ahead_m2", "Left at the end of a year to come", "Area of the areas of "
                     "the plan that are not done by then in half of the runs.", "m²",
                     "Areas that are in the plan", levels=False)

_BY_COLUMN: tuple[tuple[str, str, Metric], ...] = (
    ("areas", r"(SHA|CHA|not_reported) (start|end), areas", AREAS),
    ("areas", r"(SHA|CHA|not_reported) (start|end), m²", AREA_M2),
    ("areas", r"newly recorded, areas", NEW), ("areas", r"newly recorded, m²", NEW_M2),
    *(("release", f"{part}, m²", metric) for part, metric in PART.items()),
    ("release", r"released .*", RELEASED), ("release", r"contested .*", CONTESTED),
    ("destroyed", r"of these in spot tasks", SPOT), ("destroyed", r"small-arms rounds .*", ROUNDS),
    ("destroyed", r"AP mines|AV mines|submunitions|IEDs .*|other UXO .*", DESTROYED),
    ("types", r"destroyed", TYPES), ("types", r"of these in spot tasks", SPOT),
    ("warning", r"sessions .*", SESSIONS),
    ("warning", r"(women|men|girls|boys) reached .*", REACHED),
    ("warning", r"signs and fences .*|of these damaged .*", MARKINGS),
    ("victims", r"number", ACCIDENTS), ("victims", r"(killed|injured) .*|victims", VICTIMS),
    ("obligation", r"hazardous area .*", LEFT), ("obligation", r"released in .*", RELEASED),
    ("obligation", r"years from .*", YEARS), ("obligation", r"needed a year .*", NEEDED),
    ("obligation", r"all areas of the plan .*", FINISH),
    *(("projection", f"planned to be {part}, m²", metric) for part, metric in PLANNED.items()),
    ("projection", r"planned in the year .*", PLANNED_ALL),
    ("projection", r"done by its end .*", DONE), ("projection", r"left at its end .*", LEFT_AHEAD))
METRICS = tuple(dict.fromkeys(metric for _, _, metric in _BY_COLUMN))


def metric_of(table: str, column: str) -> Metric | None:
    """What a column (of the tables `BY_ROW`: a row) counts; None: it names, and counts nothing.
    """
    return next((metric for name, words, metric in _BY_COLUMN
                 if name == table and re.fullmatch(words, column)), None)
