"""Trials with seeded targets: recorded, and what they say of the detection of a search."""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landrelease.core.assumption import Assumptions
from landrelease.core.record import KINDS, NOT_REPORTED, Record
from landrelease.core.revision import Revision
from landrelease.errors import FINDING_VALUE, NO_TRIALS, LandReleaseError

if TYPE_CHECKING:
    from landrelease.assess.stratum import Trial
    from landrelease.store.registry import Registry
    from landrelease.verify.trials import TriedDetection

INSPECTION = "inspection"  # the method of inspectors


def record_trial(registry: Registry, *, organisation: str, method: str, targets: int, found: int,
                 day: date, ground: str = "test_field", teams: Sequence[str] = (),
                 detectors: Sequence[str] = (), by: str = "", now: datetime | None = None) -> str:
    """Record a trial in which targets were seeded that nobody who searched knew; its id.

    Raises INS-011: no organisation, a word that is none, counts that cannot be, a day to come.
    """
    def wrong(name: str, value: Any, expected: str) -> LandReleaseError:
        return LandReleaseError(FINDING_VALUE, record="the trial", name=name, found=value,
                                expected=expected)

    at = now or datetime.now(UTC)
    if not organisation.strip():
        raise wrong("organisation", "nothing", "who searched")
    for name, word in (("trial_method", method), ("trial_ground", ground)):
        able = [c for c in KINDS["inspection"].field(name).choices if c != NOT_REPORTED]
        if word not in able:
            raise wrong(name, word[:40] or "nothing", ", ".join(able))
    if targets < 1:
        raise wrong("targets", targets, "a whole number from 1")
    if not 0 <= found <= targets:
        raise wrong("targets_found", found, f"a whole number from 0 to {targets}")
    if day > at.date() + timedelta(days=1):  # a local day may have begun before that of UTC
        raise wrong("inspected_on", day, "a day that has come")
    record_id = f"trial:{secrets.token_hex(6)}"
    values: dict[str, Any] = {
        "identifier": record_id, "inspection_part": "trial", "inspected_on": day,
        "inspected_organisation": organisation.strip(), "trial_method": method,
        "trial_ground": ground, "targets": targets, "targets_found": found,
        "teams": list(teams), "detectors": list(detectors)}
    registry.append([Revision(
        "inspection", record_id, {k: v for k, v in values.items() if v != []}, None, at,
        registry.author(by), f"trial of {day}: {found} of {targets} targets found", "", day)])
    return record_id


def trials_of(inspections: Iterable[Record]) -> list[tuple[str, Trial]]:
    """The trials among records of inspections, with their ids; those that lack a count or the
    method say nothing and are passed over."""
    from landrelease.assess.stratum import Trial

    out = []
    for r in inspections:
        targets, found = (r.values.get(name) for name in ("targets", "targets_found"))
        method = str(r.value("trial_method"))
        if r.value("inspection_part") != "trial" or method == NOT_REPORTED or not (
                type(targets) is int and type(found) is int and 0 <= found <= targets > 0):
            continue
        who = str(r.values.get("inspected_organisation") or r.values.get("organisation") or "")
        out.append((r.id, Trial(who, method, found, targets - found,
                                spared=r.value("trial_ground") != "worked_ground")))
    return out


def detection_tried(trials: Sequence[Trial], stated: Assumptions) -> tuple[str, TriedDetection]:
    """The organisation whose trials of inspection show least, and its detection.

    The least, because who will inspect a lot is not known when it is formed. Raises VER-004: none
    of the trials is of the method `inspection`.
    """
    from landrelease.verify.trials import TrialCount, detection_of_trials

    own: dict[str, list[TrialCount]] = {}
    for t in trials:
        if t.method == INSPECTION and t.found + t.missed:
            own.setdefault(t.organisation, []).append(TrialCount(t.found, t.missed, t.spared))
    if not own:
        raise LandReleaseError(NO_TRIALS, found=", ".join(sorted({t.method for t in trials}))
                               or "no trial")
    odds = stated["trial_discount_odds"]
    found = [(who, detection_of_trials(counts, stated.value("inspection_confidence"),
                                       miss_odds=(odds.value, odds.low, odds.high)))
             for who, counts in sorted(own.items())]
    return min(found, key=lambda one: one[1].least)


def words_of(organisation: str, tried: TriedDetection, stated: Assumptions) -> str:
    """What a detection from trials rests on, in one sentence."""
    odds = stated["trial_discount_odds"]
    return (f"trials with seeded targets: {tried.found} of {tried.targets} found"
            + (f" by {organisation}" if organisation else "")
            + f"; the least that leaves with {tried.confidence:.0%} confidence, the middle is "
            f"{tried.median:.3f}"
            + (f"; on a test field, so that the odds of a miss count {odds.value:g} times "
               f"({odds.low:g} to {odds.high:g})" if tried.discounted else ""))


def detection_of_file(path: Path, stated: Assumptions) -> dict[str, Any]:
    """The detection of inspections from a CSV of trials, as `assess residual --trials` reads it;
    {"detection", "median", "words", "records"}. Raises ASS-106 (a line), VER-004."""
    from landrelease.workflows.risk import read_trials

    who, tried = detection_tried(read_trials(path), stated)
    return {"detection": _down(tried.least), "median": tried.median, "records": [],
            "words": words_of(who, tried, stated)}


def detection_on_record(inspections: Iterable[Record], stated: Assumptions
                        ) -> dict[str, Any] | None:
    """The same from trials on record; None where no trial of inspection is."""
    known = [(i, t) for i, t in trials_of(inspections) if t.method == INSPECTION]
    if not known:
        return None
    who, tried = detection_tried([t for _, t in known], stated)
    return {"detection": _down(tried.least), "median": tried.median,
            "records": sorted(i for i, t in known if t.organisation == who),
            "words": words_of(who, tried, stated)}


def _down(least: float) -> float:
    """To four digits, never up; of what is less than that all of its digits."""
    return math.floor(least * 1e4) / 1e4 or least
