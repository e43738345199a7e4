"""Why a residual risk is what it is: the ledger of its evidence, and what each assumption does.

Both are the model itself, computed again: the ledger with one search more each time, the
sensitivity with one assumption at the low and at the high end of its range.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from landrelease.assess.residual import posterior_of
from landrelease.assess.residual_input import Category, Nodes, Settings, Stratum
from landrelease.errors import LandReleaseError


def ledger(s: Stratum) -> list[dict[str, Any]]:
    """One entry for the prior and one for each search, in the order of the work (S10).

    An entry says what it is (`evidence`, `method`, `date`, `swept_share`, `finds`), the expected
    items left and the chance that none is left after it, how both moved, and `log_evidence`: how
    probable it was, given the entries before it. The last entry is the result; the log_evidence
    of all entries sum to that of the result. Where finds are given of all passes together, all
    passes are one entry.
    """
    alone = replace(s, passes=(), overlay=(), finds=None, categories=_without(s, set()))
    before = posterior_of(alone)
    entries = [_entry("prior", "", None, 0.0, None, before, None)]
    steps = [len(s.passes)] if s.finds is not None and s.passes else range(1, len(s.passes) + 1)
    for upto in steps:
        passes = s.passes[:upto]
        overlay = tuple((share, tuple(j for j in who if j < upto)) for share, who in s.overlay)
        after = posterior_of(replace(
            s, passes=passes, overlay=overlay,
            categories=_without(s, {p.operator for p in passes})))
        one = passes[-1]
        whole = s.finds is not None and upto > 1
        swept = sum(share for share, who in s.overlay if (who if whole else upto - 1 in who))
        finds = s.finds if s.finds is not None else one.finds
        entries.append(_entry(
            "all passes" if whole else one.evidence, "" if whole else one.method,
            None if whole or one.done is None else one.done.isoformat(), swept,
            {c.name: n for c, n in zip(s.categories, finds, strict=True)}, after, before))
        before = after
    return entries


def _entry(evidence: str, method: str, done: str | None, swept: float, finds: Any, after: Any,
           before: Any) -> dict[str, Any]:
    if finds is not None and len(finds) == 1:
        finds, = finds.values()
    return {
        "evidence": evidence, "method": method, "date": done, "swept_share": swept, "finds": finds,
        "expected_items_left": after.expected, "probability_none_left": after.none,
        "expected_items_moved": None if before is None else after.expected - before.expected,
        "probability_none_moved": None if before is None else after.none - before.none,
        "log_evidence": 0.0 if before is None else after.log_evidence - before.log_evidence,
    }


def _without(s: Stratum, operators: set[str]) -> tuple[Category, ...]:
    """The categories with the detections of these operators only."""
    return tuple(replace(c, detection={o: d for o, d in c.detection.items() if o in operators})
                 for c in s.categories)


def sensitivity(s: Stratum, settings: Settings | None = None) -> list[dict[str, Any]]:
    """What the result would be at the low and the high end of each assumption, the widest first.

    A row: `assumption`; `low` and `high`, what is assumed at either end, in words; the
    `expected_items_left` and `probability_none_left` at both, as [at low, at high]; `swing`, by how
    much the chance that none is left moves. An end under which the finds could not have been made
    is null. Ranges in the description (`sensitivity`) go before `settings`: pi and correlation as
    [low, high]; density and detection as factors of the mean density and of the odds of a miss.
    """
    settings = settings or Settings()
    rows = [_row(*entry) for entry in _ends(s, settings)]
    return sorted(rows, key=lambda row: -(row["swing"] or 0.0))


Change = tuple[str, Stratum]  # what is assumed, in words, and the stratum with it


def _ends(s: Stratum, settings: Settings) -> list[tuple[str, Change, Change]]:
    out: list[tuple[str, Change, Change]] = []

    def add(name: str, low: Change, high: Change) -> None:
        out.append((name, low, high))

    if 0 < s.pi < 1:
        ends = s.ranges.get("pi", [_odds(s.pi, 1 / settings.odds_factor),
                                   _odds(s.pi, settings.odds_factor)])
        add("pi: chance of contamination at all",
            *((f"{v:.3g}", replace(s, pi=float(v))) for v in ends))
    ends = s.ranges.get("density", [1 / settings.density_factor, settings.density_factor])
    add("alpha / beta: mean density",
        *((f"{f:.3g} times as dense", _dense(s, 1.0, f)) for f in ends))
    add("alpha: how alike densities are",
        *((f"shape {f:g} times as large", _dense(s, f, 1.0)) for f in (0.5, 2.0)))
    for operator in dict.fromkeys(p.operator for p in s.passes):
        add(f"detection of {operator}", *_detection_ends(s, operator, settings))
    if any(len(who) > 1 for _, who in s.overlay):
        words = {0.0: "independent", 1.0: "what the best pass misses, all miss"}
        add("independence of passes", *(
            (words.get(float(c), f"correlation {c:g}"), replace(s, correlation=((float(c), 1.0),)))
            for c in s.ranges.get("correlation", [0.0, 1.0])))
    if 0 < s.searched < 1:
        add("unsearched ground", ("like the searched ground", replace(s, unsearched=1.0)),
            ("keeps its prior", replace(s, unsearched=0.0)))
    return out


def _row(name: str, *ends: Change) -> dict[str, Any]:
    expected: list[float | None] = []
    none: list[float | None] = []
    for _, changed in ends:
        try:
            made = posterior_of(changed)
        except LandReleaseError:  # these finds could not have been made
            expected.append(None)
            none.append(None)
            continue
        expected.append(made.expected)
        none.append(made.none)
    swing = None if none[0] is None or none[1] is None else abs(none[1] - none[0])
    return {"assumption": name, "low": ends[0][0], "high": ends[1][0],
            "expected_items_left": expected, "probability_none_left": none, "swing": swing}


def _odds(p: float, factor: float) -> float:
    return p * factor / (1 - p + p * factor)


def _dense(s: Stratum, shape: float, mean: float) -> Stratum:
    """Gamma shapes times `shape`, mean densities times `mean`."""
    return replace(s, categories=tuple(
        replace(c, alpha=c.alpha * shape, beta=c.beta * shape / mean) for c in s.categories))


def _detection_ends(s: Stratum, operator: str, settings: Settings) -> tuple[Change, Change]:
    """An uncertain detection at its 10 % and 90 % point; a number at other odds of a miss."""
    low, high = s.ranges.get("detection", [1 / settings.miss_factor, settings.miss_factor])

    def at(end: int) -> Change:
        fixed: list[Nodes] = []
        for c in s.categories:
            values, weights = c.detection[operator]
            if len(values) == 1:
                p = 1.0 - _odds(1.0 - float(values[0]), (high, low)[end])
            else:
                order = np.argsort(values)
                share = np.cumsum(weights[order])
                p = float(values[order][np.searchsorted(share, (0.1, 0.9)[end] * share[-1])])
            fixed.append((np.array([p]), np.ones(1)))

        changed = replace(s, categories=tuple(
            replace(c, detection={**c.detection, operator: f})
            for c, f in zip(s.categories, fixed, strict=True)))
        return ", ".join(f"{float(f[0][0]):.3f}" for f in fixed), changed

    return at(0), at(1)


def why(s: Stratum, settings: Settings | None = None) -> Mapping[str, Any]:
    """Both, as they stand in the result."""
    return {"evidence": ledger(s), "sensitivity": sensitivity(s, settings)}
