"""Which reports of work tell of one joint work: reports in, groups out (S03: it counts once).

Reports of the same kind of work, task or hazard and days are one joint work where one of them
names two or more teams and another one names one of these, or where one names the organisation of
the other as its partner. Each report of an organisation goes with at most one of each partner: the
one that names it back first, then the one whose area is nearest. Of others that differ in their
teams nobody knows: they are counted each, and told as `possible`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from landrelease.core.kind import DECLINED, NOT_REPORTED

# Fields of a report that decide.
REPORTED = ("activity_type", "task", "hazard", "started_on", "ended_on", "teams", "organisation",
            "joint_with", "area_m2")

SAME_AREA = 0.005  # areas of two reports that differ by less than this share are called the same


@dataclass(frozen=True, slots=True)
class Report:
    """What decides of one report. `days`: the first and the last, each standing for the other
    where one alone is stated; area_m2: None where it is not reported."""

    kind: str
    task: str
    hazard: str
    days: tuple[str, str]
    teams: frozenset[str]
    organisation: str
    partners: frozenset[str]
    area_m2: float | None

    @property
    def jointly(self) -> bool:
        """Whether it says itself that it was joint work."""
        return len(self.teams) > 1 or bool(self.partners)

    @property
    def places(self) -> tuple[tuple[str, str, str, str, str], ...]:
        return tuple((self.kind, *self.days, name, word) for name, word in (
            ("task", self.task), ("hazard", self.hazard)) if word and any(self.days))


def same_name(word: str) -> str:
    """An organisation's name as it is compared."""
    return " ".join(word.split()).casefold()


def partners_of(words: object) -> frozenset[str]:
    """The organisations that a report names as partners: a text, several with semicolons."""
    listed: Iterable[object] = words.split(";") if isinstance(words, str) else (
        words if isinstance(words, (list, tuple)) else ())
    return frozenset(same_name(str(w)) for w in listed if str(w).strip()) - {
        NOT_REPORTED, DECLINED}


def report_of(values: Mapping[str, Any]) -> Report:
    """A report of work from the values of its record."""

    def word(name: str) -> str:
        value = values.get(name)
        return "" if value is None or value in (NOT_REPORTED, DECLINED) else str(value)

    teams, area = values.get("teams"), values.get("area_m2")
    listed = teams if isinstance(teams, (list, tuple)) else [word("teams")]
    first, last = word("started_on"), word("ended_on")
    return Report(
        word("activity_type"), word("task"), word("hazard"), (first or last, last or first),
        frozenset(str(t) for t in listed if t not in ("", NOT_REPORTED, DECLINED)),
        same_name(word("organisation")), partners_of(values.get("joint_with")),
        float(area) if isinstance(area, (int, float)) and area == area else None)


def joint_groups(reports: Sequence[Report]) -> dict[int, int]:
    """Index of each report of a joint work -> index of the first report of that work."""
    first = {n: n for n, r in enumerate(reports) if r.jointly}

    def root(n: int) -> int:
        while first.setdefault(n, n) != n:
            n = first[n]
        return n

    for found in _buckets(reports, {p for n in first for p in reports[n].places}).values():
        for at, i in enumerate(found):
            for j in found[at + 1:]:
                one, other = reports[i], reports[j]
                if (len(one.teams) > 1 or len(other.teams) > 1) and one.teams & other.teams \
                        and not _other_task(one, other):
                    _join(first, root(i), root(j))
        for i, j in _partners(reports, found):
            _join(first, root(i), root(j))
    return {n: root(n) for n in sorted(first)}


def possible(reports: Sequence[Report]) -> list[tuple[int, int]]:
    """Pairs of reports that may be one joint work, and nobody says so: of the same kind, place and
    days, by other teams of other organisations, or with the same area."""
    groups = joint_groups(reports)
    matched: dict[int, set[str]] = {}  # organisations that a joint work has already
    for n, first in groups.items():
        matched.setdefault(first, set()).add(reports[n].organisation)
    seen: dict[tuple[int, int], None] = {}
    for found in _buckets(reports, None).values():
        for at, i in enumerate(found):
            for j in found[at + 1:]:
                one, other = reports[i], reports[j]
                if (groups.get(i, i) == groups.get(j, j) or one.teams & other.teams
                        or _other_task(one, other) or _elsewhere(one, other)
                        or (one.organisation and one.organisation in matched.get(
                            groups.get(j, -1), ()))
                        or (other.organisation and other.organisation in matched.get(
                            groups.get(i, -1), ()))):
                    continue
                apart = one.organisation and other.organisation and \
                    one.organisation != other.organisation
                if apart or (one.teams and other.teams and _same_area(one, other)):
                    seen[min(i, j), max(i, j)] = None
    return sorted(seen)


def _buckets(reports: Sequence[Report], wanted: set | None) -> dict[tuple, list[int]]:
    out: dict[tuple, list[int]] = {}
    for n, r in enumerate(reports):
        for place in r.places:
            if wanted is None or place in wanted:
                out.setdefault(place, []).append(n)
    return {k: v for k, v in out.items() if len(v) > 1}


def _join(first: dict[int, int], one: int, other: int) -> None:
    first[max(one, other)] = min(one, other)


def _partners(reports: Sequence[Report], found: Sequence[int]) -> list[tuple[int, int]]:
    """Pairs of reports of which one names the organisation of the other, each once a partner."""
    pairs = []
    for at, i in enumerate(found):
        for j in found[at + 1:]:
            one, other = reports[i], reports[j]
            named = (other.organisation in one.partners) + (one.organisation in other.partners)
            if named and one.organisation != other.organisation:
                apart = abs((one.area_m2 or 0.0) - (other.area_m2 or 0.0))
                pairs.append((-named, apart, i, j))
    taken: set[tuple[int, str]] = set()
    out = []
    for _, _, i, j in sorted(pairs):
        ends = (i, reports[j].organisation), (j, reports[i].organisation)
        if not taken & set(ends):
            taken |= set(ends)
            out.append((i, j))
    return out


def _other_task(one: Report, other: Report) -> bool:
    return bool(one.task and other.task and one.task != other.task)


def _elsewhere(one: Report, other: Report) -> bool:
    """Whether one of them names a partner, and it is not the other one's organisation."""
    return any(r.partners and s.organisation not in r.partners
               for r, s in ((one, other), (other, one)))


def _same_area(one: Report, other: Report) -> bool:
    if not one.area_m2 or not other.area_m2:
        return False
    return abs(one.area_m2 - other.area_m2) <= SAME_AREA * max(one.area_m2, other.area_m2)
