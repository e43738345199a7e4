"""A synthetic programme from a seed and a size."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import shapely

from landrelease.core.progress import Progress, silent
from landrelease.worlds.closures import Closures, make_closures
from landrelease.worlds.contamination import Contamination, make_contamination
from landrelease.worlds.describe import Statistic, describe_world
from landrelease.worlds.events import (
    Accident,
    Inspection,
    SpotTask,
    make_accidents,
    make_inspections,
    make_spot_tasks,
)
from landrelease.worlds.ground import Ground, make_ground
from landrelease.worlds.money import Fund, Project, make_funds, make_projects
from landrelease.worlds.people import Detection, Teams, make_detection, make_teams
from landrelease.worlds.sizes import START, Dice, size_of
from landrelease.worlds.survey import Survey, blocked_roads, make_survey
from landrelease.worlds.work import WORKED_DAYS, Work, make_work


@dataclass(frozen=True, slots=True)
class World:
    """The truth, and what was done and believed. `blocked` (M,) and `cut_off` (K,) are as of
    `AS_OF`: road segments that a suspected area crosses, communities that no base reaches."""

    size: str
    seed: int
    ground: Ground
    contamination: Contamination
    survey: Survey
    blocked: np.ndarray
    cut_off: np.ndarray
    teams: Teams
    detection: Detection
    closures: Closures
    funds: tuple[Fund, ...]
    projects: tuple[Project, ...]
    work: Work
    inspections: tuple[Inspection, ...]
    accidents: tuple[Accident, ...]
    spot_tasks: tuple[SpotTask, ...]

    @property
    def days(self) -> list[date]:
        return [START + timedelta(days=d) for d in range(WORKED_DAYS)]

    def left(self) -> np.ndarray:
        """bool (I,): items still in the ground at `AS_OF`: neither found nor exploded."""
        left = self.work.found_day < 0
        left[[a.item for a in self.accidents if a.item >= 0 and a.exploded]] = False
        return left

    def dice(self) -> Dice:
        return Dice(self.seed, self.size)


@dataclass(frozen=True, slots=True)
class WorldSummary:
    """What was written to `out`."""

    size: str
    seed: int
    out: Path
    communities: int
    cut_off: int
    population: int
    road_segments: int
    blocked_segments: int
    suspected_areas: int
    suspected_m2: float
    items: int
    teams: int
    reports: int
    files: tuple[str, ...]
    statistics: tuple[Statistic, ...]


def generate(size: str, seed: int, progress: Progress = silent) -> World:
    """The whole world in memory, without a file. The same size and seed give the same world.

    Raises CLI-103 for an unknown size or a seed below 0.
    """
    chosen, dice = size_of(size), Dice(seed, size)
    progress("land, settlements, roads", 0.0)
    ground = make_ground(chosen, dice)
    blocked = blocked_roads(ground, dice)
    settlements = ground.settlements
    cut_off = ground.roads.unreached(settlements.node[: settlements.bases], blocked)[
        settlements.node]
    progress("what lies in the ground", 0.1)
    contamination = make_contamination(ground, np.flatnonzero(blocked), dice)
    progress("surveys", 0.2)
    survey = make_survey(ground, contamination, blocked, dice)
    teams = make_teams(ground, dice)
    detection = make_detection(ground, contamination, dice)
    closures = make_closures(ground, dice)
    progress("work so far", 0.35)
    work = make_work(ground, contamination, survey, teams, detection, closures, blocked, dice)
    inspections = make_inspections(contamination, survey, teams, detection, work, dice)
    spot_tasks = make_spot_tasks(ground, contamination, survey, work, dice)
    accidents = make_accidents(ground, contamination, work, dice)
    return World(
        size, seed, ground, contamination, survey, blocked, cut_off, teams, detection, closures,
        make_funds(ground, dice), make_projects(ground, survey, dice), work, tuple(inspections),
        tuple(accidents), tuple(spot_tasks))


def make_world(size: str, seed: int, out: Path, progress: Progress = silent) -> WorldSummary:
    """Make a world and write it into the folder `out`, which is made or must be empty.

    After an error or an interruption `out` is empty. The same size and seed give the same bytes.
    `docs/worlds.md` lists the files. Raises CLI-103 (unknown size, seed below 0) and CLI-104 (the
    folder is not empty, or cannot be written).
    """
    from landrelease.worlds.write import check_folder, in_place_of, write_world

    out = Path(out)
    check_folder(out)
    world = generate(size, seed, progress)
    progress("description", 0.5)
    statistics = describe_world(world)
    with in_place_of(out) as folder:
        files = write_world(world, statistics, folder, progress)
    progress("world written", 1.0)
    return WorldSummary(
        size, seed, out, len(world.cut_off), int(world.cut_off.sum()),
        int(world.ground.settlements.population.sum()), len(world.blocked),
        int(world.blocked.sum()), len(world.survey.shapes), float(shapely.area(
            world.survey.shapes).sum()), len(world.contamination.xy), len(world.teams.pool),
        len(world.work.reports), files, statistics)
