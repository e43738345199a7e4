"""How fast teams work: daily reports and prior ranges in, rates with their doubt out.

For each kind of work (activity and method), the logarithm of m² per full day of a team is

    mean + team + ground + area + month of the year - learning * exp(-days worked / tau) + day

where team, ground, area, month and day are normal with standard deviations of their own, which are
learned as well: what many teams, areas and months show is borrowed by those that showed little
(partial pooling). Priors of the mean and of every deviation are stated assumptions. Given the
deviations all is Gaussian and exact; over the deviations the posterior is sampled by importance
from a Student t around its mode.

Sources: D. V. Lindley, A. F. M. Smith, J. R. Stat. Soc. B 34 (1972), for the model; A. Gelman and
others, Bayesian Data Analysis, 3rd ed. (2013), chapters 5, 10 and 11, for the sampling.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import numpy as np

from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.team_days import TeamDays
from landrelease.errors import ASSUMPTION_MISSING, ASSUMPTION_RANGE, LandReleaseError

Z80 = 1.2815515655446004
FACTORS = ("team", "ground", "month", "area")  # the last one is integrated out
DEGREES = 5.0  # of the Student t
DRAWS = 400
FEWEST_DAYS = 5  # of a kind of work; fewer teach nothing
FEWEST_CHECKED = 60  # days; of fewer nearly any share would pass (see `inside_range`)
INSIDE_ROOM = 0.05


@dataclass(frozen=True, slots=True)
class Range:
    """A positive quantity: median, and the bounds of the central 80 %; lognormal."""

    value: float
    low: float
    high: float
    source: str = ""

    @property
    def mean_log(self) -> float:
        return 0.5 * (math.log(self.low) + math.log(self.high))

    @property
    def sd_log(self) -> float:
        return max((math.log(self.high) - math.log(self.low)) / (2 * Z80), 1e-6)


@dataclass(frozen=True, slots=True)
class RatePriors:
    """What is thought of any programme before its own reports."""

    deviation: Mapping[str, Range]  # of day, team, ground, month, area; of the logarithm
    learning: float  # how much slower a new team is, as a share of the logarithm; and its doubt
    learning_sd: float
    learning_days: float


def rate_priors(assumptions: Assumptions) -> RatePriors:
    """From the assumptions rate_..._spread, learning_share and learning_days.

    Raises FOR-002 (one is missing) and FOR-003 (not 0 < low <= value <= high).
    """
    def get(name: str) -> Assumption:
        a = assumptions.by_name.get(name)
        if a is None:
            raise LandReleaseError(ASSUMPTION_MISSING, name=name)
        if not 0 < a.low <= a.value <= a.high < math.inf:
            raise LandReleaseError(ASSUMPTION_RANGE, name=name, low=a.low, value=a.value,
                                   high=a.high, expected="0 < low <= value <= high")
        return a

    deviation = {}
    for name in ("day", *FACTORS):
        a = get(f"rate_{name}_spread")
        deviation[name] = Range(a.value, a.low, a.high, a.source)
    share = get("learning_share")
    slower = [-math.log1p(-min(x, 0.95)) for x in (share.low, share.value, share.high)]
    return RatePriors(deviation, slower[1], max((slower[2] - slower[0]) / (2 * Z80), 1e-3),
                      get("learning_days").value)


@dataclass(frozen=True, slots=True)
class Check:
    """A posterior check: what was looked at, what was found, and whether it is as it should be."""

    name: str
    found: float
    expected: str
    fine: bool
    words: str
    told: bool = True  # False: too few days to check, which is no pass


@dataclass(frozen=True, slots=True)
class Rate:
    """Rates of one kind of work; M draws of the posterior (or prior). m² a team and full day."""

    activity: str
    method: str
    prior: Range
    from_prior: bool  # no report of this kind was there: the prior range and nothing else
    days: int  # whole days that it was learned from
    log_mean: np.ndarray  # (M,) of an experienced team on ordinary ground
    team: np.ndarray  # (M, J) of the teams that were seen
    teams: tuple[str, ...]
    month: np.ndarray  # (M, 12)
    ground: np.ndarray  # (M, G)
    grounds: tuple[str, ...]
    deviation: Mapping[str, np.ndarray]  # (M,) of each factor and of the day
    learning: np.ndarray  # (M,)
    learning_days: float
    output: np.ndarray  # (M,) share of the time at work that brings any m², in the long run
    checks: tuple[Check, ...] = ()
    notes: tuple[str, ...] = ()
    area: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))  # (M, K) of those reported
    areas: tuple[int, ...] = ()  # their indices

    def per_day(self) -> np.ndarray:
        """(M,) the mean m² of a full day of an experienced, ordinary team on ordinary ground.

        Days differ around it: the mean of their lognormal is half their variance above the median.
        Days at work of which 0 m² were reported are in the mean (`output`).
        """
        return np.exp(self.log_mean + 0.5 * self.deviation["day"] ** 2) * self.output

    def of_work(self) -> np.ndarray:
        """(M,) the pace over areas that differ: m² a day that the mean time of an area comes to.

        Less than `per_day`, the rate of an ordinary area: slow areas take more of the days than
        fast ones, by half the variance of areas. The two are two numbers, and are named apart.
        """
        return self.per_day() * np.exp(-0.5 * self.deviation["area"] ** 2)

    def new_team(self, generator: np.random.Generator, teams: int) -> np.ndarray:
        """(M, teams) logarithms of teams that were not seen, in each draw."""
        return generator.standard_normal((len(self.log_mean), teams)) * (
            self.deviation["team"][:, None])

    def quantiles(self) -> tuple[float, float, float]:
        low, middle, high = np.quantile(self.per_day(), [0.1, 0.5, 0.9])
        return float(low), float(middle), float(high)


@dataclass(frozen=True, slots=True)
class Table:
    """Sums that the model needs of N days; areas apart, because each day has at most one.

    P columns: mean, learning, then the levels of team, ground and month that occur.
    """

    count: int
    square: float  # y'y, y less the prior means
    by: np.ndarray  # (P,) X'y
    cross: np.ndarray  # (P, P) X'X
    area_count: np.ndarray  # (K,)
    area_by: np.ndarray  # (K,)
    area_cross: np.ndarray  # (P, K)
    column: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # of each factor


def table_of(y: np.ndarray, learning: np.ndarray, factors: Mapping[str, np.ndarray],
             levels: Mapping[str, int], prior_mean: float, prior_learning: float) -> Table:
    """`learning` (N,) is -exp(-days / tau); `factors` (N,) levels, -1: none."""
    count = len(y)
    columns: dict[str, tuple[int, int]] = {}
    place = 2
    for name in FACTORS[:-1]:
        columns[name] = (place, place + levels[name])
        place += levels[name]
    x = np.zeros((count, place))
    x[:, 0], x[:, 1] = 1.0, learning
    for name in FACTORS[:-1]:
        here = np.flatnonzero(factors[name] >= 0)
        x[here, columns[name][0] + factors[name][here]] = 1.0
    y = y - prior_mean - prior_learning * learning
    areas = levels["area"]
    inside = factors["area"] >= 0
    own = factors["area"][inside]
    cross = np.zeros((place, areas))
    np.add.at(cross.T, own, x[inside])
    return Table(count, float(y @ y), x.T @ y, x.T @ x,
                 np.bincount(own, minlength=areas).astype(float),
                 np.bincount(own, y[inside], minlength=areas), cross, columns)


@dataclass(frozen=True, slots=True)
class Given:
    """The exact posterior given the deviations: mean (P,) and Cholesky factor of the precision."""

    log_likelihood: float  # of the data, all effects integrated out
    mean: np.ndarray
    factor: np.ndarray  # (P, P) lower
    area: np.ndarray  # (K,) posterior means of the areas
    area_precision: np.ndarray  # (K,) of the areas, given all other effects


def given(table: Table, deviation: Mapping[str, float], mean_sd: float, learning_sd: float
          ) -> Given:
    """Lindley and Smith (1972) for given deviations; areas are eliminated first (they are many)."""
    from scipy.linalg.lapack import dpotrf, dtrtrs  # asked thousands of times: no wrappers

    noise = deviation["day"] ** 2
    precision = np.empty(len(table.by))
    precision[0], precision[1] = mean_sd**-2, learning_sd**-2
    for name, (first, last) in table.column.items():
        precision[first:last] = deviation[name] ** -2
    own = table.area_count / noise + deviation["area"] ** -2
    scaled = table.area_cross / own
    s = table.cross / noise - scaled @ table.area_cross.T / noise**2
    s.ravel()[::len(s) + 1] += precision
    factor, failed = dpotrf(s, lower=1)
    if failed:
        raise np.linalg.LinAlgError("the precision of the rates is not positive definite")
    h = table.by / noise - scaled @ table.area_by / noise**2
    half = dtrtrs(factor, h, lower=1)[0]
    mean = dtrtrs(factor, half, lower=1, trans=1)[0]
    quadratic = (table.square / noise - np.sum(table.area_by**2 / own) / noise**2 - half @ half)
    log_likelihood = (
        -0.5 * table.count * math.log(2 * math.pi * noise) + 0.5 * np.log(precision).sum()
        - len(own) * math.log(deviation["area"]) - 0.5 * np.log(own).sum()
        - np.log(np.diagonal(factor)).sum() - 0.5 * quadratic)
    area = (table.area_by / noise - table.area_cross.T @ mean / noise) / own
    return Given(float(log_likelihood), mean, factor, area, own)


def fit_rate(days: TeamDays, kind: int, prior: Range, priors: RatePriors, *, seed: int = 1,
             draws: int = DRAWS, experience: np.ndarray | None = None) -> Rate:
    """The posterior of one kind of work.

    Parameters
    ----------
    kind : index of `days.kinds`
    prior : m² a team and full day, as thought of any programme
    experience : (N,) days that the team had worked before each day; None: counted from its reports
    draws : M, of the posterior

    Days that ended the work of an area are not whole days and are left out; so are lost days.
    Days at work of which 0 m² were reported lower the mean (`Rate.output`); those without a
    reported area say nothing.
    """
    activity, method = days.kinds[kind]
    if experience is None:
        experience = worked_before(days)
    use = (days.kind == kind) & (days.m2 > 0) & (days.worked > 0.05) & ~days.ended
    if use.sum() < FEWEST_DAYS:
        return _prior_rate(activity, method, prior, priors, draws, seed, int(use.sum()))
    rows = days.pick(use)
    y = np.log(rows.m2 / rows.worked)
    months = np.array([date.fromordinal(int(d)).month - 1 for d in rows.day])
    factors, names, levels = {}, {}, {}
    for name, values in (("team", rows.team), ("ground", rows.ground), ("area", rows.area)):
        seen = np.unique(values[values >= 0])
        factors[name] = np.where(values >= 0, np.searchsorted(seen, np.maximum(values, 0)), -1)
        names[name], levels[name] = seen, len(seen)
    factors["month"], levels["month"] = months, 12
    tau = priors.learning_days
    learning = -np.exp(-np.asarray(experience, dtype=float)[use] / tau)
    table = table_of(y, learning, factors, levels, prior.mean_log, priors.learning)
    order = ("day", *FACTORS)
    centre = np.array([priors.deviation[n].mean_log for n in order])
    width = np.array([priors.deviation[n].sd_log for n in order])

    def score(theta: np.ndarray) -> float:
        own = {n: math.exp(v) for n, v in zip(order, theta, strict=True)}
        z = (theta - centre) / width
        return given(table, own, prior.sd_log, priors.learning_sd).log_likelihood - 0.5 * z @ z

    generator = np.random.Generator(np.random.PCG64([seed, kind]))
    theta, ess = _sample(score, centre, width, draws, generator)
    coefficients = np.empty((draws, len(table.by)))
    middle, total = np.zeros(len(table.by)), np.zeros(levels["area"])
    area = np.empty((draws, levels["area"]))
    from scipy.linalg.lapack import dtrtrs

    last: tuple[np.ndarray, Given] | None = None
    for m in range(draws):
        if last is None or not np.array_equal(last[0], theta[m]):
            own = {n: math.exp(v) for n, v in zip(order, theta[m], strict=True)}
            last = (theta[m], given(table, own, prior.sd_log, priors.learning_sd))
        found = last[1]
        coefficients[m] = found.mean + dtrtrs(
            found.factor, generator.standard_normal(len(table.by)), lower=1, trans=1)[0]
        area[m] = ((table.area_by - table.area_cross.T @ coefficients[m])
                   / (math.exp(2 * theta[m, 0]) * found.area_precision)
                   + generator.standard_normal(levels["area"]) / np.sqrt(found.area_precision))
        middle += found.mean / draws
        total += found.area / draws
    deviation = {n: np.exp(theta[:, i]) for i, n in enumerate(order)}
    nothing = (np.zeros(len(days), dtype=bool) if not len(days.nothing) else
               days.nothing & (days.kind == kind) & (days.worked > 0.05))
    output = 1 - _without_output(days, use, nothing, draws, seed)
    learned = coefficients[:, 1] + priors.learning

    def part(name: str) -> np.ndarray:
        first, end = table.column[name]
        return coefficients[:, first:end]

    fitted = prior.mean_log + middle[0] + learning * (priors.learning + middle[1])
    for name in FACTORS[:-1]:
        here = factors[name] >= 0
        fitted[here] += middle[table.column[name][0] + factors[name][here]]
    here = factors["area"] >= 0
    fitted[here] += total[factors["area"][here]]
    return Rate(
        activity, method, prior, False, int(use.sum()), prior.mean_log + coefficients[:, 0],
        part("team"), tuple(days.teams[i] for i in names["team"]), part("month"), part("ground"),
        tuple(days.grounds[i] for i in names["ground"]), deviation, np.maximum(learned, 0.0), tau,
        output,
        _checks(y, fitted, deviation["day"], ess, draws, prior, prior.mean_log + coefficients[:, 0],
                rows) + _output_check(nothing, use, output),
        _notes(days, kind, use), area, tuple(names["area"].tolist()))


MOST_WITHOUT_OUTPUT = 0.25  # of the days at work: more asks for a look at what is reported


def _without_output(days: TeamDays, use: np.ndarray, nothing: np.ndarray, draws: int, seed: int
                    ) -> np.ndarray:
    """(M,) share of the time at work of which 0 m² were reported; 0 where no report said so.

    Such days come in spells, so that a month counts as one observation, as with days lost.
    """
    if not nothing.any():
        return np.zeros(draws)
    rows = days.pick(use | nothing)
    own = nothing[use | nothing]
    by_month = _share_by_month(rows.day, np.where(own, rows.worked, 0.0), rows.worked)
    normal = np.random.Generator(np.random.PCG64([seed, 78])).standard_normal(draws)
    share: np.ndarray = 1 / (1 + np.exp(-(_logit(by_month.observed) + by_month.error * normal)))
    return share


def _output_check(nothing: np.ndarray, use: np.ndarray, output: np.ndarray) -> tuple[Check, ...]:
    without, days = int(nothing.sum()), int((nothing | use).sum())
    if not without:
        return ()
    return (Check("without_output", without / days, f"at most {MOST_WITHOUT_OUTPUT:.0%}",
                  without <= MOST_WITHOUT_OUTPUT * days,
                  f"0 m² were reported of {without:,} of {days:,} days at work: they lower the "
                  f"rate by {1 - float(np.median(output)):.0%}."),)


def _sample(score, centre: np.ndarray, width: np.ndarray, draws: int,
            generator: np.random.Generator) -> tuple[np.ndarray, float]:
    """(M, D) draws of the log-deviations, and the effective number of them (Kong 1992)."""
    from scipy.optimize import minimize

    best = minimize(lambda t: -score(t), centre, method="L-BFGS-B",
                    bounds=list(zip(centre - 6 * width, centre + 6 * width, strict=True)),
                    options={"maxiter": 60, "ftol": 1e-7})
    mode, size = best.x, len(centre)
    at, step = score(mode), 0.15
    curve = np.zeros((size, size))
    one = [np.eye(size)[i] * step for i in range(size)]
    up, down = [score(mode + o) for o in one], [score(mode - o) for o in one]
    for i in range(size):
        curve[i, i] = -(up[i] - 2 * at + down[i]) / step**2
        for j in range(i):
            both = score(mode + one[i] + one[j])
            curve[i, j] = curve[j, i] = -(both - up[i] - up[j] + at) / step**2
    values, vectors = np.linalg.eigh(curve)
    values = np.clip(values, 0.25 / width.max() ** 2, None)  # flatter than the prior makes no sense
    root = vectors / np.sqrt(values) * 1.15  # a little wider than the curvature says
    z = generator.standard_normal((draws, size))
    scale = np.sqrt(DEGREES / generator.chisquare(DEGREES, draws))
    proposal = mode + (z @ root.T) * scale[:, None]
    squared = np.sum(z * z, axis=1) * scale**2
    weight = np.array([score(t) for t in proposal]) + 0.5 * (DEGREES + size) * np.log1p(
        squared / DEGREES)
    weight = np.exp(weight - weight.max())
    weight /= weight.sum()
    edges = np.cumsum(weight)
    picked = np.searchsorted(edges, (np.arange(draws) + generator.random()) / draws * edges[-1])
    picked = np.minimum(picked, draws - 1)
    # In a mixed order: other samples are combined with these row by row. Equal rows stay together
    # only where the weight made them so.
    return proposal[picked], float(1.0 / np.sum(weight**2))


def _prior_rate(activity: str, method: str, prior: Range, priors: RatePriors, draws: int,
                seed: int, seen: int) -> Rate:
    generator = np.random.Generator(np.random.PCG64([seed, 991]))

    def lognormal(r: Range) -> np.ndarray:
        return np.exp(r.mean_log + r.sd_log * generator.standard_normal(draws))

    deviation = {name: lognormal(r) for name, r in priors.deviation.items()}
    # The stated range is that of the mean of a team's days.
    mean = prior.mean_log + prior.sd_log * generator.standard_normal(draws)
    few = "no whole day of it was reported" if seen == 0 else (
        f"only {seen} whole {'day' if seen == 1 else 'days'} of it were reported")
    return Rate(activity, method, prior, True, seen, mean - 0.5 * deviation["day"] ** 2,
                np.zeros((draws, 0)), (),
                generator.standard_normal((draws, 12)) * deviation["month"][:, None],
                np.zeros((draws, 0)), (), deviation,
                np.maximum(priors.learning + priors.learning_sd * generator.standard_normal(draws),
                           0.0), priors.learning_days, np.ones(draws), (),
                (f"A prior, not learned here: {few} ({prior.source}).",))


def worked_before(days: TeamDays) -> np.ndarray:
    """(N,) full days that a team had worked before each of its days.

    A team whose first day is not on record counts as experienced (infinite).
    """
    order = np.lexsort((days.day, days.team))
    worked = days.worked[order]
    total = np.cumsum(worked) - worked
    team = days.team[order]
    first = np.searchsorted(team, np.arange(len(days.teams)))
    start = total[np.minimum(first, len(total) - 1)] if len(total) else total
    found = np.empty(len(days))
    found[order] = total - start[team] if len(total) else total
    known = days.joined if len(days.joined) else np.zeros(len(days.teams), dtype=bool)
    return np.where(known[days.team], found, np.inf)


def _checks(y: np.ndarray, fitted: np.ndarray, day: np.ndarray, ess: float, draws: int,
            prior: Range, mean: np.ndarray, rows: TeamDays) -> tuple[Check, ...]:
    scale = float(np.sqrt(np.mean(day**2)))
    z = (y - fitted) / scale
    found = [_inside_check(z, level, half) for level, half in (
        (0.5, 0.6744897501960817), (0.8, Z80), (0.95, 1.959963984540054))]
    replica = np.exp(fitted + 0.5 * scale**2) * rows.worked
    ratio = float(rows.m2.sum() / replica.sum())
    found.append(Check("total_area", ratio, "0.9 to 1.1", 0.9 <= ratio <= 1.1,
                       f"The days released {ratio:.2f} times what the model gives for them."))
    far = float(np.mean(np.abs(z) > 3.5))
    found.append(Check("far_days", far, "at most 1 %", far <= 0.01,
                       f"{far:.1%} of the days are far from all that the model expects."))
    shift = float((mean.mean() - prior.mean_log) / prior.sd_log)
    found.append(Check("prior", shift, "-2.5 to 2.5", abs(shift) <= 2.5,
                       f"The rate learned lies {abs(shift):.1f} prior deviations "
                       f"{'above' if shift > 0 else 'below'} what other programmes report."))
    found.append(Check("draws", ess, f"at least {draws / 10:.0f}", ess >= draws / 10,
                       f"The {draws} draws of the posterior are worth {ess:.0f} independent ones."))
    return tuple(found)


def _inside_check(z: np.ndarray, level: float, half: float) -> Check:
    """Whether as many days (z: off the fit, in deviations of a day) lie within `half` as should."""
    name, count = f"days_inside_{round(100 * level)}", len(z)
    inside = float(np.mean(np.abs(z) <= half))
    if count < FEWEST_CHECKED:
        return Check(name, inside, f"at least {FEWEST_CHECKED} days", True,
                     f"Days: {count:,}, too few to check how many of them lie in the interval "
                     f"that should hold {level:.0%}; {FEWEST_CHECKED} are needed.", told=False)
    low, high = inside_range(count, level)
    return Check(name, inside, f"{low:.0%} to {high:.0%}", low <= inside <= high,
                 f"{inside:.0%} of the days lie in the interval that should hold {level:.0%}.")


def inside_range(days: int, level: float) -> tuple[float, float]:
    """Shares of so many days inside an interval of this level that do not speak against the model.

    The central 99.8 % of a binomial count of half as many days, because good and bad days come in
    spells, and `INSIDE_ROOM` more on both sides: the effects were fitted to the same days (70 days
    of 5 teams drawn from the model itself had 2 to 4 points more inside than the level), and what
    is off by less moves no interval that is reported by much.
    """
    from scipy.stats import binom

    count = days // 2
    low, high = binom.ppf([0.001, 0.999], count, level) / count
    return max(0.0, float(low) - INSIDE_ROOM), min(1.0, float(high) + INSIDE_ROOM)


def _notes(days: TeamDays, kind: int, use: np.ndarray) -> tuple[str, ...]:
    own = days.kind == kind
    notes = []
    ended = int((own & days.ended & (days.m2 > 0)).sum())
    if ended:
        notes.append(f"{ended} days on which the work of an area ended were left out: they are not "
                     "whole days.")
    silent = own & (days.m2 <= 0) & (days.worked > 0)
    if len(days.nothing):
        silent &= ~days.nothing
    if silent.any():
        notes.append(f"{int(silent.sum())} days at work without a reported area were left out.")
    return tuple(notes)


def fit_rates(days: TeamDays, prior_of: Mapping[tuple[str, str], Range], priors: RatePriors, *,
              seed: int = 1, draws: int = DRAWS) -> tuple[Rate, ...]:
    """All kinds of work that have a prior, in its order, and reports of them where there are any.

    Kinds of work with reports and without a prior get the prior of their activity that is widest.
    """
    before = worked_before(days)
    places = {pair: k for k, pair in enumerate(days.kinds)}
    found = []
    for pair, prior in prior_of.items():
        if pair in places:
            found.append(fit_rate(days, places[pair], prior, priors, seed=seed, draws=draws,
                                  experience=before))
        else:
            found.append(_prior_rate(*pair, prior, priors, draws, seed, 0))
    for pair, k in places.items():
        if pair in prior_of or not np.any((days.kind == k) & (days.m2 > 0)):
            continue
        wide = _widest([r for (a, _), r in prior_of.items() if a == pair[0]]
                       or list(prior_of.values()))
        found.append(fit_rate(days, k, wide, priors, seed=seed, draws=draws, experience=before))
    return tuple(found)


def _widest(ranges: Sequence[Range]) -> Range:
    low, high = min(r.low for r in ranges), max(r.high for r in ranges)
    return Range(math.sqrt(low * high), low, high, "the widest range of related kinds of work")


# --- days lost -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lost:
    """Share of team-days that are lost, in the long run: M draws, and what it rests on."""

    share: np.ndarray  # (M,)
    from_prior: bool
    months: int
    observed: float | None  # share of the team-days reported; None: none were reported
    month_sd: float  # how much one month differs from another, of the logit


class MonthlyShare(NamedTuple):
    """A share of time as months show it: what was observed, how months differ and the standard
    error of the long run, both of the logit."""

    observed: float
    months: int
    spread: float
    error: float


def _logit(x: float) -> float:
    x = min(max(x, 0.002), 0.95)
    return math.log(x / (1 - x))


def _share_by_month(day: np.ndarray, part: np.ndarray, whole: np.ndarray, fewest: int = 3
                    ) -> MonthlyShare:
    """(N,) days, what counts of each, and of what. A month counts as one observation of the logit,
    its neighbours as half another."""
    days, back = np.unique(day, return_inverse=True)
    month = np.array([date.fromordinal(int(d)).year * 12 + date.fromordinal(int(d)).month
                      for d in days])
    names, place = np.unique(month[back], return_inverse=True)
    total = np.bincount(place, whole)
    own = np.bincount(place, part)
    if len(names) < fewest:
        spread = 0.7
    else:
        score = np.log((own + 0.5) / (total - own + 0.5))
        weight = total / total.sum()
        spread = float(np.sqrt(weight @ (score - weight @ score) ** 2 * len(names)
                               / max(len(names) - 1, 1)))
    spread = max(spread, 0.15)
    return MonthlyShare(float(own.sum() / total.sum()), len(names), spread,
                        spread / math.sqrt(len(names) / 1.5))


def fit_lost(days: TeamDays, prior: Assumption, *, seed: int = 1, draws: int = DRAWS,
             fewest: int = 3) -> Lost:
    """The lost share from the reports by month, with the stated range as prior.

    Months differ (weather, closures come in spells), so that a month counts as one observation of
    the logit, its neighbours as half another: n days of a bad month are not n observations.
    Reports that state neither hours nor time lost say nothing of it.
    """
    days = days.with_time
    generator = np.random.Generator(np.random.PCG64([seed, 77]))

    centre = _logit(prior.value)
    width = max((_logit(prior.high) - _logit(prior.low)) / (2 * Z80), 0.01)
    normal = generator.standard_normal(draws)
    if not len(days) or not np.any(days.worked < 1):
        observed = None if not len(days) else 0.0
        if observed is None or len(days) < 20:
            return Lost(1 / (1 + np.exp(-(centre + width * normal))), True, 0, observed, 0.0)
    observed, months, spread, error = _share_by_month(
        days.day, 1 - days.worked, np.ones(len(days)), fewest)
    at = _logit(observed)
    precision = width**-2 + error**-2
    middle = (centre * width**-2 + at * error**-2) / precision
    share = 1 / (1 + np.exp(-(middle + normal / math.sqrt(precision))))
    return Lost(share, False, months, observed, spread)
