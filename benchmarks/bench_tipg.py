"""Requests per second of `landrelease serve` and of tipg, over the same PostGIS in the same run.

    python3 -m venv tipg && tipg/bin/pip install tipg uvicorn
    python benchmarks/bench_tipg.py --tipg tipg/bin/python                      # small
    python benchmarks/bench_tipg.py --tipg tipg/bin/python --items 550000 --polygons 100000

Both serve the same tables of one registry in a throw-away PostgreSQL (tests/postgres.py): pages of
items by rectangle, and vector tiles. tipg gives every row of a table to everybody; ours passes the
policy for a planner and keeps tiles that it made. One process each, each with its own defaults.
Both are asked the same rectangles and tiles, in turns, after a check that they give the same
numbers of features. Readers, servers and database share the processors.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import bench_web
import field_day

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))


def tipg(python: str, address: str) -> tuple[subprocess.Popen[bytes], int]:
    """tipg over the schema of the registry, and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(
        [python, "-m", "uvicorn", "tipg.main:app", "--host", "127.0.0.1", "--port", str(port),
         "--log-level", "error"],
        env={**{k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
             "DATABASE_URL": address, "TIPG_DB_SCHEMAS": '["landrelease"]',
             "TIPG_MAX_FEATURES_PER_QUERY": "10000"})
    for _ in range(600):
        try:
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            if bench_web.ask(line, "/healthz")[0] == 200:
                return process, port
        except OSError:
            if process.poll() is not None:
                raise RuntimeError("tipg ended") from None
            time.sleep(0.1)
    raise TimeoutError("tipg did not start")


def per_second(port: int, paths: list[str], readers: int, seconds: float) -> tuple[float, float]:
    """(requests per second, median latency in s) of several readers at once."""
    took: list[float] = []
    lock, end = threading.Lock(), time.perf_counter() + seconds

    def one(seed: int) -> None:
        rng = random.Random(seed)
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while time.perf_counter() < end:
            begun = time.perf_counter()
            status, _ = bench_web.ask(line, rng.choice(paths))
            assert status in (200, 204), status
            with lock:
                took.append(time.perf_counter() - begun)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(took) / seconds, statistics.median(took)


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    options.add_argument("--tipg", required=True, help="a Python that has tipg and uvicorn")
    options.add_argument("--items", type=int, default=5_000)
    options.add_argument("--polygons", type=int, default=1_000)
    options.add_argument("--readers", type=int, default=8)
    options.add_argument("--seconds", type=float, default=5.0)
    options.add_argument("--rounds", type=int, default=3)
    given = options.parse_args()
    import postgres

    programs = postgres.programs()
    if programs is None:
        options.error(postgres.NEEDED)
    place = Path(tempfile.mkdtemp(prefix="bench-tipg-"))
    database = postgres.Server(place, programs)
    ours = peer = None
    try:
        address = database.database("both")
        made = bench_web.build(address, given.items, given.polygons)  # type: ignore[arg-type]
        database.execute("VACUUM ANALYZE", "both")
        accounts = Path(tempfile.mkdtemp()) / "accounts"
        ours = field_day.Server(address, "--accounts", str(accounts), "--as", "planner")
        ours.start()
        peer, port = tipg(given.tipg, address)
        rng = random.Random(1)
        boxes = [(x, y, x + 0.02, y + 0.02) for x, y in (
            (bench_web.WEST + rng.random() * 0.97, bench_web.SOUTH + rng.random() * 0.97)
            for _ in range(200))]
        asked = {"pages of items": (
            [f"/ogc/collections/{c}/items?limit=1000&bbox={','.join(f'{v:.5f}' for v in b)}"
             for b in boxes for c in ("hazard", "item")],
            [f"/collections/landrelease.{c}/items?f=geojson&limit=1000"
             f"&bbox={','.join(f'{v:.5f}' for v in b)}"
             for b in boxes for c in ("hazard", "item")])}
        tiles = [p for p in bench_web.tiles_of((10, 11, 12)) if p.startswith("/tiles/")][:300]
        asked["tiles"] = (tiles, [
            "/collections/landrelease.{}/tiles/WebMercatorQuad/{}/{}/{}".format(
                *p.split("/")[2:]) for p in tiles])
        line = [http.client.HTTPConnection("127.0.0.1", p, timeout=60) for p in (ours.port, port)]
        for one, other in list(zip(*asked["pages of items"], strict=True))[:20]:
            counts = [len(json.loads(bench_web.ask(to, path)[1])["features"])
                      for to, path in zip(line, (one, other), strict=True)]
            assert counts[0] == counts[1], (one, other, counts)
        print(f"{given.items:,} items, {given.polygons:,} polygons in PostGIS, made in {made:.1f} s"
              f"; {given.readers} readers, {given.rounds} rounds of {given.seconds:g} s each")
        for what, (here, there) in asked.items():
            found: dict[str, list[tuple[float, float]]] = {"landrelease": [], "tipg": []}
            for _ in range(given.rounds):
                found["landrelease"].append(per_second(
                    ours.port, here, given.readers, given.seconds))
                found["tipg"].append(per_second(port, there, given.readers, given.seconds))
            for name, rounds in found.items():
                print(f"{what}, {name}: {', '.join(f'{r:.0f}' for r, _ in rounds)} requests/s, "
                      f"median {', '.join(f'{1e3 * m:.1f}' for _, m in rounds)} ms")
    finally:
        if ours is not None:
            ours.kill()
        if peer is not None:
            peer.terminate()
            peer.wait(30)
        database.stop()
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    main()
