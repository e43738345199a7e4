"""How tightly the next lot is inspected: normal, tightened, reduced, by what the last ones showed.

Source: the switching rules of ISO 2859-1:1999, 9.3 and 9.4, for acceptance number 0. Only first
inspections of a lot count; a lot that was rejected, cleared again and inspected again does not.
The numbers are settings of the programme (S13).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Level = Literal["normal", "tightened", "reduced"]
LEVELS: tuple[Level, ...] = ("reduced", "normal", "tightened")  # from loose to tight


@dataclass(frozen=True, slots=True)
class Rule:
    """When the level changes; counts of lots. `reduced_after` 0: never reduced."""

    rejected: int = 2  # so many rejected ..
    of: int = 5  # .. among so many lots in a row: tightened
    accepted: int = 5  # in a row under tightened inspection: normal again
    reduced_after: int = 15  # accepted in a row under normal inspection: reduced
    stop: int = 5  # rejected under tightened inspection: work stops until its cause is found


@dataclass(frozen=True, slots=True)
class Standing:
    """The level for the next lot, and why, in words. `stopped`: no further lot is inspected until
    the cause is found and put right (ISO 2859-1:1999, 9.4)."""

    level: Level
    reason: str
    stopped: bool = False


def next_level(results: Iterable[bool], rule: Rule) -> Standing:
    """The level of the next lot. `results`: lots in their order, True where accepted."""
    level: Level = "normal"
    reason = "no lot has been inspected yet: normal inspection"
    recent: list[bool] = []  # since the level began, under the present one
    rejected_tightened = 0
    stopped = False
    for accepted in results:
        recent.append(accepted)
        if level == "reduced":
            if not accepted:
                level, recent = "normal", [False]
                reason = "a lot was rejected under reduced inspection: normal again"
        elif level == "tightened":
            rejected_tightened += not accepted
            if rejected_tightened >= rule.stop:
                stopped = True
            if len(recent) >= rule.accepted and all(recent[-rule.accepted:]):
                level, recent, rejected_tightened, stopped = "normal", [], 0, False
                reason = f"{rule.accepted} lots in a row were accepted under tightened " \
                         "inspection: normal again"
            continue
        if level == "normal":
            if recent[-rule.of:].count(False) >= rule.rejected:
                level, recent, rejected_tightened = "tightened", [], 0
                reason = f"{rule.rejected} of the last {rule.of} lots or fewer were rejected: " \
                         "tightened inspection"
            elif rule.reduced_after and len(recent) >= rule.reduced_after and all(
                    recent[-rule.reduced_after:]):
                level, recent = "reduced", []
                reason = f"{rule.reduced_after} lots in a row were accepted: reduced inspection"
            elif reason.startswith("no lot"):
                reason = "nothing in the last lots asks for another level: normal inspection"
    if stopped:
        reason = f"{rejected_tightened} lots were rejected under tightened inspection: no lot is " \
                 "inspected until the cause is found and put right"
    return Standing(level, reason, stopped)


def tightest(standings: Iterable[Standing]) -> Standing:
    """The tightest of several teams' levels: for a lot on which they all worked."""
    return max(standings, key=lambda s: (s.stopped, LEVELS.index(s.level)),
               default=Standing("normal", "no team is on record: normal inspection"))
