"""A forecast on a saved plan, as the reader may see it: for the command line and the web app."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landrelease import workflows
from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.outlook import Outlook
from landrelease.core.progress import Progress, silent
from landrelease.core.work import Plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from landrelease.access.policy import View
    from landrelease.core.hazard import Land
    from landrelease.forecast.circumstances import Tranche
    from landrelease.forecast.outlook import Learned
    from landrelease.forecast.scenario import Scenario
    from landrelease.forecast.simulate import Spread
    from landrelease.store.registry import Registry
    from landrelease.store.results import PlanFile
    from landrelease.workflows.forecasting import Learning
    from landrelease.workflows.scenarios import Closed, Lost80, Need


@dataclass(frozen=True, slots=True)
class Made:
    """A forecast and what goes with it.

    document : what `--json` writes. needed : teams and money for the chance that was asked for.
    short : where the plan itself lacks money, in words. notes : of the outlook and the closures.
    """

    outlook: Outlook
    document: dict[str, Any]
    needed: tuple[Need, ...]
    short: str | None
    notes: tuple[str, ...]
    learning: Learning | None = None  # what reports taught, for who sees teams (S16)


@dataclass(frozen=True, slots=True)
class Basis:
    """What the records teach the forecast of a plan."""

    plan: Plan
    assumptions: Assumptions
    learning: Learning
    learned: Mapping[str, Learned]
    lost: Lost80 | None
    closed: Closed
    taught: tuple[Assumption, ...] = ()
    later: tuple[Tranche, ...] = ()  # money after the plan's last day
    later_notes: tuple[str, ...] = ()

    def scenarios(self, paths: Sequence[Path]) -> list[Scenario]:
        """The plan as it is, then each file's scenario."""
        from landrelease.workflows.scenarios import scenarios_of

        return scenarios_of(paths, self.plan, self.assumptions, self.closed, self.taught,
                            self.later)

    def play(self, scenario: Scenario, *, runs: int, seed: int,
             works: Sequence[np.ndarray] = (),
             groups: Mapping[str, Sequence[str]] | None = None, workers: int | None = None,
             spread: Spread | None = None, progress: Progress = silent) -> Outlook:
        from landrelease.workflows.scenarios import play

        return play(scenario, self.learned, self.lost, runs=runs, seed=seed, works=works,
                    groups=groups, workers=workers, spread=spread, progress=progress)


def basis_of(registry: Registry, reader: View, plan: Plan, assumptions: Assumptions, land: Land, *,
             seed: int = 1) -> Basis:
    """Rates, days lost, months, shares, rework and what turns up as reported; closures on record.
    """
    from landrelease.workflows import forecasting, scenarios

    found = forecasting.learn(registry, reader, assumptions, seed=seed)
    closed = scenarios.closures_of(registry, plan, land, assumptions)
    month = forecasting.months_of(found)
    circumstances = dataclasses.replace(
        closed.circumstances, month=month, months_reported=month is not None,
        learning=forecasting.learning_of(found),
        ground={h.id: forecasting.ground_of(h) for h in registry.records("hazard")})
    return Basis(
        plan, assumptions, found,
        forecasting.learned_of(found, forecasting.team_names(registry.records("team"))),
        forecasting.lost_of(found), dataclasses.replace(closed, circumstances=circumstances),
        forecasting.taught_of(found, registry, reader, assumptions, seed=seed),
        *scenarios.later_money(registry, reader, plan, assumptions))


def forecast_on(
    registry: Registry, reader: View, saved: PlanFile, *, by: date | None = None,
    budget: float | None = None, chance: float | None = None, scenario: Path | None = None,
    runs: int = 500, seed: int = 1, backtest: bool = False, workers: int | None = None,
    spread: Spread | None = None, progress: Progress = silent,
) -> Made:
    """Simulate the policy of a plan. With `by` and `chance` also what would reach that chance, with
    `backtest` also how good forecasts of past months were.

    Dates of single areas, districts and communities are in it for who sees dated plans, rates for
    who sees teams (S16). Raises FOR-...: a scenario that cannot be read or does not fit the plan.
    """
    from landrelease.workflows import forecasting, scenarios
    from landrelease.workflows.release_lag import release_note

    land = workflows.load_land(registry, saved.assumptions, reader=reader)
    basis = basis_of(registry, reader, saved.plan, saved.assumptions, land, seed=seed)
    found, closed = basis.learning, basis.closed
    chosen = basis.scenarios([] if scenario is None else [scenario])[-1]
    groups = {
        **{f"district {k}": v for k, v in scenarios.groups_of(land, saved.plan).items()},
        **{f"community {k}": v for k, v in scenarios.communities_near(
            land, saved.plan, saved.assumptions.value("community_hazard_distance_m")).items()}}
    outlook = basis.play(chosen, runs=runs, seed=seed, groups=groups, workers=workers,
                         spread=spread, progress=progress)
    needed: list[Need] = []
    if chance is not None and by is not None:
        needed = scenarios.what_is_needed(chosen, basis.learned, basis.lost, by, chance, runs=runs,
                                          seed=seed, workers=workers, spread=spread,
                                          progress=progress)
    short = scenarios.money_words(chosen)
    dated = reader.may("plan_dates")
    if not dated:  # dates of single areas are a dated plan (S16)
        outlook = dataclasses.replace(outlook, area_ids=(), area_quantiles=None, area_day=None,
                                      groups=(), group_day=None)
    if backtest:
        outlook = with_track(registry, reader, saved.assumptions, outlook, seed=seed,
                             progress=progress)
    unused = forecasting.unused_rates(found, [p.kind for p in saved.plan.problem.pools])
    # Closures in force are for who may see them, rates for who sees teams (S16).
    notes = (*outlook.notes, *(unused if reader.may("plan_teams") else ()),
             *(forecasting.output_notes(found) if reader.may("plan_teams") else ()),
             *(closed.notes if reader.may("closure") else ()),
             *(basis.later_notes if reader.may("fund") else ()), release_note(registry, reader))
    document = {
        **workflows.outlook_summary(outlook, by=by, budget=budget), "scenario": outlook.scenario,
        "notes": [*notes, *([] if short is None else [short])],
        "cost_known": {f"p{round(100 * q)}": outlook.cost_quantile(q)[1] for q in (0.1, 0.5, 0.9)},
        # Rates name teams (S16).
        "rates": forecasting.learning_document(found) if reader.may("plan_teams") else None,
        "areas": scenarios.area_rows(outlook) if dated else None,
        "groups": scenarios.group_rows(outlook) if dated else None,
        "needed": [
            {"kinds": list(n.kinds), "more": n.more, "chance": n.chance, "cost": n.cost,
             "money": n.money, "words": n.words} for n in needed],
        "backtest": None if outlook.track is None else dataclasses.asdict(outlook.track)}
    return Made(outlook, document, tuple(needed), short, notes,
                found if reader.may("plan_teams") else None)


BACKTEST_RUNS = 200  # of each forecast of a past month, where the scores stand beside a forecast


def with_track(registry: Registry, reader: View, assumptions: Assumptions, outlook: Outlook, *,
               seed: int = 1, progress: Progress = silent) -> Outlook:
    """The outlook with how good forecasts of past months were, for who sees the work of teams."""
    from landrelease.workflows import forecasting

    if not reader.may("plan_teams"):
        return outlook
    tested = forecasting.backtest(registry, reader, assumptions, runs=BACKTEST_RUNS,
                                  seed=seed, progress=progress)
    return dataclasses.replace(outlook, track=forecasting.track_record(tested))
