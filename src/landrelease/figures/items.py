"""Figures of explosive ordnance: found, made safe, destroyed, by category; small-arms rounds apart.

An item record is a place with one or more items of one kind. Rounds of small arms are counted for
themselves and are in no other figure. An item that two teams of one joint work both reported, at
the same place on the same day, counts once, in one report or in two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import numpy as np

from landrelease.core.columns import Columns
from landrelease.core.happened import later
from landrelease.core.how_many import how_many
from landrelease.core.ledger import Figure
from landrelease.core.plurals import counted
from landrelease.figures.areas import figures_by_area
from landrelease.figures.metric import UNSTATED as UNSTATED_NOTE
from landrelease.figures.metric import Metric, total

FIELDS = ("ordnance_category", "quantity", "disposal", "spot_task")
JOINT_FIELDS = ("activity", "team", "model", "found_on")  # only where work was joint
YEAR_FIELDS = ("destroyed_on",)
DAY_FIELDS = ("found_on", "destroyed_on")  # only where an account of a day is asked for
SMALL_ARMS = "small_arms_ammunition"
NONE: Mapping[str, str] = {}
# Categories of the treaties and of reports -> categories of the records.
GROUPS: dict[str, tuple[str, ...]] = {
    "ap_mine": ("ap_mine", "ap_mine_blast", "ap_mine_fragmentation", "ap_mine_bounding",
                "ap_mine_directional", "ap_mine_scatterable"),
    "av_mine": ("av_mine",),
    "submunition": ("submunition",),
    "ied": ("ied", "ied_victim_operated", "ied_command", "ied_timed", "booby_trap"),
    "other": ("mortar_bomb", "projectile", "rocket", "grenade", "missile", "aircraft_bomb", "fuze",
              "drone_dropped_munition", "loitering_munition", "other_uxo", "other_axo"),
}
_TITLES = {"ap_mine": "Anti-personnel mines", "av_mine": "Anti-vehicle mines",
           "submunition": "Submunitions", "ied": "Improvised devices and booby traps",
           "other": "Other unexploded and abandoned ordnance"}
_COUNTS = ("Item records with their quantity, 1 where none is stated; without small-arms rounds, "
           "without records of \"none found\"; what two teams of a joint activity reported at the "
           "same place and day once")
_SAFE = ("destroyed", "neutralised", "removed")


def _metric(id_: str, name: str, definition: str, counts: str, seen: str = "") -> Metric:
    return Metric(id_, name, definition, "items", f"{_COUNTS}; {counts}", "items",
                  subject="items" if seen else "", field=seen, by_area=True)


FOUND = _metric("items_found", "Items found", "Items of explosive ordnance that were found, "
                "whatever became of them.", "all", "counts")
SAFE = _metric("items_made_safe", "Items made safe", "Items found and destroyed, neutralised or "
               "removed.", "disposal is destroyed, neutralised or removed")
DESTROYED = _metric("items_destroyed", "Items destroyed", "Items found and destroyed.",
                    "disposal is destroyed")
LEFT = _metric("items_left", "Items not yet removed", "Items found that are still in their place.",
               "disposal is found or left_marked; also what was destroyed after the day that is "
               "asked for; whatever day of finding is stated", "counts")
UNSTATED = _metric("items_unstated", "Items without a stated end", "Items found of which no report "
                   "says what became of them.", "no disposal is reported", "counts")
SPOT = _metric("items_spot_task", "Items of spot tasks", "Items dealt with in EOD spot tasks, "
               "which release no land.", "spot_task is yes", "counts")
ROUNDS = Metric("small_arms_rounds_found", "Small-arms rounds found", "Rounds of small-arms "
                "ammunition that were found; in no other figure of items.", "rounds",
                "Item records of the category small_arms_ammunition with their quantity, 1 where "
                "none is stated", "items", subject="items", field="counts", by_area=True)
ROUNDS_DESTROYED = Metric(
    "small_arms_rounds_destroyed", "Small-arms rounds destroyed", "Rounds of small-arms ammunition "
    "that were destroyed; in no other figure of items.", "rounds", "The same, disposal is "
    "destroyed", "items", by_area=True)
BY_GROUP = {
    (what, group): _metric(
        f"items_{what}_{group}", f"{title} {what}",
        f"{title} that were {what}.", f"of the categories {', '.join(GROUPS[group])}"
        + ("; disposal is destroyed" if what == "destroyed" else ""),
        "counts" if what == "found" else "")
    for what in ("found", "destroyed") for group, title in _TITLES.items()}
METRICS = (FOUND, SAFE, DESTROYED, LEFT, UNSTATED, SPOT, ROUNDS, ROUNDS_DESTROYED,
           *BY_GROUP.values())


def amounts(table: Columns, joint: Mapping[str, str] = NONE) -> tuple[np.ndarray, int, int]:
    """(N,) items of each record (at least so many, where none is stated: `core.how_many`), records
    without a whole number, records that repeat a joint one.

    joint : id of a report of what several teams did together -> id of that joint work.
    """
    quantity = np.array(table.numbers("quantity"))
    unstated = np.isnan(quantity) | (quantity != np.floor(quantity)) | (quantity < 0)
    cells = table.cells["quantity"]
    for n in np.nonzero(unstated)[0].tolist():
        quantity[n], stated = how_many(cells[n])
        unstated[n] = not stated
    quantity[table.among("ordnance_category", ("none_found",))] = 0.0
    repeated = _repeated(table, joint)
    quantity[repeated] = 0.0
    return quantity, int(unstated.sum()), int(repeated.sum())


def _repeated(table: Columns, joint: Mapping[str, str]) -> np.ndarray:
    """Records that another team, or another report, of the same joint work reported before."""
    out = np.zeros(len(table), dtype=bool)
    if not joint or table.places is None:
        return out
    activity = table.cells["activity"]
    asked = np.nonzero(table.among("activity", joint))[0]
    seen: dict[tuple, tuple[str, str]] = {}
    for n in asked.tolist():
        if np.isnan(table.places[n]).any():
            continue
        key = (joint[activity[n]], table.cells["ordnance_category"][n], table.cells["model"][n],
               table.cells["found_on"][n], table.cells["quantity"][n],
               *np.round(table.places[n], 7).tolist())
        report, team = activity[n], str(table.cells["team"][n] or "")
        first, one = seen.setdefault(key, (report, team))
        out[n] = first != report or (one != team and one != "" and team != "")
    return out


def item_figures(table: Columns, head: str, joint: Mapping[str, str] = NONE,
                 areas: np.ndarray | None = None, names: Mapping[str, str] | None = None,
                 until: date | None = None) -> tuple[Figure, ...]:
    """All figures of items; `table` has the columns `FIELDS` and, where work was joint, the places.

    until : what was found, or destroyed, after that day is not counted as such (with the columns
        `DAY_FIELDS`); None: all that is on record
    areas : (N,) the administrative area of each record, "" none, by which they are divided as well;
        None: of the whole programme only. names : of the areas
    """
    if not len(table):
        return tuple(m.figure(None, (), head) for m in METRICS)
    count, unstated, repeated = amounts(table, joint)
    rounds = table.among("ordnance_category", (SMALL_ARMS,))
    items = ~rounds & ~table.among("ordnance_category", ("none_found",))
    after = gone_later = np.zeros(len(table), dtype=bool)
    if until is not None:
        after, gone_later = (later(table, (name,), until) for name in DAY_FIELDS)
    rounds &= ~after
    found_by_then = items & ~after
    note = "; ".join(filter(None, (
        f"{unstated:,} of {len(table):,} records state no whole number and count as "
        "the least that they say, 1 where they say none" if unstated
        else "", counted("{n} records repeat one of a joint activity", n=f"{repeated:,}")
        if repeated else "")))
    destroyed = table.among("disposal", ("destroyed",)) & ~gone_later
    safe = table.among("disposal", _SAFE) & ~gone_later
    # No day takes an item that still lies there out of this one (S01).
    left = (items & table.among("disposal", ("found", "left_marked"))) | (
        found_by_then & table.among("disposal", _SAFE) & gone_later)

    # Of each: the records that count, those that it asks, and which of all state what decides;
    # where none of those asked does, it is not reported (S12).
    ended, spot = ~table.among("disposal", ("",)), ~table.among("spot_task", ("",))
    sorts = ~table.among("ordnance_category", ("",))
    rows = [(FOUND, found_by_then, items, items), (SAFE, found_by_then & safe, items, ended),
            (DESTROYED, found_by_then & destroyed, items, ended), (LEFT, left, items, ended),
            (UNSTATED, items & ~ended, items, items),
            (SPOT, found_by_then & table.among("spot_task", ("yes",)), items, spot),
            (ROUNDS, rounds, items | rounds, sorts),
            (ROUNDS_DESTROYED, rounds & destroyed, rounds, ended)]
    for (what, group), metric in BY_GROUP.items():
        mask = table.among("ordnance_category", GROUPS[group]) & ~after
        rows.append((metric, mask & destroyed, mask, ended) if what == "destroyed" else
                    (metric, mask, items, sorts))
    silent = int((items & ~spot).sum())
    notes = {SPOT.id: "; ".join(filter(None, (
        note, counted("{n} of {all} records do not report it", n=f"{silent:,}",
                      all=f"{int(items.sum()):,}") if silent else "")))}
    found = tuple(total(metric, table, mask, count, head, note=notes.get(metric.id, note),
                        asked=asked, stated=stated) for metric, mask, asked, stated in rows)
    if areas is not None:
        found += figures_by_area(((metric, mask, count, asked, stated) for
                                  metric, mask, asked, stated in rows), table, areas,
                                 names or {}, head)
    # That nobody says what became of items tells that there are some: not for everybody (S16).
    return tuple(replace(f, subject="items", field="counts") if f.note == UNSTATED_NOTE else f
                 for f in found)
