"""Numbers of people (beneficiaries, residents, those who returned) beside the residents of the
place that they name, as community records report them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from landrelease.core.assumption import Assumptions
from landrelease.core.claim import Claim, Raised
from landrelease.core.ledger import Figure
from landrelease.core.said_words import fold
from landrelease.figures.catalogue import RESIDENTS
from landrelease.figures.claims_codes import raised
from landrelease.figures.claims_ours import Ours, residents_of
from landrelease.figures.claims_read import scope_of
from landrelease.figures.claims_show import amount_words, plain
from landrelease.figures.metric import in_area


@dataclass(frozen=True)
class _Beside:
    finding: Raised | None = None
    note: str = ""


def of_people(claim: Claim) -> bool:
    """Whether it speaks of people who live there or whom the work is for, not of those who do it.
    """
    return claim.subject == "people" and bool(claim.part or claim.verb == "returned")


def check_people(claims: Sequence[Claim], ours: Ours, assumptions: Assumptions
                 ) -> tuple[list[Raised], dict[int, str]]:
    """More people than live there, and which share of the residents a number is. Where a community
    of the place reports no population it is said, and no verdict follows (S12)."""
    found, notes = [], {}
    for c in claims:
        if not (c.usable and of_people(c)):
            continue
        one = _one(c, ours, 1 + assumptions.value("claim_agrees_share"))
        found += [one.finding] if one.finding is not None else []
        if one.note:
            notes[c.number] = one.note
    return found, notes


def _one(claim: Claim, ours: Ours, room: float) -> _Beside:
    there = residents_of(claim, ours)
    resident = claim.part == "residents" and claim.verb != "returned"
    if there is None:  # that we hold no such place is said where our figures are looked for
        return _Beside()
    if there.uncounted:
        return _Beside(note=not_known(there))
    if not there.value:
        return _Beside(note="" if resident else NOBODY)
    if claim.amount.least > there.value * room and not resident:
        return _Beside(raised(
            claim.number, "people_exceed_residents", f"{amount_words(claim)}, while community "
            f"records report {there.value:,.0f} residents there ({len(there.records):,} records): "
            f"{plain(claim.amount.value / there.value)} times as many. People who live elsewhere, "
            "or who are counted more than once, would explain it.", low=0.0,
            high=there.value * room))
    whole = next((f for f in ours.residents if f.scope == "all"), None)
    rest = ""
    if whole is not None and whole.value and not whole.uncounted and there.scope != "all":
        rest = (f", and {claim.amount.value / whole.value:.1%} of the {whole.value:,.0f} of the "
                "whole programme")
    if resident and not rest:
        return _Beside()
    return _Beside(note=f"That is {claim.amount.value / there.value:.1%} of the "
                        f"{there.value:,.0f} residents whom community records report there{rest}.")


def ours_of(communities: Iterable[tuple[str, str, str, int | None]], head: str, ours: Ours) -> Ours:
    """Ours with the residents of communities: (id, name, its area or "", population; None: not
    reported), of all, of each area and of each community by its name."""
    listed = list(communities)

    def figure(rows: Sequence[tuple[str, str, str, int | None]]) -> Figure:
        said = [(name, count) for name, _, _, count in rows if count is not None]
        return RESIDENTS.figure(
            float(sum(count for _, count in said)) if said else None,
            tuple(name for name, _ in said), head,
            uncounted=tuple(name for name, _, _, count in rows if count is None))

    scopes, by_area = dict(ours.scopes), dict[str, list[tuple[str, str, str, int | None]]]()
    names: dict[str, list[Figure]] = {}
    for row in listed:
        if row[2]:
            by_area.setdefault(row[2], []).append(row)
        for name in scope_of(fold(row[1])) if row[1] else ():
            names.setdefault(name, []).append(in_area(figure([row]), row[0], row[1]))
    for area in by_area:
        scopes.setdefault(scope_of(fold(area)), area)
    return replace(ours, scopes=scopes, communities=names, residents=(
        figure(listed), *(in_area(figure(rows), area, area) for area, rows in by_area.items())))


NOBODY = ("No community there reports its population: how many people live there is not known, "
          "and no verdict follows.")


def not_known(there: Figure) -> str:
    """That some communities report no population, so that nothing follows."""
    return (f"{len(there.uncounted):,} of {len(there.uncounted) + len(there.records):,} "
            "communities there report no population: how many people live there is not known, and "
            "no verdict follows.")
