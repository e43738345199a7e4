"""The main job as a whole process: seconds, peak memory, and how good the plan is.

    python benchmarks/bench_demo.py [--data DIR] [--world borderland] [--runs 3] [--small]

Without --data the region that ships; with it the country, for example the project's data folder
`bih-minefields`; `--world borderland` is the synthetic district, its making included. The first run
compiles the hot loops (cached afterwards) and is shown apart.
`--small` makes one quick run of the region and says only that it works.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path


def run(words: list[str]) -> tuple[float, float]:
    """(wall seconds, peak memory in MB) of one process."""
    began = time.monotonic()
    pid = os.posix_spawn(sys.executable, [sys.executable, "-m", "landrelease", *words],
                         dict(os.environ))
    _, status, usage = os.wait4(pid, 0)
    if status:
        sys.exit(f"the demo failed with status {os.waitstatus_to_exitcode(status)}")
    return time.monotonic() - began, usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path)
    parser.add_argument("--world", default="bosnia", choices=["bosnia", "borderland"])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--small", action="store_true")
    asked = parser.parse_args()
    words = ["demo", "--quiet", "--start", "2027-04-01", "--world", asked.world]
    if asked.data:
        words += ["--data", str(asked.data)]
    if asked.small:
        words += ["--iterations", "5", "--runs", "40"]
    times, memories, summaries = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1 if asked.small else asked.runs + 1):
            out = Path(folder) / f"out{number}"
            seconds, memory = run([*words, "--out", str(out), "--json", f"{out}.json"])
            times.append(seconds)
            memories.append(memory)
            summaries.append(json.loads(Path(f"{out}.json").read_text()))
            print(f"run {number}: {seconds:6.1f} s  {memory:7.0f} MB"
                  + ("  (first: compiles what is not cached)" if number == 0 else ""), flush=True)
    for summary in summaries:
        summary.pop("chain_head")  # holds the time of recording
    print("same figures in every run:", all(s == summaries[0] for s in summaries))
    plan = summaries[0]["plan"]
    best = min(plan["rules"], key=plan["rules"].get)
    print(f"plan {plan['score']:,.0f}  bound {plan['bound']:,.0f}  best rule {best} "
          f"{plan['rules'][best]:,.0f}  room closed {plan['room_closed']:.3f}  "
          f"gap {plan['gap']:.4f}")
    if not asked.small:
        print(f"warm runs: median {statistics.median(times[1:]):.1f} s "
              f"({min(times[1:]):.1f} to {max(times[1:]):.1f}), peak {max(memories):.0f} MB")


if __name__ == "__main__":
    main()
