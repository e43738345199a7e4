"""Which outcomes get no clearance credit, because of the start-of-day gate (S08).

An outcome rests on an activity; where the activity was done on a day whose gate had not passed,
the outcome takes nothing away from any hazard and counts as no released land until the authority
has reviewed the report of that work. It stays on record, and is shown apart.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from landrelease.core.gate import can_be_held_against_gates, days_of_work
from landrelease.core.record import Record

if TYPE_CHECKING:
    from landrelease.core.columns import Columns
    from landrelease.store.registry import Registry
    from landrelease.workflows.operating import Sites

_GROUND = ("cancelled", "reduced", "cleared", "searched")
_BY_LOOKING = "cancelled"  # all that non-technical survey does with ground (IMAS 07.11, 08.10)


def without_credit(registry: Registry, outcomes: Sequence[Record], *,
                   valid_at: date | None = None, known_at: datetime | None = None,
                   read: Callable[..., Columns] | None = None) -> dict[str, str]:
    """Outcomes without credit: id -> why, in plain words. `read`: as `store.columns.columns`.

    Asked is the gate of every day of work that names a task on record. Work without a task has no
    gate, and neither has an outcome behind which no work is on record: from the programme's first
    gate on record on they get no credit either; what was reported before is older than the gates,
    and stands. What a report said before it was changed is asked as well: nobody rewrites it to a
    day, a task or a team whose gate had passed. So is all work that an outcome named before, and
    that was called so before, until the authority signed the outcome or the report
    (`workflows.ever_named`). The authority's review counts as signed (S09).
    """
    from landrelease.operate.gate import evacuated
    from landrelease.workflows.ever_named import works_called_before, works_named_before
    from landrelease.workflows.operating import Sites
    from landrelease.workflows.reported import before_words, earlier_reports

    named: dict[str, list[str]] = {}
    types = {o.id: str(o.value("outcome_type")) for o in outcomes}
    for outcome in outcomes:
        if outcome.value("outcome_type") in _GROUND:
            named.setdefault(str(outcome.values.get("activity") or ""), []).append(outcome.id)
    if not named:
        return {}
    gates = [g for g in registry.records("gate", known_at=known_at) if not evacuated(g)]
    tasks = {t.id: t for t in registry.records("task", valid_at=valid_at, known_at=known_at)}
    if not gates and not tasks:
        return {}
    days = [g.values["day"] for g in gates if isinstance(g.values.get("day"), date)]
    since = min(days, default=None)
    sites = Sites(registry, known_at=known_at)
    found: dict[str, str] = {}
    then: dict[str, Any] = {"valid_at": valid_at, "known_at": known_at}
    before: dict[str, list[str]] = {}
    for outcome_id, words in works_named_before(registry, outcomes, **then).items():
        for name in words:
            before.setdefault(name, []).append(outcome_id)
    called = works_called_before(registry, **then)
    works, nameless = _works(registry, named, before, called, valid_at, known_at, read)
    asked = [w for w in works if w.validation != "authority"]
    earlier = earlier_reports(registry, asked, grace=sites.grace, offset=sites.offset,
                              valid_at=valid_at, known_at=known_at) if asked else {}
    ordered = [str(w.values.get("task") or "") for w in asked]
    sites.fetch("task", ordered)
    sites.fetch("hazard", (str(tasks[t].values.get("hazard") or "") for t in ordered if t in tasks))
    for work in asked:
        names = {work.id, str(work.values.get("identifier") or ""),
                 *called.get(work.id, ())} - {""}
        mine = [o for n in sorted(names) for o in (*named.get(n, ()), *before.get(n, ()))]
        if not mine:
            continue
        why = _why_not(work, tasks, since, sites)
        for said, at in () if why else earlier.get(work.id, ()):
            if why := _why_not(said, tasks, since, sites):
                why = f"{before_words(at)}: {why}"
                break
        searched = [o for o in mine if types[o] != _BY_LOOKING]
        if searched and not _is_older(work, tasks, since) and any(
                w.value("activity_type") == "NTS"
                for w in (work, *(said for said, _ in earlier.get(work.id, ())))):
            found.update(dict.fromkeys(
                searched, f"work {work.id} was reported as non-technical survey, which searches no "
                          "ground, and the authority has not reviewed it (S08)"))
        if why:
            found.update(dict.fromkeys(
                mine, f"work {work.id} was done without a start-of-day gate that passed ({why}), "
                      "and the authority has not reviewed it (S08)"))
    if since is not None:
        days_of = {o.id: o.values.get("decided_on") or o.valid_from for o in outcomes}
        for name in sorted(nameless):
            for outcome_id in named[name]:
                decided = days_of[outcome_id]
                if not isinstance(decided, date) or decided >= since:
                    found[outcome_id] = (
                        f"the work behind it, {name}, is not on record" if name else
                        "no work behind it is on record") + ", so no start-of-day gate can be " \
                        "held against it (S08)"
    return found


def _why_not(work: Record, tasks: Mapping[str, Record], since: date | None, sites: Sites) -> str:
    """Why a report gets no credit by what it says; "" where its gates passed, or where it names no
    task and is older than the programme's first gate (`since`)."""
    from landrelease.operate.gate import flagged_work

    first, last = days_of_work(work)
    task = str(work.values.get("task") or "")
    if _is_older(work, tasks, since):
        return ""
    if first is None or last is None:
        return "the day of the work is not reported, so no gate can be held against it"
    if not can_be_held_against_gates(first, last):
        return f"its days, {first} to {last}, cannot be held against gates"
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        if flagged := flagged_work([work], tasks, {day: sites.on(day, [task])}):
            return f"on {day}: {'; '.join(flagged[0].reasons)}"
    return ""


def _is_older(work: Record, tasks: Mapping[str, Record], since: date | None) -> bool:
    """Whether a report names no task on record and is of before the programme's first gate."""
    last = days_of_work(work)[1]
    return str(work.values.get("task") or "") not in tasks and (
        since is None or (last is not None and last < since))


def _works(registry: Registry, named: Collection[str], before: Collection[str],
           called: Mapping[str, Collection[str]], valid_at: date | None,
           known_at: datetime | None, read: Callable[..., Columns] | None
           ) -> tuple[list[Record], set[str]]:
    """The reports of work with these ids or identifiers, or with one of those that were named
    `before`, or that were `called` so, as they stand; the names of which none is on record, and
    that are named now. Reports are many: of few that are named, only these are read."""
    from landrelease.store.columns import columns
    from landrelease.workflows.identities import standing_of

    asked, found = set(named) - {""}, set[str]()
    wide = asked | set(before)
    renamed = {i for i, names in called.items() if not wide.isdisjoint(names)}
    table = (read or columns)(registry, "activity", ("identifier",), valid_at=valid_at,
                              known_at=known_at, called=("identifier", wide | renamed))
    wanted = []
    for i, word in zip(table.ids.tolist(), table.cells["identifier"].tolist(), strict=True):
        if i in asked or (word and str(word) in asked):
            wanted.append(i)
            found |= {i, str(word)} if word else {i}
        elif i in wide or i in renamed or (word and str(word) in wide):
            wanted.append(i)
    return standing_of(registry, "activity", wanted, valid_at=valid_at,
                       known_at=known_at), set(named) - found
