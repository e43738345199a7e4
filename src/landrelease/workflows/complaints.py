"""Complaints and reports of people: which are open, what was answered, who closed which when.

A complaint is looked at (as a row that waits, `workflows.quarantine`), answered, closed, and may be
opened again: each step is a revision of its record. Whoever sent it learns where it stands by the
code of the report, and nothing of any other (S14, S17).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, get_args

from landrelease.core.moment import day_of
from landrelease.core.record import NOT_REPORTED, Record
from landrelease.core.revision import Revision
from landrelease.errors import (
    COMPLAINT_UNKNOWN,
    COMPLAINT_VALUE,
    REPORT_CODE_UNKNOWN,
    REPORT_TO_LOOK_AT,
    LandReleaseError,
)

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.core.assumption import Assumptions
    from landrelease.store.registry import QuarantineEntry, Registry

State = Literal["waiting", "open", "answered", "closed"]
STATES: tuple[State, ...] = get_args(State)
CODE_LETTERS = 16  # of a code; it is as long as no guess comes through (64 bits)
_PREFIX = "public-"


@dataclass(frozen=True, slots=True)
class Complaint:
    """A complaint as it stands. `record` is "" while it is a row that waits, which has a `row`.
    `due_on` is set as long as nobody answered; `days_over`: since when that is past."""

    record: str
    row: int | None
    state: State
    about: str
    received_on: date | None
    said: str
    hazard: str
    answer: str
    answered_on: date | None
    due_on: date | None
    days_over: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a complaint: when it was taken, by whom, to which state, with which words."""

    at: datetime
    by: str
    state: str
    answer: str
    reason: str


def listed(registry: Registry, reader: View, stated: Assumptions, day: date, *,
           state: str = "") -> list[Complaint]:
    """The complaints that a reader may know of: what is longest overdue first, closed ones last.

    Rows that wait are among them for who may see rows that wait. `state`: of this state only.
    """
    from landrelease.workflows.identities import standing_records
    from landrelease.workflows.quarantine import visible_quarantine

    reader.check("complaint list")
    days = round(stated.value("complaint_answer_days"))
    found = [_of(r, day, days) for r in reader.inside(standing_records(registry, "complaint"))]
    if reader.may("quarantine", "rows"):
        found += [_row(e.number, e.row.values, day, days)
                  for e in visible_quarantine(registry, reader) if e.row.kind == "complaint"]
    order = {"waiting": 0, "open": 0, "answered": 1, "closed": 2}
    found.sort(key=lambda c: (order[c.state], -c.days_over, c.received_on or date.min,
                              c.record, c.row or 0))
    return [c for c in found if state in ("", c.state)]


def complaint_of(registry: Registry, reader: View, record_id: str) -> Record:
    """A complaint on record; PUB-031 where there is none, or not for this reader."""
    from landrelease.workflows.few import record_of

    found = record_of(registry, "complaint", record_id)
    shown = [] if found is None else reader.inside([found])
    if not shown:
        raise LandReleaseError(COMPLAINT_UNKNOWN, found=record_id[:80])
    return shown[0]


def standing(record: Record, stated: Assumptions, day: date) -> Complaint:
    """A record of a complaint as it stands on a day."""
    return _of(record, day, round(stated.value("complaint_answer_days")))


def steps(registry: Registry, reader: View, record_id: str) -> list[Step]:
    """What was done with a complaint, in order: revisions that changed its state or answer."""
    from landrelease.workflows import visible_history

    out: list[Step] = []
    for stored in visible_history(registry, record_id, reader):
        r = stored.revision
        state = str(r.values.get("complaint_status") or "open")
        answer = str(r.values.get("answer") or "")
        if not out or (out[-1].state, out[-1].answer) != (state, answer):
            out.append(Step(r.recorded_at, r.recorded_by, state, answer, r.reason))
    return out


def answer(registry: Registry, reader: View, record_id: str, words: str, *, day: date,
           by: str = "", now: datetime | None = None) -> Record:
    """Record what was answered, and that it was; also again, in other words. Who complained reads
    the words by the code of the report: no names in them (S17).

    Raises PUB-031: there is none. PUB-032: no words, a day that cannot be, a complaint that is
    closed.
    """
    at = now or datetime.now(UTC)
    r = complaint_of(registry, reader, record_id)
    if _state(r) == "closed":
        raise _wrong(record_id, "complaint_status", "closed", "open: open it again first")
    if not words.strip():
        raise _wrong(record_id, "answer", "nothing", "what was answered")
    _possible(r, day, at)
    return _step(registry, reader, r, {"complaint_status": "answered", "answer": words.strip(),
                                       "answered_on": day}, f"answered on {day}", by, at)


def close(registry: Registry, reader: View, record_id: str, *, reason: str = "", by: str = "",
          now: datetime | None = None) -> Record:
    """Close a complaint: after an answer, or without one for a reason that is recorded.

    Raises PUB-031: there is none. PUB-032: it is closed, or nobody answered and no reason is given.
    """
    r = complaint_of(registry, reader, record_id)
    if _state(r) == "closed":
        raise _wrong(record_id, "complaint_status", "closed", "open or answered")
    if not r.values.get("answer") and not reason.strip():
        raise _wrong(record_id, "answer", "nothing", "an answer, or the reason for closing without "
                     "one")
    return _step(registry, reader, r, {"complaint_status": "closed"},
                 f"closed: {reason.strip()}" if reason.strip() else "closed", by,
                 now or datetime.now(UTC))


def reopen(registry: Registry, reader: View, record_id: str, reason: str, *, by: str = "",
           now: datetime | None = None) -> Record:
    """Open an answered or closed complaint again; what was answered before stays in its past.

    Raises PUB-031: there is none. PUB-032: it is open, or no reason is given.
    """
    r = complaint_of(registry, reader, record_id)
    if _state(r) == "open":
        raise _wrong(record_id, "complaint_status", "open", "answered or closed")
    if not reason.strip():
        raise _wrong(record_id, "reason", "nothing", "why it is opened again")
    values = {"complaint_status": "open", "answer": None, "answered_on": None}
    return _step(registry, reader, r, values, f"opened again: {reason.strip()}", by,
                 now or datetime.now(UTC))


def _step(registry: Registry, reader: View, r: Record, changes: dict[str, Any], words: str,
          by: str, at: datetime) -> Record:
    values = {k: v for k, v in {**r.values, **changes}.items() if v is not None}
    registry.append([Revision(
        "complaint", r.id, values, r.geometry, at, registry.author(by), words, "", r.valid_from,
        r.validation if r.validation != "authority" else "entered")])
    return complaint_of(registry, reader, r.id)


def _possible(r: Record, day: date, at: datetime) -> None:
    received = day_of(r.values.get("received_on"))
    if day > at.date() + timedelta(days=1):  # a local day may have begun before that of UTC
        raise _wrong(r.id, "answered_on", day, "a day that has come")
    if received is not None and day < received:
        raise _wrong(r.id, "answered_on", day, f"a day from {received} on")


def _wrong(record: str, name: str, found: object, expected: str) -> LandReleaseError:
    return LandReleaseError(COMPLAINT_VALUE, record=record[:80], name=name, found=found,
                            expected=expected)


def _state(r: Record) -> Literal["open", "answered", "closed"]:
    said = r.value("complaint_status")
    return said if said in ("answered", "closed") else "open"


def _of(r: Record, day: date, days: int) -> Complaint:
    state, v = _state(r), r.values
    received = day_of(v.get("received_on")) or r.valid_from
    due, over = _due(received, day, days) if state == "open" else (None, 0)
    return Complaint(r.id, None, state, str(r.value("complaint_type")), received,
                     str(v.get("description") or ""), str(v.get("hazard") or ""),
                     str(v.get("answer") or ""), day_of(v.get("answered_on")), due, over)


def _row(number: int, values: Any, day: date, days: int) -> Complaint:
    received = None
    with_day = re.match(r"\d{4}-\d\d-\d\d", str(values.get("received_on") or ""))
    if with_day:
        try:
            received = date.fromisoformat(with_day[0])
        except ValueError:
            received = None
    due, over = _due(received, day, days)
    return Complaint("", number, "waiting", str(values.get("complaint_type") or NOT_REPORTED),
                     received, str(values.get("description") or ""), "", "", None, due, over)


def _due(received: date | None, day: date, days: int) -> tuple[date | None, int]:
    if received is None:
        return None, 0
    due = received + timedelta(days=days)
    return due, max(0, (day - due).days)


# --- by the code of a report ---------------------------------------------------------------------

Told = Literal["received", "open", "answered", "closed", "not_taken_up"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody learns by the code of a report: where it stands, and the answer. Nothing of
    what was said in it, of who decided what, or of others."""

    told: Told
    received_on: date | None
    answer: str
    answered_on: date | None


def spelled(number: str) -> str:
    """The code of a report as it is shown, in groups of four."""
    return "-".join(re.findall("....", number.upper()))


def by_code(registry: Registry, code: str) -> Standing:
    """Where the report with this code stands. How the code is spelled (capitals, blanks, dashes)
    does not matter. What was sent last and waits comes first: nobody has looked at that yet.

    Raises PUB-024: there is none here; a code that is none cannot be told from one that was erased.
    """
    from landrelease.workflows.few import record_of

    number = re.sub(r"[\s-]", "", code).lower()
    if not re.fullmatch(rf"[0-9a-f]{{{CODE_LETTERS}}}", number):
        raise LandReleaseError(REPORT_CODE_UNKNOWN)
    identifier = _PREFIX + number
    # What others bring under the same identifier is no word of whoever sent the report.
    rows = [e for e in registry.quarantine(None) if e.row.kind == "complaint"
            and e.row.values.get("identifier") == identifier
            and any(f.code == REPORT_TO_LOOK_AT.code for f in e.row.findings)]
    last = next((e for e in reversed(rows) if e.status == "waiting"), rows[-1] if rows else None)
    record = record_of(registry, "complaint", f"complaint-{identifier}")
    if record is not None:
        v = record.values
        answered = str(v.get("answer") or ""), day_of(v.get("answered_on"))
        if last is None or last.status != "waiting":
            return Standing(_state(record), day_of(v.get("received_on")), *answered)
        return Standing("received", _received(last), *answered)
    if last is None:
        raise LandReleaseError(REPORT_CODE_UNKNOWN)
    told: dict[str, Told] = {"waiting": "received", "accepted": "open", "rejected": "not_taken_up"}
    return Standing(told[last.status], _received(last), "", None)


def _received(entry: QuarantineEntry) -> date | None:
    return _row(0, entry.row.values, date.max, 0).received_on


def counted(found: Sequence[Complaint]) -> dict[str, int]:
    """State -> how many, in the order of the states."""
    return {s: sum(c.state == s for c in found) for s in STATES}
