"""A track: where a machine, a detector or a person went, fix by fix, as it was written down."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

ENGAGED_BLANK = -2  # the file has the column, and the cell is empty
# Kinds of fix, from the worst that is a position; 0: the log does not say.
SINGLE, DIFFERENTIAL, FLOAT, FIXED = 1, 2, 3, 4
FIX_NAMES = ("not stated", "single", "differential", "float", "fixed")
# Radius that holds 68 % of the fixes, as receivers state their error, in standard deviations along
# one axis (Rayleigh distribution): sqrt(-2 ln 0.32).
CIRCLE = 1.51
# The same of the radius that holds 90 %, as positions of records state theirs: sqrt(-2 ln 0.1).
CIRCLE_90 = 2.146


@dataclass(frozen=True, slots=True)
class TrackFinding:
    """One doubt about a track: `count` fixes or steps from one row of the file to another."""

    code: str
    text: str  # problem and remedy in words
    first_row: int  # rows of data from 1; 0: the file as a whole
    last_row: int
    count: int
    counted: bool  # False: the ground under it counts as not covered (S05)


@dataclass(frozen=True, slots=True)
class Track:
    """N fixes in the order of the file.

    `x`, `y` are degrees of longitude and latitude on WGS 84, or metres where `plane`. Time is
    seconds since 1970-01-01 UTC, or on the file's own clock where it gives plain numbers.
    """

    file: str
    plane: bool
    time_s: np.ndarray  # float64 (N,)
    x: np.ndarray  # float64 (N,)
    y: np.ndarray  # float64 (N,)
    passes: tuple[str, ...]  # names of the passes, in order of first use
    in_pass: np.ndarray  # int32 (N,) which of them
    engaged: np.ndarray  # int8 (N,) 1 yes, 0 no, -1 no such column, -2 left blank
    depth_m: np.ndarray  # float64 (N,) nan: not stated
    heading_deg: np.ndarray  # float64 (N,) from north, clockwise; nan: not stated
    row: np.ndarray  # int64 (N,) row of data in the file, from 1
    findings: tuple[TrackFinding, ...] = field(default=())  # rows that could not be read
    synthetic: bool = False  # the file says so (S19)
    fix: np.ndarray | None = None  # int8 (N,) kind of fix; None: the log never says
    accuracy_m: np.ndarray | None = None  # float64 (N,) the receiver's own figure; nan: none
    speed_m_s: np.ndarray | None = None  # float64 (N,) over the ground, as the log has it
    hdop: np.ndarray | None = None  # float64 (N,) horizontal dilution of precision
    # bool (N,): what the log has between this fix and the one before it could not be used, or says
    # that there was no fix; None: nowhere
    broken: np.ndarray | None = None
    unused: tuple[str, ...] = ()  # headings of the file that nothing is read of

    def __len__(self) -> int:
        return len(self.time_s)


COLUMNS = ("time_s", "x", "y", "in_pass", "engaged", "depth_m", "heading_deg", "row", "fix",
           "accuracy_m", "speed_m_s", "hdop", "broken")  # of a track: one value a fix
