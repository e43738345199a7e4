"""The kinds of record and their fields: one definition for validation, layout, forms and docs.

Names follow the minimum data requirements of IMAS 05.10 (public draft: GICHD/mdr) and the value
lists of the IMSMA wiki. `NOT_REPORTED` is a value of its own: nobody said so (S12). It is never
filled in by us.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from shapely.geometry.base import BaseGeometry

NOT_REPORTED = "not_reported"
DECLINED = "declined"

# moment: aware UTC instant, as ISO 8601 text in the chain. choices, references: a list, kept in the
# order given. reference: the id of a record of the kind `refers_to`.
ValueType = Literal["text", "integer", "number", "date", "moment", "choice", "choices",
                    "reference", "references"]
GeometryType = Literal["polygon", "point", "line", "any", "none"]
ValidationLevel = Literal[
    "entered", "operator", "operations", "information_management", "authority"
]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record kind."""

    name: str
    type: ValueType
    definition: str
    unit: str = ""
    choices: tuple[str, ...] = ()
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    personal: bool = False  # S17: may only live in the erasable table
    synonyms: tuple[str, ...] = ()  # header names seen in files, lower case
    source: str = "IMAS 05.10 minimum data requirements (public draft)"
    refers_to: str = ""  # kind of the records that a reference names


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record: its geometry and its fields. `grows` is S01's direction of doubt."""

    name: str
    title: str
    geometry: GeometryType
    fields: tuple[Field, ...]
    # "union": an unreadable shape takes all its readings (hazards); "intersection": only the
    # ground on which all readings agree (cleared or released land); "none": no area to repair.
    repair: Literal["union", "intersection", "none"] = "none"
    legend: tuple[str, ...] = ()  # words in a source's `type` column or file name that mean this

    def field(self, name: str) -> Field:
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise KeyError(name)


_NAME = Field("name", "text", "Name or local name, as the source gives it.",
              synonyms=("name", "naziv", "shapename", "nom", "nombre", "название"))
_SHEET = Field("map_sheet", "text", "Map sheet from which the record was read.",
               synonyms=("sheet", "map_sheet", "mapsheet"), source="own")
_INDEX = Field("source_reference", "text", "The source's own number of the row.",
               synonyms=("source_index", "objectid", "fid", "sid", "geonameid", "shapeid",
                         "reference", "ref"), source="own")
_LABEL = Field("source_label", "text", "The source's own word for what this is.",
               synonyms=("type", "legend", "class", "label"), source="own")
_ID = Field("identifier", "text", "Identifier given by the programme, for example an IMSMA id.",
            synonyms=("identifier", "id", "imsma_id", "hazard_id", "area_id", "localid", "code"))
_REPORTED = Field("information_date", "date", "Date of information: when it was so.",
                  synonyms=("information_date", "date", "date_of_information", "reported",
                            "datum", "date_reported"))
_ORGANISATION = Field("organisation", "text", "Organisation that reported it.",
                      synonyms=("organisation", "organization", "operator", "reported_by"))
_ACCURACY = Field("position_accuracy_m", "number",
                  "Accuracy of the position in the source, 90 % radius; widens the hazard (S04).",
                  unit="m", minimum=0, synonyms=("position_accuracy_m", "accuracy", "accuracy_m"),
                  source="own")
_COMMON = (_ID, _NAME, _REPORTED, _ORGANISATION, _ACCURACY, _LABEL, _SHEET, _INDEX)

HAZARD = Kind(
    "hazard", "Hazard (suspected or confirmed hazardous area)", "polygon",
    (
        *_COMMON,
        Field("hazard_type", "choice", "SHA on indirect evidence, CHA on direct evidence.",
              choices=("SHA", "CHA", NOT_REPORTED),
              synonyms=("hazard_type", "classification", "area_type", "sha_cha")),
        Field("status", "choice", "Where the area stands.",
              choices=("open", "worked_on", "suspended", "closed", "handed_over", "reopened",
                       NOT_REPORTED),
              synonyms=("status", "area_status")),
        Field("device_category", "text", "Categories of explosive ordnance suspected or confirmed.",
              synonyms=("device_category", "devices", "ordnance", "contamination")),
        Field("reported_area_m2", "number", "Area that the source states; compared with the shape.",
              unit="m²", minimum=0, synonyms=("reported_area_m2", "area_m2", "area_size", "area")),
    ),
    repair="union",
    legend=("suspected minefield", "suspected", "hazard", "sha", "cha", "minefield"),
)
OUTCOME = Kind(
    "outcome", "Outcome (cancelled, reduced, cleared or searched ground)", "polygon",
    (
        *_COMMON,
        Field("outcome_type", "choice", "By NTS cancelled, by TS reduced, by clearance cleared.",
              choices=("cancelled", "reduced", "cleared", "searched", NOT_REPORTED),
              synonyms=("outcome_type", "outcome", "product", "release_type")),
        Field("hazard_identifier", "text", "Identifier of the hazard that it was part of.",
              synonyms=("hazard_identifier", "parent", "parent_id")),
        Field("method", "text", "Method of survey or clearance.", synonyms=("method",)),
        Field("depth_m", "number", "Depth to which the ground was cleared.", unit="m",
              minimum=0, maximum=20, synonyms=("depth_m", "depth")),
    ),
    repair="intersection", legend=("cleared areas", "cleared", "cancelled", "reduced", "outcome"),
)
ACCIDENT = Kind(
    "accident", "Accident or incident with explosive ordnance", "point",
    (
        *_COMMON,
        Field("accident_class", "choice", "Demining accident, accident with ordnance, or incident.",
              choices=("demining_accident", "ordnance_accident", "incident", NOT_REPORTED),
              synonyms=("accident_class", "accident_type")),
        Field("victims", "integer", "Number of victims; counted, never named (S17).", minimum=0,
              synonyms=("victims", "casualties")),
    ),
    legend=("incidents", "incident", "accident"),
)
ACTIVITY = Kind(
    "activity", "Activity (survey, clearance, BAC, EOD spot task)", "point",
    (
        *_COMMON,
        Field("activity_type", "choice", "Kind of work.",
              choices=("NTS", "TS", "clearance", "BAC", "EOD_spot_task", NOT_REPORTED),
              synonyms=("activity_type", "activity")),
        Field("items_found", "integer", "Items of explosive ordnance found.", minimum=0,
              synonyms=("items_found", "items")),
    ),
    legend=("minefields lifted", "lifted minefields", "lifted minefield", "lifted", "activity"),
)
SETTLEMENT = Kind(
    "settlement", "Settlement", "point",
    (
        *_COMMON,
        Field("municipality_name", "text", "Municipality that the source names.",
              synonyms=("municipality_name", "municipality", "municipality_1990", "district",
                        "municipio")),
        Field("population", "integer", "Residents, at the date of the source.", minimum=0,
              maximum=50_000_000,
              synonyms=("population", "population_1991", "pop", "residents", "население",
                        "stanovnika")),
        Field("population_year", "integer", "Year of the count.", minimum=1700, maximum=2200,
              synonyms=("population_year",)),
    ),
    legend=("settlement", "settlements", "place", "places"),
)
ADMINISTRATIVE_AREA = Kind(
    "administrative_area", "Municipality, district or region", "polygon",
    (
        *_COMMON,
        Field("level", "integer", "Administrative level, 1 the highest below the country.",
              minimum=0, maximum=8, synonyms=("level", "admin_level")),
    ),
    repair="union",
    legend=("adm3", "adm1", "municipalities", "municipality", "entities", "district", "districts"),
)

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (HAZARD, OUTCOME, ACCIDENT, ACTIVITY, SETTLEMENT, ADMINISTRATIVE_AREA)
}


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it stands: the current revision, or the revision of a past date.

    `values` holds only what was reported: an absent field reads as `NOT_REPORTED`.
    `geometry` is longitude/latitude on WGS 84 (EPSG:4326), or None.
    """

    kind: str
    id: str
    values: Mapping[str, Any]
    geometry: BaseGeometry | None = None
    valid_from: date | None = None  # date of information; None: not reported
    validation: ValidationLevel = "entered"
    revision: int = 1
    sources: tuple[str, ...] = field(default=())  # SHA-256 of the files that it came from
    chain: str = ""  # id of the office's chain that the current revision stands in
    signed_by: str = ""  # id of the person whose key signed it; "": nobody did (S09)

    def value(self, name: str) -> Any:
        """The reported value, or `NOT_REPORTED`."""
        found = self.values.get(name)
        return NOT_REPORTED if found is None else found
