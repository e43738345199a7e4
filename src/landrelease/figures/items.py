"""Figures of explosive ordnance: found, made safe, destroyed, by category; small-arms rounds apart.

An item record is a place with one or more items of one kind. Rounds of small arms are counted for
themselves and are in no other figure. An item that two teams of one joint activity both reported,
at the same place on the same day, counts once.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from landrelease.core.columns import Columns
from landrelease.core.ledger import Figure
from landrelease.figures.areas import figures_by_area
from landrelease.figures.metric import Metric, total

FIELDS = ("ordnance_category", "quantity", "disposal", "spot_task")
JOINT_FIELDS = ("activity", "team", "model", "found_on")  # only where work was joint
YEAR_FIELDS = ("destroyed_on",)
SMALL_ARMS = "small_arms_ammunition"
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
               "disposal is found or left_marked", "counts")
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


def amounts(table: Columns, joint: frozenset[str] = frozenset()) -> tuple[np.ndarray, int, int]:
    """(N,) items of each record, records without a quantity, records that repeat a joint one.

    joint : ids of activities that several teams did together.
    """
    quantity = table.numbers("quantity")
    unstated = np.isnan(quantity)
    quantity = np.where(unstated, 1.0, quantity)
    quantity[table.among("ordnance_category", ("none_found",))] = 0.0
    repeated = _repeated(table, joint)
    quantity[repeated] = 0.0
    return quantity, int(unstated.sum()), int(repeated.sum())


def _repeated(table: Columns, joint: frozenset[str]) -> np.ndarray:
    """Records that another team of the same joint activity reported before, by id."""
    out = np.zeros(len(table), dtype=bool)
    if not joint or table.places is None:
        return out
    activity = table.cells["activity"]
    asked = np.nonzero(table.among("activity", joint))[0]
    seen: dict[tuple, str] = {}
    for n in asked.tolist():
        if np.isnan(table.places[n]).any():
            continue
        key = (activity[n], table.cells["ordnance_category"][n], table.cells["model"][n],
               table.cells["found_on"][n], table.cells["quantity"][n],
               *np.round(table.places[n], 7).tolist())
        team = str(table.cells["team"][n] or "")
        first = seen.setdefault(key, team)
        out[n] = first != team and first != "" and team != ""
    return out


def item_figures(table: Columns, head: str, joint: frozenset[str] = frozenset(),
                 areas: np.ndarray | None = None, names: Mapping[str, str] | None = None
                 ) -> tuple[Figure, ...]:
    """All figures of items; `table` has the columns `FIELDS` and, where work was joint, the places.

    areas : (N,) the administrative area of each record, "" none, by which they are divided as well;
        None: of the whole programme only. names : of the areas
    """
    if not len(table):
        return tuple(m.figure(None, (), head) for m in METRICS)
    count, unstated, repeated = amounts(table, joint)
    rounds = table.among("ordnance_category", (SMALL_ARMS,))
    items = ~rounds & ~table.among("ordnance_category", ("none_found",))
    note = "; ".join(filter(None, (
        f"{unstated:,} of {len(table):,} records state no quantity and count as one" if unstated
        else "", f"{repeated:,} records repeat one of a joint activity" if repeated else "")))
    destroyed = table.among("disposal", ("destroyed",))
    safe = table.among("disposal", _SAFE)

    rows = [(FOUND, items), (SAFE, items & safe), (DESTROYED, items & destroyed),
            (LEFT, items & table.among("disposal", ("found", "left_marked"))),
            (UNSTATED, items & table.among("disposal", ("",))),
            (SPOT, items & table.among("spot_task", ("yes",))),
            (ROUNDS, rounds), (ROUNDS_DESTROYED, rounds & destroyed)]
    for (what, group), metric in BY_GROUP.items():
        mask = table.among("ordnance_category", GROUPS[group])
        rows.append((metric, mask & destroyed if what == "destroyed" else mask))
    found = tuple(total(metric, table, mask, count, head, note=note) for metric, mask in rows)
    if areas is None:
        return found
    return found + figures_by_area(((metric, mask, count) for metric, mask in rows), table, areas,
                                   names or {}, head)
