"""Requirements of a plan that cannot all be kept, in the user's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

RequirementKind = Literal["decided", "forbidden", "after", "teams", "presence", "accreditation",
                          "closure", "equipment", "money", "roads"]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that a person can give way in. `key` names it within its kind."""

    kind: RequirementKind
    key: str
    words: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """A smallest set of requirements that cannot be kept together with what is asked.

    `asked` : ids of stages that were to be done. `requirements` : no smaller set conflicts; giving
    way in any one of them resolves this conflict (there may be others). Empty: the stages cannot be
    done whatever gives way (`never` says why in words). `proven` is False where the time ended
    first: then the set conflicts, and a smaller one may too; without requirements nobody knows
    whether the stages can be done (`unknown`).
    """

    asked: tuple[str, ...]
    requirements: tuple[Requirement, ...]
    never: str = ""
    proven: bool = True

    @property
    def unknown(self) -> bool:
        return not self.proven and not self.requirements
