"""The land and the people: hazards, outcomes, accidents, settlements, administrative areas.

Typed views of records, as the stages read them. Geometry is longitude/latitude, WGS 84.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from shapely import MultiPolygon, Point, Polygon

from landrelease.core.evidence import Evidence

Ground: TypeAlias = Polygon | MultiPolygon


@dataclass(frozen=True, slots=True)
class Hazard:
    """Ground recorded as hazardous."""

    id: str
    ground: Ground
    area_m2: float  # geodesic
    hazard_type: str  # SHA, CHA or not_reported
    status: str
    municipality_id: str  # administrative area that holds most of it; "" where none is known
    position_accuracy_m: float | None = None  # 90 % radius of the source; None: not reported


@dataclass(frozen=True, slots=True)
class Outcome:
    """Ground that was cancelled, reduced, cleared or only searched."""

    id: str
    ground: Ground
    area_m2: float
    outcome_type: str
    municipality_id: str
    depth_m: float | None = None  # None: not reported
    released_on: date | None = None


@dataclass(frozen=True, slots=True)
class Accident:
    id: str
    place: Point


@dataclass(frozen=True, slots=True)
class LiftedMinefield:
    """A recorded place where a minefield was lifted: direct evidence nearby, at an unknown date."""

    id: str
    place: Point


@dataclass(frozen=True, slots=True)
class Settlement:
    """`position_error_m` is the standard deviation of each coordinate, in m."""

    id: str
    name: str
    place: Point
    population: int | None  # None: not reported (S12)
    position_error_m: float


@dataclass(frozen=True, slots=True)
class PlacelessSettlement:
    """A settlement on record without a point: it has people, and is near nothing."""

    id: str
    name: str
    population: int | None  # None: not reported (S12)


@dataclass(frozen=True, slots=True)
class AdministrativeArea:
    id: str
    name: str
    level: int | None
    ground: Ground


@dataclass(frozen=True, slots=True)
class Land:
    """All that is known of a programme's land at one `valid_at` and `known_at`."""

    hazards: tuple[Hazard, ...]
    outcomes: tuple[Outcome, ...]
    accidents: tuple[Accident, ...]
    lifted: tuple[LiftedMinefield, ...]
    settlements: tuple[Settlement, ...]
    municipalities: tuple[AdministrativeArea, ...]
    chain_head: str  # of the registry when it was read
    synthetic: bool = False  # made up: every output says so (S19)
    # Hazards that wait in quarantine although their place is known: on the public's map (S01, S15),
    # in no plan or figure until a person has confirmed them. Widest readings.
    unconfirmed: tuple[Hazard, ...] = ()
    # Whether there are hazards, recorded or waiting, of which nobody knows the place.
    unplaced: bool = False
    # What any record says about the ground: for the type, the chance and the next survey action.
    evidence: tuple[Evidence, ...] = ()
    # Outcomes of work in spite of a start-of-day gate, not reviewed: without credit, in no other
    # field (S08).
    without_credit: tuple[Outcome, ...] = ()
    # Ids of outcomes that are in no field because an account of a day was asked for and nobody
    # stated theirs.
    undated: tuple[str, ...] = ()
    # Records among these whose decision no person signed with a key that counts (S09).
    unverified: frozenset[str] = frozenset()
    # Outcomes of signed releases that are in force: what the public may be told is released (S11).
    in_force: frozenset[str] = frozenset()
    # Hazards that count and have no place, (id, type), and accidents without one: they are counted,
    # and are in no area.
    placeless_hazards: tuple[tuple[str, str], ...] = ()
    placeless_accidents: tuple[str, ...] = ()
    placeless_settlements: tuple[PlacelessSettlement, ...] = ()
    # Whether any hazard is on record, closed ones among them; None: as many as count here say.
    hazards_on_record: bool | None = None
    quarantine_last: int = 0  # the highest number of a row in quarantine when it was read

    @property
    def hazards_known(self) -> bool:
        """Whether it is on record how many hazards there are: none at all is not zero (S12)."""
        return bool(self.hazards or self.placeless_hazards or self.hazards_on_record)

    @property
    def hazardous_known(self) -> bool:
        """Whether it is on record how much ground is hazardous; of hazards that all lack a place
        it is not (S12)."""
        return bool(self.hazards) or (bool(self.hazards_on_record) and not self.placeless_hazards)
