"""Money of a programme, and the works of the second phase that it pays for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Fund:
    """Money that a donor gives for a phase. `announced_for`: the day for which it is announced."""

    id: str
    phase: int
    donor: str
    amount: float
    currency: str
    announced_for: date


@dataclass(frozen=True, slots=True)
class Work:
    """A work of the second phase: a road, a school, a field to be sown. It begins when the land
    of all its hazards is handed over."""

    id: str
    kind: str
    hazards: tuple[str, ...]
    budget: float
    currency: str
