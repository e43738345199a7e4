"""Documents for readers: the plan of work and the order of one task; how any is written.

Each is made of values (`core.document`) under the reader's view, then set as PDF by the one module
of templates or written as a workbook. `workflows.document_reports` has the weekly and the donors'.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landrelease.core.document import Cell, Column, Document, Grid, Section, in_order
from landrelease.core.how_many import how_many
from landrelease.core.kind import NOT_REPORTED
from landrelease.core.labels import field_label, label, vocabulary
from landrelease.core.record import Record
from landrelease.errors import DOCUMENT_FORMAT, NOT_FOUND_HERE, LandReleaseError

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.publish.layout import Layout
    from landrelease.publish.words import Words
    from landrelease.store.registry import Registry
    from landrelease.store.results import PlanFile

FORMATS = (".pdf", ".xlsx")
MAP_MOST = 300  # areas that are numbered on a map of a page
_ACCREDITED = ("granted",)
_TO_WRITE_ON = "_" * 32


@dataclass(frozen=True, slots=True)
class Making:
    """What every document is made with: for whom, on which day, in which words, and as of when."""

    registry: Registry
    reader: View
    made_on: date
    words: Words
    layout: Layout
    as_of: date | None = None
    known_at: datetime | None = None
    level: str | None = None

    def word(self, value: Any) -> str:
        """A choice of the vocabulary, or a list of them, as it is read; "" for none."""
        if isinstance(value, list | tuple):
            return ", ".join(map(self.word, value))
        if value == NOT_REPORTED:
            return self.words("not_reported")
        return self.words.texts(label(str(value))) if value in vocabulary() else plain_word(value)

    def told(self, value: str) -> str:
        """A word of the vocabulary, or else what a stage wrote, as it is read."""
        return self.word(value) if value in vocabulary() else self.words.said(plain_word(value))

    def word_or_none(self, value: Any) -> str | None:
        """The same; None for what nobody reported."""
        return None if value in (None, "", NOT_REPORTED, [], ()) else self.word(value)

    def records(self, kind: str) -> list[Record]:
        """Records of a kind as they may leave, as of the stated days."""
        return self.reader.records(self.registry.records(
            kind, valid_at=self.as_of, known_at=self.known_at))


def making(registry: Registry, reader: View, *, made_on: date, lang: str = "en",
           templates: Path | None = None, as_of: date | None = None,
           known_at: datetime | None = None, level: str | None = None) -> Making:
    """The words of a language and of a centre's layout, with what is asked.

    Raises REL-023: no such language; REL-030, PUB-040: a folder or a layout that is none.
    """
    from landrelease.publish import layout as layouts
    from landrelease.publish import templates as sheets
    from landrelease.workflows.languages import asked_for

    texts = asked_for(lang)
    sheets.own(templates)  # a folder that is none is said first
    layout = layouts.read_layout(templates)
    return Making(registry, reader, made_on, layouts.worded(texts, layout), layout, as_of, known_at,
                  level)


def checked(templates: Path) -> None:
    """Raise REL-030 or PUB-040 where a folder of templates is none."""
    from landrelease.publish import layout as layouts
    from landrelease.publish import templates as sheets

    sheets.own(templates)
    layouts.read_layout(templates)


# --- out -----------------------------------------------------------------------------------------


def pdf(document: Document, templates: Path | None = None) -> bytes:
    """The document as PDF. PUB-003, PUB-040, REL-030."""
    from landrelease.publish.paper import render_paper

    return render_paper(document, templates)


def write(document: Document, out: Path, templates: Path | None = None) -> None:
    """Write a document as what the ending of the file says. Raises PUB-041 for another ending."""
    from landrelease.store.results import write_atomically

    if out.suffix.lower() not in FORMATS:
        raise LandReleaseError(DOCUMENT_FORMAT, found=out, expected=" or ".join(FORMATS))
    if out.suffix.lower() == ".pdf":
        write_atomically(out, pdf(document, templates))
    else:
        write_workbook(document, out)


def content(document: Document, ending: str, templates: Path | None = None) -> bytes:
    """The bytes of a document, by the ending of its name. PUB-003, PUB-040, PUB-041, REL-030."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / f"document{ending}"
        write(document, out, templates)
        return out.read_bytes()


def write_workbook(document: Document, out: Path) -> None:
    """A workbook: all facts and lines on the first sheet, a sheet a table, and what the file is.

    Numbers and days are such; a text that a spreadsheet would run is a text.
    """
    import pyarrow as pa

    from landrelease.store.tables import Table, write_xlsx

    said: list[tuple[str, str, Cell]] = [
        ("", "", words) for words in (document.synthetic, document.state, document.caution,
                                      document.unreviewed) if words]
    for section in document.sections:
        said += [(section.title, name, value) for name, value in section.facts]
        said += [(section.title, "", line) for line in section.lines]
        said += [(section.title, grid.title, words) for grid in section.grids
                 for words in (*grid.notes, *([] if grid.rows else [grid.empty])) if words]
        said += [(section.title, who, document.sign_words) for who in section.signatures]
    no = document.not_reported
    sheets = [Table(document.title, {
        "section": pa.array([s for s, _, _ in said], pa.string()),
        "name": pa.array([n for _, n, _ in said], pa.string()),
        "words": pa.array([no if v is None else v if isinstance(v, str) else None
                           for _, _, v in said], pa.string()),
        "number": pa.array([float(v) if isinstance(v, int | float) and math.isfinite(v) else None
                            for _, _, v in said], pa.float64()),
        "day": pa.array([v if isinstance(v, date) else None for _, _, v in said], pa.date32())})]
    names = {document.title[:31].casefold(), "about the file"}
    for section in document.sections:
        for grid in section.grids:
            if grid.rows:
                sheets.append(Table(_free(grid.name, names), {
                    title: _array(c, [row[n] for row in grid.rows], no)
                    for n, (title, c) in enumerate(_headings(grid.columns))}))
    write_xlsx(out, sheets, dict(document.about), hxl=False)


def _free(name: str, taken: set[str]) -> str:
    """A name of a sheet that no other has."""
    out, n = name[:31], 2
    while out.casefold() in taken:
        out, n = f"{name[:27]} {n}", n + 1
    taken.add(out.casefold())
    return out


def _headings(columns: Sequence[Column]) -> list[tuple[str, Column]]:
    seen: dict[str, int] = {}
    out = []
    for c in columns:
        seen[c.title] = seen.get(c.title, 0) + 1
        out.append((c.title if seen[c.title] == 1 else f"{c.title} {seen[c.title]}", c))
    return out


def _array(c: Column, cells: Sequence[Cell], no: str) -> Any:
    """Arrow values of a column. Where some are not reported, an empty cell says so in a column of
    numbers and days, and words do in one of texts."""
    import pyarrow as pa

    if c.type == "integer":
        return pa.array([None if v is None or v == "" else int(v)  # type: ignore[arg-type]
                         for v in cells], pa.int64())
    if c.type in ("number", "share"):
        numbers = [None if v is None or v == "" else float(v)  # type: ignore[arg-type]
                   for v in cells]
        return pa.array([v if v is not None and math.isfinite(v) else None for v in numbers],
                        pa.float64())
    if c.type == "date":
        return pa.array([v if isinstance(v, date) else None for v in cells], pa.date32())
    return pa.array([no if v is None else str(v) for v in cells], pa.string())


# --- shared parts --------------------------------------------------------------------------------


def made(m: Making, kind: str, subtitle: str, sections: Sequence[Section], *, state: str = "",
         synthetic: bool, caution: str = "paper.caution") -> Document:
    """A document of these sections, in the order of the layout, with the trace as the last."""
    w = m.words
    title, head = w(f"paper.{kind}"), m.registry.head()
    return in_order(Document(
        kind, title, subtitle, state, w(caution), w("synthetic") if synthetic else "", m.made_on,
        w("paper.foot", title=title, date=m.made_on.isoformat(), head=head[:16]),
        tuple(sections), (
            (w("paper.about.document"), title), (w("paper.about.of"), subtitle),
            (w("paper.about.made_on"), m.made_on.isoformat()),
            (w("paper.about.as_of"), m.as_of.isoformat() if m.as_of else w("paper.about.now")),
            (w("paper.about.known_at"), m.known_at.isoformat() if m.known_at else
             w("paper.about.all")),
            (w("paper.about.role"), w.texts.roles(m.reader.role)), (w("paper.about.head"), head),
            (w("not_reported"), w("paper.about.empty")),
            *(((w("paper.about.synthetic"), w("synthetic")),) if synthetic else ())),
        w("not_reported"), w("paper.sign.fields"), w("paper.more"), w.texts.code,
        "\n".join(w.doubts())), m.layout.sections.get(kind, ()))


def trace(m: Making, how: str, more: Sequence[tuple[str, Cell]] = ()) -> Section:
    """How anybody comes to the same figures."""
    w = m.words
    return Section("trace", w("paper.trace"), (
        (w("paper.trace.office"), plain_word(m.registry.office)),
        (w("paper.trace.head"), m.registry.head()), *more,
        *(((w("paper.trace.as_of"), m.as_of),) if m.as_of else ()),
        (w("paper.trace.known"), m.known_at.isoformat() if m.known_at else w("paper.trace.now")),
        (w("paper.trace.level"), m.word(m.level) or w("paper.trace.level.any")),
        (w("paper.trace.reader"), m.words.texts(m.reader.role))), (how,))


def signatures(m: Making, *who: str) -> Section:
    w = m.words
    return Section("signatures", w("paper.sign"), lines=(w("paper.sign.note"),),
                   signatures=tuple(w(f"paper.sign.{k}") for k in who))


def columns(w: Words, *said: str) -> tuple[Column, ...]:
    """Columns by their keys; "m2:number:1" gives the type and the decimals."""
    out = []
    for text in said:
        key, _, rest = text.partition(":")
        kind, _, digits = rest.partition(":")
        out.append(Column(w(f"paper.c.{key}"), kind or "text", int(digits or 0)))  # type: ignore[arg-type]
    return tuple(out)


def plain_word(value: Any) -> str:
    """A name, or a list of them, as it is read; "" for none."""
    if isinstance(value, list | tuple):
        return ", ".join(plain_word(v) for v in value)
    return "" if value is None else str(value).replace("_", " ")


UNSTATED = ("unstated:integer",)  # the column that is there only where some state no number


def at_least_rows(w: Words, counts: Mapping[str, Sequence[int]], unstated: bool
                  ) -> tuple[tuple[Cell, ...], ...]:
    """Rows of kind, found, destroyed and, where `unstated`, records without a whole number; such a
    row counts at least so many and says it (S12)."""
    if not unstated:
        return tuple((k, *v[:2]) for k, v in sorted(counts.items()))
    return tuple((k, *(w("paper.at_least", n=n) if v[2] and n else n for n in v[:2]), v[2])
                 for k, v in sorted(counts.items()))


def at_least_notes(w: Words, unstated: int) -> tuple[str, ...]:
    return (w("paper.at_least.note", n=unstated),) if unstated else ()


def number_of(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def day_of(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None


# --- the plan ------------------------------------------------------------------------------------


def plan_document(m: Making, saved: PlanFile) -> Document:
    """What is done when and by whom, as far as the reader sees plans.

    Without the sight of whole plans it has dates and the reader's own teams, no reasons, no score.
    """
    from landrelease.workflows import on_file

    w, seen = m.words, on_file.seen(saved, m.reader, m.registry)
    sections = [_plan_summary(m, saved, seen)]
    if m.reader.precision("hazard") == "exact" and seen.rows:
        sections.append(_plan_map(m, saved, seen))
    waits: list[dict[str, Any]] = []
    if seen.whole:
        from landrelease.workflows.explaining import explain

        found = explain(saved.plan)
        waits = found.waits
    sections.append(_plan_order(m, saved, seen, waits))
    hidden = (w("paper.withheld", what=w("paper.plan.teams.hidden")),) if seen.hidden_teams else ()
    sections.append(Section("teams", w("paper.plan.teams"), lines=hidden, grids=(Grid(
        "teams", w("paper.plan.teams"),
        columns(w, "team", "organisation", "task", "work", "method", "start:date", "finish:date"),
        tuple((b.team, b.organisation, b.stage, m.word(b.activity), m.told(b.mode), b.start,
               b.finish)
              for b in seen.bars), empty=w("paper.task.people.none")),)))
    if seen.whole:
        sections.append(Section("waits", w("paper.plan.waits"), grids=(Grid(
            "what binds", w("paper.plan.waits"),
            columns(w, "constraint", "steps:integer", "days:number:1", "lost:number:3"),
            tuple((w.said(b["constraint"]), b["steps"], b["days"], b["points"])
                  for b in found.binding),
            notes=(w("paper.plan.waits.note"),), empty=w("paper.plan.none")),)))
        sections += _plan_communities(m, saved) + _plan_cash(m, saved)
        problem, schedule = saved.plan.problem, saved.plan.schedule
        from landrelease.core.work import ACTIVITIES

        left = tuple((problem.stage_ids[s], problem.hazard_ids[int(problem.hazard[s])],
                      m.word(ACTIVITIES[int(problem.activity[s])]), float(problem.work_m2[s]))
                     for s in range(len(problem.stage_ids)) if int(schedule.finish[s]) < 0)
        sections.append(Section("not_planned", w("paper.plan.not_planned"), grids=(Grid(
            "without a date", w("paper.plan.not_planned"),
            columns(w, "task", "area", "work", "m2:number"), left,
            empty=w("paper.plan.not_planned.none")),)))
    sections += [signatures(m, "prepared", "agreed"), trace(m, w("paper.trace.plan"), (
        (w("paper.trace.plan_head"), saved.chain_head), *((
            (w("paper.trace.seed"), saved.plan.seed),
            (w("paper.trace.iterations"), saved.plan.iterations)) if seen.whole else ())))]
    return made(m, "plan", w("paper.plan.subtitle", first=seen.first, last=seen.last), sections,
                state=w("paper.plan.state"), synthetic=saved.synthetic)


def _plan_communities(m: Making, saved: PlanFile) -> list[Section]:
    """When communities that are cut off, or wait for ground of their own, get their access back;
    nothing where the plan knows no roads."""
    from landrelease.workflows import no_land
    from landrelease.workflows.roads import communities_of, community_rows

    found = communities_of(saved.plan, None, no_land(saved.synthetic))
    if found is None:
        return []
    names = {r.id: str(r.values.get("name") or r.id)
             for r in m.reader.inside(m.registry.records("settlement"))}
    w = m.words
    rows: list[dict[str, Any]] = community_rows(found)
    first = saved.plan.problem.slot_starts[0].isoformat()
    waiting = [r for r in rows if r["cut_off_now"] or r["own_hazards_released"] != first]
    waiting.sort(key=lambda r: (str(r["reached"] or "9999"), str(r["community"])))
    return [Section("communities", w("paper.plan.communities"), grids=(Grid(
        "communities", w("paper.plan.communities"),
        columns(w, "community", "people:integer", "reached:date", "own_released:date"),
        tuple((names.get(str(r["community"]), r["community"]),
               None if r["people"] == "" else r["people"],
               *(date.fromisoformat(str(r[k])) if r[k] else None
                 for k in ("reached", "own_hazards_released"))) for r in waiting),
        notes=(w("paper.plan.communities.note"),), empty=w("paper.plan.communities.none")),))]


def _plan_cash(m: Making, saved: PlanFile) -> list[Section]:
    """Money by month and fund; nothing where no money binds the plan."""
    from landrelease.workflows.planning import cash_rows

    w, rows = m.words, cash_rows(saved.plan)
    if not rows:
        return []
    moved = [r for r in rows if r["arrived"] or r["bound_demining"] or r["bound_works"]]
    return [Section("cash", w("paper.plan.cash"), grids=(Grid(
        "money by month", w("paper.plan.cash"),
        columns(w, "month", "fund", "currency", "arrived:number", "bound_demining:number",
                "bound_works:number", "left:number"),
        tuple((r["month"] + " *" * r["after_plan"], r["fund"], r["currency"], r["arrived"],
               r["bound_demining"], r["bound_works"], r["left"]) for r in moved),
        notes=(w("paper.plan.cash.note"),
               *((w("paper.plan.cash.after"),) if any(r["after_plan"] for r in rows) else ())),
        empty=w("paper.plan.cash.none")),))]


def _plan_summary(m: Making, saved: PlanFile, seen: Any) -> Section:
    from landrelease.workflows import is_old, on_file
    from landrelease.workflows.planning import plan_summary

    w, facts, lines, grids = m.words, [], [], []
    told = plan_summary(saved.plan)
    facts += [(w("paper.plan.first"), seen.first if seen.rows else None),
              (w("paper.plan.last"), seen.last if seen.rows else None),
              (w("paper.plan.areas"), len({r["hazard_id"] for r in seen.rows})),
              (w("paper.plan.dated"), len(seen.rows))]
    if on_file.sees_quality(m.reader):
        facts += [(w("paper.plan.undated"), told["stages"] - told["stages_planned"]),
                  (w("paper.plan.score"), number_of(told["score"])),
                  (w("paper.plan.bound"), number_of(told["bound"])),
                  (w("paper.plan.gap"), f"{100 * told['gap']:.1f} %"
                   if math.isfinite(told["gap"]) else None)]
        rules = sorted(told["rules"].items(), key=lambda r: -r[1])
        grids.append(Grid("scores", w("paper.plan.rules"), columns(w, "rule", "score:number:1"),
                          (*((w.said(name), score) for name, score in rules),
                           (w("paper.plan.rules.this"), told["score"]))))
    else:
        lines.append(w("paper.withheld", what=w("paper.plan.whole")))
    if saved.from_tables:
        lines.append(w("paper.plan.tables"))
    if is_old(saved, m.registry):
        lines.append(w("paper.plan.old"))
    if saved.plan.interrupted:
        lines.append(w("paper.plan.stopped"))
    return Section("summary", w("paper.plan.summary"), tuple(facts), tuple(lines), tuple(grids))


def _plan_map(m: Making, saved: PlanFile, seen: Any) -> Section:
    import shapely

    from landrelease.publish.paper import plan_svg
    from landrelease.workflows import on_file
    from landrelease.workflows.plan_around import around_plan

    w = m.words
    features = on_file.plan_map(saved, seen, m.registry, m.reader)["features"]
    if not features:
        return Section("map", w("paper.plan.map"), lines=(w("paper.plan.none"),))
    drawn = {f["properties"]["hazard"]: shapely.geometry.shape(f["geometry"]) for f in features}
    around = around_plan(drawn, frozenset(on_file.order_of(saved)), m.registry, m.reader).areas
    words = " ".join((w("paper.map.note"), *(() if len(features) <= MAP_MOST else (
        w("paper.map.more", count=MAP_MOST),)), w("paper.map.rest")))
    svg = plan_svg(list(drawn.values()), [f["properties"]["order"] for f in features],
                   [f["properties"]["class"] for f in features],
                   [shapely.geometry.shape(f["geometry"]) for f in around], MAP_MOST)
    return Section("map", w("paper.plan.map"), pictures=((svg, words),))


def _plan_order(m: Making, saved: PlanFile, seen: Any, waits: Sequence[Mapping[str, Any]]
                ) -> Section:
    from landrelease.workflows.marks import Marker

    w, problem = m.words, saved.plan.problem
    number = {name: s for s, name in enumerate(problem.stage_ids)}
    # As the types that count: an area is planned as confirmed until the authority signs (S01).
    hazards = {r.id: r for r in m.reader.records(Marker(
        m.registry, m.reader, "hazard").standing(m.registry.records("hazard")))}
    of: dict[str, list[dict[str, Any]]] = {}
    for planned in seen.rows:
        of.setdefault(planned["hazard_id"], []).append(planned)
    cause: dict[str, list[str]] = {}
    for wait in waits:
        cause.setdefault(wait["stage"], []).append(m.words.said(wait["waits_for"]))
    areas, steps = [], []
    for name, rows in sorted(of.items(), key=lambda item: item[1][0]["order"]):
        hazard = hazards.get(name)
        stages = [s for s in range(len(number)) if problem.hazard_ids[int(problem.hazard[s])]
                  == name] if seen.whole else []
        first = min(rows, key=lambda r: r["start"])
        called = name if hazard is None else str(hazard.values.get("name") or hazard.values.get(
            "identifier") or name)
        row: list[Cell] = [rows[0]["order"], called,
                           m.word_or_none(hazard.values.get("hazard_type")) if hazard else None,
                           first["start"], max(r["finish"] for r in rows)]
        if seen.whole:
            row += [sum(float(problem.weight[s]) for s in stages),
                    "; ".join(dict.fromkeys(cause.get(first["task_id"], []))) or "–"]
        areas.append(tuple(row))
        for r in sorted(rows, key=lambda r: r["start"]):
            step: list[Cell] = [rows[0]["order"], r["task_id"], m.word(r["activity"]),
                                m.told(r["mode"]),
                                r["start"], r["finish"],
                                float(problem.work_m2[number[r["task_id"]]])]
            if seen.whole:
                step.append("; ".join(dict.fromkeys(cause.get(r["task_id"], []))) or "–")
            steps.append(tuple(step))
    more = ("points:number:3", "waits") if seen.whole else ()
    return Section("order", w("paper.plan.order"), grids=(
        Grid("order", w("paper.plan.order"), columns(
            w, "place:integer", "area", "type", "start:date", "finish:date", *more),
            tuple(areas), notes=(w("paper.plan.order.note"),) if seen.whole else (),
            empty=w("paper.plan.none")),
        Grid("steps", w("paper.plan.steps"), columns(
            w, "place:integer", "task", "work", "method", "start:date", "finish:date",
            "m2:number", *more[1:]), tuple(steps), empty=w("paper.plan.none"))))


# --- the order of a task -------------------------------------------------------------------------


def task_document(m: Making, task: str) -> Document:
    """The order of one task as the reader may see it.

    Raises WEB-035: no such task for this reader.
    """
    from landrelease.workflows import is_synthetic

    m.reader.check("document task")
    found = next((r for r in m.records("task")
                  if task in (r.id, r.values.get("identifier"))), None)
    if found is None:
        raise LandReleaseError(NOT_FOUND_HERE, found="such task")
    w, v = m.words, found.values
    status = str(v.get("task_status") or NOT_REPORTED)
    dangers = _dangers(m)
    # As it stands: a closing that nobody signed is not for who goes there (S01).
    hazard = next((r for r in (*dangers, *m.records("hazard")) if r.id == v.get("hazard")
                   or r.values.get("identifier") == v.get("hazard")), None) \
        if v.get("hazard") else None
    facts: list[tuple[str, Cell]] = [
        (w("paper.task.id"), found.id), (w("paper.task.status"), m.word_or_none(status)),
        (w("paper.task.type"), m.word_or_none(v.get("task_type"))),
        (w("paper.task.method"), m.word_or_none(v.get("method"))),
        (w("paper.task.depth"), number_of(v.get("required_depth_m")) or (
            number_of(hazard.values.get("required_depth_m")) if hazard else None)),
        (w("paper.task.start"), day_of(v.get("planned_start"))),
        (w("paper.task.finish"), day_of(v.get("planned_finish")))]
    facts += [(w(f"paper.task.{k}"), said) for k, said in (
        ("not_before", day_of(v.get("not_before"))), ("start_by", day_of(v.get("start_by"))),
        ("ordered_on", day_of(v.get("ordered_on"))),
        ("after", m.word_or_none(v.get("after_tasks"))),
        ("machines", _ids(v.get("machines"))), ("standard", v.get("standard"))) if said]
    facts.append((w("paper.task.instructions"), str(v.get("instructions") or "") or None))
    key = f"paper.task.state.{status}"
    sections = [Section("order", w("paper.task.order"), tuple(facts)),
                _ground(m, found, hazard, dangers), _hazard(m, hazard), _people(m, found),
                _closures(m, found), _contacts(m), signatures(m, "ordered", "operator", "received"),
                trace(m, w("paper.trace.task", record=found.id))]
    name = plain_word(v.get("name")) or m.word(v.get("task_type"))
    return made(m, "task", f"{found.id} · {name}", sections,
                state=w(key) if w.knows(key) else "", synthetic=is_synthetic(m.registry),
                caution="paper.caution.task")


def _ids(value: Any) -> str | None:
    return None if not value else ", ".join(map(str, value)) if isinstance(
        value, list | tuple) else str(value)


def _ground(m: Making, task: Record, hazard: Record | None, dangers: Sequence[Record]
            ) -> Section:
    import shapely

    from landrelease.core.geometry import geodesic_area_m2
    from landrelease.publish.paper import ground_svg, points_of

    w, shape = m.words, task.geometry
    if shape is None or shape.is_empty:
        return Section("ground", w("paper.task.ground"), lines=(w("paper.task.no_ground"),))
    benchmark = plain_word(hazard.values.get("benchmark")) if hazard is not None else ""
    words = w("paper.task.ground.note", benchmark=benchmark or w("not_reported"))
    if shape.geom_type not in ("Polygon", "MultiPolygon"):
        xy = shapely.get_coordinates(shape)
        rows: tuple[tuple[Cell, ...], ...] = tuple(
            (f"P{n}", y, x, "", "", "") for n, (x, y) in enumerate(xy.tolist(), 1))
        return Section("ground", w("paper.task.ground"), lines=(words,),
                       grids=(_points(w, rows),))
    points = points_of(shape)
    near = [r.geometry for r in dangers
            if r.geometry is not None and r.id != (hazard.id if hazard is not None else "")
            and r.geometry.distance(shape) < 0.02]
    svg = ground_svg(shape, near, [(p.name, p.longitude, p.latitude) for p in points])
    return Section(
        "ground", w("paper.task.ground"),
        ((w("paper.task.size"), round(geodesic_area_m2(shape), 1)),),
        pictures=((svg, words),), grids=(_points(w, tuple(
            (p.name, p.latitude, p.longitude, p.bearing, p.distance_m, p.to) for p in points)),))


def _dangers(m: Making) -> list[Record]:
    """Hazards on the ground that they stand on, and hazardous ground without a record (S01)."""
    from landrelease.workflows import hazards_that_stand
    from landrelease.workflows.waiting_areas import without_record

    if m.reader.precision("hazard") != "exact":
        return []
    listed = {r.id: r for r in without_record(m.registry, m.reader)}
    listed |= {r.id: r for r in m.reader.records(hazards_that_stand(
        m.registry, valid_at=m.as_of, known_at=m.known_at))}
    return list(listed.values())


def _within_reach(m: Making, hazard: Record) -> Callable[[Record], bool]:
    """Whether a find may lie on a hazard, as far as its place may be off (S01)."""
    import shapely

    from landrelease.core.geometry import plane_for
    from landrelease.workflows import load_assumptions

    ground = hazard.geometry
    if ground is None or ground.is_empty:
        return lambda r: False
    plane = plane_for(ground.bounds)
    flat = plane.to_plane(ground)
    shapely.prepare(flat)
    usual = load_assumptions(None, m.registry).value("find_accuracy_m")

    def there(r: Record) -> bool:
        if r.geometry is None or r.geometry.is_empty or r.geometry.distance(ground) > 1.0:
            return False
        said = number_of(r.values.get("position_accuracy_m"))
        return bool(shapely.dwithin(flat, plane.to_plane(r.geometry), max(said or 0.0, usual)))

    return there


def _points(w: Words, rows: tuple[tuple[Cell, ...], ...]) -> Grid:
    return Grid("points", w("paper.task.points"), (
        Column(w("cert.points.name")), Column(w("cert.points.latitude"), "number", 7),
        Column(w("cert.points.longitude"), "number", 7),
        Column(w("cert.points.bearing") + " °", "number", 1),
        Column(w("cert.points.distance") + " m", "number", 2), Column(w("cert.points.next"))),
        rows)


_HAZARD_FIELDS = ("hazard_type", "status", "minefield_type", "ordnance_suspected",
                  "ordnance_confirmed", "device_category", "security_threat", "soil", "vegetation",
                  "slope_deg", "metal_contamination", "blockage", "land_use_expected")


def _hazard(m: Making, hazard: Record | None) -> Section:
    w = m.words
    if hazard is None:
        return Section("hazard", w("paper.task.hazard"), lines=(w("paper.task.no_hazard"),))
    seen = set(m.reader.fields("hazard"))
    facts: list[tuple[str, Cell]] = [(w("paper.c.area"), plain_word(
        hazard.values.get("name") or hazard.values.get("identifier")) or hazard.id)]
    for name in _HAZARD_FIELDS:
        if name in seen:
            value = hazard.values.get(name)
            facts.append((
                m.words.texts(field_label(name)),
                number_of(value) if isinstance(value, int | float) else m.word_or_none(value)))
    grids = []
    if m.reader.may("items", "counts") and m.reader.precision("item") == "exact":
        counts: dict[str, list[int]] = {}
        unstated = 0
        there = _within_reach(m, hazard)
        for r in m.records("item"):
            if (r.values.get("hazard") in (hazard.id, hazard.values.get("identifier"))
                    and r.values.get("hazard")) or there(r):
                row = counts.setdefault(
                    m.word(r.value("ordnance_category")), [0, 0, 0])
                n, stated = how_many(r.values.get("quantity"))
                row[0] += n
                row[1] += n if r.value("disposal") == "destroyed" else 0
                row[2] += not stated
                unstated += not stated
        grids.append(Grid("items found", w("paper.task.found"), columns(
            w, "kind", "found:integer", "destroyed:integer", *UNSTATED[:unstated]),
            at_least_rows(w, counts, bool(unstated)),
            notes=at_least_notes(w, unstated),
            empty=w("paper.task.found.none")))
    if m.reader.precision("accident") == "exact":
        facts.append((w("paper.task.accidents"), sum(
            r.geometry is not None and hazard.geometry is not None
            and r.geometry.intersects(hazard.geometry) for r in m.records("accident"))))
    return Section("hazard", w("paper.task.hazard"), tuple(facts), grids=tuple(grids))


def _people(m: Making, task: Record) -> Section:
    from landrelease.workflows.identities import standing_records

    w = m.words
    named = task.values.get("teams") or ()
    names = {named} if isinstance(named, str) else set(map(str, named))
    teams = [r for r in m.records("team") if r.id in names or r.values.get("identifier") in names]
    ids = {r.id for r in teams} | {str(r.values.get("identifier")) for r in teams}
    owners = {plain_word(r.values.get("organisation")).casefold() for r in teams} - {""}
    finish = day_of(task.values.get("planned_finish")) or day_of(task.values.get("planned_start"))
    signed = {r.id: r for r in standing_records(
        m.registry, "accreditation", valid_at=m.as_of, known_at=m.known_at)}
    rows: list[tuple[Cell, ...]] = []
    for r in m.records("accreditation"):
        team = str(r.values.get("team") or "")
        owner = plain_word(r.values.get("accredited_organisation"))
        if not (team in ids or (not team and owner.casefold() in owners
                                and not r.values.get("person") and not r.values.get("machine"))):
            continue
        notes = []
        ends = day_of(r.values.get("expires_on"))
        if finish is not None and ends is not None and ends < finish:
            notes.append(w("paper.task.accreditations.ends"))
        standing = signed.get(r.id)
        if r.value("accreditation_status") in _ACCREDITED and (
                standing is None or standing.value("accreditation_status") not in _ACCREDITED):
            notes.append(w("paper.task.accreditations.unsigned"))
        rows.append((team or owner, m.word_or_none(r.values.get("scope")),
                     m.word_or_none(r.values.get("accreditation_status")), ends, " ".join(notes)))
    return Section("people", w("paper.task.people"), grids=(
        Grid("teams", w("paper.task.people"), columns(w, "team", "type", "organisation", "state"),
             tuple((r.id, m.word_or_none(r.values.get("team_type")),
                    m.word_or_none(r.values.get("organisation")),
                    m.word_or_none(r.values.get("team_status"))) for r in teams),
             empty=w("paper.task.people.none")),
        Grid("accreditations", w("paper.task.accreditations"), columns(
            w, "team", "scope", "state", "expires:date", "note"), tuple(rows),
            empty=w("paper.task.accreditations.none"))))


def _closures(m: Making, task: Record) -> Section:
    w = m.words
    rows: list[tuple[Cell, ...]] = []
    for kind, start, end, why in (("closure", "closed_from", "closed_until", "closure_reason"),
                                  ("permit", "valid_from_time", "valid_until_time", "purpose")):
        if m.reader.precision(kind) != "exact" or task.geometry is None:
            continue
        for r in m.records(kind):
            if r.geometry is not None and r.geometry.intersects(task.geometry):
                rows.append((kind, r.id, _moment(r.values.get(start)), _moment(r.values.get(end)),
                             m.word_or_none(r.values.get(why))))
    return Section("closures", w("paper.task.closures"), grids=(Grid(
        "closures", w("paper.task.closures"), columns(w, "kind", "record", "from", "until",
                                                      "reason"),
        tuple(rows), empty=w("paper.task.closures.none")),))


def _moment(value: Any) -> str | None:
    return value.isoformat(timespec="minutes") if isinstance(value, datetime) else (
        None if value in (None, "") else str(value))


def _contacts(m: Making) -> Section:
    from landrelease.workflows.areas import extension_of

    w, extension = m.words, extension_of(m.registry)
    said = "" if extension is None else extension.contact.strip()
    facts = ((w("paper.task.contacts"), said),) if said else ()
    return Section("contacts", w("paper.task.contacts"), (
        *facts, *(((w("paper.task.contacts.medical"), _TO_WRITE_ON),)
                  if not said else ())),
        () if said else (w("paper.task.contacts.none"),))
