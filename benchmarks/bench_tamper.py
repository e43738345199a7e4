"""Does the audit find every tampering, and is it silent where nobody tampered?

    python benchmarks/bench_tamper.py [--cases 1000] [--seed 1]

Random registries, each attacked at a random place by somebody with write access who drops the
guards. Classes: changed, inserted, reordered, removed (the audit alone must find them), truncated
with its count and head put right, rewritten whole with all hashes new (found against a checkpoint
from before). As many registries are left untouched and may not give an alarm.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import shapely

T0 = datetime(2027, 1, 1, tzinfo=UTC)
CLASSES = ("changed", "inserted", "reordered", "removed", "truncated", "rewritten whole")
COLUMNS = ("kind", "record_id", "recorded_at", "recorded_by", "reason", "source", "valid_from",
           "validation", "values", "geometry", "previous_hash", "hash", "position")


def make(path: Path, rng: np.random.Generator):
    """A registry of 3 to 12 revisions; returns its checkpoint."""
    from landrelease.core.checkpoint import make as mark
    from landrelease.core.revision import Revision
    from landrelease.core.signature import SigningKey
    from landrelease.store.open import create_registry

    with create_registry(path, office=f"office {rng.integers(1000)}") as registry:
        count = int(rng.integers(3, 13))
        made = []
        for n in range(count):
            kind = ("hazard", "settlement", "team")[rng.integers(3)]
            shape = {"hazard": shapely.box(17, 44, 17 + rng.random(), 44.1), "team": None,
                     "settlement": shapely.Point(17 + rng.random(), 44)}[kind]
            made.append(Revision(
                kind, f"{kind}-{rng.integers(4)}", {"name": f"name {rng.integers(100)}"}, shape,
                T0 + timedelta(hours=n), "landrelease benchmark", "why", ""))
        for start in range(0, count, 4):
            registry.append(made[start:start + 4])
        return mark(registry.chains(), head=registry.head(), count=registry.count(),
                    made_at=T0.isoformat(), key=SigningKey.from_seed(b"b" * 32))


def attack(path: Path, what: str, rng: np.random.Generator) -> None:
    """One attack, by somebody who knows the layout and drops the guards."""
    from landrelease.core.revision import GENESIS, link
    from landrelease.store import layout, rows

    db = sqlite3.connect(path, isolation_level=None)
    layout.register_functions(db)
    for trigger in ("revision_stays", "revision_is_kept"):
        db.execute(f'DROP TRIGGER "{trigger}"')
    count = db.execute("SELECT count(*) FROM revision").fetchone()[0]
    place = int(rng.integers(1, count + 1))
    if what == "changed":
        column = COLUMNS[rng.integers(len(COLUMNS))]
        old = db.execute(f'SELECT "{column}" FROM revision WHERE number = ?',  # noqa: S608
                         (place,)).fetchone()[0]
        new = {"geometry": b"\x01" + bytes(rng.integers(0, 255, 20, dtype=np.uint8)),
               "position": 1000 + place, "valid_from": "2001-01-01"}.get(
                   column, f"{old}x" if column != "values" else '{"name":"another"}')
        db.execute(f'UPDATE revision SET "{column}" = ? WHERE number = ?',  # noqa: S608
                   (new, place))
    elif what == "inserted":
        if place < count and rng.random() < 0.7:  # in the middle: the later ones move up
            for number in range(count, place, -1):
                db.execute("UPDATE revision SET number = number + 1, position = position + 1 "
                           "WHERE number = ?", (number,))
            place_new = place + 1
        else:
            place, place_new = count, count + 1
        row = list(db.execute("SELECT * FROM revision WHERE number = ?", (place,)).fetchone())
        row[0], row[2], row[4], row[-2] = place_new, place_new, "inserted-1", row[-1]
        if rng.random() < 0.5:  # with a hash that fits the one before it
            row[-1] = link(row[-2], rows.bytes_of_row(row))
        db.execute(f"INSERT INTO revision VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608
    elif what == "reordered":
        other = place % count + 1
        a, b = (list(db.execute("SELECT * FROM revision WHERE number = ?", (n,)).fetchone())
                for n in (place, other))
        db.execute("DELETE FROM revision WHERE number IN (?, ?)", (place, other))
        (a[0], a[2]), (b[0], b[2]) = (b[0], b[2]), (a[0], a[2])
        for row in (a, b):
            db.execute(f"INSERT INTO revision VALUES ({', '.join('?' * len(row))})",  # noqa: S608
                       row)
    elif what == "removed":
        db.execute("DELETE FROM revision WHERE number = ?", (place,))
        if rng.random() < 0.5:  # and the gap closed
            for number in range(place + 1, count + 1):
                db.execute("UPDATE revision SET number = number - 1, position = position - 1 "
                           "WHERE number = ?", (number,))
    else:
        first = place if what == "truncated" else int(rng.integers(1, place + 1))
        if what == "truncated":
            db.execute("DELETE FROM revision WHERE number >= ?", (first,))
        else:
            db.execute("UPDATE revision SET reason = 'quietly other' WHERE number = ?", (first,))
        head = GENESIS
        for row in db.execute("SELECT * FROM revision ORDER BY number").fetchall():
            new = link(head, rows.bytes_of_row(row))
            db.execute("UPDATE revision SET previous_hash = ?, hash = ? WHERE number = ?",
                       (head, new, row[0]))
            head = new
        left = db.execute("SELECT count(*) FROM revision").fetchone()[0]
        db.executemany("UPDATE setting SET value = ? WHERE name = ?",
                       [(head, "head"), (str(left), "count")])
    db.close()


def findings(path: Path, checkpoint, *, restore: bool) -> tuple[set[str], set[str]]:
    """Codes of the audit alone, and of the comparison with the checkpoint."""
    from landrelease.store.open import open_registry
    from landrelease.workflows import checkpoints

    with open_registry(path) as registry:
        if restore:  # the attacker sets the layers right as well
            registry.restore_layers()
        against = {f.code for f in checkpoints.compare(registry, [checkpoint])}
        # The key of this checkpoint is of nobody here (STO-117), which is no tampering.
        return {f.code for f in registry.audit()}, against - {"STO-117"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    missed = alarms = 0
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        path, copy = Path(folder) / "r.gpkg", Path(folder) / "copy.gpkg"
        for what in CLASSES:
            found = 0
            for case in range(options.cases):
                if case % 4 == 0 or not path.exists():
                    path.unlink(missing_ok=True)
                    checkpoint = make(path, rng)
                shutil.copyfile(path, copy)
                attack(copy, what, rng)
                whole = what in CLASSES[4:]
                alone, against = findings(copy, checkpoint, restore=whole)
                found += bool(against & {"STO-113", "STO-114"}) if whole else bool(alone)
            missed += options.cases - found
            print(f"{what:<16} {found:,} of {options.cases:,} found", flush=True)
        for _ in range(options.cases):
            path.unlink(missing_ok=True)
            checkpoint = make(path, rng)
            alarms += any(findings(path, checkpoint, restore=False))
        print(f"{'untouched':<16} {alarms:,} of {options.cases:,} gave an alarm "
              f"({time.perf_counter() - start:.0f} s in all)")
    sys.exit(1 if missed or alarms else 0)


if __name__ == "__main__":
    main()
