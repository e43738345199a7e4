"""The collections that a reader may ask for, item by item or as tiles: one for each kind of record
that the role sees as it stands, and the public's cells and released ground for all others (S14).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

from landrelease.core.kind import Field, GeometryType, Kind
from landrelease.core.record import Record
from landrelease.errors import (
    COLLECTION_UNKNOWN,
    FILTER_UNKNOWN,
    PARAMETER_WRONG,
    LandReleaseError,
)
from landrelease.workflows import is_synthetic, marks, public

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.store.registry import Registry
    from landrelease.workflows.filtering import Filter
    from landrelease.workflows.public import PublicView

Bounds = tuple[float, float, float, float]
CELLS, RELEASED = "hazard_cells", "released_ground"
_BATCH = 500
# What a reader asks for that is not shown is passed over; after so many records in vain a page ends
# early, with the place from which to go on.
_MOST_PASSED = 20_000


@dataclass(frozen=True, slots=True)
class Collection:
    """What can be asked for. `geometry`: polygon, point, line, any or none."""

    id: str
    title: str
    description: str
    geometry: GeometryType
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """A question about the past: as it was on a day, as we knew it at an instant; None: now."""

    valid_at: date | None = None
    known_at: datetime | None = None


NOW = Moment()


@dataclass(frozen=True, slots=True)
class Item:
    """One item: id, visible values, geometry in degrees."""

    id: str
    values: Mapping[str, Any]
    geometry: Any


@dataclass(frozen=True, slots=True)
class Order:
    """By a field, over all items; `down`: the largest first. What has no value comes last."""

    field: str
    down: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Some items, and after which place the next ones come (an id, or in an order what orders it
    with the id); "" at the end. `early`: the page ended before it was full, and `after` may be
    of a record that the reader may not know."""

    items: tuple[Item, ...]
    after: str
    early: bool = False


class PublicGround:
    """The public's cells and released ground as items, made once for each view of them."""

    def __init__(self) -> None:
        self._view: PublicView | None = None
        self._items: tuple[list[Item], list[Item]] = ([], [])

    def of(self, registry: Registry) -> tuple[list[Item], list[Item]]:
        """(cells, released ground) as items."""
        view = public.VIEWS.of(registry)
        if self._view is not view:
            self._items, self._view = _public(view), view
        return self._items


def _public(view: PublicView) -> tuple[list[Item], list[Item]]:
    return (
        [Item(str(n), {"cell_m": view.cell_m}, shape) for n, shape in enumerate(view.cells, 1)],
        [Item(str(n), {"outcome_type": o.outcome_type, "depth_m": o.depth_m,
                       "information_date": o.released_on}, shape)
         for n, (o, shape) in enumerate(view.released, 1)])


PUBLIC = PublicGround()
_CELL_M = Field("cell_m", "number", "Side of a cell.", unit="m")


def collections(registry: Registry, reader: View) -> list[Collection]:
    """The collections of a reader, in the order of the kinds."""
    return [found for kind in registry.kinds.values()
            if (found := _collection_of(kind, reader)) is not None]


def _collection_of(kind: Kind, reader: View) -> Collection | None:
    precision = reader.precision(kind.name)
    if precision not in ("exact", "cells", "inward"):
        return None
    if precision == "cells":
        return Collection(
            CELLS, "Ground that is known to be hazardous",
            "Coarse cells that hold all recorded hazards. Ground without a cell is ground "
            "without information: treat it as dangerous.", "polygon", (_CELL_M,))
    seen = set(reader.fields(kind.name))
    fields = tuple(f for f in kind.fields if f.name in seen)
    if precision == "exact":
        return Collection(kind.name, kind.title, kind.definition, kind.geometry,
                          (*fields, *marks.fields(kind, reader)))
    return Collection(RELEASED, "Released ground", "Cancelled, reduced and cleared ground, rounded "
                      "inward.", "polygon", fields)


def collection(registry: Registry, reader: View, name: str) -> Collection:
    """One of them. Raises WEB-010, alike for what there is not and for what is not shown."""
    kinds = registry.kinds
    for kind in [kinds[name]] if name in kinds else kinds.values():
        found = _collection_of(kind, reader)
        if found is not None and found.id == name:
            return found
    raise LandReleaseError(COLLECTION_UNKNOWN, found=name[:60])


def items(registry: Registry, reader: View, name: str, *, bounds: Bounds | None = None,
          where: Mapping[str, Any] | None = None, between: tuple[date | None, date | None] | None
          = None, keep: Filter | None = None, after: str = "", limit: int = 100,
          then: Moment | None = None, order: Order | None = None) -> Page:
    """The items of a collection in a window, with these values, reported between two days.

    bounds : west, south, east, north in degrees; west > east spans the antimeridian. keep : a
    filter that was read over the fields of the collection. `where` may only name fields that the
    reader sees: a filter on others would tell them. order : by a field that the reader sees, over
    all of them, then by id; else by id.
    then : as it was on a day, as we knew it at an instant; the past is for who may see histories.
    Raises WEB-010 and STO-... for an unknown collection or field, ACC-101 for `then`.
    """
    found = collection(registry, reader, name)
    if then is not None:
        reader.check("history")
        if name in (CELLS, RELEASED):
            then = None  # what the public sees is never late (S15)
    known = {f.name for f in found.fields}
    for wanted in where or {}:
        if wanted not in known:
            raise LandReleaseError(FILTER_UNKNOWN, field=wanted[:60], kind=name,
                                   expected=", ".join(sorted(known)) or "none")
    if order is not None:
        check_order(found, order, now=then is None)
    if found.geometry == "none":
        bounds = None  # what has no place lies in every window (OGC API Features, 7.15.3)
    windows = _windows(bounds)
    if name in (CELLS, RELEASED):
        return _public_items(registry, reader, found, windows, where or {}, between, keep, after,
                             limit, order)
    exact = None if not windows else shapely.union_all([shapely.box(*w) for w in windows])
    if exact is not None:
        shapely.prepare(exact)
    if keep is not None and keep.bounds is not None and not windows:
        windows = (keep.bounds,)
    at = then or NOW
    marker = marks.Marker(registry, reader, name, valid_at=at.valid_at, known_at=at.known_at)
    out: list[Item] = []
    places: list[str] = []  # after which place each one's next comes
    # To put all in order costs the same for few and for many: a page is asked for at once.
    passed, size = 0, min(_BATCH, max(limit, 50)) if order is None else max(_BATCH, limit + 1)
    while len(out) < limit and passed < _MOST_PASSED:
        if order is None:
            batch, whole = _batch(registry, name, windows, where, after, size, at)
            place = {r.id: r.id for r in batch}
        else:
            pairs = registry.ordered(name, order.field, down=order.down, where=where,
                                     after=_pair(after, order), limit=size)
            batch, whole = [r for _, r in pairs], len(pairs) < size
            place = {r.id: json.dumps([order.field, order.down, cell, r.id])
                     for cell, r in pairs}
        for record in reader.records(batch):
            if ((between is not None and not _within(record.valid_from, between))
                    or (exact is not None and not shapely.intersects(exact, record.geometry))):
                continue
            values = marker.values(record)
            if keep is None or keep.passes(values, record.geometry):
                out.append(Item(record.id, values, record.geometry))
                places.append(place[record.id])
                if len(out) > limit:
                    return Page(tuple(out[:limit]), places[limit - 1])
        if whole:
            return Page(tuple(out), "")
        passed += len(batch)
        after = place[batch[-1].id]
    # `after` may be the id of a record that this reader may not know of: whoever hands the page on
    # hides it (`early`).
    return Page(tuple(out), after, early=True)


def check_order(found: Collection, order: Order, *, now: bool = True) -> None:
    """Raise WEB-011 for an order by what the reader does not see, or of the past."""
    seen = [f.name for f in found.fields if f.name not in marks.NAMES]
    if order.field not in seen or not now:
        raise LandReleaseError(
            PARAMETER_WRONG, name="sortby", found=order.field[:60],
            expected="it is one of " + (", ".join(seen) or "none") if now
            else "the past stands in the order of ids")


def _pair(after: str, order: Order) -> tuple[Any, str] | None:
    """The place in an order after which the next ones come. WEB-011."""
    if not after:
        return None
    try:
        field, down, cell, record_id = json.loads(after)
        if (field, down) == (order.field, order.down):
            return cell, record_id
    except (ValueError, TypeError):
        pass
    raise LandReleaseError(PARAMETER_WRONG, name="after", found=after[:40],
                           expected="it is what `next` of a page says")


def every(registry: Registry, reader: View, name: str, *, order: Order | None = None, **asked: Any
          ) -> Iterator[tuple[Item, ...]]:
    """All items that `items` gives for what is asked, some at a time."""
    after = ""
    while True:
        page = items(registry, reader, name, after=after, order=order,
                     limit=5_000 if order is None else 20_000, **asked)
        if page.items:
            yield page.items
        if not page.after:
            return
        after = page.after


def _windows(bounds: Bounds | None) -> tuple[Bounds, ...]:
    """One window, or the two beside the antimeridian."""
    if bounds is None:
        return ()
    west, south, east, north = bounds
    if west <= east:
        return (bounds,)
    return (west, south, 180.0, north), (-180.0, south, east, north)


def _batch(registry: Registry, kind: str, windows: tuple[Bounds, ...],
           where: Mapping[str, Any] | None, after: str, size: int, then: Moment
           ) -> tuple[list[Record], bool]:
    """The next records by id in any of the windows, and whether there are no others."""
    def one(window: Bounds | None) -> list[Record]:
        return registry.find(kind, bounds=window, where=where, after=after, limit=size,
                             valid_at=then.valid_at, known_at=then.known_at)

    if len(windows) < 2:
        found = one(windows[0] if windows else None)
        return found, len(found) < size
    parts = [one(w) for w in windows]
    merged = {r.id: r for part in parts for r in part}
    full = [part[-1].id for part in parts if len(part) == size]
    # Beyond the last id of a part that was cut, other parts may be ahead.
    ids = sorted(i for i in merged if not full or i <= min(full))
    return [merged[i] for i in ids], not full


def item(registry: Registry, reader: View, name: str, item_id: str, *, marked: bool = True) -> Item:
    """One item; without its marks where only its values are asked for. Raises WEB-010 where it is
    not there, or not for this reader."""
    collection(registry, reader, name)
    if name in (CELLS, RELEASED):
        listed = PUBLIC.of(registry)[name == RELEASED]
        for found in listed:
            if found.id == item_id:
                return found
        raise LandReleaseError(COLLECTION_UNKNOWN, found=f"{name}/{item_id[:60]}")
    for record in reader.records(one_record(registry, name, item_id)):
        values = marks.Marker(registry, reader, name).values(record) if marked else record.values
        return Item(record.id, values, record.geometry)
    raise LandReleaseError(COLLECTION_UNKNOWN, found=f"{name}/{item_id[:60]}")


def one_record(registry: Registry, kind: str, record_id: str) -> list[Record]:
    """A record as it stands, by its kind and id; nothing where there is none."""
    # The newest revision before which nothing else of the id comes: ids are ordered.
    found = registry.find(kind, after=_before(record_id), limit=1)
    return [r for r in found if r.id == record_id]


def _before(text: str) -> str:
    """A text that is ordered just before another: every id after it is the other or comes later."""
    if not text:
        return ""
    last = ord(text[-1])
    return text[:-1] + (chr(last - 1) + "\U0010ffff" if last > 1 else "")


def _public_items(registry: Registry, reader: View, found: Collection,
                  windows: tuple[Bounds, ...], where: Mapping[str, Any],
                  between: tuple[date | None, date | None] | None, keep: Filter | None,
                  after: str, limit: int, order: Order | None = None) -> Page:
    listed = PUBLIC.of(registry)[found.id == RELEASED]
    if order is not None:
        own = order.field
        some = [i for i in listed if i.values.get(own) is not None]
        listed = [*sorted(some, key=lambda i: i.values[own], reverse=order.down),
                  *(i for i in listed if i.values.get(own) is None)]
    seen = {f.name for f in found.fields}
    start = int(after) if after.isdecimal() and len(after) < 10 else 0
    out: list[Item] = []
    last = start
    for place, one in enumerate(listed[start:], start):
        if windows and not any(shapely.box(*w).intersects(one.geometry) for w in windows):
            continue
        if between is not None and not _within(one.values.get("information_date"), between):
            continue
        if any(one.values.get(n) not in (v if isinstance(v, list) else [v])
               for n, v in where.items()):
            continue
        values = {k: v for k, v in one.values.items() if k in seen}
        if keep is not None and not keep.passes(values, one.geometry):
            continue
        if len(out) == limit:
            return Page(tuple(out), str(last))
        out.append(Item(one.id, values, one.geometry))
        last = place + 1
    return Page(tuple(out), "")


def _within(day: date | None, between: tuple[date | None, date | None]) -> bool:
    """A record without a date of information counts at every date (OGC API Features, 7.15.4)."""
    if day is None:
        return True
    first, last = between
    return (first is None or day >= first) and (last is None or day <= last)


# --- whole collections ---------------------------------------------------------------------------

def write_table(registry: Registry, reader: View, name: str, path: Path, made_at: datetime, *,
                said: Mapping[str, str] | None = None, **asked: Any) -> int:
    """Write what `items` gives for what is asked as CSV or, by the file's ending, XLSX, with HXL
    tags, in the order asked for; returns how many rows.

    said : what the file says of itself besides, such as the filter. Rows pass a piece at a time, so
    that half a million of them need little memory; where somebody records meanwhile, it is written
    once more, and names no chain head where that happens again. Raises WEB-010; STO-008 where it
    cannot be written; STO-131 for more rows than a worksheet has.
    """
    from landrelease.store.tables import write_pieces
    from landrelease.workflows import export

    found = collection(registry, reader, name)
    kind = Kind(found.id, found.title, found.geometry, found.fields)
    fields, synthetic = [f.name for f in found.fields], is_synthetic(registry)
    count = 0
    for last in (False, True):
        head = registry.head()
        about = {
            **export.about_of(registry, reader, export.Choice((name,)), made_at), **(said or {})}
        if last or not reader.may("history"):
            about.pop("chain_head")  # which changes with what this reader may not know of
        count = write_pieces(path, (export.table_of(kind, piece, fields, about, synthetic)
                                    for piece in every(registry, reader, name, **asked)),
                             export.table_of(kind, (), fields, about, synthetic))
        if registry.head() == head:
            break
    return count


def write_parquet(registry: Registry, reader: View, name: str, path: Path, made_at: datetime
                  ) -> int:
    """Write a whole collection as GeoParquet 1.1 (degrees on WGS 84); returns how many rows.

    Raises WEB-010; STO-008 where it cannot be written.
    """
    from landrelease.store.tables import write_geoparquet_table
    from landrelease.workflows import export

    found = collection(registry, reader, name)
    listed: list[Any]
    if name in (CELLS, RELEASED):
        listed = list(_public_items(registry, reader, found, (), {}, None, None, "", 10**9).items)
    else:
        marker = marks.Marker(registry, reader, name)
        listed = [replace(r, values=marker.values(r))
                  for r in reader.records(registry.records(name))]
    about = export.about_of(registry, reader, export.Choice((name,)), made_at)
    if not reader.may("history"):
        about.pop("chain_head")  # which changes with what this reader may not know of
    table = export.table_of(Kind(found.id, found.title, found.geometry, found.fields), listed,
                            [f.name for f in found.fields], about, is_synthetic(registry))
    write_geoparquet_table(path, table)
    return len(listed)
