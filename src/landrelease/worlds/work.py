"""What happened so far: survey, technical survey, machines, manual clearance, day by day.

Each worked area is seen along its longer side: u in 0..1 is the share of its area that lies before
a place. Survey cancels from both ends, technical survey reduces from what is then the end, and the
rest is cleared in pieces of the range of u. Nothing that is decided here knows more than a team
would: the truth enters by what a search finds and by what people get wrong.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import shapely

from landrelease.worlds.closures import Closures, in_season
from landrelease.worlds.contamination import Contamination
from landrelease.worlds.ground import Ground
from landrelease.worlds.people import Detection, Teams
from landrelease.worlds.sizes import AS_OF, START, Dice
from landrelease.worlds.survey import Survey

WORKED_DAYS = (AS_OF - START).days + 1
LOST = ("shelling", "drones", "weather", "equipment", "no medic or ambulance", "staff or training")
NTS, TS, MANUAL, MECHANICAL = range(4)
PIECE_M2 = (0.0, 0.0, 20_000.0, 40_000.0)
KNOTS = 48
HOURS = 6.0


@dataclass(slots=True)
class Strip:
    """An area seen along its longer side: turned by -angle, cut at `x`, `share` of it before x."""

    shape: shapely.Geometry
    angle: float
    x: np.ndarray
    share: np.ndarray

    @classmethod
    def of(cls, shape: shapely.Geometry) -> Strip:
        box = shapely.get_coordinates(shapely.minimum_rotated_rectangle(shape))
        sides = np.diff(box[:3], axis=0)
        long_side = sides[int(np.argmax(np.hypot(*sides.T)))]
        angle = float(np.arctan2(long_side[1], long_side[0]))
        turned = turn(shape, -angle)
        west, south, east, north = turned.bounds
        x = np.linspace(west, east, KNOTS + 1)
        cells = shapely.box(x[:-1], south - 1, x[1:], north + 1)
        part = np.cumsum(shapely.area(shapely.intersection(turned, cells)))
        return cls(shape, angle, x, np.concatenate([[0.0], part / part[-1]]))

    def u(self, xy: np.ndarray) -> np.ndarray:
        along = xy[:, 0] * np.cos(self.angle) + xy[:, 1] * np.sin(self.angle)
        return np.interp(along, self.x, self.share)

    def piece(self, low: float, high: float) -> shapely.Geometry:
        """The ground between two shares, at their places along the longer side."""
        a, b = np.interp([low, high], self.share, self.x)
        turned = turn(self.shape, -self.angle)
        _, south, _, north = turned.bounds
        part = shapely.intersection(turned, shapely.box(a, south - 1, b, north + 1))
        polygons = [p for p in shapely.get_parts(part) if p.geom_type == "Polygon" and p.area > 1]
        if not polygons:
            return shapely.Polygon()
        made = polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)
        return turn(made, self.angle)


def turn(shape: shapely.Geometry, angle: float) -> shapely.Geometry:
    c, s = np.cos(angle), np.sin(angle)
    return shapely.transform(shape, lambda xy: np.column_stack(
        [c * xy[:, 0] - s * xy[:, 1], s * xy[:, 0] + c * xy[:, 1]]))


@dataclass(slots=True)
class Report:
    """A team and day. `lost` indexes LOST, -1: worked. u0..u1: what was worked, of the area."""

    day: int
    team: int
    area: int
    activity: int
    m2: float
    hours: float
    found: int
    alarms: int
    rounds: int
    lost: int
    u0: float
    u1: float


@dataclass(slots=True)
class Piece:
    """Ground that one decision took out, or that a machine only prepared (`mechanical`)."""

    area: int
    kind: str  # cancelled, reduced, cleared, mechanical
    low: float
    high: float
    day: int
    team: int


@dataclass(slots=True)
class _Area:
    strip: Strip
    items: np.ndarray  # indices of items inside, by u
    u: np.ndarray
    ease: float  # factor of the rate: vegetation and slope
    low: float = 0.0
    high: float = 1.0
    open_pieces: int = 0


@dataclass(slots=True)
class _Task:
    area: int
    stage: int
    low: float
    high: float
    factor: float = 1.0  # of the rate: behind a machine it is higher
    at: float = field(default=-1.0)


@dataclass(frozen=True, slots=True)
class Work:
    reports: tuple[Report, ...]
    pieces: tuple[Piece, ...]
    strips: dict[int, Strip]
    status: tuple[str, ...]  # of each area: open, worked_on, suspended, closed
    found_day: np.ndarray  # int32 (I,), -1: still there
    found_team: np.ndarray  # int32 (I,)
    found_by: np.ndarray  # int8 (I,) index of people.KINDS
    moved: np.ndarray  # float64 (I, 2): where a machine threw it; nan where it lies as it was
    cancelled_with_items: int  # decisions that were wrong: items left in cancelled ground
    reduced_with_items: int


def make_work(ground: Ground, contamination: Contamination, survey: Survey, teams: Teams,
              detection: Detection, closures: Closures, blocked: np.ndarray, dice: Dice) -> Work:
    return _Programme(ground, contamination, survey, teams, detection, closures, blocked,
                      dice).run()


class _Programme:
    def __init__(self, ground: Ground, contamination: Contamination, survey: Survey, teams: Teams,
                 detection: Detection, closures: Closures, blocked: np.ndarray, dice: Dice):
        self.ground, self.contamination, self.survey = ground, contamination, survey
        self.teams, self.detection, self.closures = teams, detection, closures
        self.rng = dice("work")
        count = len(contamination.xy)
        self.found_day = np.full(count, -1, dtype=np.int32)
        self.found_team = np.full(count, -1, dtype=np.int32)
        self.found_by = np.full(count, -1, dtype=np.int8)
        self.moved = np.full((count, 2), np.nan)
        self.areas: dict[int, _Area] = {}
        self.reports: list[Report] = []
        self.pieces: list[Piece] = []
        self.wrong = {"cancelled": 0, "reduced": 0}
        middle = shapely.get_coordinates(shapely.point_on_surface(survey.shapes))
        self.middle = middle
        self.sector = closures.sector_of(middle)
        home = shapely.STRtree(shapely.points(ground.settlements.xy)).query_nearest(
            shapely.points(middle), all_matches=False)[1]
        self.home = ground.settlements.municipality[home]
        self.slope = ground.relief.slope_deg(middle[:, 0], middle[:, 1])
        order = np.argsort(survey.item_area, kind="stable")
        start = np.searchsorted(survey.item_area[order], np.arange(len(survey.shapes) + 1))
        self.items_of = (order, start)
        self.queues = self._first_queues(blocked, dice)

    def _first_queues(self, blocked: np.ndarray, dice: Dice) -> list[list[deque[_Task]]]:
        """Areas that can be reached and block no road, to the nearest base, in a mixed order."""
        ground, rng = self.ground, dice("order of work")
        bases = ground.settlements.xy[: ground.size.bases]
        roads = ground.roads
        cut_off = roads.unreached(ground.settlements.node[: ground.size.bases], blocked)
        nearest = shapely.STRtree(roads.lines).query_nearest(
            shapely.points(self.middle), all_matches=False)[1]
        # A road that is blocked in its middle can still be driven from the end that is reached.
        reached = ~cut_off[roads.ends[nearest]].all(axis=1)
        away = np.hypot(self.middle[:, None, 0] - bases[None, :, 0],
                        self.middle[:, None, 1] - bases[None, :, 1])
        base, score = np.argmin(away, axis=1), away.min(axis=1)
        score = score * np.exp(rng.normal(0, 0.8, len(score)))
        queues: list[list[deque[_Task]]] = [[deque() for _ in range(4)] for _ in bases]
        for a in np.argsort(score, kind="stable").tolist():
            if reached[a] and self.survey.segment[a] < 0:
                queues[int(base[a])][NTS].append(_Task(a, NTS, 0.0, 1.0))
        return queues

    def run(self) -> Work:
        teams, rng = self.teams, self.rng
        count = len(teams.pool)
        kind, base = teams.kind, teams.pool_base[teams.pool]
        task: list[_Task | None] = [None] * count
        noise = np.zeros(count)
        worked = np.zeros(count)
        sizes = [[int(np.sum((base == b) & (kind == k))) for k in range(4)]
                 for b in range(self.ground.size.bases)]
        own = np.cumsum([0.012, 0.010, 0.020])
        for day in range(WORKED_DAYS):
            if not in_season(START + timedelta(days=day)):
                continue
            chance, shock = rng.random((count, 3)), rng.standard_normal(count)
            noise = 0.6 * noise + 0.16 * shock
            for t in range(count):
                if teams.joined_day[t] > day:
                    continue
                k, b = int(kind[t]), int(base[t])
                now = task[t]
                if now is None:
                    now = task[t] = self._next(b, k, sizes[b])
                    if now is None:
                        continue
                cause = int(self.closures.cause_of_day[day, self.sector[now.area]])
                if cause < 0 and chance[t, 0] < own[2] + (0.06 if k == MECHANICAL else 0.0):
                    cause = 3 + int(np.searchsorted(own, min(chance[t, 0], own[2] - 1e-9))
                                    ) if chance[t, 0] < own[2] else 3
                if cause >= 0:
                    self.reports.append(Report(day, t, now.area, k, 0.0, 0.0, 0, 0, 0, cause,
                                               now.at, now.at))
                    continue
                area = self._area(now.area)
                learned = 1.0 - 0.3 * np.exp(-worked[t] / 35.0)
                hours = HOURS * (1.0 if chance[t, 1] < 0.8 else 0.4 + 0.55 * chance[t, 2])
                rate = (float(teams.rate[t]) * learned * area.ease * now.factor * hours / HOURS
                        * float(np.exp(noise[t])))
                worked[t] += 1
                if self._day(now, area, day, t, k, rate, hours):
                    self._finished(now, area, day, t, b)
                    task[t] = None
        self.pieces.sort(key=lambda p: (p.day, p.area, p.low))
        return Work(tuple(self.reports), tuple(self.pieces),
                    {a: v.strip for a, v in self.areas.items()}, self._status(),
                    self.found_day, self.found_team, self.found_by, self.moved,
                    self.wrong["cancelled"], self.wrong["reduced"])

    def _next(self, base: int, kind: int, sizes: list[int]) -> _Task | None:
        """The next task of a kind; survey does not run far ahead of those who follow it."""
        queue = self.queues[base]
        if not queue[kind]:
            return None
        if kind == NTS and len(queue[TS]) > 2 * sizes[TS] + 1:
            return None
        if kind == TS and len(queue[MANUAL]) + len(queue[MECHANICAL]) > sizes[MANUAL] + 2:
            return None
        found = queue[kind].popleft()
        found.at = found.low
        return found

    def _area(self, a: int) -> _Area:
        if a not in self.areas:
            order, start = self.items_of
            inside = order[start[a]:start[a + 1]]
            strip = Strip.of(self.survey.shapes[a])
            u = strip.u(self.contamination.xy[inside])
            along = np.argsort(u, kind="stable")
            ease = float(np.clip(
                np.exp(self.rng.normal(0, 0.25) - self.slope[a] / 30.0), 0.5, 1.6))
            self.areas[a] = _Area(strip, inside[along], u[along], ease)
        return self.areas[a]

    def _day(self, task: _Task, area: _Area, day: int, t: int, kind: int, rate: float,
             hours: float) -> bool:
        """Work one day; whether the task is finished."""
        size = float(self.survey.area_m2[task.area])
        u0 = task.at
        u1 = min(task.high, u0 + rate / size)
        found = alarms = rounds = 0
        m2 = (u1 - u0) * size
        if kind != NTS:
            found = self._search(area, u0, u1, day, t, kind, 0.15 if kind == TS else 1.0)
            searched = m2 * (0.15 if kind == TS else 1.0)
            if kind != MECHANICAL:
                clutter = 0.006 + 0.02 * float(-self.detection.soil[self.home[task.area]])
                alarms = found + int(self.rng.binomial(max(1, int(searched)), min(0.2, clutter)))
            if self.rng.random() < 0.02:
                rounds = int(np.exp(self.rng.normal(3.5, 1.1)))
        task.at = u1
        self.reports.append(Report(day, t, task.area, kind, m2, round(hours, 1), found, alarms,
                                   rounds, -1, u0, u1))
        return u1 >= task.high - 1e-12

    def _search(self, area: _Area, u0: float, u1: float, day: int, t: int, kind: int, share: float
                ) -> int:
        first, last = np.searchsorted(area.u, [u0, u1])
        items = area.items[first:last]
        items = items[self.found_day[items] < 0]
        if not len(items):
            return 0
        method = ("", "ts", "manual", "mechanical")[kind]
        data = self.contamination
        chance = self.detection.chance(
            method, int(self.teams.organisation[t]), float(self.teams.skill[t]),
            data.category[items], data.depth_m[items], self.detection.item[items],
            float(self.detection.soil[self.home[data_area(self.survey, items)]]))
        # Between the lanes something is always left out; machines leave more.
        swept = self.rng.random(len(items)) < (0.955 if kind == MECHANICAL else 0.99) * share
        hit = swept & (self.rng.random(len(items)) < chance)
        self.found_day[items[hit]] = day
        self.found_team[items[hit]] = t
        self.found_by[items[hit]] = kind
        if kind == MECHANICAL:
            thrown = items[swept & ~hit & (self.rng.random(len(items)) < 0.06)]
            self.moved[thrown] = data.xy[thrown] + self.rng.normal(0, 2.5, (len(thrown), 2))
        return int(hit.sum())

    def _finished(self, task: _Task, area: _Area, day: int, t: int, base: int) -> None:
        if task.stage == NTS:
            self._cancel(task, area, day, t)
            if area.high - area.low > 1e-6:
                self.queues[base][TS].append(_Task(task.area, TS, area.low, area.high))
        elif task.stage == TS:
            self._reduce(task, area, day, t)
            self._cut(task.area, area, base)
        elif task.stage == MECHANICAL:
            self.pieces.append(Piece(task.area, "mechanical", task.low, task.high, day, t))
            self._pieces(task.area, base, MANUAL, task.low, task.high, 2.3)
            area.open_pieces -= 1
        else:
            self.pieces.append(Piece(task.area, "cleared", task.low, task.high, day, t))
            area.open_pieces -= 1

    def _ends(self, area: _Area, reach: float) -> tuple[float, float]:
        """How much can go at both ends, as shares of the area, without ground with items."""
        rng = self.rng
        left = area.u[self.found_day[area.items] < 0]
        left = left[(left >= area.low) & (left <= area.high)]
        room = area.high - area.low
        if not len(left):
            total = room * reach
            cut = rng.uniform(0.2, 0.8)
            return total * cut, total * (1 - cut)
        margin = rng.uniform(0.02, 0.15, 2)
        return (max(0.0, (left[0] - area.low) - margin[0]) * min(1.0, reach + 0.3),
                max(0.0, (area.high - left[-1]) - margin[1]) * min(1.0, reach + 0.3))

    def _take(self, kind: str, task: _Task, area: _Area, low: float, high: float, day: int, t: int
              ) -> None:
        if high - low < 1e-4:
            return
        self.pieces.append(Piece(task.area, kind, low, high, day, t))
        inside = (area.u >= low) & (area.u <= high) & (self.found_day[area.items] < 0)
        self.wrong[kind] += int(inside.any())

    def _cancel(self, task: _Task, area: _Area, day: int, t: int) -> None:
        rng = self.rng
        dice = rng.random()
        empty = not len(area.u)
        if empty and dice < 0.1:
            low, high = 1.0, 0.0
        elif dice < 0.8:
            low, high = self._ends(area, float(rng.uniform(0.2, 0.85)))
        else:
            low = high = 0.0
        if not empty and rng.random() < 0.06:  # wrongly believed to know where it ends
            low = max(low, float(rng.uniform(0.05, 0.3)))
        low, high = min(low, 1.0), min(high, 1.0 - min(low, 1.0))
        self._take("cancelled", task, area, 0.0, low, day, t)
        self._take("cancelled", task, area, 1.0 - high, 1.0, day, t)
        area.low, area.high = low, 1.0 - high

    def _reduce(self, task: _Task, area: _Area, day: int, t: int) -> None:
        rng = self.rng
        low = high = 0.0
        if rng.random() < 0.85:
            low, high = self._ends(area, float(rng.uniform(0.4, 0.95)))
        if len(area.u) and rng.random() < 0.05:
            high = max(high, float(rng.uniform(0.03, 0.2)) * (area.high - area.low))
        room = area.high - area.low
        low = min(low, room)
        high = min(high, room - low)
        self._take("reduced", task, area, area.low, area.low + low, day, t)
        self._take("reduced", task, area, area.high - high, area.high, day, t)
        area.low, area.high = area.low + low, area.high - high

    def _cut(self, a: int, area: _Area, base: int) -> None:
        if area.high - area.low <= 1e-6:
            return
        left = (area.high - area.low) * float(self.survey.area_m2[a])
        machine = (left > 8_000 and self.slope[a] < 11 and self.rng.random() < 0.7
                   and bool(np.any((self.teams.kind == MECHANICAL)
                                   & (self.teams.pool_base[self.teams.pool] == base))))
        self._pieces(a, base, MECHANICAL if machine else MANUAL, area.low, area.high, 1.0)

    def _pieces(self, a: int, base: int, stage: int, low: float, high: float, factor: float
                ) -> None:
        size = float(self.survey.area_m2[a])
        count = max(1, int(np.ceil((high - low) * size / PIECE_M2[stage])))
        edge = np.linspace(low, high, count + 1)
        self.areas[a].open_pieces += count
        for k in range(count):
            self.queues[base][stage].append(
                _Task(a, stage, float(edge[k]), float(edge[k + 1]), factor))

    def _status(self) -> tuple[str, ...]:
        waiting = {task.area for base in self.queues for queue in base[1:] for task in queue}
        out = []
        for a in range(len(self.survey.shapes)):
            area = self.areas.get(a)
            if area is None:
                out.append("open")
            elif area.low > 0 or area.high < 1 or area.open_pieces or a in waiting:
                done = area.open_pieces == 0 and (
                    area.high - area.low <= 1e-6 or self._cleared(a, area)) and a not in waiting
                tense = self.closures.cause_of_day[WORKED_DAYS - 1, self.sector[a]] in (0, 1)
                out.append("closed" if done else "suspended" if tense else "worked_on")
            else:
                out.append("worked_on")
        return tuple(out)

    def _cleared(self, a: int, area: _Area) -> bool:
        done = sum(p.high - p.low for p in self.pieces if p.area == a and p.kind == "cleared")
        return done >= area.high - area.low - 1e-6


def data_area(survey: Survey, items: np.ndarray) -> int:
    """The area of items that lie in one area."""
    return int(survey.item_area[items[0]])
