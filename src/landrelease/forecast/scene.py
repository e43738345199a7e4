"""What the compiled runs read and write: one record a stage, area, team, sector and so on.

All fields of one thing lie side by side in memory, and a compiled function is handed twenty arrays
instead of a hundred: both take most of the time of a run where they are not so. Whole numbers are
int32; times are slots unless days are said.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from landrelease.forecast.areas import Areas, Chances
    from landrelease.forecast.dispatch import Comings, Ways, Workforce
    from landrelease.forecast.effects import Effects

SPELLS = 256  # closures of a sector that a run keeps; later ones are drawn whenever they are asked


def _record(**fields: str) -> np.dtype:
    """A structured type, aligned as C would; `fields` are names and types parted by blanks."""
    return np.dtype([(name, kind) for kind, names in fields.items() for name in names.split()],
                    align=True)


# What a run does with an element: `state` and `alone` see `dispatch._play`; `chosen` is the option
# in use; `child` its first child, `sibling` the next one of the same parent, `beside` the next one
# of those that wait for the same zone; `finish` inf: not by the horizon, -1: never had to be done.
ELEMENT = _record(f8="work released finish",
                  i4="stage parent child sibling beside chosen first_option end_option sector",
                  i1="state alone known")
STAGE = _record(f8="released",
                i4="activity hazard before rank place zone sector ground line first_option "
                   "end_option first_gate end_gate certain")
# `share_...` are those of the known area in this run, `extra` the areas that turn up beside it.
HAZARD = _record(f8="m2 cancelled reduced cleared follows share_cancelled share_reduced "
                    "share_cleared", i4="first end extra")
# `to_learn` is exp(-slots at work so far / slots of learning), `at_start` that of the start; then
# slots at work until the next breakdown and departure, and how many there were.
TEAM = _record(f8="to_learn at_start fails_at leaves_at busy_until", i4="doing breakdowns "
                                                                        "departures")
POOL = _record(f8="fail_rate repair leave_rate gap learning learning_slots cost opens worked",
               i4="first end free watches limit", i1="never gone")
# Of the closure that is next or in force: its last day, begin and end, and the slots' worth of work
# that season allows until these; its number; fixed closures: the first that is not over.
SECTOR = _record(f8="last_day begins ends work_begins work_ends shape scale log_mean "
                    "log_sd at_start", i4="number first_fixed end_fixed fixed_at drawn shut")
SPELL = _record(f8="last_day begins ends work_begins work_ends")
# `pays`: a bit a budget line; `many`: how many they are.
FUND = _record(f8="arrives late amount lapses at rest", u8="pays", i4="many")
GATE = _record(i4="zone_from zone_to size left")
ZONE = _record(f8="opens", i4="outside")


class Chance(NamedTuple):
    """See `areas.Chances`, `effects.Effects` and `dispatch.Workforce`."""

    task_spread: float
    concentration: float
    whole: float
    renewed: bool
    renewed_part: float
    renewed_rate: float
    renewed_until: float
    stated_cancelled: float
    stated_reduced: float
    stated_cleared: float
    move: float
    horizon: float
    seasonal: bool
    funded: bool
    lapsing: bool  # some money is lost where it is not spent by a day
    earmarked: bool  # some money is for some work only


class Scene(NamedTuple):
    """Room for runs of up to C elements; made once for many of them, used by one thread."""

    chance: Chance
    stages: np.ndarray  # STAGE (S,)
    order: np.ndarray  # int32 (S,)
    hazards: np.ndarray  # HAZARD (H,)
    of_hazard: np.ndarray  # int32 (S,) stages, hazard by hazard
    first: np.ndarray  # int32 (S + 1,) first element of each place in the order
    elements: np.ndarray  # ELEMENT (C,)
    # int32 (O, 4) pool and planned slots of the first step, then of the second; those of a stage
    # from the shortest to the longest.
    option: np.ndarray
    pools: np.ndarray  # POOL (P,)
    teams: np.ndarray  # TEAM (T,)
    idle: np.ndarray  # uint64 (T / 64,) a bit a team: free
    queued: np.ndarray  # int64 (3,) by activity: elements that wait for a team to begin them
    has_free: np.ndarray  # uint64 (P / 64,) a bit a pool: any of its teams is free
    due: np.ndarray  # (2 N,) ends of steps: node k is the sooner of 2 k and 2 k + 1, N + t team t
    whose: np.ndarray  # int32 (2 N,) and the team
    waits: np.ndarray  # uint64 (P, C / 64) the queues: a bit an element, numbered by priority
    some: np.ndarray  # uint64 (P, C / 4096) a bit a word of `waits`: something waits in it
    shut: np.ndarray  # uint64 (C / 64,) a bit an element: lies in a closed sector
    inside: np.ndarray  # uint64 (K, C / 64) a bit an element: lies in the sector
    unpaid: np.ndarray  # uint64 (C / 64,) a bit an element: its budget line cannot be paid now
    barred: np.ndarray  # uint64 (C / 64,) shut or unpaid; kept where money is earmarked
    of_line: np.ndarray  # uint64 (L, C / 64) a bit an element: of the budget line
    ready: np.ndarray  # int32 (C,) stack of what becomes ready now
    ended: np.ndarray  # int32 (C,) stack of what ends now
    timer: np.ndarray  # (C,) heap of moments at which an element becomes ready ...
    timed: np.ndarray  # int32 (C,) ... and the elements
    gates: np.ndarray  # GATE (G,)
    stage_gate: np.ndarray  # int32 the gates that a stage belongs to
    zones: np.ndarray  # ZONE (Z,)
    sectors: np.ndarray  # SECTOR (K,)
    spells: np.ndarray  # SPELL (K, SPELLS) those drawn so far; the last: what is not kept
    fixed: np.ndarray  # (X, 2) closures with dates: from, to
    slot_of_day: np.ndarray  # (D + 1,)
    worked_by: np.ndarray  # (N + 1,)
    slot_of_work: np.ndarray  # int32: the last slot by whose begin at most so much work is done
    funds: np.ndarray  # FUND (F,)
    coming: np.ndarray  # (M,) slots at which a pool comes or leaves ...
    comes: np.ndarray  # int32 (M,) ... the pool, or P + pool that leaves
    stopped: np.ndarray  # (1,) money first kept work from being begun; inf: never


def _table(kind: np.dtype, count: int, **columns: np.ndarray | float) -> np.ndarray:
    found = np.zeros(count, dtype=kind)
    for name, values in columns.items():
        found[name] = values
    return found


def _shortest_first(workforce: Workforce) -> np.ndarray:
    """The options of each stage from the shortest to the longest; equal ones as they stood."""
    option = np.asarray(workforce.option, dtype=np.int32).reshape(-1, 4)
    stage = np.repeat(np.arange(len(workforce.option_start) - 1), np.diff(workforce.option_start))
    length = option[:, 1].astype(np.int64) + option[:, 3]
    return np.ascontiguousarray(option[np.lexsort((length, stage))])


def scene_of(areas: Areas | None, workforce: Workforce, ways: Ways, chances: Chances | None,
             effects: Effects, comings: Comings, capacity: int) -> Scene:
    """Lay all out for the kernel. Without `areas` and `chances` elements are given, not drawn."""
    count, pools = len(workforce.option_start) - 1, len(workforce.opens)
    teams, sectors = int(workforce.pool_start[-1]), len(effects.open_scale)
    option_start, gate_start = workforce.option_start, ways.stage_gate_start
    stages = _table(STAGE, count, zone=ways.zone[:count], sector=effects.sector[:count],
                    line=effects.line[:count],
                    first_option=option_start[:-1], end_option=option_start[1:],
                    first_gate=gate_start[:-1], end_gate=gate_start[1:])
    hazards = np.zeros(0, dtype=HAZARD)
    order = of_hazard = np.zeros(0, dtype=np.int32)
    stated = (0.0, 0.0, 0.0)
    if areas is not None:
        for name, values in (("released", areas.released_m2), ("activity", areas.activity),
                             ("hazard", areas.hazard), ("before", areas.predecessor),
                             ("rank", areas.rank), ("place", areas.place),
                             ("ground", areas.ground),
                             ("certain", areas.certain)):
            stages[name] = values
        shares = areas.shares
        hazards = _table(
            HAZARD, len(areas.hazard_m2), m2=areas.hazard_m2, cancelled=shares[:, 0],
            reduced=shares[:, 1], cleared=shares[:, 2], follows=areas.follows,
            first=areas.stages_start[:-1], end=areas.stages_start[1:])
        order, of_hazard = areas.order.astype(np.int32), areas.stages.astype(np.int32)
        stated = (float(areas.stated[0]), float(areas.stated[1]), float(areas.stated[2]))
    size = np.diff(workforce.pool_start)
    slots = np.repeat(effects.learning_slots, size)
    nodes = 1
    while nodes < teams:
        nodes *= 2
    words = capacity // 64 + 1
    last = int(effects.worked_by[-1])
    return Scene(
        chance=Chance(
            *((0.0, math.inf, 0.0, False, 0.0) if chances is None else (
                float(chances.task_spread), float(chances.concentration), float(chances.whole),
                bool(chances.renewed), float(chances.renewed_part))),
            float(effects.renewed_rate), float(effects.renewed_until), *stated,
            float(workforce.move_slots), float(workforce.horizon), bool(effects.seasonal),
            bool(effects.funded), bool(np.isfinite(effects.lapses).any()),
            bool(effects.earmarked)),
        stages=stages, order=order, hazards=hazards, of_hazard=of_hazard,
        first=np.zeros(count + 1, dtype=np.int32), elements=np.zeros(capacity, dtype=ELEMENT),
        option=_shortest_first(workforce),
        pools=_table(
            POOL, pools, fail_rate=effects.fail_rate, repair=effects.repair,
            leave_rate=effects.leave_rate, gap=effects.gap, learning=effects.learning,
            learning_slots=effects.learning_slots, cost=workforce.cost, opens=workforce.opens,
            first=workforce.pool_start[:-1], end=workforce.pool_start[1:], never=comings.gone,
            watches=-1 if workforce.watches is None else workforce.watches,
            limit=0 if workforce.limit is None else workforce.limit),
        teams=_table(TEAM, teams, at_start=np.where(
            slots > 0, np.exp(-effects.experience / np.maximum(slots, 1e-300)), 0.0)),
        idle=np.zeros(teams // 64 + 1, dtype=np.uint64),
        queued=np.zeros(3, dtype=np.int64), has_free=np.zeros(pools // 64 + 1, dtype=np.uint64),
        due=np.full(2 * nodes, np.inf), whose=np.zeros(2 * nodes, dtype=np.int32),
        waits=np.zeros((pools, words), dtype=np.uint64),
        some=np.zeros((pools, capacity // 4096 + 1), dtype=np.uint64),
        shut=np.zeros(words, dtype=np.uint64), inside=np.zeros((sectors, words), dtype=np.uint64),
        unpaid=np.zeros(words, dtype=np.uint64), barred=np.zeros(words, dtype=np.uint64),
        of_line=np.zeros((int(effects.line.max(initial=-1)) + 1 if effects.earmarked else 0,
                          words), dtype=np.uint64),
        ready=np.zeros(capacity, dtype=np.int32), ended=np.zeros(capacity, dtype=np.int32),
        timer=np.zeros(capacity), timed=np.zeros(capacity, dtype=np.int32),
        gates=_table(GATE, len(ways.gate_size), zone_from=ways.gate_from, zone_to=ways.gate_to,
                     size=ways.gate_size),
        stage_gate=ways.stage_gate.astype(np.int32), zones=np.zeros(ways.zones, dtype=ZONE),
        sectors=_table(
            SECTOR, sectors, shape=effects.open_shape, scale=effects.open_scale,
            log_mean=effects.closed_log_mean, log_sd=effects.closed_log_sd,
            at_start=effects.closed_at_start, first_fixed=effects.fixed_first[:-1],
            end_fixed=effects.fixed_first[1:]) if sectors else np.zeros(0, dtype=SECTOR),
        spells=np.zeros((sectors, SPELLS), dtype=SPELL),
        fixed=np.column_stack([effects.fixed_from, effects.fixed_to]),
        slot_of_day=effects.slot_of_day, worked_by=effects.worked_by,
        slot_of_work=(np.searchsorted(effects.worked_by, np.arange(last + 1), side="right")
                      - 1).astype(np.int32),
        funds=_table(FUND, len(effects.arrives), arrives=effects.arrives, late=effects.late,
                     amount=effects.amount, lapses=effects.lapses,
                     pays=effects.pays if effects.earmarked else 0.0,
                     many=np.array([int(n).bit_count() for n in effects.pays])
                     if effects.earmarked else 0.0),
        coming=comings.when.astype(float), comes=comings.what.astype(np.int32),
        stopped=np.zeros(1))
