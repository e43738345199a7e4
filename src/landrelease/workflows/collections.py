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

from landrelease.access.policy import WAYS_OUT
from landrelease.core.kind import Field, GeometryType, Kind
from landrelease.core.record import Record
from landrelease.errors import (
    COLLECTION_UNKNOWN,
    FILTER_UNKNOWN,
    PARAMETER_WRONG,
    LandReleaseError,
)
from landrelease.workflows import is_synthetic, marks, public
from landrelease.workflows.unsigned import TYPE

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.store.registry import Registry
    from landrelease.workflows.filtering import Filter
    from landrelease.workflows.public import PublicView

Bounds = tuple[float, float, float, float]
CELLS, RELEASED, UNRECORDED = "hazard_cells", "released_ground", "unrecorded_hazards"
GAPS = "coverage_gaps"
ACCURACY = "position_accuracy_m"
_STANDS_WITH = frozenset((ACCURACY, TYPE))  # of a hazard: not always as it was recorded last
GAP_STATES = ("not_proven", "machine_only", "no_track")  # as `workflows.coverage.gaps` says them
MADE = frozenset((CELLS, RELEASED, UNRECORDED, GAPS))  # of no records, but of what they say
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
    found = [found for kind in registry.kinds.values()
             if (found := _collection_of(kind, reader)) is not None]
    return [*found, *(_UNRECORDED,) * (reader.precision("hazard") == "exact"),
            *(_GAPS,) * _sees_gaps(reader)]


def _sees_gaps(reader: View) -> bool:
    """For whom `operate proof` is."""
    return all(reader.may(s, f) for s, f in WAYS_OUT["operate proof"].needs)


_UNRECORDED = Collection(
    UNRECORDED, "Hazards without a record", "Hazards that wait in quarantine, as wide as any "
    "reading of them, and released ground that reopened under a hazard that nobody recorded. They "
    "count as hazardous; others may wait whose place is not known.", "any",
    (Field("why", "choice", "Why it counts.", choices=("waiting", "reopened")),))
_GAPS = Collection(
    GAPS, "Ground that is not proven covered", "Ground of tasks that their proofs of coverage "
    "leave open, that waits for hand work because only a machine or an animal covered it, and of "
    "completed tasks of which no track is on record.", "polygon",
    (Field("task", "text", "The task."),
     Field("state", "choice", "not_proven: no proof covers it; machine_only: a machine or an "
           "animal does, and no hand work; no_track: the task is completed, and no track of it is "
           "on record.", choices=GAP_STATES),
     Field("area_m2", "number", "Geodesic area.", unit="m²")))


_CELLS = Collection(
    CELLS, "Ground that is known to be hazardous", "Coarse cells that hold all recorded hazards. "
    "Ground without a cell is ground without information: treat it as dangerous.", "polygon",
    (_CELL_M,))
_RELEASED = Collection(
    RELEASED, "Released ground", "Cancelled, reduced and cleared ground, rounded inward.",
    "polygon", ())
MADE_COLLECTIONS = (_UNRECORDED, _GAPS, _CELLS, _RELEASED)


def _collection_of(kind: Kind, reader: View) -> Collection | None:
    precision = reader.precision(kind.name)
    if precision not in ("exact", "cells", "inward"):
        return None
    if precision == "cells":
        return _CELLS
    seen = set(reader.fields(kind.name))
    fields = tuple(f for f in kind.fields if f.name in seen)
    if precision == "exact":
        return Collection(kind.name, kind.title, kind.definition, kind.geometry,
                          (*fields, *marks.fields(kind, reader)))
    return replace(_RELEASED, fields=fields)


def collection(registry: Registry, reader: View, name: str) -> Collection:
    """One of them. Raises WEB-010, alike for what there is not and for what is not shown."""
    kinds = registry.kinds
    if name == UNRECORDED and reader.precision("hazard") == "exact":
        return _UNRECORDED
    if name == GAPS and _sees_gaps(reader):
        return _GAPS
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
    What is made of the records as they stand now (`MADE`) is given of now.
    Raises WEB-010 and STO-... for an unknown collection or field, ACC-101 for `then`.
    """
    found = collection(registry, reader, name)
    if then is not None:
        reader.check("history")
        if name in MADE:
            then = None  # what the public sees is never late (S15); what waits, waits now
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
    if name in MADE:
        return _made_items(registry, reader, found, windows, where or {}, between, keep, after,
                             limit, order)
    exact = None if not windows else shapely.union_all([shapely.box(*w) for w in windows])
    if exact is not None:
        shapely.prepare(exact)
    if (keep is not None and keep.bounds is not None and not windows
            and found.geometry != "none"):
        windows = (keep.bounds,)
    at = then or NOW
    marker = marks.Marker(registry, reader, name, valid_at=at.valid_at, known_at=at.known_at)
    where, keep = _as_it_stands(registry, name, where, keep, marker)
    few = None if then is not None or (order is not None and order.field in _STANDS_WITH) else \
        _by_text(registry, reader, name, keep, where, order, after)
    out: list[Item] = []
    places: list[str] = []  # after which place each one's next comes
    # To put all in order costs the same for few and for many: a page is asked for at once.
    passed, size = 0, min(_BATCH, max(limit, 50)) if order is None else max(_BATCH, limit + 1)
    while len(out) < limit and passed < _MOST_PASSED:
        if few is not None:
            batch, whole, place = few.after(after, size)
        elif order is None:
            batch, whole = _batch(registry, name, windows, where, after, size, at, marker)
            place = {r.id: r.id for r in batch}
        else:
            pairs, whole = _ordered(registry, name, order, where, _pair(after, order), size, marker)
            batch = [r for _, r in pairs]
            place = {r.id: json.dumps([order.field, order.down, cell, r.id])
                     for cell, r in pairs}
        for record in reader.records(marker.standing(batch)):
            if ((between is not None and not _within(record.valid_from, between))
                    or (exact is not None and not shapely.intersects(exact, record.geometry))):
                continue
            values = marker.values(record)
            if keep is None or keep.passes_of(record.id, values, record.geometry):
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


def _as_it_stands(registry: Registry, name: str, where: Mapping[str, Any] | None,
                  keep: Filter | None, marker: marks.Marker
                  ) -> tuple[Mapping[str, Any] | None, Filter | None]:
    """What is asked by status, so that it leaves out no area that counts as hazardous although its
    record says that it is closed (S01, S09): such an area passes as what it says, and as what it
    stands as. What is asked by accuracy or type, of the one that is shown: that with which the area
    stands (S04), and as which it counts (S01).
    """
    from landrelease.workflows import filtering
    from landrelease.workflows.unsigned import DECIDED

    if name == "hazard" and where and ACCURACY in where:
        keep = filtering.being({ACCURACY: where[ACCURACY]}, keep)
        where = {k: v for k, v in where.items() if k != ACCURACY}
    if name == "hazard" and where and TYPE in where and (
            retyped := marker.doubtful.retyped.values()):
        wanted = where[TYPE] if isinstance(where[TYPE], list) else [where[TYPE]]
        keep = filtering.being({TYPE: wanted}, keep)
        # Beside those that say so, those that were recorded as another and count as this one.
        where = {**where, TYPE: list(dict.fromkeys(
            [*wanted, *(r.recorded for r in retyped if r.stands in wanted)]))}
    status = DECIDED["hazard"]
    by_status = status in (where or {})
    if name != "hazard" or not (by_status or (keep is not None and status in keep.fields)):
        return where, keep
    stands = marker.doubted_closings()
    if not stands:
        return where, keep
    if by_status and where is not None:
        wanted = where[status] if isinstance(where[status], list) else [where[status]]
        closed = dict(registry.kinds[name].decisions)[status]
        where = {**where, status: [*wanted, *(w for w in closed if w not in wanted)]}
        keep = filtering.being({status: wanted}, keep)
    assert keep is not None
    return where, filtering.standing_as(status, stands, keep)


def _ordered(registry: Registry, kind: str, order: Order, where: Mapping[str, Any] | None,
             after: tuple[Any, str] | None, size: int, marker: marks.Marker
             ) -> tuple[list[tuple[Any, Record]], bool]:
    """The next records in an order, each after what orders it, and whether there are no others. An
    area that stands with another accuracy or type than it said last comes where that puts it (S01,
    S04)."""
    moved: dict[str, tuple[Any, Record]] = {}
    if kind == "hazard" and order.field in _STANDS_WITH:
        for i in marker.doubtful.wider if order.field == ACCURACY else marker.doubtful.retyped:
            for r in one_record(registry, kind, i, where=where):
                (stands,) = marker.standing([r]) or (r,)
                if stands.values.get(order.field) != r.values.get(order.field):
                    moved[i] = stands.values.get(order.field), r

    def rank(pair: tuple[Any, str]) -> tuple[bool, Any, str]:
        cell, record_id = pair
        return cell is None, 0 if cell is None else _ranked(cell, order.down), record_id

    while True:
        pairs = registry.ordered(kind, order.field, down=order.down, where=where, after=after,
                                 limit=size)
        whole = len(pairs) < size
        if not moved:
            return pairs, whole
        first = None if after is None else rank(after)
        last = None if whole else rank((pairs[-1][0], pairs[-1][1].id))
        there = [(cell, r) for cell, r in moved.values()
                 if (first is None or rank((cell, r.id)) > first)
                 and (last is None or rank((cell, r.id)) <= last)]
        found = sorted([*(p for p in pairs if p[1].id not in moved), *there],
                       key=lambda p: rank((p[0], p[1].id)))
        if found or whole:
            return found, whole
        after = pairs[-1][0], pairs[-1][1].id


def _ranked(cell: Any, down: bool) -> Any:
    """What puts a number, or a text by its bytes as stores do, in an order."""
    if isinstance(cell, str):
        return [-b for b in cell.encode()] + [1] if down else list(cell.encode())
    return -cell if down else cell


@dataclass(frozen=True, slots=True)
class _Few:
    """The records among which those are that a filter leaves, in the order that is asked for: their
    ids, each with the place after which the next one comes."""

    registry: Registry
    kind: str
    listed: list[tuple[str, str]]

    def after(self, after: str, size: int) -> tuple[list[Record], bool, dict[str, str]]:
        """As `_batch` gives records, with the place of each."""
        start = 0 if not after else 1 + next(
            n for n, (_, place) in enumerate(self.listed) if place == after)
        part = self.listed[start:start + size]
        found = [r for record_id, _ in part
                 for r in one_record(self.registry, self.kind, record_id)]
        return found, len(part) < size or not found, dict(part)


def _by_text(registry: Registry, reader: View, name: str, keep: Filter | None,
             where: Mapping[str, Any] | None, order: Order | None, after: str) -> _Few | None:
    """Where a filter is of a text and leaves few: the records with such a text, found by reading
    that column alone. None where it leaves many, where the place to go on from is gone, or where
    the reader does not see every row: how many are passed over must not tell of them (S14)."""
    grant = reader.grant(name)
    if keep is None or keep.text is None or reader.areas or (
            (grant.precision, grant.rows) != ("exact", "all")):
        return None
    field, holds = keep.text
    if field in marks.NAMES:
        return None  # no column of the store holds what a mark says
    found = registry.matching(name, field, holds, where=where,
                              beside="" if order is None else order.field)
    if found is None:
        return None
    if order is None:
        listed = [(i, i) for i, _ in found]
    else:
        by = sorted((p for p in found if p[1] is not None), key=lambda p: p[1], reverse=order.down)
        listed = [(i, json.dumps([order.field, order.down, cell, i]))
                  for i, cell in (*by, *(p for p in found if p[1] is None))]
    if after and after not in {place for _, place in listed}:
        return None
    return _Few(registry, name, listed)


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
           where: Mapping[str, Any] | None, after: str, size: int, then: Moment,
           marker: marks.Marker) -> tuple[list[Record], bool]:
    """The next records by id in any of the windows, and whether there are no others. A hazard lies
    wherever it stands, not only where it was recorded last (S01)."""
    moment: dict[str, Any] = {"valid_at": then.valid_at, "known_at": then.known_at}

    def one(window: Bounds | None) -> list[Record]:
        return registry.find(kind, bounds=window, where=where, after=after, limit=size, **moment)

    if not windows:
        found = one(None)
        return found, len(found) < size
    wider = [] if kind != "hazard" else [
        r for i, w in marker.doubtful.wider.items() if i > after
        if any(shapely.box(*window).intersects(w.geometry) for window in windows)
        for r in one_record(registry, kind, i, where=where, **moment)]
    if len(windows) < 2 and not wider:
        found = one(windows[0])
        return found, len(found) < size
    parts = [one(w) for w in windows]
    merged = {r.id: r for part in (*parts, wider) for r in part}
    full = [part[-1].id for part in parts if len(part) == size]
    # Beyond the last id of a part that was cut, other parts may be ahead.
    ids = sorted(i for i in merged if not full or i <= min(full))
    return [merged[i] for i in ids], not full


def item(registry: Registry, reader: View, name: str, item_id: str, then: Moment = NOW) -> Item:
    """One item. Raises WEB-010 where it is not there, or not for this reader."""
    collection(registry, reader, name)
    moment: dict[str, Any] = {"valid_at": then.valid_at, "known_at": then.known_at}
    if name in MADE:
        for found in _made(registry, reader, name):
            if found.id == item_id:
                return found
        raise LandReleaseError(COLLECTION_UNKNOWN, found=f"{name}/{item_id[:60]}")
    marker = marks.Marker(registry, reader, name, **moment)
    for record in reader.records(marker.standing(one_record(registry, name, item_id, **moment))):
        return Item(record.id, marker.values(record), record.geometry)
    raise LandReleaseError(COLLECTION_UNKNOWN, found=f"{name}/{item_id[:60]}")


def one_record(registry: Registry, kind: str, record_id: str, **asked: Any) -> list[Record]:
    """A record as it was recorded last, by its kind and id; nothing where there is none, or not
    with what else is asked of it."""
    # The newest revision before which nothing else of the id comes: ids are ordered.
    found = registry.find(kind, after=_before(record_id), limit=1, **asked)
    return [r for r in found if r.id == record_id]


def _before(text: str) -> str:
    """A text that is ordered just before another: every id after it is the other or comes later."""
    if not text:
        return ""
    last = ord(text[-1])
    return text[:-1] + (chr(last - 1) + "\U0010ffff" if last > 1 else "")


def _made(registry: Registry, reader: View, name: str) -> list[Item]:
    if name == GAPS:
        from landrelease.workflows.coverage import gaps

        return [Item(f"{task}:{state}", {"task": task, "state": state, "area_m2": round(m2, 1)},
                     ground) for task, state, ground, m2 in gaps(registry, reader)]
    if name != UNRECORDED:
        return PUBLIC.of(registry)[name == RELEASED]
    from landrelease.workflows.waiting_areas import without_record

    return [Item(r.id, r.values, r.geometry) for r in without_record(registry, reader)]


def _made_items(registry: Registry, reader: View, found: Collection,
                windows: tuple[Bounds, ...], where: Mapping[str, Any],
                between: tuple[date | None, date | None] | None, keep: Filter | None,
                after: str, limit: int, order: Order | None = None) -> Page:
    listed = _made(registry, reader, found.id)
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
    count, then = 0, asked.get("then") or NOW
    choice = export.Choice((name,), then.known_at, then.valid_at)
    for last in (False, True):
        head = registry.head()
        about = {**export.about_of(registry, reader, choice, made_at), **(said or {})}
        if last or not reader.may("history"):
            about.pop("chain_head")  # which changes with what this reader may not know of
        count = write_pieces(path, (export.table_of(kind, piece, fields, about, synthetic)
                                    for piece in every(registry, reader, name, **asked)),
                             export.table_of(kind, (), fields, about, synthetic))
        if registry.head() == head:
            break
    return count


def write_parquet(registry: Registry, reader: View, name: str, path: Path, made_at: datetime,
                  then: Moment = NOW) -> int:
    """Write a whole collection as GeoParquet 1.1 (degrees on WGS 84); returns how many rows.

    Raises WEB-010; STO-008 where it cannot be written.
    """
    from landrelease.store.tables import write_geoparquet_table
    from landrelease.workflows import export

    found = collection(registry, reader, name)
    listed: list[Any]
    if name in MADE:
        listed = list(_made_items(registry, reader, found, (), {}, None, None, "", 10**9).items)
    else:
        moment: dict[str, Any] = {"valid_at": then.valid_at, "known_at": then.known_at}
        marker = marks.Marker(registry, reader, name, **moment)
        listed = [replace(r, values=marker.values(r))
                  for r in reader.records(marker.standing(registry.records(name, **moment)))]
    about = export.about_of(registry, reader, export.Choice(
        (name,), then.known_at, then.valid_at), made_at)
    if not reader.may("history"):
        about.pop("chain_head")  # which changes with what this reader may not know of
    table = export.table_of(Kind(found.id, found.title, found.geometry, found.fields), listed,
                            [f.name for f in found.fields], about, is_synthetic(registry))
    write_geoparquet_table(path, table)
    return len(listed)
