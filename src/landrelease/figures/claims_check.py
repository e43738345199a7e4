"""Claims in; a verdict on each out, with the codes and the reasons.

Every claim is read, held against itself, against the other claims, against places and ranges, and
where figures of ours are given, set beside them. See docs/claims.md for each finding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from landrelease.core.assumption import Assumptions
from landrelease.core.claim import HEAVIER, Judgement, Place, Raised, VerdictWord
from landrelease.core.currency import RateTable
from landrelease.core.said_words import Vocabulary
from landrelease.figures import (
    claims_money,
    claims_parts,
    claims_people,
    claims_places,
    claims_promises,
    claims_rates,
    claims_read,
    claims_said,
    claims_sums,
    claims_totals,
)
from landrelease.figures.claims_codes import raised
from landrelease.figures.claims_ours import Ours, beside


def check_claims(
    rows: Sequence[Mapping[str, Any]], words: Vocabulary, places: Sequence[Place],
    assumptions: Assumptions, *, today: date, ours: Ours | None = None,
    problems: Mapping[int, str] | None = None, rates: RateTable | None = None,
) -> tuple[Judgement, ...]:
    """The verdict on each of R rows, in their order.

    rows : cells by the names of `claims_read.COLUMNS`; any may be missing or unreadable.
    today : the day of the check. ours : figures of a registry at the days of the claims.
    problems : row, from 1 -> what is wrong with the row as a whole. rates : recorded exchange
    rates, by which money of two currencies is set beside each other.
    """
    reading = claims_read.read(rows, words, assumptions)
    claims = reading.claims
    found: list[Raised] = list(reading.findings)
    found += [raised(n, "row_damaged", words_) for n, words_ in (problems or {}).items()]
    notes: list[dict[int, str]] = []
    confirmed: list[dict[int, str]] = []
    said = claims_said.check_words(claims, words)
    found += said
    # A number of two things at once is in no series.
    skip = frozenset(f.number for f in said if f.code == "verb_ambiguous")
    found += claims_said.check_values(claims, words)
    found += claims_said.check_dates(claims, today)
    found += claims_said.check_definitions(claims, words)
    found += claims_said.check_sources(claims, assumptions)
    found += claims_money.check_currencies(claims, assumptions, rates)
    totals, told = claims_totals.check_totals(claims, words, assumptions, skip)
    found += totals
    notes.append(told)
    known = claims_places.places_of(places)
    shares, right, told = claims_parts.check_shares(claims, words, assumptions, known)
    found += shares
    confirmed.append(right)
    notes.append(told)
    found += claims_parts.check_parts(claims, assumptions)
    found += claims_parts.check_subsets(claims, assumptions)
    found += claims_sums.check_sums(claims, words, skip)
    compared, right = claims_places.check_places(
        claims, known, words, assumptions)
    found += compared
    confirmed.append(right)
    found += claims_rates.check_rates(claims, assumptions)
    for more, told in (
            claims_rates.check_density(claims, assumptions, skip),
            claims_rates.check_capacity(claims, assumptions, skip),
            claims_rates.check_items_a_day(claims, assumptions, skip),
            claims_money.check_cost(claims, words, assumptions, rates),
            claims_promises.check_finish(claims, assumptions, skip, today)):
        found += more
        notes.append(told)
    if ours is not None:
        more, told = claims_people.check_people(
            [c for c in claims if c.number not in skip], ours, assumptions)
        found += more
        notes.append(told)
    set_beside = {} if ours is None else {
        c.number: beside(c, ours, words, assumptions) for c in claims if c.number not in skip}
    by_claim: dict[int, list[Raised]] = {}
    for f in found:
        by_claim.setdefault(f.number, []).append(f)
    out = []
    for c in claims:
        findings = by_claim.get(c.number, [])
        notes_on = [n[c.number] for n in notes if c.number in n]
        agreed = [n[c.number] for n in confirmed if c.number in n]
        mine = set_beside.get(c.number)
        if mine is not None and mine.finding is not None:
            findings = [*findings, mine.finding]
        words_of = [f.reason for f in findings]
        if mine is not None and mine.agrees:
            agreed.append(mine.reason)
        elif mine is not None and mine.finding is None and mine.reason:
            notes_on.append(mine.reason)
        verdict = _verdict(findings, bool(agreed))
        if not findings and not agreed:
            words_of.append("Nothing to set it beside"
                            + (": no figure of ours was asked for." if ours is None else ".")
                            + " What could be reckoned raised nothing.")
        out.append(Judgement(c, verdict, tuple(findings), tuple(words_of + agreed + notes_on),
                             None if mine is None else mine.figure))
    return tuple(out)


def _verdict(findings: Sequence[Raised], agrees: bool) -> VerdictWord:
    if findings:
        return max((f.verdict for f in findings), key=HEAVIER.index)
    return "agrees" if agrees else "cannot_be_checked"
