"""How fast the web app is: start, memory, tiles with many readers, a page of items, the browser.

    python benchmarks/bench_web.py                                   # small: seconds
    python benchmarks/bench_web.py --items 550000 --polygons 100000  # the size of the promise

Synthetic points and polygons in one district. The server is `landrelease serve --as planner` in a
process of its own; readers are threads of this one, each with a connection that stays open, which
share the cores with the server: latencies are upper bounds. The tiles are drawn with weights
1/rank, as people look at places. Which of them were kept and which were made is what the server
says of each; rounds go on until the share of kept ones is as stated (`--shares`).
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import accumulate
from pathlib import Path

import numpy as np
import shapely

from landrelease.core.revision import Revision
from landrelease.publish.tiles import bounds_of
from landrelease.store.open import create_registry

WEST, SOUTH, SIZE = 17.0, 44.0, 1.0


def build(path: Path, items: int, polygons: int) -> float:
    """Make the registry; returns the seconds it took."""
    rng = np.random.default_rng(1)
    at = datetime(2026, 1, 1, tzinfo=UTC)

    def revisions() -> Iterator[Revision]:
        spots = rng.uniform((WEST, SOUTH), (WEST + SIZE, SOUTH + SIZE), (items, 2))
        for n, (x, y) in enumerate(spots.tolist()):
            yield Revision("item", f"item:{n:07d}", {
                "identifier": f"I-{n}", "quantity": 1, "information_date": date(2025, 6, 1)},
                shapely.Point(x, y), at, "benchmark", "synthetic", "", date(2025, 6, 1))
        corners = rng.uniform((WEST, SOUTH), (WEST + SIZE, SOUTH + SIZE), (polygons, 2))
        for n, (x, y) in enumerate(corners.tolist()):
            side = 0.0005 + 0.001 * (n % 7) / 7
            yield Revision("hazard", f"hazard:{n:07d}", {
                "identifier": f"H-{n}", "name": f"Synthetic {n}", "hazard_type": "CHA",
                "status": "open", "information_date": date(2025, 6, 1)},
                shapely.box(x, y, x + side, y + side), at, "benchmark", "synthetic", "",
                date(2025, 6, 1))

    start = time.perf_counter()
    with create_registry(path, office="Benchmark") as registry:
        registry.keep_setting("synthetic", "yes")
        registry.append(revisions())
    return time.perf_counter() - start


def serve(path: Path) -> tuple[subprocess.Popen[str], str, int, float]:
    """(process, host, port, seconds until it answered)."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "landrelease", "serve", str(path), "--as", "planner"],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "LANDRELEASE_MEASURE": "1"})
    assert process.stdout is not None
    url = process.stdout.readline().split()[0]
    host, port = url.split("//")[1].rstrip("/").split(":")
    while True:
        try:
            if ask(http.client.HTTPConnection(host, int(port), timeout=5), "/health")[0] == 200:
                return process, host, int(port), time.perf_counter() - start
        except OSError:
            if process.poll() is not None:
                raise
            time.sleep(0.02)


def ask(connection: http.client.HTTPConnection, path: str) -> tuple[int, bytes]:
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read()


def memory_mb(pid: int) -> float:
    """Resident memory of a process and its children, in MB (Linux)."""
    total = 0
    for one in [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]:
        for line in Path(f"/proc/{one}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                total += int(line.split()[1])
    return total / 1024


def tiles_of(zooms: tuple[int, ...]) -> dict[str, float]:
    """Addresses of the tiles over the district, of both collections, with weights: each zoom as
    often as the others, within a zoom 1/rank of an order by chance."""
    out: dict[str, float] = {}
    for z in zooms:
        here = []
        for x in range(2 ** z):
            west, _, east, _ = bounds_of(z, x, 0)
            if east < WEST or west > WEST + SIZE:
                continue
            for y in range(2 ** z):
                _, south, _, north = bounds_of(z, 0, y)
                if north >= SOUTH and south <= SOUTH + SIZE:
                    here += [f"/tiles/{name}/{z}/{x}/{y}" for name in ("hazard", "item")]
        random.Random(z).shuffle(here)
        whole = sum(1 / (rank + 1) for rank in range(len(here)))
        out |= {path: 1 / (rank + 1) / whole for rank, path in enumerate(here)}
    return out


@dataclass
class Round:
    """What many readers at once saw: latencies in s of tiles that were kept, and of all others."""

    kept: list[float] = field(default_factory=list)
    made: list[float] = field(default_factory=list)
    size: int = 0
    errors: int = 0

    @property
    def share(self) -> float:
        return len(self.kept) / max(1, len(self.kept) + len(self.made))


def readers(host: str, port: int, chances: dict[str, float], many: int, seconds: float, seed: int
            ) -> Round:
    """Many readers at once for some seconds."""
    paths, weights = list(chances), list(accumulate(chances.values()))
    found = Round()
    lock = threading.Lock()
    end = time.perf_counter() + seconds

    def one(number: int) -> None:
        chance = random.Random(1_000 * seed + number)
        connection = http.client.HTTPConnection(host, port, timeout=60)
        while time.perf_counter() < end:
            path = chance.choices(paths, cum_weights=weights)[0]
            start = time.perf_counter()
            try:
                connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
                answer = connection.getresponse()
                kept, size = "kept" in (answer.getheader("Server-Timing") or ""), len(answer.read())
                status = answer.status
            except (OSError, http.client.HTTPException):
                status, size, kept = 0, 0, False
                connection = http.client.HTTPConnection(host, port, timeout=60)
            with lock:
                (found.kept if kept else found.made).append(time.perf_counter() - start)
                found.size += size
                found.errors += status != 200

    threads = [threading.Thread(target=one, args=(n,)) for n in range(many)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return found


def said(name: str, took: list[float]) -> str:
    if len(took) < 2:
        return f"{name}: {len(took)} requests"
    cuts = statistics.quantiles(took, n=100)
    return (f"{name}: {len(took)} requests, p50 {cuts[49] * 1e3:.1f} ms, "
            f"p95 {cuts[94] * 1e3:.1f} ms, p99 {cuts[98] * 1e3:.1f} ms")


def browser(url: str, chromium: str) -> None:
    """Time until the map is drawn and until the table is filled, in a real Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=[
            "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"])
        page = opened.new_page()
        start = time.perf_counter()
        page.goto(url)
        page.wait_for_selector("#map[data-drawn=yes]", timeout=120_000)
        print(f"browser: map drawn after {time.perf_counter() - start:.2f} s (software rendering)")
        start = time.perf_counter()
        page.goto(f"{url}#tables/item")
        page.wait_for_selector("tbody tr", timeout=120_000)
        print(f"browser: table filled after {time.perf_counter() - start:.2f} s")
        opened.close()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--items", type=int, default=5_000)
    options.add_argument("--polygons", type=int, default=1_000)
    options.add_argument("--readers", type=int, default=50)
    options.add_argument("--seconds", type=float, default=5.0)
    options.add_argument("--shares", default="0.95,0.99", help="of tiles that are kept")
    options.add_argument("--rounds", type=int, default=40, help="at most")
    options.add_argument("--zooms", default="8,9,10,11,12,13")
    options.add_argument("--registry", default="", help="made once here, and used again")
    options.add_argument("--chromium", default="", help="path; without it no browser is timed")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(given.registry or Path(folder) / "r.gpkg")
        if path.exists():
            print(f"{path.name}: made before")
        else:
            print(f"{given.items:,} items, {given.polygons:,} polygons: made in "
                  f"{build(path, given.items, given.polygons):.1f} s")
        process, host, port, started = serve(path)
        try:
            print(f"start until it answers: {started:.2f} s; "
                  f"memory {memory_mb(process.pid):.0f} MB")
            paths = tiles_of(tuple(map(int, given.zooms.split(","))))
            wanted = sorted(map(float, given.shares.split(",")))
            for number in range(1, given.rounds + 1):
                found = readers(host, port, paths, given.readers, given.seconds, number)
                print(said(f"tiles, {given.readers} readers, round {number}",
                           found.kept + found.made)
                      + f", {(len(found.kept) + len(found.made)) / given.seconds:.0f}/s, "
                        f"{found.size / 1e6:.1f} MB, kept {found.share:.1%}, "
                        f"{found.errors} errors; {said('kept', found.kept)}; "
                        f"{said('made', found.made)}; memory {memory_mb(process.pid):.0f} MB")
                while wanted and found.share >= wanted[0]:
                    wanted.pop(0)
                if not wanted:
                    break
            pages = {f"/ogc/collections/{name}/items?limit=100&bbox={x:.3f},{y:.3f},{x + 0.02:.3f},"
                     f"{y + 0.02:.3f}": 1.0 for name in ("item", "hazard")
                     for x in np.arange(WEST, WEST + 0.9, 0.1)
                     for y in np.arange(SOUTH, SOUTH + 0.9, 0.1)}
            found = readers(host, port, pages, 4, given.seconds, 0)
            print(said("pages of 100 items in a window, 4 readers", found.made)
                  + f", {len(found.made) / given.seconds:.0f}/s, {found.errors} errors")
            if given.chromium:
                browser(f"http://{host}:{port}/", given.chromium)
            print(f"memory at the end: {memory_mb(process.pid):.0f} MB")
        finally:
            process.send_signal(2)
            process.wait(30)


if __name__ == "__main__":
    main()
