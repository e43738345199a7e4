"""Times and days of records as values: what the store gives back as text, read again."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any


def moment_of(value: Any) -> datetime | None:
    """The instant that a value of a `moment` field says, in UTC where it names no zone; else None.

    The chain keeps instants as ISO 8601 text, so that a record that was read holds a text.
    """
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)


def day_of(value: Any) -> date | None:
    """The day that a value of a `date` field says; None where it says none."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return None


def listed(value: Any) -> tuple[str, ...]:
    """The ids or words of a list, each once, in their order; () where nothing was reported."""
    if not isinstance(value, (list, tuple)):
        return ()
    return tuple(dict.fromkeys(str(v) for v in value))


def number_of(value: Any) -> float | None:
    """A number that was reported; "not reported" and "declined" are none (S12)."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value)


def day_within(value: Any) -> date | None:
    """The day of a value that may say a time as well; None where it says none."""
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value).date()
        except ValueError:
            return None
    return day_of(value)
