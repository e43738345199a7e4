"""Forecasts from records: daily reports to rates, past months to scores, plans to scenarios."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.inspection import closed_on
from landrelease.core.links import Links
from landrelease.core.plurals import counted
from landrelease.core.progress import Progress, silent
from landrelease.core.record import Record
from landrelease.core.team_days import TeamDays

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.core.outlook import TrackRecord
    from landrelease.forecast.circumstances import Learning as NewTeams
    from landrelease.forecast.outlook import Learned
    from landrelease.forecast.rates import Lost, Range, Rate
    from landrelease.forecast.scores import Scores
    from landrelease.forecast.standing import Standing
    from landrelease.store.registry import Registry

# Kind of work, as a report names it -> the assumption that holds its prior range.
PRIORS: Mapping[tuple[str, str], str] = {
    ("NTS", "not_reported"): "rate_nts", ("TS", "not_reported"): "rate_ts",
    ("clearance", "manual"): "rate_manual", ("clearance", "mechanical"): "rate_mechanical",
    ("clearance", "animal_detection"): "rate_animal", ("BAC", "visual_search"): "rate_visual",
}
POOL_WORK: Mapping[str, tuple[str, str]] = {
    "nts": ("NTS", "not_reported"), "ts": ("TS", "not_reported"),
    "manual": ("clearance", "manual"), "mechanical": ("clearance", "mechanical"),
    "animal": ("clearance", "animal_detection"),
}
WORK = frozenset({"NTS", "TS", "clearance", "BAC"})
NEW_AFTER_DAYS = 60  # a team that reports first so long after the programme's first report is new
FULL_DAY_QUANTILE = 0.9  # of the hours reported: what a full day is
SLOPES = ((5.0, "flat"), (15.0, "sloping"), (91.0, "steep"))


@dataclass(frozen=True, slots=True)
class Reported:
    """Team-days of a registry, what was left out of them, and the records that they rest on."""

    days: TeamDays
    records: int
    notes: tuple[str, ...]


def reported_days(records: Sequence[Record], hazards: Sequence[Record] = (),
                  tasks: Sequence[Record] = ()) -> Reported:
    """Activity records as team-days. A report without a method has that of its task.

    Joint work is divided among its teams, so that nothing is counted twice; of several reports of a
    team on one day, area and kind of work the last one counts; reports of more than a day, or
    without a team, teach no rate. Hours not worked are lost: a day without hours and area is lost.
    """
    grounds = {h.id: ground_of(h) for h in hazards}
    by_identifier = {str(h.values.get("identifier", h.id)): h.id for h in hazards}
    orders = Links(tasks)
    left: Counter[str] = Counter()
    rows: dict[tuple[str, int, str, str, str],
               tuple[float | None, float | None, float | None, bool]] = {}
    order = sorted(records, key=lambda r: (r.valid_from or date.min, r.id))
    for r in order:
        activity = str(r.value("activity_type"))
        if activity not in WORK or r.value("activity_status") in ("planned", "abandoned"):
            continue
        first, last = (r.values.get(n) for n in ("started_on", "ended_on"))
        first = first or last or r.valid_from
        if not isinstance(first, date):
            left["without a day"] += 1
            continue
        if isinstance(last, date) and last != first:
            left["of more than a day"] += 1
            continue
        teams = r.values.get("teams") or ()
        teams = (teams,) if isinstance(teams, str) else tuple(teams)
        if not teams:
            left["without a team"] += 1
            continue
        area = _number(r, "area_m2")
        hours, off = _number(r, "hours"), _number(r, "hours_lost")
        if area is None and hours is None and off is None:
            left["without area or hours"] += 1
            continue
        method = "not_reported" if activity in ("NTS", "TS") else str(r.value("operational_method"))
        if method == "not_reported" and activity not in ("NTS", "TS"):
            said = {str(t.value("method")) for t in orders.of(r.values.get("task"))}
            method = said.pop() if len(said) == 1 else method
        hazard = str(r.values.get("hazard") or "")
        hazard = by_identifier.get(hazard, hazard)
        done = str(r.value("report_type")) == "completion"
        for team in teams:
            key = (str(team), first.toordinal(), activity, method, hazard)
            if key in rows:
                left["sent again"] += 1
            rows[key] = (None if area is None else area / len(teams), hours, off, done)
    return Reported(_days_of(rows, grounds), len(records), tuple(
        f"{count:,} reports {why} were left out." if why != "sent again" else
        f"{count:,} reports were sent again: the last one counts."
        for why, count in sorted(left.items())))


def _days_of(rows: dict, grounds_of: Mapping[str, str]) -> TeamDays:
    keys = sorted(rows, key=lambda k: (k[1], k[0], k[4]))
    teams = sorted({k[0] for k in keys})
    kinds = sorted({(k[2], k[3]) for k in keys})
    areas = sorted({k[4] for k in keys if k[4]})
    grounds = sorted({grounds_of[a] for a in areas if grounds_of.get(a)})
    number = {name: {v: i for i, v in enumerate(values)} for name, values in (
        ("team", teams), ("kind", kinds), ("area", areas), ("ground", grounds))}
    count = len(keys)
    full = {}
    for kind in kinds:
        hours = [rows[k][1] for k in keys if (k[2], k[3]) == kind and rows[k][1]]
        full[kind] = float(np.quantile(hours, FULL_DAY_QUANTILE)) if hours else 0.0
    m2, worked, nothing = np.zeros(count), np.zeros(count), np.zeros(count, dtype=bool)
    # Who reports time lost reports it where there is any; else a report without hours is silent.
    timed = np.full(count, any((rows[k][2] or 0.0) > 0 for k in keys))
    for i, k in enumerate(keys):
        stated_m2, hours, stated, _ = rows[k]
        area = stated_m2 or 0.0
        timed[i] |= hours is not None or stated is not None
        off = stated or 0.0
        whole = full[k[2], k[3]]
        m2[i] = area
        if hours is not None and whole > 0:
            worked[i] = min(hours / whole, 1.0)
        elif off > 0 and area <= 0:
            worked[i] = 0.0
        else:
            worked[i] = 1.0 if area > 0 or off <= 0 else 0.0
        nothing[i] = stated_m2 is not None and area <= 0 and worked[i] > 0
    day = np.array([k[1] for k in keys], dtype=np.int64)
    team = np.array([number["team"][k[0]] for k in keys], dtype=np.int64)
    area_of = np.array([number["area"].get(k[4], -1) for k in keys], dtype=np.int64)
    kind_of = np.array([number["kind"][k[2], k[3]] for k in keys], dtype=np.int64)
    ended = np.array([rows[k][3] for k in keys], dtype=bool)
    # A team that is elsewhere on its next day ended its work here, seldom at the end of a day.
    for t in range(len(teams)):
        own = np.flatnonzero((team == t) & (m2 > 0))
        moved = area_of[own[1:]] != area_of[own[:-1]]
        ended[own[:-1][moved]] = True
    first = np.array([day[team == t].min() for t in range(len(teams))], dtype=np.int64)
    joined = first > first.min() + NEW_AFTER_DAYS if len(first) else np.zeros(0, dtype=bool)
    return TeamDays(
        day, team, kind_of, area_of,
        np.array([number["ground"].get(grounds_of.get(k[4], ""), -1) for k in keys],
                 dtype=np.int64), m2, worked, ended, tuple(teams), tuple(kinds), tuple(areas),
        tuple(grounds), joined, timed, nothing)


def _number(record: Record, name: str) -> float | None:
    value = record.values.get(name)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def ground_of(hazard: Record) -> str:
    """Vegetation, soil and slope of a hazard as one word; "" where none of it was reported."""
    parts = [f"{name} {hazard.values[name]}" for name in ("vegetation", "soil")
             if hazard.values.get(name) not in (None, "not_reported", "declined")]
    slope = _number(hazard, "slope_deg")
    if slope is not None:
        parts.append(next(word for limit, word in SLOPES if slope < limit))
    return ", ".join(parts)


def priors_of(assumptions: Assumptions) -> dict[tuple[str, str], Range]:
    """The prior range of each kind of work, from the assumptions."""
    from landrelease.errors import ASSUMPTION_MISSING, ASSUMPTION_RANGE, LandReleaseError
    from landrelease.forecast.rates import Range

    found = {}
    for work, name in PRIORS.items():
        a = assumptions.by_name.get(name)
        if a is None:
            raise LandReleaseError(ASSUMPTION_MISSING, name=name)
        if not 0 < a.low <= a.value <= a.high:
            raise LandReleaseError(ASSUMPTION_RANGE, name=name, low=a.low, value=a.value,
                                   high=a.high, expected="0 < low <= value <= high")
        found[work] = Range(a.value, a.low, a.high, a.source)
    return found


@dataclass(frozen=True, slots=True)
class Learning:
    """What the reports of a registry teach: rates, days lost, and what was left out."""

    rates: tuple[Rate, ...]
    lost: Lost
    reported: Reported
    notes: tuple[str, ...]

    @property
    def learned(self) -> bool:
        return any(not rate.from_prior for rate in self.rates)


def learn(registry: Registry, reader: View, assumptions: Assumptions, *, seed: int = 1
          ) -> Learning:
    """Fit all rates from the activity records that the reader's results are computed from."""
    from landrelease.forecast.rates import fit_lost, fit_rates, rate_priors

    records = list(reader.nearby(registry.records("activity")))
    reported = reported_days(records, registry.records("hazard"), registry.records("task"))
    priors = rate_priors(assumptions)
    rates = fit_rates(reported.days, priors_of(assumptions), priors, seed=seed)
    lost = fit_lost(reported.days, assumptions["lost_day_share"], seed=seed)
    notes = list(reported.notes)
    span = reported.days.span
    if span is None:
        notes.insert(0, "There are no daily reports in the registry: all rates are priors, the "
                        "ranges that other programmes report.")
    else:
        notes.insert(0, f"{len(reported.days):,} team-days from {span[0]} to {span[1]}, "
                        f"{len(reported.days.teams)} teams.")
        if (span[1] - span[0]).days < 330:
            notes.append("The reports cover less than a year: what months of the year do to the "
                         "rate is mostly prior.")
    silent = len(reported.days) - len(reported.days.with_time)
    if silent:
        notes.append(f"{silent:,} of {len(reported.days):,} team-days state neither hours nor time "
                     "lost: they say nothing of days lost. Not reported is not zero.")
    return Learning(rates, lost, reported, tuple(notes))


def learning_document(found: Learning) -> dict[str, Any]:
    """All that was learned, for programs."""
    def range_of(values: np.ndarray) -> dict[str, float]:
        return {f"p{round(100 * q)}": float(np.quantile(values, q)) for q in (0.1, 0.5, 0.9)}

    rows = []
    for rate in found.rates:
        own = np.log(rate.per_day())[:, None] + rate.team
        rows.append({
            "activity": rate.activity, "method": rate.method, "is_prior": rate.from_prior,
            "whole_days": rate.days, "share_without_output": range_of(1 - rate.output),
            "m2_per_full_day": range_of(rate.per_day()),
            "m2_a_day_over_areas": range_of(rate.of_work()),
            "prior": {"value": rate.prior.value, "low": rate.prior.low, "high": rate.prior.high,
                      "source": rate.prior.source},
            "teams": {name: range_of(np.exp(own[:, j])) for j, name in enumerate(rate.teams)},
            "months": [float(np.median(np.exp(rate.month[:, m]))) for m in range(12)],
            "grounds": {name: range_of(np.exp(rate.ground[:, j]))
                        for j, name in enumerate(rate.grounds)},
            "spreads": {name: range_of(values) for name, values in rate.deviation.items()},
            "new_team_slower_by": range_of(1 - np.exp(-rate.learning)),
            "learning_days": rate.learning_days,
            "checks": [{"name": c.name, "found": c.found, "expected": c.expected, "fine": c.fine,
                        "told": c.told,
                        "words": c.words} for c in rate.checks],
            "notes": list(rate.notes)})
    lost = found.lost
    return {"rates": rows,
            "lost_days": {"is_prior": lost.from_prior, "months": lost.months,
                          "observed": lost.observed, "long_run": range_of(lost.share)},
            "notes": list(found.notes), "records": found.reported.records}


def middle_80(values: np.ndarray) -> tuple[float, float, float]:
    """10, 50 and 90 % quantiles."""
    low, middle, high = np.quantile(values, [0.1, 0.5, 0.9])
    return float(low), float(middle), float(high)


def lost_of(found: Learning) -> tuple[float, float, float] | None:
    """Low, value and high of the share of team-days lost; None where no report said."""
    return None if found.lost.from_prior else middle_80(found.lost.share)


def team_names(teams: Sequence[Record]) -> dict[str, str]:
    """What reports may call a team -> its id."""
    names = {str(t.values["identifier"]): t.id for t in teams if t.values.get("identifier")}
    return names | {t.id: t.id for t in teams}


def learned_of(found: Learning, teams: Mapping[str, str] | None = None) -> dict[str, Learned]:
    """What `make_outlook` takes: by kind of team, only what was learned here. `teams`: names in
    reports -> names of the members of pools."""
    from landrelease.forecast.outlook import Learned

    made = {}
    for kind, rate in _rates_of(found).items():
        if not rate.from_prior:
            low, value, high = np.quantile(rate.of_work(), [0.1, 0.5, 0.9])
            made[kind] = Learned(
                float(low), float(value), float(high),
                float(np.median(rate.deviation["team"])), rate.days,
                {(teams or {}).get(name, name): (float(own.mean()), float(own.std()))
                 for name, own in zip(rate.teams, rate.team.T, strict=True)},
                {name: (float(own.mean()), float(own.std()))
                 for name, own in zip(rate.grounds, rate.ground.T, strict=True)},
                float(np.median(rate.deviation["ground"])))
    return made


def unused_rates(found: Learning, kinds: Collection[str]) -> tuple[str, ...]:
    """Which reported work teaches a rate that no team of a plan works at; `kinds`: of its teams."""
    used = {POOL_WORK[k] for k in kinds if k in POOL_WORK}
    return tuple(
        f"{rate.days:,} whole days of {rate.activity}"
        + (", of which neither report nor task states the method," if rate.method == "not_reported"
           else f", {rate.method.replace('_', ' ')},")
        + " are on record; no team of the plan works at that rate."
        for rate in found.rates if rate.days and not rate.from_prior
        and (rate.activity, rate.method) not in used)


def output_notes(found: Learning) -> tuple[str, ...]:
    """Which rates are lower by days at work of which 0 m² were reported."""
    notes = []
    for rate in found.rates:
        what = f" at work of {rate.activity}" + (
            "" if rate.method == "not_reported" else f", {rate.method.replace('_', ' ')}")
        notes += [c.words.replace(" at work", what) for c in rate.checks
                  if c.name == "without_output"]
    return tuple(notes)


def _rates_of(found: Learning) -> dict[str, Rate]:
    """By kind of team the rate of its work."""
    by_work = {(rate.activity, rate.method): rate for rate in found.rates}
    return {kind: by_work[work] for kind, work in POOL_WORK.items() if work in by_work}


YEAR_DAYS = 330  # of reports, before they say what months do


def months_of(found: Learning) -> np.ndarray | None:
    """(12,) rate of whole days in each month over the mean, of all kinds of team together, each
    with the weight of its days; None where no year was reported."""
    span = found.reported.days.span
    own = [r for r in _rates_of(found).values() if not r.from_prior]
    if span is None or (span[1] - span[0]).days < YEAR_DAYS or not own:
        return None
    weight = np.array([r.days for r in own], dtype=float)
    logs = np.array([np.median(r.month, axis=0) for r in own])
    month: np.ndarray = np.exp(weight @ logs / weight.sum())
    return month


def learning_of(found: Learning) -> dict[str, NewTeams]:
    """By kind of team how much slower new ones are, from reports or, where no team was new in them,
    from the prior."""
    from landrelease.forecast.circumstances import Learning as NewTeams

    return {kind: NewTeams(min(float(1 - np.exp(-np.median(rate.learning))), 0.95),
                           rate.learning_days)
            for kind, rate in _rates_of(found).items()}


def taught_of(found: Learning, registry: Registry, reader: View, assumptions: Assumptions, *,
              seed: int = 1) -> tuple[Assumption, ...]:
    """Assumptions that the records teach: shares that survey leaves, rework, area that turns up,
    how much areas differ. Empty where there are no reports: what came on record then tells nothing
    of how the work went."""
    from landrelease.forecast.outlook import REPORTED
    from landrelease.forecast.standing import taught

    span = found.reported.days.span
    if span is None:
        return ()
    three = taught(_Known(registry, reader, None, None, assumptions).standing(span[1]),
                   assumptions, seed=seed)
    own = [r for r in _rates_of(found).values() if not r.from_prior]
    if own:
        spread = float(np.average([np.median(r.deviation["area"]) for r in own],
                                  weights=[r.days for r in own]))
        three["task_duration_spread"] = (spread,) * 3
    return tuple(dataclasses.replace(assumptions[name], low=low, value=value, high=high,
                                     source=REPORTED)
                 for name, (low, value, high) in three.items())


# --- back-testing --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Backtest:
    """Forecasts at past months against what came true, and against two simple ones."""

    scores: dict[str, dict[int, Scores]]  # forecast, bootstrapped pace, straight -> by months ahead
    rows: list[dict[str, Any]]
    notes: tuple[str, ...]


METHODS = ("forecast", "bootstrapped pace", "straight")
AHEAD = (1, 3, 6, 12)
FEWEST_MONTHS = 3  # of reports before the first forecast


def backtest(registry: Registry, reader: View, assumptions: Assumptions, *, runs: int = 400,
             seed: int = 1, progress: Progress = silent) -> Backtest:
    """Forecast at the end of every past month what was to be released, and score it.

    What was known then is what the registry held then (known_at); where all of it came in later,
    the dates of the records are taken, and the notes say so: reports that came late are then seen
    too early, so that the scores are kinder than they ought to be.
    """
    from landrelease.errors import FORECAST_NO_AREAS, FORECAST_NO_TEAMS, LandReleaseError
    from landrelease.forecast import pace
    from landrelease.forecast.scores import score
    from landrelease.forecast.standing import forecast_standing

    none: dict[str, dict[int, Scores]] = {m: {a: score([], []) for a in AHEAD} for m in METHODS}
    sizes: dict[bytes, float] = {}
    now = _Known(registry, reader, None, None, assumptions, sizes)
    if now.reported.days.span is None:
        return Backtest(none, [], (
            "There are no daily reports in the registry: there is no past to test a forecast on.",))
    first, last = now.reported.days.span
    ends = _month_ends(first, last)
    if len(ends) <= FEWEST_MONTHS:
        return Backtest(none, [], (
            f"The reports cover {len(ends)} whole months ({first} to {last}): {FEWEST_MONTHS + 1} "
            "are the fewest on which a forecast can be made and tested.",))
    released = now.released()
    notes: list[str] = []
    came_in = min((stored.revision.recorded_at for stored in registry.revisions(limit=1)),
                  default=None)
    dated = came_in is None or came_in.date() > ends[FEWEST_MONTHS - 1]
    if dated:
        notes.append(
            "What was known at each past month cannot be told: the records came in "
            f"{'later' if came_in is None else 'from ' + came_in.date().isoformat() + ' on'}. "
            "The dates of the records are taken instead; reports that came late are seen too "
            "early, and the scores are kinder than they ought to be.")
    ensembles: dict[str, dict[int, list[np.ndarray]]] = {
        m: {a: [] for a in AHEAD} for m in METHODS}
    truths: dict[int, list[float]] = {a: [] for a in AHEAD}
    rows: list[dict[str, Any]] = []
    skipped: Counter[str] = Counter()
    prior_of = priors_of(assumptions)
    for k, end in enumerate(ends[FEWEST_MONTHS - 1:-1], FEWEST_MONTHS - 1):
        progress("forecasting past months", k / len(ends))
        known_at = None if dated else datetime(end.year, end.month, end.day, 23, 59, 59, tzinfo=UTC)
        then = _Known(registry, reader, end, known_at, assumptions, sizes)
        try:
            made = forecast_standing(then.standing(end), assumptions, prior_of, runs=runs,
                                     seed=seed, bins=AHEAD[-1] + 1)
        except LandReleaseError as error:
            if error.code not in (FORECAST_NO_AREAS.code, FORECAST_NO_TEAMS.code):
                raise
            skipped[error.code] += 1
            continue
        history = _by_month(then.released(), [e for e in ends if e <= end], first)
        generator = np.random.Generator(np.random.PCG64([seed, k]))
        drawn = pace.bootstrap(history, AHEAD[-1], runs, generator)
        left = then.left_m2()
        for ahead in AHEAD:
            if k + ahead >= len(ends):
                continue
            until = ends[k + ahead]
            true = sum(m2 for day, m2 in released if end < day <= until)
            days = (until - end).days
            at = min(round(days / made.bin_days), made.released_m2.shape[1] - 1)
            samples = {
                "forecast": made.released_m2[:, at],
                "bootstrapped pace": np.minimum(drawn[:, :ahead].sum(axis=1), left),
                "straight": np.array([min(float(np.mean(history)) * ahead, left)])}
            truths[ahead].append(true)
            for method, values in samples.items():
                ensembles[method][ahead].append(values)
            low, middle, high = np.quantile(samples["forecast"], [0.1, 0.5, 0.9])
            rows.append({"made_on": end.isoformat(), "until": until.isoformat(),
                         "months": ahead, "released_m2": true, "p10": float(low),
                         "p50": float(middle), "p90": float(high)})
    for code, count in skipped.items():
        notes.append(counted("{n} past months could not be forecast ({code}).", n=count,
                             code=code))
    return Backtest(
        {m: {a: score(ensembles[m][a], truths[a], seed) for a in AHEAD} for m in METHODS}, rows,
        tuple(notes))


def _month_ends(first: date, last: date) -> list[date]:
    """The last days of the whole months between two days."""
    found: list[date] = []
    month = first.replace(day=1)
    while True:
        after = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
        end = after - timedelta(days=1)
        if end > last:
            return found
        found.append(end)
        month = after


def _by_month(released: list[tuple[date, float]], ends: list[date], first: date) -> np.ndarray:
    made = np.zeros(len(ends))
    for day, m2 in released:
        k = next((i for i, end in enumerate(ends) if day <= end), None)
        if k is not None and day >= first:
            made[k] += m2
    return made


CLEARS = ("clearance", "BAC")  # activities whose end clears ground
RELEASED = ("cancelled", "reduced", "cleared")  # from the weakest to the strongest


class _Known:
    """The records as they were known, in the terms of a standing."""

    def __init__(self, registry: Registry, reader: View, valid_at: date | None,
                 known_at: datetime | None, assumptions: Assumptions,
                 sizes: dict[bytes, float] | None = None) -> None:
        """sizes : area of shapes that were measured before, m²; kept up."""
        from landrelease.core.lineage import lineage, standing

        def records(kind: str) -> list[Record]:
            return list(reader.nearby(registry.records(kind, valid_at=valid_at,
                                                       known_at=known_at)))

        self.today = valid_at or (known_at or datetime.now(UTC)).date()
        every = [h for h in records("hazard") if h.geometry is not None]
        # A parent counts where its children do not lie.
        self.hazards = standing(every)
        self.outcomes = [o for o in records("outcome") if o.geometry is not None
                         and o.value("outcome_type") in RELEASED]
        self.inspections = records("inspection")
        self.reported = reported_days(records("activity"), every, records("task"))
        self.assumptions = assumptions
        self._sizes = {} if sizes is None else sizes
        self.area = np.array([self._size(h.geometry) for h in self.hazards])
        line = lineage(every)
        names = {h.id: {h.id, str(h.values.get("identifier", h.id))} for h in every}
        # Any name of a hazard, or of one that it came from -> its number.
        self._heirs: dict[str, list[int]] = {}
        for i, h in enumerate(self.hazards):
            for name in set().union(*(names.get(x, ()) for x in (h.id, *line.ancestors(h.id)))):
                self._heirs.setdefault(name, []).append(i)
        self._of = {o.id: self._hazard_of(o) for o in self.outcomes}

    def _size(self, shape: Any) -> float:
        import shapely

        from landrelease.core.geometry import geodesic_area_m2

        key = shapely.to_wkb(shape)
        if key not in self._sizes:
            self._sizes[key] = geodesic_area_m2(shape)
        return self._sizes[key]

    def _hazard_of(self, outcome: Record) -> int:
        """Number of the hazard that an outcome released ground of, -1: of none on record."""
        found = sorted({i for name in ("hazard", "hazard_identifier") for i in self._heirs.get(
            str(outcome.values.get(name) or ""), ())})
        if len(found) < 2:
            return found[0] if found else -1
        shape: Any = outcome.geometry
        return max(found, key=lambda i: shape.intersection(self.hazards[i].geometry).area)

    def released(self) -> list[tuple[date, float]]:
        """Day and area of each outcome, less what an earlier one of the same hazard had released:
        ground is released once (S03)."""
        from landrelease.core.geometry import joined

        before: dict[int, Any] = {}
        found = []
        for o in sorted((o for o in self.outcomes if o.valid_from is not None),
                        key=lambda o: (o.valid_from, o.id)):
            h, m2 = self._of[o.id], self._size(o.geometry)
            so_far = before.get(h) if h >= 0 else None
            if so_far is None:
                before[h] = o.geometry
            else:
                if so_far.intersects(o.geometry):
                    m2 = self._size(joined([so_far, o.geometry], degrees=True)) - self._size(so_far)
                before[h] = joined([so_far, o.geometry], degrees=True)
            found.append((o.valid_from, max(m2, 0.0)))
        return found  # type: ignore[return-value]

    def left_m2(self) -> float:
        return max(float(self.area.sum()) - sum(m2 for _, m2 in self.released()), 0.0)

    def _parts(self) -> dict[str, np.ndarray]:
        """(A,) released of each hazard by kind; ground of two kinds is the stronger one's."""
        from landrelease.core.geometry import joined

        grounds: dict[tuple[int, str], list[Any]] = {}
        for o in self.outcomes:
            if self._of[o.id] >= 0:
                grounds.setdefault((self._of[o.id], str(o.value("outcome_type"))), []).append(
                    o.geometry)
        parts = {kind: np.zeros(len(self.hazards)) for kind in RELEASED}
        for h in {h for h, _ in grounds}:
            stronger: list[Any] = []
            taken = 0.0
            for kind in reversed(RELEASED):
                stronger += grounds.get((h, kind), [])
                if not stronger:
                    continue
                whole = self._size(stronger[0] if len(stronger) == 1 else
                                   joined(stronger, degrees=True))
                parts[kind][h], taken = max(whole - taken, 0.0), max(whole, taken)
        return parts

    def _failed(self, days: TeamDays) -> np.ndarray:
        """(A,) cleared area that failed its last inspection and has not been cleared again, m²."""
        latest: dict[str, tuple[date, Record]] = {}
        for i in self.inspections:
            on = i.values.get("inspected_on") or i.valid_from
            if i.value("result") not in ("accepted", "rejected") or not isinstance(on, date):
                continue
            lot = i.values.get("outcomes") or ()
            for name in (lot,) if isinstance(lot, str) else tuple(lot):
                if name not in latest or latest[name][0] <= on:
                    latest[name] = on, i
        found = np.zeros(len(self.hazards))
        since: dict[int, date] = {}
        for o in self.outcomes:
            for name in {o.id, str(o.values.get("identifier", o.id))}:
                if name not in latest or self._of[o.id] < 0:
                    continue
                on, i = latest[name]
                if i.value("result") != "rejected" or closed_on(i, self.today) is not None:
                    continue
                found[self._of[o.id]] += self._size(o.geometry)
                since[self._of[o.id]] = max(since.get(self._of[o.id], on), on)
        again = self._worked(days, lambda h, day: h in since and day > since[h].toordinal())
        return np.maximum(found - again["clearance"], 0.0)

    def _waiting(self) -> np.ndarray:
        """bool (A,) hazards with cleared ground that no inspection has looked at yet. Where less
        than half of it has been, a sample is inspected, and the rest waits for nothing."""
        seen: set[str] = set()
        for i in self.inspections:
            if i.value("result") in ("accepted", "rejected"):
                lot = i.values.get("outcomes") or ()
                seen.update((lot,) if isinstance(lot, str) else lot)
        cleared = [(self._of[o.id], bool(seen & {o.id, str(o.values.get("identifier", o.id))}))
                   for o in self.outcomes if o.value("outcome_type") == "cleared"
                   and self._of[o.id] >= 0]
        found = np.zeros(len(self.hazards), dtype=bool)
        if 2 * sum(looked for _, looked in cleared) >= len(cleared):
            found[[h for h, looked in cleared if not looked]] = True
        return found

    def _worked(self, days: TeamDays, counts: Callable[[int, int], bool] | None = None
                ) -> dict[str, np.ndarray]:
        """(A,) m² worked on each hazard by step of the work; what names one that was divided is
        spread over what came from it by area. A machine's pass is not clearance (S07)."""
        from landrelease.forecast.standing import step_of

        worked: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(len(self.hazards)))
        heirs = [self._heirs.get(name, []) for name in days.areas]
        for k, (activity, method) in enumerate(days.kinds):
            if activity in CLEARS and method == "mechanical":
                continue
            step = step_of((activity, method))
            rows = np.flatnonzero((days.kind == k) & (days.area >= 0) & (days.m2 > 0))
            if counts is None:
                sums = np.bincount(days.area[rows], days.m2[rows], minlength=len(heirs))
                for own, m2 in zip(heirs, sums.tolist(), strict=True):
                    if own and m2:
                        worked[step][own] += m2 * self.area[own] / max(
                            float(self.area[own].sum()), 1e-9)
                continue
            for r in rows.tolist():
                for h in heirs[int(days.area[r])]:
                    if counts(h, int(days.day[r])):
                        worked[step][h] += days.m2[r]
        return worked

    def _battle(self, days: TeamDays) -> np.ndarray:
        """bool (A,) areas that battle area clearance clears: by the last report of clearance on
        them, else by an ordnance on record that holds no mine and no improvised device."""
        from landrelease.figures.treaty import groups_of

        groups = [groups_of(h.values) for h in self.hazards]
        found = np.array([bool(g) and not g & {"ap_mine", "av_mine", "ied"} for g in groups],
                         dtype=bool)
        kinds = np.array([k[0] in CLEARS for k in days.kinds], dtype=bool)
        for r in np.flatnonzero((days.area >= 0) & (days.m2 > 0) & kinds[days.kind]).tolist():
            for h in self._heirs.get(days.areas[int(days.area[r])], []):
                found[h] = days.kinds[int(days.kind[r])][0] == "BAC"
        return found

    def standing(self, day: date) -> Standing:
        from landrelease.forecast.standing import CLEARANCE, NTS, SURVEY, Standing

        count, area, days = len(self.hazards), self.area, self.reported.days
        parts = self._parts()
        worked = self._worked(days)
        cleared = np.maximum(worked["clearance"], parts["cleared"])
        surveyed = (parts["reduced"] > 0) | (cleared > 0) | (
            parts["cancelled"] + parts["reduced"] + parts["cleared"] >= 0.99 * area)
        gone = parts["cancelled"] + parts["reduced"]
        clear = np.where(surveyed, np.maximum(area - gone, 0.0), 0.0)
        clear[clear < 0.01 * area] = 0.0
        cleared = np.minimum(cleared, clear)
        failed = np.minimum(self._failed(days), cleared)
        # The last working days, not days of the calendar: after a winter these tell more.
        reported = np.unique(days.day)
        recent = days.day >= (reported[-min(RECENT_DAYS, len(reported))] if len(reported) else 0)
        recent &= days.day > day.toordinal() - 366
        # Clearance that other methods do, and both steps of survey, go by the kinds with most days.
        survey = _most(days, ("TS", "NTS")) or SURVEY
        clearance = _most(days, ("clearance",)) or CLEARANCE
        two_steps = survey[0] == "TS" and NTS in days.kinds
        names: dict[tuple[str, str], tuple[str, ...]] = {}
        battle = _most(days, ("BAC",))
        chosen = (*([NTS] if two_steps else []), survey, *([battle] if battle else []), clearance)
        busy: dict[tuple[str, str], float] = {}
        for work in chosen:
            k = days.kinds.index(work) if work in days.kinds else -1
            names[work] = tuple(days.teams[t] for t in np.unique(
                days.team[recent & (days.kind == k)]).tolist())
            if work[0] not in CLEARS and names[work]:
                busy[work] = _busy(days, recent, k)
        cut = parts["cancelled"]
        visited = (cut > 0) | surveyed | (worked["TS"] > 0)
        pieces = [self._size(o.geometry) for o in self.outcomes
                  if o.value("outcome_type") == "cleared"]
        months = [date.fromordinal(int(d)).month for d in np.unique(days.day)]
        seen_year = bool(days.span and (days.span[1] - days.span[0]).days > 330)
        season = season_of(months) if seen_year else (
            int(self.assumptions.value("season_first_month")),
            int(self.assumptions.value("season_last_month")))
        sd = 8.0 if seen_year else 15.0
        if months and not seen_year and season[0] <= season[1]:
            season = (min(season[0], min(months)), max(season[1], max(months)))
        first = days.span[0] if days.span else day
        late = np.array([h.valid_from is not None and h.valid_from > first for h in self.hazards],
                        dtype=bool)
        span = max((day - first).days, 1)
        after = np.array([0.0 if h.valid_from is None else min(max(
            (h.valid_from - first).days / span, 0.0), 1.0) for h in self.hazards])
        seen = [i for i in self.inspections if i.value("result") in ("accepted", "rejected")]
        place = np.array([own[0] if (own := self._heirs.get(a)) else -1 for a in days.areas],
                         dtype=np.int64)
        return Standing(
            day, area, surveyed, np.where(surveyed, 0.0, np.minimum(
                worked["TS"] if survey[0] == "TS" else worked["NTS"], area)), clear,
            cleared - failed, np.zeros(count, dtype=bool), late, len(seen),
            sum(i.value("result") == "rejected" for i in seen), _renumbered(days, place, count),
            tuple((work, len(names[work])) for work in chosen), names, season,
            days_a_week(days), cut if two_steps else None, visited,
            np.minimum(worked["NTS"], area),
            float(np.median(pieces)) if len(pieces) >= FEWEST_PIECES else math.inf, busy,
            0.0 if season == (1, 12) else sd,
            tuple(map(ground_of, self.hazards)) if days.grounds else (),
            self._battle(days) if battle else None, after, self._waiting())


SELDOM = 0.2  # of the days of the busiest month or weekday: less is no working one


def season_of(months: Sequence[int]) -> tuple[int, int]:
    """First and last month of the season, from the month of each day with reports.

    What lies outside is the longest stretch of months on few of whose days anybody reports, over
    New Year too; (1, 12) where there is none.
    """
    counts = np.bincount(months, minlength=13)[1:]
    idle = [n < SELDOM * counts.max() for n in counts.tolist()]
    best, at = 0, 0
    for first in range(12):
        length = 0
        while length < 12 and idle[(first + length) % 12]:
            length += 1
        if length > best:
            best, at = length, first
    return (1, 12) if best == 0 else ((at + best) % 12 + 1, (at - 1) % 12 + 1)


def days_a_week(days: TeamDays) -> float:
    """Weekdays on which work is reported; one on which it seldom is does not count."""
    counts = np.bincount(np.unique(days.day) % 7, minlength=7)
    return float(max(np.sum(counts >= max(SELDOM * counts.max(), 1)), 1))


RECENT_DAYS = 75  # on which anybody reported: three months of work
FEWEST_PIECES = 3  # decisions of clearance from which their usual size is read


def _busy(days: TeamDays, recent: np.ndarray, kind: int) -> float:
    """Share of the recent working days on which the teams of a kind reported at all, lost days
    included: survey that waits for clearance reports nothing."""
    own = recent & (days.kind == kind)
    worked, possible = 0, 0
    for team in np.unique(days.team[own]).tolist():
        mine = np.unique(days.day[own & (days.team == team)])
        worked += len(mine)
        possible += len(np.unique(days.day[recent & (days.day >= mine.min())]))
    return min(max(worked / max(possible, 1), 0.05), 1.0)


def _renumbered(days: TeamDays, place: np.ndarray, count: int) -> TeamDays:
    # Reports may name no area at all.
    area = days.area if not len(place) else np.where(
        days.area >= 0, place[np.maximum(days.area, 0)], -1)
    return dataclasses.replace(days, area=area, areas=tuple(map(str, range(count))))


def _most(days: TeamDays, activities: tuple[str, ...]) -> tuple[str, str] | None:
    """Of the activities in their order, the first that was reported; its method with most days."""
    for activity in activities:
        counts = {kind: int(np.sum((days.kind == k) & (days.m2 > 0)))
                  for k, kind in enumerate(days.kinds)
                  if kind[0] == activity and kind[1] != "mechanical"}
        if any(counts.values()):
            return max(counts, key=lambda kind: counts[kind])
    return None


def backtest_document(found: Backtest) -> dict[str, Any]:
    return {
        "scores": {method: {str(ahead): {
            "forecasts": s.count, "crps_m2": s.crps, "inside": s.coverage, "bias_m2": s.bias,
            "randomised_pit": list(s.transforms)} for ahead, s in by.items()}
            for method, by in found.scores.items()},
        "forecasts": found.rows, "notes": list(found.notes)}


def track_record(found: Backtest) -> TrackRecord:
    """The scores as they stand beside a forecast."""
    from landrelease.core.outlook import TrackRecord, TrackRow

    rows = []
    for ahead, ours in found.scores["forecast"].items():
        boot, straight = (found.scores[m][ahead] for m in METHODS[1:])
        if ours.crps is not None and boot.crps is not None and straight.crps is not None:
            rows.append(TrackRow(ahead, ours.count, ours.crps, boot.crps, straight.crps,
                                 dict(ours.coverage), ours.bias or 0.0))
    return TrackRecord(len({r["made_on"] for r in found.rows}), tuple(rows), found.notes)
