"""The boxes of the records of a kind as columns: what a map asks before it asks for records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Boxes:
    """Of N current records that have a place, in no order.

    last : the highest number of a revision of the kind when this was read.
    number : int64 (N), the revision that is current; what it says never changes.
    box : float64 (N, 4), west, south, east, north in degrees, as large as the place or larger.
    group : int64 (N), which of `values` the record has.
    values : the different values of the fields that were asked for, one tuple for each group.
    """

    last: int
    number: np.ndarray
    box: np.ndarray
    group: np.ndarray
    values: tuple[tuple[Any, ...], ...]

    @classmethod
    def gathered(cls, last: int, pieces: Iterable[Sequence[tuple[Any, ...]]]) -> Boxes:
        """From rows (number, west, south, east, north, *values), piece by piece."""
        number, box, group = [np.zeros(0, dtype=np.int64)], [np.zeros((0, 4))], [
            np.zeros(0, dtype=np.int64)]
        known: dict[tuple[Any, ...], int] = {}
        for piece in pieces:
            number.append(np.fromiter((row[0] for row in piece), np.int64, len(piece)))
            box.append(np.array([row[1:5] for row in piece], dtype=float))
            group.append(np.fromiter((known.setdefault(row[5:], len(known)) for row in piece),
                                     np.int64, len(piece)))
        return cls(last, np.concatenate(number), np.concatenate(box), np.concatenate(group),
                   tuple(known))
