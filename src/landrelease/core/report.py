"""What publish shows: all that the pages and the document need, already computed.

`Report` is for the people who run a programme; `PublicReport` for everybody. The second is not a
filtered first: it is a smaller value of its own, which cannot hold what the public must not get
(S14 to S16).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from landrelease.core.assumption import Assumptions
from landrelease.core.finding import ImportReport
from landrelease.core.hazard import AdministrativeArea, Ground, Land, Settlement
from landrelease.core.ledger import Figure, LedgerRow
from landrelease.core.outlook import Outlook
from landrelease.core.risk import ContaminationMap, HazardAssessment
from landrelease.core.work import Plan


@dataclass(frozen=True, slots=True)
class DataSource:
    """Where a layer comes from. `licence` in the source's words, "" where none is stated."""

    name: str
    what: str
    origin: str
    licence: str
    state: str  # date of information in words; "" where not reported


@dataclass(frozen=True, slots=True)
class Reopening:
    """When C communities, or works of the second phase, can begin to live or to be built again.

    Days are counted from `start`: 0 already so, inf not within what was looked at. `plan_day` (C,)
    by the plan's own dates, `run_day` (R, C) in each run of the forecast. `weight` (C,) is people
    (NaN: not reported) or money. `free_day` (C,), by the plan: a community's own hazards are
    released too.
    """

    start: date
    names: tuple[str, ...]
    weight: np.ndarray
    plan_day: np.ndarray
    run_day: np.ndarray | None = None
    free_day: np.ndarray | None = None


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase of the programme and its money.

    `arrives` are dates and amounts that are announced; `cost` (R,) is what the runs of the forecast
    spend, `works` what can begin once its land is handed over. None: not part of this phase.
    """

    name: str
    budget: float
    currency: str
    arrives: tuple[tuple[date, float], ...] = ()
    cost: np.ndarray | None = None
    works: Reopening | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A programme's land, plan and forecast for those who run it.

    Every part may be empty: what was not computed is None or (), and its section is left out with
    a word about it. `weights` are the user's, name in words -> value. `promised` are dates that
    somebody announced, for the table of chances; where it is empty the ends of the years are shown.
    `ledger` holds one row for each administrative area; `ledger_total` is the row of the whole.
    """

    title: str
    subtitle: str
    scope: str
    synthetic: bool  # S19: said on every output
    made_on: date
    land: Land
    assessments: tuple[HazardAssessment, ...] = ()
    plan: Plan | None = None
    weights: Mapping[str, float] = field(default_factory=dict)
    outlook: Outlook | None = None
    promised: tuple[date, ...] = ()
    ledger: tuple[LedgerRow, ...] = ()
    ledger_total: LedgerRow | None = None
    figures: tuple[Figure, ...] = ()
    assumptions: Assumptions | None = None
    imports: tuple[ImportReport, ...] = ()
    communities: Reopening | None = None
    phases: tuple[Phase, ...] = ()
    contamination: ContaminationMap | None = None
    contamination_file: str = ""  # name of the raster that lies beside the page
    sources: tuple[DataSource, ...] = ()
    cautions: tuple[str, ...] = ()  # the programme's own; the standing ones are always shown

    @property
    def chain_head(self) -> str:
        return self.land.chain_head


@dataclass(frozen=True, slots=True)
class ReleasedGround:
    """Ground handed back, rounded inward (S15). None: not reported (S12). `signed`: a decision that
    counts stands behind it; without one the page does not call it released (S09)."""

    ground: Ground
    outcome_type: str
    depth_m: float | None
    released_on: date | None
    signed: bool = True


@dataclass(frozen=True, slots=True)
class PublicTotal:
    """One municipality. Areas are geodesic m² of unions; None: not reported."""

    name: str
    hazards: int
    hazardous_m2: float | None
    released_m2: float | None


@dataclass(frozen=True, slots=True)
class PublicFigure:
    """A number without the records that it rests on. `low`, `high`: central 80 %."""

    name: str
    definition: str
    value: float | None
    unit: str
    low: float | None = None
    high: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReportedGround:
    """Cells in which somebody reported something dangerous that nobody dealt with yet, longitude
    and latitude; the day of the newest report, None: not stated."""

    ground: Ground
    day: date | None


@dataclass(frozen=True, slots=True)
class PublicReport:
    """What everybody may know.

    `hazardous` are whole coarse cells that touch the widened hazards (a superset, S15), longitude
    and latitude; `cell_m` is their side. `released` is rounded inward. `contact` says who to call,
    "" where the programme has not set it. `state` is the date of information in words. `place_m` is
    how far a place that somebody taps may be off, in m, as for `/public`. `reported` are whole
    cells as well. `unplaced`: of some hazards or finds nobody knows the place.
    """

    title: str
    subtitle: str
    scope: str
    synthetic: bool
    made_on: date
    state: str
    hazardous: tuple[Ground, ...]
    cell_m: float
    released: tuple[ReleasedGround, ...] = ()
    municipalities: tuple[AdministrativeArea, ...] = ()
    places: tuple[Settlement, ...] = ()
    totals: tuple[PublicTotal, ...] = ()
    figures: tuple[PublicFigure, ...] = ()
    sources: tuple[DataSource, ...] = ()
    cautions: tuple[str, ...] = ()
    contact: str = ""
    chain_head: str = ""
    place_m: float = 10.0
    reported: tuple[ReportedGround, ...] = ()
    unplaced: bool = False
