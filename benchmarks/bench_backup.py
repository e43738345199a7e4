"""A registry with photographs is backed up while it is in use, and restored to the same chain head.

    python benchmarks/bench_backup.py                 # 1 GB
    python benchmarks/bench_backup.py --gigabytes 10
    python benchmarks/bench_backup.py --small         # 20 MB, for the tests
    python benchmarks/bench_backup.py --postgres postgresql:///scratch   # the registry on a server

Made up: photographs of random bytes (4 MB each; random bytes do not compress, as JPEG does not) and
a report for each. While the copy is made another process records a report every 20 ms, each in a
transaction of its own. Reported: seconds and MB/s of backup (copy and audit) and restore (audit,
copy, audit), the worst wait of a writer while the copy is made, and whether head and number of
revisions are the same. Exit status 1 where they are not, or where a write was refused.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import random
import resource
import shutil
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

T0 = datetime(2027, 1, 1, tzinfo=UTC)
PHOTOGRAPH = 4_000_000


def revision(name: str, source: str = "") -> Any:
    import shapely

    from landrelease.core.revision import Revision

    return Revision("hazard", name, {"name": name}, shapely.box(0, 0, 0.001, 0.001), T0,
                    "landrelease benchmark", "synthetic", source)


def fill(address: str, size: int) -> None:
    """Photographs of `size` bytes in all, each with a report."""
    from landrelease.core.finding import ImportReport, Intake
    from landrelease.store.open import create_registry

    each = min(PHOTOGRAPH, max(100_000, size // 20))
    with create_registry(address, office="synthetic") as registry:
        for n in range(max(1, size // each)):
            content = b"\xff\xd8\xff\xe0" + random.Random(n).randbytes(each - 4)
            sha = hashlib.sha256(content).hexdigest()
            registry.take_in(Intake(
                ImportReport(f"photograph-{n}.jpg", sha, "hazard", 1, 1, 0, 0),
                (revision(f"report-{n:06d}", sha),), (), content))


def write_on(address: str, stop: Any, ready: Any, out: Any) -> None:
    """Record a report every 20 ms until told to stop; how long each write waited."""
    from landrelease.store.open import open_registry

    waits, refused, n = [], [], 0
    while not stop.is_set():
        began = time.perf_counter()
        try:
            # Opened anew, as each submission of another process is: the registry is closed between.
            with open_registry(address) as registry:
                registry.append([revision(f"meanwhile-{n:06d}")])
        except Exception as error:
            refused.append(str(error)[:120])
        waits.append(time.perf_counter() - began)
        ready.set()
        n += 1
        time.sleep(0.02)
    out.put((waits, refused))


def measure(address: str, folder: Path) -> dict[str, Any]:
    from landrelease.store.open import open_registry
    from landrelease.workflows import upkeep

    there = multiprocessing.get_context("spawn")
    stop, ready, out = there.Event(), there.Event(), there.Queue()
    writer = there.Process(target=write_on, args=(address, stop, ready, out))
    writer.start()
    ready.wait(120)
    began = time.perf_counter()
    made = upkeep.backup(address, folder / "backup.gpkg")
    backup_s = time.perf_counter() - began
    stop.set()
    waits, refused = out.get(timeout=120)
    writer.join(60)
    began = time.perf_counter()
    back = upkeep.restore(folder / "backup.gpkg", str(folder / "restored.gpkg"))
    restore_s = time.perf_counter() - began
    with open_registry(address, writable=False) as registry:
        now = registry.count()
    size = (folder / "backup.gpkg").stat().st_size
    return {
        "bytes": size,
        "backup_s": round(backup_s, 2), "backup_MB_per_s": round(size / 1e6 / backup_s),
        "restore_s": round(restore_s, 2), "restore_MB_per_s": round(size / 1e6 / restore_s),
        "writes_meanwhile": len(waits), "worst_write_s": round(max(waits), 3),
        "median_write_s": round(sorted(waits)[len(waits) // 2], 3), "refused": refused,
        "revisions_in_backup": made.count, "revisions_now": now, "head": made.head,
        "same": (back.head, back.count) == (made.head, made.count) and not back.findings,
        "peak_MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--postgres", default="", help="address of a schema that is not there yet")
    parser.add_argument("--folder", type=Path, help="where there is room for three times the size")
    parser.add_argument("--json", type=Path)
    said = parser.parse_args()
    size = 20_000_000 if said.small else int(said.gigabytes * 1e9)
    folder = Path(tempfile.mkdtemp(prefix="bench-backup-", dir=said.folder))
    try:
        if shutil.disk_usage(folder).free < 4 * size:
            parser.error(f"{folder} has no room for four times {size / 1e9:.1f} GB")
        address = said.postgres or str(folder / "registry.gpkg")
        began = time.perf_counter()
        fill(address, size)
        found = {"fill_s": round(time.perf_counter() - began, 1), **measure(address, folder)}
    finally:
        shutil.rmtree(folder)
    print(json.dumps(found, indent=1))
    if said.json:
        said.json.write_text(json.dumps(found, indent=1) + "\n")
    return 0 if found["same"] and not found["refused"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
