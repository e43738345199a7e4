"""The commands of `figures`: what to report at any date, traced to records, computed again."""

from __future__ import annotations

import json as json_module
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landrelease.apps.claims_commands import KnownAtOption, as_moment
from landrelease.apps.common import (
    FINDINGS,
    JsonOption,
    QuietOption,
    RegistryArgument,
    RoleOption,
    SeedOption,
    as_date,
    put_json,
    say,
)
from landrelease.apps.console import listening
from landrelease.apps.reading import AreaOption, OrganisationOption, reading
from landrelease.errors import BAD_OPTION, FIGURE_FILE, LandReleaseError

if TYPE_CHECKING:
    from landrelease.core.ledger import Figure
    from landrelease.store.registry import Registry

LevelOption = Annotated[str | None, typer.Option(
    "--level", metavar="LEVEL", help="Count only what is validated at least so far: operator, "
    "operations, information_management, authority. Hazards count at every level.")]
PlanOption = Annotated[Path | None, typer.Option(
    "--plan", metavar="PLAN", help="A plan of the records as they stand: also its figures, those "
    "of its forecast and of the assessment.")]
AsOfOption = Annotated[str | None, typer.Option(
    "--as-of", metavar="DATE", help="As it was on that day; else now.")]


def register(group: Callable[[str, str], typer.Typer]) -> None:
    figures = group("figures", "What to report, and the records under each figure.")
    figures.command("list")(figures_list)
    figures.command("trace")(figures_trace)
    figures.command("recompute")(figures_recompute)
    figures.command("tables")(figures_tables)
    figures.command("treaty")(figures_treaty)
    figures.command("catalogue")(figures_catalogue)


def asked(as_of: str | None, known_at: str | None, level: str | None) -> Any:
    from landrelease.workflows.figures import At

    return At(as_date("--as-of", as_of) if as_of else None,
              as_moment("--known-at", known_at) if known_at else None, level)


def asked_of(registry: Registry, as_of: str | None, known_at: str | None, level: str | None) -> Any:
    """The same of a registry. Raises FIG-004: the day is still to come."""
    from landrelease.workflows.figures import check_begun

    at = asked(as_of, known_at, level)
    if at.valid_at is not None:
        check_begun(registry, at.valid_at, at.valid_at.isoformat(), date.today())
    return at


def _plan(path: Path | None, registry: Any) -> Any:
    """The plan of a folder; None where none is asked for. Raises PLN-102: of other records."""
    from landrelease import workflows
    from landrelease.store.results import load_plan

    if path is None:
        return None
    saved = load_plan(path)
    workflows.check_plan_is_current(saved, registry, path)
    return saved


def value_words(value: float | None, unit: str, digits: int = 0) -> str:
    if value is None:
        return "not reported"
    if unit == "share":
        return f"{value:.1%}"
    if unit.endswith("per m²"):  # most of them are below one
        return f"{value:,.3f} {unit}"
    if unit.startswith("items per"):
        return f"{value:,.2f} {unit}"
    return f"{value:,.{digits}f} {unit}"


def figure_words(figure: Figure, digits: int = 0, *, note: bool = False) -> str:
    """A figure with its ends where it is uncertain (S12), with `note` also what else is open."""
    from landrelease.core.ledger import doubt_words, interval_words

    unit = figure.unit
    if digits == 0 and unit == "years":
        digits = 1  # most ends lie a few years off

    def said(value: float) -> str:
        return value_words(value, unit, digits).removesuffix(f" {unit}")

    ends = (doubt_words if note else interval_words)(figure, said)
    if figure.value is None and ends:
        value = "not within the forecast"
    else:
        value = value_words(figure.value, unit, digits)
    return f"{value} ({ends})" if ends else value


def figures_list(
    registry: RegistryArgument, role: RoleOption = None, organisation: OrganisationOption = None,
    area: AreaOption = None, level: LevelOption = None, as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    scope: Annotated[str | None, typer.Option(
        "--scope", metavar="NAME", help="Only those of this administrative area; all: of the whole "
        "programme.")] = None,
    plan: PlanOption = None, seed: SeedOption = 1, json: JsonOption = None,
    quiet: QuietOption = False,
) -> None:
    """All figures of the records, with how many records each rests on.

    Example: landrelease figures list district.gpkg --as-of 2025-12-31 --as planner
    """
    from landrelease.workflows import figures

    with (reading(registry, "figures list", role, organisation, area) as (opened_registry, reader),
          listening(quiet) as progress):
        found = figures.all_figures(opened_registry, reader,
                                    asked_of(opened_registry, as_of, known_at, level),
                                    progress, plan=_plan(plan, opened_registry), seed=seed).figures
    if scope is not None:
        found = figures.of_scope(found, scope)
    put_json(json, [figures.plain_figure(f) for f in found])
    for f in found:
        mark = " (unverified)" if f.note.startswith("(unverified)") else ""
        mark += f" ({len(f.uncounted):,} do not report it)" if f.uncounted else ""
        say(f"{f.id:<44}{figure_words(f, note=True):>24}  {len(f.records):>7,} records  "
            f"{f.name}{mark}")


def figures_trace(
    registry: RegistryArgument, figure: str, role: RoleOption = None,
    organisation: OrganisationOption = None, area: AreaOption = None, level: LevelOption = None,
    as_of: AsOfOption = None, known_at: KnownAtOption = None, plan: PlanOption = None,
    treaty: Annotated[str | None, typer.Option(
        "--treaty", metavar="apmbc|ccm|all", help="Of a figure treaty_...: of which tables.")
    ] = None,
    year: Annotated[int | None, typer.Option(
        "--year", min=1900, max=2200, help="Of a figure treaty_...: of which year.")] = None,
    deadline: Annotated[str | None, typer.Option(
        "--deadline", metavar="DATE", help="Of the figures of a treaty's deadline.")] = None,
    extended_to: Annotated[str | None, typer.Option(
        "--extended-to", metavar="DATE", help="To which that deadline was extended.")] = None,
    scope: Annotated[str | None, typer.Option(
        "--scope", metavar="NAME", help="Of a figure treaty_...: of this administrative area (of "
        "types and years: of this row) alone.")] = None,
    seed: SeedOption = 1, json: JsonOption = None, quiet: QuietOption = False,
) -> None:
    """The records under a figure, and the chain head at which it was computed.

    Figures of the tables of treaties (treaty_...) need --treaty and --year; those of the deadline
    --deadline, those of the years to come --plan.

    Example: landrelease figures trace district.gpkg hazardous_m2 --json figure.json --as planner
    """
    from landrelease.workflows import figures

    if figure.startswith("treaty_"):
        if treaty is None or year is None:
            raise LandReleaseError(BAD_OPTION, option="--treaty and --year", found="not both",
                                   expected="the tables that the figure is of")
        _trace_treaty(registry, figure, treaty, year, role, organisation, area, level, known_at,
                      deadline, extended_to, scope, plan, seed, json, quiet)
        return
    if scope is not None:
        raise LandReleaseError(BAD_OPTION, option="--scope", found=scope, expected="the area in "
                               "the name of the figure, as released_m2:AREA")

    with (reading(registry, "figures trace", role, organisation, area) as (opened_registry, reader),
          listening(quiet) as progress):
        found = figures.trace(opened_registry, reader, figure,
                              asked_of(opened_registry, as_of, known_at, level), progress,
                              _plan(plan, opened_registry), seed)
    put_json(json, figures.plain_figure(found))
    say(f"{found.name}: {figure_words(found, 2)}")
    say(f"{found.definition} {found.note}".rstrip())
    for title, words in (("counts", found.counts), ("share of", found.denominator),
                         ("as of", found.valid_at), ("known at", found.known_at),
                         ("validated at least", found.level)):
        if words:
            say(f"{title}: {words}")
    say(f"chain head {found.chain_head}")
    for record in found.records:
        say(f"  {record}")
    if found.uncounted:
        say(f"not reported, and in no sum: {len(found.uncounted):,} records")
    for record in found.uncounted:
        say(f"  {record}")


def _trace_treaty(registry: str, figure: str, treaty: str, year: int, role: str | None,
                  organisation: str | None, area: list[str] | None, level: str | None,
                  known_at: str | None, deadline: str | None, extended_to: str | None,
                  scope: str | None, plan: Path | None, seed: int,
                  json: Path | None, quiet: bool) -> None:
    from landrelease.workflows import treaties

    with (reading(registry, "figures treaty", role, organisation, area) as (opened_registry,
                                                                           reader),
          listening(quiet) as progress):
        found = treaties.trace(treaties.tables(
            opened_registry, reader, treaty, year, level=level,
            known_at=as_moment("--known-at", known_at) if known_at else None,
            made_on=date.today(), obligation=treaties.obligation_of(
                as_date("--deadline", deadline) if deadline else None,
                as_date("--extended-to", extended_to) if extended_to else None),
            plan=_plan(plan, opened_registry), seed=seed, progress=progress), figure, scope)
    put_json(json, found)
    say(f"{found['name']} [{found['unit']}]: {found['definition']}")
    say(f"counts: {found['counts']}")
    if found["until"]:
        say(f"{treaties.COUNTED_UP_TO} {found['until']}: the year is not over")
    for column, value in found["values"].items():
        say(f"{column}: {value}")
    if len(found["numbers"]) > 1:
        say("each number, and how many records it rests on:")
        for n in found["numbers"]:
            say("  " + ": ".join(filter(None, (n["table"], n["row"], n["what"])))
                + f": {n['value']}, {len(n['records']):,} records")
    say(f"chain head {found['chain_head']}")
    for record in found["records"]:
        say(f"  {record}")


def figures_recompute(
    registry: RegistryArgument,
    figure: Annotated[Path, typer.Argument(metavar="FIGURE.json",
                                           help="What `figures trace --json` or "
                                           "`figures treaty --json` wrote.")],
    role: RoleOption = None, organisation: OrganisationOption = None, area: AreaOption = None,
    plan: PlanOption = None, seed: SeedOption = 1, json: JsonOption = None,
    quiet: QuietOption = False,
) -> None:
    """Compute an exported figure again from the records as they stood at its chain head.

    Also of all tables of a treaty: what `figures treaty --json` wrote, or `figures trace treaty_...
    --json`. Exit status 1 where anything comes out differently.

    Example: landrelease figures recompute district.gpkg figure.json --as planner
    """
    from landrelease.workflows import figures, treaties

    try:
        document = json_module.loads(figure.read_text(encoding="utf-8"))
        if not isinstance(document, dict):
            raise ValueError("it holds no figure")
    except (OSError, ValueError) as error:
        raise LandReleaseError(FIGURE_FILE, path=figure, found=error) from None
    with (reading(registry, "figures recompute", role, organisation, area) as (opened_registry,
                                                                              reader),
          listening(quiet) as progress):
        if "treaty" in document:
            remade = treaties.recompute(opened_registry, reader, document, str(figure),
                                        _plan(plan, opened_registry), progress)
        else:
            again = figures.recompute(opened_registry, reader, document, str(figure), progress,
                                      _plan(plan, opened_registry), seed)
    if "treaty" in document:
        _say_remade(remade, json)
        return
    put_json(json, {"same": again.same, "then": again.then.get("value"), "now": again.now.value,
                    "gone": again.gone, "new": again.new,
                    "differs": {n: {"then": then, "now": now}
                                for n, (then, now) in again.differs.items()},
                    "figure": figures.plain_figure(again.now)})
    unit = again.now.unit
    if again.same:
        say(f"{again.now.name}: {figure_words(again.now, 2)}, from the same "
            f"{len(again.now.records):,} records. It comes out again.")
    else:
        say(f"{again.now.name}: exported as {value_words(again.then.get('value'), unit, 2)}, comes "
            f"out as {figure_words(again.now, 2)}; {len(again.gone):,} records are not under it "
            f"any more, {len(again.new):,} were not.")
    for name, (then, now) in again.differs.items():
        say(f"  {name}: exported as {then}, comes out as {now}")
    if again.same:
        return
    for word, records in (("gone", again.gone), ("new", again.new)):
        for record in records[:20]:
            say(f"  {word} {record}")
    raise typer.Exit(FINDINGS)


def _say_remade(remade: Any, json: Path | None) -> None:
    import dataclasses

    put_json(json, {"same": remade.same, "numbers": remade.numbers,
                    "different": [dataclasses.asdict(d) for d in remade.different]})
    if remade.same:
        say(f"{remade.numbers:,} numbers of the treaty's tables, each from the same records. They "
            "come out again.")
        return
    say(f"{len(remade.different):,} of {remade.numbers:,} numbers of the treaty's tables come out "
        "differently, or from other records.")
    for d in remade.different[:20]:
        say(f"  {d.what}: exported as {d.then}, comes out as {d.now}; {len(d.gone):,} records are "
            f"not under it any more, {len(d.new):,} were not")
    raise typer.Exit(FINDINGS)


def figures_tables(
    registry: RegistryArgument,
    out: Annotated[Path | None, typer.Option("--out", metavar="ledger.csv")] = None,
    role: RoleOption = None, organisation: OrganisationOption = None, area: AreaOption = None,
    level: LevelOption = None, as_of: AsOfOption = None, known_at: KnownAtOption = None,
    json: JsonOption = None,
) -> None:
    """The area ledger by municipality: hazardous, cancelled, reduced, cleared, contested.

    Example: landrelease figures tables district.gpkg --out ledger.csv
    """
    import dataclasses

    from landrelease import workflows
    from landrelease.store.exports import write_csv
    from landrelease.workflows import figures

    with reading(registry, "figures tables", role, organisation, area) as (opened_registry,
                                                                           reader):
        found = figures.all_figures(opened_registry, reader,
                                    asked_of(opened_registry, as_of, known_at, level),
                                    wanted=("released_m2",))
        synthetic = workflows.is_synthetic(opened_registry)
    rows = found.rows
    put_json(json, [dataclasses.asdict(r) for r in rows])
    names = ("hazardous_m2", "cancelled_m2", "reduced_m2", "cleared_m2", "contested_m2")
    nothing = not rows or rows[-1].accidents == 0  # nobody reported any, which is not none (S12)
    if out is not None:
        write_csv(out, workflows.marked([
            {"municipality": r.name,
             "hazards": r.hazards if r.hazards_known else "not reported",
             "accidents": "withheld" if r.accidents is None else
             "not reported" if nothing else r.accidents,
             **{n: "not reported" if getattr(r, n) is None else round(getattr(r, n), 1)
                for n in names}} for r in rows], synthetic))
    say(f"{'ha':<34}{'areas':>7}" + "".join(f"{n.removesuffix('_m2'):>14}" for n in names))
    for r in rows:
        cells = ("not reported" if getattr(r, n) is None else f"{getattr(r, n) / 1e4:,.1f}"
                 for n in names)
        count = f"{r.hazards:,}" if r.hazards_known else "–"
        say(f"{r.name[:33]:<34}{count:>7}" + "".join(f"{c:>14}" for c in cells))
    for f in found.figures:
        if f.id == "released_m2" and f.note.startswith("(unverified)"):
            say(f.note)
    if not rows:
        say(f"Withheld: it rests on fewer than {reader.small_count} hazards.")


def figures_treaty(
    registry: RegistryArgument,
    treaty: Annotated[str, typer.Option(
        "--treaty", metavar="apmbc|ccm|all", help="Anti-Personnel Mine Ban Convention (Articles 5 "
        "and 7), Convention on Cluster Munitions (Articles 4 and 7), or all ordnance, for "
        "donors.")],
    year: Annotated[int, typer.Option("--year", min=1900, max=2200, help="Calendar year.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="A workbook and a CSV a "
                                      "table.")],
    role: RoleOption = None, organisation: OrganisationOption = None, area: AreaOption = None,
    level: LevelOption = None, known_at: KnownAtOption = None,
    deadline: Annotated[str | None, typer.Option(
        "--deadline", metavar="DATE", help="By which the treaty asks all known areas to be "
        "addressed.")] = None,
    extended_to: Annotated[str | None, typer.Option(
        "--extended-to", metavar="DATE", help="To which the deadline was extended.")] = None,
    plan: Annotated[Path | None, typer.Option(
        "--plan", metavar="PLAN", help="A current plan: land to be addressed year by year, as "
        "planned and as forecast.")] = None,
    seed: SeedOption = 1, json: JsonOption = None, quiet: QuietOption = False,
) -> None:
    """Tables of a year for treaty and donor reports, by administrative area, as XLSX and CSV.

    Areas at the start and the end of the year, newly recorded, cancelled, reduced, cleared; items
    destroyed by category; with --deadline what it needs, with --plan the years to come. A national
    authority reports; these are its numbers, not the report.

    Example: landrelease figures treaty r.gpkg --treaty apmbc --year 2025 --out t --as authority
    """
    from landrelease.workflows import treaties

    obligation = treaties.obligation_of(
        as_date("--deadline", deadline) if deadline else None,
        as_date("--extended-to", extended_to) if extended_to else None)
    with (reading(registry, "figures treaty", role, organisation, area) as (opened_registry,
                                                                           reader),
          listening(quiet) as progress):
        made = treaties.tables(opened_registry, reader, treaty, year, level=level,
                               known_at=as_moment("--known-at", known_at) if known_at else None,
                               made_on=date.today(), obligation=obligation,
                               plan=_plan(plan, opened_registry), seed=seed,
                               progress=progress)
        paths = treaties.write(made, out)
    put_json(json, treaties.document(made))
    for table in made.tables:
        say(treaties.title_of(table, made))
        widths = [max(len(str(c)) for c in column) for column in zip(
            table.columns, *table.rows, strict=True)] if table.rows else []
        for row in (table.columns, *table.rows) if table.rows else ():
            say("  " + "  ".join(f"{c!s:<{w}}" for c, w in zip(row, widths, strict=True)))
        if not table.rows:
            say("  nothing on record")
    for note in made.notes:
        say(note)
    for path in paths:
        say(str(path))


def figures_catalogue(json: JsonOption = None) -> None:
    """Every metric: its definition, unit, what counts, and what a share is a share of.

    Example: landrelease figures catalogue --json catalogue.json
    """
    import dataclasses

    from landrelease.workflows.figures import catalogue

    found = catalogue()
    put_json(json, [dataclasses.asdict(m) for m in found])
    for m in found:
        say(f"{m.id} [{m.unit}] {m.definition}")
        say(f"    counts: {m.counts}")
        if m.denominator:
            say(f"    share of: {m.denominator}")
        if m.by_area:
            say(f"    scope: all, and each administrative area ({m.id}:AREA)")
