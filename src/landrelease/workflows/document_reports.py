"""The weekly report and the report to donors, as values of `core.document`, under a reader's view.

Figures come from the one catalogue (`workflows.figures`), each with its trace code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from landrelease.core.document import Cell, Document, Grid, Section
from landrelease.core.how_many import how_many
from landrelease.core.kind import DECLINED, NOT_REPORTED
from landrelease.core.labels import field_label
from landrelease.core.ledger import Figure
from landrelease.core.links import Links
from landrelease.core.record import Record
from landrelease.errors import LandReleaseError
from landrelease.workflows.documents import (
    UNSTATED,
    Making,
    at_least_notes,
    at_least_rows,
    columns,
    day_of,
    made,
    number_of,
    trace,
)

if TYPE_CHECKING:
    from landrelease.core.outlook import Outlook
    from landrelease.publish.words import Words
    from landrelease.store.results import PlanFile

DAYS = 7
_WEEK_FIGURES = ("hazard_count", "hazardous_m2", "cancelled_m2", "reduced_m2", "cleared_m2",
                 "released_m2", "items_found", "items_destroyed", "items_left", "work_reports",
                 "team_hours", "team_hours_lost", "person_hours", "worked_m2_NTS", "worked_m2_TS",
                 "worked_m2_clearance", "worked_m2_BAC", "worked_m2_EOD_spot_task")
_NO_ITEM = ("none", "none_found")
SMALL_ARMS = "small_arms_ammunition"


def _called(figure: Figure, w: Words) -> str:
    """A figure's name in the language; that of an area ends with the area's own name."""
    from landrelease.publish.page import figure_name

    return figure_name(figure, w)


# --- the week ------------------------------------------------------------------------------------


def week_document(m: Making, ending: date, plan: PlanFile | None = None) -> Document:
    """What was done in the seven days up to `ending`, what was found, what is open and what waits.

    plan : the plan to hold it against. Reports of work count in the week of their last day. Raises
    FIG-004: the week has not begun. Of one that is not over, it and each of its tables say so.
    """
    from landrelease.workflows import is_synthetic
    from landrelease.workflows.figures import check_begun

    m.reader.check("document week")
    first = ending - timedelta(days=DAYS - 1)
    check_begun(m.registry, first, m.words("paper.week.subtitle", first=first, last=ending),
                m.made_on)
    m = replace(m, as_of=None)  # what happened in a week is told by days, not by dates of records
    works = _works(m, first, ending)
    items = _of_days(m, "item", ("found_on", "destroyed_on"), first, ending)
    accidents = _accidents(m, first, ending)
    sections = [
        _week_summary(m, works, items, accidents, first, ending), _week_work(m, works),
        _against_plan(m, plan, ending), _week_items(m, items, first, ending),
        _incidents(m, accidents), _environment(m, first, ending), _marking(m, ending),
        _coverage(m, first, ending), _inspection(m, first, ending), _waiting(m, ending),
        _week_figures(m, first, ending),
        trace(m, m.words("paper.trace.figures"))]
    subtitle = m.words("paper.week.subtitle", first=first, last=ending)
    if first <= m.made_on < ending:
        running = m.words("paper.week.running", day=m.made_on)
        subtitle = f"{subtitle}. {running}"
        sections = [replace(s, grids=tuple(replace(g, notes=(running, *g.notes)) for g in s.grids))
                    for s in sections]
    return made(m, "week", subtitle, sections, synthetic=is_synthetic(m.registry))


def _works(m: Making, first: date, last: date) -> list[Record]:
    """Reports of work whose last day lies in the week, joint ones once; planned work is none."""
    from landrelease.workflows.money import _day_of, once

    every = [r for r in m.records("activity") if r.values.get("activity_status") != "planned"]
    return [r for r in once(every) if (day := _day_of(r)) is not None and first <= day <= last]


def _of_days(m: Making, kind: str, names: Sequence[str], first: date, last: date) -> list[Record]:
    if m.reader.precision(kind) != "exact":
        return []
    return [r for r in m.records(kind) if any(
        (day := day_of(r.values.get(n))) is not None and first <= day <= last for n in names)]


def _accidents(m: Making, first: date, last: date) -> list[tuple[date, Record]]:
    found = []
    if m.reader.precision("accident") == "exact":
        for r in m.records("accident"):
            day = day_of(r.values.get("occurred_at")) or day_of(r.values.get("information_date")) \
                or r.valid_from
            if day is not None and first <= day <= last:
                found.append((day, r))
    return sorted(found, key=lambda f: (f[0], f[1].id))


def _sum(values: Iterable[float | None]) -> float | None:
    """The sum of what is reported; None where nothing is (S12)."""
    known = [v for v in values if v is not None]
    return sum(known) if known else None


def _of(r: Record, name: str) -> float | None:
    return number_of(r.values.get(name))


def _counted(m: Making, items: Iterable[Record], name: str, first: date, last: date) -> Cell:
    """So many items, or at least so many where a record states no whole number (S12)."""
    counts = [how_many(r.values.get("quantity")) for r in items if _within(r, name, first, last)
              and r.value("ordnance_category") not in (*_NO_ITEM, SMALL_ARMS)]
    least = sum(c.least for c in counts)
    return least if all(c.stated for c in counts) else m.words("paper.at_least", n=least)


def _within(r: Record, name: str, first: date, last: date) -> bool:
    day = day_of(r.values.get(name))
    return day is not None and first <= day <= last


def _week_summary(m: Making, works: list[Record], items: list[Record],
                  accidents: list[tuple[date, Record]], first: date, last: date) -> Section:
    w = m.words
    people = [h * n for r in works if (h := _of(r, "hours")) is not None
              and (n := _of(r, "deminers")) is not None]
    facts: list[tuple[str, Cell]] = [
        (w("paper.week.reports"), len(works)),
        (w("paper.week.m2"), _sum(_of(r, "area_m2") for r in works)),
        (w("paper.week.hours"), _sum(_of(r, "hours") for r in works)),
        (w("paper.week.hours_lost"), _sum(_of(r, "hours_lost") for r in works)),
        (w("paper.week.person_hours"), sum(people) if people else None)]
    if m.reader.precision("item") == "exact":
        facts.append((w("paper.week.items"), _counted(m, items, "found_on", first, last)))
    if m.reader.precision("accident") == "exact":
        facts.append((w("paper.week.incidents.count"), len(accidents)))
    lines = [w("paper.week.note")]
    began = sum((day := day_of(r.values.get("started_on"))) is not None and day < first
                for r in works)
    if began:
        lines.append(w("paper.week.spans", count=began))
    silent = sum(_of(r, "area_m2") is None for r in works)
    hours = sum(_of(r, "hours") is None for r in works)
    if silent or hours:
        lines.append(w("paper.week.silent", count=silent, hours=hours))
    return Section("summary", w("paper.week.summary"), tuple(facts), tuple(lines))


def _week_work(m: Making, works: list[Record]) -> Section:
    w = m.words

    def grid(name: str, title: str, heads: Sequence[str],
             keys: Callable[[Record], Sequence[tuple[str, ...]]]) -> Grid:
        groups: dict[tuple[str, ...], list[Record]] = {}
        for r in works:
            for key in keys(r):
                groups.setdefault(key, []).append(r)
        return Grid(name, title, columns(
            w, *heads, "reports:integer", "m2:number", "hours:number:1", "hours_lost:number:1",
            "items:integer"), tuple(
                (*key, len(rows), *(_sum(_of(r, n) for r in rows) for n in (
                    "area_m2", "hours", "hours_lost", "items_found")))
                for key, rows in sorted(groups.items())), empty=w("paper.week.none"))

    def teams(r: Record) -> list[tuple[str, ...]]:
        named = r.values.get("teams")
        names = (named,) if isinstance(named, str) else tuple(named or ())
        # Work of several teams is a row of their own: it is not to be counted for each of them.
        return [(", ".join(map(str, names)) or w("paper.week.team.none"),)]

    return Section("work", w("paper.week.work"), grids=(
        grid("by team", w("paper.week.by_team"), ("team",), teams),
        grid("by area", w("paper.week.by_area"), ("area", "task"), lambda r: [
            (str(r.values.get("hazard") or "–"), str(r.values.get("task") or "–"))]),
        grid("by method", w("paper.week.by_method"), ("work", "method"), lambda r: [
            (m.word(r.value("activity_type")), m.word(r.value("operational_method")))])))


def _against_plan(m: Making, saved: PlanFile | None, ending: date) -> Section:
    from landrelease.workflows import on_file
    from landrelease.workflows.orders import progress_of

    w = m.words
    if saved is None:
        return Section("plan", w("paper.week.plan"), lines=(w("paper.week.plan.none"),))
    rows = on_file.seen(saved, m.reader, m.registry).rows
    due = [r for r in rows if r["finish"] <= ending]
    done = set(progress_of(m.registry, m.reader, saved.plan.problem).done)
    late = [r for r in due if r["task_id"] not in done]
    return Section("plan", w("paper.week.plan"), (
        (w("paper.week.plan.due", day=ending), len(due)),
        (w("paper.week.plan.done"), len(due) - len(late)),
        (w("paper.week.plan.late"), len(late))), grids=(Grid(
            "late steps", w("paper.week.plan.late"), columns(
                w, "place:integer", "task", "work", "start:date", "finish:date"), tuple(
                    (r["order"], r["task_id"], m.word(r["activity"]), r["start"], r["finish"])
                    for r in sorted(late, key=lambda r: (r["finish"], r["order"]))),
            empty="–"),) if late else ())


def _week_items(m: Making, items: list[Record], first: date, last: date) -> Section:
    w = m.words
    if m.reader.precision("item") != "exact":
        return Section("items", w("paper.week.items.kinds"),
                       lines=(w("paper.week.items.none"),))
    counts: dict[str, list[int]] = {}
    for r in items:
        category = r.value("ordnance_category")
        if category in _NO_ITEM:
            continue
        row = counts.setdefault(m.word(category), [0, 0, 0])
        least, stated = how_many(r.values.get("quantity"))
        within = [_within(r, name, first, last) for name in ("found_on", "destroyed_on")]
        row[0] += least if within[0] else 0
        row[1] += least if within[1] else 0
        row[2] += any(within) and not stated
    unstated = sum(row[2] for row in counts.values())
    return Section("items", w("paper.week.items.kinds"), grids=(Grid(
        "items", w("paper.week.items.kinds"), columns(
            w, "kind", "found:integer", "destroyed:integer", *UNSTATED[:unstated]),
        at_least_rows(w, counts, bool(unstated)),
        notes=(*((w("paper.week.small_arms"),) if m.word(SMALL_ARMS) in counts else ()),
               *at_least_notes(w, unstated)),
        empty=w("paper.week.items.none")),))


def _incidents(m: Making, accidents: list[tuple[date, Record]]) -> Section:
    w = m.words
    if m.reader.precision("accident") != "exact":
        return Section("incidents", w("paper.week.incidents"), lines=(w(
            "paper.withheld", what=w("paper.week.incidents")),))
    return Section("incidents", w("paper.week.incidents"), grids=(Grid(
        "incidents", w("paper.week.incidents"), columns(
            w, "day:date", "record", "class", "task", "investigation"),
        tuple((day, r.id, m.word_or_none(r.values.get("accident_class")),
               str(r.values.get("task") or "") or None,
               m.word_or_none(r.values.get("investigation"))) for day, r in accidents),
        empty=w("paper.week.incidents.none")),))


def _environment(m: Making, first: date, last: date) -> Section:
    """Places to be restored at the end of the week, and those recorded or restored in it."""
    from landrelease.operate.environment import environment_overview
    from landrelease.workflows import load_assumptions

    w = m.words
    if m.reader.precision("environment") != "exact":
        return Section("environment", w("paper.week.environment"), lines=(w(
            "paper.withheld", what=w("paper.week.environment")),))
    known = m.records("environment")
    items = m.records("item") if m.reader.precision("item") == "exact" else []
    found = environment_overview(
        known, [i for i in items if _within(i, "destroyed_on", first, last)], last,
        restore_days=load_assumptions(None, m.registry).value("environment_restore_days"))
    restored = {r.id for r in known if _within(r, "restored_on", first, last)}
    waits = [t for t in found.traces if t.state in ("due", "overdue")]
    shown = [t for t in found.traces if t in waits or t.record in restored or (
        t.observed_on is not None and first <= t.observed_on <= last)]
    facts: list[tuple[str, Cell]] = [
        (w("paper.week.environment.open"), len(waits)),
        (w("paper.week.environment.overdue"), sum(t.state == "overdue" for t in waits)),
        (w("paper.week.environment.m2"), found.disturbed_m2)]
    return Section("environment", w("paper.week.environment"), tuple(facts), (w(
        "paper.week.environment.without", records=", ".join(found.without_place)),)
        if found.without_place else (), (Grid(
            "environment", w("paper.week.environment"), columns(
                w, "day:date", "record", "type", "task", "state", "due:date", "lacks"),
            tuple((t.observed_on, t.record, m.word(t.type), t.task or None,
                   m.told(t.state), t.due_on,
                   ", ".join(m.words.texts(field_label(f)) for f in t.missing)) for t in shown),
            empty=w("paper.week.environment.none")),))


def _marking(m: Making, last: date) -> Section:
    """What is wrong with the marking of hazards at the end of the week."""
    from landrelease.workflows import load_assumptions
    from landrelease.workflows.site import marking_found

    w = m.words
    if m.reader.precision("marking") != "exact" or m.reader.precision("hazard") != "exact":
        return Section("marking", w("paper.week.marking"), lines=(w(
            "paper.withheld", what=w("paper.week.marking")),))
    found = marking_found(m.registry, m.reader, load_assumptions(None, m.registry), last,
                          m.records("marking"), m.known_at)
    return Section("marking", w("paper.week.marking"), (
        (w("paper.week.marking.hazards"), found.hazards),
        (w("paper.week.marking.marked"), found.marked)), grids=(Grid(
            "marking", w("paper.week.marking"), columns(
                w, "area", "record", "finding", "since:date"),
            tuple((f.hazard or None, f.marking or None, m.told(f.problem), f.since)
                  for f in found.findings), empty=w("paper.week.marking.none")),))


def _coverage(m: Making, first: date, last: date) -> Section:
    from landrelease.workflows.coverage import coverages

    w, rows = m.words, []
    told = m.records("coverage")
    # As they count: the log of a machine is no log of the hand that followed it (S07).
    counted = {c.id: c for c in coverages(m.registry, m.known_at)} if told else {}
    for r in (counted.get(r.id, r) for r in told):
        day = day_of(r.values.get("information_date")) or r.valid_from
        if day is not None and first <= day <= last:
            size, covered = _of(r, "task_m2"), _of(r, "covered_m2")
            gap = None if size is None or covered is None else max(0.0, size - covered)
            rows.append((day, str(r.values.get("task") or "") or None,
                         m.word_or_none(r.values.get("coverage_by")), size, covered, gap,
                         _of(r, "confidence")))
    rows.sort(key=lambda r: (r[0], r[1] or ""))
    return Section("coverage", w("paper.week.coverage"), grids=(Grid(
        "coverage", w("paper.week.coverage"), columns(
            w, "day:date", "task", "by", "m2:number", "covered:number", "gap:number:1",
            "confidence:share"), tuple(rows), notes=(w("paper.week.coverage.note"),),
        empty=w("paper.week.coverage.none")),))


def _inspection(m: Making, first: date, last: date) -> Section:
    from landrelease.workflows import load_assumptions
    from landrelease.workflows.inspecting import open_items

    w = m.words
    told = sorted((r for r in m.records("inspection")
                   if _within(r, "inspected_on", first, last)
                   and r.value("inspection_part") not in ("unit", "trial")),
                  key=lambda r: (day_of(r.values.get("inspected_on")) or first, r.id))
    open_ = open_items(m.registry, m.reader, load_assumptions(None, m.registry), last)
    return Section("inspection", w("paper.week.inspection"), grids=(
        Grid("inspections", w("paper.week.inspection"), columns(
            w, "day:date", "record", "type", "organisation", "task", "result", "severity"), tuple(
                (day_of(r.values.get("inspected_on")), r.id,
                 m.word_or_none(r.values.get("inspection_type")),
                 m.word_or_none(r.values.get("inspected_organisation")),
                 str(r.values.get("task") or "") or None, m.word_or_none(r.values.get("result")),
                 m.word_or_none(r.values.get("nonconformity_severity"))) for r in told),
             empty=w("paper.week.inspection.none")),
        Grid("nonconformities", w("paper.week.inspection.open"), columns(
            w, "record", "task", "severity", "state", "due:date"), tuple(
                (str(n.get("id") or n.get("record") or ""), str(n.get("task") or "") or None,
                 m.word_or_none(n.get("severity")), m.word_or_none(n.get("state")),
                 day_of(n.get("due_on") or n.get("due"))) for n in open_["nonconformities"]),
             empty=w("paper.week.inspection.open.none"))))


def _waiting(m: Making, ending: date) -> Section:
    from landrelease.workflows import load_assumptions
    from landrelease.workflows.inspecting import open_items

    w = m.words
    late, stopped = [], []
    for r in m.records("task"):
        start, status = day_of(r.values.get("planned_start")), r.value("task_status")
        if status in ("proposed", "ordered") and start is not None and start <= ending:
            late.append(r)
        elif status == "suspended":
            stopped.append(r)
    lots = open_items(m.registry, m.reader, load_assumptions(None, m.registry),
                      ending)["lots_waiting"]
    facts: list[tuple[str, Cell]] = [(w("paper.week.waits.start"), len(late)),
                                     (w("paper.week.waits.suspended"), len(stopped)),
                                     (w("paper.week.waits.lots"), len(lots))]
    if m.reader.may("quarantine", "counts"):
        facts.append((w("paper.week.waits.rows"), len(m.registry.quarantine("waiting"))))
    rows = tuple((r.id, m.word_or_none(r.values.get("task_type")),
                  m.word_or_none(r.values.get("task_status")),
                  day_of(r.values.get("planned_start")),
                  day_of(r.values.get("planned_finish"))) for r in sorted(
                      (*late, *stopped), key=lambda r: (
                          day_of(r.values.get("planned_start")) or date.max, r.id)))
    return Section("waits", w("paper.week.waits"), tuple(facts), grids=(Grid(
        "tasks that wait", w("paper.week.waits.tasks"), columns(
            w, "task", "work", "state", "start:date", "finish:date"), rows,
        empty=w("paper.week.waits.none")),))


def _week_figures(m: Making, first: date, ending: date) -> Section:
    from landrelease.workflows.figures import At, all_figures

    w = m.words
    before, after = ({f.id: f for f in all_figures(
        m.registry, m.reader, At(day, m.known_at, m.level), wanted=_WEEK_FIGURES).figures}
        for day in (first - timedelta(days=1), ending))
    rows: list[tuple[Cell, ...]] = []
    for name in _WEEK_FIGURES:
        f, old = after.get(name), before.get(name)
        if f is None or f.value == (None if old is None else old.value):
            continue
        was = None if old is None else old.value
        rows.append((_called(f, w), w.said(f.unit), was, f.value,
                     None if was is None or f.value is None else f.value - was, code_of(f)))
    return Section("figures", w("paper.week.figures"), grids=(Grid(
        "figures", w("paper.week.figures"), columns(
            w, "figure", "unit", "before:number", "after:number", "change:number", "trace"),
        tuple(rows), notes=(w("paper.week.figures.note"),),
        empty=w("paper.week.figures.none")),))


def code_of(f: Figure) -> str:
    """The trace code of a figure: its name and the head of the chain at which it was computed."""
    return f"{f.id}@{f.chain_head[:12]}"


# --- donors --------------------------------------------------------------------------------------


def donor_document(m: Making, *, fund: str = "", outlook: Outlook | None = None) -> Document:
    """Money fund by fund, outputs and outcomes with what a share is a share of, the forecast, and
    what is not claimed.

    fund : of one fund alone, by its id or identifier; "": of all that the reader may see.
    """
    from landrelease.workflows import is_synthetic
    from landrelease.workflows.figures import At, all_figures, check_begun

    m.reader.check("document donor")
    day = m.as_of or m.made_on
    check_begun(m.registry, day, day.isoformat(), m.made_on)
    funds = [r for r in m.records("fund")
             if not fund or fund in (r.id, r.values.get("identifier"))]
    if fund and not funds:
        from landrelease.errors import NOT_FOUND_HERE

        raise LandReleaseError(NOT_FOUND_HERE, found="such fund")
    every = all_figures(m.registry, m.reader, At(m.as_of, m.known_at, m.level)).figures
    figures = [f for f in every if not f.id.startswith("money_")]
    w = m.words
    sections = [
        _donor_summary(m, funds, figures), _money(m, funds, day),
        _outputs(m, [f for f in figures if not f.denominator
                     and (f.value is not None or f.uncertain)]),
        _outcomes(m, [f for f in figures if f.denominator
                      and (f.value is not None or f.uncertain)]),
        _paid_work(m, funds), _forecast(m, outlook), _not_claimed(m, figures),
        trace(m, w("paper.trace.figures"))]
    return made(m, "donor", w("paper.donor.subtitle", day=day), sections,
                synthetic=is_synthetic(m.registry))


_HEADLINES = ("released_m2", "cancelled_m2", "reduced_m2", "cleared_m2", "hazardous_m2",
              "items_destroyed")


def _donor_summary(m: Making, funds: list[Record], figures: list[Figure]) -> Section:
    w = m.words
    known = {f.id: f for f in figures}
    facts: list[tuple[str, Cell]] = [(w("paper.donor.funds"), len(funds))]
    facts += [(f"{w.said(known[n].name)}, {w.said(known[n].unit)}", known[n].value)
              for n in _HEADLINES if n in known]
    return Section("summary", w("paper.donor.summary"), tuple(facts))


def _money(m: Making, funds: list[Record], day: date) -> Section:
    from landrelease.figures.money import by_fund
    from landrelease.workflows.money import books

    w = m.words
    try:
        found = books(m.registry, m.reader, as_of=day, level=m.level, valid_at=m.as_of,
                      known_at=m.known_at)
    except LandReleaseError as error:
        if error.code != "MON-020":
            raise
        return Section("money", w("paper.donor.money"), lines=(w("paper.donor.money.none"),))
    told = {r.id: r for r in funds}
    fund_of = _funds_named(m)
    rows = []
    for t in by_fund(found.account.entries, found.rates):
        r = told.get(t.group)
        if r is not None:
            rows.append((t.group, m.word_or_none(r.values.get("donor")), t.currency, t.announced,
                         t.committed, t.received, t.paid, t.bound, t.left,
                         day_of(r.values.get("spend_until"))))
    spent: dict[tuple[str, str, str], list[float]] = {}
    unlinked = 0
    for e in m.records("expense"):
        amount, name = number_of(e.values.get("amount")), fund_of(e)
        unlinked += e.value("fund") in ("", NOT_REPORTED, DECLINED)
        if (amount is None or name not in told or e.value("expense_status") == "committed"
                or (day_of(e.values.get("paid_on")) or day) > day):
            continue
        spent.setdefault((name, m.word(e.value("expense_type")), str(
            e.values.get("currency") or w("not_reported"))), []).append(amount)
    notes = [w("paper.donor.money.note")]
    if unlinked:
        notes.append(w("paper.donor.unlinked", count=unlinked))
    return Section("money", w("paper.donor.money"), grids=(
        Grid("funds", w("paper.donor.money"), columns(
            w, "fund", "donor", "currency", "announced:number", "committed:number",
            "received:number", "paid:number", "bound:number", "left:number", "spend_until:date"),
            tuple(rows), notes=tuple(notes), empty=w("paper.donor.money.none")),
        Grid("expenses", w("paper.donor.expenses"), columns(
            w, "fund", "cost_type", "currency", "amount:number:2", "records:integer"), tuple(
                (*key, sum(amounts), len(amounts)) for key, amounts in sorted(spent.items())),
            empty=w("paper.donor.expenses.none"))))


def _funds_named(m: Making) -> Callable[[Record], str]:
    """The id of the fund that an expense names by its id or identifier; "" where it names none, or
    one that cannot be told."""
    links = Links(m.records("fund"))

    def of(expense: Record) -> str:
        found = links.of(expense.values.get("fund"))
        return found[0].id if len(found) == 1 else ""

    return of


def _task_names(tasks: Links, r: Record) -> set[str]:
    """Ids of the tasks that a record names; its own word where no such task is on record."""
    word = r.value("task")
    if word in ("", NOT_REPORTED, DECLINED):
        return set()
    return {t.id for t in tasks.of(word)} or {str(word)}


def _counted_under(m: Making, f: Figure) -> Cell:
    return len(f.records) if m.reader.may("figures", "records") else ""


def _doubt(f: Figure, w: Words) -> str:
    """The ends of an uncertain figure, and what else is open (S12)."""
    from landrelease.core.ledger import doubt_words
    from landrelease.publish.page import number

    return doubt_words(f, lambda value: number(value, w), w.said)


def _outputs(m: Making, figures: list[Figure]) -> Section:
    w = m.words
    doubt = ("interval",) if any(f.uncertain for f in figures) else ()
    return Section("outputs", w("paper.donor.outputs"), grids=(Grid(
        "outputs", w("paper.donor.outputs"), columns(
            w, "figure", "value:number", *doubt, "unit", "records:integer", "trace"), tuple(
                (_called(f, w), f.value, *([_doubt(f, w)] if doubt else []), w.said(f.unit),
                 _counted_under(m, f), code_of(f)) for f in figures),
        empty=w("paper.donor.outputs.none")),))


def _outcomes(m: Making, figures: list[Figure]) -> Section:
    w = m.words
    doubt = ("interval",) if any(f.uncertain for f in figures if f.unit != "share") else ()
    return Section("outcomes", w("paper.donor.outcomes"), grids=(
        Grid("shares", w("paper.donor.outcomes"), columns(
            w, "figure", "value:share", "share_of", "trace"), tuple(
                (_called(f, w), f.value, w.said(f.denominator), code_of(f)) for f in figures
                if f.unit == "share"), empty=w("paper.donor.outcomes.none")),
        *([Grid("rates", w("paper.donor.outcomes"), columns(
            w, "figure", "value:number:2", *doubt, "unit", "share_of", "trace"), tuple(
                (_called(f, w), f.value, *([_doubt(f, w)] if doubt else []), w.said(f.unit),
                 w.said(f.denominator), code_of(f)) for f in figures if f.unit != "share"))]
          if any(f.unit != "share" for f in figures) else [])))


def _paid_work(m: Making, funds: list[Record]) -> Section:
    w = m.words
    if not (m.reader.precision("activity") == "exact" and m.reader.precision("task") == "exact"):
        return Section("work", w("paper.donor.work"), lines=(
            w("paper.withheld", what=w("paper.donor.work.hidden")),))
    from landrelease.workflows.money import once

    of: dict[str, set[str]] = {}
    ids, fund_of, tasks_by = {r.id for r in funds}, _funds_named(m), Links(m.records("task"))
    for e in m.records("expense"):
        if (fund := fund_of(e)) in ids:
            of.setdefault(fund, set()).update(_task_names(tasks_by, e))
    works = once([r for r in m.records("activity")
                  if r.values.get("activity_status") != "planned"]) if of else []
    groups: dict[tuple[str, str, str], list[Record]] = {}
    named = [(r, _task_names(tasks_by, r)) for r in works]
    for fund, tasks in of.items():
        for r, own in named:
            for task in own & tasks:
                groups.setdefault((fund, task, m.word(r.value("activity_type"))), []).append(r)
    return Section("work", w("paper.donor.work"), grids=(Grid(
        "work on tasks", w("paper.donor.work"), columns(
            w, "fund", "task", "work", "reports:integer", "m2:number"), tuple(
                (*key, len(rows), _sum(_of(r, "area_m2") for r in rows))
                for key, rows in sorted(groups.items())),
        notes=(w("paper.donor.work.note"),) if groups else (),
        empty=w("paper.donor.work.none")),))


def _forecast(m: Making, outlook: Outlook | None) -> Section:
    from landrelease import workflows

    w = m.words
    if outlook is None or not m.reader.may("forecast", "finish"):
        return Section("forecast", w("paper.donor.forecast"),
                       lines=(w("paper.donor.forecast.none"),))
    if not m.reader.may("forecast", "cost"):
        import numpy as np

        outlook = replace(outlook, cost=np.zeros_like(outlook.cost), work_cost=None,
                          cost_definition="", currency="")
    lines = [w.said(f"{line[0].upper()}{line[1:]}.") for line in workflows.outlook_words(outlook)]
    return Section("forecast", w("paper.donor.forecast"),
                   lines=(*lines, w("paper.donor.forecast.note")))


def _not_claimed(m: Making, figures: list[Figure]) -> Section:
    w = m.words
    lines = [w(f"paper.donor.not_claimed.{k}") for k in ("whole", "worked", "zero", "risk",
                                                         "people")]
    missing = [_called(f, w) for f in figures if f.value is None]
    if missing:
        lines.append(w("paper.donor.not_claimed.missing", figures="; ".join(missing)))
    doubtful = [_called(f, w) for f in figures if f.note.startswith("(unverified)")]
    if doubtful:
        lines.append(w("paper.donor.not_claimed.unverified", figures="; ".join(doubtful)))
    return Section("not_claimed", w("paper.donor.not_claimed"), lines=tuple(lines))


def file_outlook(path: Any) -> Outlook:
    """A forecast from a file. Raises PLN-101."""
    from landrelease.store.results import load_outlook

    return load_outlook(path)[0]


