"""The text of a PSPLIB file (`.sm`, `.mm`) in, a case out (Kolisch and Sprecher 1997)."""

from __future__ import annotations

import re

from landrelease.errors import (
    CASE_PART_MISSING,
    CASE_PART_UNKNOWN,
    CASE_VALUE_WRONG,
    LandReleaseError,
)
from landrelease.plan.cases.case import Activity, Case, Mode
from landrelease.plan.cases.sound import sound

_LARGEST = 100_000  # of any number of a case; sums then stay far within 64 bits


class _Lines:
    """The lines that say something, with their numbers in the file."""

    def __init__(self, name: str, text: str):
        self.name = name
        self.lines = [(i, line.strip()) for i, line in enumerate(text.splitlines(), 1)
                      if line.strip() and not set(line.strip()) <= set("*-")]
        self.at = 0

    def seek(self, part: str) -> tuple[int, str]:
        """Go behind the next line that begins with `part`."""
        for k in range(self.at, len(self.lines)):
            if self.lines[k][1].lower().startswith(part.lower()):
                self.at = k + 1
                return self.lines[k]
        raise LandReleaseError(CASE_PART_MISSING, file=self.name, part=part)

    def numbers(self, what: str) -> tuple[int, list[int]]:
        """The next line as whole numbers."""
        if self.at == len(self.lines):
            raise LandReleaseError(CASE_PART_MISSING, file=self.name, part=what)
        row, line = self.lines[self.at]
        self.at += 1
        found = []
        for word in line.split():
            if not re.fullmatch(r"\d{1,18}", word) or int(word) > _LARGEST:
                self.wrong(row, what, word, f"whole numbers from 0 to {_LARGEST}")
            found.append(int(word))
        return row, found

    def wrong(self, row: int, what: str, found: object, expected: str) -> None:
        raise LandReleaseError(CASE_VALUE_WRONG, file=self.name, row=row, field=what, found=found,
                               expected=expected)


def read_psplib(text: str, name: str) -> Case:
    """Read a project with one or several modes.

    Raises
    ------
    LandReleaseError
        PLN-301, PLN-302: a value is wrong or a part is missing; PLN-303: a part that is not read;
        PLN-304, PLN-305, PLN-306: the project cannot be done (`sound`).
    """
    lines = _Lines(name, text)
    jobs = _count(lines, "jobs (incl. supersource/sink )", low=1)
    renewable = _count(lines, "- renewable")
    consumable = _count(lines, "- nonrenewable")
    if _count(lines, "- doubly constrained"):
        raise LandReleaseError(CASE_PART_UNKNOWN, file=name, part="doubly constrained resources")
    lines.seek("PRECEDENCE RELATIONS")
    lines.seek("jobnr.")
    modes: dict[int, int] = {}
    successors: dict[int, tuple[int, ...]] = {}
    for job in range(1, jobs + 1):
        row, found = lines.numbers("precedence relations")
        if found[:1] != [job]:
            lines.wrong(row, "jobnr.", found[:1], str(job))
        if len(found) < 3 or len(found) != 3 + found[2]:
            lines.wrong(row, "successors", len(found) - 3,
                        "as many as #successors says")
        if not 1 <= found[1] <= 1_000:
            lines.wrong(row, "#modes", found[1], "1 to 1000")
        for other in found[3:]:
            if not 1 <= other <= jobs:
                lines.wrong(row, "successors", other, f"a job from 1 to {jobs}")
        modes[job], successors[job] = found[1], tuple(dict.fromkeys(found[3:]))
    lines.seek("REQUESTS/DURATIONS")
    lines.seek("jobnr.")
    activities = []
    for job in range(1, jobs + 1):
        ways = []
        for mode in range(1, modes[job] + 1):
            row, found = lines.numbers("requests and durations")
            if mode == 1:
                if found[:1] != [job]:
                    lines.wrong(row, "jobnr.", found[:1], str(job))
                found = found[1:]
            if found[:1] != [mode]:
                lines.wrong(row, "mode", found[:1], str(mode))
            if len(found) != 2 + renewable + consumable:
                lines.wrong(row, "requests", max(0, len(found) - 2),
                            f"{renewable + consumable} numbers")
            ways.append(Mode(found[1], tuple(found[2:2 + renewable]),
                             tuple(found[2 + renewable:])))
        activities.append(Activity(job, tuple(ways), successors[job]))
    lines.seek("RESOURCEAVAILABILITIES")
    there: list[int] = []
    if renewable + consumable:
        lines.seek("R" if renewable else "N")  # the headings
        row, there = lines.numbers("resource availabilities")
        if len(there) != renewable + consumable:
            lines.wrong(row, "resource availabilities", len(there),
                        f"{renewable + consumable} numbers")
    return sound(Case(name, tuple(activities), tuple(there[:renewable]),
                      tuple(there[renewable:])))


def _count(lines: _Lines, part: str, low: int = 0) -> int:
    row, line = lines.seek(part)
    found = re.search(r":\s*(\S+)", line)
    word = found[1] if found else ""
    if not re.fullmatch(r"\d{1,6}", word) or not low <= int(word) <= _LARGEST:
        lines.wrong(row, part, word or "empty", f"a whole number from {low} to {_LARGEST}")
    return int(word)
