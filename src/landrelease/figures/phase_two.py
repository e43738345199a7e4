"""Works of phase two: their state by the land that is handed over, when they can start and end,
and the land and people that came back, planned against actual."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal

from landrelease.core.geometry import geodesic_length_m
from landrelease.core.kind import DECLINED, NOT_REPORTED
from landrelease.core.ledger import Figure
from landrelease.core.links import Links
from landrelease.core.plurals import counted
from landrelease.core.record import Record
from landrelease.figures.metric import Metric, share
from landrelease.figures.runway import Money, uncovered

WorkState = Literal["done", "cancelled", "under_way", "unlocked", "blocked"]
STATES: tuple[WorkState, ...] = ("done", "under_way", "unlocked", "blocked", "cancelled")
LAST = date.max
LONGEST_YEARS = 60  # a season or a sum of money that has not come by then does not come


@dataclass(frozen=True, slots=True)
class Site:
    """The land of a work. `waits_for`: what keeps it locked, in words; `needs`: areas that are
    still to be handed over."""

    unlocked: bool
    since: date | None
    waits_for: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkOutlook:
    """One work. `land_on`: when its land is (or by the plan would be) handed over; None: not within
    the plan. `start`, `finish`: the earliest by land, order, season and money; None: not known or
    not within reach, and `why` says so. `held_by`: what decided the start. `value`: its cost in the
    programme's currency, None without a recorded rate."""

    id: str
    name: str
    kind: str
    state: WorkState
    waits_for: tuple[str, ...]
    needs: tuple[str, ...]
    land_on: date | None
    start: date | None
    finish: date | None
    held_by: str
    why: str
    planned_start: date | None
    late_days: int | None  # start less planned start
    cost: float | None
    currency: str
    value: float | None
    people: int | None
    settlement: str


# --- seasons -------------------------------------------------------------------------------------


def in_season(day: date, first: int, last: int) -> bool:
    """Whether a day lies in the months from `first` to `last`, both whole; over New Year too."""
    return first <= day.month <= last if first <= last else day.month >= first or day.month <= last


def season_end(day: date, first: int, last: int) -> date:
    """The day after the season in which a day lies."""
    year = day.year + (first > last and day.month >= first)
    return date(year + (last == 12), last % 12 + 1, 1)


def next_season(day: date, first: int) -> date:
    """The first day of a season that begins after a day."""
    return date(day.year + (day.month >= first), first, 1)


def within_season(earliest: date, days: int | None, first: int | None, last: int | None
                  ) -> tuple[date, date | None]:
    """The first possible start, and the day after the work.

    What fits into one season is done within one: a field that is sown late is sown next year. What
    is longer begins in its season and goes on in the next ones; days outside do not count. Without
    `days` only the start is known.
    """
    if first is None or last is None or (first - last) % 12 == 1:  # all year
        return earliest, None if days is None else earliest + timedelta(days=days)
    start = earliest if in_season(earliest, first, last) else next_season(earliest, first)
    if days is None:
        return start, None
    if start + timedelta(days=days) <= season_end(start, first, last):
        return start, start + timedelta(days=days)
    again = next_season(start, first)
    if again + timedelta(days=days) <= season_end(again, first, last):
        return again, again + timedelta(days=days)
    left, at = days, start
    while True:
        until = season_end(at, first, last)
        if at + timedelta(days=left) <= until:
            return start, at + timedelta(days=left)
        left -= (until - at).days
        at = next_season(at, first)


# --- works ---------------------------------------------------------------------------------------


def works_outlook(
    projects: Sequence[Record],
    sites: Mapping[str, Site],
    *,
    as_of: date,
    released_on: Mapping[str, date | None] | None,
    handover_days: int,
    money: Money | None,
    in_currency: Callable[[float, str], float | None],
    spent: Mapping[str, float],
    no_money: str = "",
) -> tuple[WorkOutlook, ...]:
    """Each work with its state and, for those to come, the earliest start and finish.

    released_on : area -> day on which the plan finishes it (None: not within it); None: no plan.
    handover_days : from then to its hand-over. money : of phase two; None: it binds nothing, and
    `no_money` says why where it was to bind.
    in_currency : a cost in the currency of the money, None without a rate. spent : id of a work ->
    what was already paid for it.

    A work starts, at the earliest, when all of its land is handed over, the works before it are
    finished, its season is open, and the money that has arrived covers what is still to be paid of
    it, and that of the works that got money before on their days. Money goes to works under way,
    then in the order of `sequence` (those without one last), then of the day on which they could
    start, then by id: a stated rule.
    Works that are done or under way on land that is not handed over come first.
    """
    links = Links(projects)
    rows: dict[str, WorkOutlook] = {}
    before: dict[str, list[str]] = {}
    for r in projects:
        row = _row(r, sites.get(r.id, Site(False, None, ("nothing is known of its land",))), as_of,
                   released_on, handover_days, in_currency)
        found, unknown = links.all_of(r.values.get("after_projects"))
        before[r.id] = [p.id for p in found if p.id != r.id]
        if unknown and row.state in ("unlocked", "blocked"):
            row = replace(row, why="; ".join(filter(None, (
                row.why, f"work {', '.join(unknown)}, which is not on record, comes before it"))))
        rows[r.id] = row
    of = {r.id: r for r in projects}
    bound = {as_of: sum(max(0.0, (row.value or 0.0) - spent.get(row.id, 0.0))
                        for row in rows.values() if row.state == "under_way")}  # money, by day
    done = {i for i, row in rows.items() if row.state in ("done", "cancelled", "under_way")}
    waiting = {i for i in rows if i not in done}
    while waiting:
        ready = [i for i in sorted(waiting) if all(b in done for b in before[i])]
        if not ready:
            for i in waiting:
                rows[i] = replace(rows[i], start=None, finish=None, held_by="order",
                                  why="it waits in a circle of works, each before the other")
            break

        def key(i: str) -> tuple[float, date, str]:
            order = of[i].values.get("sequence")
            return (float(order) if isinstance(order, (int, float)) else math.inf,
                    rows[i].land_on or LAST, i)

        i = min(ready, key=key)
        rows[i], took = _placed(rows[i], of[i], [rows[b] for b in before[i]], as_of, money,
                                bound, spent.get(i, 0.0), no_money)
        if took:
            day = rows[i].start or LAST
            bound[day] = bound.get(day, 0.0) + took
        done.add(i)
        waiting.discard(i)
    return tuple(sorted(rows.values(), key=lambda row: (not _on_locked_land(row), row.id)))


def _on_locked_land(row: WorkOutlook) -> bool:
    """People may be at work, or live, on its land, and it is not handed over (S11)."""
    return row.state in ("under_way", "done") and bool(row.waits_for)


def _row(r: Record, site: Site, as_of: date, released_on: Mapping[str, date | None] | None,
         handover_days: int, in_currency: Callable[[float, str], float | None]) -> WorkOutlook:
    said = str(r.value("project_status"))
    began, ended = _day(r, "started_on"), _day(r, "finished_on")
    state: WorkState
    if said == "cancelled":
        state = "cancelled"
    elif ended <= as_of if ended is not None else said == "completed":
        state = "done"
    elif _began(said, began, ended, as_of):
        state = "under_way"
    else:
        state = "unlocked" if site.unlocked else "blocked"
    land_on: date | None = site.since or as_of
    why = ""
    if state == "blocked":
        land_on, why = _land_day(site, released_on, handover_days, as_of)
    elif state in ("under_way", "done") and not site.unlocked:
        why = f"it {'is done' if state == 'done' else 'has begun'} on land that is not handed over"
        why += f": {'; '.join(site.waits_for)}" if site.waits_for else ""
    cost, unit = r.values.get("cost"), str(r.values.get("currency") or "").strip().upper()
    amount = float(cost) if isinstance(cost, (int, float)) else None
    people = r.values.get("beneficiaries")
    place = r.values.get("settlement")
    planned = _day(r, "planned_start")
    finish = ended if state == "done" else None
    days = _whole(r, "duration_days")
    if state == "under_way" and ended is not None:
        finish = ended
    elif state == "under_way" and began is not None and days is not None:
        finish = within_season(began, days, _whole(r, "season_first_month"),
                               _whole(r, "season_last_month"))[1]
        if finish is not None and finish < as_of:
            why = "; ".join(filter(None, (
                why, f"by its duration it would have ended on {finish.isoformat()}")))
            finish = as_of
    return WorkOutlook(
        r.id, str(r.values.get("name") or r.values.get("identifier") or r.id),
        str(r.value("project_type")), state, site.waits_for, site.needs,
        land_on if state in ("unlocked", "blocked") else site.since,
        began if state in ("done", "under_way") else None, finish, "", why, planned, None, amount,
        unit,
        in_currency(amount, unit) if amount is not None and unit else None,
        int(people) if isinstance(people, int) else None,
        str(place) if place not in (None, NOT_REPORTED, DECLINED) else "")


def _began(said: str, began: date | None, ended: date | None, as_of: date) -> bool:
    """Whether a work that is not done had begun by a day: by the day that is stated; the status
    counts only without one. One that is completed later and began on no known day counts as begun:
    people may be at work there."""
    if began is not None:
        return began <= as_of
    return said == "started" or (said == "completed" and ended is not None)


def _day(r: Record, name: str) -> date | None:
    value = r.values.get(name)
    return value if isinstance(value, date) else None


def _land_day(site: Site, released_on: Mapping[str, date | None] | None, handover_days: int,
              as_of: date) -> tuple[date | None, str]:
    if released_on is None:
        return None, "no plan was given: nobody knows when its land is handed over"
    if not site.needs:
        return None, "its land is not known to be handed over, and no area of the plan frees it"
    missing = [a for a in site.needs if released_on.get(a) is None]
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        return None, f"not within the plan: area {', '.join(missing[:3])}{more}"
    last = max(day for a in site.needs if (day := released_on[a]) is not None)
    return max(as_of, last + timedelta(days=handover_days)), ""


def _season_said(r: Record) -> str:
    """That the season of a work is not one: half of it is not reported, or it is all the year."""
    first, last = _whole(r, "season_first_month"), _whole(r, "season_last_month")
    if (first is None) != (last is None):
        return "of its season one month alone is reported: it counts as all the year"
    if first is not None and last is not None and (first - last) % 12 == 1 and first > 1:
        return f"its season, from month {first} to month {last}, is all the year"
    return ""


def _placed(row: WorkOutlook, r: Record, before: Sequence[WorkOutlook], as_of: date,
            money: Money | None, bound: Mapping[date, float], spent: float, no_money: str
            ) -> tuple[WorkOutlook, float]:
    """The work with its start and finish, and the money that it still takes."""
    if row.why or row.land_on is None:
        return row, 0.0
    day, held = max(row.land_on, as_of), "land"
    if row.state == "unlocked":
        held = "nothing: it can start"
    for other in before:
        if other.state == "cancelled":
            return replace(row, why=f"work {other.id}, which comes before it, is cancelled"), 0.0
        if other.state == "done":
            continue
        ends = other.finish
        if other.state == "under_way" and other.finish is None:
            return replace(row, held_by="order", why=f"work {other.id}, which comes before it, is "
                           "under way, and when it ends is not known"), 0.0
        if ends is None:
            return replace(row, held_by="order", why=f"when work {other.id}, which comes before "
                           "it, ends is not known"), 0.0
        if ends > day:
            day, held = ends, f"order: after {other.id}"
    if row.planned_start is not None and row.planned_start > day:
        day, held = row.planned_start, "its planned start"
    days, first, last = (_whole(r, n) for n in (
        "duration_days", "season_first_month", "season_last_month"))
    start, finish = within_season(day, days, first, last)
    if start > day:
        held = "season"
    took, why = 0.0, no_money
    if money is not None and row.value is not None:
        took = max(0.0, row.value - spent)
        paid = _affordable(money, bound, took, start,
                           lambda on: within_season(on, days, first, last)[0])
        if took > 0 and money.apart and (paid is not None or LAST in bound):
            return replace(row, held_by="money", why="whether money is left for it cannot be told: "
                           + money.untold), took
        if paid is None:
            return replace(row, held_by="money", why="the money on record does not cover it and "
                           "the works before it"), took
        if paid > start:
            start, finish = within_season(paid, days, first, last)
            held = "money"
    elif money is not None:
        why = ("its cost is not reported" if row.cost is None else
               f"its cost in {row.currency or 'no currency'} has no recorded rate"
               ) + ": money does not bind it"
    why = "; ".join(filter(None, (
        why, _season_said(r), "how long it takes is not reported" if days is None else "")))
    late = (start - row.planned_start).days if row.planned_start is not None else None
    return replace(row, start=start, finish=finish, held_by=held, why=why, late_days=late), took


def _affordable(money: Money, bound: Mapping[date, float], amount: float, earliest: date,
                start_of: Callable[[date], date]) -> date | None:
    """The first day from `earliest` from which on a work can be paid, at its start, and those that
    got money before still are, at theirs; None: never. What lapses is spent first, or lost."""
    if amount <= 0:
        return earliest
    if LAST in bound:  # a work before it gets none
        return None
    for day in (earliest, *(d for d, _ in money.arrives if d > earliest)):
        start = start_of(day)
        costs = sorted({**bound, start: bound.get(start, 0.0) + amount}.items())
        if all(costs[n][0] < start for n in uncovered(money, costs)[0]):
            return day
    return None


def _whole(r: Record, name: str) -> int | None:
    value = r.values.get(name)
    return None if isinstance(value, bool) or not isinstance(value, (int, float)) else \
        math.ceil(value)


# --- what came back ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Return:
    """Land or people that come back, on a day, in a community ("" where none is near). people:
    None where the settlement reports no population."""

    day: date
    community: str
    m2: float = 0.0
    people: float | None = 0.0
    records: tuple[str, ...] = ()
    settlement: str = ""  # id of the settlement that has all of its land back by that day


@dataclass(frozen=True, slots=True)
class ReturnRow:
    """A month and community, or a month and all. None: nothing of the kind is on record at all, or
    no plan was given; 0 where there is, but not here."""

    month: str
    community: str
    hectares_planned: float | None
    hectares_actual: float | None
    people_planned: float | None
    people_actual: float | None
    records: tuple[str, ...]


def returned(planned: Sequence[Return] | None, actual: Sequence[Return] | None, *,
             by_community: bool = True) -> tuple[ReturnRow, ...]:
    """Land and people that came back by month, planned beside actual; None: not reported (S12)."""
    cells: dict[tuple[str, str], list[list[Return]]] = defaultdict(lambda: [[], []])
    for side, listed in enumerate((planned, actual)):
        for r in listed or ():
            cells[f"{r.day:%Y-%m}", r.community if by_community else "all"][side].append(r)

    def total(known: object, listed: Sequence[Return], name: str) -> float | None:
        return None if known is None else _added(getattr(r, name) for r in listed)

    out = []
    for (month, community), (plans, facts) in sorted(cells.items()):
        m2 = total(planned, plans, "m2"), total(actual, facts, "m2")
        hectares = [None if v is None else v / 10_000 for v in m2]
        out.append(ReturnRow(
            month, community, hectares[0], hectares[1],
            total(planned, plans, "people"), total(actual, facts, "people"),
            tuple(dict.fromkeys(i for r in facts for i in r.records))))
    return tuple(out)


def _added(amounts: Iterable[float | None]) -> float | None:
    """The sum of what is reported; None where something comes back of which nothing is (S12)."""
    listed = list(amounts)
    known = [v for v in listed if v is not None]
    return math.fsum(known) if known or not listed else None


# --- figures -------------------------------------------------------------------------------------

_WORK_WORDS: dict[WorkState, str] = {
    "done": "Works of phase two that are done", "under_way": "Works of phase two under way",
    "unlocked": "Works of phase two that may start",
    "blocked": "Works of phase two that wait for land",
    "cancelled": "Works of phase two that were cancelled"}
_PROJECT: dict[str, Any] = {"subject": "project", "field": "project_status"}
_GIVEN: dict[str, Any] = {"subject": "handover", "field": "handed_over_on"}
# Of each state: what it means, and what counts in it. The first that fits holds, in this order.
_STATE_WORDS: dict[WorkState, tuple[str, str]] = {
    "cancelled": ("Works of phase two that are said to be cancelled.",
                  "Project records with the project_status cancelled"),
    "done": ("Works of phase two that are completed, whoever did them and on whatever land; those "
             "on land that is not handed over are among them, and the note counts them.",
             "Project records that are not cancelled, with a finished_on that is not after the day "
             "of the figure; where no such day is stated, with the project_status completed"),
    "under_way": ("Works of phase two that have begun and are not completed.",
                  "Project records that are neither cancelled nor done by the day of the figure, "
                  "with a started_on that is not after it; where no such day is stated, with the "
                  "project_status started, or completed with a finished_on after it"),
    "unlocked": ("Works of phase two that have not begun and may: all of their land is handed "
                 "over.", "Project records that have not begun, of which signed hand-overs hold "
                 "all the land and no ground touches it that is hazardous, or released and not "
                 "handed over"),
    "blocked": ("Works of phase two that have not begun and wait for land; also those of which "
                "nothing on record says where they lie.", "Project records that have not begun "
                "and are not unlocked")}
WORKS = {state: Metric(f"works_{state}", _WORK_WORDS[state], _STATE_WORDS[state][0], "works",
                       _STATE_WORDS[state][1], "phase_two", **_PROJECT) for state in STATES}
WORK_KINDS = ("road", "bridge", "housing", "school", "health_centre", "water", "power",
              "irrigation", "farmland", "other")
DONE = {kind: Metric(
    f"works_done_{kind}", f"Works done, {kind.replace('_', ' ')}", f"Works of phase two of the "
    f"type {kind} that are done.", "works", f"Project records of the type {kind}; done as in "
    "works_done", "phase_two",
    **_PROJECT) for kind in WORK_KINDS}
SHARE_DONE = Metric(
    "share_works_done", "Share of the works that are done", "Works of phase two that are done.",
    "share", "Project records as in works_done, and all that are not cancelled", "phase_two",
    denominator="works of phase two that were not cancelled", **_PROJECT)
_HELD = ("Hand-overs that were held and signed, each m² once; ground that is hazardous, again or "
         "still, is not in it")
LAND_BACK = Metric("land_returned_m2", "Land given back", "Geodesic area of held hand-overs.", "m²",
                   _HELD, "phase_two", **_GIVEN)
PEOPLE_BACK = Metric(
    "people_land_returned", "People whose community has all of its land back", "Residents of the "
    "communities of which no area nearby is hazardous, and at least one is handed over.", "people",
    f"{_HELD}; settlement records that report a population", "phase_two", **_GIVEN)
PLACES_BACK = Metric(
    "settlements_returned", "Settlements that have all of their land back", "Settlements of which "
    "no area nearby is hazardous, and at least one is handed over.", "settlements", _HELD,
    "phase_two", **_GIVEN)
PRESENT = Metric(
    "people_returned", "People who live in settlements that have all of their land back",
    "Sum of the people who live there now; those who never left are in it.", "people",
    "The field residents_present of those settlements; records without it are not in it",
    "phase_two", **_GIVEN)
ROADS = {state: Metric(
    f"roads_{id_}_m", name, f"Geodesic length of the road segments of the state {state}.", "m",
    f"Road records whose road_state is {state}", "phase_two", subject="road", field="road_state")
    for state, id_, name in (
        ("cleared", "returned", "Roads that were cleared"),
        ("suspected", "suspected", "Roads that are suspected"),
        ("under_clearance", "under_clearance", "Roads under clearance"),
        ("closed", "closed", "Roads that are closed"))}
METRICS = (*WORKS.values(), *DONE.values(), SHARE_DONE, LAND_BACK, PEOPLE_BACK, PLACES_BACK,
           PRESENT, *ROADS.values())


def phase_two_figures(rows: Sequence[WorkOutlook], actual: Sequence[Return] | None, as_of: date,
                      chain_head: str, *, works: bool = True, settlements: bool = True
                      ) -> tuple[Figure, ...]:
    """Works by state and kind, and land and people that were given back by a day.

    works : False: no work is on record for this reader, so that only what came back is given.
    settlements : False: none is on record, so that nobody knows how many people are meant.
    """
    on = f"as of {as_of.isoformat()}" if as_of != date.min else ""
    out: list[Figure] = []
    if works:
        early = sum(r.state == "done" and _on_locked_land(r) for r in rows)
        notes = {"done": "; ".join(filter(None, (
            on, f"{early:,} of them on land that is not handed over" if early else "")))}
        out += [WORKS[state].figure(float(sum(r.state == state for r in rows)),
                                    tuple(r.id for r in rows), chain_head,
                                    note=notes.get(state, on))
                for state in STATES]
        for kind in WORK_KINDS:
            own = [r for r in rows if r.kind == kind]
            if own:
                out.append(DONE[kind].figure(float(sum(r.state == "done" for r in own)),
                                             tuple(r.id for r in own), chain_head, note=on))
        kept = [r for r in rows if r.state != "cancelled"]
        out.append(share(SHARE_DONE, float(sum(r.state == "done" for r in kept)), float(len(kept)),
                         tuple(r.id for r in kept), chain_head, note=on))
    until = None if actual is None else [r for r in actual if r.day <= as_of]
    for metric, field in ((LAND_BACK, "m2"), (PEOPLE_BACK, "people")):
        if until is None:
            out.append(metric.figure(None, (), chain_head,
                                     note="not reported: no hand-over is on record"))
            continue
        silent = [r.settlement for r in until if r.people is None]
        note = on
        if field == "people" and not settlements:
            note = "not reported: no settlement is on record"
        elif field == "people" and silent:
            note = "; ".join(filter(None, (
                on, counted("{n} settlements do not report a population", n=f"{len(silent):,}"))))
        out.append(metric.figure(
            None if field == "people" and not settlements else
            _added(getattr(r, field) for r in until),
            tuple(dict.fromkeys(i for r in until for i in r.records)), chain_head, note=note,
            uncounted=tuple(silent) if field == "people" else ()))
    return tuple(out)


def place_figures(settlements: Sequence[Record], actual: Sequence[Return] | None, as_of: date,
                  chain_head: str) -> tuple[Figure, ...]:
    """Settlements that have all of their land back, and who lives there now."""
    if actual is None or not settlements:
        return (PLACES_BACK.figure(None, (), chain_head), PRESENT.figure(None, (), chain_head))
    back = [r for r in actual if r.settlement and r.day <= as_of]
    ids = {r.settlement for r in back}
    records = tuple(dict.fromkeys(i for r in back for i in (r.settlement, *r.records)))
    there = [s for s in settlements if s.id in ids]
    said = [s for s in there if isinstance(s.values.get("residents_present"), int)]
    return (
        PLACES_BACK.figure(float(len(ids)), records, chain_head),
        PRESENT.figure(
            float(sum(s.values["residents_present"] for s in said)) if said else None,
            tuple(s.id for s in said), chain_head,
            uncounted=tuple(s.id for s in there if s not in said),
            note=counted("{n} of {all} such settlements do not report who lives there now",
                         n=len(there) - len(said), all=len(there))))


def road_figures(roads: Sequence[Record], chain_head: str) -> tuple[Figure, ...]:
    """Length of roads by state; none where no record of a road states one."""
    stated = [r for r in roads if r.geometry is not None and r.value("road_state") != NOT_REPORTED]
    if not stated:
        return ()
    silent = len(roads) - len(stated)
    return tuple(metric.figure(
        math.fsum(geodesic_length_m(r.geometry) for r in stated if r.value("road_state") == state),
        tuple(r.id for r in stated if r.value("road_state") == state), chain_head,
        note=counted("{n} of {all} segments state no state or no place", n=f"{silent:,}",
                     all=f"{len(roads):,}") if silent else "")
        for state, metric in ROADS.items())
