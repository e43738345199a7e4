"""Records of a kind as columns: what figures over many records are reckoned from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from landrelease.core.record import DECLINED, NOT_REPORTED, Record


@dataclass(frozen=True, slots=True)
class Columns:
    """N records of a kind, ordered by id.

    ids, validation : (N,) object arrays of text. cells : field -> (N,) object array of the reported
    values, None where nobody reported one (S12); dates as ISO text, lists as lists. places :
    (N, 2) longitude and latitude of points, nan where there is none; None where not asked for.
    """

    kind: str
    ids: np.ndarray
    validation: np.ndarray
    cells: Mapping[str, np.ndarray]
    places: np.ndarray | None = None
    # Of a field the number of each record's word, and the words; what a reader knows already, or
    # `among` has found.
    coded: dict[str, tuple[np.ndarray, dict[Any, int]]] = field(
        default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, mask: np.ndarray) -> Columns:
        return Columns(self.kind, self.ids[mask], self.validation[mask],
                       {n: c[mask] for n, c in self.cells.items()},
                       None if self.places is None else self.places[mask],
                       {n: (index[mask], codes) for n, (index, codes) in self.coded.items()})

    def among(self, name: str, words: Iterable[str]) -> np.ndarray:
        """(N,) whether a field is one of some words; "" stands for: nobody reported it."""
        if name not in self.coded:
            column = self.cells[name].tolist()
            if any(isinstance(v, list) for v in column):
                column = [tuple(v) if isinstance(v, list) else v for v in column]
            codes = {word: n for n, word in enumerate(dict.fromkeys(column))}
            self.coded[name] = (np.fromiter((codes[v] for v in column), np.int64, len(column)),
                                 codes)
        index, codes = self.coded[name]
        wanted = set(words)
        if "" in wanted:
            wanted |= {None, NOT_REPORTED, DECLINED}  # type: ignore[arg-type]
        return np.array([word in wanted for word in codes], dtype=bool)[index] if codes else \
            np.zeros(0, dtype=bool)

    def numbers(self, field: str) -> np.ndarray:
        """A field as (N,) float64; nan where no number is reported ("declined" is none, S12)."""
        column = self.cells[field]
        if column.dtype == np.float64:
            return column
        try:  # of numbers and None only, which is the usual case
            return np.array(column, dtype=np.float64)
        except (TypeError, ValueError):
            return np.array([float(v) if isinstance(v, (int, float)) else np.nan
                             for v in column], dtype=np.float64)

    def named(self, mask: np.ndarray | None = None) -> tuple[str, ...]:
        """Ids, of all or of those of a mask."""
        return tuple((self.ids if mask is None else self.ids[mask]).tolist())


def columns_of(kind: str, records: Iterable[Record], fields: Sequence[str]) -> Columns:
    """Columns of records that are there already."""
    listed = list(records)

    def column(values: list[Any]) -> np.ndarray:
        out = np.empty(len(values), dtype=object)
        out[:] = values
        return out

    places = np.full((len(listed), 2), np.nan)
    for n, r in enumerate(listed):
        if r.geometry is not None and r.geometry.geom_type == "Point" and not r.geometry.is_empty:
            places[n] = r.geometry.x, r.geometry.y
    return Columns(
        kind, column([r.id for r in listed]), column([r.validation for r in listed]),
        {f: column([_plain(r.values.get(f)) for r in listed]) for f in fields}, places)


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
