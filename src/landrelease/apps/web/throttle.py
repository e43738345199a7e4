"""How often somebody without an account may send something."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque

MINUTES = 15
FROM_ONE = 5  # of one address in that time
FROM_ALL = 200  # of all together: a flood stops at the door, whatever addresses it has
_MOST_ADDRESSES = 10_000


class Throttle:
    """Counts in memory; times are seconds of any clock that does not go back."""

    def __init__(self, one: int = FROM_ONE, everybody: int = FROM_ALL, minutes: float = MINUTES):
        self.one, self.everybody, self.span_s = one, everybody, minutes * 60
        self._of: OrderedDict[str, deque[float]] = OrderedDict()
        self._all: deque[float] = deque()
        self._lock = threading.Lock()

    def take(self, address: str, now: float) -> int:
        """0, and counts; or how many seconds to wait, at least 1."""
        with self._lock:
            own = self._of.setdefault(address, deque())
            self._of.move_to_end(address)
            while len(self._of) > _MOST_ADDRESSES:
                self._of.popitem(last=False)
            for times, most in ((own, self.one), (self._all, self.everybody)):
                while times and times[0] <= now - self.span_s:
                    times.popleft()
                if len(times) >= most:
                    return max(1, round(times[0] + self.span_s - now))
            own.append(now)
            self._all.append(now)
            return 0
