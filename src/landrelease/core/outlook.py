"""The forecast as it is handed on: distributions, not dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

# Runs under an interval that is to hold 80 %: with so many the share that lies between the 10th and
# the 90th in order has a standard error of 4 points (the root of 0.8 * 0.2 / 100), and ten runs
# stand beyond each end. With few, one run is an end; with a single one both ends are the same day.
FEWEST_RUNS = 100


@dataclass(frozen=True, slots=True)
class Driver:
    """What moves the finish: the share of the spread (0..1) that an assumption explains."""

    name: str
    share: float
    words: str


@dataclass(frozen=True, slots=True)
class TrackRow:
    """Forecasts of past months, so many months ahead, against what came true; areas in m²."""

    ahead: int  # months
    forecasts: int
    crps_m2: float
    bootstrap_m2: float  # CRPS of the pace so far, drawn again in blocks
    straight_m2: float  # of the mean pace carried on
    inside: dict[str, float]  # level of the interval ("80%") -> share of the truths inside
    bias_m2: float  # mean of median forecast less truth


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """How good forecasts from the records alone were at past months; no rows: nothing to score."""

    months: int  # past months at which a forecast was made
    rows: tuple[TrackRow, ...]
    notes: tuple[str, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """In plain words, a line for each row; why there is none where there is none."""
        if not self.rows:
            return ("Not back-tested: there is too little history to score a forecast on.",
                    *self.notes)
        lines = []
        for r in self.rows:
            inside = ", ".join(f"{share:.0%} inside the {level.replace('%', ' %')} interval"
                               for level, share in r.inside.items())
            worse = r.crps_m2 > r.bootstrap_m2
            lines.append(
                f"{r.ahead} {'month' if r.ahead == 1 else 'months'} ahead, {r.forecasts} forecasts "
                f"of area released: {inside}; CRPS {r.crps_m2 / 1e4:,.2f} ha, of the pace drawn "
                f"again {r.bootstrap_m2 / 1e4:,.2f} ha, carried straight on "
                f"{r.straight_m2 / 1e4:,.2f} ha" + (": no better than the plain pace" if worse
                                                   else "") + ".")
        return (f"Such forecasts were made for {self.months} past months and scored against what "
                "came true (they rest on records alone, not on a plan; smaller CRPS is better):",
                *lines, *self.notes)


@dataclass(frozen=True, slots=True)
class Outlook:
    """R simulated runs of the policy. `finish_day` is calendar days from `start`, inf where a run
    did not finish by `horizon_days`; `cost` is money until then.

    Curves: `curve_days` (T,) and `released_m2` (Q, T), the quantiles `quantiles` (Q,) of the area
    released by then.
    """

    start: date
    horizon_days: float
    finish_day: np.ndarray  # (R,)
    cost: np.ndarray  # (R,)
    currency: str
    quantiles: np.ndarray  # (Q,)
    curve_days: np.ndarray  # (T,)
    released_m2: np.ndarray  # (Q, T)
    total_m2: float
    drivers: tuple[Driver, ...]
    seed: int
    policy: str  # the dispatch rule, in words
    # What follows may be missing (None, "", ()) in a forecast that did not compute it.
    cancelled_m2: np.ndarray | None = None  # (T,) medians of the three parts of released_m2 (S03);
    reduced_m2: np.ndarray | None = None  # (T,) each its own median: they need not add up to the
    cleared_m2: np.ndarray | None = None  # (T,) median of the sum
    work_cost: np.ndarray | None = None  # (R,) the part of cost that is days of work, not waiting
    cost_definition: str = ""
    found_m2: np.ndarray | None = None  # (R,) area nobody knew of that turned up; not in total_m2
    stated_finish_day: float | None = None  # one run with every assumption at its stated value and
    # no chance at all; None where it does not finish. Not a date to promise.
    explained: str = ""  # what the drivers explain, and how much of it is chance, in words
    chance_share: float | None = None  # 1 - sum of the drivers' shares
    notes: tuple[str, ...] = ()  # what a reader must know, in plain words
    community_ids: tuple[str, ...] = ()
    community_day: np.ndarray | None = None  # (R, C) can be reached from this day on; inf: not
    work_day: np.ndarray | None = None  # (R, K) land of a second-phase work free from this day on
    area_ids: tuple[str, ...] = ()  # H areas of the plan
    area_quantiles: np.ndarray | None = None  # (A,) of ...
    area_day: np.ndarray | None = None  # (A, H) ... the day on which each is done; inf: not by then
    groups: tuple[str, ...] = ()  # G communities or districts
    group_day: np.ndarray | None = None  # (A, G) the day on which all areas of each are done
    scenario: str = "as planned"
    track: TrackRecord | None = None  # how good such forecasts were; None: not computed

    @property
    def runs(self) -> int:
        return len(self.finish_day)

    @property
    def few(self) -> bool:
        """Whether there are too few runs for an interval (`FEWEST_RUNS`)."""
        return self.runs < FEWEST_RUNS

    def chance_by(self, day: date) -> float:
        """Share of runs finished by a date."""
        return float(np.mean(self.finish_day <= (day - self.start).days))

    def passed(self, day: date) -> bool:
        """Whether a day lies before the first one of the forecast while there is work left then:
        what has happened, not the runs, says that it was not kept."""
        return day < self.start and bool(np.any(self.finish_day > 0))

    def cost_quantile(self, chance: float) -> tuple[float, bool]:
        """The cost that covers this share of the runs (no interpolation), and whether it is known:
        False where runs that did not finish hold it, so that it is a lower bound."""
        so_far = np.quantile(self.cost, chance, method="inverted_cdf")
        whole = np.where(np.isfinite(self.finish_day), self.cost, np.inf)
        return float(so_far), bool(np.quantile(whole, chance, method="inverted_cdf") == so_far)
