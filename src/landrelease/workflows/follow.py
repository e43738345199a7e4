"""The proof while the machine works: a log that grows in, the bracket after each look out."""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from landrelease.core.assumption import Assumptions
from landrelease.core.track import COLUMNS
from landrelease.errors import TRACK_NOT_FOLLOWED, TRACK_SHRANK, LandReleaseError
from landrelease.workflows.operate import (
    EXCHANGED,
    Ground,
    ProofOptions,
    TrackFile,
    axes_of,
    certain_words,
    check_proof_options,
    check_tool,
    check_written,
    depth_steps,
    rules_of,
    track_in,
    turned_round,
)

if TYPE_CHECKING:
    from landrelease.core.track import Track, TrackFinding
    from landrelease.operate.proof import Kind, LiveWork, Part, Proof

FOLLOWED = (".csv", ".txt", ".gpx", ".nmea", ".nma", ".tlog", ".bin")


@dataclass(frozen=True, slots=True)
class Look:
    """After one look at the logs: all fixes so far, the bracket, and doubts about the new ones."""

    fixes: int
    proof: Proof
    new: tuple[TrackFinding, ...]


def following(
    ground: Ground, files: TrackFile | Sequence[TrackFile], options: ProofOptions,
    stated: Assumptions, *, every_s: float, idle_s: float,
    clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Look]:
    """Look at logs every `every_s` until none of them has grown for `idle_s`.

    Each look takes in what is new; the bracket is that of all fixes so far, machines and people
    apart, with its tables by pass and by depth. The longest gap that counts is that of the first
    look (`--gap` sets it). The first minute of a log, and that after a leap, waits until it is over
    and then counts; what was counted is taken back only where the log goes on to contradict it (it
    leaps to another place and stays, the receiver finds a better kind of fix). Of text only whole
    lines are read, of GPX whole points. A log need not be there at the beginning. The last look is
    that of the logs as they ended.

    Raises TRK-014 a log became shorter, TRK-015 a format that does not grow at its end, and what
    `track_of` raises for a log that is no track.
    """
    from landrelease.operate import proof as proving
    from landrelease.operate.swath import Tool

    several = [files] if isinstance(files, TrackFile) else files
    check_proof_options(options, several)
    logs = [_Log(f, ground, options, stated) for f in several]
    shift = Tool(1.0, options.bias_m, options.confidence).margin_m
    smallest = options.smallest_m if options.smallest_m is not None else stated.value(
        "spot_radius_m")
    grown = clock()

    def look(new: Iterable[Sequence[TrackFinding] | None], *, ended: bool) -> Iterator[Look]:
        lives = [dataclasses.replace(log.live.work(ended=ended), read=log.read(ended=ended))
                 for log in logs if log.live is not None]
        if lives:
            yield Look(sum(len(log.seen) for log in logs), proving.prove(
                ground.geometry, lives, smallest_m=smallest, bias_m=shift,
                depths_m=sorted({d for log in logs for d in depth_steps(log.depth_m)}),
                confidence_least=stated.value("proof_confidence_least")),
                tuple(itertools.chain.from_iterable(f or () for f in new)))

    while True:
        found = [log.look() for log in logs]
        if any(f is not None for f in found):
            grown = clock()
            yield from look(found, ended=False)
        elif clock() - grown >= idle_s:
            yield from look([[*log.fresh_read(ended=True), *log.live.end()] for log in logs
                             if log.live is not None], ended=True)
            return
        sleep(every_s)


class _Log:
    """A log that grows, and what was taken in of it."""

    def __init__(self, file: TrackFile, ground: Ground, options: ProofOptions,
                 stated: Assumptions):
        if file.path.suffix.lower() not in FOLLOWED:
            raise LandReleaseError(TRACK_NOT_FOLLOWED, file=file.path.name)
        self.file, self.ground, self.options, self.stated = file, ground, options, stated
        self.tool = check_tool(file, options, stated)
        self.live: LiveWork | None = None
        self.seen = np.empty(0, dtype=np.int64)  # rows that were taken in
        self.depth_m = np.empty(0)
        self.engaged = np.empty(0, dtype=np.int8)
        self.size = 0
        self.least_fix = 0
        self.found: tuple[TrackFinding, ...] = ()  # what the reader could not use, so far
        self.told: dict[tuple[str, int], int] = {}  # the last row of those that were told

    def look(self) -> list[TrackFinding] | None:
        """Take in what is new; doubts about it. None: it has not grown."""
        from landrelease.operate import proof as proving

        path = self.file.path
        found = path.stat().st_size if path.is_file() else 0
        if found < self.size:
            raise LandReleaseError(TRACK_SHRANK, file=path.name, found=found)
        if found == self.size:
            return None
        self.size = found
        track = _so_far(self.file, self.options, self.stated)
        if track is None:
            return []
        if (turned := turned_round(self.ground, track)) is not None:
            track = turned
        rules = rules_of(track, self.file, self.options, self.stated)
        if self.live is None or rules.least_fix != self.least_fix or not (
                np.array_equal(track.row[:len(self.seen)], self.seen)
                and np.array_equal(track.engaged[:len(self.seen)], self.engaged)
                and np.array_equal(track.depth_m[:len(self.seen)], self.depth_m, equal_nan=True)):
            # At first, when the autopilot's own position takes the receiver's place, or when what
            # came says another thing of the fixes before it.
            self.live = proving.LiveWork(track.file, self.file.by, self.tool, rules,
                                         self.ground.geometry.bounds)
            self.least_fix = rules.least_fix
            self.seen = self.seen[:0]
        check_written(track, self.file)
        self.live.axes(exchanged=axes_of(self.ground, track) == EXCHANGED)
        fresh = _from(track, len(self.seen))
        new = self.live.add(fresh, *self.ground.metres(fresh)) if len(fresh) else []
        self.seen, self.depth_m, self.found = track.row, track.depth_m, track.findings
        self.engaged = track.engaged
        return [*self.fresh_read(ended=False), *new]

    def read(self, *, ended: bool) -> tuple[TrackFinding, ...]:
        """What the reader could not use. Behind the last fix, of a log that grows on, it may be the
        beginning of what comes."""
        last = self.seen[-1] if len(self.seen) else 0
        return tuple(f for f in self.found if ended or f.first_row <= last)

    def fresh_read(self, *, ended: bool) -> list[TrackFinding]:
        """Those of them that were not told yet, or not to the end."""
        new = [f for f in self.read(ended=ended)
               if self.told.get((f.code, f.first_row), -1) < f.last_row]
        self.told |= {(f.code, f.first_row): f.last_row for f in new}
        return new


def _so_far(file: TrackFile, options: ProofOptions, stated: Assumptions) -> Track | None:
    """The fixes that stand in whole lines; None while there is none."""
    from landrelease.records.tracks import whole_lines

    content = whole_lines(file.path.name, file.path.read_bytes())
    try:
        return track_in(file, options, stated, content)
    except LandReleaseError as error:
        if error.code in ("FIL-002", "FIL-004", "FIL-007", "FIL-048", "TRK-018", "TRK-019"):
            return None
        raise


def _from(track: Track, first: int) -> Track:
    return dataclasses.replace(track, findings=(), **{
        name: getattr(track, name)[first:] for name in COLUMNS
        if getattr(track, name) is not None})


def look_words(look: Look) -> list[str]:
    """What the command says after a look."""
    p = look.proof
    out = [f"{look.fixes:>9,} fixes: {certain_words(weak=p.weak)} {p.certain_m2:,.1f} m2 "
           f"({100 * p.certain_m2 / p.task_m2:.1f} %), at best {p.best_m2:,.1f} m2; "
           f"{p.uncovered_most_m2:,.1f} m2 left"]
    rows: tuple[tuple[str, Sequence[Kind | Part]], ...] = (
        ("", p.by_kind), ("pass ", p.by_pass), ("at least ", p.by_depth))
    for title, parts in rows:
        if len(parts) > (0 if title == "at least " else 1):
            out.append("          " + "; ".join(
                f"{title}{part.name} {part.certain_m2:,.1f} m2" for part in parts))
    if len(p.by_kind) > 1 and p.machine_only_m2 > 0:
        out.append(f"          {p.machine_only_m2:,.1f} m2 by machine or animal only: not "
                   "clearance until the follow-up by hand")
    return out + [f"          {f.text}" for f in look.new]
