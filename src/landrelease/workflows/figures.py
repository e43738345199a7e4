"""All figures of a registry at any date, as a reader may see them; one traced; one computed again.

Land comes from the ledger; items, work and people from columns of the revisions, so that half a
million items take seconds. What a reader does not see is in no figure (S14).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from landrelease.core.columns import Columns, columns_of
from landrelease.core.hazard import Land
from landrelease.core.ledger import Figure, LedgerRow
from landrelease.core.progress import Progress, silent
from landrelease.errors import (
    BAD_OPTION,
    FIGURE_FILE,
    FIGURE_HEAD,
    FIGURE_UNKNOWN,
    LandReleaseError,
)

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.store.registry import Registry
    from landrelease.store.results import PlanFile

RUNS = 500  # of the forecast under the figures of a plan
# Kinds of which one at a time is given by organisation or area to some roles: their records pass
# the policy one by one. They are few.
_FEW = ("session", "team", "machine", "person", "inspection", "handover", "complaint", "accident")


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """The ledger and the figures, as a reader may see them, and the land under them."""

    land: Land
    rows: tuple[LedgerRow, ...]
    figures: tuple[Figure, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class At:
    """What is asked: the day, what was known, the least level of validation."""

    valid_at: date | None = None
    known_at: datetime | None = None
    level: str | None = None


def figure_land(registry: Registry, reader: View, at: At, areas_at: date | None = None,
                read: Callable[..., Columns] | None = None) -> Land:
    """The land that figures rest on; items and reports of work are read as columns.

    areas_at : the day of which the administrative areas are; None: that of the land
    read : as `store.columns.columns`
    """
    from landrelease.workflows import load_assumptions, load_land

    return by_then(registry, load_land(
        registry, load_assumptions(None, registry), reader=reader, level=at.level,
        valid_at=at.valid_at, known_at=at.known_at, for_models=False, areas_at=areas_at,
        read=read), at)


def by_then(registry: Registry, land: Land, at: At) -> Land:
    """The land without what was released after the day that is asked for, or on no day that is
    known: the hazards stand (S01)."""
    from landrelease.core.happened import by_day

    if at.valid_at is None or not (land.outcomes or land.without_credit):
        return land
    kept, nobody_said = by_day(registry.records(
        "outcome", valid_at=at.valid_at, known_at=at.known_at), at.valid_at)
    ids, undated = {r.id for r in kept}, set(nobody_said)
    return dataclasses.replace(
        land, outcomes=tuple(o for o in land.outcomes if o.id in ids),
        without_credit=tuple(o for o in land.without_credit if o.id in ids),
        undated=tuple(o.id for o in land.outcomes
                      if o.id in undated and o.outcome_type != "searched"))


def all_figures(registry: Registry, reader: View, at: At | None = None,
                progress: Progress = silent, wanted: Collection[str] = (),
                plan: PlanFile | None = None, seed: int = 1) -> Found:
    """Every figure of the catalogue that the reader may see.

    wanted : ids of figures; only what these need is computed. plan : of the records as they stand;
    with it also the figures of the plan, of its forecast and of the assessment. Raises SIG-006 for
    an unknown level.
    """
    from landrelease.core.memory import without_collector
    from landrelease.workflows.identities import at_level

    at = at or At()
    if at.level is not None:
        at_level([], at.level)  # an unknown level is said before anything is read
    with without_collector():
        return _all(registry, reader, at, progress, wanted, plan, seed)


def _all(registry: Registry, reader: View, at: At, progress: Progress, wanted: Collection[str],
         plan: PlanFile | None, seed: int) -> Found:
    from landrelease.figures import catalogue, items, people, shares, work
    from landrelease.figures.areas import areas_of
    from landrelease.store.columns import ReadOnce
    from landrelease.workflows import load_assumptions, make_ledger, unseen
    from landrelease.workflows.cautions import OFF_THE_MAP
    from landrelease.workflows.money import REPORT_FIELDS

    chapters = catalogue.chapters_for(wanted)
    of_money = not wanted or any(name.startswith(("money_", "cost_per_m2")) for name in wanted)
    reports: Columns | None = None
    joint: dict[str, str] | None = None
    asked_items: tuple[str, ...] = ()
    reads: dict[str, tuple[str, ...]] = {}
    read = ReadOnce(reads, valid_at=at.valid_at, known_at=at.known_at)
    if {"items", "work"} & chapters:
        progress("figures of work and items", 0.1)
        report_fields = tuple(dict.fromkeys((
            *(work.FIELDS if "work" in chapters else work.JOINT_FIELDS),
            *(REPORT_FIELDS if of_money else ()))))
        # The land asks them as well: of the work behind it, and of finds that nobody can place.
        reads["activity"] = (*report_fields, "identifier")
        reports = columns_at(registry, reader, "activity", report_fields, at, read=read)
        # also for joint items and for the cost per m²
        repeats, joint = work.joint_work(reports)
        if "items" in chapters:
            asked_items = tuple(dict.fromkeys((
                *items.FIELDS, *(items.JOINT_FIELDS if joint else ()),
                *(items.DAY_FIELDS if at.valid_at else ()))))
            reads["item"] = (*asked_items, *OFF_THE_MAP)
    land = figure_land(registry, reader, at, read=read)
    head, names = land.chain_head, {m.id: m.name for m in land.municipalities}
    rows = make_ledger(land, progress)
    found = list(catalogue.land_figures(land, rows))
    found += shares.land_by_type(land)
    if reports is not None:
        progress("figures of work and items", 0.5)
        if "work" in chapters:
            found += work.work_figures(reports, head, repeats)
            found += _exposure(registry, reader, reports, at, head)
        if "items" in chapters:
            # Who may not see items gets what was destroyed, and nothing of what still lies there:
            # `reader.figures` takes the others out (S16).
            divided = bool(land.municipalities) and reader.may("items", "places")
            table = columns_at(registry, reader, "item", asked_items, at,
                               places=bool(joint) or divided, read=read)
            found += items.item_figures(
                table, head, joint or {}, areas_of(table.places, land.municipalities) if divided
                else None, names, at.valid_at)
    if "people" in chapters:
        progress("figures of people", 0.8)
        tables = _people(registry, reader, at)
        found += people.people_figures(tables, head, areas_of(
            tables["accident"].places, land.municipalities) if "accident" in tables
            and land.municipalities and reader.precision("accident") == "exact" else None, names)
    found += shares.share_figures(
        land, rows[-1], found,
        load_assumptions(None, registry).value("figures_ratio_least_ha"))
    if of_money:
        from landrelease.workflows import money

        # `reader.figures` takes them out for whom funds and expenses are not (S14).
        found += money.figures_of(registry, reader, level=at.level, valid_at=at.valid_at,
                                  known_at=at.known_at, costs=not wanted or any(
                                      name.startswith("cost_per_m2") for name in wanted),
                                  reports=reports, joint=joint)
    if "phase_two" in chapters:
        from landrelease.workflows import phase_two

        progress("figures of phase two", 0.9)
        found += phase_two.figures_of(registry, reader, level=at.level, valid_at=at.valid_at,
                                      known_at=at.known_at)
    found += _not_on_record(wanted, found, land)
    if plan is not None:
        found += _of_plan(registry, reader, plan, land, wanted, seed, progress)
    valid_at = at.valid_at.isoformat() if at.valid_at else ""
    known_at = at.known_at.isoformat() if at.known_at else ""
    found = [dataclasses.replace(f, level=at.level or "", valid_at=valid_at, known_at=known_at)
             for f in found]
    shown = reader.figures(found, unseen(land, reader))
    progress("figures", 1.0)
    return Found(land, reader.ledger(rows), shown)


def _not_on_record(wanted: Collection[str], found: Sequence[Figure], land: Land
                   ) -> list[Figure]:
    """Figures of the catalogue that are asked for by id and of which no record gives any: they are
    "not reported" (S12). Those of plans and treaties are no figures of the records alone."""
    from landrelease.figures import catalogue

    there = {name for f in found for name in (f.id, f.id.split(":")[0])}
    return [m.figure(0.0 if m is catalogue.WITHOUT_CREDIT and land.outcomes else None, (),
                     land.chain_head)
            for m in catalogue.metrics() if m.id in wanted and m.id not in there
            and m.chapter not in ("plan", "treaty")]


def _of_plan(registry: Registry, reader: View, plan: PlanFile, land: Land, wanted: Collection[str],
             seed: int, progress: Progress) -> tuple[Figure, ...]:
    """Figures of the plan, of its forecast (where one of these is asked for, or all are) and of the
    assessment under it; `reader.figures` takes out those whose results the reader does not see."""
    from landrelease.figures import catalogue
    from landrelease.workflows import assess
    from landrelease.workflows.outlooks import basis_of

    outlook = None
    if (not wanted or {catalogue.FINISH.id, catalogue.COST.id} & set(wanted)) and any(
            reader.may(m.subject, m.field) for m in (catalogue.FINISH, catalogue.COST)):
        basis = basis_of(registry, reader, plan.plan, plan.assumptions, land, seed=seed)
        outlook = basis.play(basis.scenarios([])[-1], runs=RUNS, seed=seed, progress=progress)
    return catalogue.assessment_figures(
        assess(land, plan.assumptions), land.chain_head) + catalogue.plan_figures(
        plan.plan, outlook, land.chain_head)


def of_scope(found: Sequence[Figure], scope: str) -> tuple[Figure, ...]:
    """The figures of one scope, by its name. Raises CLI-103: there is none, or not for the reader.
    """
    wanted = scope.casefold().strip()
    own = tuple(f for f in found if f.scope.casefold() == wanted)
    if not own:
        names = sorted({f.scope for f in found})
        raise LandReleaseError(BAD_OPTION, option="--scope", found=scope, expected="one of "
                               + ", ".join(names[:20]) + (" ..." if len(names) > 20 else ""))
    return own


def _exposure(registry: Registry, reader: View, reports: Columns, at: At, head: str
              ) -> tuple[Figure, ...]:
    """Hours on hazardous ground; from columns where no machine and no track is on record."""
    from landrelease.figures import work
    from landrelease.workflows.site import exposure_figures

    if reader.areas or registry.ids("track") or not reports.among("machines", ("",)).all():
        return exposure_figures(registry, reader, valid_at=at.valid_at, known_at=at.known_at)
    return work.exposure_figures(reports, head)


def columns_at(registry: Registry, reader: View, kind: str, fields: Sequence[str], at: At, *,
               places: bool = False, read: Callable[..., Columns] | None = None) -> Columns:
    """Columns of a kind of what is asked for; where the reader stated areas, of those alone.
    `read`: as `store.columns.columns`.

    Reports of work of which the last day is after the day asked for are not among them: `fields`
    names their days.
    """
    from landrelease.core import happened
    from landrelease.store import columns
    from landrelease.workflows.identities import LEVELS

    if reader.areas and reader.precision("hazard") == "exact":
        found = columns_of(kind, reader.nearby(registry.records(
            kind, valid_at=at.valid_at, known_at=at.known_at)), fields)
    else:
        found = (read or columns.columns)(registry, kind, fields, valid_at=at.valid_at,
                                          known_at=at.known_at, places=places)
    if at.valid_at is not None and kind == "activity":
        found = found.take(~happened.later(found, happened.DAYS[kind], at.valid_at))
    if at.level is None:
        return found
    enough = LEVELS[LEVELS.index(at.level):]
    return found.take(np.isin(found.validation, enough))


def _people(registry: Registry, reader: View, at: At) -> dict[str, Columns]:
    from landrelease.core.happened import by_day
    from landrelease.figures import people
    from landrelease.workflows.identities import at_level

    tables = {}
    for kind in _FEW:
        if not reader.may(kind):
            continue
        records = by_day(registry.records(kind, valid_at=at.valid_at, known_at=at.known_at),
                         at.valid_at)[0]
        if at.level is not None:
            records = at_level(records, at.level)
        tables[kind] = columns_of(kind, reader.inside(records), people.FIELDS[kind])
    return tables


def trace(registry: Registry, reader: View, figure: str, at: At | None = None,
          progress: Progress = silent, plan: PlanFile | None = None, seed: int = 1) -> Figure:
    """One figure with the records under it. Raises CLI-105: there is none, or not for the reader.
    """
    found = all_figures(registry, reader, at, progress, wanted=(figure,), plan=plan, seed=seed)
    for f in found.figures:
        if f.id == figure:
            return f
    raise LandReleaseError(FIGURE_UNKNOWN, found=figure)


@dataclasses.dataclass(frozen=True, slots=True)
class Again:
    """A figure computed again: as exported, as it comes out, and the records that differ."""

    then: Mapping[str, Any]
    now: Figure
    same: bool
    gone: tuple[str, ...]  # records that were under it and are not
    new: tuple[str, ...]  # records that are under it and were not
    # What else was exported otherwise than it comes out (ends, unit, words): name -> (then, now).
    differs: Mapping[str, tuple[Any, Any]] = dataclasses.field(default_factory=dict)


def recompute(registry: Registry, reader: View, document: Mapping[str, Any], path: str,
              progress: Progress = silent, plan: PlanFile | None = None, seed: int = 1) -> Again:
    """Compute an exported figure again, from the records as they stood at its chain head.

    The head says which state of the registry it was: its revision, and all that were known by then.
    Raises FIG-001: the file is no exported figure; FIG-002: no chain here has that head; CLI-105.
    """
    try:
        at = At(date.fromisoformat(document["valid_at"]) if document.get("valid_at") else None,
                datetime.fromisoformat(document["known_at"]) if document.get("known_at") else None,
                str(document["level"]) if document.get("level") else None)
        identity, head = str(document["id"]), str(document["chain_head"])
        value, records = document["value"], [str(r) for r in document["records"]]
        if value is not None:
            value = float(value)
        ends = {n: None if document[n] is None else float(document[n])
                for n in ("low", "high") if n in document}
    except (KeyError, TypeError, ValueError) as error:
        raise LandReleaseError(FIGURE_FILE, path=path, found=f"{type(error).__name__}: {error}"
                               ) from None
    if head != registry.head():
        at = dataclasses.replace(at, known_at=moment_of(registry, head, at.known_at))
    now = trace(registry, reader, identity, at, progress, plan, seed)
    gone = tuple(sorted(set(records) - set(now.records)))
    new = tuple(sorted(set(now.records) - set(records)))
    differs: dict[str, tuple[Any, Any]] = {
        n: (end, getattr(now, n)) for n, end in ends.items() if not _close(end, getattr(now, n))}
    differs |= {n: (document[n], getattr(now, n)) for n in STATED
                if n in document and document[n] != getattr(now, n)}
    if "uncounted" in document and {str(r) for r in document["uncounted"] or ()} != set(
            now.uncounted):
        differs["uncounted"] = (document["uncounted"], list(now.uncounted))
    same = not gone and not new and not set(differs) - set(WORDS) and _close(value, now.value)
    return Again(document, now, same, gone, new, differs)


def check_begun(registry: Registry, first: date, found: str, today: date) -> None:
    """Raise FIG-004 where a day, week or year lies wholly in the future: its zeros would be read as
    none. Days of a synthetic programme go on as far as its reports of work."""
    from landrelease.errors import NOT_YET_BEGUN
    from landrelease.workflows import is_synthetic

    if first <= today or (is_synthetic(registry) and any(
            r.valid_from is not None and r.valid_from >= first
            for r in registry.records("activity"))):
        return
    raise LandReleaseError(NOT_YET_BEGUN, found=found, today=today.isoformat())


# What an exported figure says of itself, beside its numbers and records. Our own words are worded
# anew at times: that they differ is told, and makes no other figure of it.
WORDS = ("name", "definition", "note", "counts")
STATED = (*WORDS, "unit", "scope", "denominator", "level")


def _close(then: float | None, now: float | None) -> bool:
    """Whether two numbers are one, to the last digits of reckoning; not reported is itself alone.
    """
    if then is None or now is None:
        return then is now
    return then == now or abs(now - then) <= 1e-9 * max(1.0, abs(then))



def moment_of(registry: Registry, head: str, known_at: datetime | None = None) -> datetime:
    """The moment at which the head was the head of its chain.

    The head of several chains names no one revision: there the stated `known_at` says which state
    it was. Raises FIG-002 where neither does.
    """
    for chain in registry.chains():
        for stored in registry.revisions(chain.id):
            if stored.hash == head:
                then = stored.known_from or stored.revision.recorded_at
                return then if known_at is None else min(then, known_at)
    if known_at is not None and len(registry.chains()) > 1:
        return known_at
    raise LandReleaseError(FIGURE_HEAD, found=head[:16])


def plain_figure(figure: Figure) -> dict[str, Any]:
    """A figure for JSON; `dataclasses.asdict` would copy every id of half a million records."""
    return {f.name: getattr(figure, f.name) for f in dataclasses.fields(figure)}


def catalogue() -> tuple[Any, ...]:
    """Every metric with its definition (`figures.metric.Metric`)."""
    from landrelease.figures import catalogue as known

    return known.metrics()
