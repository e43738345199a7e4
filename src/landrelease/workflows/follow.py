"""The proof while the machine works: a log that grows in, the bracket after each look out."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from landrelease.core.assumption import Assumptions
from landrelease.errors import TRACK_NOT_FOLLOWED, TRACK_SHRANK, LandReleaseError
from landrelease.workflows.operate import Ground, ProofOptions, TrackFile, rules_of, tool_of

if TYPE_CHECKING:
    from landrelease.core.track import Track, TrackFinding
    from landrelease.operate.proof import LiveWork, Proof

FOLLOWED = (".csv", ".txt", ".nmea", ".nma", ".tlog", ".bin")


@dataclass(frozen=True, slots=True)
class Look:
    """After one look at the log: all fixes so far, the bracket, and doubts about the new ones."""

    fixes: int
    proof: Proof
    new: tuple[TrackFinding, ...]


def following(
    ground: Ground, file: TrackFile, options: ProofOptions, stated: Assumptions, *,
    every_s: float, idle_s: float, clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Look]:
    """Look at a log every `every_s` until it has not grown for `idle_s`.

    Each look takes in what is new; the bracket is that of all fixes so far. The longest gap that
    counts is that of the first look (`--gap` sets it), so that a verdict once given stands. Of
    text only whole lines are read. The log need not be there at the beginning.

    Raises TRK-014 the log became shorter, TRK-015 a format that does not grow at its end, and what
    `track_of` raises for a log that is no track.
    """
    from landrelease.operate import proof as proving
    from landrelease.operate.swath import Tool

    if file.path.suffix.lower() not in FOLLOWED:
        raise LandReleaseError(TRACK_NOT_FOLLOWED, file=file.path.name)
    tool = tool_of(file, options, stated)
    proving.check_tool(tool)
    shift = Tool(1.0, options.bias_m, options.confidence).margin_m
    smallest = options.smallest_m if options.smallest_m is not None else stated.value(
        "spot_radius_m")
    live: LiveWork | None = None
    seen = np.empty(0, dtype=np.int64)  # rows that were taken in
    size, grown = 0, clock()
    while True:
        found = file.path.stat().st_size if file.path.is_file() else 0
        if found < size:
            raise LandReleaseError(TRACK_SHRANK, file=file.path.name, found=found)
        if found > size:
            size, grown = found, clock()
            track = _so_far(file.path, options.plane)
            if track is not None:
                if live is None or not np.array_equal(track.row[:len(seen)], seen):
                    # At first, or when the autopilot's own position takes the receiver's place.
                    live = proving.LiveWork(track.file, file.by, tool, rules_of(
                        track, file, options, stated), ground.geometry.bounds)
                    seen = seen[:0]
                fresh = _from(track, len(seen))
                new = live.add(fresh, *ground.metres(fresh)) if len(fresh) else []
                seen = track.row
                yield Look(len(track), proving.prove(
                    ground.geometry, [live.work()], smallest_m=smallest, bias_m=shift), tuple(new))
        elif clock() - grown >= idle_s:
            return
        sleep(every_s)


def _so_far(path: Path, plane: bool) -> Track | None:
    """The fixes that stand in whole lines; None while there is none."""
    from landrelease.records.tracks import track_of, whole_lines

    content = whole_lines(path.name, path.read_bytes())
    try:
        return track_of(path.name, content, plane=plane)
    except LandReleaseError as error:
        if error.code in ("FIL-002", "FIL-007"):
            return None
        raise


def _from(track: Track, first: int) -> Track:
    return dataclasses.replace(track, findings=(), **{
        name: getattr(track, name)[first:] for name in (
            "time_s", "x", "y", "in_pass", "engaged", "depth_m", "heading_deg", "row")})


def look_words(look: Look) -> list[str]:
    """What the command says after a look."""
    p = look.proof
    out = [f"{look.fixes:>9,} fixes: covered for certain {p.certain_m2:,.1f} m2 "
           f"({100 * p.certain_m2 / p.task_m2:.1f} %), at best {p.best_m2:,.1f} m2; "
           f"{p.uncovered_most_m2:,.1f} m2 left"]
    return out + [f"          {f.text}" for f in look.new]
