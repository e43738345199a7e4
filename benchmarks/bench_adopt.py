"""Adopting closings from before the programme: time for each, with N and twice as many.

    python benchmarks/bench_adopt.py [--rows 500 1000 2000] [--plain]

Synthetic areas in a grid (some overlap, some are released in part, near some an item was found), a
list that closes all of them, signed one by one. `--plain` reads all records anew before each row,
as before there was an index, and says whether the outcome is the same.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import shapely

from landrelease.core.revision import Revision
from landrelease.store.open import create_registry
from landrelease.workflows import adopting, behind, hazards_that_stand, identities, sharing

AT = datetime(2026, 4, 1, 6, tzinfo=UTC)


def areas(rows: int, folder: Path) -> list[Revision]:
    """Areas of 1997 with what was found near them; writes the list of their closings."""
    rng = Random(7)
    revisions, lines = [], [",".join(adopting.COLUMNS)]
    for n in range(rows):
        x, y = 17 + 0.002 * (n % 50), 44 + 0.002 * (n // 50)
        wide = rng.choice((0.001, 0.001, 0.002, 0.0025))
        revisions.append(Revision(
            "hazard", f"h{n}", {"identifier": f"H{n}", "hazard_type": "CHA", "status": "open",
                                "information_date": date(1997, 3, 1)},
            shapely.box(x, y, x + wide, y + 0.001), AT, "landrelease benchmark", "closings", "",
            date(1997, 3, 1)))
        if rng.random() < 0.1:
            revisions.append(Revision(
                "item", f"m{n}", {"ordnance_category": "ap_mine_blast", "disposal": "destroyed",
                                  "position_accuracy_m": 80.0,
                                  "found_on": date(rng.choice((1998, 2001)), 1, 1)},
                shapely.Point(x + wide + 0.0005 * rng.random(), y + 0.0005), AT,
                "landrelease benchmark", "closings", ""))
        part = shapely.box(x, y, x + 0.0006, y + 0.001).wkt if rng.random() < 0.1 else ""
        lines.append(f'H{n},cleared,1999-06-01,Ministry,Rules 7,one.pdf,Ana,0.1,"{part}",')
    (folder / "one.pdf").write_bytes(b"decision")
    (folder / "closings.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return revisions


def adopted(rows: int) -> tuple[list[tuple[str, str]], set[str], float]:
    """Row and what became of it, areas that still stand, seconds of processor time."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with create_registry(folder / "r.gpkg", office="benchmark") as registry:
            registry.keep_setting("synthetic", "yes")
            identities.create_identity(registry, folder / "a.pem", name="A", by="A",
                                       role="authority", now=AT - timedelta(days=1))
            key = identities.read_key(folder / "a.pem", None)
            registry.append(areas(rows, folder))
            start = time.process_time()
            made = adopting.adopt(
                registry, sharing.reader_of(registry, "authority"), folder / "closings.csv",
                until=date(2005, 1, 1), by="A", key=key, now=AT + timedelta(days=30))
            seconds = time.process_time() - start
            stands = {r.id for r in hazards_that_stand(registry)}
    return [(r.hazard, r.state) for r in made], stands, seconds


def main() -> None:
    said = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    said.add_argument("--rows", type=int, nargs="+", default=[500, 1000, 2000])
    said.add_argument("--plain", action="store_true")
    given = said.parse_args()
    print(f"{'rows':>6}{'released':>10}{'seconds':>10}{'ms a row':>10}")
    for rows in given.rows:
        made, stands, seconds = adopted(rows)
        print(f"{rows:>6}{sum(s == 'released' for _, s in made):>10}{seconds:>10.1f}"
              f"{1000 * seconds / rows:>10.1f}", flush=True)
        if given.plain:
            look, released = behind.OnFile.look, behind.OnFile.released
            behind.OnFile.look = behind.OnFile._clear
            behind.OnFile.released = lambda self, *told: self._clear()
            again, stood, plain = adopted(rows)
            behind.OnFile.look, behind.OnFile.released = look, released
            print(f"{'plain':>6}{sum(s == 'released' for _, s in again):>10}{plain:>10.1f}"
                  f"{1000 * plain / rows:>10.1f}  same: {again == made and stood == stands}",
                  flush=True)


if __name__ == "__main__":
    main()
