"""Plans and forecasts as files, so that each step can be run apart: saved whole, loaded whole.

A plan is a folder: `plan.json` for people and programs, `problem.npz` with the arrays of the
problem. Nothing in them is executed when they are read.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import math
import os
import zipfile
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from landrelease.core import conditions as terms
from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.outlook import Driver, Outlook, TrackRecord, TrackRow
from landrelease.core.recorded import NOTHING_READ, Note, Recorded
from landrelease.core.work import ACTIVITIES, Access, Plan, Problem, Schedule, Task, TeamPool
from landrelease.errors import OUT_NOT_WRITABLE, PLAN_FILE_UNREADABLE, LandReleaseError

FORMAT = 4
_NEXT = "problem.next.npz"  # of a plan that is just being put in the place of another
_ARRAYS = (
    "activity", "predecessor", "hazard", "task", "weight", "work_m2", "released_m2",
    "option_start", "first_pool", "first_slots", "second_pool", "second_slots", "option_cost",
    "pool_teams", "pool_opens", "pool_closes", "delay_days",
)
_ACCESS_ARRAYS = (
    "zone", "gate_from", "gate_to", "gate_start", "gate_stage", "community_people",
    "community_weight", "community_zone", "community_start", "community_stage",
)


_PARTS = {
    "calendars": terms.Calendars, "windows": terms.Windows, "equipment": terms.Equipment,
    "money": terms.Money, "projects": terms.Projects, "decisions": terms.Decisions,
    "promises": terms.Promises, "outcomes": terms.Outcomes,
}


@dataclasses.dataclass(frozen=True, slots=True)
class PlanFile:
    """A plan with what it rests on: the chain head, the assumptions and the weights."""

    plan: Plan
    assumptions: Assumptions
    chain_head: str
    start: date
    weights: Mapping[str, float]
    synthetic: bool = False  # of a synthetic programme (S19)
    recorded: Recorded = NOTHING_READ  # which records bind the plan, and what was left out
    from_tables: bool = False  # its problem was read from tables: no registry was compared with it
    quarantine_last: int = 0  # the highest number of a row in quarantine that it can have counted


def write_atomically(path: Path, content: bytes) -> None:
    """Beside, then renamed: a reader sees the old file or the new one, never half of one."""
    write_parts(path, [content])


def write_parts(path: Path, parts: Iterable[bytes]) -> None:
    """The same part by part, so that a long file is never in memory as a whole."""
    if not path.name or path.is_dir():
        raise LandReleaseError(OUT_NOT_WRITABLE, path=path, found="it is a folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            file.writelines(parts)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def save_plan(folder: Path, saved: PlanFile) -> None:
    """Write `plan.json` and `problem.npz` into the folder."""
    plan, problem = saved.plan, saved.plan.problem
    arrays = {name: getattr(problem, name) for name in _ARRAYS}
    arrays["priority"] = plan.priority
    for field in dataclasses.fields(Schedule):
        if getattr(plan.schedule, field.name) is not None:
            arrays[f"schedule_{field.name}"] = getattr(plan.schedule, field.name)
    conditions = _conditions_out(problem.conditions, arrays)
    if problem.benefits is not None:
        arrays |= {"benefits_people": problem.benefits.people,
                   "benefits_hectares": problem.benefits.hectares}
        if problem.benefits.growing is not None:
            arrays["benefits_growing"] = problem.benefits.growing
    access = problem.access
    if access is not None:
        arrays |= {f"access_{name}": getattr(access, name) for name in _ACCESS_ARRAYS}
        if access.community_held is not None:
            arrays["access_community_held"] = access.community_held
        if access.shut_zones is not None:
            arrays["access_shut_zones"] = access.shut_zones
    wkb = [shapely.to_wkb(task.ground, byte_order=1) for task in problem.tasks]
    arrays["task_wkb"] = np.frombuffer(b"".join(wkb), dtype=np.uint8)
    arrays["task_wkb_sizes"] = np.array([len(w) for w in wkb], dtype=np.int64)
    packed = io.BytesIO()
    np.savez_compressed(packed, **arrays)
    content = packed.getvalue()
    # Whoever ends this between the two files leaves a plan that can be read: the one before, or,
    # beside its arrays, this one.
    arrays_at = folder / ("problem.npz" if not (folder / "plan.json").exists() else _NEXT)
    write_atomically(arrays_at, content)
    document = {
        "format": FORMAT, "synthetic": saved.synthetic,
        "chain_head": saved.chain_head, "from_tables": saved.from_tables,
        "quarantine_last": saved.quarantine_last,
        "start": saved.start.isoformat(),
        "problem_sha256": hashlib.sha256(content).hexdigest(),
        "weights": dict(saved.weights),
        "score": plan.score, "bound": plan.bound, "floor": plan.floor, "rules": plan.rules,
        "gap": plan.gap, "room_closed": plan.room_closed,
        "seed": plan.seed, "iterations": plan.iterations, "interrupted": plan.interrupted,
        "slot_days": problem.slot_days,
        "slot_starts": [d.isoformat() for d in problem.slot_starts],
        "hazard_ids": list(problem.hazard_ids), "stage_ids": list(problem.stage_ids),
        "option_mode": list(problem.option_mode),
        "pools": [_plain(p) for p in problem.pools],
        "access": None if access is None else {
            "zones": access.zones, "gate_ids": list(access.gate_ids),
            "community_ids": list(access.community_ids), "shut_ids": list(access.shut_ids)},
        "conditions": conditions, "objective": _plain(problem.objective),
        "recorded": recorded_rows(saved.recorded),
        "tasks": [{k: v for k, v in _plain(t).items() if k != "ground"} for t in problem.tasks],
        "assumptions": [_plain(a) for a in saved.assumptions],
    }
    write_atomically(folder / "plan.json", dump(document))
    if arrays_at.name == _NEXT:
        os.replace(arrays_at, folder / "problem.npz")


def load_plan(path: Path) -> PlanFile:
    """Read a plan's folder (or the `plan.json` in it), with the better bound that it may keep.

    Raises
    ------
    LandReleaseError
        PLN-101: the files are not there, are cut off, do not belong together or are of another
        format.
    """
    from landrelease.store.bounds import with_kept_bound

    folder = path.parent if path.name == "plan.json" else path
    try:
        document = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
        if not isinstance(document, dict):
            raise ValueError("plan.json holds no plan")
        if document["format"] != FORMAT:
            raise ValueError(f"format {document['format']}, expected {FORMAT}")
        content = (folder / "problem.npz").read_bytes()
        if hashlib.sha256(content).hexdigest() != document["problem_sha256"] and (
                folder / _NEXT).exists():
            content = (folder / _NEXT).read_bytes()
        if hashlib.sha256(content).hexdigest() != document["problem_sha256"]:
            raise ValueError("problem.npz is not the one that plan.json was written with")
        with np.load(io.BytesIO(content), allow_pickle=False) as loaded:
            arrays = {name: loaded[name] for name in loaded.files}
        ends = np.cumsum(arrays["task_wkb_sizes"])
        raw = arrays["task_wkb"].tobytes()
        grounds = [shapely.from_wkb(raw[end - size:end])
                   for end, size in zip(ends, arrays["task_wkb_sizes"], strict=True)]
        problem = Problem(
            stage_ids=tuple(document["stage_ids"]),
            **{name: arrays[name] for name in _ARRAYS},
            option_mode=tuple(document["option_mode"]),
            pools=tuple(
                TeamPool(**{**p, "available_from": _day(p["available_from"]),
                            "available_until": _day(p["available_until"]),
                            **{n: tuple(p.get(n, ())) for n in ("members", "also", "rest")}})
                for p in document["pools"]),
            slot_starts=tuple(date.fromisoformat(d) for d in document["slot_starts"]),
            slot_days=document["slot_days"],
            hazard_ids=tuple(document["hazard_ids"]),
            tasks=tuple(Task(**t, ground=g)
                        for t, g in zip(document["tasks"], grounds, strict=True)),
            access=None if document["access"] is None else Access(
                zones=document["access"]["zones"],
                gate_ids=tuple(document["access"]["gate_ids"]),
                community_ids=tuple(document["access"]["community_ids"]),
                community_held=arrays.get("access_community_held"),
                shut_ids=tuple(document["access"].get("shut_ids", ())),
                shut_zones=arrays.get("access_shut_zones"),
                **{name: arrays[f"access_{name}"] for name in _ACCESS_ARRAYS}),
            conditions=_conditions_in(document["conditions"], arrays),
            objective=terms.Objective(**document["objective"]),
            benefits=None if "benefits_people" not in arrays else terms.Benefits(
                arrays["benefits_people"], arrays["benefits_hectares"],
                arrays.get("benefits_growing")),
        )
        doubt = _incoherent(problem)
        if doubt:
            raise ValueError(doubt)
        schedule = Schedule(**{f.name: arrays[f"schedule_{f.name}"]
                               for f in dataclasses.fields(Schedule)
                               if f"schedule_{f.name}" in arrays})
        plan = Plan(problem, schedule, arrays["priority"], _number(document, "score"),
                    _number(document, "bound"), {name: _number(document["rules"], name)
                                                 for name in document["rules"]},
                    _number(document, "floor"), document["iterations"],
                    document["seed"], document["interrupted"])
        return PlanFile(
            with_kept_bound(plan, folder),
            Assumptions({a["name"]: Assumption(**a) for a in document["assumptions"]}),
            document["chain_head"], date.fromisoformat(document["start"]), document["weights"],
            document.get("synthetic", False) is not False,
            _recorded(document.get("recorded") or {}), document.get("from_tables", False) is True,
            int(document.get("quarantine_last") or 0))  # one of before: it counted none
    except (OSError, ValueError, LookupError, TypeError, AttributeError, zipfile.BadZipFile,
            shapely.errors.GEOSException) as error:
        raise LandReleaseError(PLAN_FILE_UNREADABLE, path=str(path), found=_said(error)) from error


def _number(document: Mapping[str, Any], name: str) -> float:
    value = document[name]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{name} is {value!r}, expected a number")
    return float(value)


def _said(error: Exception) -> str:
    """What is wrong with a file, for people: a missing name or file by its name."""
    if isinstance(error, KeyError):
        return f"{error.args[0]} is missing"
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def _incoherent(problem: Problem) -> str:
    """What does not fit together in a problem that was read; empty where all does."""
    stages, options = len(problem.stage_ids), len(problem.option_mode)
    for names, count, what in (
            (("activity", "predecessor", "hazard", "task", "weight", "work_m2", "released_m2"),
             stages, "stages"),
            (("first_pool", "first_slots", "second_pool", "second_slots", "option_cost"), options,
             "options"),
            (("pool_teams", "pool_opens", "pool_closes"), len(problem.pools), "pools"),
            (("option_start",), stages + 1, "ends of options"),
            (("delay_days",), len(problem.slot_starts), "days")):
        for name in names:
            if getattr(problem, name).shape != (count,):
                return f"{count} {what}, but {name} has {getattr(problem, name).size} values"
    if options != int(problem.option_start[-1]) or (np.diff(problem.option_start) < 0).any():
        return f"{options} options, but the stages have {int(problem.option_start[-1])}"
    for name, least, most, what in (
            ("hazard", 0, len(problem.hazard_ids), "hazards"),
            ("task", -1, len(problem.tasks), "tasks"), ("predecessor", -1, stages, "stages"),
            ("activity", 0, len(ACTIVITIES), "activities"),
            ("first_pool", 0, len(problem.pools), "pools"),
            ("second_pool", -1, len(problem.pools), "pools")):
        values = getattr(problem, name)
        if len(values) and not (values.min() >= least and values.max() < most):
            return f"{most} {what}, but {name} names others"
    return ""


def recorded_rows(found: Recorded) -> dict[str, Any]:
    """What a plan read of the records, for JSON."""
    return {"kinds": {kind: {"records": there, "used": used}
                      for kind, (there, used) in found.counts.items()},
            "notes": [_plain(note) for note in found.notes]}


def _recorded(document: Mapping[str, Any]) -> Recorded:
    return Recorded({kind: (int(row["records"]), int(row["used"]))
                     for kind, row in document.get("kinds", {}).items()},
                    tuple(Note(**note) for note in document.get("notes", ())))


def _conditions_out(conditions: terms.Conditions, arrays: dict[str, np.ndarray]
                    ) -> dict[str, Any]:
    """Lay the arrays of the conditions into `arrays`; returns what is no array."""
    document: dict[str, Any] = {}
    for name in ("seasons_missed", "season_weight"):
        if getattr(conditions, name) is not None:
            arrays[f"conditions_{name}"] = getattr(conditions, name)
    for name in _PARTS:
        part = getattr(conditions, name)
        if part is None:
            continue
        document[name] = {}
        for field in dataclasses.fields(part):
            value = getattr(part, field.name)
            if isinstance(value, np.ndarray):
                arrays[f"{name}_{field.name}"] = value
            else:
                document[name][field.name] = list(value) if isinstance(value, tuple) else value
    return document


def _conditions_in(document: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
                   ) -> terms.Conditions:
    parts: dict[str, Any] = {}
    for name, of in _PARTS.items():
        if name in document:
            plain = {key: tuple(value) if isinstance(value, list) else value
                     for key, value in document[name].items()}
            parts[name] = of(**plain, **{
                f.name: arrays[f"{name}_{f.name}"] for f in dataclasses.fields(of)
                if f.name not in plain and f"{name}_{f.name}" in arrays})
    for name in ("seasons_missed", "season_weight"):
        parts[name] = arrays.get(f"conditions_{name}")
    return terms.Conditions(**parts)


def plan_rows(plan: Plan, held: Mapping[int, str] | None = None) -> list[dict[str, Any]]:
    """One row a stage, in order of its start: the table `plan.csv`. Dates are calendar dates.

    held : stage -> what keeps it from being done, in words, of stages without a date
    """
    problem, schedule = plan.problem, plan.schedule
    order = np.lexsort((np.arange(len(problem.stage_ids)), schedule.start,
                        schedule.start < 0))
    rows = []
    for stage in order.tolist():
        option = int(schedule.option[stage])
        planned = option >= 0
        second = planned and int(problem.second_pool[option]) >= 0
        task = int(problem.task[stage])
        rows.append({
            "stage": problem.stage_ids[stage],
            "hazard": problem.hazard_ids[int(problem.hazard[stage])],
            "task": problem.tasks[task].id if task >= 0 else "",
            "activity": ACTIVITIES[int(problem.activity[stage])],
            "method": problem.option_mode[option] if planned else "",
            "start": _slot(problem, schedule.start[stage]),
            "finish": _slot_end(problem, schedule.finish[stage]),
            "teams": " then ".join(
                f"{problem.pools[int(pool)].id} {int(team) + 1}" for pool, team in
                [(problem.first_pool[option], schedule.team[stage])]
                + ([(problem.second_pool[option], schedule.second_team[stage])] if second else [])
            ) if planned else "",
            "work_m2": round(float(problem.work_m2[stage]), 1),
            "expected_released_m2": round(float(problem.released_m2[stage]), 1),
            "expected_cost": round(float(problem.option_cost[option]), 2) if planned else "",
            "state": "planned" if planned else "not within the horizon",
            "held_by": "" if planned or held is None else held.get(stage, ""),
        })
    return rows


def _slot(problem: Problem, slot) -> str:
    return problem.slot_starts[int(slot)].isoformat() if slot >= 0 else ""


def _slot_end(problem: Problem, slot) -> str:
    """Calendar date on which a stage that finishes at `slot` is over."""
    if slot < 0:
        return ""
    days = float(problem.delay_days[int(slot)])
    return date.fromordinal(problem.slot_starts[0].toordinal() + round(days)).isoformat()


def save_outlook(
    path: Path, outlook: Outlook, chain_head: str, *, synthetic: bool = False
) -> None:
    """Write `forecast.json`: distributions, curves, drivers; `null` where a run did not finish.

    synthetic : whether it is of a synthetic programme; the file says so (S19).
    """
    write_atomically(path, dump({
        "format": FORMAT, "synthetic": synthetic, "chain_head": chain_head, **_plain(outlook),
        "finish_day": np.round(outlook.finish_day, 2),
        **{name: None if days is None else np.round(days, 1) for name, days in (
            ("community_day", outlook.community_day), ("work_day", outlook.work_day),
            ("area_day", outlook.area_day), ("group_day", outlook.group_day))},
        "track": None if outlook.track is None else dataclasses.asdict(outlook.track),
    }))


def load_outlook(path: Path) -> tuple[Outlook, str]:
    """Read a forecast and the chain head that it rests on.

    Raises
    ------
    LandReleaseError
        PLN-101: not a forecast, cut off or of another format.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document.pop("format") != FORMAT:
            raise ValueError(f"expected format {FORMAT}")
        head = document.pop("chain_head")
        document.pop("synthetic", None)
        arrays = {f.name for f in dataclasses.fields(Outlook) if "ndarray" in str(f.type)}
        fields: dict[str, Any] = {
            name: np.array(value) if name in arrays and value is not None else value
            for name, value in document.items()
        }
        for name in ("finish_day", "community_day", "work_day", "area_day", "group_day"):
            if fields.get(name) is not None:  # null: not within the horizon
                days = np.array(fields[name], dtype=np.float64)
                fields[name] = np.where(np.isnan(days), np.inf, days)
        for name in ("community_ids", "area_ids", "groups"):
            fields[name] = tuple(fields.get(name, ()))
        fields["start"] = date.fromisoformat(document["start"])
        fields["drivers"] = tuple(Driver(**d) for d in document["drivers"])
        track = document.get("track")
        fields["track"] = None if track is None else TrackRecord(
            int(track["months"]), tuple(TrackRow(**r) for r in track["rows"]),
            tuple(track["notes"]))
        return Outlook(**fields), head
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LandReleaseError(PLAN_FILE_UNREADABLE, path=str(path), found=str(error)) from error


def dump(document: Any) -> bytes:
    """JSON for people: keys in the order given, two spaces, UTF-8; NaN and infinity as null."""
    import orjson

    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY
                        | orjson.OPT_APPEND_NEWLINE)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _plain(value: Any) -> dict[str, Any]:
    """A dataclass as a dictionary of JSON values; geometry is left out by the caller."""
    out = {}
    for field in dataclasses.fields(value):
        item = getattr(value, field.name)
        if isinstance(item, date):
            item = item.isoformat()
        elif isinstance(item, np.ndarray):
            item = item.tolist()
        elif isinstance(item, tuple) and item and dataclasses.is_dataclass(item[0]):
            item = [_plain(i) for i in item]
        out[field.name] = item
    return out
