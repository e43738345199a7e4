"""A planning problem as a folder of plain CSV files, and back again: every value comes back equal.

Rows name things by their ids; a list in a cell is parted by semicolons (one inside an id is written
`\\;`). Slots are numbers from 0; slot t begins on the day in row t of slots.csv. Numbers are
written so that they are read back to the same bits; an empty cell of a number that need not be
known is "not reported". Files of conditions that a problem does not have are not there. The tables
and their columns stand in docs/plan.md.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar, cast, get_args

import numpy as np
import shapely

from landrelease.core import conditions as terms
from landrelease.core.circles import circle
from landrelease.core.work import (
    ACTIVITIES,
    MOST_UNITS,
    Access,
    Problem,
    Task,
    TeamKind,
    TeamPool,
    can_do,
)
from landrelease.errors import (
    PROBLEM_CELL,
    PROBLEM_COLUMN_MISSING,
    PROBLEM_FILE_MISSING,
    LandReleaseError,
)
from landrelease.store.results import write_atomically

T = TypeVar("T")
Rows = list[dict[str, Any]]
_SETTINGS = "problem.csv"
WHOLE_MOST = 2**31 - 1  # of a whole number: 32 bits
MONEY_MOST = 1e15  # of one sum of money, in any currency
_FOREVER = ""  # a slot cell: no limit
_TEAM = [f.name for f in dataclasses.fields(TeamPool)]
_LISTS = ("members", "also", "rest")  # of a team pool; the last two may be missing


# --- writing -------------------------------------------------------------------------------------


def write_problem(folder: Path, problem: Problem, *, synthetic: bool = False) -> list[Path]:
    """Write a problem as tables; files of an earlier problem in the folder are replaced or removed.

    synthetic : of a synthetic programme; every row of every table says so (S19).
    Returns the files in the order of writing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tables = _tables(problem)
    if synthetic:
        for columns, rows in tables.values():
            columns.append("synthetic")
            for row in rows:
                row["synthetic"] = "yes"
    # Without its settings a folder is no problem: nobody reads half of one, or parts of two.
    (folder / _SETTINGS).unlink(missing_ok=True)
    for name in FILES:
        if name not in tables:
            (folder / name).unlink(missing_ok=True)
    out = []
    for name, (columns, rows) in sorted(tables.items(), key=lambda item: item[0] == _SETTINGS):
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_text(row.get(c)) for c in columns] for row in rows)
        write_atomically(folder / name, text.getvalue().encode("utf-8"))
        out.append(folder / name)
    return out


def _tables(problem: Problem) -> dict[str, tuple[list[str], Rows]]:
    horizon, stages = problem.horizon, len(problem.stage_ids)
    c, access, benefits = problem.conditions, problem.access, problem.benefits
    out: dict[str, tuple[list[str], Rows]] = {}

    def table(name: str, rows: Rows, columns: Sequence[str]) -> None:
        out[name] = (list(columns), rows)

    settings: dict[str, Any] = {"slot_days": float(problem.slot_days)}
    if access is not None:
        settings["zones"] = access.zones
    if c.money is not None:
        settings["currency"] = c.money.currency
    settings |= {f.name: float(getattr(problem.objective, f.name))
                 for f in dataclasses.fields(terms.Objective)}
    table("problem.csv", [{"name": k, "value": v} for k, v in settings.items()],
          ("name", "value"))
    slots: Rows = [{"slot": t, "first_day": problem.slot_starts[t],
                    "delay_days": problem.delay_days[t]} for t in range(horizon + 1)]
    columns = ["slot", "first_day", "delay_days"]
    if c.seasons_missed is not None:
        columns.append("seasons_missed")
        for t, row in enumerate(slots):
            row["seasons_missed"] = c.seasons_missed[t]
    table("slots.csv", slots, columns)
    table("hazards.csv", [{"id": h} for h in problem.hazard_ids], ("id",))
    table("tasks.csv", [
        {"id": t.id, "hazard": t.hazard_id, "area_m2": float(t.area_m2),
         "longitude": float(t.longitude), "latitude": float(t.latitude),
         "ground_wkb": shapely.to_wkb(t.ground, hex=True, byte_order=1)} for t in problem.tasks],
        ("id", "hazard", "area_m2", "longitude", "latitude", "ground_wkb"))
    table("teams.csv", [
        {**{n: _list(getattr(p, n)) if n in _LISTS else getattr(p, n) for n in _TEAM},
         "teams_in_plan": problem.pool_teams[i], "opens_slot": problem.pool_opens[i],
         "closes_slot": problem.pool_closes[i]} for i, p in enumerate(problem.pools)],
        (*_TEAM, "teams_in_plan", "opens_slot", "closes_slot"))

    names = problem.stage_ids
    rows: Rows = []
    for s in range(stages):
        before, task = int(problem.predecessor[s]), int(problem.task[s])
        rows.append({
            "id": names[s], "hazard": problem.hazard_ids[int(problem.hazard[s])],
            "task": problem.tasks[task].id if task >= 0 else "",
            "activity": ACTIVITIES[int(problem.activity[s])],
            "after": names[before] if before >= 0 else "", "weight": problem.weight[s],
            "work_m2": problem.work_m2[s], "released_m2": problem.released_m2[s]})
    columns = ["id", "hazard", "task", "activity", "after", "weight", "work_m2", "released_m2"]

    def more(column: str, value: Callable[[int], Any]) -> None:
        columns.append(column)
        for s, row in enumerate(rows):
            row[column] = value(s)

    if benefits is not None:
        more("people", lambda s: benefits.people[s])
        more("hectares", lambda s: benefits.hectares[s])
        growing = benefits.growing
        if growing is not None:
            more("growing_hectares", lambda s: growing[s])
    season = c.season_weight
    if season is not None:
        more("season_weight", lambda s: season[s])
    if access is not None:
        more("zone", lambda s: access.zone[s])
    money = c.money
    if money is not None:
        more("fund", lambda s: _name(money.lines, money.stage_fund[s]))
    outcomes, promises = c.outcomes, c.promises
    if outcomes is not None:
        more("needed", lambda s: outcomes.needed[s])
        more("spread", lambda s: outcomes.spread[s])
    if promises is not None:
        more("promised_finish", lambda s: _slot(promises.finish[s]))
        more("promised_option", lambda s: "" if promises.option[s] < 0 else
             int(promises.option[s] - problem.option_start[s]))
        more("late_price", lambda s: promises.late_price[s])
        more("change_price", lambda s: promises.change_price[s])
    table("stages.csv", rows, columns)
    table("options.csv", *_options(problem))

    if c.calendars is not None:
        table("calendars.csv", [{"id": k, "closed_slots": _ranges(~row)} for k, row in zip(
            c.calendars.ids, c.calendars.open, strict=True)], ("id", "closed_slots"))
    if c.equipment is not None:
        table("equipment.csv", [{"id": e, "units": u} for e, u in zip(
            c.equipment.ids, c.equipment.units, strict=True)], ("id", "units"))
    if money is not None:
        table("money.csv", [
            {"fund": f, "from_slot": t, "arrived": money.arrived[k, t]}
            for k, f in enumerate(money.fund_ids) for t in range(horizon)
            if t == 0 or money.arrived[k, t] != money.arrived[k, t - 1]],
            ("fund", "from_slot", "arrived"))
        if money.later is not None:
            table("money_later.csv", [
                {"fund": money.fund_ids[f], "day": date.fromordinal(day).isoformat(),
                 "amount": amount} for f, day, amount in zip(
                    money.later_fund.tolist(),  # type: ignore[union-attr]
                    money.later_day.tolist(),  # type: ignore[union-attr]
                    money.later, strict=True)], ("fund", "day", "amount"))
        if money.may_pay is not None or money.until is not None:
            table("funds.csv", [
                {"id": f, **({} if money.until is None else {
                    "until_slot": _slot(money.until[k], horizon)}),
                 **({} if money.may_pay is None else {"pays_for": _list([
                     line for line, may in zip(money.line_ids, money.may_pay[:, k], strict=True)
                     if may])})}
                for k, f in enumerate(money.fund_ids)],
                ("id", *(() if money.until is None else ("until_slot",)),
                 *(() if money.may_pay is None else ("pays_for",))))
        if money.may_pay is not None:
            table("budget_lines.csv", [{"id": line} for line in money.line_ids], ("id",))
    if c.projects is not None:
        table("projects.csv", *_projects(problem, c.projects))
    if c.decisions is not None:
        table("decisions.csv", *_decisions(problem, c.decisions))
    if access is not None:
        table("gates.csv", [
            {"id": g, "from_zone": access.gate_from[i], "to_zone": access.gate_to[i],
             "stages": _members(names, access.gate_start, access.gate_stage, i)}
            for i, g in enumerate(access.gate_ids)], ("id", "from_zone", "to_zone", "stages"))
        if access.shut_zones is not None:
            table("shut_roads.csv", [{"id": name, "from_zone": a, "to_zone": b}
                                     for name, a, b in access.shut()],
                  ("id", "from_zone", "to_zone"))
        table("communities.csv", [
            {"id": k, "people": access.community_people[i], "weight": access.community_weight[i],
             "zone": access.community_zone[i],
             "stages": _members(names, access.community_start, access.community_stage, i),
             **({} if (held := access.community_held) is None else {"held": int(held[i])})}
            for i, k in enumerate(access.community_ids)],
            ("id", "people", "weight", "zone", "stages",
             *(() if access.community_held is None else ("held",))))
    return out


def _options(problem: Problem) -> tuple[Rows, list[str]]:
    c, horizon = problem.conditions, problem.horizon
    columns = ["stage", "mode", "first_team", "first_slots", "second_team", "second_slots", "cost"]
    parts = {name: getattr(c, name) is not None
             for name in ("calendars", "windows", "equipment", "decisions")}
    for name, headings in (("calendars", ("{}_calendar",)),
                           ("windows", ("{}_from_slot", "{}_until_slot")),
                           ("equipment", ("{}_equipment",))):
        columns += [h.format(which) for which in ("first", "second") for h in headings
                    if parts[name]]
    if parts["decisions"]:
        columns.append("allowed")
    rows: Rows = []
    for s, stage in enumerate(problem.stage_ids):
        for o in range(int(problem.option_start[s]), int(problem.option_start[s + 1])):
            second = int(problem.second_pool[o])
            row: dict[str, Any] = {
                "stage": stage, "mode": problem.option_mode[o],
                "first_team": problem.pools[int(problem.first_pool[o])].id,
                "first_slots": problem.first_slots[o],
                "second_team": problem.pools[second].id if second >= 0 else "",
                "second_slots": problem.second_slots[o], "cost": problem.option_cost[o]}
            for which in ("first", "second"):
                if c.calendars is not None:
                    row[f"{which}_calendar"] = c.calendars.ids[int(getattr(
                        c.calendars, which)[o])]
                if c.windows is not None:
                    row[f"{which}_from_slot"] = getattr(c.windows, f"{which}_from")[o]
                    row[f"{which}_until_slot"] = _slot(getattr(
                        c.windows, f"{which}_until")[o], horizon)
                if c.equipment is not None:
                    row[f"{which}_equipment"] = _name(c.equipment.ids, getattr(
                        c.equipment, which)[o])
            if c.decisions is not None:
                row["allowed"] = "yes" if c.decisions.allowed[o] else "no"
            rows.append(row)
    return rows, columns


def _projects(problem: Problem, works: terms.Projects) -> tuple[Rows, list[str]]:
    funds = () if problem.conditions.money is None else problem.conditions.money.lines
    columns = ["id", "stages", "slots", "cost", "fund", "earliest_slot", "people", "weight"]
    rows: Rows = []
    for w, name in enumerate(works.ids):
        rows.append({
            "id": name, "stages": _members(problem.stage_ids, works.start, works.stage, w),
            "slots": works.slots[w], "cost": works.cost[w], "fund": _name(funds, works.fund[w]),
            "earliest_slot": works.earliest[w], "people": works.people[w],
            "weight": works.weight[w]})
        if works.after is not None:
            rows[-1]["after"] = _list([works.ids[int(a)] for a, b in works.after if int(b) == w])
        if works.may_start is not None:
            rows[-1]["may_start_slots"] = _ranges(works.may_start[w])
        if works.asked_earliest is not None:
            rows[-1]["asked_earliest_slot"] = works.asked_earliest[w]
    columns += [c for c, part in (("after", works.after), ("may_start_slots", works.may_start),
                                  ("asked_earliest_slot", works.asked_earliest))
                if part is not None]
    return rows, columns


def _decisions(problem: Problem, decided: terms.Decisions) -> tuple[Rows, list[str]]:
    rows: Rows = []
    for s, stage in enumerate(problem.stage_ids):
        low, high = int(decided.earliest[s]), int(decided.latest[s])
        ordered = decided.ordered is not None and bool(decided.ordered[s])
        if low != 0 or high != problem.horizon or ordered:
            rows.append({"stage": stage, "earliest_slot": low,
                         "latest_slot": _slot(high, problem.horizon),
                         "ordered": "yes" if ordered else "no"})
    rows += [{"stage": problem.stage_ids[int(b)], "after": problem.stage_ids[int(a)]}
             for a, b in decided.after]
    return rows, ["stage", "earliest_slot", "latest_slot", "after",
                  *(() if decided.ordered is None else ("ordered",))]


def _name(ids: Sequence[str], index: Any) -> str:
    return "" if int(index) < 0 else ids[int(index)]


def _slot(value: Any, free: int = -1) -> Any:
    """A slot; empty where it is `free` (no limit, or none)."""
    return _FOREVER if int(value) == free else int(value)


def _members(names: Sequence[str], start: np.ndarray, member: np.ndarray, of: int) -> str:
    return _list([names[int(s)] for s in member[int(start[of]):int(start[of + 1])]])


def _list(names: Iterable[str]) -> str:
    made = [n.replace("\\", "\\\\").replace(";", "\\;") for n in names]
    # One empty name is not the empty list.
    return "\\" if made == [""] else ";".join(made)


def _ranges(slots: np.ndarray) -> str:
    """True slots as "0-3 7 9-12"."""
    edge = np.flatnonzero(np.diff(np.concatenate([[0], slots.astype(np.int8), [0]])))
    return " ".join(str(a) if b == a + 1 else f"{a}-{b - 1}"
                    for a, b in zip(edge[::2].tolist(), edge[1::2].tolist(), strict=True))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (float, np.floating)):
        return "" if math.isnan(value) else repr(float(value))
    return str(value)


# --- reading -------------------------------------------------------------------------------------


class _Table:
    """The rows of one file; says file, row, column, found, expected and remedy of a wrong cell."""

    def __init__(self, folder: Path, name: str, columns: Sequence[str]):
        self.name, self.path = name, folder / name
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.reader(file)
                head = next(reader, [])
                self.columns = [h.strip() for h in head]
                for column in self.columns:
                    if self.columns.count(column) > 1:
                        raise LandReleaseError(
                            PROBLEM_CELL, file=name, row=0, field="the line of columns",
                            found=f"{column!r} twice", expected="each column once",
                            remedy="Take one of the two columns out.")
                self.rows: list[dict[str, str]] = []
                self.lines: list[int] = []  # of each row, blank ones counted
                for n, cells in enumerate(reader, 1):
                    if not any(cells):
                        continue
                    if len(cells) != len(self.columns):
                        raise LandReleaseError(
                            PROBLEM_CELL, file=name, row=n, field="the row",
                            found=f"{len(cells)} cells", expected=f"{len(self.columns)}",
                            remedy="Give each column a cell, and put quotes around commas.")
                    self.rows.append(dict(zip(self.columns, cells, strict=True)))
                    self.lines.append(n)
        except (FileNotFoundError, NotADirectoryError):
            raise LandReleaseError(PROBLEM_FILE_MISSING, folder=folder, file=name) from None
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise LandReleaseError(
                PROBLEM_CELL, file=name, row=0, field="the file", found=error,
                expected="a CSV table in UTF-8", remedy="Save it again as CSV, UTF-8.") from None
        for column in columns:
            if column not in self.columns:
                raise LandReleaseError(PROBLEM_COLUMN_MISSING, file=name, column=column,
                                       found=", ".join(self.columns) or "nothing")

    def has(self, *columns: str) -> bool:
        return all(c in self.columns for c in columns)

    def wrong(self, row: int, field: str, found: Any, expected: str, remedy: str
              ) -> LandReleaseError:
        at = self.lines[row] if row < len(self.lines) else len(self.lines) + 1
        return LandReleaseError(PROBLEM_CELL, file=self.name, row=at, field=field,
                                found=found if found != "" else "empty", expected=expected,
                                remedy=remedy)

    def text(self, row: int, field: str) -> str:
        return self.rows[row][field]

    def ids(self, field: str = "id") -> tuple[str, ...]:
        """Names of the rows, each once."""
        seen: dict[str, int] = {}
        for n in range(len(self.rows)):
            name = self.text(n, field)
            if name == "":
                raise self.wrong(n, field, name, "an id", "Give each row an id of its own.")
            if name in seen:
                raise self.wrong(n, field, name, f"another id than in row {self.lines[seen[name]]}",
                                 "Give each row an id of its own.")
            seen[name] = n
        return tuple(seen)

    def number(self, row: int, field: str, *, low: float = 0.0, high: float = math.inf,
               empty: float | None = None) -> float:
        text = self.text(row, field).strip()
        if text == "" and empty is not None:
            return empty
        try:
            value = math.nan if "_" in text else float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or not low <= value <= high:
            raise self.wrong(row, field, text, f"a number of {low:g} or more" if high == math.inf
                             else f"a number from {low:g} to {high:g}",
                             "Enter the number, with a point.")
        return value

    def whole(self, row: int, field: str, *, low: int = 0, high: int | None = None,
              empty: int | None = None) -> int:
        text = self.text(row, field).strip()
        if text == "" and empty is not None:
            return empty
        try:
            value = low - 1 if "_" in text else int(text)
        except ValueError:
            value = low - 1
        most = WHOLE_MOST if high is None else high
        if not low <= value <= most:
            raise self.wrong(row, field, text, f"a whole number from {low}" + (
                "" if high is None and value < low else f" to {most}"), "Correct the number.")
        return value

    def day(self, row: int, field: str, *, needed: bool = False) -> date | None:
        text = self.text(row, field).strip()
        if not text and not needed:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise self.wrong(row, field, text, "a day as 2027-04-01",
                             "Write year, month and day.") from None

    def known(self, row: int, field: str, names: Mapping[str, int], of: str, *,
              none: bool = False) -> int:
        """Index of a name; -1 where the cell is empty and may be."""
        text = self.text(row, field)
        if text == "" and none and text not in names:
            return -1
        if text not in names:
            raise self.wrong(row, field, text, f"an id of {of}",
                             f"Add it to {of}, or correct the name.")
        return names[text]

    def several(self, row: int, field: str, names: Mapping[str, int], of: str) -> list[int]:
        out = []
        for name in parted(self.text(row, field)):
            if name not in names:
                raise self.wrong(row, field, name, f"ids of {of}, parted by semicolons",
                                 f"Add it to {of}, or correct the name.")
            out.append(names[name])
        return out

    def slots(self, row: int, field: str, horizon: int) -> np.ndarray:
        out = np.zeros(horizon, dtype=bool)
        for part in self.text(row, field).split():
            first, mark, last = part.partition("-")
            try:
                a, b = int(first), int(last) if mark else int(first)
            except ValueError:
                a, b = -1, -1
            if not 0 <= a <= b < horizon:
                raise self.wrong(row, field, part, f"slots from 0 to {horizon - 1}, as 0-3 7 9-12",
                                 "Correct the slots.")
            out[a:b + 1] = True
        return out

    def column(self, read: Callable[[int], T]) -> list[T]:
        return [read(n) for n in range(len(self.rows))]

    def numbers(self, field: str, **limits: Any) -> np.ndarray:
        return np.array(self.column(lambda n: self.number(n, field, **limits)), dtype=np.float64)

    def wholes(self, field: str, **limits: Any) -> np.ndarray:
        return np.array(self.column(lambda n: self.whole(n, field, **limits)), dtype=np.int32)

    def refers(self, field: str, names: Mapping[str, int], of: str, *, none: bool = False
               ) -> np.ndarray:
        return np.array(self.column(lambda n: self.known(n, field, names, of, none=none)),
                        dtype=np.int32)


def parted(text: str) -> list[str]:
    """The names of a list in a cell."""
    if text == "":
        return []
    if text == "\\":
        return [""]
    out, name, at = [], "", 0
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text):
            name += text[at + 1]
            at += 2
        elif text[at] == ";":
            out.append(name)
            name, at = "", at + 1
        else:
            name += text[at]
            at += 1
    return [*out, name]


def _index(names: Sequence[str]) -> dict[str, int]:
    return {name: n for n, name in enumerate(names)}


def says_synthetic(folder: Path) -> bool:
    """Whether any row of the tables says that it is of a synthetic programme (S19)."""
    return any(table.text(n, "synthetic").strip().casefold() not in ("", "no")
               for name in FILES if _there(folder, name)
               if (table := _Table(folder, name, ())).has("synthetic")
               for n in range(len(table.rows)))


def read_problem(folder: Path) -> Problem:
    """Read a problem from its tables.

    Raises
    ------
    LandReleaseError
        PLN-703 a file that has to be there is not, PLN-704 a column, PLN-705 a wrong cell, with
        file, row, column, what was found, what was expected and what to do.
    """
    horizon, slots, weeks = _slots(folder)
    settings = _settings(folder)
    hazards = _Table(folder, "hazards.csv", ("id",)).ids()
    tasks = _tasks(folder, hazards)
    pools, teams = _teams(folder, horizon)
    s = _Table(folder, "stages.csv", ("id", "hazard", "task", "activity", "after", "weight",
                                      "work_m2", "released_m2"))
    names = s.ids()
    number, pool = _index(names), _index([p.id for p in pools])
    before = s.refers("after", number, "stages.csv", none=True)
    _sequence(s, names, before.tolist())
    o = _Table(folder, "options.csv", ("stage", "mode", "first_team", "first_slots",
                                       "second_team", "second_slots", "cost"))
    stage_of = o.refers("stage", number, "stages.csv")
    for n in np.flatnonzero(np.diff(stage_of) < 0)[:1].tolist():
        raise o.wrong(n + 1, "stage", o.text(n + 1, "stage"), "options in the order of stages.csv",
                      "Sort the rows by stage as stages.csv has them.")
    for n in range(len(o.rows)):
        _can_do(o, n, s.text(int(stage_of[n]), "activity"), pools, pool)
    option_start = np.concatenate([[0], np.cumsum(np.bincount(
        stage_of, minlength=len(names)))]).astype(np.int32)
    second = o.refers("second_team", pool, "teams.csv", none=True)
    benefits = None
    _together(s, "people", "hectares")
    if s.has("people"):
        benefits = terms.Benefits(
            s.numbers("people", empty=math.nan), s.numbers("hectares", empty=math.nan),
            s.numbers("growing_hectares") if s.has("growing_hectares") else None)
    access = _access(folder, s, number, settings)
    if s.has("season_weight") and weeks is None:
        raise LandReleaseError(PROBLEM_COLUMN_MISSING, file="slots.csv", column="seasons_missed",
                               found="season_weight in stages.csv")
    of_task = s.refers("task", _index([t.id for t in tasks]), "tasks.csv", none=True)
    for n, k in enumerate(of_task.tolist()):
        if k >= 0 and tasks[k].hazard_id != s.text(n, "hazard"):
            raise s.wrong(n, "task", tasks[k].id, f"a task on {s.text(n, 'hazard')}; this one is "
                          f"on {tasks[k].hazard_id}", "Correct the task or the hazard.")
    return Problem(
        stage_ids=names,
        activity=np.array(s.column(lambda n: _one_of(s, n, "activity", ACTIVITIES)), np.int8),
        predecessor=before, hazard=s.refers("hazard", _index(hazards), "hazards.csv"),
        task=of_task,
        weight=s.numbers("weight"), work_m2=s.numbers("work_m2", empty=0.0),
        released_m2=s.numbers("released_m2", empty=0.0), option_start=option_start,
        first_pool=o.refers("first_team", pool, "teams.csv"),
        first_slots=o.wholes("first_slots", low=1), second_pool=second,
        second_slots=np.array(o.column(lambda n: o.whole(n, "second_slots", low=1)
                                       if second[n] >= 0 else
                                       o.whole(n, "second_slots", empty=0)), np.int32),
        option_cost=o.numbers("cost", empty=0.0, high=MONEY_MOST),
        option_mode=tuple(o.column(lambda n: o.text(n, "mode"))), pools=pools,
        pool_teams=teams[0], pool_opens=teams[1], pool_closes=teams[2], delay_days=slots[1],
        slot_starts=slots[0], slot_days=settings.above_0("slot_days"), hazard_ids=hazards,
        tasks=tasks, access=access,
        conditions=_conditions(folder, s, o, number, option_start, settings, horizon, weeks,
                               before.tolist()),
        objective=terms.Objective(**{f.name: settings.number_of(f.name, cast(float, f.default))
                                     for f in dataclasses.fields(terms.Objective)}),
        benefits=benefits)


def _sequence(s: _Table, names: Sequence[str], before: Sequence[int]) -> None:
    """Raises PLN-705 where stages follow one another in a circle, a stage stands above the one that
    it follows, or a stage of an area follows a later kind of work on it."""
    _no_circle(s, names, [(n, b, n) for n, b in enumerate(before) if b >= 0])
    for n, b in enumerate(before):
        if b > n:
            raise s.wrong(n, "after", names[b], "a stage of a row above",
                          "Put each stage behind the one that it follows.")
        kinds = [s.text(x, "activity") for x in (n, b)]
        if b >= 0 and s.text(n, "hazard") == s.text(b, "hazard") and set(kinds) <= set(ACTIVITIES) \
                and ACTIVITIES.index(kinds[1]) > ACTIVITIES.index(kinds[0]):
            raise s.wrong(n, "after", f"{names[b]} ({kinds[1]}) before {names[n]} ({kinds[0]}) of "
                          "the same area", "survey before clearance",
                          "Correct the stage that it follows, or the activity.")


def _no_circle(table: _Table, names: Sequence[str], pairs: Sequence[tuple[int, int, int]],
               fixed: Sequence[int] = ()) -> None:
    """Raises PLN-705 where things follow one another in a circle, at the first row of it.

    pairs : what follows, what it follows, and the row of the table that says so. fixed : of each
    thing the one that it follows by another table, -1 for none.
    """
    row_of = {(later, earlier): row for later, earlier, row in pairs}
    follows: dict[int, list[int]] = {}
    for later, earlier in [*row_of, *((n, b) for n, b in enumerate(fixed) if b >= 0)]:
        follows.setdefault(later, []).append(earlier)
    ring = circle(follows)
    if not ring:
        return
    steps = list(itertools.pairwise([*ring, ring[0]]))
    rows = sorted(row_of[step] for step in steps if step in row_of)
    raise table.wrong(
        rows[0], "after", ", ".join(f"{names[a]} after {names[b]}" for a, b in steps[:8])
        + (" ..." if len(steps) > 8 else ""),
        "no circle: here each waits for another one, so that none can ever start",
        "Take one of these out" + ("" if len(rows) < 2 else " (rows " + ", ".join(
            str(table.lines[r]) for r in rows[:8]) + ")") + ".")


def _together(table: _Table, one: str, other: str) -> None:
    if table.has(one) != table.has(other):
        raise LandReleaseError(PROBLEM_COLUMN_MISSING, file=table.name, found=", ".join(
            table.columns), column=other if table.has(one) else one)


def _can_do(o: _Table, n: int, activity: str, pools: Sequence[TeamPool],
            number: Mapping[str, int]) -> None:
    """Raises PLN-705 where a team cannot do the work, or a machine or dogs clear alone (S07)."""
    first, second = (o.text(n, f"{which}_team") for which in ("first", "second"))
    if activity not in ACTIVITIES or first not in number:
        return  # said elsewhere
    follow = pools[number[second]] if second in number else None
    if not can_do(ACTIVITIES.index(activity), pools[number[first]], follow):
        raise o.wrong(n, "first_team" if follow is None else "second_team", second or first,
                      f"teams that can do {activity}"
                      + (", by hand or, after a machine or dogs, in follow-up by hand"
                         if activity == ACTIVITIES[2] else ""),
                      "Name a team of that kind (teams.csv: kind and also).")


def _one_of(table: _Table, row: int, field: str, words: Sequence[str]) -> int:
    text = table.text(row, field)
    if text not in words:
        raise table.wrong(row, field, text, "one of " + ", ".join(words), "Choose one of them.")
    return words.index(text)


class _Settings:
    def __init__(self, table: _Table):
        self.table, self.row = table, _index(table.ids("name"))

    def text_of(self, name: str) -> str:
        if name not in self.row:
            raise self.table.wrong(len(self.table.rows), "name", "", name, f"Add a row {name}.")
        return self.table.text(self.row[name], "value")

    def number_of(self, name: str, usual: float | None = None) -> float:
        if name not in self.row and usual is not None:
            return usual
        self.text_of(name)
        return self.table.number(self.row[name], "value")

    def above_0(self, name: str) -> float:
        value = self.number_of(name)
        if value <= 0:
            raise self.table.wrong(self.row[name], "value", self.table.text(
                self.row[name], "value"), "a number above 0", "Enter the number, with a point.")
        return value


    def whole_of(self, name: str, *, high: int) -> int:
        self.text_of(name)
        return self.table.whole(self.row[name], "value", high=high)


def _settings(folder: Path) -> _Settings:
    """Raises PLN-705 for a name that is none: a weight that is misspelt would not count."""
    table = _Table(folder, "problem.csv", ("name", "value"))
    known = ["slot_days", "zones", "currency", *(f.name for f in dataclasses.fields(
        terms.Objective))]
    for n in range(len(table.rows)):
        if table.text(n, "name") not in known:
            raise table.wrong(n, "name", table.text(n, "name"), "one of " + ", ".join(known),
                              "Correct the name, or leave the row out.")
    return _Settings(table)


def _slots(folder: Path) -> tuple[int, tuple[tuple[date, ...], np.ndarray], np.ndarray | None]:
    table = _Table(folder, "slots.csv", ("slot", "first_day", "delay_days"))
    for n in range(len(table.rows)):
        if table.whole(n, "slot") != n:
            raise table.wrong(n, "slot", table.text(n, "slot"), str(n),
                              "Number the slots from 0, without a gap.")
    if len(table.rows) < 1:
        raise table.wrong(0, "slot", "", "at least the day on which the plan ends",
                          "Add a row for each slot, and one for the end.")
    days = tuple(cast(date, table.day(n, "first_day", needed=True))
                 for n in range(len(table.rows)))
    for n in range(1, len(days)):
        if days[n] <= days[n - 1]:
            raise table.wrong(n, "first_day", days[n], "a later day than in the row above",
                              "Correct the days: each slot begins after the one before it.")
    delay = table.numbers("delay_days")
    for n in np.flatnonzero(np.diff(delay) < 0)[:1].tolist():
        raise table.wrong(n + 1, "delay_days", table.text(n + 1, "delay_days"),
                          "not less than in the row above", "Correct the days.")
    missed = table.numbers("seasons_missed") if table.has("seasons_missed") else None
    return len(days) - 1, (days, delay), missed


def _tasks(folder: Path, hazards: Sequence[str]) -> tuple[Task, ...]:
    table = _Table(folder, "tasks.csv", ("id", "hazard", "area_m2", "longitude", "latitude",
                                         "ground_wkb"))
    known = _index(hazards)
    out = []
    for n, name in enumerate(table.ids()):
        try:
            ground = shapely.from_wkb(table.text(n, "ground_wkb"))
        except shapely.errors.ShapelyError:
            raise table.wrong(n, "ground_wkb", table.text(n, "ground_wkb")[:20],
                              "the ground of the task as WKB in hexadecimal digits",
                              "Write it with a GIS or with `plan problem`.") from None
        table.known(n, "hazard", known, "hazards.csv")
        out.append(Task(name, table.text(n, "hazard"), ground, table.number(n, "area_m2"),
                        *_place(table, n)))
    return tuple(out)


def _place(table: _Table, n: int) -> tuple[float, float]:
    return (table.number(n, "longitude", low=-180.0, high=180.0),
            table.number(n, "latitude", low=-90.0, high=90.0))


def _teams(folder: Path, horizon: int) -> tuple[tuple[TeamPool, ...], list[np.ndarray]]:
    table = _Table(folder, "teams.csv", (
        *(n for n in _TEAM if n not in ("also", "rest")), "teams_in_plan", "opens_slot",
        "closes_slot"))
    pools = []
    for n, name in enumerate(table.ids()):
        _one_of(table, n, "kind", get_args(TeamKind))
        pools.append(TeamPool(
            id=name, kind=cast(TeamKind, table.text(n, "kind")),
            organisation=table.text(n, "organisation"), base=table.text(n, "base"),
            longitude=_place(table, n)[0], latitude=_place(table, n)[1],
            teams=table.whole(n, "teams"),
            m2_per_day=table.number(n, "m2_per_day"),
            m2_per_day_low=table.number(n, "m2_per_day_low"),
            m2_per_day_high=table.number(n, "m2_per_day_high"),
            cost_per_day=table.number(n, "cost_per_day"),
            currency=table.text(n, "currency"), available_from=table.day(n, "available_from"),
            available_until=table.day(n, "available_until"), source=table.text(n, "source"),
            members=_listed(table, n, "members"), also=_listed(table, n, "also"),
            rest=_listed(table, n, "rest")))
    return tuple(pools), [table.wholes("teams_in_plan", high=MOST_UNITS),
                          table.wholes("opens_slot", high=horizon),
                          table.wholes("closes_slot", high=horizon)]


def _listed(table: _Table, n: int, column: str) -> tuple[str, ...]:
    found = tuple(parted(table.text(n, column))) if table.has(column) else ()
    for part in found if column != "members" else ():
        expected = "kinds of work with their m² a day, as manual=120" if column == "also" else (
            "days of every year as 12-20/01-10, or of one as 2027-07-01/2027-07-14")
        if not (_is_other_work if column == "also" else _is_span)(part):
            raise table.wrong(n, column, part, expected, "Correct it, or leave the cell empty.")
    return found


def _is_other_work(text: str) -> bool:
    kind, _, rate = text.partition("=")
    try:
        return kind in get_args(TeamKind) and 0 < float(rate) < math.inf
    except ValueError:
        return False


def _is_span(text: str) -> bool:
    first, _, last = text.partition("/")
    try:
        for end in (first, last):
            date.fromisoformat(end if len(end) > 5 else f"2028-{end}")
    except ValueError:
        return False
    return len(first) == len(last)


def _there(folder: Path, name: str) -> bool:
    return (folder / name).exists()


def _access(folder: Path, s: _Table, number: Mapping[str, int], settings: _Settings
            ) -> Access | None:
    if not _there(folder, "gates.csv"):
        return None
    zones = settings.whole_of("zones", high=10_000_000)
    if not s.has("zone"):
        raise LandReleaseError(PROBLEM_COLUMN_MISSING, file=s.name, column="zone",
                               found=", ".join(s.columns))
    g = _Table(folder, "gates.csv", ("id", "from_zone", "to_zone", "stages"))
    c = _Table(folder, "communities.csv", ("id", "people", "weight", "zone", "stages"))
    gates = _lists(g, number)
    own = _lists(c, number)
    roads: dict[str, Any] = {}
    if _there(folder, "shut_roads.csv"):
        r = _Table(folder, "shut_roads.csv", ("id", "from_zone", "to_zone"))
        roads = {"shut_ids": tuple(r.text(n, "id") for n in range(len(r.rows))),
                 "shut_zones": np.column_stack([r.wholes(name, high=zones - 1)
                                                for name in ("from_zone", "to_zone")])}
    return Access(
        zone=s.wholes("zone", high=zones - 1), zones=zones, gate_ids=g.ids(),
        gate_from=g.wholes("from_zone", high=zones - 1),
        gate_to=g.wholes("to_zone", high=zones - 1), gate_start=gates[0], gate_stage=gates[1],
        community_ids=c.ids(), community_people=c.numbers("people", empty=math.nan),
        community_weight=c.numbers("weight"), community_zone=c.wholes("zone", high=zones - 1),
        community_start=own[0], community_stage=own[1],
        community_held=c.wholes("held", high=1).astype(bool) if c.has("held") else None,
        **roads)


def _lists(table: _Table, number: Mapping[str, int]) -> tuple[np.ndarray, np.ndarray]:
    found = table.column(lambda n: table.several(n, "stages", number, "stages.csv"))
    return (np.cumsum([0] + [len(own) for own in found]).astype(np.int32),
            np.array([i for own in found for i in own], dtype=np.int32))


def _conditions(folder: Path, s: _Table, o: _Table, number: Mapping[str, int],
                option_start: np.ndarray, settings: _Settings, horizon: int,
                missed: np.ndarray | None, before: Sequence[int]) -> terms.Conditions:
    calendars = equipment = windows = outcomes = promises = None
    if _there(folder, "calendars.csv"):
        t = _Table(folder, "calendars.csv", ("id", "closed_slots"))
        ids = t.ids()
        is_open = np.array([~t.slots(n, "closed_slots", horizon) for n in range(len(ids))],
                           dtype=bool).reshape(len(ids), horizon)
        if not ids or not is_open[0].all():
            raise t.wrong(0, "closed_slots", t.text(0, "closed_slots") if ids else "",
                          "an empty cell: the first calendar is always open",
                          "Put a calendar without closed slots first.")
        first, second = (o.refers(f"{w}_calendar", _index(ids), "calendars.csv")
                         for w in _needs(o, "{}_calendar"))
        calendars = terms.Calendars(ids, is_open, first, second)
    if o.has("first_from_slot"):
        _needs(o, "{}_from_slot", "{}_until_slot")
        windows = terms.Windows(*(
            o.wholes(f"{which}_{end}_slot", empty=0 if end == "from" else horizon)
            for which in ("first", "second") for end in ("from", "until")))
    if _there(folder, "equipment.csv"):
        t = _Table(folder, "equipment.csv", ("id", "units"))
        ids = t.ids()
        units = t.wholes("units", high=MOST_UNITS)
        first, second = (o.refers(f"{w}_equipment", _index(ids), "equipment.csv", none=True)
                         for w in _needs(o, "{}_equipment"))
        equipment = terms.Equipment(ids, units, first, second)
    money = _money(folder, s, settings, horizon)
    if s.has("needed", "spread"):
        outcomes = terms.Outcomes(s.numbers("needed", high=1.0), s.numbers("spread"))
    if s.has("promised_finish", "promised_option", "late_price", "change_price"):
        counts = np.diff(option_start)
        option = np.array(s.column(lambda n: -1 if s.text(n, "promised_option") == "" else
                                   int(option_start[n]) + s.whole(
                                       n, "promised_option", high=int(counts[n]) - 1)), np.int32)
        promises = terms.Promises(
            s.wholes("promised_finish", high=horizon, empty=-1), option,
            s.numbers("late_price"), s.numbers("change_price"))
    return terms.Conditions(
        calendars=calendars, windows=windows, equipment=equipment, money=money,
        projects=_read_projects(folder, number, money, horizon),
        decisions=_read_decisions(folder, o, number, horizon, before), promises=promises,
        outcomes=outcomes, seasons_missed=missed,
        season_weight=s.numbers("season_weight") if s.has("season_weight") else None)


def _needs(o: _Table, *headings: str) -> tuple[str, str]:
    for which in ("first", "second"):
        for heading in headings:
            if not o.has(heading.format(which)):
                raise LandReleaseError(PROBLEM_COLUMN_MISSING, file=o.name,
                                       column=heading.format(which), found=", ".join(o.columns))
    return ("first", "second")


def _money(folder: Path, s: _Table, settings: _Settings, horizon: int) -> terms.Money | None:
    if not _there(folder, "money.csv"):
        return None
    t = _Table(folder, "money.csv", ("fund", "from_slot", "arrived"))
    funds = tuple(dict.fromkeys(t.column(lambda n: t.text(n, "fund"))))
    arrived = np.zeros((len(funds), horizon))
    latest: dict[int, int] = {}  # slot of the row before, of each fund
    known = _index(funds)
    for n in range(len(t.rows)):
        f, slot = known[t.text(n, "fund")], t.whole(n, "from_slot", high=max(0, horizon - 1))
        value = t.number(n, "arrived", high=MONEY_MOST)
        if slot <= latest.get(f, -1):
            raise t.wrong(n, "from_slot", slot, f"more than {latest[f]}, which the rows above hold "
                          "already", "Sort by slot, and give each slot of a fund one row.")
        latest[f] = slot
        if slot and value < arrived[f, slot - 1]:
            raise t.wrong(n, "arrived", value, f"{arrived[f, slot - 1]!r} or more: all that has "
                          "arrived by then", "Sort by slot, and enter what has arrived in all.")
        arrived[f, slot:] = value
    if not s.has("fund"):
        raise LandReleaseError(PROBLEM_COLUMN_MISSING, file=s.name, column="fund",
                               found=", ".join(s.columns))
    lines, may_pay, until = funds, None, None
    if _there(folder, "funds.csv"):
        t = _Table(folder, "funds.csv", ("id",))
        t.ids()
        order = [t.known(n, "id", known, "money.csv") for n in range(len(t.rows))]
        if t.has("until_slot"):
            until = np.full(len(funds), horizon, np.int32)
            until[order] = t.wholes("until_slot", high=horizon, empty=horizon)
        if t.has("pays_for"):
            lines = _Table(folder, "budget_lines.csv", ("id",)).ids()
            number = _index(lines)
            may_pay = np.zeros((len(lines), len(funds)), dtype=bool)
            for n, f in enumerate(order):
                may_pay[t.several(n, "pays_for", number, "budget_lines.csv"), f] = True
    later: dict[str, np.ndarray] = {}
    if _there(folder, "money_later.csv"):
        t = _Table(folder, "money_later.csv", ("fund", "day", "amount"))
        rows = range(len(t.rows))
        later = {
            "later_fund": np.array([t.known(n, "fund", known, "money.csv") for n in rows],
                                   np.int32),
            "later_day": np.array([cast(date, t.day(n, "day", needed=True)).toordinal()
                                   for n in rows], np.int32),
            "later": np.array([t.number(n, "amount") for n in rows], dtype=np.float64)}
    where = "money.csv" if may_pay is None else "budget_lines.csv"
    return terms.Money(funds, settings.text_of("currency"), arrived,
                       s.refers("fund", _index(lines), where, none=True),
                       () if may_pay is None else lines, may_pay, until, **later)


def _read_projects(folder: Path, number: Mapping[str, int], money: terms.Money | None,
                   horizon: int) -> terms.Projects | None:
    if not _there(folder, "projects.csv"):
        return None
    t = _Table(folder, "projects.csv", ("id", "stages", "slots", "cost", "fund", "earliest_slot",
                                        "people", "weight"))
    ids = t.ids()
    start, stage = _lists(t, number)
    after = may_start = asked = None
    if t.has("after"):
        pairs = [(a, w) for w in range(len(ids)) for a in t.several(
            w, "after", _index(ids), "projects.csv")]
        _no_circle(t, ids, [(w, a, w) for a, w in pairs])
        after = np.array(pairs, np.int32).reshape(-1, 2)
    if t.has("may_start_slots"):
        may_start = np.array([t.slots(w, "may_start_slots", horizon) for w in range(len(ids))],
                             dtype=bool).reshape(len(ids), horizon)
    if t.has("asked_earliest_slot"):
        asked = t.wholes("asked_earliest_slot")
    funds = _index(() if money is None else money.lines)
    return terms.Projects(
        ids, start, stage, t.wholes("slots"), t.numbers("cost", high=MONEY_MOST),
        t.refers("fund", funds, "money.csv", none=True), t.wholes("earliest_slot"),
        t.numbers("people", empty=math.nan), t.numbers("weight"), after, may_start, asked)


def _read_decisions(folder: Path, o: _Table, number: Mapping[str, int], horizon: int,
                    before: Sequence[int]) -> terms.Decisions | None:
    if not _there(folder, "decisions.csv"):
        return None
    t = _Table(folder, "decisions.csv", ("stage", "earliest_slot", "latest_slot", "after"))
    earliest = np.zeros(len(number), np.int32)
    latest = np.full(len(number), horizon, np.int32)
    ordered = np.zeros(len(number), bool) if t.has("ordered") else None
    pairs, said = [], []
    seen: dict[int, int] = {}
    for n in range(len(t.rows)):
        stage = t.known(n, "stage", number, "stages.csv")
        if t.text(n, "after") != "":
            pairs.append((t.known(n, "after", number, "stages.csv"), stage))
            said.append((stage, pairs[-1][0], n))
            continue
        if stage in seen:
            raise t.wrong(n, "stage", t.text(n, "stage"), f"another stage than in row "
                          f"{t.lines[seen[stage]]}", "Give each stage one row of days.")
        seen[stage] = n
        earliest[stage] = t.whole(n, "earliest_slot", high=horizon, empty=0)
        latest[stage] = t.whole(n, "latest_slot", high=horizon, empty=horizon)
        if ordered is not None:
            ordered[stage] = bool(_one_of(t, n, "ordered", ("no", "yes")))
    _no_circle(t, list(number), said, before)
    if o.has("allowed"):
        allowed = np.array(o.column(lambda n: _one_of(o, n, "allowed", ("no", "yes"))), bool)
    else:
        allowed = np.ones(len(o.rows), bool)
    return terms.Decisions(earliest, latest, allowed, np.array(pairs, np.int32).reshape(-1, 2),
                           ordered)


FILES = ("problem.csv", "slots.csv", "hazards.csv", "tasks.csv", "teams.csv", "stages.csv",
         "options.csv", "calendars.csv", "equipment.csv", "money.csv", "money_later.csv",
         "funds.csv", "budget_lines.csv", "projects.csv", "decisions.csv", "gates.csv",
         "shut_roads.csv", "communities.csv")
