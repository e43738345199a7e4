"""Forecast: rates from daily reports against closed forms, and simulation-based calibration.

All figures here are synthetic; no place is named.
"""

import math
from datetime import date

import numpy as np
import pytest

from landrelease.core.assumption import Assumption
from landrelease.core.team_days import TeamDays
from landrelease.errors import LandReleaseError
from landrelease.forecast import rates
from landrelease.forecast.rates import Range, RatePriors
from landrelease.records.assumptions import read_assumptions as read_file

SPREADS = {"day": 0.45, "team": 0.25, "ground": 0.2, "month": 0.1, "area": 0.35}
PRIORS = RatePriors({n: Range(v, v / 1.8, v * 1.8) for n, v in SPREADS.items()}, 0.3, 0.1, 35.0)
STATED = Range(400.0, 200.0, 800.0, "made up")


def packaged():
    import importlib.resources

    with importlib.resources.as_file(
            importlib.resources.files("landrelease.data") / "assumptions.csv") as path:
        return read_file(path)


def team_days(day, team, m2, *, area=None, ground=None, worked=None, teams=None, joined=True):
    count = len(day)
    team = np.asarray(team)
    teams = teams or tuple(f"team {t}" for t in range(int(team.max()) + 1))
    area = np.full(count, -1) if area is None else np.asarray(area)
    ground = np.full(count, -1) if ground is None else np.asarray(ground)
    return TeamDays(
        np.asarray(day), team, np.zeros(count, dtype=int), area, ground,
        np.asarray(m2, dtype=float),
        np.ones(count) if worked is None else np.asarray(worked, dtype=float),
        np.zeros(count, dtype=bool), teams, (("clearance", "manual"),),
        tuple(f"area {a}" for a in range(int(area.max()) + 1)),
        tuple(f"ground {g}" for g in range(int(ground.max()) + 1)),
        np.full(len(teams), joined))


def small_table(generator, teams=4, days=6, areas=5):
    count = teams * days
    factors = {"team": np.repeat(np.arange(teams), days), "month": generator.integers(0, 12, count),
               "ground": generator.integers(-1, 2, count), "area": generator.integers(-1, areas,
                                                                                       count)}
    levels = {"team": teams, "ground": 2, "month": 12, "area": areas}
    learning = -np.exp(-generator.random(count) * 3)
    y = generator.normal(6.0, 0.6, count)
    return y, learning, factors, levels


def test_the_likelihood_is_that_of_the_joint_normal():
    from scipy.stats import multivariate_normal

    generator = np.random.default_rng(3)
    y, learning, factors, levels = small_table(generator)
    table = rates.table_of(y, learning, factors, levels, 5.9, 0.3)
    found = rates.given(table, SPREADS, 0.7, 0.1).log_likelihood
    covariance = 0.7**2 + 0.1**2 * np.outer(learning, learning) + SPREADS["day"]**2 * np.eye(len(y))
    for name, level in factors.items():
        same = (level[:, None] == level[None, :]) & (level >= 0)[:, None]
        covariance += SPREADS[name] ** 2 * same
    expected = multivariate_normal(5.9 + 0.3 * learning, covariance).logpdf(y)
    assert found == pytest.approx(expected, rel=1e-9)


def test_a_balanced_one_way_layout_shrinks_as_the_closed_form_says():
    # n days of each of J teams, mean without prior: the team's effect is
    # n tau^2 / (n tau^2 + sigma^2) of its mean's distance from the mean of all.
    generator = np.random.default_rng(4)
    teams, days = 6, 10
    level = np.repeat(np.arange(teams), days)
    y = generator.normal(0, 0.3, teams)[level] + generator.normal(6, 0.5, teams * days)
    none = np.full(teams * days, -1)
    table = rates.table_of(y, np.zeros(teams * days),
                           {"team": level, "ground": none, "month": none, "area": none},
                           {"team": teams, "ground": 0, "month": 0, "area": 0}, 0.0, 0.0)
    found = rates.given(table, {**SPREADS, "team": 0.3, "day": 0.5}, 1e6, 1.0)
    means = y.reshape(teams, days).mean(axis=1)
    shrink = days * 0.3**2 / (days * 0.3**2 + 0.5**2)
    assert found.mean[0] == pytest.approx(means.mean())
    assert found.mean[2:] == pytest.approx(shrink * (means - means.mean()), abs=1e-9)
    # The variance of the mean of all: (tau^2 + sigma^2 / n) / J.
    covariance = np.linalg.inv(found.factor @ found.factor.T)
    assert covariance[0, 0] == pytest.approx((0.3**2 + 0.5**2 / days) / teams, rel=1e-6)


def simulated(generator, teams=5, days=14, areas=6):
    """A programme from the prior itself; also what was true."""
    deviation = {n: math.exp(r.mean_log + r.sd_log * generator.standard_normal())
                 for n, r in PRIORS.deviation.items()}
    mean = STATED.mean_log + STATED.sd_log * generator.standard_normal()
    learning = PRIORS.learning + PRIORS.learning_sd * generator.standard_normal()
    team = np.repeat(np.arange(teams), days)
    start = date(2031, 1, 6).toordinal()
    day = np.tile(np.arange(days) * 20 + start, teams)
    before = np.tile(np.arange(days), teams)
    area = generator.integers(0, areas, teams * days)
    ground = area % 3
    month = np.array([date.fromordinal(int(d)).month - 1 for d in day])
    own = {"team": generator.normal(0, deviation["team"], teams)}
    y = (mean + own["team"][team] + generator.normal(0, deviation["area"], areas)[area]
         + generator.normal(0, deviation["ground"], 3)[ground]
         + generator.normal(0, deviation["month"], 12)[month]
         - learning * np.exp(-before / PRIORS.learning_days)
         + generator.normal(0, deviation["day"], teams * days))
    days_ = team_days(day, team, np.exp(y), area=area, ground=ground)
    truth = {"mean": mean, "day": deviation["day"], "team": deviation["team"],
             "first": mean + own["team"][0], "area": deviation["area"]}
    return days_, truth


def test_ranks_of_the_truth_are_uniform_in_simulated_programmes():
    # Simulation-based calibration (Talts and others 2018): truth from the prior, data from it; the
    # rank of the truth among the posterior's draws is uniform.
    generator = np.random.default_rng(8)
    count = 120
    ranks = {name: np.zeros(count) for name in ("mean", "day", "team", "first", "area")}
    for i in range(count):
        days, truth = simulated(generator)
        found = rates.fit_rate(days, 0, STATED, PRIORS, seed=i, draws=100)
        draws = {"mean": found.log_mean, "first": found.log_mean + found.team[:, 0],
                 **{n: found.deviation[n] for n in ("day", "team", "area")}}
        for name, values in draws.items():
            ranks[name][i] = np.mean(values < truth[name])
    for name, rank in ranks.items():
        counts = np.histogram(rank, bins=6, range=(0, 1))[0]
        statistic = np.sum((counts - count / 6) ** 2 / (count / 6))
        assert statistic < 18.4, (name, counts)  # chi-squared, 5 degrees: one in 400
        assert rank.mean() == pytest.approx(0.5, abs=0.09), name


def test_a_team_with_few_days_borrows_from_the_others():
    generator = np.random.default_rng(5)
    team = np.concatenate([np.repeat(np.arange(8), 60), [8, 8]])
    m2 = np.exp(generator.normal(np.log(400), 0.4, len(team)))
    m2[-2:] = 4000.0  # two days, ten times as fast
    day = date(2031, 5, 1).toordinal() + np.arange(len(team)) % 60
    found = rates.fit_rate(team_days(day, team, m2), 0, STATED, PRIORS)
    own = np.median(found.log_mean[:, None] + found.team, axis=0) - math.log(400)
    assert abs(own[:8]).max() < 0.2  # three standard errors of 60 days, and what is left of months
    assert 0.2 < own[8] < math.log(10)
    alone = rates.fit_rate(team_days(day[-2:].repeat(3), [0] * 6, [4000.0] * 6), 0, STATED, PRIORS)
    assert own[8] < np.median(alone.log_mean + alone.team[:, 0]) - math.log(400)


def test_without_reports_the_prior_is_given_and_marked():
    days = team_days([date(2031, 5, 1).toordinal()], [0], [400.0])
    found = rates.fit_rates(days.pick(np.zeros(1, dtype=bool)),
                            {("clearance", "manual"): STATED}, PRIORS)
    (rate,) = found
    assert rate.from_prior and rate.days == 0 and "prior" in rate.notes[0].casefold()
    assert rate.quantiles() == pytest.approx((200, 400, 800), rel=0.15)
    few = rates.fit_rate(team_days([730_000] * 3, [0] * 3, [1.0] * 3), 0, STATED, PRIORS)
    assert few.from_prior and "only 3 whole days" in few.notes[0]


def test_days_that_do_not_fit_the_model_are_found_out():
    generator = np.random.default_rng(6)
    team = np.repeat(np.arange(5), 80)
    day = 737_000 + np.tile(np.arange(80), 5)
    good = np.exp(generator.normal(np.log(400), 0.4, 400))
    fine = {c.name: c for c in rates.fit_rate(team_days(day, team, good), 0, STATED, PRIORS).checks}
    assert all(c.fine for c in fine.values())
    bad = good.copy()
    bad[::20] *= 100  # typed in another unit
    found = {c.name: c for c in rates.fit_rate(team_days(day, team, bad), 0, STATED, PRIORS).checks}
    assert not found["far_days"].fine
    slow = rates.fit_rate(team_days(day, team, good / 40), 0, STATED, PRIORS)
    assert not {c.name: c for c in slow.checks}["prior"].fine


def test_too_few_days_are_no_pass_and_a_share_far_off_is_found_out():
    def checks(count):
        # Off the mean by the same amount, up or down, but for one day in ten: two humps, no bell.
        off = np.where(np.arange(count) % 10 == 0, 0.0, np.where(np.arange(count) % 2, 0.4, -0.4))
        day = 737_000 + np.arange(count)
        found = rates.fit_rate(team_days(day, np.arange(count) // 2 % 3, 400 * np.exp(off)), 0,
                               STATED, PRIORS)
        return {c.name: c for c in found.checks}

    few = checks(44)["days_inside_50"]
    assert not few.told and few.found < 0.2, "as far off as can be: it would have passed"
    assert "Days: 44, too few to check" in few.words and "60 are needed" in few.words
    many = checks(60)["days_inside_50"]
    assert many.told and not many.fine and many.found < 0.2 and many.expected == "18% to 82%"


def test_shares_inside_are_held_against_half_as_many_days():
    from scipy.stats import binom

    for days, level in ((60, 0.5), (60, 0.8), (400, 0.5), (4000, 0.95)):
        low, high = rates.inside_range(days, level)
        assert 0 < low < level < high <= 1 and not (low < 0.05 and high > 0.95)
        # Of days that do come in pairs alike at most 2 in 1,000 are called wrong by chance.
        share = np.arange(days // 2 + 1) / (days // 2)
        wrong = binom.pmf(np.arange(days // 2 + 1), days // 2, level)[
            (share < low) | (share > high)].sum()
        assert wrong <= 0.002
    # The room closes with the days, down to what is no matter.
    assert rates.inside_range(10**6, 0.8) == pytest.approx((0.75, 0.85), abs=0.003)


def test_the_rate_of_a_full_day_and_the_pace_over_areas_are_two_numbers_by_name():
    generator = np.random.default_rng(2)
    area = np.arange(400) // 10
    m2 = 400 * np.exp(generator.normal(0, 0.5, 40)[area] + generator.normal(0, 0.2, 400))
    found = rates.fit_rate(team_days(737_000 + np.arange(400), np.arange(400) % 4, m2, area=area),
                           0, STATED, PRIORS)
    assert 0.8 < np.median(found.of_work()) / np.median(found.per_day()) < 0.95
    assert "over areas that differ" in rates.Rate.of_work.__doc__


def test_same_seed_same_draws():
    days, _ = simulated(np.random.default_rng(1))
    one, two = (rates.fit_rate(days, 0, STATED, PRIORS, seed=3, draws=50) for _ in range(2))
    assert np.array_equal(one.log_mean, two.log_mean) and np.array_equal(one.team, two.team)


def test_lost_days_come_from_the_reports_when_there_are_some():
    prior = Assumption("lost_day_share", 0.15, 0.05, 0.30, "", "", "made up")
    nothing = team_days([737_000], [0], [1.0]).pick(np.zeros(1, dtype=bool))
    found = rates.fit_lost(nothing, prior)
    assert found.from_prior and found.observed is None
    assert np.quantile(found.share, [0.1, 0.5, 0.9]) == pytest.approx([0.05, 0.14, 0.33], abs=0.04)
    generator = np.random.default_rng(7)
    day = 737_000 + np.repeat(np.arange(720), 5)
    lost = generator.random(3600) < 0.4
    found = rates.fit_lost(team_days(day, np.tile(np.arange(5), 720), 400.0 * ~lost,
                                     worked=1.0 - lost), prior)
    assert not found.from_prior and found.observed == pytest.approx(0.4, abs=0.03)
    assert np.median(found.share) == pytest.approx(0.39, abs=0.03)
    assert np.quantile(found.share, 0.9) - np.quantile(found.share, 0.1) < 0.1


def test_the_packaged_priors_are_read_and_a_missing_one_is_named():
    stated = packaged()
    found = rates.rate_priors(stated)
    assert set(found.deviation) == set(SPREADS) and found.learning_days == 35
    less = type(stated)({k: v for k, v in stated.by_name.items() if k != "rate_team_spread"})
    with pytest.raises(LandReleaseError, match=r"FOR-002.*rate_team_spread"):
        rates.rate_priors(less)
