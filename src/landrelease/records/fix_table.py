"""Fixes of a log as columns of numbers: eight bytes each, however long the log is."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator

import numpy as np

from landrelease.core.track import Track, TrackFinding
from landrelease.errors import TRACK_ROW, TRACK_WITHOUT_FIX, LandReleaseError, Message
from landrelease.records.track_csv import YEARS_S

NAMES = ("row", "time_s", "x", "y", "heading_deg", "in_pass", "fix", "accuracy_m", "hdop",
         "speed_m_s", "engaged", "depth_m")
Problem = tuple[int, str, str]  # row, field, what was found


class FixTable:
    """One row a fix. Times in s since 1970, degrees on WGS 84, metres, m/s; nan: not stated."""

    def __init__(self) -> None:
        self.columns = {name: array("d") for name in NAMES}
        self.passes: dict[str, int] = {}

    def add(self, row: int, time_s: float, x: float, y: float, *, heading_deg: float = math.nan,
            in_pass: str = "1", fix: int = 0, accuracy_m: float = math.nan,
            hdop: float = math.nan, speed_m_s: float = math.nan, engaged: int = -1,
            depth_m: float = math.nan) -> None:
        """`fix`, `engaged`: see `core.track`."""
        number = self.passes.setdefault(in_pass, len(self.passes))
        for name, value in zip(NAMES, (row, time_s, x, y, heading_deg, number, fix, accuracy_m,
                                       hdop, speed_m_s, engaged, depth_m), strict=True):
            self.columns[name].append(value)

    def __len__(self) -> int:
        return len(self.columns["row"])

    def __iter__(self) -> Iterator[tuple[float, ...]]:
        """(row, time, longitude, latitude, heading) of each."""
        return zip(*(self.columns[n] for n in NAMES[:5]), strict=True)

    def __getitem__(self, k: int) -> tuple[float, ...]:
        return tuple(self.columns[n][k] for n in NAMES[:5])

    def array(self, name: str) -> np.ndarray:
        """A copy of a column (N,)."""
        return np.array(self.columns[name], dtype=np.float64)


def track_of(file: str, fixes: FixTable, problems: list[Problem]) -> Track:
    """The track, with what cannot be used as findings. Raises TRK-019: no fix."""
    time_s, row = fixes.array("time_s"), fixes.array("row").astype(np.int64)
    keep = np.abs(time_s) <= YEARS_S
    problems = [*problems, *((int(row[k]), "time", f"{time_s[k]:g}")
                             for k in np.flatnonzero(~keep))]
    if not keep.any():
        raise LandReleaseError(TRACK_WITHOUT_FIX, file=file)
    column = {name: fixes.array(name)[keep] for name in NAMES[2:]}

    def told(name: str) -> np.ndarray | None:
        return column[name] if np.isfinite(column[name]).any() else None

    return Track(
        file, False, time_s[keep], column["x"], column["y"], tuple(fixes.passes),
        column["in_pass"].astype(np.int32), column["engaged"].astype(np.int8), column["depth_m"],
        column["heading_deg"], row[keep], grouped(file, problems),
        fix=column["fix"].astype(np.int8), accuracy_m=told("accuracy_m"),
        speed_m_s=told("speed_m_s"), hdop=told("hdop"), broken=broken_at(row[keep], problems))


def broken_at(row: np.ndarray, problems: list[Problem]) -> np.ndarray | None:
    """(N,) bool: which of the fixes that are used follow a row that is not; None: none does.

    Nobody knows what that row would have said of the tool, so no step may lead over it (S05).
    """
    if not problems:
        return None
    out = np.zeros(len(row) + 1, dtype=bool)
    out[np.searchsorted(row, np.array([p[0] for p in problems]), side="right")] = True
    return out[:-1]


def grouped(file: str, problems: Iterable[Problem], message: Message = TRACK_ROW
            ) -> tuple[TrackFinding, ...]:
    """One finding for rows on end with the same fault."""
    out: list[TrackFinding] = []
    run: list[Problem] = []

    def close() -> None:
        if run:
            row, what, found = run[0]
            out.append(TrackFinding(message.code, message.text(
                file=file, row=row, field=what, found=found, count=len(run)),
                row, run[-1][0], len(run), False))

    for problem in sorted(problems):
        if run and (problem[0] - run[-1][0] > 1 or problem[1] != run[-1][1]):
            close()
            run = []
        run.append(problem)
    close()
    return tuple(out)
