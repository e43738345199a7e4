"""Scenarios of a plan: files and closures in; outlooks side by side, and what is needed, out."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.moment import day_within
from landrelease.core.outlook import Outlook
from landrelease.core.plurals import counted
from landrelease.core.progress import Progress, silent
from landrelease.core.work import Plan
from landrelease.errors import SCENARIO_UNREADABLE, LandReleaseError

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.core.hazard import Land
    from landrelease.forecast.circumstances import Circumstances, Closing, Tranche
    from landrelease.forecast.outlook import Learned
    from landrelease.forecast.scenario import Scenario
    from landrelease.forecast.simulate import Spread
    from landrelease.store.registry import Registry


def read_scenario(path: Path) -> Any:
    """The content of a scenario file, YAML or JSON. Raises FOR-010 where it cannot be read."""
    import yaml

    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise LandReleaseError(SCENARIO_UNREADABLE, file=path.name,
                               found=str(error).splitlines()[0]) from error


@dataclass(frozen=True, slots=True)
class Closed:
    """Closures of the records: those that still hold, and the process that the past ones fit."""

    circumstances: Circumstances
    fitted: Closing | None
    notes: tuple[str, ...]


def closures_of(registry: Registry, plan: Plan, land: Land, assumptions: Assumptions) -> Closed:
    """Closures with dates that reach into the plan, and sectors: areas that close together.

    Closures of which the grounds are mostly the same are of one place, however each was drawn. A
    sector is the areas of the plan that the same places have ever touched; an area that none ever
    touched lies in no sector. Past closures are not drawn again by default: the days that they cost
    are among the days lost. A scenario asks for the process that they fit (`closure_process:
    fitted`).
    """
    import shapely

    from landrelease.forecast.circumstances import Circumstances, Shut
    from landrelease.forecast.closings import fit_closing

    dated = [(first, day_within(r.values.get("closed_until")), r.geometry)
             for r in registry.records("closure") if r.geometry is not None
             and (first := day_within(r.values.get("closed_from"))) is not None]
    if not dated:
        return Closed(Circumstances(), None, ())
    start = plan.problem.slot_starts[0]
    ground = {h.id: h.ground for h in land.hazards}
    hazards = [ground.get(name) for name in plan.problem.hazard_ids]
    shapes = np.array([h if h is not None else shapely.Point() for h in hazards], dtype=object)
    grounds = np.array([g for _, _, g in dated], dtype=object)
    places = _places(grounds)
    sector_of, touched_by = _sectors(grounds, places, shapes)
    spells: dict[int, list[tuple[float, float]]] = {}
    shut: list[Shut] = []
    open_days = round(assumptions.value("closure_open_days"))
    reaching = endless = 0
    for (first, last, _), place in zip(dated, places.tolist(), strict=True):
        spells.setdefault(place, []).append(
            (float(first.toordinal()), np.inf if last is None else float(last.toordinal() + 1)))
        end = last or date.fromordinal(max(start, first).toordinal() + open_days)
        own = [k for k, by in enumerate(touched_by) if place in by]
        if end >= start and own:
            reaching += 1
            endless += last is None
            shut += [Shut(k, max(first, start), end) for k in own]
    fitted = fit_closing(list(spells.values()), float(start.toordinal()))
    notes = []
    if shut:
        closed = np.isin(sector_of, [s.sector for s in shut])
        notes.append(f"{reaching} closures on record reach into the plan; {int(closed.sum())} "
                     "areas lie in them. The days that they cost come on top of the days lost "
                     "(lost_day_share), which hold closures as well.")
        if endless:
            notes.append(counted(
                "{n} closures have no end on record; they are taken to last {days} days "
                "(closure_open_days).", n=endless, days=open_days))
    if touched_by:
        count = len(touched_by)
        notes.append(
            f"Areas that closures of any time have touched make {count} sectors: "
            + "; ".join(_sector_words(k, plan, sector_of) for k in range(min(count, SECTORS_SAID)))
            + ("." if count <= SECTORS_SAID else "; ..."))
    made = Circumstances() if not touched_by else Circumstances(
        sector=sector_of[plan.problem.hazard], shut=tuple(shut),
        often=tuple(len(by) for by in touched_by))
    return Closed(made, fitted, tuple(notes))


SECTORS_SAID = 12
SAME_GROUND = 0.5  # of the union of two closures: where they share so much, they are of one place


def _sector_words(number: int, plan: Plan, sector_of: np.ndarray) -> str:
    own = np.flatnonzero(sector_of == number)
    first = plan.problem.hazard_ids[own[0]]
    return f"{number} is {first}" + (f" and {len(own) - 1} more" if len(own) > 1 else "")


def _places(grounds: np.ndarray) -> np.ndarray:
    """(C,) number of the place of each closure."""
    import shapely
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = len(grounds)
    names, first = np.unique(shapely.to_wkb(grounds, hex=True), return_inverse=True)
    distinct = grounds[np.array([np.flatnonzero(first == k)[0] for k in range(len(names))])]
    one, other = shapely.STRtree(distinct).query(distinct, predicate="intersects")
    shared = shapely.area(shapely.intersection(distinct[one], distinct[other]))
    size = shapely.area(distinct)
    same = shared >= SAME_GROUND * (size[one] + size[other] - shared)
    _, label = connected_components(coo_array(
        (np.ones(int(same.sum())), (one[same], other[same])), shape=(len(names),) * 2),
        directed=False)
    found: np.ndarray = label[first.reshape(count)]
    return found


def _sectors(grounds: np.ndarray, places: np.ndarray, shapes: np.ndarray
             ) -> tuple[np.ndarray, list[frozenset[int]]]:
    """(H,) sector of each area, -1: none; of each sector the places that touch its areas."""
    import shapely

    closure, area = shapely.STRtree(shapes).query(grounds, predicate="intersects")
    touching: dict[int, set[int]] = {}
    for c, h in zip(closure.tolist(), area.tolist(), strict=True):
        touching.setdefault(h, set()).add(int(places[c]))
    number: dict[frozenset[int], int] = {}
    sector_of = np.full(len(shapes), -1, dtype=np.int64)
    for h in sorted(touching):
        sector_of[h] = number.setdefault(frozenset(touching[h]), len(number))
    return sector_of, list(number)


def scenarios_of(paths: Sequence[Path], plan: Plan, assumptions: Assumptions, closed: Closed,
                 taught: tuple[Assumption, ...] = (), later: Sequence[Tranche] = ()
                 ) -> list[Scenario]:
    """The plan as it is, with its money, and each file's scenario.

    later : money on record that comes after the plan's last day, see `later_money`
    """
    from landrelease.errors import SCENARIO_WRONG
    from landrelease.forecast.scenario import as_planned, scenario_of

    own = money_of(plan)
    given = dataclasses.replace(closed.circumstances, money=None if own is None else (
        *own, *later))
    found = [dataclasses.replace(as_planned(plan, assumptions, taught), circumstances=given)]
    for path in paths:
        document = read_scenario(path)
        if isinstance(document, dict) and document.get("closure_process") == "fitted":
            if closed.fitted is None:
                raise LandReleaseError(
                    SCENARIO_WRONG, file=path.name, field="closure_process", found="'fitted'",
                    expected="open_days and closed_days: too few closures are on record to fit one")
            c = closed.fitted
            document = {**document, "closure_process": {
                "open_days": c.open_days, "open_shape": min(max(c.open_shape, 0.1), 10.0),
                "closed_days": c.closed_days, "closed_spread": min(c.closed_spread, 5.0)}}
        found.append(scenario_of(document, path.name, plan, assumptions, given, taught))
    return found


def money_of(plan: Plan) -> tuple[Tranche, ...] | None:
    """The arrivals of the funds that pay for stages of a plan, and what they may pay for; None:
    nothing binds it."""
    from landrelease.forecast.circumstances import Tranche

    money, starts = plan.problem.conditions.money, plan.problem.slot_starts
    if money is None or not (money.stage_fund >= 0).all():
        return None
    payers, ends = money.payers(), money.ends()
    used = np.unique(money.stage_fund).tolist()
    lines_of: dict[int, list[int]] = {}
    for line in used:
        for f in payers[line].tolist():
            lines_of.setdefault(f, []).append(line)
    # Funds that can be spent equally long, and on the same, are one; those that outlast the plan
    # keep what is left.
    alike: dict[tuple[int, tuple[int, ...]], list[int]] = {}
    for f, own_lines in lines_of.items():
        alike.setdefault((int(ends[f]), tuple(own_lines)), []).append(f)
    found = []
    for (last, lines), own in sorted(alike.items()):
        came = np.diff(money.arrived[own].sum(axis=0), prepend=0.0)
        until = None if last >= money.arrived.shape[1] else starts[last] - timedelta(days=1)
        found += [Tranche(starts[t], float(came[t]), until=until,
                          lines=None if len(lines) == len(used) else lines)
                  for t in np.flatnonzero(came > 0).tolist()]
    return tuple(sorted(found, key=lambda t: t.day))


def later_money(registry: Registry, reader: View, plan: Plan, assumptions: Assumptions
                ) -> tuple[tuple[Tranche, ...], tuple[str, ...]]:
    """Money for demining on record that comes after the plan's last day, which the plan itself does
    not look at: what is received or committed; what is only announced is said in words alone."""
    from landrelease.forecast.circumstances import Tranche
    from landrelease.workflows.recorded import exchange_of, sources_of

    if money_of(plan) is None:
        return (), ()
    currency = plan.problem.conditions.money.currency if plan.problem.conditions.money else ""
    end = plan.problem.slot_starts[-1]
    sources = sources_of(registry, reader)
    exchange = exchange_of(sources, currency, plan.problem.slot_starts[0],
                           assumptions.value("exchange_rate_age_days"))
    found, announced, tied, without_rate = [], 0.0, 0.0, 0
    for r in sources.funds:
        day = r.values.get("available_on") or r.values.get("received_on")
        amount = r.values.get("amount")
        if not isinstance(day, date) or day <= end or not isinstance(amount, (int, float)) or (
                r.value("phase") not in ("demining", "both")):
            continue
        own = exchange(float(amount), str(r.values.get("currency") or ""), day)
        if own is None:
            without_rate += 1
        elif r.value("fund_status") in ("received", "committed"):
            until = r.values.get("spend_until")
            found.append(Tranche(day, own, until=until if isinstance(until, date) else None))
            if r.values.get("earmark_areas") or r.values.get("earmark_activities"):
                tied += own
        else:
            announced += own
    notes = []
    if found:
        notes.append(f"Money that comes after the plan's last day, {end}, counts as well: "
                     f"{sum(t.amount for t in found):,.0f} {currency} received or committed, from "
                     f"{min(t.day for t in found)} on.")
    if tied:
        notes.append(f"Of this {tied:,.0f} {currency} are given for some areas or kinds of work "
                     "only; beyond the plan this is not kept: they count for all work.")
    if announced:
        notes.append(f"{announced:,.0f} {currency} after the plan's last day are only announced "
                     "and do not count; `money:` in a scenario brings them.")
    if without_rate:
        notes.append(counted(
            "{n} funds that come after the plan's last day have no recorded rate into {currency} "
            "and do not count.", n=without_rate, currency=currency))
    return tuple(found), tuple(notes)


def groups_of(land: Land, plan: Plan) -> dict[str, list[str]]:
    """District (municipality) -> its areas in the plan."""
    wanted = set(plan.problem.hazard_ids)
    of_district: dict[str, list[str]] = {}
    for h in land.hazards:
        if h.id in wanted and h.municipality_id:
            of_district.setdefault(h.municipality_id, []).append(h.id)
    return _named(of_district, {m.id: m.name for m in land.municipalities})


def _named(groups: Mapping[str, list[str]], names: Mapping[str, str]) -> dict[str, list[str]]:
    """Groups by the name of each id; where several have one name, with the id beside it."""
    said = {i: names.get(i) or i for i in groups}
    often = Counter(said.values())
    return dict(sorted((name if often[name] == 1 else f"{name} ({i})", groups[i])
                       for i, name in said.items()))


def communities_near(land: Land, plan: Plan, distance_m: float) -> dict[str, list[str]]:
    """Community -> areas of the plan that may lie within the distance of it: each as far round its
    outline as this may be off (S04)."""
    import shapely

    from landrelease.access.ground import hazard_widths_m
    from landrelease.core.geometry import plane_for

    wanted = [h for h in land.hazards if h.id in set(plan.problem.hazard_ids)]
    if not wanted or not land.settlements:
        return {}
    plane = plane_for(tuple(shapely.total_bounds([h.ground for h in wanted])))
    grounds = plane.to_plane(np.array([h.ground for h in wanted], dtype=object))
    places = plane.to_plane(np.array([s.place for s in land.settlements], dtype=object))
    there, here = shapely.STRtree(places).query(
        grounds, predicate="dwithin", distance=distance_m + np.array(hazard_widths_m(wanted, 0.0)))
    groups: dict[str, list[str]] = {}
    for s, h in sorted(zip(here.tolist(), there.tolist(), strict=True)):
        groups.setdefault(land.settlements[s].id, []).append(wanted[h].id)
    return _named(groups, {s.id: s.name for s in land.settlements})


Lost80 = tuple[float, float, float]  # low, value, high of the share of team-days lost


def play(scenario: Scenario, learned: Mapping[str, Learned], lost: Lost80 | None = None, *,
         runs: int, seed: int, works: Sequence[np.ndarray] = (),
         groups: Mapping[str, Sequence[str]] | None = None, workers: int | None = None,
         spread: Spread | None = None, progress: Progress = silent) -> Outlook:
    """The outlook of a scenario. The same seed gives the same luck to all of them, whatever the
    number of `workers` (threads; None: one a processor) and wherever `spread` plays the runs."""
    from landrelease.forecast.outlook import make_outlook

    made = make_outlook(
        scenario.plan, scenario.assumptions, runs=runs, seed=seed, works=works,
        learned=scenario.learned(learned), rate_factor=scenario.rate_factor,
        lost=None if scenario.own_lost else lost, taught=scenario.taught,
        circumstances=scenario.circumstances, groups=groups, workers=workers, spread=spread,
        progress=progress)
    return dataclasses.replace(made, notes=(*made.notes, *scenario.notes))


def spread_on(scheduler: str) -> Spread | None:
    """Where runs are played: "threads" (None: here), "processes" of Dask, or the address of a Dask
    scheduler, such as tcp://host:8786. Raises CLI-103 for another word, or where the scheduler does
    not answer."""
    from landrelease.errors import BAD_OPTION
    from landrelease.forecast.simulate import dask_spread

    if scheduler == "threads":
        return None
    try:
        import dask  # noqa: F401 - said here, not in the middle of the work

        if scheduler == "processes":
            return dask_spread("processes")
        if "://" not in scheduler:
            raise ValueError("it is no address")
        from dask.distributed import Client

        return dask_spread(Client(scheduler, timeout=10))
    except (ImportError, OSError, ValueError) as error:
        raise LandReleaseError(
            BAD_OPTION, option="--scheduler", found=f"{scheduler} ({error})",
            expected="threads, processes, or the address of a Dask scheduler that answers, as "
            "tcp://host:8786 (these need the packages dask and distributed)") from None


@dataclass(frozen=True, slots=True)
class Need:
    """What reaches a chance by a date: `more` teams of each kind named; None: no number does.

    `money`: what is needed beside the money of the plan, on the first day; kinds is then ("money",)
    or the teams that go with it.
    """

    kinds: tuple[str, ...]
    more: int | None
    chance: float  # with that many, or with the most that were tried
    cost: float | None  # that covers the same share of the runs; None: not known
    words: str
    money: float | None = None


def unpaid_stages(plan: Plan) -> int:
    """Stages that the plan does not date and whose fund never has enough left for even their
    cheapest option, once what is planned has been paid."""
    problem, schedule = plan.problem, plan.schedule
    money = problem.conditions.money
    if money is None or not len(problem.stage_ids):
        return 0
    from landrelease.plan.waiting import spent_by

    left = money.arrived - spent_by(problem, schedule)
    payers, ends = money.payers(), money.ends()
    count = 0
    for s in np.flatnonzero((schedule.finish < 0) & (money.stage_fund >= 0)).tolist():
        costs = problem.option_cost[problem.option_start[s]:problem.option_start[s + 1]]
        own = payers[int(money.stage_fund[s])]
        able = np.arange(problem.horizon) < ends[own][:, None]
        most = np.where(able, np.maximum(0.0, left[own]), 0.0).sum(axis=0).max(initial=0.0)
        rounding = 1e-9 * (1.0 + float(money.arrived[own, -1].sum()))  # as the decoder allows
        count += bool(len(costs)) and float(costs.min()) > most + rounding
    return count


def money_words(scenario: Scenario) -> str | None:
    """What money means for a forecast: where the plan itself lacks it, and whether this forecast
    waits for the plan's. None where no money binds the plan, or the scenario brings its own."""
    plan, own = scenario.plan, scenario.circumstances.money
    given = money_of(plan)
    if own is not None and own[:len(given or ())] != given:
        return None
    said = []
    if short := unpaid_stages(plan):
        said.append(
            f"The plan lacks money: {short:,} of {len(plan.problem.stage_ids):,} stages are not "
            "planned because their funds never have enough left for them. More teams alone do not "
            "change that; `plan price --change money:FUND:AMOUNT` says what more of it would "
            "bring.")
    money = plan.problem.conditions.money
    if own is not None and money is not None:
        from landrelease.forecast.circumstances import MOST_LINES

        said.append(f"Work waits for the money of the plan, {sum(t.amount for t in own):,.0f} "
                    f"{money.currency}; `money:` in a scenario brings another, `money: enough` all "
                    "that is needed. Runs that need more do not finish.")
        if any(t.lines is not None for t in own):
            said.append("What donors gave it for is kept, as in the plan: work whose money is not "
                        "there waits, and other work goes on. Money that is not spent by its last "
                        "day is lost." if len(money.lines) <= MOST_LINES else
                        f"The plan has {len(money.lines)} budget lines, more than a forecast keeps "
                        "apart: its funds count as one here.")
    elif short:
        said.append("This forecast takes the money to be there; `money:` in a scenario makes it "
                    "wait for money.")
    return " ".join(said) or None


def cost_words(outlook: Outlook, chance: float = 0.5) -> str:
    """The cost that covers this share of the runs; "at least" where unfinished runs hold it."""
    cost, known = outlook.cost_quantile(chance)
    return f"{cost:,.0f}" if known else f"at least {cost:,.0f}"


MOST_TIMES = 32  # so many times the teams that are there are tried at most


def what_is_needed(scenario: Scenario, learned: Mapping[str, Learned], lost: Lost80 | None,
                   by: date, chance: float, *, runs: int, seed: int, workers: int | None = None,
                   spread: Spread | None = None, progress: Progress = silent) -> list[Need]:
    """Teams of each kind alone, and of all kinds together, for a chance of being done by a date;
    where work waits for money, first how much more of it alone, and with teams.

    Runs have the same luck whatever the teams; the smallest number is found by doubling and
    halving, and a number that is enough is taken to stay enough.
    """
    from landrelease.forecast.inverse import inverse
    from landrelease.forecast.outlook import _KINDS
    from landrelease.forecast.scenario import with_teams

    inverse_of = inverse  # checks the chance before anything is played
    plan = scenario.plan
    pools, teams = plan.problem.pools, np.asarray(plan.problem.pool_teams)
    present = [k for k in ("nts", "ts", "manual", "mechanical", "animal")
               if any(p.kind == k for p in pools)]
    found: list[Need] = []
    memory: dict[tuple[tuple[str, ...], int], Outlook] = {}

    def outlook(kinds: tuple[str, ...], more: int) -> Outlook:
        key = (kinds if more else (), more)
        if key not in memory:
            changed = with_teams(scenario, kinds, more) if more else scenario
            memory[key] = play(changed, learned, lost, runs=runs, seed=seed, workers=workers,
                               spread=spread, progress=progress)
        return memory[key]

    def reached(kinds: tuple[str, ...], more: int) -> float:
        return outlook(kinds, more).chance_by(by)

    begins = plan.problem.slot_starts[0]
    if by < begins:
        return [Need((), None, 0.0, None, f"{by} lies before the forecast begins, {begins}: no "
                     "teams and no money reach it any more.")]
    start = outlook((), 0)
    inverse_of(start, by=by, chance=chance)
    own_money = scenario.circumstances.money
    if own_money is not None and start.chance_by(by) < chance:
        found += _money_needed(scenario, own_money, tuple(present), lambda s: play(
            s, learned, lost, runs=runs, seed=seed, workers=workers, spread=spread,
            progress=progress), by, chance)
    others = "roads, seasons or closures" if own_money is None else \
        "money, roads, seasons or closures"
    for kinds in ([tuple(present)] if len(present) > 1 else []) + [(k,) for k in present]:
        words = "teams of all kinds" if len(kinds) > 1 else _KINDS.get(kinds[0], kinds[0])
        own = max(int(teams[[p.kind in kinds for p in pools]].sum()), 1)
        low, high = 0, 0
        if reached(kinds, 0) < chance:
            high = 1
            while reached(kinds, high) < chance and high < own * MOST_TIMES:
                low, high = high, high * 2
            if reached(kinds, high) < chance:
                got = reached(kinds, high)
                found.append(Need(kinds, None, got, None, (
                    f"No number of {words} alone reaches {chance:.0%} by {by}: {high} more of each "
                    f"give {got:.0%}. Something else holds it: other teams, {others}.")))
                continue
            while high - low > 1:
                middle = (low + high) // 2
                if reached(kinds, middle) >= chance:
                    high = middle
                else:
                    low = middle
        made = outlook(kinds, high)
        cost, known = made.cost_quantile(chance)
        money = f", for {cost:,.0f} {made.currency}" if known else ""
        text = (f"{high} more of each kind" if len(kinds) > 1 else f"{high} more {words}")
        found.append(Need(kinds, high, made.chance_by(by), cost if known else None, (
            f"Nothing more is needed: the chance by {by} is {made.chance_by(by):.0%}{money}."
            if high == 0 else
            f"{text[0].upper()}{text[1:]}: a chance of {made.chance_by(by):.0%} by {by}{money}.")))
        if high == 0:
            break
    return found


def _money_needed(scenario: Scenario, given: tuple[Tranche, ...], kinds: tuple[str, ...],
                  played: Callable[[Scenario], Outlook], by: date, chance: float) -> list[Need]:
    """The least money on the first day, beside that of the plan, for a chance by a date; where no
    money reaches it, the fewest teams of all kinds that do with all the money that they need."""
    from landrelease.forecast.circumstances import Tranche
    from landrelease.forecast.scenario import with_teams

    start = scenario.plan.problem.slot_starts[0]

    def with_money(asked: Scenario, more: float | None) -> Outlook:
        money = None if more is None else (Tranche(start, more), *given)
        return played(dataclasses.replace(asked, circumstances=dataclasses.replace(
            asked.circumstances, money=money)))

    def least(asked: Scenario, free: Outlook) -> float:
        kept = free.cost[free.finish_day <= (by - free.start).days]
        low, high = 0.0, float(kept.max())
        while high - low > 0.002 * high:
            middle = 0.5 * (low + high)
            low, high = (low, middle) if with_money(asked, middle).chance_by(by) >= chance else (
                middle, high)
        for digits in (2, 3):  # a round number, where that does
            if with_money(asked, float(f"{high:.{digits - 1}e}")).chance_by(by) >= chance:
                return float(f"{high:.{digits - 1}e}")
        return high

    free = with_money(scenario, None)
    currency = free.currency
    if free.chance_by(by) >= chance:
        more = least(scenario, free)
        return [Need(("money",), None, chance, None, (
            f"{more:,.0f} {currency} more than the plan has, there on the first day: a chance of "
            f"at least {chance:.0%} by {by}, with the teams of the plan."), more)]
    found = [Need(("money",), None, free.chance_by(by), None, (
        f"No money alone reaches {chance:.0%} by {by}: with all that is needed it is "
        f"{free.chance_by(by):.0%}."))]
    teams, most = 1, max(int(np.asarray(scenario.plan.problem.pool_teams).sum()), 1) * MOST_TIMES
    low = 0
    while teams <= most and with_money(with_teams(scenario, kinds, teams), None).chance_by(
            by) < chance:
        low, teams = teams, teams * 2
    if teams > most or not kinds:
        return found
    while teams - low > 1:
        middle = (low + teams) // 2
        enough = with_money(with_teams(scenario, kinds, middle), None).chance_by(by) >= chance
        low, teams = (low, middle) if enough else (middle, teams)
    asked = with_teams(scenario, kinds, teams)
    more = least(asked, with_money(asked, None))
    return [*found, Need(kinds, teams, chance, None, (
        f"{teams} more of each kind and {more:,.0f} {currency} more than the plan has, there on "
        f"the first day: a chance of at least {chance:.0%} by {by}."), more)]


def area_rows(outlook: Outlook) -> list[dict[str, Any]]:
    """When each area is done: None where it is not within the horizon."""
    if outlook.area_day is None or outlook.area_quantiles is None:
        return []
    return [{"area": name, **_dates(outlook, outlook.area_day[:, h])}
            for h, name in enumerate(outlook.area_ids)]


def group_rows(outlook: Outlook) -> list[dict[str, Any]]:
    """When all areas of each community and district are done, with what turns up beside them."""
    if outlook.group_day is None or outlook.area_quantiles is None:
        return []
    return [{"group": name, **_dates(outlook, outlook.group_day[:, g])}
            for g, name in enumerate(outlook.groups)]


def _dates(outlook: Outlook, days: np.ndarray) -> dict[str, str | None]:
    levels = () if outlook.area_quantiles is None else outlook.area_quantiles
    return {f"p{round(100 * q)}": _date(outlook, d) for q, d in zip(levels, days, strict=True)}


def _date(outlook: Outlook, days: float) -> str | None:
    if not np.isfinite(days):
        return None
    return date.fromordinal(outlook.start.toordinal() + int(np.ceil(days))).isoformat()


def finish_words(outlook: Outlook) -> tuple[str, str, str]:
    """The 10, 50 and 90 % quantiles of the finish as dates, or "not within N years"."""
    found = []
    for q in (0.1, 0.5, 0.9):
        day = _date(outlook, float(np.quantile(outlook.finish_day, q, method="inverted_cdf")))
        found.append(day or f"after {outlook.start.year + round(outlook.horizon_days / 365.25)}")
    return found[0], found[1], found[2]


def interval_words(outlook: Outlook) -> str:
    """From the 10 to the 90 % quantile of the finish, or that there are too few runs for it."""
    low, _, high = finish_words(outlook)
    return f"too few runs ({outlook.runs})" if outlook.few else f"{low} to {high}"


def comparison_chart(outlooks: Sequence[Outlook], synthetic: bool) -> str:
    """S-curves of the medians side by side, as SVG."""
    from landrelease.publish.charts import compare_chart

    label = ("Synthetic data. " if synthetic else "") + "Area given back over time, by scenario"
    return compare_chart(outlooks, label)
