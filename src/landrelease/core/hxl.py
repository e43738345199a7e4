"""HXL tags of the fields, in one place.

Source: HXL standard 1.1, core hashtags and attributes (hxlstandard.org, dictionary of 1.1). The
standard has no hashtag of its own for mine action; fields that it does not name get the hashtag of
their type and their own name as an attribute, which the standard allows. Each field of a kind has
another tag, so that a file can be read by its tags alone.
"""

from __future__ import annotations

import re

from landrelease.core.kind import Field, Kind

RECORD_TAG = "#meta+id+record"
GEOMETRY_TAG = "#geo+wkt"
SYNTHETIC_TAG = "#meta+synthetic"
ABOUT_TAG = "#meta+about"

# Field -> tag of HXL 1.1, for the fields that the standard has words for.
TAGS: dict[str, str] = {
    "identifier": "#meta+id+identifier",
    "name": "#loc+name",
    "information_date": "#date+reported",
    "organisation": "#org+name",
    "donor": "#org+donor+name",
    "position_accuracy_m": "#geo+precision+m",
    "source_label": "#meta+source+label",
    "map_sheet": "#meta+source+sheet",
    "source_reference": "#meta+source+row",
    "population": "#population",
    "population_year": "#date+population+year",
    "municipality_name": "#loc+municipality+name",
    "administrative_area": "#loc+admin+id",
    "status": "#status",
    "started_on": "#date+start",
    "ended_on": "#date+end",
    "currency": "#currency",
    "cost": "#value+cost",
    "amount": "#value+amount",
    "beneficiaries": "#beneficiary",
    "severity": "#severity",
    "victims": "#affected+victims",
    "quantity": "#item+num",
}
# Column of a plan's tables -> tag.
PLAN_TAGS: dict[str, str] = {
    "stage": "#meta+id+stage", "hazard": "#meta+ref+hazard", "task": "#meta+ref+task",
    "activity": "#activity+code", "method": "#activity+method", "start": "#date+start",
    "finish": "#date+end", "teams": "#description+teams", "work_m2": "#indicator+num+work_m2",
    "expected_released_m2": "#indicator+num+expected_released_m2",
    "expected_cost": "#value+cost+expected", "state": "#status", "held_by": "#description+held_by",
    "synthetic": SYNTHETIC_TAG,
    "community": "#loc+community+name", "people": "#population",
    "cut_off_now": "#status+bool+cut_off", "reached": "#date+reached",
    "own_hazards_released": "#date+own_hazards_released",
    "month": "#date+month", "fund": "#description+fund", "currency": "#currency",
    "arrived": "#value+arrived", "bound_demining": "#value+bound+demining",
    "bound_works": "#value+bound+works", "left": "#value+left", "ended": "#status+bool+ended",
    "after_plan": "#status+bool+after_plan",
}
_WHO = {"women": "+f+adults", "men": "+m+adults", "girls": "+f+children", "boys": "+m+children"}
_COUNTED = {"killed": "#affected+killed", "injured": "#affected+injured",
            "beneficiaries": "#beneficiary", "beneficiary": "#beneficiary"}
_OF_TYPE = {"text": "#description", "integer": "#indicator+num", "number": "#indicator+num",
            "date": "#date", "moment": "#date+time", "choice": "#description+code",
            "choices": "#description+code+list", "reference": "#meta+ref",
            "references": "#meta+ref+list", "boolean": "#status+bool"}


def tag(field: Field) -> str:
    """The HXL tag of a field, for example "#affected+killed+f+adults".

    >>> from landrelease.core.record import KINDS
    >>> tag(KINDS["accident"].field("killed_women")), tag(KINDS["hazard"].field("status"))
    ('#affected+killed+f+adults', '#status')
    """
    known = TAGS.get(field.name)
    if known is not None:
        return known
    head, _, who = field.name.rpartition("_")
    if who in _WHO:
        if head in _COUNTED:
            return _COUNTED[head] + _WHO[who]
        return f"#affected+{head}{_WHO[who]}" if head else f"#affected{_WHO[who]}"
    return f"{_OF_TYPE[field.type]}+{field.name}"


def plain(words: str) -> str:
    """A tag as it is compared: lower case, no blanks, attributes in order; "" for what is no tag.

    >>> plain("#affected +F +killed"), plain("status")
    ('#affected+f+killed', '')
    """
    text = "".join(str(words).split()).casefold()
    if not re.fullmatch(r"#[a-z][a-z0-9_]*(\+[a-z][a-z0-9_]*)*", text):
        return ""
    head, *attributes = text.split("+")
    return "+".join((head, *sorted(set(attributes))))


def place_of(tag: str) -> str:
    """"latitude", "longitude", "geometry" or "" for a tag as `plain` gives it.

    >>> place_of("#geo+dd+lat"), place_of("#geo+bounds"), place_of("#status")
    ('latitude', 'geometry', '')
    """
    head, *attributes = tag.split("+")
    if head != "#geo":
        return ""
    return next((role for attribute, role in (
        ("lat", "latitude"), ("lon", "longitude"), ("wkt", "geometry"), ("bounds", "geometry"))
        if attribute in attributes), "")


# Tags of other writers -> field, the first that a kind has. A tag fits where it has the hashtag and
# all attributes; more attributes are let pass, except those that name somebody or something else.
_BROADLY: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("#loc+code", ("identifier",)), ("#loc+id", ("identifier",)),
    ("#activity+code", ("identifier",)), ("#activity+id", ("identifier",)),
    ("#meta+id", ("identifier",)), ("#event+id", ("identifier",)), ("#event+code", ("identifier",)),
    ("#loc+name", ("name",)), ("#loc+settlement+name", ("name",)),
    ("#date+start", ("started_on",)), ("#date+end", ("ended_on",)),
    ("#date+reported", ("information_date",)), ("#date+occurred", ("information_date",)),
    ("#date", ("information_date",)),
    ("#org+impl", ("organisation",)), ("#org+prog", ("organisation",)),
    ("#org+funder", ("donor",)), ("#org", ("organisation",)),
    ("#population", ("population",)), ("#status", ("status",)),
    ("#geo+precision", ("position_accuracy_m",)), ("#meta+source", ("source_label",)),
    ("#activity+type", ("activity_type",)), ("#description", ("description", "narrative")),
)
# A tag with one of these counts a part, or is a code where the name is meant.
_NARROWER = frozenset(("f", "m", "children", "adults", "elderly", "infants", "url", "email",
                       "phone", "code", "id", "type", "year", "num", "displaced", "idps",
                       "refugees"))


def broadly(tag: str, kind: Kind) -> str:
    """The field of a kind that a tag of another writer means, or "".

    >>> from landrelease.core.record import KINDS
    >>> broadly("#org+impl+name", KINDS["hazard"]), broadly("#population+f", KINDS["settlement"])
    ('organisation', '')
    """
    head, *attributes = tag.split("+")
    names = {f.name for f in kind.fields}
    for known, fields in _BROADLY:
        base, *wanted = known.split("+")
        more = set(attributes) - set(wanted)
        if head == base and set(wanted) <= set(attributes) and not more & _NARROWER:
            found = next((f for f in fields if f in names), "")
            if found:
                return found
    return ""


# The hashtags of HXL 1.1. A row of other words that begin with # is data.
HASHTAGS = frozenset(f"#{word}" for word in re.findall(
    r"\w+", "access activity adm1 adm2 adm3 adm4 adm5 affected beneficiary capacity cause channel "
    "contact country crisis currency date delivery description event frequency geo group impact "
    "indicator inneed item loc meta modality need operations org output population reached region "
    "respondee sector service severity status subsector targeted value"))


def fields_by_tag(kind: Kind) -> dict[str, str]:
    """Plain tag -> field of a kind."""
    return {plain(tag(f)): f.name for f in kind.fields}
