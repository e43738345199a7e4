"""Strata for the calibration of residual risk: ground that worlds of the generator searched.

A stratum is a piece that was cleared, with what the programme knows (area, passes, finds of each,
inspection, blind trials of 30 targets) and, kept apart, what really lies there. The generator draws
nothing from the model of `assess`; see docs/worlds.md. A village takes about a third of a second;
what was read off is cached as arrays, 50 worlds a file.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

DEPTH_M = 0.20  # to which the cleared ground is recorded as cleared
METHODS = ("ts", "mechanical", "manual", "inspection")
SHARE = (0.15, 0.955, 0.99)  # of the ground that a pass covers, as its proof of coverage says
TARGETS = 30
CHUNK = 50


@dataclass(frozen=True)
class Strata:
    """S strata, their trials and their items; one row a stratum, flat arrays for items."""

    seed: np.ndarray  # int64 (S,) of the world
    area: np.ndarray  # int32 (S,) number of the suspected area in its world
    m2: np.ndarray  # float64 (S,)
    share: np.ndarray  # float64 (S, 4) swept by each of METHODS; 0: no such pass
    team: np.ndarray  # int32 (S, 4) who did it in that world; -1: nobody
    finds: np.ndarray  # int32 (S, 4) items to DEPTH_M that each pass found
    trials: np.ndarray  # int32 (S, 4) found of TARGETS in the blind trial of that method
    left: np.ndarray  # int32 (S,) the truth: items to DEPTH_M that are still there
    deeper: np.ndarray  # int32 (S,) the truth: items below DEPTH_M that are still there
    first: np.ndarray  # int64 (S + 1,) into the arrays of items
    item_u: np.ndarray  # float32 (I,) place along the piece, 0..1
    item_depth: np.ndarray  # float32 (I,)
    item_category: np.ndarray  # int8 (I,)
    item_by: np.ndarray  # int8 (I,) index of METHODS that found it; -1: still there
    item_x: np.ndarray  # float32 (I,) m, relative to the first item of the stratum
    item_y: np.ndarray  # float32 (I,)

    def __len__(self) -> int:
        return len(self.m2)

    def items(self) -> np.ndarray:
        """int32 (S,): items to DEPTH_M that lay there before anybody searched."""
        return self.left + self.finds.sum(axis=1)


def strata_of(seed: int, size: str = "village") -> Strata:
    """The strata of one world."""
    from landrelease.worlds.make import generate
    from landrelease.worlds.people import ORGANISATIONS

    world = generate(size, seed)
    data, survey, work, teams = world.contamination, world.survey, world.work, world.teams
    trials = _trials(world, len(ORGANISATIONS))
    inspected = {i.piece: i for i in world.inspections}
    still = world.left()
    by = work.found_by.astype(np.int8)
    code = np.full(len(still), -1, dtype=np.int8)
    for k, kind in ((0, 1), (1, 3), (2, 2)):  # found_by indexes nts, ts, manual, mechanical
        code[(by == kind) & (work.found_day >= 0)] = k
    for inspection in world.inspections:
        code[list(inspection.items)] = 3
    machine = [p for p in work.pieces if p.kind == "mechanical"]
    surveyors = {(r.area, r.activity): r.team for r in work.reports if r.activity == 1}
    order = np.argsort(survey.item_area, kind="stable")
    start = np.searchsorted(survey.item_area[order], np.arange(len(survey.shapes) + 1))
    rows: dict[str, list] = {f.name: [] for f in fields(Strata)}
    rows["first"].append(0)
    for number, piece in enumerate(work.pieces):
        size_m2 = (piece.high - piece.low) * float(survey.area_m2[piece.area])
        if piece.kind != "cleared" or size_m2 < 50:
            continue
        items = order[start[piece.area]:start[piece.area + 1]]
        u = work.strips[piece.area].u(data.xy[items])
        inside = (u >= piece.low) & (u <= piece.high)
        items, u = items[inside], u[inside]
        gone = ~still[items] & (code[items] < 0)  # exploded: no longer there, and nobody's find
        items, u = items[~gone], u[~gone]
        share, team = np.zeros(4), np.full(4, -1)
        share[0], team[0] = SHARE[0], surveyors.get((piece.area, 1), -1)
        for m in machine:
            if m.area == piece.area and m.low <= piece.low + 1e-9 and piece.high <= m.high + 1e-9:
                share[1], team[1] = SHARE[1], m.team
        share[2], team[2] = SHARE[2], piece.team
        visit = inspected.get(number)
        if visit is not None and not visit.refused:
            share[3] = visit.sample_m2 / size_m2
        shallow = data.depth_m[items] <= DEPTH_M
        house = [int(teams.organisation[t]) if t >= 0 else -1 for t in team]
        house[3] = int(teams.organisation[piece.team])
        rows["seed"].append(seed)
        rows["area"].append(piece.area)
        rows["m2"].append(size_m2)
        rows["share"].append(share)
        rows["team"].append(team)
        rows["finds"].append([int(np.sum((code[items] == k) & shallow)) for k in range(4)])
        rows["trials"].append([int(trials[k, house[k]]) if share[k] > 0 else 0 for k in range(4)])
        rows["left"].append(int(np.sum((code[items] < 0) & shallow)))
        rows["deeper"].append(int(np.sum((code[items] < 0) & ~shallow)))
        rows["first"].append(rows["first"][-1] + len(items))
        rows["item_u"].append((u - piece.low) / (piece.high - piece.low))
        rows["item_depth"].append(data.depth_m[items])
        rows["item_category"].append(data.category[items])
        rows["item_by"].append(code[items])
        origin = data.xy[items[0]] if len(items) else np.zeros(2)
        rows["item_x"].append(data.xy[items, 0] - origin[0])
        rows["item_y"].append(data.xy[items, 1] - origin[1])
    return _joined(rows)


def _trials(world, organisations: int) -> np.ndarray:
    """int (4, organisations): found of 30 targets by method, as the generator's blind trials go:
    ten each of three categories, lying better than items in the field, another team's skill.
    """
    rng = world.dice()("calibration trials")
    found = np.zeros((4, organisations), dtype=int)
    for m, method in enumerate(METHODS):
        for o in range(organisations):
            category = np.repeat([0, 2, 3], TARGETS // 3)
            chance = world.detection.chance(
                method, o, float(rng.normal(0, 0.35)), category,
                np.round(rng.uniform(0.0, 0.13, TARGETS), 2), rng.normal(0.3, 0.5, TARGETS), 0.0)
            found[m, o] = int((rng.random(TARGETS) < chance).sum())
    return found


_TYPES = {"seed": np.int64, "area": np.int32, "m2": float, "share": float, "team": np.int32,
          "finds": np.int32, "trials": np.int32, "left": np.int32, "deeper": np.int32,
          "first": np.int64, "item_u": np.float32, "item_depth": np.float32,
          "item_category": np.int8, "item_by": np.int8, "item_x": np.float32, "item_y": np.float32}
_WIDE = {"share", "team", "finds", "trials"}


def _joined(rows: dict[str, list]) -> Strata:
    made = {}
    for name, kind in _TYPES.items():
        if name.startswith("item_"):
            parts = [np.asarray(p, dtype=kind) for p in rows[name]]
            made[name] = np.concatenate(parts) if parts else np.zeros(0, kind)
        else:
            made[name] = np.array(rows[name], dtype=kind)
            if name in _WIDE:
                made[name] = made[name].reshape(-1, 4)
    return Strata(**made)


def together(parts: list[Strata]) -> Strata:
    """Several sets of strata as one."""
    made = {}
    for name in _TYPES:
        if name == "first":
            sizes = np.concatenate([np.diff(p.first) for p in parts])
            made[name] = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        else:
            made[name] = np.concatenate([getattr(p, name) for p in parts])
    return Strata(**made)


def load(seeds: range, cache: Path | None, size: str = "village", said=print) -> Strata:
    """The strata of many worlds, from the cache where they were read before."""
    parts = []
    for low in range(seeds.start, seeds.stop, CHUNK):
        part = range(low, min(low + CHUNK, seeds.stop))
        path = None if cache is None else cache / f"{size}_{part.start}_{part.stop}.npz"
        if path is not None and path.is_file():
            with np.load(path) as kept:
                parts.append(Strata(**{name: kept[name] for name in _TYPES}))
            continue
        made = together([strata_of(seed, size) for seed in part])
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            np.savez_compressed(path, **{name: getattr(made, name) for name in _TYPES})
        parts.append(made)
        said(f"worlds {part.start} to {part.stop - 1}: {len(made):,} strata", flush=True)
    return together(parts)
