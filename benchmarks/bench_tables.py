"""Tables of the web app at size: a page of all rows in an order, a filter that leaves few, the
whole as CSV and XLSX, from a registry file of made-up items in the open sea (S19). Times are of the
workflow that the pages use, in this process, without a browser.

    python benchmarks/bench_tables.py --items 550000
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from landrelease.access import policy
from landrelease.core.revision import Revision
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import collections, filtering

AT = datetime(2026, 1, 1, tzinfo=UTC)
KINDS = ("ap_mine", "av_mine", "submunition", "grenade", "other_uxo")


def items(count: int, seed: int) -> Iterator[Revision]:
    rng = np.random.default_rng(seed)
    for n, (x, y, depth, kind) in enumerate(zip(
            rng.uniform(-30, -26, count), rng.uniform(2, 6, count),
            rng.uniform(0, 0.5, count), rng.integers(0, len(KINDS), count), strict=True)):
        yield Revision("item", f"item:{n:07}", {
            "identifier": f"I-{n}", "ordnance_category": KINDS[kind], "quantity": int(n % 7 + 1),
            "depth_m": round(float(depth), 3), "model": f"model {n % 997}"},
            shapely.Point(x, y), AT, "landrelease bench", "synthetic", "")


def timed(words: str, work: Callable[[], Any]) -> Any:
    start = time.perf_counter()
    found = work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{words:<58}{time.perf_counter() - start:8.2f} s   peak {peak:,.0f} MB", flush=True)
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--items", type=int, default=20_000)
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "r.gpkg"
        with create_registry(path, office="bench") as registry:
            registry.keep_setting("synthetic", "yes")
            registry.append(items(asked.items, asked.seed))
        with open_registry(path) as registry:
            view, order = policy.view("planner"), collections.Order("depth_m", True)

            def page(**more: Any) -> collections.Page:
                return collections.items(registry, view, "item", limit=100, **more)

            print(f"{asked.items:,} items")
            timed("first page by id", page)
            first = timed("first page, deepest first", lambda: page(order=order))
            timed("second page, deepest first", lambda: page(order=order, after=first.after))
            timed("first page, by model", lambda: page(order=collections.Order("model")))
            timed("first page, one category, deepest first",
                  lambda: page(order=order, where={"ordnance_category": "grenade"}))
            fields = {f.name: f for f in collections.collection(registry, view, "item").fields}
            keep = filtering.read_filter("identifier LIKE '%99999'", "cql2-text", fields)
            count = timed("filter on a part of a text, all that it leaves", lambda: sum(
                len(piece) for piece in collections.every(registry, view, "item", keep=keep)))
            print(f"    {count} rows")
            for ending in ("csv", "xlsx"):
                out = Path(folder) / f"t.{ending}"
                timed(f"all rows as {ending}, deepest first",
                      lambda out=out: collections.write_table(  # type: ignore[misc]
                          registry, view, "item", out, AT, order=order))
                print(f"    {out.stat().st_size / 1e6:,.1f} MB")


if __name__ == "__main__":
    main()
