"""What a kind of record is: its geometry, its fields, their types, units and words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

NOT_REPORTED = "not_reported"
DECLINED = "declined"

# moment: aware UTC instant, as ISO 8601 text in the chain. choices, references: a list, kept in the
# order given. reference: the id of a record of the kind `refers_to`.
ValueType = Literal["text", "integer", "number", "date", "moment", "choice", "choices",
                    "reference", "references"]
# boolean: of what is told beside a record, never of a field that a record holds.
FieldType = ValueType | Literal["boolean"]
GeometryType = Literal["polygon", "point", "line", "any", "none"]
ValidationLevel = Literal[
    "entered", "operator", "operations", "information_management", "authority"
]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record kind."""

    name: str
    type: FieldType
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
    future: bool = False  # a date that may lie ahead: of a plan, of an expiry


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
    group: str = ""  # subject: land, work, capacity, community, means
    definition: str = ""
    place_needed: bool = True  # whether a row without a place is refused
    place_from: str = ""  # a field that names where it was, so that a table may go without places
    # Field -> values that are a decision of a person, to be signed (S09).
    decisions: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def decision_in(self, values: Mapping[str, Any]) -> tuple[str, ...]:
        """Fields among the values that hold a decision."""
        return tuple(name for name, decided in self.decisions if values.get(name) in decided)

    def field(self, name: str) -> Field:
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise KeyError(name)
