"""A national extension: fields, words and thresholds of a programme, in a file, without code.

    name: Example
    version: "1"
    fields:
      hazard:
        - name: cadastral_zone
          type: text
          definition: Zone of the national cadastre.
    words:
      hazard.vegetation: [bamboo]
    required:
      hazard: [hazard_type]
    thresholds:
      - name: required_depth_m
        value: 0.2
        unit: m
        source: National standard 09.10
    contact: Mine Action Centre, telephone ...
    checklist:
      name: All reasonable effort, national
      version: "1"
      items:
        - id: owner_present
          question: Was the owner of the land there at the last visit?
          source: National standard 07.11

An extension adds. It takes no field away, changes no type, and never opens what is personal (S17).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeGuard, get_args

import yaml

from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.checklist import Checklist, checklist_from
from landrelease.core.kind import NOT_REPORTED, Field, Kind, ValueType
from landrelease.errors import EXTENSION_NOT_READABLE, LandReleaseError

# Names of columns of the layers that are no fields.
_TAKEN = frozenset((
    "fid", "geom", "record_id", "revision", "valid_from", "validation", "recorded_at",
    "recorded_by", "source", "other_values", "geometry", "kind", "record", "crs", "latitude",
    "longitude", "easting", "northing"))
_NAME = re.compile(r"[a-z][a-z0-9_]{0,58}")
_FIELD_KEYS = frozenset(("name", "type", "definition", "unit", "choices", "required", "minimum",
                         "maximum", "personal", "synonyms", "source", "refers_to", "future",
                         "public"))
_PARTS = frozenset(("name", "version", "language", "fields", "words", "required", "thresholds",
                    "checklist", "contact"))


@dataclass(frozen=True, slots=True)
class Extension:
    """What a programme adds. `words` are additional choices by (kind, field)."""

    name: str
    version: str
    fields: Mapping[str, tuple[Field, ...]]
    words: Mapping[tuple[str, str], tuple[str, ...]]
    required: Mapping[str, tuple[str, ...]]
    thresholds: tuple[Assumption, ...]
    public: frozenset[tuple[str, str]]  # (kind, field) that the public may see
    checklist: Checklist | None = None  # of the release, in place of the one that ships
    contact: str = ""  # whom people call, on all that is made for the public


def read_extension(text: str, file: str = "the extension", kinds: Mapping[str, Kind] | None = None
                   ) -> Extension:
    """An extension from YAML. Raises EXT-001 with the entry, what was found and what was expected.
    """
    from landrelease.core.kinds import KINDS

    base = KINDS if kinds is None else kinds

    def refuse(entry: str, found: Any, expected: str) -> LandReleaseError:
        return LandReleaseError(EXTENSION_NOT_READABLE, file=file, entry=entry, found=repr(found),
                                expected=expected)

    try:
        said = yaml.safe_load(text)
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        where = f"line {place.line + 1}" if place is not None else "the text"
        raise refuse(where, getattr(error, "problem", "") or "no YAML", "YAML") from error
    except (ValueError, RecursionError) as error:  # a day such as 2027-99-99; brackets without end
        raise refuse("the text", str(error), "YAML") from error
    if not isinstance(said, dict):
        raise refuse("the whole", type(said).__name__, "a table with name, version, fields ...")
    for key in said:
        if key not in _PARTS:
            raise refuse(str(key), "an unknown entry", "one of " + ", ".join(sorted(_PARTS)))
    for key in ("name", "version"):
        if not isinstance(said.get(key), (str, int, float)) or not str(said[key]).strip():
            raise refuse(key, said.get(key), "a word")
    fields: dict[str, tuple[Field, ...]] = {}
    public: set[tuple[str, str]] = set()
    for kind, listed in _table(said, "fields", refuse).items():
        if kind not in base:
            raise refuse(f"fields: {kind}", kind, "one of " + ", ".join(base))
        if not isinstance(listed, list):
            raise refuse(f"fields: {kind}", listed, "a list of fields")
        known = {f.name for f in base[kind].fields}
        made: list[Field] = []
        for n, entry in enumerate(listed, 1):
            field = _field(entry, f"fields: {kind}, number {n}", refuse, base)
            if field.name in known:
                raise refuse(f"fields: {kind}, {field.name}", field.name,
                             "a name that no field of this kind has")
            known.add(field.name)
            made.append(field)
            if entry.get("public") is True:
                if field.personal:
                    raise refuse(f"fields: {kind}, {field.name}", "public and personal",
                                 "one of both at most (S17)")
                public.add((kind, field.name))
        fields[str(kind)] = tuple(made)
    words: dict[tuple[str, str], tuple[str, ...]] = {}
    for place, listed in _table(said, "words", refuse).items():
        kind, _, name = str(place).partition(".")
        own = {f.name: f for f in (*base[kind].fields, *fields.get(kind, ()))} \
            if kind in base else {}
        if name not in own or own[name].type not in ("choice", "choices"):
            raise refuse(f"words: {place}", place, "kind.field of a field with choices")
        if not isinstance(listed, list) or not all(
                isinstance(w, str) and _NAME.fullmatch(w) for w in listed):
            raise refuse(f"words: {place}", listed, "a list of words in small letters, a_b")
        words[kind, name] = tuple(w for w in dict.fromkeys(listed) if w not in own[name].choices)
    required: dict[str, tuple[str, ...]] = {}
    for kind, listed in _table(said, "required", refuse).items():
        if kind not in base:
            raise refuse(f"required: {kind}", kind, "one of " + ", ".join(base))
        names = {f.name for f in (*base[kind].fields, *fields.get(kind, ())) if not f.personal}
        if not isinstance(listed, list) or not names.issuperset(map(str, listed)):
            raise refuse(f"required: {kind}", listed, "a list of fields of this kind")
        required[str(kind)] = tuple(map(str, listed))
    thresholds = said.get("thresholds") or []
    if not isinstance(thresholds, list):
        raise refuse("thresholds", thresholds, "a list")
    return Extension(str(said["name"]).strip(), str(said["version"]).strip(), fields, words,
                     required, tuple(_threshold(t, n, refuse) for n, t in enumerate(thresholds, 1)),
                     frozenset(public),
                     checklist_from(said["checklist"], file) if "checklist" in said else None,
                     _contact(said, refuse))


def _contact(said: Mapping[str, Any], refuse: Any) -> str:
    found = said.get("contact", "")
    if not isinstance(found, str) or len(found) > 300:
        raise refuse("contact", found, "one line: who, and a telephone number")
    return " ".join(found.split())


def _table(said: Mapping[str, Any], name: str, refuse: Any) -> Mapping[Any, Any]:
    found = said.get(name) or {}
    if not isinstance(found, dict):
        raise refuse(name, found, "a table")
    return found


def _field(entry: Any, place: str, refuse: Any, base: Mapping[str, Kind]) -> Field:
    if not isinstance(entry, dict):
        raise refuse(place, entry, "a table with name, type and definition")
    for key in entry:
        if key not in _FIELD_KEYS:
            raise refuse(f"{place}: {key}", "an unknown entry",
                         "one of " + ", ".join(sorted(_FIELD_KEYS)))
    name, type_ = entry.get("name"), entry.get("type")  # type: Any, Any
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name in _TAKEN:
        raise refuse(f"{place}: name", name, "small letters, digits and _, and no name of ours")
    if type_ not in get_args(ValueType):
        raise refuse(f"{place}: type", type_, "one of " + ", ".join(get_args(ValueType)))
    if not isinstance(entry.get("definition"), str) or not entry["definition"].strip():
        raise refuse(f"{place}: definition", entry.get("definition"), "a sentence")
    listed = entry.get("choices", [])
    if type_ in ("choice", "choices"):
        if not isinstance(listed, list) or not listed or not all(
                isinstance(w, str) and w.strip() for w in listed):
            raise refuse(f"{place}: choices", listed, "a list of words")
        listed = list(dict.fromkeys(listed))
        if NOT_REPORTED not in listed:
            listed = [*listed, NOT_REPORTED]  # S12: nobody said so is always possible
    elif listed:
        raise refuse(f"{place}: choices", listed, "no choices for this type")
    if type_ in ("reference", "references") and str(entry.get("refers_to")) not in base:
        raise refuse(f"{place}: refers_to", entry.get("refers_to"), "one of " + ", ".join(base))
    for key in ("required", "personal", "future", "public"):
        if not isinstance(entry.get(key, False), bool):
            raise refuse(f"{place}: {key}", entry[key], "true or false")
    if entry.get("required") and entry.get("personal"):
        # What is personal never stands among the values, so no record could ever hold it.
        raise refuse(f"{place}: required", "required and personal", "one of both at most (S17)")
    for key in ("minimum", "maximum"):
        if entry.get(key) is not None and not _is_number(entry[key]):
            raise refuse(f"{place}: {key}", entry[key], "a number")
    if entry.get("minimum") is not None and entry.get("maximum") is not None \
            and entry["minimum"] > entry["maximum"]:
        raise refuse(f"{place}: maximum", entry["maximum"],
                     f"not less than minimum ({entry['minimum']})")
    synonyms = entry.get("synonyms", [])
    if not isinstance(synonyms, list) or not all(isinstance(w, str) for w in synonyms):
        raise refuse(f"{place}: synonyms", synonyms, "a list of headings")
    kind_of_value: ValueType = type_
    return Field(
        name, kind_of_value, entry["definition"].strip(), unit=str(entry.get("unit", "")),
        choices=tuple(listed), required=entry.get("required", False),
        minimum=entry.get("minimum"), maximum=entry.get("maximum"),
        personal=entry.get("personal", False), synonyms=tuple(w.casefold() for w in synonyms),
        source=str(entry.get("source", "national extension")),
        refers_to=str(entry.get("refers_to", "")), future=entry.get("future", False))


def _is_number(value: Any) -> TypeGuard[int | float]:
    return type(value) in (int, float) and -1e300 < value < 1e300


def _threshold(entry: Any, n: int, refuse: Any) -> Assumption:
    place = f"thresholds, number {n}"
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise refuse(place, entry, "a table with name, value, unit and source")
    numbers = {}
    for key in ("value", "low", "high"):
        value = entry.get(key, entry.get("value"))
        if not _is_number(value):
            raise refuse(f"{place}: {key}", value, "a number")
        numbers[key] = float(value)
    if not numbers["low"] <= numbers["value"] <= numbers["high"]:
        raise refuse(place, numbers, "low <= value <= high")
    if not isinstance(entry.get("source"), str) or not entry["source"].strip():
        raise refuse(f"{place}: source", entry.get("source"), "the national standard (S13)")
    return Assumption(entry["name"], numbers["value"], numbers["low"], numbers["high"],
                      str(entry.get("unit", "")), str(entry.get("definition", "")),
                      entry["source"].strip())


def extended(kinds: Mapping[str, Kind], extension: Extension) -> dict[str, Kind]:
    """The kinds of a programme: those of the design with what its extension adds."""
    out = {}
    for name, kind in kinds.items():
        required = extension.required.get(name, ())
        made = []
        for field in (*kind.fields, *extension.fields.get(name, ())):
            more = extension.words.get((name, field.name), ())
            if more:
                words = [c for c in field.choices if c != NOT_REPORTED]
                field = replace(field, choices=(*words, *more, NOT_REPORTED))
            if field.name in required:
                field = replace(field, required=True)
            made.append(field)
        out[name] = replace(kind, fields=tuple(made))
    return out


def with_thresholds(assumptions: Assumptions, extension: Extension) -> Assumptions:
    """Assumptions with the values of the national standard in their place.

    A threshold that no assumption has is added: a later stage may ask for it by name.
    """
    named = dict(assumptions.by_name)
    for threshold in extension.thresholds:
        held = named.get(threshold.name)
        named[threshold.name] = threshold if held is None else replace(
            threshold, definition=threshold.definition or held.definition,
            unit=threshold.unit or held.unit)
    return Assumptions(named)
