"""All figures of a registry with 550,000 items and 100,000 activities: seconds, and one traced.

A made-up programme (S19): 400 hazards, 400 outcomes, 550,000 item records, 100,000 daily reports of
work, 300 accidents, in the open sea; four districts, by which items and victims are divided; a
tenth of the reports are of work that two teams did together and both reported; 60 funds, 5,000
expenses and 36 exchange rates; 400 tasks and the start-of-day gates of the days behind the outcomes
(S08). --plain leaves joint work, money, tasks and gates out. Beside it, as a plain peer, the sums
of items and of work by a Python loop over the records as the registry gives them; both have to give
the same numbers.

    python benchmarks/bench_figures.py [--small] [--plain] [--as-of DAY] [--registry FILE.gpkg]

--as-of asks for all figures also at a past day and as it was known then (valid_at and known_at),
with one traced and the same sums by the loop; records are of many days, about a third later.
--registry keeps the registry that was made, or takes it where it is there.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import shapely

from landrelease.access import policy
from landrelease.core.revision import Revision
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import figures

AT = datetime(2031, 1, 5, 8, 0, tzinfo=UTC)
CATEGORIES = ("ap_mine_blast", "ap_mine_fragmentation", "av_mine", "submunition", "mortar_bomb",
              "projectile", "grenade", "fuze", "small_arms_ammunition", "other_uxo")
DISPOSALS = ("destroyed", "destroyed", "destroyed", "neutralised", "found", "left_marked")
WEST, SOUTH = -30.0, 2.0


def revisions(items: int, activities: int, seed: int = 1, plain: bool = False):
    rng = np.random.default_rng(seed)

    def revision(kind, n, values, shape=None, day=date(2028, 1, 1)):
        return Revision(kind=kind, record_id=f"{kind}-{n:07d}", recorded_at=AT,
                        recorded_by="synthetic", reason="made up", source="", valid_from=day,
                        validation="operator", values=values, geometry=shape)

    for n in range(4):
        yield revision("administrative_area", n, {"name": f"Synthetic {n}", "level": 1},
                       shapely.box(WEST + n, SOUTH, WEST + n + 1, SOUTH + 1))
    for n in range(400):
        x, y = WEST + (n % 40) * 0.1, SOUTH + (n // 40) * 0.1
        yield revision("hazard", n, {"hazard_type": ("SHA", "CHA")[n % 2], "status": "open"},
                       shapely.box(x, y, x + 0.01, y + 0.01))
        work = {} if plain else {"activity": f"activity-{n * (activities // 400):07d}"}
        yield revision("outcome", n, {"outcome_type": ("cancelled", "reduced", "cleared")[n % 3],
                                      "depth_m": 0.2, "decided_on": date(2028, 1, 1) + timedelta(
                                          days=n * 2), **work},
                       shapely.box(x + 0.02, y, x + 0.03, y + 0.01))
        if not plain:
            yield revision("task", n, {"task_type": "clearance", "task_status": "ordered",
                                       "hazard": f"hazard-{n:07d}"},
                           shapely.box(x, y, x + 0.01, y + 0.01))
            day = date(2028, 1, 1) + timedelta(days=n * (activities // 400) % 900)
            yield revision("gate", n, {"task": f"task-{n:07d}", "team": f"team-{n % 60:07d}",
                                       "day": day, "checked_at": datetime(
                                           day.year, day.month, day.day, 5, tzinfo=UTC)})
    if not plain:
        yield from money(revision, rng)
    first = date(2028, 1, 1)
    picks = rng.integers(0, len(CATEGORIES), items)
    ends = rng.integers(0, len(DISPOSALS), items)
    days = rng.integers(0, 900, items)
    many = rng.integers(1, 4, items)
    places = rng.uniform((WEST, SOUTH), (WEST + 4, SOUTH + 1), (items, 2))
    points = shapely.points(places)
    for n in range(items):
        day = first + timedelta(days=int(days[n]))
        yield revision("item", n, {
            "ordnance_category": CATEGORIES[picks[n]], "disposal": DISPOSALS[ends[n]],
            "quantity": int(many[n]), "found_on": day, "depth_m": 0.1,
            "spot_task": "yes" if n % 10 == 0 else "no"}, points[n], day)
    for n in range(activities):
        day = first + timedelta(days=n % 900)
        teams, task = [f"team-{n % 60:07d}"], {}
        if not plain:
            task = {"task": f"task-{n // (activities // 400) % 400:07d}"}
            if n % 20 >= 18:  # two reports of the same work of two teams, one after the other
                day = first + timedelta(days=(n - n % 2) % 900)
                teams = [f"team-{(n - n % 2) % 60:07d}", f"team-{((n - n % 2) + 1) % 60:07d}"]
        kind = n - n % 2 if len(teams) > 1 else n
        yield revision("activity", n, {
            "activity_type": ("clearance", "TS", "NTS", "BAC")[kind % 4],
            "area_m2": 100.0 + n % 50, "hours": 6.0, "hours_lost": float(n % 3), "deminers": 8,
            "started_on": day, "ended_on": day, "teams": teams, **task},
            points[n % len(points)], day)
    for n in range(300):
        yield revision("accident", n, {"accident_class": "ordnance_accident", "victims": n % 3},
                       shapely.Point(WEST + n / 100, SOUTH + 0.5))


def money(revision, rng):
    for n in range(36):
        yield revision("exchange_rate", n, {
            "from_currency": "EUR", "to_currency": "USD", "rate": 1.0 + n / 500,
            "rate_source": "X", "dated": date(2028 + n // 12, n % 12 + 1, 1)})
    for n in range(60):
        yield revision("fund", n, {
            "amount": 1e6 + n, "currency": ("USD", "EUR")[n % 2], "phase": "demining",
            "donor": f"Donor {n % 7}", "fund_status": "received",
            "received_on": date(2028 + n % 3, n % 12 + 1, 1)})
    for n in range(5_000):
        yield revision("expense", n, {
            "amount": float(rng.integers(100, 9_000)), "currency": ("USD", "EUR")[n % 2],
            "phase": "demining", "fund": f"fund-{n % 60:07d}",
            "paid_on": date(2028, 1, 15) + timedelta(days=n % 900),
            **({"activity_type": ("clearance", "TS", "NTS")[n % 3], "method": "manual"}
               if n % 4 else {})})


def make(path: Path, items: int, activities: int, plain: bool) -> None:
    with create_registry(str(path), office="Synthetic programme") as registry:
        registry.keep_setting("synthetic", "yes")
        registry.append(revisions(items, activities, plain=plain))


def plain(registry, day: date | None = None, known: datetime | None = None) -> dict[str, float]:
    """The peer: the same sums by a loop over records."""
    out = {"items_found": 0.0, "items_destroyed": 0.0, "small_arms_rounds_found": 0.0}
    for r in registry.records("item", valid_at=day, known_at=known):
        category, count = r.values.get("ordnance_category"), r.values.get("quantity") or 1
        if category == "small_arms_ammunition":
            out["small_arms_rounds_found"] += count
            continue
        out["items_found"] += count
        out["items_destroyed"] += count * (r.values.get("disposal") == "destroyed")
    hours, seen = 0.0, set()
    for r in registry.records("activity", valid_at=day, known_at=known):
        v = r.values
        same = (v.get("activity_type"), v.get("task"), v.get("started_on"), tuple(v.get("teams")))
        if len(v["teams"]) > 1 and v.get("task"):
            if same in seen:
                continue
            seen.add(same)
        hours += v.get("hours") or 0
    return {**out, "team_hours": hours}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="5,500 items, 1,000 activities")
    parser.add_argument("--registry", type=Path)
    parser.add_argument("--plain", action="store_true",
                        help="without joint work, money, tasks and gates")
    parser.add_argument("--as-of", type=date.fromisoformat, metavar="DAY",
                        help="also at this past day, as it was known at the end of the last one")
    parser.add_argument("--repeat", type=int, default=3)
    given = parser.parse_args()
    items, activities = (5_500, 1_000) if given.small else (550_000, 100_000)
    with tempfile.TemporaryDirectory() as folder:
        path = given.registry or Path(folder) / "figures.gpkg"
        if not path.exists():
            start = time.perf_counter()
            make(path, items, activities, given.plain)
            print(f"registry made in {time.perf_counter() - start:.0f} s")
        print(f"{items:,} items, {activities:,} activities, {given.repeat} runs; load "
              f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
        measure(path, figures.At(), given.repeat, "now")
        if given.as_of is not None:
            measure(path, figures.At(given.as_of, AT), given.repeat, f"as of {given.as_of}")


def measure(path: Path, at: figures.At, repeat: int, called: str) -> None:
    """All figures at a moment and one traced, a fresh registry each time; the peer's sums."""
    reader = policy.view("planner")
    times, traced, cpu = [], [], []
    for _ in range(repeat):
        with open_registry(str(path)) as registry:
            start, used = time.perf_counter(), time.process_time()
            found = figures.all_figures(registry, reader, at).figures
            times.append(time.perf_counter() - start)
            cpu.append(time.process_time() - used)
            start = time.perf_counter()
            one = figures.trace(registry, reader, "items_destroyed", at)
            traced.append(time.perf_counter() - start)
    with open_registry(str(path)) as registry:
        start = time.perf_counter()
        peer = plain(registry, at.valid_at, at.known_at)
        slow = time.perf_counter() - start
    ours = {f.id: f.value for f in found if f.scope == "all"}
    for name, value in peer.items():
        assert ours[name] == value, (name, ours[name], value)
    print(f"{called:<44}{'median s':>10}{'worst s':>10}")
    print(f"{f'all {len(found)} figures, with their records':<44}"
          f"{np.median(times):>10.2f}{max(times):>10.2f}")
    print(f"{'  of that, seconds of the processor':<44}"
          f"{np.median(cpu):>10.2f}{max(cpu):>10.2f}")
    print(f"{f'one traced (items_destroyed: {len(one.records):,})':<44}"
          f"{np.median(traced):>10.2f}{max(traced):>10.2f}")
    print(f"{'peer: four sums by a loop over records':<44}{slow:>10.2f}{slow:>10.2f}")
    print("the peer's four numbers are the same", flush=True)


if __name__ == "__main__":
    main()
