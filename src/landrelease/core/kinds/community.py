"""Kinds about the people and the country: settlements, roads, complaints."""

from __future__ import annotations

from landrelease.core.kind import Field, Kind
from landrelease.core.kinds.common import (
    COMMON,
    OWN,
    WIKI,
    choice,
    day,
    number,
    reference,
    text,
)

SETTLEMENT = Kind(
    "settlement", "Settlement", "point",
    (
        *COMMON,
        Field("municipality_name", "text", "Municipality that the source names.",
              synonyms=("municipality_name", "municipality", "municipality_1990", "district",
                        "municipio")),
        Field("population", "integer", "Residents, at the date of the source.", minimum=0,
              maximum=50_000_000,
              synonyms=("population", "population_1991", "pop", "residents", "население",
                        "stanovnika")),
        Field("population_year", "integer", "Year of the count.", minimum=1700, maximum=2200,
              synonyms=("population_year",)),
        choice("reachable", "Whether it can be reached over open roads.", "yes no partly",
               source=OWN),
        Field("residents_present", "integer", "People who live there now.", minimum=0,
              maximum=50_000_000, source=OWN),
        Field("returnees_expected", "integer", "People who would return.", minimum=0,
              maximum=50_000_000, source=WIKI),
    ),
    legend=("settlement", "settlements", "place", "places"),
    group="community",
    definition="A place where people live, with how many and since when that was counted.",
)
ADMINISTRATIVE_AREA = Kind(
    "administrative_area", "Municipality, district or region", "polygon",
    (
        *COMMON,
        Field("level", "integer", "Administrative level, 1 the highest below the country.",
              minimum=0, maximum=8, synonyms=("level", "admin_level")),
        reference("part_of", "Area of the level above.", "administrative_area"),
    ),
    repair="union",
    legend=("adm3", "adm1", "municipalities", "municipality", "entities", "district", "districts"),
    group="community",
    definition="An administrative area with its boundary.",
)
ROAD = Kind(
    "road", "Road segment", "line",
    (
        *COMMON,
        choice("road_class", "Class.", "trunk primary secondary tertiary residential track path",
               source="OpenStreetMap, key highway"),
        choice("passable", "Whether it can be used.", "yes no unknown", source=OWN),
        choice("road_state", "State with regard to ordnance.",
               "open suspected under_clearance cleared closed", source=WIKI),
        reference("hazard", "Area that blocks it.", "hazard"),
        number("width_m", "Width.", "m", maximum=100),
        choice("surface", "Surface.", "asphalt concrete gravel earth",
               source="OpenStreetMap, key surface"),
    ),
    legend=("road", "roads", "put", "дорога"),
    group="community",
    definition="A piece of road between two junctions, and whether it can be used.",
)
COMPLAINT = Kind(
    "complaint", "Complaint", "point",
    (
        *COMMON,
        day("received_on", "Day.", source=OWN),
        choice("complaint_type", "What it is about.",
               "suspicion damage delay conduct marking compensation land_dispute other",
               source=OWN),
        choice("complaint_status", "Where it stands.", "open answered closed", source=OWN),
        text("description", "What was said, without names.", source=OWN),
        text("answer", "What was answered.", source=OWN),
        day("answered_on", "Day of the answer.", source=OWN),
        reference("hazard", "Area that it is about.", "hazard"),
        text("reporter", "Who said so.", personal=True, source="safety rule S17"),
        text("reporter_contact", "How to reach the reporter.", personal=True,
             source="safety rule S17"),
    ),
    legend=("complaint", "complaints", "zalba", "скарга"),
    place_needed=False, group="community",
    definition="What people of the community reported or complained about, and the answer.",
)
