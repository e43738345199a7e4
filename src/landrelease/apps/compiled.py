"""The hot loops of planning and forecasting, compiled beside the stages that come before them.

Compiling takes several seconds on the first run after installation and is kept on disk afterwards.
A second process does it while the first reads and assesses; what it makes is the cache, nothing
else, so a failure of it costs time and no result.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import shapely

from landrelease import workflows
from landrelease.core.geometry import geodesic_area_m2
from landrelease.core.hazard import Hazard, Land
from landrelease.core.record import NOT_REPORTED
from landrelease.core.risk import HazardAssessment, Prior
from landrelease.workflows.demo import Ready


@contextmanager
def compiling_ahead() -> Iterator[Ready]:
    """Compile in another process; gives what the demo calls before it needs a stage."""
    running: dict[str, subprocess.Popen] = {}

    def begin(stage: str) -> None:
        running[stage] = subprocess.Popen(
            [sys.executable, "-m", "landrelease.apps.compiled", stage],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def ready(stage: str) -> None:
        running[stage].wait()
        if stage == "plan":
            begin("forecast")

    begin("plan")
    try:
        yield ready
    finally:
        for process in running.values():
            process.kill()
            process.wait()


def compile_stage(stage: str) -> None:
    """Run "plan" or "forecast" on one small area in the open sea, with the least effort, or
    "operate" on a made-up field.
    """
    if stage == "operate":
        from landrelease.workflows.operate import warm_up

        return warm_up()
    ground = shapely.box(0.0, -47.0, 0.004, -46.998)
    hazard = Hazard("area", ground, geodesic_area_m2(ground), NOT_REPORTED, NOT_REPORTED, "")
    land = Land((hazard,), (), (), (), (), (), "")
    assessed = HazardAssessment("area", 1.0, 0.0, 2.0, 0, 0, 0, 0.0,
                                Prior(0.2, 0.1, 0.3, True, ()), "")
    stated = workflows.load_assumptions()
    saved = workflows.make_plan(land, (assessed,), workflows.load_teams(None), stated,
                                start=date(2027, 4, 1), iterations=1, seed=0)
    if stage == "forecast":
        workflows.make_outlook(saved.plan, stated, runs=2, seed=0)


if __name__ == "__main__":
    compile_stage(sys.argv[1])
