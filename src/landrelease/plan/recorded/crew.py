"""Teams, their leave, machines and dogs: records in, pools of equal teams out.

Teams of a pool are one and the same to a plan, so a pool is split where its teams differ in when
they are there or in what they are accredited for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import get_args

import numpy as np

from landrelease.core.record import NOT_REPORTED, Record
from landrelease.core.recorded import AS_IF_ACCREDITED, Note, Recorded, Sources, by_name
from landrelease.core.work import Problem, TeamKind, TeamPool
from landrelease.plan.recorded.slots import last_days, within

KINDS = {"NTS": "nts", "TS": "ts", "manual": "manual", "mechanical": "mechanical",
         "animal": "animal"}
SCOPES = {"nts": "NTS", "ts": "TS", "manual": "manual_clearance", "mechanical": "mechanical",
          "animal": "MDD"}
_ANIMALS = ("dog", "rat")
_ALWAYS = ((date.min, date.max),)
Spells = tuple[tuple[date, date], ...]  # days on which a team may work, first and last of each


@dataclass(frozen=True, slots=True)
class Crew:
    """Pools, and of each pool the days of its leave; machines that pools of machines share.

    `leave` (P,) : spells of days, in order. `thing` (P,) : index into `things`, -1 where a pool
    needs none; `units` of each thing; `steepest_deg` (P,) slope up to which the machines of a pool
    work, infinite where nobody says.
    """

    pools: tuple[TeamPool, ...]
    leave: tuple[Spells, ...]
    also_leave: tuple[tuple[tuple[str, Spells], ...], ...]  # (P,) of the other kinds of work
    things: tuple[str, ...]
    units: tuple[int, ...]
    thing: tuple[int, ...]
    steepest_deg: tuple[float, ...]
    read: Recorded

    @property
    def bound(self) -> bool:
        return any(spells != _ALWAYS for p in range(len(self.pools)) for spells in
                   (self.leave[p], *dict(self.also_leave[p]).values()))

    def spells(self, pool: int, kind: str) -> Spells:
        """The leave of a pool for a kind of work."""
        return dict(self.also_leave[pool]).get(kind, self.leave[pool])


def crew(sources: Sources, pools: Sequence[TeamPool] | None, assumed: Sequence[TeamPool],
         start: date, *, renew: bool = False) -> Crew:
    """The teams of a plan: those of a file with what the records say of them, or the recorded ones.

    pools : of a file; None: teams on record are the teams, with the rates and costs that `assumed`
        gives their kind, and where none is on record `assumed` itself
    renew : an accreditation in force that ends is taken to be renewed

    A recorded team belongs to the pool whose id it has, or has with a number behind it
    (`manual-north-3`). Where any accreditation is on record, a recorded team works in the scope of
    its kind only while one of its own or of its organisation is in force; teams of a file that are
    not on record as long as one of their organisation is. Where nothing of that is on record they
    are planned as the file says, and each such pool is named (`AS_IF_ACCREDITED`).
    """
    notes: list[Note] = []
    teams = [r for r in sources.teams if _wanted(r, notes)]
    given = pools
    if given is None:
        given = _recorded(teams, sources, assumed, notes) or tuple(assumed)
    members = _members(teams, given)
    for record in teams if pools is not None else ():
        if not any(record.id in {r.id for r in own} for own in members):
            notes.append(Note("team", record.id, "no pool of the teams file has its name, so it is "
                              "not planned"))
    notes += _without_leave(given, members, sources)
    used_teams: set[str] = set()
    used_leave: set[str] = set()
    out: list[TeamPool] = []
    leave: list[Spells] = []
    also_leave: list[tuple[tuple[str, Spells], ...]] = []
    for pool, own in zip(given, members, strict=True):
        others = [kind for kind in pool.speeds() if kind != pool.kind]
        parts: dict[tuple[date | None, date | None, Spells, tuple[tuple[str, Spells], ...]],
                    list[str]] = {}
        for record in own[:max(pool.teams, 0)]:
            used_teams.add(record.id)
            opens, closes = _there(record, pool, start)
            spells = _leave(record, pool, pool.kind, sources, renew, used_leave, notes, start)
            if not spells:
                continue
            more = tuple((kind, _leave(record, pool, kind, sources, renew, used_leave, notes, start)
                          ) for kind in others)
            parts.setdefault((opens, closes, spells, more), []).append(record.id)
        nameless = pool.teams - min(pool.teams, len(own))
        if len(own) > pool.teams:
            notes.append(Note("team", "", f"{len(own)} teams of {pool.id} are on record, the "
                              f"teams file has {pool.teams}: the file counts"))
        if nameless:
            spells, *rest = (_of_organisation(pool, kind, sources, renew, used_leave, start)
                             for kind in (pool.kind, *others))
            if spells:
                parts.setdefault((pool.available_from, pool.available_until, spells, tuple(
                    zip(others, rest, strict=True))), []).extend([""] * nameless)
            else:
                notes.append(Note("team", "", f"{nameless} teams of {pool.id}: no accreditation of "
                                  f"{pool.organisation} for {SCOPES[pool.kind]} is in force on or "
                                  "after the first day: not planned"))
        for k, ((opens, closes, spells, leaves), names) in enumerate(parts.items()):
            name = pool.id if len(parts) == 1 else f"{pool.id}.{k + 1}"
            able = {kind for kind, own_leave in leaves if own_leave}
            out.append(replace(pool, id=name, teams=len(names), available_from=opens,
                               available_until=closes, also=tuple(
                                   a for a in pool.also if a.partition("=")[0] in able),
                               members=tuple(names) if any(names) else ()))
            leave.append(spells)
            also_leave.append(leaves)
    made = tuple(out)
    notes += [Note("team", "", f"the time of {pool.id} ended on {pool.available_until}, before the "
                   f"first day of the plan ({start}): {pool.teams} teams do no work in it")
              for pool in made if pool.available_until is not None and pool.available_until < start]
    things, units, thing, steepest, machines = _machines(made, sources.machines, notes)
    dogs = _animals(made, sources, notes)
    counts = {"team": (len(sources.teams), len(used_teams)),
              "accreditation": (len(sources.accreditations), len(used_leave)),
              "machine": (len(sources.machines), machines),
              "detector": (len(sources.detectors), dogs)}
    return Crew(made, tuple(leave), tuple(also_leave), things, units, thing, steepest,
                Recorded(counts, tuple(notes)))


# Of which kind the first step of each way is; the second is always that of a manual team.
_WAYS = {"NTS": "nts", "TS": "ts", "manual": "manual", "machine then manual": "mechanical",
         "dogs then manual": "animal"}


@dataclass(frozen=True, slots=True)
class Steps:
    """Pools by the kinds of work that they do: R pairs, and the pair of each option's steps."""

    pairs: tuple[tuple[int, str], ...]
    first: np.ndarray  # int64 (O,)
    second: np.ndarray  # int64 (O,) -1: no second step


def steps_of(problem: Problem) -> Steps:
    number: dict[tuple[int, str], int] = {}

    def row(pool: int, kind: str) -> int:
        return -1 if pool < 0 else number.setdefault((pool, kind), len(number))

    first = [row(p, _WAYS.get(mode, problem.pools[p].kind)) for p, mode in zip(
        problem.first_pool.tolist(), problem.option_mode, strict=True)]
    second = [row(p, "manual") for p in problem.second_pool.tolist()]
    return Steps(tuple(number), np.array(first, np.int64), np.array(second, np.int64))


def windows(problem: Problem, made: Crew, steps: Steps) -> tuple[np.ndarray, np.ndarray]:
    """Slots (R,) from which and until which the teams of a pool may do a kind of work at all."""
    rows = [within(problem, *_hull(made.spells(*pair))) for pair in steps.pairs]
    return (np.array([r[0] for r in rows], dtype=np.int32),
            np.array([r[1] for r in rows], dtype=np.int32))


def without_leave(problem: Problem, made: Crew, steps: Steps) -> np.ndarray:
    """bool (R, H): slots between two accreditations of a pool for a kind of work, in which it may
    not do it."""
    out = np.zeros((len(steps.pairs), problem.horizon), dtype=bool)
    for r, pair in enumerate(steps.pairs):
        spells = made.spells(*pair)
        if len(spells) < 2:
            continue
        low, high = within(problem, *_hull(spells))
        out[r, low:high] = True
        for first, last in spells:
            a, b = within(problem, _day(first), _day(last))
            out[r, a:b] = False
    return out


def resting(problem: Problem, steps: Steps) -> np.ndarray:
    """bool (R, H): slots of which the teams of a pool rest a day (`TeamPool.rest`)."""
    out = np.zeros((len(steps.pairs), problem.horizon), dtype=bool)
    days = [(first.toordinal(), last.toordinal()) for first, last in zip(
        problem.slot_starts, last_days(problem), strict=False)]
    for pool in {p for p, _ in steps.pairs if problem.pools[p].rest}:
        row = [any(problem.pools[pool].rests_on(date.fromordinal(day)) for day in range(a, b + 1))
               for a, b in days]
        out[[r for r, (p, _) in enumerate(steps.pairs) if p == pool]] = row
    return out


def _hull(spells: Spells) -> tuple[date | None, date | None]:
    if not spells:
        return date.max, date.min
    return _day(spells[0][0]), _day(spells[-1][1])


def _day(day: date) -> date | None:
    return None if day in (date.min, date.max) else day


# --- teams -------------------------------------------------------------------------------------


def _wanted(record: Record, notes: list[Note]) -> bool:
    status, kind = record.value("team_status"), record.value("team_type")
    if kind not in (*KINDS, NOT_REPORTED):
        notes.append(Note("team", record.id, f"a {str(kind).replace('_', ' ')} team: the plan has "
                          "no work for it"))
        return False
    if status == "stood_down" and not isinstance(record.values.get("stood_down_on"), date):
        notes.append(Note("team", record.id, "it was stood down"))
        return False
    if status == "forming" and not isinstance(record.values.get("mobilised_on"), date):
        notes.append(Note("team", record.id, "it is forming, and nobody says from when it is there"
                          ": not planned"))
        return False
    return True


def _members(teams: Sequence[Record], pools: Sequence[TeamPool]) -> list[list[Record]]:
    """The recorded teams of each pool, by name."""
    out: list[list[Record]] = []
    for pool in pools:
        if pool.members:
            own = [r for r in teams if r.id in pool.members]
        else:
            shape = re.compile(re.escape(pool.id) + r"(-0*[1-9]\d*)?", re.IGNORECASE)
            own = [r for r in teams if any(shape.fullmatch(n) for n in _names(r))]
        out.append(sorted(own, key=lambda r: r.id))
    return out


def _names(record: Record) -> tuple[str, ...]:
    given = record.values.get("identifier")
    return (record.id, record.id.removeprefix("team-"), *((str(given),) if given else ()))


def _there(record: Record, pool: TeamPool, start: date) -> tuple[date | None, date | None]:
    """When a team is there; who is there on the first day has been there for as long as it takes,
    so that teams which came on different days of the past stay one pool."""
    opens, closes = record.values.get("mobilised_on"), record.values.get("stood_down_on")
    first = [d for d in (opens, pool.available_from) if isinstance(d, date)]
    last = [d for d in (closes, pool.available_until) if isinstance(d, date)]
    begin = max(first, default=start)
    return begin if begin > start else None, min(last, default=None)


def _recorded(teams: Sequence[Record], sources: Sources, assumed: Sequence[TeamPool],
              notes: list[Note]) -> tuple[TeamPool, ...]:
    """Pools of the recorded teams: by kind, organisation and base; rates of the assumed ones."""
    rates: dict[str, TeamPool] = {}
    for pool in assumed:
        rates.setdefault(pool.kind, pool)
    places = by_name(r for r in sources.settlements if r.geometry is not None)
    for record in sources.settlements:
        if record.geometry is not None and record.values.get("name"):
            places.setdefault(str(record.values["name"]), record)
    groups: dict[tuple[str, str, str], list[str]] = {}
    for record in teams:
        kind = KINDS.get(str(record.value("team_type")))
        base = str(record.values.get("base") or "")
        if kind is None:
            notes.append(Note("team", record.id, "its kind is not reported: not planned"))
        elif kind not in rates:
            notes.append(Note("team", record.id, f"no rate of work of a {kind} team is assumed: "
                              "give a teams file"))
        elif base not in places:
            notes.append(Note("team", record.id, f"its base ({base or 'not reported'}) is no "
                              "settlement on record: not planned; give a teams file"))
        else:
            who = str(record.values.get("organisation") or "")
            groups.setdefault((kind, who, base), []).append(record.id)
    out = []
    for (kind, who, base), ids in sorted(groups.items()):
        place = places[base].geometry
        assert place is not None
        point = place.representative_point()
        out.append(replace(
            rates[kind], id="-".join(w.casefold().replace(" ", "-") for w in (kind, who, base)
                                     if w),
            organisation=who or NOT_REPORTED, base=base, longitude=float(point.x),
            latitude=float(point.y), teams=len(ids), available_from=None, available_until=None,
            members=tuple(ids)))
    if out:
        notes.append(Note("team", "", "rates and costs of recorded teams are assumed ones of their "
                          "kind: " + "; ".join(sorted({p.source for p in out}))))
    return tuple(out)


# --- leave -------------------------------------------------------------------------------------


def _leave(record: Record, pool: TeamPool, kind: TeamKind, sources: Sources, renew: bool,
           used: set[str], notes: list[Note], start: date) -> Spells:
    if not sources.accreditations:
        return _ALWAYS
    scope = SCOPES[kind]
    names = set(_names(record))
    who = _word(record.values.get("organisation") or pool.organisation)
    own = [a for a in sources.accreditations if a.values.get("scope") == scope and (
        a.values.get("team") in names or _organisations(a, who))]
    spells = _spells(own, sources, renew, used, start)
    also = "" if kind == pool.kind else " for it"
    if not spells:
        notes.append(Note("team", record.id, f"no accreditation for {scope} is in force on or "
                          f"after the first day: not planned{also}" if own else
                          f"no accreditation for {scope} is on record: not planned{also}"))
    return spells


def _of_organisation(pool: TeamPool, kind: TeamKind, sources: Sources, renew: bool,
                     used: set[str], start: date) -> Spells:
    """Teams of a pool that are not on record: what their organisation is accredited for; always,
    where nothing of that is on record (`_without_leave` names them)."""
    who = _word(pool.organisation)
    own = [a for a in sources.accreditations
           if a.value("scope") == SCOPES[kind] and _organisations(a, who)]
    return _spells(own, sources, renew, used, start) if own else _ALWAYS


def _without_leave(pools: Sequence[TeamPool], members: Sequence[Sequence[Record]],
                   sources: Sources) -> list[Note]:
    """Pools of a file with teams that are not on record, of whose organisation no accreditation for
    some of their work is on record either, while there are others: perhaps it is spelled in another
    way. No gate opens for them as it is (S08)."""
    known = sorted({str(a.values["accredited_organisation"]) for a in sources.accreditations
                    if a.values.get("accredited_organisation")})
    return [Note("accreditation", pool.id, AS_IF_ACCREDITED.format(
                organisation=pool.organisation, scope=SCOPES[kind], n=pool.teams - len(own),
                others=", ".join(known[:5]) or "teams alone"))
            for pool, own in zip(pools, members, strict=True)
            if sources.accreditations and pool.teams > len(own) for kind in pool.speeds()
            if not any(a.value("scope") == SCOPES[kind]
                       and _organisations(a, _word(pool.organisation))
                       for a in sources.accreditations)]


def _organisations(record: Record, who: str) -> bool:
    """Leave of a whole organisation."""
    return bool(who) and not any(record.values.get(n) for n in ("team", "person", "machine")) \
        and _word(record.values.get("accredited_organisation")) == who


def _spells(own: Sequence[Record], sources: Sources, renew: bool, used: set[str], start: date
            ) -> Spells:
    """Days of leave from the start on, joined. Leave that nobody signed only narrows: it is among
    those that count, because without any the team would be planned at all times."""
    found: list[tuple[date, date]] = []
    for record in own:
        granted = record.value("accreditation_status") == "granted" or record.id in sources.unsigned
        since, until = record.values.get("granted_on"), record.values.get("expires_on")
        if not granted or not isinstance(since, date) or not isinstance(until, date):
            continue
        if until < start:
            continue
        used.add(record.id)
        found.append((since, date.max if renew and until >= start else until))
    out: list[tuple[date, date]] = []
    for first, last in sorted(found):
        if out and first <= out[-1][1] + (timedelta(days=1) if out[-1][1] < date.max
                                          else timedelta(0)):
            out[-1] = (out[-1][0], max(out[-1][1], last))
        else:
            out.append((first, last))
    return tuple((date.min if a <= start else a, b) for a, b in out)


def unsigned_notes(sources: Sources) -> tuple[Note, ...]:
    """Accreditations that nobody signed, in one line."""
    ids = [a.id for a in sources.accreditations if a.id in sources.unsigned]
    if not ids:
        return ()
    return (Note("accreditation", ids[0] if len(ids) == 1 else "", f"{len(ids)} that nobody signed "
                 "narrow the plan and give no leave: no gate opens with them (S09)"),)


def _word(value: object) -> str:
    return " ".join(str(value or "").split()).casefold()


# --- machines and animals ----------------------------------------------------------------------


def _machines(pools: Sequence[TeamPool], machines: Sequence[Record], notes: list[Note]
              ) -> tuple[tuple[str, ...], tuple[int, ...], tuple[int, ...], tuple[float, ...], int]:
    """Machines that are ready, shared by the teams of their organisation (of all, where nobody
    says whose they are): a team of machines holds one as long as it works with it."""
    nothing = ((), (), (-1,) * len(pools), (float("inf"),) * len(pools), 0)
    of_machines = [p for p, pool in enumerate(pools) if pool.kind == "mechanical"]
    if not machines:
        return nothing
    ready = []
    for record in machines:
        if record.value("machine_type") == "vegetation_cutter":
            notes.append(Note("machine", record.id, "it cuts vegetation: no way of clearing"))
        elif record.value("machine_status") in ("repair", "withdrawn"):
            notes.append(Note("machine", record.id, "it is not ready "
                              f"({record.value('machine_status')})"))
        else:
            ready.append(record)
    if not of_machines:
        notes.append(Note("machine", "", "no team of machines is there to use them"))
        return nothing
    owners = [_word(r.values.get("organisation")) for r in ready]
    shared = not ready or any(not who for who in owners)
    names: list[str] = []
    units: list[int] = []
    thing, steepest = [-1] * len(pools), [float("inf")] * len(pools)
    for p in of_machines:
        who = "" if shared else _word(pools[p].organisation)
        own = [r for r, owner in zip(ready, owners, strict=True) if shared or owner == who]
        name = "machines" if shared else f"machines of {pools[p].organisation}"
        if not own:
            others = sorted({str(r.values.get("organisation")) for r in ready})
            notes.append(Note("machine", "", f"none that is ready belongs to "
                              f"{pools[p].organisation}, so that {pools[p].id} cannot work (on "
                              f"record: {', '.join(others[:5]) or 'no machine that is ready'})"))
        if name not in names:
            names.append(name)
            units.append(len(own))
        thing[p] = names.index(name)
        slopes = [r.values.get("max_slope_deg") for r in own]
        known = [float(s) for s in slopes if isinstance(s, (int, float))]
        if known and len(known) == len(slopes):
            steepest[p] = max(known)
    return tuple(names), tuple(units), tuple(thing), tuple(steepest), len(ready)


def _animals(pools: Sequence[TeamPool], sources: Sources, notes: list[Note]) -> int:
    """Dogs and rats that passed their test, of teams in the plan; others are named."""
    known = {m for pool in pools if pool.kind == "animal" for m in pool.members}
    used, tools = 0, 0
    teams = by_name(sources.teams)
    for record in sources.detectors:
        if record.value("detector_type") not in _ANIMALS:
            tools += 1
            continue
        team = teams.get(str(record.values.get("team") or ""))
        if record.value("test_result") == "failed":
            notes.append(Note("detector", record.id, "it failed its test; the gate of the day "
                              "decides, the plan counts teams"))
        elif team is None or team.id not in known:
            notes.append(Note("detector", record.id, "no team of animals in the plan has it"))
        else:
            used += 1
    if tools:
        notes.append(Note("detector", "", f"{tools} instruments: their daily test is for the gate, "
                          "not for a plan"))
    return used


assert set(KINDS.values()) <= set(get_args(TeamKind))
