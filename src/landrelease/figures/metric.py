"""A metric: what a figure counts, in which unit, of what, and what a share is a share of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from landrelease.core.columns import Columns
from landrelease.core.ledger import Figure

UNSTATED = "not reported: no record states what decides"  # how many there are is told by no note
Chapter = Literal["land", "items", "work", "people", "means", "quality", "shares",
                  "phase_two", "money", "plan", "treaty"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One entry of the catalogue.

    counts : which records and values count, and which do not. denominator : of a share, what it is
    a share of. subject, field : of the policy, where who may not see that may not see the figure
    (S14). levels : whether the least level of validation that is asked for decides what counts;
    hazards count at every level (S01). by_area: beside the whole programme (scope "all") it is
    computed for each administrative area in which there is any.
    """

    id: str
    name: str
    definition: str
    unit: str
    counts: str
    chapter: Chapter
    denominator: str = ""
    subject: str = ""
    field: str = ""
    levels: bool = True
    by_area: bool = False  # also for each administrative area, as id:area

    def figure(self, value: float | None, records: tuple[str, ...], head: str, *,
               scope: str = "all", low: float | None = None, high: float | None = None,
               note: str = "", uncounted: tuple[str, ...] = ()) -> Figure:
        """The figure of this metric; `value` None: not reported, which is not zero (S12).

        uncounted : records that it asks and that leave out what it counts."""
        return Figure(
            self.id if scope == "all" else f"{self.id}:{scope}", self.name, self.definition, value,
            self.unit, scope, records, head, low, high,
            note if value is not None or note else "not reported: no such record", self.subject,
            self.field, counts=self.counts, denominator=self.denominator, uncounted=uncounted)


def in_area(figure: Figure, area_id: str, name: str) -> Figure:
    """The figure of a metric as that of one administrative area."""
    return replace(figure, id=f"{figure.id}:{area_id}", name=f"{figure.name}, {name}", scope=name,
                   definition=f"{figure.definition} Inside {name} alone.")


def total(metric: Metric, table: Columns, mask: np.ndarray, amounts: np.ndarray, head: str, *,
          note: str = "", asked: np.ndarray | None = None, stated: np.ndarray | None = None
          ) -> Figure:
    """Sum of amounts over records; not reported where the kind has no record at all, or where of
    the records that are `asked` for none has `stated` what decides (S12)."""
    if not len(table):
        return metric.figure(None, (), head)
    if asked is not None and stated is not None and asked.any() and not (asked & stated).any():
        return metric.figure(None, (), head, note=UNSTATED)
    return metric.figure(float(amounts[mask].sum()), table.named(mask), head, note=note)


def share(metric: Metric, part: float | None, whole: float | None, records: tuple[str, ...],
          head: str, *, note: str = "", least: float = 0.0) -> Figure:
    """part / whole; not reported where either is not, or where there is nothing to be a share of.

    least : a whole below it gives no ratio: one item on a sliver is no density of a programme.
    """
    if part is None or whole is None:
        return metric.figure(None, (), head)
    if whole <= 0:
        return metric.figure(None, records, head,
                             note=f"no share: its denominator ({metric.denominator}) is 0")
    if whole < least:
        return metric.figure(
            None, records, head, note=f"not computable: its denominator ({metric.denominator}) is "
            f"{whole:.2g}, below the least that is asked for ({least:g}; setting "
            "figures_ratio_least_ha)")
    return metric.figure(part / whole, records, head, note=note)
