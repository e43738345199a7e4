"""Proven bounds beside a plan: kept with the hash of the instance that they are of."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path

from landrelease.core.instance import fingerprint
from landrelease.core.work import Plan
from landrelease.errors import PLAN_FILE_UNREADABLE, LandReleaseError
from landrelease.store.results import dump, write_atomically

NAME = "bound.json"


@dataclass(frozen=True, slots=True)
class KeptBound:
    """`instance` : `core.instance.fingerprint` of the problem. No plan of that problem has a
    smaller score than `bound`; `seconds` were spent on proving it so far."""

    instance: str
    bound: float
    seconds: float


def load_bound(folder: Path) -> KeptBound | None:
    """The bound that is kept in a plan's folder, if any.

    Raises PLN-101: the file cannot be read, or holds no number.
    """
    path = folder / NAME
    if not path.exists():
        return None
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        found = KeptBound(str(document["instance"]), float(document["bound"]),
                          float(document["seconds"]))
        if not math.isfinite(found.bound):
            raise ValueError("the bound is no number")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LandReleaseError(PLAN_FILE_UNREADABLE, path=str(path), found=str(error)) from error
    return found


def with_kept_bound(plan: Plan, folder: Path) -> Plan:
    """The plan with the bound that a folder keeps, where it is of the same instance and better.

    Raises PLN-101: the kept bound cannot be read.
    """
    kept = load_bound(folder)
    if kept is None or kept.instance != fingerprint(plan.problem):
        return plan
    if kept.bound > plan.score * (1 + 1e-9) + 1e-9:
        return plan  # no bound of this problem, whatever the file says: a plan does better
    return replace(plan, bound=max(plan.bound, min(kept.bound, plan.score)))


def keep_bound(folder: Path, instance: str, bound: float, seconds: float,
               *, synthetic: bool = False) -> KeptBound:
    """Keep a bound in a plan's folder; of the same instance the better one stays, and the seconds
    add up. A bound of another instance is replaced: it says nothing about this one."""
    old = load_bound(folder)
    if old is not None and old.instance == instance:
        bound, seconds = max(bound, old.bound), seconds + old.seconds
    write_atomically(folder / NAME, dump({
        "instance": instance, "bound": bound, "seconds": round(seconds, 3),
        "synthetic": synthetic}))
    return KeptBound(instance, bound, seconds)
