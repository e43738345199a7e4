"""Finished ground of a task: what may become a lot, and what is left out of it and why.

Ground is finished where the search that the national standard asks for is done: a pass of a machine
or an animal is not (S07), and where tracks are on record only what they prove is (S05). The same
rules as of credit and release, so that no lot holds ground that a release would refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import shapely

from landrelease.core.coverage import NOT_PROVEN, ground_proven, proofs_of, proven_outcomes
from landrelease.core.record import Record
from landrelease.core.search import (
    NO_FOLLOW_UP,
    NO_HAND_PROOF,
    asks_for_hand_proof,
    kinds_of_search,
    waits_for_follow_up,
)

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

_SEARCHED = ("cleared", "searched")
OPEN = "its follow-up is open"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Ground of an outcome that is in no lot, longitude and latitude, and why."""

    outcome: str
    ground: BaseGeometry
    reason: str


def finished(outcomes: Sequence[Record], works: Mapping[str, Record], proofs: Sequence[Record],
             by_word: Container[str], void: Container[str] = ()
             ) -> tuple[dict[str, BaseGeometry], list[LeftOut]]:
    """Ground of each outcome that is done to the standard, by id, and what is left out.

    outcomes : with ground, of one task. works : activities by id. proofs : of coverage, all that
    are on record. by_word : machines or animals whose follow-up counts once it is recorded as done
    (`core.search.by_word`). void : proofs that prove nothing (`core.coverage.only_a_word`).
    """
    from landrelease.verify.lots import areal, broad

    told = [_with_method(o, works) for o in outcomes]
    shown, why = proven_outcomes(told, list(works.values()), proofs, by_word, void=void)
    own = proofs_of(told, list(works.values()), proofs, void=void)
    done: dict[str, BaseGeometry] = {}
    out: list[LeftOut] = []
    for outcome, proven in zip(told, shown, strict=True):
        whole = outcome.geometry
        assert whole is not None
        reason = _waits(outcome) or why.get(outcome.id, "")
        left: BaseGeometry = shapely.Polygon()
        if not reason:
            assert proven.geometry is not None
            left, reason = proven.geometry, NOT_PROVEN
            if _asks_for_hands(outcome, by_word):
                depth = outcome.values.get("depth_m")
                hands = ground_proven(own.get(outcome.id, ()), "manual", float(depth) if isinstance(
                    depth, (int, float)) else None)
                left = areal(shapely.intersection(left, hands)) if hands is not None else \
                    shapely.Polygon()
                reason = NO_HAND_PROOF
        if left is whole:
            done[outcome.id] = whole
            continue
        if not left.is_empty:
            done[outcome.id] = left
        rest = areal(shapely.difference(whole, left))
        if not left.is_empty and not _wide(rest, broad):
            continue
        out.append(LeftOut(outcome.id, rest, reason))
    return done, _but_for(out, done.values())


def _but_for(left_out: Iterable[LeftOut], done: Iterable[BaseGeometry]) -> list[LeftOut]:
    """Left out is only what no other outcome finished: a machine's ground that was searched by
    hand later is that of the search by hand."""
    from landrelease.core.geometry import joined
    from landrelease.verify.lots import areal, broad

    finished_ground = joined(list(done), degrees=True)
    out = []
    for one in left_out:
        ground = areal(shapely.difference(one.ground, finished_ground))
        if _wide(ground, broad):
            out.append(replace(one, ground=ground))
    return out


def _wide(ground: BaseGeometry, broad: Callable[[BaseGeometry], bool]) -> bool:
    """Whether ground (longitude and latitude) is more than the rounding between shapes."""
    from landrelease.core.geometry import plane_for

    return not ground.is_empty and broad(plane_for(ground.bounds).to_plane(ground))


def _waits(outcome: Record) -> str:
    if outcome.value("follow_up") == "open":
        return OPEN
    searched = outcome.value("outcome_type") in _SEARCHED
    return NO_FOLLOW_UP if searched and waits_for_follow_up(outcome) else ""


def _asks_for_hands(outcome: Record, by_word: Container[str]) -> bool:
    kinds = kinds_of_search(outcome)
    return outcome.value("outcome_type") in _SEARCHED and bool(
        kinds & {"machine", "animal"}) and asks_for_hand_proof(outcome, kinds, by_word)


def _with_method(outcome: Record, works: Mapping[str, Record]) -> Record:
    """An outcome that does not say how it was searched, with the method of its work."""
    work = works.get(str(outcome.values.get("activity") or ""))
    method = None if work is None else work.values.get("operational_method")
    if not method or kinds_of_search(outcome):
        return outcome
    return replace(outcome, values={**outcome.values, "method": str(method).replace("_", " ")})
