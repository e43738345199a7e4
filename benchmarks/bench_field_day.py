"""A day in the field: 10 phones, at least 500 submissions that are sent and whose photograph
comes, over a real server; once for each seed.

    python benchmarks/bench_field_day.py                # 10 phones, 3 kills, seeds 1, 2 and 3
    python benchmarks/bench_field_day.py --seeds 7
    python benchmarks/bench_field_day.py --small        # 3 phones, 30 submissions, 1 kill

Of the requests about 15 % break off in the middle, of 15 % the answer is never heard, a tenth is
sent twice; each phone sends two at a time in an order of chance. A fifth of the submissions are
edits, of each other, of what waits, of what was never sent; a tenth come from a phone whose clock
is years ahead or behind, a tenth from where it is tomorrow; a tenth are surveys with areas; some
photographs come later, some never, some twice. The server is killed (SIGKILL) while phones send,
and started again. Asserted: every submission is a record or a row that waits, none twice, of each
line of edits the last holds, what was left out is told, every photograph is kept as it was sent or
told missing, the audit passes.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np

import field_day


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--small", action="store_true")
    arguments.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    stated = arguments.parse_args()
    size = {"phones": 3, "each": 10, "photo_bytes": 20_000, "kills": 1} if stated.small else {
        "phones": 10, "each": 50, "photo_bytes": 1_500_000, "kills": 3}
    for seed in stated.seeds:
        print(json.dumps(one_day(size, seed), indent=1), flush=True)


def one_day(size: dict[str, int], seed: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        begun = time.perf_counter()
        day = field_day.run(folder, **size, seed=seed)
        took = time.perf_counter() - begun
        became = field_day.check(folder, day)
        bytes_ = (folder / "day.gpkg").stat().st_size
    assert became["with_photograph"] >= size["phones"] * size["each"]
    return {
        **size, "seed": seed, "seconds": round(took, 1), "requests": day.requests,
        "broken_off": day.broken, "answer_not_heard": day.unheard,
        "not_taken_by_status": dict(day.refused),
        "killed": day.kills, **became, "registry_mb": round(bytes_ / 1e6, 1),
        "accepted_request_s": {"median": round(float(np.median(day.took)), 3),
                               "p95": round(float(np.quantile(day.took, 0.95)), 3),
                               "most": round(max(day.took), 3)}}


if __name__ == "__main__":
    main()
