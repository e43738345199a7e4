"""Vector tiles of the collections that a reader may ask for.

Hazards only grow on their way into a tile and have the type that counts, released ground only
shrinks (S01); what nobody signed says so (S09). Where very many records lie in a tile the small
ones are drawn together: of hazards the cells that they touch, of points and lines a point in each
cell; small released ground is left out, a point without ground says that some is there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import shapely

from landrelease.access.policy import view as view_of
from landrelease.publish import tiles
from landrelease.workflows import is_synthetic, public
from landrelease.workflows.collections import (
    CELLS,
    GAPS,
    MADE,
    NOW,
    RELEASED,
    UNRECORDED,
    Collection,
    Item,
    Moment,
    collection,
    items,
)
from landrelease.workflows.crowds import CROWDS, TOLD_APART, Crowd, told_apart
from landrelease.workflows.marks import (
    CONTESTED,
    RECORDED_TYPE,
    VALIDATION,
    VERIFIED,
    WIDENED,
    decides,
    said_as,
)
from landrelease.workflows.unsigned import DECIDED, NOTHING, TYPE, Unsigned, unsigned

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.core.record import Record
    from landrelease.store.registry import Registry

TILE_FIELDS = ("name", "status", "hazard_type", "outcome_type", "activity_type", "population",
               "road_class", "passable", "closure_reason", "closed_from", "closed_until",
               "ordnance_category", "project_type", "project_status", "task_status",
               "marking_type", "state", "result", "depth_m", "why", VALIDATION.name)
_GROWS = frozenset(("hazard", CELLS, UNRECORDED, GAPS, "closure", "task"))
_SHRINKS = frozenset(("outcome", RELEASED))
_CROWDED, _SMALL = 1_500, 24  # features of a tile; units of a small one
_MOST = 60_000  # features that are looked at whole where the store cannot say boxes


@dataclass(slots=True)
class _Drawn:
    """What goes into a tile: some features as they are, the others by their boxes."""

    shapes: list[Any] = field(default_factory=list)
    values: list[dict[str, Any]] = field(default_factory=list)
    box: np.ndarray = field(default_factory=lambda: np.zeros((4, 0), dtype=np.uint32))
    group: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    said: list[dict[str, Any]] = field(default_factory=list)


def depends_on(registry: Registry, role: str, organisation: str, areas: Sequence[str], name: str,
               past: bool) -> tuple[Any, ...]:
    """What a tile of a reader follows from, beside its place: as long as this is the same, the tile
    is. Cheap, because it is asked for with every tile."""
    settings = registry.setting("extension") or "", registry.setting("synthetic") or ""
    if name in MADE:
        return public.state_of(registry)
    if _whole(view_of(role, organisation), name) and not areas and not past and (
            name not in DECIDED):
        return registry.address, name, registry.last(name), *settings
    # What waits reopens ground (S11), and so takes the mark of a decision away.
    waits = registry.quarantine_state() if name in DECIDED else ()
    return registry.address, registry.head(), waits, *settings


def version(registry: Registry, reader: View) -> str:
    """Another whenever a map of a reader could be another; "" for who may not see histories, to
    whom it would tell of changes of what they do not see (S16)."""
    if not reader.may("history"):
        return ""
    said = (registry.head(), registry.quarantine_state(), registry.setting("extension") or "",
            registry.setting("synthetic") or "", date.today().isoformat())
    return hashlib.sha256(repr(said).encode()).hexdigest()[:24]


def prepare(registry: Registry) -> None:
    """Read what tiles of large kinds are made from, so that the first of them come as fast as the
    others."""
    reader = view_of("planner")
    for kind in registry.kinds.values():
        if kind.geometry != "none" and registry.last(kind.name):
            seen = reader.fields(kind.name)
            CROWDS.of(registry, kind.name, told_apart(
                kind.name, [f for f in kind.fields if f.name in seen]))
    # What counts is looked at once, and the code that draws is read: one tile, thrown away.
    for name in DECIDED:
        tile(registry, reader, name, 0, 0, 0)


def extent(registry: Registry, reader: View) -> tuple[float, float, float, float] | None:
    """West, south, east, north in degrees of all hazards as the reader sees them; None where there
    are none, and where the reader sees only some of them."""
    if reader.precision("hazard") == "cells":
        cells = public.VIEWS.of(registry).cells
        if not len(cells):
            return None
        west, south, east, north = shapely.total_bounds(np.array(cells, dtype=object)).tolist()
        return west, south, east, north
    if reader.areas or not _whole(reader, "hazard"):
        return None
    names = told_apart("hazard", collection(registry, reader, "hazard").fields)
    return tiles.extent_of(CROWDS.of(registry, "hazard", names).box)


def tile(registry: Registry, reader: View, name: str, z: int, x: int, y: int,
         then: Moment | None = None) -> bytes:
    """One vector tile of a collection, its layer called as the collection; of now, or of a moment
    for who may see histories. Raises WEB-010, ACC-101."""
    found = collection(registry, reader, name)
    if found.geometry == "none":
        return b""
    shown = [f.name for f in found.fields if f.name in TILE_FIELDS]
    mark = {"synthetic": True} if is_synthetic(registry) else {}
    if name in registry.kinds and _whole(reader, name) and not reader.areas and then is None:
        drawn = _at_once(registry, found, shown, (z, x, y))
    else:
        drawn = _one_by_one(registry, reader, found, shown, (z, x, y), then)
    whole = np.empty(len(drawn.shapes), dtype=object)
    whole[:] = drawn.shapes
    return tiles.crowded(
        name, drawn.box, drawn.group, [{**said, "crowded": True, **mark} for said in drawn.said],
        (list(whole), [{**said, **mark} for said in drawn.values]), z, x, y,
        points=found.geometry != "polygon" or name in _SHRINKS,
        grows=name in _GROWS, shrinks=name in _SHRINKS)


def _whole(reader: View, name: str) -> bool:
    """Whether the reader sees every row of a kind, as it is."""
    grant = reader.grant(name)
    return grant.precision == "exact" and grant.rows == "all"


def _at_once(registry: Registry, found: Collection, shown: Sequence[str],
             at: tuple[int, int, int]) -> _Drawn:
    """From the boxes in memory: only what is drawn as it is comes from the store."""
    names = told_apart(found.id, found.fields)
    crowd = CROWDS.of(registry, found.id, names)
    doubtful = unsigned(registry, found.id)
    inside = tiles.touching(crowd.box, *at)
    together = np.zeros(0, dtype=np.int64)
    if len(inside) > _CROWDED:
        size = tiles.sides(crowd.box[:, inside], at[0])
        large = np.argsort(-size, kind="stable")[:_CROWDED]
        if found.geometry in ("point", "polygon"):
            large = large[size[large] > _SMALL]
        rest = np.ones(len(inside), dtype=bool)
        rest[large] = False
        inside, together = inside[~rest], inside[rest]
    out = _Drawn()
    listed = registry.drawn(crowd.number[inside].tolist())
    out.shapes = list(shapely.from_wkb(np.array([bytes(row[3]) for row in listed], dtype=object))) \
        if listed else []
    for record_id, level, values, _ in listed:
        said = {**orjson.loads(values), VALIDATION.name: level}
        if (other := doubtful.retyped.get(record_id)) is not None:
            said[TYPE] = other.stands
        out.values.append(_told(record_id, {n: said.get(n) for n in shown}, found.id, doubtful))
    for wide in _touching(list(doubtful.wider.values()), at):  # more ground than was recorded last
        out.shapes.append(wide.geometry)
        said = {**wide.values, VALIDATION.name: wide.validation}
        out.values.append(_told(wide.id, {n: said.get(n) for n in shown}, found.id, doubtful))
    doubt = np.isin(crowd.number[together], doubtful.numbers) if len(together) else together
    group, told = _as_they_count(crowd, together, names, doubtful)
    out.box, out.group = crowd.box[:, together], group * 2 + doubt
    rows = [{n: v for n, v in zip(names, row, strict=True)
             if n != VALIDATION.name or n in shown} for row in told]
    out.said = [{**row, **_counts(found.id, row, not doubted)}
                for row in rows for doubted in (False, True)]
    return out


def _as_they_count(crowd: Crowd, together: np.ndarray, names: Sequence[str], doubtful: Unsigned
                   ) -> tuple[np.ndarray, list[tuple[Any, ...]]]:
    """int64 (N), the groups of some of a crowd, and what the groups say: of hazards the types that
    count (S01), which few have not as they were recorded."""
    group, told = crowd.group[together].astype(np.int64), list(crowd.values)
    if not doubtful.retyped or TYPE not in names:
        return group, told
    stands = {r.number: r.stands for r in doubtful.retyped.values()}
    known, at = {row: n for n, row in enumerate(told)}, names.index(TYPE)
    number = crowd.number[together]
    for n in np.flatnonzero(np.isin(number, list(stands))).tolist():
        row = told[group[n]]
        row = (*row[:at], stands[int(number[n])], *row[at + 1:])
        group[n] = known.setdefault(row, len(known))
        if group[n] == len(told):
            told.append(row)
    return group, told


def _one_by_one(registry: Registry, reader: View, found: Collection, shown: Sequence[str],
                at: tuple[int, int, int], then: Moment | None) -> _Drawn:
    """Through the reader's view, record by record: where some rows are not for the reader, and of
    the past. Of more than the most that a tile holds, the small ones are drawn together too."""
    moment = then or NOW
    doubtful = NOTHING if found.id not in registry.kinds else unsigned(
        registry, found.id, valid_at=moment.valid_at, known_at=moment.known_at)
    listed: list[tuple[Item, np.ndarray]] = []
    boxes: list[np.ndarray] = []
    group: list[int] = []
    known: dict[tuple[tuple[str, Any], ...], int] = {}
    bounds = tiles.bounds_of(*at)

    def together(item: Item, box: np.ndarray) -> None:
        said = {n: item.values.get(n) for n in shown if n in TOLD_APART or (
            n == VALIDATION.name and found.id == "hazard")}
        said |= _counts(found.id, said, item.id not in doubtful.ids)
        boxes.append(box)
        group.append(known.setdefault(tuple(said.items()), len(known)))

    for item in _all_in(registry, reader, found.id, bounds, then):
        listed.append((item, np.array(item.geometry.bounds)))
        if len(listed) > 2 * _MOST:
            listed = _without_small(listed, at[0], together)
    if len(listed) > _MOST:
        listed = _without_small(listed, at[0], together)
    out = _Drawn()
    for item, _ in listed:
        out.shapes.append(item.geometry)
        out.values.append(_told(item.id, {n: item.values.get(n) for n in shown}, found.id,
                                doubtful))
    if boxes:
        out.box, out.group = tiles.world(np.array(boxes)), np.array(group)
        out.said = [dict(said) for said in known]
    return out


def _touching(records: list[Record], at: tuple[int, int, int]) -> list[Record]:
    if not records:
        return []
    boxes = shapely.bounds(np.array([r.geometry for r in records], dtype=object))
    return [records[n] for n in tiles.touching(tiles.world(boxes), *at).tolist()]


def _without_small(listed: list[tuple[Item, np.ndarray]], z: int, together: Any
                   ) -> list[tuple[Item, np.ndarray]]:
    """The largest half of the most that a tile holds; the others are given to `together`."""
    size = tiles.sides(tiles.world(np.array([box for _, box in listed])), z)
    order = np.argsort(-size, kind="stable").tolist()
    for n in sorted(order[_MOST // 2:]):
        together(*listed[n])
    return [listed[n] for n in sorted(order[:_MOST // 2])]


def _all_in(registry: Registry, reader: View, name: str, bounds: tuple[float, float, float, float],
            then: Moment | None) -> Iterator[Item]:
    after = ""
    while True:
        page = items(registry, reader, name, bounds=bounds, after=after, limit=5_000, then=then)
        yield from (i for i in page.items if i.geometry is not None and not i.geometry.is_empty)
        if not page.after:
            return
        after = page.after


def _told(record_id: str, said: Mapping[str, Any], kind: str, doubtful: Unsigned
          ) -> dict[str, Any]:
    other = doubtful.retyped.get(record_id) if TYPE in said else None
    return {"id": record_id, **{n: _plain(n, v) for n, v in said.items()},
            **({} if other is None else {RECORDED_TYPE.name: said_as(other.recorded)}),
            **_counts(kind, said, record_id not in doubtful.ids),
            **({WIDENED.name: True} if record_id in doubtful.wider else {}),
            **({CONTESTED.name: True} if record_id in doubtful.contested else {})}


def _counts(kind: str, said: Mapping[str, Any], counts: bool) -> dict[str, bool]:
    """`verified` beside what decides: whether the decision counts (S09)."""
    return {VERIFIED.name: counts} if decides(kind, said) else {}


def _plain(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in ("closed_from", "closed_until"):  # in seconds since 1970: a map can compare numbers
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
    if isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, date):
        return value.isoformat()
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
