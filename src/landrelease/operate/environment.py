"""The environmental record: what the work did to soil, water and plants, and what was restored.

Source: IMAS 07.13 (environmental management in mine action); the time for restoration is a setting
of the programme (S13).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from landrelease.core.moment import day_of, number_of
from landrelease.core.record import NOT_REPORTED, Record

State = Literal["restored", "due", "overdue", "fact"]
# What is a trace of the work, to be put right; the other types are facts about the place.
TRACES = ("demolition_place", "soil_disturbed", "topsoil_stored", "vegetation_removed",
          "contamination_by_explosives")


@dataclass(frozen=True, slots=True)
class Trace:
    """One record of the environment as it stands. `missing`: what the record still lacks;
    `doubts`: what of it contradicts itself."""

    record: str
    type: str
    task: str
    observed_on: date | None
    due_on: date | None
    state: State
    days_over: int
    missing: tuple[str, ...]
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EnvironmentOverview:
    """`without_place`: activities in which items were destroyed without a demolition place on
    record; `disturbed_m2`: ground that is not restored, as far as reported."""

    traces: tuple[Trace, ...]
    without_place: tuple[str, ...]
    disturbed_m2: float
    demolitions: int


def environment_overview(records: Iterable[Record], items: Iterable[Record], day: date, *,
                         restore_days: float) -> EnvironmentOverview:
    """The environmental record on a day: overdue first, then due, restored, facts.

    A trace is to be restored by its `restore_by`, else `restore_days` after it was observed. Where
    neither day is on record it counts as overdue: nobody said that there is time (S12). What says
    that it was restored and contradicts itself is not restored.
    """
    known = list(records)
    found = []
    for r in known:
        kind = str(r.value("environment_type"))
        observed = day_of(r.values.get("observed_on")) or r.valid_from
        restored = day_of(r.values.get("restored_on"))
        due = day_of(r.values.get("restore_by"))
        if due is None and observed is not None:
            due = observed + timedelta(days=round(restore_days))
        state: State
        trace = kind in (*TRACES, NOT_REPORTED)
        doubts = _doubts(r, restored) if trace or kind == "restored" else ()
        if not trace and not doubts:
            state = "fact"
        elif not doubts and (
                restored <= day if restored is not None else r.value("restored") == "yes"):
            state = "restored"
        else:
            state = "overdue" if due is None or due < day else "due"
        found.append(Trace(
            r.id, kind, str(r.values.get("task") or ""), observed, due, state,
            (day - due).days if state == "overdue" and due else 0, _missing(r, kind, state),
            doubts))
    order = ("overdue", "due", "restored", "fact")
    open_ones = {t.record for t in found if t.state in ("overdue", "due")}
    return EnvironmentOverview(
        tuple(sorted(found, key=lambda t: (order.index(t.state), t.due_on or date.min, t.record))),
        _without_place(known, items),
        sum(number_of(r.values.get("disturbed_m2")) or 0.0 for r in known if r.id in open_ones),
        sum(int(number_of(r.values.get("demolitions")) or 0) for r in known))


def _doubts(r: Record, restored: date | None) -> tuple[str, ...]:
    observed = day_of(r.values.get("observed_on"))
    out = []
    if restored is not None and observed is not None and restored < observed:
        out.append(f"it is said to be restored on {restored}, before it was observed on {observed}")
    if r.value("environment_type") == "restored" and r.value("restored") == "no":
        out.append("its type says that it was restored, and the record that it was not")
    elif restored is not None and r.value("restored") == "no":
        out.append(f"it is said to be restored on {restored}, and not to be restored")
    return tuple(out)


def _missing(r: Record, kind: str, state: State) -> tuple[str, ...]:
    out = []
    if kind == NOT_REPORTED:
        out.append("environment_type")
    if r.geometry is None or r.geometry.is_empty:
        out.append("place")
    if day_of(r.values.get("observed_on")) is None and r.valid_from is None:
        out.append("observed_on")
    if kind in ("demolition_place", "contamination_by_explosives"):
        if r.value("soil_sampled") == NOT_REPORTED:
            out.append("soil_sampled")
        elif r.value("soil_sampled") == "yes" and not r.values.get("soil_result"):
            out.append("soil_result")
    if kind == "demolition_place" and number_of(r.values.get("demolitions")) is None:
        out.append("demolitions")
    if kind in ("soil_disturbed", "vegetation_removed") and number_of(
            r.values.get("disturbed_m2")) is None:
        out.append("disturbed_m2")
    if state == "restored" and not r.values.get("measure"):
        out.append("measure")
    return tuple(out)


def _without_place(records: Iterable[Record], items: Iterable[Record]) -> tuple[str, ...]:
    places = {str(r.values.get("activity")) for r in records
              if r.value("environment_type") == "demolition_place" and r.values.get("activity")}
    destroyed = {str(i.values["activity"]) for i in items
                 if i.value("disposal") == "destroyed" and i.values.get("activity")}
    return tuple(sorted(destroyed - places))
