"""The commands of `document`: plan, task order, weekly report, report to donors, as PDF or XLSX."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landrelease.apps.claims_commands import KnownAtOption, as_moment
from landrelease.apps.common import (
    RegistryArgument,
    RoleOption,
    TemplatesOption,
    as_date,
    heard,
    say,
)
from landrelease.apps.explain_commands import PlanArgument
from landrelease.apps.figures_commands import AsOfOption, LevelOption
from landrelease.apps.reading import AreaOption, OrganisationOption, reading

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.core.document import Document
    from landrelease.store.registry import Registry

OutOption = Annotated[Path, typer.Option(
    "--out", metavar="FILE", help="Ends in .pdf for paper, in .xlsx for a spreadsheet.")]
LangOption = Annotated[str, typer.Option(
    "--lang", metavar="L", callback=heard, help="en, fr, es, ru, uk, ar.")]


def register(group: Callable[[str, str], typer.Typer]) -> None:
    document = group("document", "Plan, task order, weekly and donor report: PDF or spreadsheet.")
    document.command("plan")(plan)
    document.command("task")(task)
    document.command("week")(week)
    document.command("donor")(donor)


def _made(registry: Registry, reader: View, lang: str, templates: Path | None, **asked: Any) -> Any:
    from landrelease.workflows import documents

    return documents.making(registry, reader, made_on=date.today(), lang=lang,
                            templates=templates, **asked)


def _written(document: Document, out: Path, templates: Path | None) -> None:
    from landrelease.workflows import documents

    documents.write(document, out, templates)
    rows = sum(len(g.rows) for s in document.sections for g in s.grids)
    say(f"{document.title}, {document.subtitle}: {len(document.sections)} parts, {rows:,} rows.")
    say(str(out))


def _checked(out: Path) -> None:
    from landrelease.errors import DOCUMENT_FORMAT, LandReleaseError
    from landrelease.workflows import documents

    if out.suffix.lower() not in documents.FORMATS:
        raise LandReleaseError(DOCUMENT_FORMAT, found=out,
                               expected=" or ".join(documents.FORMATS))


def plan(
    registry: RegistryArgument, plan: PlanArgument, out: OutOption, lang: LangOption = "en",
    templates: TemplatesOption = None, role: RoleOption = None,
    organisation: OrganisationOption = None, area: AreaOption = None,
) -> None:
    """The plan of work: what is done when and by whom, in which order, why, and what it awaits.

    Who does not see plans whole gets dates and the own teams, without reasons and score.

    Example: landrelease document plan district.gpkg plan --out plan.pdf --as planner
    """
    from landrelease.store.results import load_plan
    from landrelease.workflows import documents

    _checked(out)
    with reading(registry, "document plan", role, organisation, area) as (opened, reader):
        made = documents.plan_document(_made(opened, reader, lang, templates), load_plan(plan))
        _written(made, out, templates)


def task(
    registry: RegistryArgument,
    task: Annotated[str, typer.Argument(metavar="TASK", help="Its id or identifier.")],
    out: OutOption, lang: LangOption = "en", templates: TemplatesOption = None,
    role: RoleOption = None, organisation: OrganisationOption = None, area: AreaOption = None,
) -> None:
    """The order of one task: ground with coordinates, hazard, method, teams, contacts, signatures.

    Example: landrelease document task district.gpkg task:h1:clearance --out order.pdf --as planner
    """
    from landrelease.workflows import documents

    _checked(out)
    with reading(registry, "document task", role, organisation, area) as (opened, reader):
        made = documents.task_document(_made(opened, reader, lang, templates), task)
        _written(made, out, templates)


def week(
    registry: RegistryArgument, out: OutOption,
    ending: Annotated[str | None, typer.Option(
        "--ending", metavar="DATE", help="Last of the seven days; else last Sunday.")] = None,
    plan: Annotated[Path | None, typer.Option(
        "--plan", metavar="PLAN", help="Plan to hold it against.")] = None,
    known_at: KnownAtOption = None, level: LevelOption = None, lang: LangOption = "en",
    templates: TemplatesOption = None, role: RoleOption = None,
    organisation: OrganisationOption = None, area: AreaOption = None,
) -> None:
    """What was done in a week by team and area, what was found, what is open and what waits.

    Example: landrelease document week district.gpkg --ending 2025-04-06 --out week.pdf --as planner
    """
    from landrelease.store.results import load_plan
    from landrelease.workflows import document_reports

    _checked(out)
    today = date.today()
    last = as_date("--ending", ending) if ending else today - timedelta(days=today.isoweekday() % 7)
    with reading(registry, "document week", role, organisation, area) as (opened, reader):
        made = document_reports.week_document(_made(
            opened, reader, lang, templates, level=level,
            known_at=as_moment("--known-at", known_at) if known_at else None), last,
            load_plan(plan) if plan else None)
        _written(made, out, templates)


def donor(
    registry: RegistryArgument, out: OutOption,
    fund: Annotated[str, typer.Option(
        "--fund", metavar="FUND", help="Of one fund alone: its id or identifier.")] = "",
    forecast: Annotated[Path | None, typer.Option(
        "--forecast", metavar="FILE", help="What `forecast make --out` wrote.")] = None,
    as_of: AsOfOption = None, known_at: KnownAtOption = None, level: LevelOption = None,
    lang: LangOption = "en", templates: TemplatesOption = None, role: RoleOption = None,
    organisation: OrganisationOption = None, area: AreaOption = None,
) -> None:
    """Money by fund, figures with trace codes, shares with their whole, what is not claimed.

    Example: landrelease document donor district.gpkg --out report.pdf --as donor --organisation D1
    """
    from landrelease.workflows import document_reports

    _checked(out)
    with reading(registry, "document donor", role, organisation, area) as (opened, reader):
        made = document_reports.donor_document(
            _made(opened, reader, lang, templates, level=level,
                  as_of=as_date("--as-of", as_of) if as_of else None,
                  known_at=as_moment("--known-at", known_at) if known_at else None),
            fund=fund, outlook=document_reports.file_outlook(forecast) if forecast else None)
        _written(made, out, templates)
