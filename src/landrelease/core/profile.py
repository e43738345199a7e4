"""Profiles of machines and of search by hand: what is known of them, by whom it is said."""

from __future__ import annotations

from dataclasses import dataclass

# Best first: a measured figure goes before what a standard, the press or the maker says.
BASES = ("measured", "standard", "own assumption", "press", "maker", "not known")

KINDS = ("machine", "person", "animal")  # animals are led along lanes as people work them


@dataclass(frozen=True, slots=True)
class Figure:
    """One property as one source states it; `value` None: not known."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    unit: str
    basis: str
    source: str


@dataclass(frozen=True, slots=True)
class Profile:
    id: str
    title: str
    kind: str  # one of KINDS
    figures: tuple[Figure, ...]

    def figure(self, name: str) -> Figure | None:
        """The best-founded figure that has a value; None where it is not known."""
        known = [f for f in self.figures if f.name == name and f.value is not None]
        return min(known, key=lambda f: BASES.index(f.basis)) if known else None

    def value(self, name: str) -> float | None:
        found = self.figure(name)
        return found.value if found else None

    @property
    def not_known(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(
            f.name for f in self.figures if self.figure(f.name) is None))
