"""Teams as they stand on a day: members and competence, leave to work, detectors, gates."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from landrelease.core.assumption import Assumptions
from landrelease.core.moment import day_of
from landrelease.core.record import Record
from landrelease.errors import RECORD_UNKNOWN, LandReleaseError

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.core.gate import TeamGate
    from landrelease.operate.competence import Leave
    from landrelease.store.registry import Registry

_ENDED = ("withdrawn", "completed")


@dataclasses.dataclass(frozen=True, slots=True)
class TeamState:
    """A team on a day. `leave`: the worst of its trainings and accreditations (in_force, ends_soon,
    end_not_reported, expired; "" where none is on record); `untested`: detectors without a test of
    that day that passed; `gates`: of the tasks that it is ordered to."""

    team: Record
    members: tuple[Record, ...]
    leaves: tuple[Leave, ...]
    detectors: tuple[Record, ...]
    untested: tuple[str, ...]
    gates: tuple[TeamGate, ...]

    @property
    def leave(self) -> str:
        from landrelease.operate.competence import ORDER

        return min((x.state for x in self.leaves), key=ORDER.index, default="")


def teams_on(registry: Registry, reader: View, stated: Assumptions, day: date,
             only: str = "") -> list[TeamState]:
    """The teams that the reader may know of, as they stand on a day; or one of them.

    Raises CLI-106: there is no such team, or not for this reader.
    """
    from landrelease.operate.gate import gates
    from landrelease.workflows.operating import Sites, as_seen

    tasks = [t for t in reader.inside(registry.records("task", valid_at=day))
             if t.value("task_status") not in _ENDED]
    site = Sites(registry).on(day, [t.id for t in tasks])
    shown = as_seen(reader, [site])
    orders = [o for o in site.orders.values() if o.value("task_status") not in _ENDED]
    persons = {p.id: p for p in reader.inside(site.persons.values())}
    own = reader.inside(site.detectors)
    teams = [t for t in reader.inside(site.teams.values()) if not only or t.id == only]
    if only and not teams:
        raise LandReleaseError(RECORD_UNKNOWN, found=only[:80])
    found = all_leaves(registry, reader, stated, day)
    out = []
    for team in sorted(teams, key=lambda t: t.id):
        names = {team.id, str(team.values.get("identifier") or team.id)}
        members = tuple(persons[m] for m in map(str, team.values.get("members") or ())
                        if m in persons)
        detectors = tuple(d for d in own if str(d.values.get("team")) in names)
        mine = tuple(x for x in found if names & set(x.teams) or (
            x.holder and x.holder == str(team.values.get("organisation") or "")))
        held = tuple(shown(g) for o in orders if names & set(map(str, o.values.get("teams") or ()))
                     for g in gates(o, day, site) if g.team in names)
        out.append(TeamState(team, members, mine, detectors, _untested(detectors, day), held))
    return out


def _untested(detectors: Sequence[Record], day: date) -> tuple[str, ...]:
    return tuple(d.id for d in detectors if day_of(d.values.get("tested_on")) != day
                 or d.value("test_result") != "passed")


def all_leaves(registry: Registry, reader: View, stated: Assumptions, day: date
               ) -> tuple[Leave, ...]:
    """Trainings and accreditations by how soon they end."""
    from landrelease.operate.competence import leaves
    from landrelease.workflows.identities import standing_records

    def records(kind: str) -> list[Record]:
        return list(reader.inside(registry.records(kind, valid_at=day)))

    return leaves(records("person"), reader.inside(
        standing_records(registry, "accreditation", valid_at=day)), records("team"), day,
        warn_days=stated.value("expiry_warning_days"))


def accreditation_states(registry: Registry, reader: View, day: date) -> dict[str, Any]:
    """Accreditations that are not granted (asked for, refused, suspended, withdrawn), and, each
    with why, those whose granting nobody signed: they count for nothing (S09)."""
    from landrelease.workflows.identities import doubts, standing_records

    standing = reader.inside(standing_records(registry, "accreditation", valid_at=day))
    unsigned = doubts(registry, "accreditation")
    recorded = {r.id: r for r in reader.inside(registry.records("accreditation", valid_at=day))}
    return {"others": [r for r in standing
                       if r.value("accreditation_status") != "granted" and r.id not in unsigned],
            "unsigned": [(recorded.get(r.id, r), unsigned[r.id])
                         for r in standing if r.id in unsigned]}


def of_team(team: Record, accreditation: Record) -> bool:
    """Whether an accreditation is a team's, of one who is in it, or of its organisation."""
    stated = accreditation.values
    return (str(stated.get("team") or "") in {
        team.id, str(team.values.get("identifier") or team.id)}
        or str(stated.get("person") or "") in set(map(str, team.values.get("members") or ()))
        or (not any(stated.get(n) for n in ("person", "machine", "team"))
            and bool(stated.get("accredited_organisation"))
            and stated["accredited_organisation"] == team.values.get("organisation")))
