"""False alarms of `claims check` on clean series, and what it finds on damaged ones.

First 1,000 clean programmes that say something to every detector (`worlds.claims_full`): how many
raise anything, by finding; and each finding by the damage that is meant to raise it, on 100.

Clean: 1,000 synthetic programmes (seeds 0 to 999) whose published numbers are right; a series
counts as a false alarm where any claim raises any code. Damaged: the same series with one number
changed in one of five ways; found where the damaged claim, or one beside it, raises the code that
is meant.
Beside it, as a simple peer on the same series: a rule of thumb that alarms where a total falls
at all or grows by more than twice the largest step before it.

    python benchmarks/bench_claims.py [--small] [--clean] [--series] [--people]

`--people` asks for numbers of people beside community records alone: clean ones
(`worlds.claims_people`), and claims of more than twice the residents of each place.
`--clean` asks for false alarms alone (nothing is damaged), `--series` leaves the programmes out.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from datetime import date

import numpy as np

from landrelease.core.said_words import vocabulary
from landrelease.figures.claims_check import check_claims
from landrelease.figures.claims_codes import CODES
from landrelease.figures.claims_ours import Ours
from landrelease.figures.claims_people import ours_of
from landrelease.figures.claims_read import read
from landrelease.records.claims import read_places, word_rows
from landrelease.workflows import load_assumptions
from landrelease.worlds.claims import SCOPE, clean_series
from landrelease.worlds.claims_full import DAMAGES, clean_programme, places_with
from landrelease.worlds.claims_people import clean_people

WORDS, PLACES, ASSUMED = vocabulary(word_rows()), read_places(), load_assumptions()
TODAY = date(2026, 1, 1)


def check(rows, places=PLACES):
    return check_claims(rows, WORDS, places, ASSUMED, today=TODAY)


def full(count: int, damaged_count: int) -> None:
    """Clean programmes with something for every detector, and each damage on some of them."""
    start, alarms, codes, claims = time.perf_counter(), 0, Counter(), 0
    for seed in range(count):
        rows = clean_programme(seed)
        claims += len(rows)
        raised = {c for j in check(rows, places_with(seed, PLACES)) for c in j.codes}
        alarms += bool(raised)
        codes.update(raised)
    print(f"clean programmes for every detector: {count:,} (seeds 0 to {count - 1:,}), {claims:,} "
          f"claims, {time.perf_counter() - start:.0f} s")
    print(f"  with any code: {alarms} ({alarms / count:.1%}) {dict(codes) or ''}", flush=True)
    if not damaged_count:
        return
    print(f"{'damaged so that it raises':<40}{'programmes':>12}{'found':>8}{'share':>8}")
    for code, damage in DAMAGES.items():
        found = 0
        for seed in range(damaged_count):
            rows = clean_programme(seed)
            damage(rows)
            found += code in {c for j in check(rows, places_with(seed, PLACES)) for c in j.codes}
        print(f"{code:<40}{damaged_count:>12}{found:>8}{found / damaged_count:>8.1%}")
    left = set(CODES) - set(DAMAGES)
    print(f"  without a damage here: {', '.join(sorted(left))}")


def beside_communities(count: int) -> None:
    """Numbers of people beside the residents of the place, clean and twice too many."""
    alarms, claims, many, found, silent = 0, 0, 0, 0, 0
    for seed in range(count):
        people = clean_people(seed)
        ours = ours_of(people.communities, "head", Ours({}, {frozenset(): "all"}))
        judged = check_claims(people.rows, WORDS, PLACES, ASSUMED, today=TODAY, ours=ours)
        claims += len(judged)
        alarms += any("people_exceed_residents" in j.codes for j in judged)
        lives: Counter = Counter()
        unknown = set()
        for _, name, area, living in people.communities:
            for scope in (name, area, "all"):
                lives[scope] += living or 0
                unknown |= {scope} if living is None else set()
        rows = [{**people.rows[0], "scope": scope, "metric": "beneficiaries",
                 "value": f"{2 * living + 7}"} for scope, living in lives.items()]
        for j in check_claims(rows, WORDS, PLACES, ASSUMED, today=TODAY, ours=ours):
            hit = "people_exceed_residents" in j.codes
            known = j.claim.row["scope"] not in unknown
            many, found, silent = many + known, found + (hit and known), silent + (
                hit and not known)
    print(f"people beside communities: {count:,} clean (seeds 0 to {count - 1:,}), {claims:,} "
          f"claims: {alarms} ({alarms / count:.1%}) with people_exceed_residents")
    print(f"  more than twice the residents: {many:,} claims, found {found:,}; where a community "
          f"reports no population: {silent} raised (0 is right)")


def totals(rows):
    return [r for r in rows if r["metric"] == "explosive items destroyed" and r["scope"] == SCOPE]


def value(row):
    return read([row], WORDS, ASSUMED).claims[0].quantity.value


def damaged(kind, rows, rng):
    """Change one number; the code that has to be raised."""
    own = totals(rows)
    last, first = own[-1], own[0]
    if kind == "the last total below the first":
        last["value"] = f"{0.5 * value(first):.0f}"
        return "total_falls"
    if kind == "the last rise ten times as fast":
        before, then = value(own[-2]), value(last)
        last["value"] = f"{before + 10 * max(then - before, 1):.0f}"
        return "pace_breaks"
    if kind == "a share that its parts do not give":
        rows.append({**last, "metric": "share of roads open", "unit": "%", "value":
                     f"{rng.integers(70, 95)}", "words": "31 of 64"})
        return "share_does_not_match"
    if kind == "a district above the whole":
        rows.append({**last, "scope": f"Synthetic district B, {SCOPE}",
                     "value": f"{value(last) * 1.5 + 100:.0f}"})
        return "part_exceeds_whole"
    rows.append({**last, "metric": "cleared area", "unit": "ha", "value": "7",
                 "words": "7 ha, the size of Luxembourg"})
    return "comparison_off"


KINDS = ("the last total below the first", "the last rise ten times as fast",
         "a share that its parts do not give", "a district above the whole",
         "a comparison with a country")


def rule_of_thumb(rows):
    """A total that falls at all, or a step over twice the largest before."""
    numbers = [value(r) for r in totals(rows)]
    steps = np.diff(numbers)
    return bool((steps < 0).any()) or any(
        steps[n] > 2 * steps[:n].max() for n in range(2, len(steps)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="30 series")
    parser.add_argument("--clean", action="store_true", help="false alarms alone")
    parser.add_argument("--series", action="store_true", help="without the programmes")
    parser.add_argument("--people", action="store_true", help="people beside communities alone")
    asked = parser.parse_args()
    count = 30 if asked.small else 1000
    if asked.people:
        return beside_communities(count)
    beside_communities(count)
    if not asked.series:
        full(count, 0 if asked.clean else max(count // 10, 3))
    start = time.perf_counter()
    alarms, codes, claims, thumb = 0, Counter(), 0, 0
    for seed in range(count):
        rows = clean_series(seed)
        claims += len(rows)
        raised = {c for j in check(rows) for c in j.codes}
        alarms += bool(raised)
        codes.update(raised)
        thumb += rule_of_thumb(rows)
    print(f"clean series: {count:,} (seeds 0 to {count - 1:,}), {claims:,} claims, "
          f"{time.perf_counter() - start:.0f} s")
    print(f"  series with any code: {alarms} ({alarms / count:.1%}) {dict(codes) or ''}")
    print(f"  rule of thumb (a fall, or twice the largest step): {thumb} ({thumb / count:.1%})")
    if asked.clean:
        return
    print(f"{'damaged in one number':<40}{'series':>8}{'found':>8}{'share':>8}")
    for n, kind in enumerate(KINDS):
        found = 0
        seeds = range(n, count, len(KINDS))
        for seed in seeds:
            rows = clean_series(seed)
            code = damaged(kind, rows, np.random.default_rng(seed))
            found += code in {c for j in check(rows) for c in j.codes}
        print(f"{kind:<40}{len(seeds):>8}{found:>8}{found / len(seeds):>8.1%}")


if __name__ == "__main__":
    main()
