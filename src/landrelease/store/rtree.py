"""The spatial index of SQLite, built for many boxes at once.

Inserting boxes one by one into an R-tree splits nodes over and over. Where much comes at once, the
boxes are packed into full nodes (sort-tile-recursive) and the node tables are written as a whole.
Sources: sqlite.org/rtree.html, section 6.3 (the shadow tables) and the node format described in
SQLite's rtree.c; packing: Leutenegger, Lopez, Edgington, "STR: a simple and efficient algorithm for
R-tree packing", ICDE 1997.
"""

# Names of tables cannot be bound; they come from store/layout.py, quoted. Values are bound.
# ruff: noqa: S608

from __future__ import annotations

import sqlite3

import numpy as np

_CELL = np.dtype([("id", ">i8"), ("box", ">f4", (4,))])  # minx, maxx, miny, maxy
_BULK = 2_000  # from so many boxes on, and a quarter of what is there, packing wins


def put(db: sqlite3.Connection, index: str, ids: np.ndarray, boxes: np.ndarray) -> None:
    """Put boxes into an index; boxes of ids that are there are replaced, NaN boxes removed.

    Parameters: `index` the quoted name; `ids` int64 (N,), distinct; `boxes` float64 (N, 4) as
    (west, south, east, north) in degrees.
    """
    if not len(ids):
        return
    there = ~np.isnan(boxes[:, 0])
    if len(ids) >= _BULK:
        known = db.execute(f"SELECT count(*) FROM {index}").fetchone()[0]
        if len(ids) * 4 >= known:
            _pack_with(db, index, ids, boxes, there, known)
            return
    db.executemany(f"DELETE FROM {index} WHERE id = ?",
                   [(i,) for i in ids[~there].tolist()])
    west, south, east, north = boxes[there].T.tolist() if there.any() else ([], [], [], [])
    db.executemany(f"INSERT OR REPLACE INTO {index} VALUES (?, ?, ?, ?, ?)",
                   zip(ids[there].tolist(), west, east, south, north, strict=True))


def _pack_with(db: sqlite3.Connection, index: str, ids: np.ndarray, boxes: np.ndarray,
               there: np.ndarray, known: int) -> None:
    """Pack the boxes together with those that the index holds already."""
    new_ids, new = ids[there], _outward(boxes[there])
    if known:
        held = np.array(db.execute(
            f"SELECT id, minx, maxx, miny, maxy FROM {index}").fetchall(), dtype=np.float64)
        kept = ~np.isin(held[:, 0].astype(np.int64), ids)
        new_ids = np.concatenate([held[kept, 0].astype(np.int64), new_ids])
        new = np.concatenate([held[kept, 1:].astype(np.float32), new])
    pack(db, index, new_ids, new)


def pack(db: sqlite3.Connection, index: str, ids: np.ndarray, boxes: np.ndarray) -> None:
    """Write an index anew. `boxes`: float32 (N, 4) as (minx, maxx, miny, maxy)."""
    name = index.strip('"')
    node_t, rowid_t, parent_t = (f'"{name}_{end}"' for end in ("node", "rowid", "parent"))
    size = db.execute(f"SELECT length(data) FROM {node_t} WHERE nodeno = 1").fetchone()[0]
    cells = (size - 4) // _CELL.itemsize
    levels = []  # from the leaves up: (ids or children, boxes, first place of each node)
    level_ids, level_boxes = ids.astype(np.int64), boxes
    while True:
        order = _tiles(level_boxes, cells)
        level_ids, level_boxes = level_ids[order], level_boxes[order]
        starts = np.arange(0, max(len(level_ids), 1), cells)
        levels.append((level_ids, level_boxes, starts))
        if len(starts) == 1:
            break
        level_boxes = np.column_stack([
            np.minimum.reduceat(level_boxes[:, 0], starts),
            np.maximum.reduceat(level_boxes[:, 1], starts),
            np.minimum.reduceat(level_boxes[:, 2], starts),
            np.maximum.reduceat(level_boxes[:, 3], starts)])
        level_ids = np.arange(len(starts), dtype=np.int64)  # places of the nodes below
    # The root is node 1; the other levels are numbered from the leaves up.
    numbers, next_number = [], 2
    for _, _, starts in levels[:-1]:
        numbers.append(np.arange(next_number, next_number + len(starts)))
        next_number += len(starts)
    numbers.append(np.array([1]))
    for table in (node_t, rowid_t, parent_t):
        db.execute(f"DELETE FROM {table}")
    for depth, (entries, entry_boxes, starts) in enumerate(levels):
        own = numbers[depth]
        children = entries if depth == 0 else numbers[depth - 1][entries]
        packed = np.empty(len(entries), dtype=_CELL)
        packed["id"], packed["box"] = children, entry_boxes
        raw = packed.tobytes()
        ends = np.append(starts[1:], len(entries))
        height = len(levels) - 1 if depth == len(levels) - 1 else 0
        rows = []
        for number, first, last in zip(own.tolist(), starts.tolist(), ends.tolist(), strict=True):
            body = raw[first * _CELL.itemsize:last * _CELL.itemsize]
            head = height.to_bytes(2, "big") + (last - first).to_bytes(2, "big")
            rows.append((number, (head + body).ljust(size, b"\0")))
        db.executemany(f"INSERT INTO {node_t} (nodeno, data) VALUES (?, ?)", rows)
        inside = np.repeat(own, ends - starts)
        if depth == 0:
            order = np.argsort(children, kind="stable")
            db.executemany(f"INSERT INTO {rowid_t} (rowid, nodeno) VALUES (?, ?)",
                           zip(children[order].tolist(), inside[order].tolist(), strict=True))
        else:
            db.executemany(f"INSERT INTO {parent_t} (nodeno, parentnode) VALUES (?, ?)",
                           zip(children.tolist(), inside.tolist(), strict=True))


def _tiles(boxes: np.ndarray, cells: int) -> np.ndarray:
    """An order that fills nodes with neighbours: slices by x, each sorted by y."""
    count = len(boxes)
    if count <= cells:
        return np.arange(count)
    x = boxes[:, 0] + boxes[:, 1]
    slices = max(1, int(np.ceil(np.sqrt(np.ceil(count / cells)))))
    per_slice = int(np.ceil(np.ceil(count / slices) / cells)) * cells
    order = np.argsort(x, kind="stable")
    slice_of = np.arange(count) // per_slice
    y = (boxes[:, 2] + boxes[:, 3])[order]
    return order[np.lexsort((y, slice_of))]


def _outward(boxes: np.ndarray) -> np.ndarray:
    """(west, south, east, north) in double to (minx, maxx, miny, maxy) in single, never smaller."""
    low, high = boxes[:, [0, 1]], boxes[:, [2, 3]]
    low4, high4 = low.astype(np.float32), high.astype(np.float32)
    low4 = np.where(low4 > low, np.nextafter(low4, np.float32(-np.inf)), low4)
    high4 = np.where(high4 < high, np.nextafter(high4, np.float32(np.inf)), high4)
    return np.column_stack([low4[:, 0], high4[:, 0], low4[:, 1], high4[:, 1]]).astype(np.float32)
