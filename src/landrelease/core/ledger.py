"""The land ledger and figures: each m² has exactly one outcome; each figure names its records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """Areas of one administrative area, geodesic m² of unions (S03). None: not reported (S12).

    `contested_m2` is recorded as cleared and still recorded as suspected: it counts as hazardous.
    `hazards` counts those without a place as well, outside of all areas.
    """

    area_id: str
    name: str
    hazards: int
    hazardous_m2: float | None
    cancelled_m2: float | None
    reduced_m2: float | None
    cleared_m2: float | None
    contested_m2: float | None
    accidents: int | None  # None: withheld (S14)
    hazard_ids: tuple[str, ...]
    outcome_ids: tuple[str, ...]

    @property
    def hazards_known(self) -> bool:
        """Whether the number of hazards is on record; 0 of nothing on record is none (S12)."""
        return self.hazards > 0 or self.hazardous_m2 is not None


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that can be traced: `records` are those that it rests on, at `chain_head`.

    `subject` and `field` name the result that it shows, where the policy knows it by itself
    ("forecast", "cost"): who may not see that may not see the figure (S14).
    """

    id: str
    name: str
    definition: str
    value: float | None  # None: not reported
    unit: str
    scope: str
    records: tuple[str, ...]
    chain_head: str
    low: float | None = None  # central 80 %, where the number is uncertain (S12)
    high: float | None = None
    note: str = ""
    subject: str = ""
    field: str = ""
    counts: str = ""  # what counts in it and what does not
    denominator: str = ""  # of a share: what it is a share of
    level: str = ""  # least level of validation that counted; "": any
    valid_at: str = ""  # day that it is about, ISO; "": as recorded now
    known_at: str = ""  # moment up to which records were known, ISO; "": all
    # Records that the figure asks and that leave out what it counts: they are in no sum (S12).
    uncounted: tuple[str, ...] = ()

    @property
    def uncertain(self) -> bool:
        """Whether it rests on a model or on shares of costs: it is shown with its ends (S12)."""
        return self.low is not None or self.high is not None


def interval_words(figure: Figure, said: Callable[[float], str],
                   text: Callable[[str], str] = str) -> str:
    """The ends of an uncertain figure as every way out writes them; "" of one that is counted.

    said : a number, in the figure's unit, as it is read there. text : English in its language.
    """
    if not figure.uncertain:
        return ""
    low = text("no lower end") if figure.low is None else said(figure.low)
    high = text("no upper end") if figure.high is None else said(figure.high)
    return f"{low} – {high}"


def doubt_words(figure: Figure, said: Callable[[float], str], text: Callable[[str], str] = str
                ) -> str:
    """The ends, and what else is open: runs that never finish, ends that are lower bounds, a prior
    that no local evidence has touched (S12); "" of a figure that is counted."""
    if not figure.uncertain:
        return ""
    return "; ".join(filter(None, (interval_words(figure, said, text), text(figure.note))))
