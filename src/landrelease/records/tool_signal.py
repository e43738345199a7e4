"""Whether the tool worked, by a signal of the autopilot: which one, the user says.

`servo:9>1500`: output 9 is above 1500 µs; `channel:7<1300`: channel 7 of the remote control is
below 1300 µs; `relay:0=on`, `relay:0=off`: relay 0 is on, or off. Nothing is guessed: without the
option a MAVLink log says nothing about the tool.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from landrelease.core.track import ENGAGED_BLANK
from landrelease.errors import COVERAGE_OPTION, LandReleaseError

SIGNAL_LASTS_S = 2.0  # an output that says nothing for longer is not known any more
UNUSED = (0, 65_535)  # in the place of a pulse: there is no such output
_MOST = {"servo": 16, "channel": 18, "relay": 15}
_TEXT = re.compile(r"(servo|channel):(\d{1,2})([<>])(\d{3,4})|relay:(\d{1,2})=(on|off)")
EXPECTED = ("servo:N>PULSE, servo:N<PULSE, channel:N>PULSE, channel:N<PULSE, relay:N=on or "
            "relay:N=off")


@dataclass(frozen=True, slots=True)
class ToolSignal:
    """`source` servo or channel (numbers from 1) or relay (from 0)."""

    source: str
    number: int
    above: bool  # the tool works above the level; of a relay: where it is on
    level: float  # µs

    def engaged(self, value: float | None) -> bool | None:
        """Whether the tool works at a pulse in µs, or at 1 or 0 of a relay; None: not known."""
        if value is None or (self.source != "relay" and value in UNUSED):
            return None
        return value > self.level if self.above else value < self.level


def tool_signal(text: str | None) -> ToolSignal | None:
    """The signal that the words of `--tool-signal` name. Raises COV-010."""
    if text is None:
        return None
    found = _TEXT.fullmatch(text.strip().lower())
    if found is None:
        raise LandReleaseError(COVERAGE_OPTION, name="--tool-signal", found=text,
                               expected=EXPECTED)
    source, number, sign, level, relay, state = found.groups()
    made = (ToolSignal("relay", int(relay), state == "on", 0.5) if relay is not None else
            ToolSignal(source, int(number), sign == ">", float(level)))
    if not (made.source == "relay" or made.number) or made.number > _MOST[made.source]:
        raise LandReleaseError(COVERAGE_OPTION, name="--tool-signal", found=text,
                               expected=f"{made.source} up to {_MOST[made.source]}")
    return made


class ToolState:
    """What the signal said until now. A tool that was off at any time since the fix before counts
    as off at this one: nobody knows where between them it was."""

    def __init__(self, signal: ToolSignal | None, lasts_s: float = SIGNAL_LASTS_S):
        """`lasts_s`: endless for a signal that is written down only when it changes."""
        self.signal, self._lasts = signal, lasts_s
        self._heard = math.nan
        self._on: bool | None = None
        self._was_off = self._was_unknown = False

    def hear(self, clock: float, value: float | None) -> None:
        """A message of the signal at a time in s."""
        assert self.signal is not None
        self._on, self._heard = self.signal.engaged(value), clock
        self._was_off |= self._on is False
        self._was_unknown |= self._on is None

    def lost(self) -> None:
        """Bytes of the log are gone: what the signal is now was perhaps among them."""
        self._on = None
        self._was_unknown = True

    def at(self, clock: float) -> int:
        """For a fix at a time in s: engaged 1 or 0, -2 not known, -1 without a signal."""
        if self.signal is None:
            return -1
        known = self._on is not None and abs(clock - self._heard) <= self._lasts
        off, unknown = self._was_off, self._was_unknown or not known
        self._was_off, self._was_unknown = self._on is False, False
        return 0 if off else ENGAGED_BLANK if unknown else 1
