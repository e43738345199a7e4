"""The text of a multi-skill project (MiniZinc data, `.dzn`) in, a case out.

Format of the MSPSP instance library (Young, Feydy and Schutt, CP 2017): `nActs`, `dur`, `nSkills`,
`sreq` (people wanted by activity and skill), `nResources`, `mastery` (by person and skill),
`nPrecs`, `pred`, `succ`. What else stands in the file follows from these and is not used.
"""

from __future__ import annotations

import re

from landrelease.errors import CASE_PART_MISSING, CASE_VALUE_WRONG, LandReleaseError
from landrelease.plan.cases.case import Activity, Case, Mode
from landrelease.plan.cases.sound import sound

_LARGEST = 100_000


def read_mspsp(text: str, name: str) -> Case:
    """Read a multi-skill project.

    Raises
    ------
    LandReleaseError
        PLN-301, PLN-302: a value is wrong or a part is missing;
        PLN-304, PLN-305: the project cannot be done (`sound`).
    """
    data = _Data(text, name)
    acts, skills, people = data.count("nActs", 1), data.count("nSkills"), data.count("nResources")
    durations = data.numbers("dur", acts)
    wanted = data.table("sreq", acts, skills, bool_=False)
    masters = data.table("mastery", people, skills, bool_=True)
    links = data.count("nPrecs")
    successors: dict[int, list[int]] = {}
    for first, later in zip(data.numbers("pred", links), data.numbers("succ", links), strict=True):
        for field, found in (("pred", first), ("succ", later)):
            if not 1 <= found <= acts:
                data.wrong(field, found, f"an activity from 1 to {acts}")
        successors.setdefault(first, []).append(later)
    return sound(Case(
        name,
        tuple(Activity(i, (Mode(durations[i - 1]),), tuple(dict.fromkeys(successors.get(i, ()))),
                       tuple(wanted[i - 1])) for i in range(1, acts + 1)),
        skills=skills,
        masters=tuple(frozenset(s for s, can in enumerate(row, 1) if can) for row in masters)))


class _Data:
    """The assignments `name = value;` of the file, with the lines where they begin."""

    def __init__(self, text: str, name: str):
        self.file = name
        # A comment goes to the end of its line; the format has no strings that could hold a "%".
        bare = re.sub(r"%[^\n]*", "", text)
        self.values: dict[str, str] = {}
        self.rows: dict[str, int] = {}
        for found in re.finditer(r"(\w+)\s*=([^;=]*)(;?)", bare):
            row = bare.count("\n", 0, found.start()) + 1
            self.rows[found[1]] = row
            if not found[3]:
                self.wrong(found[1], "no end", "a semicolon at the end")
            if found[1] in self.values:
                self.wrong(found[1], "given twice", "one value")
            self.values[found[1]] = found[2].strip()

    def wrong(self, field: str, found: object, expected: str) -> None:
        raise LandReleaseError(CASE_VALUE_WRONG, file=self.file, row=self.rows[field], field=field,
                               found=found, expected=expected)

    def value(self, field: str) -> str:
        if field not in self.values:
            raise LandReleaseError(CASE_PART_MISSING, file=self.file, part=field)
        return self.values[field]

    def whole(self, field: str, word: str, low: int = 0) -> int:
        if not re.fullmatch(r"\d{1,18}", word) or not low <= int(word) <= _LARGEST:
            self.wrong(field, word[:40] or "empty", f"a whole number from {low} to {_LARGEST}")
        return int(word)

    def count(self, field: str, low: int = 0) -> int:
        return self.whole(field, self.value(field), low)

    def numbers(self, field: str, many: int) -> list[int]:
        inside = re.fullmatch(r"\[([^\[\]|]*)\]", self.value(field), re.S)
        if inside is None:
            self.wrong(field, self.value(field)[:40], "a list in square brackets")
            raise AssertionError
        words = [w.strip() for w in inside[1].split(",")]
        if words[-1] == "":  # an empty list, or a comma after the last number
            words.pop()
        if len(words) != many:
            self.wrong(field, f"{len(words)} numbers", str(many))
        return [self.whole(field, w) for w in words]

    def table(self, field: str, rows: int, columns: int, *, bool_: bool) -> list[list[int]]:
        inside = re.fullmatch(r"\[\|(.*)\|\s*\]", self.value(field), re.S)
        if inside is None:
            self.wrong(field, self.value(field)[:40], "a table [| ... | ... |]")
            raise AssertionError
        found: list[list[int]] = []
        for line in inside[1].split("|"):
            words = [w.strip() for w in line.split(",")]
            if words[-1] == "":
                words.pop()
            if len(words) != columns:
                self.wrong(field, f"{len(words)} in row {len(found) + 1}", f"{columns} in a row")
            if bool_:
                for word in words:
                    if word not in ("true", "false"):
                        self.wrong(field, word[:40], "true or false")
                found.append([int(word == "true") for word in words])
            else:
                found.append([self.whole(field, w) for w in words])
        if len(found) != rows:
            self.wrong(field, f"{len(found)} rows", str(rows))
        return found
