"""Stated assumptions: a value, its range, its unit and where it comes from.

What no record of the programme supports is an assumption; it is shown beside every result that
rests on it, and a programme changes it in one file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Assumption:
    """`low` and `high` bound the central 80 % of what is thought possible."""

    name: str
    value: float
    low: float
    high: float
    unit: str
    definition: str
    source: str


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Looked up by name: `assumptions["share_cancelled"].value`."""

    by_name: Mapping[str, Assumption]
    filled: tuple[str, ...] = ()  # those that a programme's own file does not hold

    def __getitem__(self, name: str) -> Assumption:
        return self.by_name[name]

    def value(self, name: str) -> float:
        return self.by_name[name].value

    def __iter__(self):
        return iter(self.by_name.values())
