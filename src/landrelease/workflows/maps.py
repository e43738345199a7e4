"""The contamination map of a registry: effort read, map drawn or brought up to date, file written.

The file is its own memory: its tags hold the grid, the settings, the chain head and, for each
shape that was drawn, a digest and its box of cells. `update` compares them with what the registry
holds now, draws the windows that differ and copies all other cells.
"""

from __future__ import annotations

import base64
import dataclasses
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from landrelease.core.assumption import Assumptions
from landrelease.core.hazard import Land
from landrelease.core.how_many import HowMany
from landrelease.core.progress import Progress, silent
from landrelease.core.record import Record
from landrelease.core.risk import ContaminationMap, HazardAssessment
from landrelease.core.search import Effort
from landrelease.errors import MAP_GRID, LandReleaseError

if TYPE_CHECKING:
    import numpy as np

    from landrelease.access.policy import View
    from landrelease.assess.contamination import Prepared, Window
    from landrelease.assess.left import Density
    from landrelease.store.raster import Frame
    from landrelease.store.registry import Registry

STRIP_CELLS = 2_000_000  # cells of a strip of the file
_STATE, _SETTINGS, _PROJ = "LANDRELEASE_STATE", "LANDRELEASE_SETTINGS", "LANDRELEASE_PROJ"
_HEAD = "LANDRELEASE_CHAIN_HEAD"


@dataclasses.dataclass(frozen=True, slots=True)
class MapReport:
    """What was drawn. `windows` is None where the map was drawn whole; `anew` says why."""

    rows: int
    columns: int
    names: tuple[str, ...]
    passes: int
    finds: int
    items: HowMany  # found, by the records, with a place or without
    uncredited: tuple[tuple[str, str], ...]
    not_proofs: int  # proofs of coverage that are a word or too weak, and prove nothing
    windows: int | None
    cells: int
    anew: str = ""


def load_effort(
    registry: Registry, assumptions: Assumptions, *, reader: View | None = None,
    independent: bool = False, valid_at: date | None = None, known_at: datetime | None = None,
    level: str | None = None,
) -> Effort:
    """What was searched, found and decided, as far as records say; see `core.search`.

    `level`: only outcomes and activities that were validated at least so far; a find counts at
    every level (S01).
    """
    from landrelease.core.coverage import passes_once, proofs_of, proven_outcomes
    from landrelease.core.search import build_effort, by_word
    from landrelease.workflows.coverage import coverages, logs_of, not_proofs
    from landrelease.workflows.credit import without_credit
    from landrelease.workflows.identities import at_level
    from landrelease.workflows.inspections import inspections_told

    def records(kind: str) -> list[Record]:
        found = registry.records(kind, valid_at=valid_at, known_at=known_at)
        if level is not None and kind in ("outcome", "activity"):
            found = at_level(found, level)
        return found if reader is None else list(reader.nearby(found))

    hazards, outcomes = records("hazard"), records("outcome")
    # Work whose tracks are on record counts where they prove it, whoever may see them.
    works, proofs = registry.records("activity", known_at=known_at), coverages(registry, known_at)
    words = not_proofs(registry, proofs, assumptions, known_at)
    own = proofs_of(outcomes, works, proofs, void=words)
    outcomes, unproven = proven_outcomes(outcomes, works, proofs, by_word(assumptions), void=words)
    outcomes, once, _ = passes_once(outcomes, own, logs_of(registry, proofs, known_at), unproven,
                                    by_word(assumptions))
    effort = build_effort(
        hazards=hazards, outcomes=outcomes, items=records("item"), no_credit=unproven | once,
        activities=records("activity"),
        inspections=inspections_told(registry, valid_at=valid_at, known_at=known_at),
        gates=registry.records("gate", valid_at=valid_at, known_at=known_at),
        assumptions=assumptions, independent=independent,
        uncredited=without_credit(registry, outcomes, valid_at=valid_at, known_at=known_at))
    now = valid_at is None and known_at is None
    return dataclasses.replace(
        effort, since={**effort.since, **_first_days(registry, hazards, effort, now=now)},
        not_proofs=len({c.id for found in own.values() for c in found} & words.keys()))


def _first_days(registry: Registry, hazards: Sequence[Record], effort: Effort, *, now: bool
                ) -> dict[str, date]:
    """The first day on which each hazard that a search touches was recorded, from its history; of
    ground that was opened again after it had been closed that day, where it is asked as of now."""
    import numpy as np
    import shapely

    from landrelease.workflows.behind import OnFile
    from landrelease.workflows.opened import opened

    if not effort.passes:
        return {}
    tree = shapely.STRtree([h.geometry for h in hazards])
    touched = np.unique(tree.query(np.array([p.ground for p in effort.passes], dtype=object))[1])
    known = OnFile(registry)
    out = {}
    for h in (hazards[k] for k in touched.tolist()):
        again = opened(registry, h, known).again if now else None
        first = min((s.revision.valid_from for s in registry.history(h.id)
                     if s.revision.valid_from), default=None)
        if (day := again or first) is not None:
            out[h.id] = day
    return out


def map_contamination(
    land: Land, assessments: Sequence[HazardAssessment], assumptions: Assumptions, out: Path,
    cell_m: float, effort: Effort = Effort(), progress: Progress = silent,
) -> ContaminationMap:
    """Write the contamination map with its legend and return it."""
    from landrelease.assess.contamination import UNITS, density_of, standing_map
    from landrelease.store.qgis import style_path, write_style
    from landrelease.store.raster import write_cog

    standing = standing_map(land, assessments, density_of(assumptions), cell_m, progress,
                            effort=effort)
    progress(f"writing {out.name}", 0.9)
    write_cog(standing.map, out, _description(land, effort), UNITS,
              _tags(standing.ready, land))
    write_style(style_path(out), _label(land))
    return standing.map


def write_map(
    land: Land, assessments: Sequence[HazardAssessment], assumptions: Assumptions, out: Path,
    cell_m: float, effort: Effort, *, update: bool = False, progress: Progress = silent,
) -> MapReport:
    """The same in strips, for maps larger than memory; with `update` only what changed is drawn.

    A file that does not fit (another grid, settings or version, none there) is drawn anew, and the
    report says why.
    """
    from landrelease.assess.contamination import UNITS, density_of, prepare, strips
    from landrelease.store.qgis import style_path, write_style
    from landrelease.store.raster import read_strips, write_cog_strips

    density = density_of(assumptions)
    windows, anew, ready = None, "", None
    if update:
        ready, windows, anew = _compared(land, assessments, density, out, cell_m, effort)
    if ready is None:
        ready = prepare(land, assessments, density, cell_m, effort)
    grid = ready.grid
    frame = _frame(ready)
    rows = max(1, STRIP_CELLS // grid.columns)
    drawn = (strips(ready, rows) if windows is None
             else _patched(ready, read_strips(out, rows), windows))
    write_cog_strips(frame, _told(drawn, grid.rows, progress), out, _description(land, effort),
                     UNITS, _tags(ready, land))
    write_style(style_path(out), _label(land))
    cells = (grid.rows * grid.columns if windows is None
             else sum((b - t) * (e - f) for t, f, b, e in windows))
    return MapReport(grid.rows, grid.columns, frame.names, len(effort.passes), len(effort.finds),
                     effort.items, effort.uncredited, effort.not_proofs,
                     None if windows is None else len(windows), cells, anew)


def write_layer(path: Path, out: Path, *, prior: float, synthetic: bool,
                items: HowMany | None = None) -> None:
    """A contamination map that was written (`path`) as GeoJSON for the web app's map: a feature for
    each class of chance, with the least and largest bound of its cells and the limit of the class.

    prior : share of the areas behind it that no local effort has touched (S12). items : found, by
    the records behind it; None: it is not told.
    """
    import orjson
    import shapely

    from landrelease.publish.cells import LIMITS, class_areas
    from landrelease.store.raster import read_frame, read_strips

    frame, tags = read_frame(path)
    rows = max(1, STRIP_CELLS // frame.columns)
    areas, side = class_areas(read_strips(path, rows), frame.names, (frame.rows, frame.columns),
                              frame.proj, frame.west, frame.north, frame.cell_m)
    limits = (*LIMITS, 0.0)
    out.write_bytes(orjson.dumps({
        "type": "FeatureCollection", "chain_head": tags.get(_HEAD, ""), "cell_m": side,
        "prior": "all" if prior == 1 else "none" if prior == 0 else "some",
        **({"synthetic": True} if synthetic else {}),
        **({} if items is None else {"items": items.least, "items_at_least": not items.stated}),
        "features": [{
            "type": "Feature",
            "properties": {"class": k, "from": round(100 * limits[k]), "low": low, "high": high},
            "geometry": orjson.Fragment(shapely.to_geojson(shapely.set_precision(
                ground, 1e-6, mode="pointwise")))} for k, ground, (low, high) in areas]}))


def _compared(land: Land, assessments: Sequence[HazardAssessment], density: Density, out: Path,
              cell_m: float, effort: Effort) -> tuple[
        Prepared | None, list[Window] | None, str]:
    """What is known now on the standing grid, and the windows that differ; or why there are none.
    """
    from landrelease.assess.contamination import (
        NAMES,
        STATE,
        Grid,
        prepare,
        settings_of,
        state_of,
        windows_between,
    )
    from landrelease.store.raster import read_frame

    if not out.exists():
        return None, None, "there is no map yet"
    frame, tags = read_frame(out)
    if _STATE not in tags or frame.names != NAMES:
        return None, None, "the file is no map that can be updated"
    if frame.cell_m != cell_m:
        return None, None, f"its cells are {frame.cell_m:g} m"
    grid = Grid(tags[_PROJ], frame.west, frame.north, frame.cell_m, frame.rows, frame.columns)
    try:
        ready = prepare(land, assessments, density, cell_m, effort, grid)
    except LandReleaseError as error:
        if error.code != MAP_GRID.code:
            raise
        return None, None, str(error.facts["found"])
    if settings_of(ready) != tags.get(_SETTINGS):
        return None, None, "settings or version changed"
    import numpy as np

    old = np.frombuffer(zlib.decompress(base64.b64decode(tags[_STATE])), dtype=STATE)
    return ready, windows_between(old, state_of(ready), grid), ""


def _patched(ready: Prepared, standing: Iterator[tuple[int, np.ndarray]],
             windows: Sequence[Window]) -> Iterator[tuple[int, np.ndarray]]:
    from landrelease.assess.contamination import draw

    for top, bands in standing:
        end = top + bands.shape[1]
        inside = [(max(t, top), f, min(b, end), e) for t, f, b, e in windows if t < end and b > top]
        for (low, first, high, last), part in zip(inside, draw(ready, inside), strict=True):
            bands[:, low - top:high - top, first:last] = part
        yield top, bands


def _told(drawn: Iterator[tuple[int, np.ndarray]], rows: int, progress: Progress
          ) -> Iterator[tuple[int, np.ndarray]]:
    for top, bands in drawn:
        progress("contamination map", 0.9 * top / rows)
        yield top, bands
    progress("writing the map", 0.9)


def _frame(ready: Prepared) -> Frame:
    from landrelease.assess.contamination import NAMES
    from landrelease.store.raster import Frame

    grid = ready.grid
    return Frame(grid.proj, grid.west, grid.north, grid.cell_m, grid.rows, grid.columns, NAMES)


def _tags(ready: Prepared, land: Land) -> dict[str, str]:
    from landrelease.assess.contamination import settings_of, state_of

    state = base64.b64encode(zlib.compress(state_of(ready).tobytes(), 6)).decode()
    return {_STATE: state, _SETTINGS: settings_of(ready), _PROJ: ready.grid.proj,
            _HEAD: land.chain_head,
            "LANDRELEASE_LAST_CHANGE": "days since 1970-01-01 UTC; no value: not reported"}


def _label(land: Land) -> str:
    from landrelease import workflows

    return workflows.label(land.synthetic)


def _least(found: HowMany) -> str:
    return f"{'' if found.stated else 'at least '}{found.least:,}"


def _description(land: Land, effort: Effort) -> str:
    said = (f"{len(effort.passes):,} searches and {len(effort.finds):,} finds with a place are "
            f"credited; items found: {_least(effort.items)}" if effort.passes or effort.finds else
            "all chances are priors: no search with method and depth is on record")
    return (f"{_label(land)}"
            "Chance that a cell holds explosive ordnance. Cells without a value: no information, "
            f"treat as dangerous. Not for moving on the ground. {said[0].upper()}{said[1:]}. "
            f"Chain head {land.chain_head}.")
