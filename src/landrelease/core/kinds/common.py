"""Words and fields that many kinds share."""

from __future__ import annotations

from landrelease.core.kind import NOT_REPORTED, Field

MDR = "IMAS 05.10 minimum data requirements (public draft)"
WIKI = "IMSMA wiki, standard values"
OWN = "own"

YES_NO = ("yes", "no", NOT_REPORTED)
METHODS = ("manual", "mechanical", "animal_detection", "visual_search", "mixed", NOT_REPORTED)
ACTIVITIES = ("NTS", "TS", "clearance", "BAC", "EOD_spot_task", "road_clearance",
              "road_verification", "post_clearance", "risk_education", "stockpile_destruction",
              NOT_REPORTED)
# Categories of explosive ordnance, IMAS 04.10 and its subtypes as programmes count them. Small-arms
# ammunition is always a counter of its own.
ORDNANCE = (
    "ap_mine", "ap_mine_blast", "ap_mine_fragmentation", "ap_mine_bounding", "ap_mine_directional",
    "ap_mine_scatterable", "av_mine", "submunition", "mortar_bomb", "projectile", "rocket",
    "grenade", "missile", "aircraft_bomb", "fuze", "booby_trap", "ied", "ied_victim_operated",
    "ied_command", "ied_timed", "drone_dropped_munition", "loitering_munition",
    "small_arms_ammunition", "other_uxo", "other_axo", "none_found", NOT_REPORTED)


def choice(name: str, definition: str, words: str | tuple[str, ...], *, synonyms: str = "",
           source: str = WIKI, required: bool = False) -> Field:
    """A field with one of some words; "not_reported" is always one of them."""
    listed = tuple(words.split()) if isinstance(words, str) else words
    if NOT_REPORTED not in listed:
        listed = (*listed, NOT_REPORTED)
    return Field(name, "choice", definition, choices=listed, required=required,
                 synonyms=tuple(synonyms.split()), source=source)


def choices(name: str, definition: str, words: str | tuple[str, ...], *, synonyms: str = "",
            source: str = WIKI) -> Field:
    """A field with several of some words."""
    listed = tuple(words.split()) if isinstance(words, str) else words
    if NOT_REPORTED not in listed:
        listed = (*listed, NOT_REPORTED)
    return Field(name, "choices", definition, choices=listed, synonyms=tuple(synonyms.split()),
                 source=source)


def text(name: str, definition: str, *, synonyms: str = "", source: str = MDR,
         personal: bool = False, required: bool = False) -> Field:
    return Field(name, "text", definition, synonyms=tuple(synonyms.split()), source=source,
                 personal=personal, required=required)


def day(name: str, definition: str, *, synonyms: str = "", source: str = MDR,
        required: bool = False, future: bool = False) -> Field:
    return Field(name, "date", definition, synonyms=tuple(synonyms.split()), source=source,
                 required=required, future=future)


def moment(name: str, definition: str, *, synonyms: str = "", source: str = OWN,
           required: bool = False) -> Field:
    return Field(name, "moment", definition, unit="UTC", synonyms=tuple(synonyms.split()),
                 source=source, required=required)


def count(name: str, definition: str, *, synonyms: str = "", source: str = MDR,
          maximum: float | None = None, unit: str = "") -> Field:
    return Field(name, "integer", definition, unit=unit, minimum=0, maximum=maximum,
                 synonyms=tuple(synonyms.split()), source=source)


def number(name: str, definition: str, unit: str, *, minimum: float | None = 0,
           maximum: float | None = None, synonyms: str = "", source: str = OWN,
           required: bool = False) -> Field:
    return Field(name, "number", definition, unit=unit, minimum=minimum, maximum=maximum,
                 synonyms=tuple(synonyms.split()), source=source, required=required)


def reference(name: str, definition: str, kind: str, *, synonyms: str = "",
              source: str = OWN) -> Field:
    return Field(name, "reference", definition, refers_to=kind, synonyms=tuple(synonyms.split()),
                 source=source)


def references(name: str, definition: str, kind: str, *, source: str = OWN) -> Field:
    return Field(name, "references", definition, refers_to=kind, source=source)


def people(prefix: str, words: str, source: str) -> tuple[Field, ...]:
    """Women, men, girls, boys (SADD); each counted or not reported, never summed by us."""
    return tuple(count(f"{prefix}_{who}", f"{words}: {who}.", source=source)
                 for who in ("women", "men", "girls", "boys"))


NAME = Field("name", "text", "Name or local name, as the source gives it.",
             synonyms=("name", "naziv", "shapename", "nom", "nombre", "название"))
SHEET = Field("map_sheet", "text", "Map sheet from which the record was read.",
              synonyms=("sheet", "map_sheet", "mapsheet"), source=OWN)
INDEX = Field("source_reference", "text", "The source's own number of the row.",
              synonyms=("source_index", "objectid", "fid", "sid", "geonameid", "shapeid",
                        "reference", "ref"), source=OWN)
LABEL = Field("source_label", "text", "The source's own word for what this is.",
              synonyms=("type", "legend", "class", "label"), source=OWN)
IDENTIFIER = Field("identifier", "text",
                   "Identifier given by the programme, for example an IMSMA id.",
                   # "id" and "code" last: where there is another one, they number rows only.
                   synonyms=("identifier", "imsma_id", "hazard_id", "area_id", "localid", "id",
                             "code"))
REPORTED = Field("information_date", "date", "Date of information: when it was so.",
                 synonyms=("information_date", "date", "date_of_information", "reported", "datum",
                           "date_reported"))
ORGANISATION = Field("organisation", "text", "Organisation that reported it.",
                     synonyms=("organisation", "organization", "operator", "reported_by"))
ACCURACY = Field("position_accuracy_m", "number",
                 "Accuracy of the position in the source, 90 % radius; widens the hazard (S04).",
                 unit="m", minimum=0, synonyms=("position_accuracy_m", "accuracy", "accuracy_m"),
                 source=OWN)
COMMON = (IDENTIFIER, NAME, REPORTED, ORGANISATION, ACCURACY, LABEL, SHEET, INDEX)
# Records that are no place on a map: no accuracy, no map sheet.
PLAIN = (IDENTIFIER, NAME, REPORTED, ORGANISATION, LABEL, INDEX)
