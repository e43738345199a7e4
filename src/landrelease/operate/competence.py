"""Who may do what until when: trainings, accreditations and daily tests that run out.

Source: IMAS 07.30 (accreditation), IMAS 06.10 (training); how long before its end a training is
called to be renewed is a setting of the programme (S13).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from landrelease.core.moment import day_of
from landrelease.core.record import Record

State = Literal["expired", "ends_soon", "end_not_reported", "in_force"]
ORDER: tuple[State, ...] = ("expired", "ends_soon", "end_not_reported", "in_force")


@dataclass(frozen=True, slots=True)
class Leave:
    """One training or accreditation and its end. `holder`: person, team, machine, organisation."""

    record: str
    what: str  # "training", "accreditation", "training of the accreditation"
    holder: str
    scope: str
    until: date | None
    state: State
    teams: tuple[str, ...]  # teams that it concerns


def leaves(persons: Iterable[Record], accreditations: Iterable[Record], teams: Iterable[Record],
           day: date, *, warn_days: float) -> tuple[Leave, ...]:
    """Trainings of people who search, and accreditations that were granted, by how soon they end.

    `accreditations` as they stand signed (S09): what nobody signed is not granted.
    """
    member_of: dict[str, list[str]] = {}
    for team in teams:
        for person in team.values.get("members") or ():
            member_of.setdefault(str(person), []).append(team.id)
    out = []
    for p in persons:
        scopes = p.values.get("competences") or ()
        until = day_of(p.values.get("training_until"))
        if (scopes or until is not None) and p.value("erased") != "yes":
            out.append(Leave(p.id, "training", p.id, ", ".join(map(str, scopes)), until,
                             _state(until, day, warn_days), tuple(member_of.get(p.id, ()))))
    for a in accreditations:
        if a.value("accreditation_status") != "granted":
            continue
        holder = next((str(a.values[n]) for n in ("person", "machine", "team",
                                                  "accredited_organisation")
                       if a.values.get(n)), "")
        concerned = tuple(member_of.get(str(a.values.get("person")), ())) or (
            (str(a.values["team"]),) if a.values.get("team") else ())
        ends = [("accreditation", "expires_on")]
        if a.values.get("training_until"):
            ends.append(("training of the accreditation", "training_until"))
        for what, name in ends:
            until = day_of(a.values.get(name))
            out.append(Leave(a.id, what, holder, str(a.value("scope")), until,
                             _state(until, day, warn_days), concerned))
    return tuple(sorted(out, key=lambda x: (ORDER.index(x.state), x.until or date.max, x.record,
                                            x.what)))


def _state(until: date | None, day: date, warn_days: float) -> State:
    if until is None:
        return "end_not_reported"
    if until < day:
        return "expired"
    return "ends_soon" if until <= day + timedelta(days=round(warn_days)) else "in_force"
