"""Exposure and contamination as the stages hand them on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Prior:
    """The chance that an area is contaminated at all, with a central 80 % interval.

    `is_prior` is True as long as no local effort is on record (S12); `reasons` are plain words.
    """

    probability: float
    low: float
    high: float
    is_prior: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HazardAssessment:
    """What assess says of one hazard. People: expectation over the settlements' position error."""

    hazard_id: str
    people_nearby: float
    people_low: float  # central 80 %
    people_high: float
    accidents_nearby: int
    accidents_inside: int
    lifted_nearby: int
    cleared_overlap_m2: float  # recorded as cleared and still recorded as suspected
    prior: Prior
    next_action: str  # plain words; never a decision (S09)


@dataclass(frozen=True, slots=True)
class ContaminationMap:
    """A north-up grid in a planar system; NaN where nothing is recorded (no information).

    `bands` is float32 (B, rows, columns); `west`, `north` are the outer corner in m.
    """

    proj: str
    west: float
    north: float
    cell_m: float
    bands: np.ndarray
    names: tuple[str, ...]
