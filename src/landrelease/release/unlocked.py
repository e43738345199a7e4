"""Phase two: which projects may start because all of their land is handed over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.geometry import plane_for
from landrelease.core.lineage import lineage, reach_m
from landrelease.core.record import Record

_DEGREE_M = 110_000.0  # a degree of latitude is longer everywhere


@dataclass(frozen=True, slots=True)
class ProjectLand:
    """Whether a project's land is handed over. `since`: the last of its hand-overs.

    `waits_for`: what keeps it locked, in plain words. A project of which nothing says where it lies
    nor what it waits for is not unlocked: nobody knows (S12).
    """

    project: str
    unlocked: bool
    since: date | None
    waits_for: tuple[str, ...] = ()
    hazards: tuple[str, ...] = ()  # areas of its land that are handed over


def unlocked(projects: Iterable[Record], hazards: Sequence[Record], standing: Iterable[Record],
             released: Iterable[Record], handovers: Mapping[str, date | None],
             held: Mapping[str, date | None]) -> tuple[ProjectLand, ...]:
    """The projects, and whether each is unlocked.

    Parameters
    ----------
    projects : records of kind `project`.
    hazards : all hazards on record, for their descent.
    standing : those that are hazardous now: as signed, reopened ones too (S09, S11).
    released : those that a signed decision closed, whether or not they are handed over.
    handovers : hazard id -> day, of areas whose hand-over counts: signed, and not reopened.
    held : the same by id of the hand-over.

    A project is unlocked when each area that it names is handed over, or all of its parts are, each
    hand-over that it names is held, and no ground touches its own that is hazardous, as far off as
    it may be (S04), or released and not yet handed over.
    """
    line = lineage(hazards)
    known = {r.id for r in hazards} | {
        str(r.values["identifier"]) for r in hazards if r.values.get("identifier")}
    by_identifier = {str(r.values["identifier"]): r.id for r in hazards
                     if r.values.get("identifier")}
    standing, released = list(standing), list(released)
    closed = {r.id for r in released}
    still = {r.id for r in standing}
    shapes = [(r, "is still hazardous") for r in standing if r.geometry is not None]
    shapes += [(r, "is released, not yet handed over") for r in released
               if r.geometry is not None and r.id not in handovers and r.id not in still]
    there = Near([r for r, _ in shapes], [reach_m(r) if r.id in still else 0.0 for r, _ in shapes])
    out = []
    for project in projects:
        waits: list[str] = []
        days: list[date | None] = []
        used: list[str] = []
        for name in _listed(project, "hazards"):
            area = by_identifier.get(name, name)
            if name not in known:
                waits.append(f"area {name}, which is not on record")
                continue
            family = (area, *line.descendants(area))
            standing_parts = [a for a in family if a in still]
            given = [a for a in family if a in handovers]
            if standing_parts:
                waits += [f"area {a} is still hazardous" for a in standing_parts]
            elif not given:
                waits.append(f"area {area} is " + (
                    "released, not yet handed over" if area in closed else "not handed over"))
            else:
                # Parts that were released one by one: each that is no parent has to be given back.
                leaves = [a for a in family if not line.children.get(a)]
                missing = [a for a in leaves if a not in handovers]
                waits += [f"area {a} is released, not yet handed over" for a in missing]
            used += given
            days += [handovers[a] for a in given]
        for name in _listed(project, "handovers"):
            if name not in held:
                waits.append(f"hand-over {name} is not held")
            else:
                days.append(held[name])
        if project.geometry is not None:
            waits += [f"area {shapes[n][0].id} {shapes[n][1]}"
                      for n in there.meets(project.geometry)]
        named = bool(_listed(project, "hazards") or _listed(project, "handovers"))
        if not named and project.geometry is None:
            waits.append("neither areas nor hand-overs nor a place are on record for it")
        dated = [d for d in days if d is not None]
        out.append(ProjectLand(project.id, not waits, max(dated) if dated and not waits else None,
                               tuple(dict.fromkeys(waits)), tuple(dict.fromkeys(used))))
    return tuple(out)


class Near:
    """Records with a place (degrees), of which those are asked for that meet some ground, each as
    far round its place as `reach_m` says, m."""

    def __init__(self, records: Sequence[Record], reach_m: Sequence[float]):
        self._shapes = np.array([r.geometry for r in records], dtype=object)
        self._reach_m = np.asarray(reach_m, dtype=float)
        west, south, east, north = shapely.bounds(self._shapes).reshape(-1, 4).T
        up = self._reach_m / _DEGREE_M
        # Where parallels get short, as far as at the end that is nearer to a pole.
        end = np.minimum(np.maximum(abs(south), abs(north)) + up, 90.0)
        across = np.minimum(up / np.maximum(np.cos(np.radians(end)), 1e-9), 360.0)
        self._tree = shapely.STRtree(shapely.box(west - across, south - up, east + across,
                                                 north + up))

    def meets(self, ground: BaseGeometry) -> list[int]:
        """Numbers of the records that meet the ground, in order."""
        near = np.sort(self._tree.query(ground))
        if not len(near):
            return []
        met = shapely.intersects(self._shapes[near], ground)
        wide = ~met & (self._reach_m[near] > 0)
        if wide.any():
            plane = plane_for(ground.bounds)
            met[wide] = shapely.dwithin(plane.to_plane(self._shapes[near[wide]]),
                                        plane.to_plane(ground), self._reach_m[near[wide]])
        return [int(n) for n in near[met]]


def _listed(record: Record, name: str) -> tuple[str, ...]:
    value = record.values.get(name)
    return tuple(str(v) for v in value) if isinstance(value, (list, tuple)) else ()
