"""Documents to be downloaded: plan, task order, weekly and donor report, at the reader's tier.

They are what the commands of `document` make, through the same workflow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from landrelease.access import policy
from landrelease.access.policy import WAYS_OUT, View
from landrelease.apps.web import speaking
from landrelease.apps.web.answers import asking_of, note_reading, read
from landrelease.apps.web.layout import (
    Html,
    Kept,
    asked,
    choices,
    field,
    group,
    link,
    show,
    state_of,
    tag,
)
from landrelease.apps.web.tiers import within
from landrelease.apps.web.words import word
from landrelease.apps.web.work import forecasts_of, plans_of
from landrelease.core.document import Document
from landrelease.errors import NOT_FOUND_HERE, PARAMETER_WRONG, LandReleaseError
from landrelease.store.registry import Registry

WAYS = ("document plan", "document task", "document week", "document donor")
MEDIA = {"pdf": "application/pdf",
         "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
LONGEST = 300  # characters of a parameter


def _able(view: View, way: str) -> bool:
    return all(view.may(s, f) for s, f in WAYS_OUT[way].needs)


def seen(view: View) -> bool:
    """Whether a reader may have any of the documents."""
    return any(_able(view, way) for way in WAYS)


# Roles that could, with an organisation of their own where rows are given by it.
_READERS = tuple(r for r in policy.ROLES if seen(policy.view(r, "any")))


@get("/documents", include_in_schema=False, opt=within(roles=_READERS, by_handler=True))
async def documents_page(request: Request) -> Response[str]:
    """What there is to be downloaded, for this reader."""
    shelf = plans_of(request)

    def form(way: str, action: str, *fields: Html) -> Html:
        return tag("section", tag("h2", word(f"docs.{action}")), asked(
            f"/documents/{action}", *fields,
            field(word("docs.format"), choices("as", [("pdf", word("docs.pdf")),
                                                      ("xlsx", word("docs.xlsx"))], "pdf")),
            button=word("docs.get")), class_="card")

    def text(name: str, label: str, hint: str = "", **more: Any) -> Html:
        return field(word(label), tag("input", name=name, maxlength=str(LONGEST), **more), hint)

    def content(registry: Registry, view: View) -> Html:
        from landrelease.workflows import on_file

        if not seen(view):
            view.check("document donor")
        parts: list[Any] = [tag("p", word("docs.words"))]
        if _able(view, WAYS[0]):
            standing = on_file.plan_in_force(shelf, view)
            parts.append(tag("section", tag("h2", word("docs.plan")),
                             tag("p", word("docs.plan_words")),
                             tag("p", word("docs.none")) if standing is None
                             else plan_links(standing.name), class_="card"))
        if _able(view, WAYS[1]):
            parts.append(form(WAYS[1], "task", text("task", "docs.task_id", required=True)))
        if _able(view, WAYS[2]):
            parts.append(form(WAYS[2], "week", text(
                "ending", "docs.week_ending", type="date", value=_sunday().isoformat())))
        if _able(view, WAYS[3]):
            parts.append(form(WAYS[3], "donor", text(
                "fund", "docs.fund", word("docs.fund_hint"))))
        return group(*parts)

    return await show(request, word("documents"), content, here="documents")


def _sunday() -> date:
    today = date.today()
    return today - timedelta(days=today.isoweekday() % 7)


def plan_links(name: str) -> Html:
    """The links to the document of a plan."""
    return tag("p", *(group(link(f"/documents/plan/{name}?as={e}", word(f"docs.as_{e}")), " ")
                      for e in MEDIA))


def _asked(request: Request, name: str) -> str:
    said = request.query_params.get(name, "").strip()
    if len(said) > LONGEST:
        raise LandReleaseError(PARAMETER_WRONG, name=name, found=said[:40],
                               expected=f"it has at most {LONGEST} characters")
    return said


def _state_of_files(folders: Iterable[Path]) -> tuple[tuple[str, int, int], ...]:
    """Each file of folders, with its time and size."""
    found = (p for folder in folders for p in (folder, *folder.rglob("*")) if p.exists())
    return tuple(sorted((str(p), s.st_mtime_ns, s.st_size) for p in found for s in (p.stat(),)))


KEPT = Kept(24)  # documents are up to some MB


async def _document(request: Request, kind: str, subject: str,
                    work: Callable[[Registry, View, Any], Document]) -> Response[bytes]:
    """The document that `work(registry, view, making)` gives, as PDF or as a workbook."""
    ending = _asked(request, "as") or "pdf"
    if ending not in MEDIA:
        raise LandReleaseError(PARAMETER_WRONG, name="as", found=ending[:40],
                               expected="it is one of " + ", ".join(MEDIA))
    templates = request.app.state.settings.templates_folder
    lang, asking = speaking.texts().code, asking_of(request)

    def inner(registry: Registry, view: View) -> bytes:
        from landrelease.workflows import documents

        view.check(f"document {kind}")

        def make() -> bytes:
            made = work(registry, view, documents.making(registry, view, made_on=date.today(),
                                                         lang=lang, templates=templates))
            return documents.content(made, f".{ending}", templates)

        # What was asked for, who asks, and all that it is made of: the registry, what is on file
        # and in force, the templates.
        files = (plans_of(request).folder, forecasts_of(request).folder,
                 *([] if templates is None else [templates]))
        found: bytes = KEPT.of((kind, ending, lang, tuple(sorted(request.query_params.items())),
                                request.url.path, _state_of_files(files),
                                *state_of(registry, asking)), make)
        return found

    body = await read(request, inner)
    note_reading(request, subject, f"document {kind}")
    return Response(body, media_type=MEDIA[ending], headers={
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="{kind}.{ending}"'})


@get("/documents/plan/{name:str}", include_in_schema=False, opt=within("document plan"))
async def plan_document(request: Request, name: FromPath[str]) -> Response[bytes]:
    """A plan as a document: whole for who sees plans whole, else that in force with its dates."""
    from landrelease.apps.web.planning import loaded, seen_by

    shelf, areas = plans_of(request), asking_of(request).areas

    def work(_: Registry, view: View, making: Any) -> Document:
        from landrelease.workflows import documents

        return documents.plan_document(making, loaded(seen_by(shelf, view, name, areas)[0]))

    return await _document(request, "plan", "plan_dates", work)


@get("/documents/task", include_in_schema=False, opt=within("document task"))
async def task_document(request: Request) -> Response[bytes]:
    """The order of one task."""
    task = _asked(request, "task")

    def work(_: Registry, __: View, making: Any) -> Document:
        from landrelease.workflows import documents

        if not task:
            raise LandReleaseError(NOT_FOUND_HERE, found="task without a name")
        return documents.task_document(making, task)

    return await _document(request, "task", "task", work)


@get("/documents/week", include_in_schema=False, opt=within("document week"))
async def week_document(request: Request) -> Response[bytes]:
    """The report of a week, against the plan in force for who sees plans whole."""
    said = _asked(request, "ending")
    try:
        ending = date.fromisoformat(said) if said else _sunday()
        if not 1900 <= ending.year <= 2200:
            raise ValueError
    except ValueError:
        raise LandReleaseError(PARAMETER_WRONG, name="ending", found=said[:40],
                               expected="it is a date as 2027-04-04") from None
    shelf, areas = plans_of(request), asking_of(request).areas

    def work(_: Registry, view: View, making: Any) -> Document:
        from landrelease.apps.web.planning import loaded
        from landrelease.workflows import document_reports, on_file

        plan = None
        if on_file.sees_plans(view) and shelf.in_force() is not None:
            try:
                plan = loaded(on_file.plan_on_file(shelf, view, "", areas))
            except LandReleaseError as error:
                if error.code != NOT_FOUND_HERE.code:
                    raise
        return document_reports.week_document(making, ending, plan)

    return await _document(request, "week", "activity", work)


@get("/documents/donor", include_in_schema=False, opt=within("document donor"))
async def donor_document(request: Request) -> Response[bytes]:
    """The report to donors, with the forecast in force as the reader may see it."""
    fund = _asked(request, "fund")
    shelf, areas = forecasts_of(request), asking_of(request).areas

    def work(_: Registry, view: View, making: Any) -> Document:
        from landrelease.workflows import document_reports, on_file

        outlook = None
        if view.may("forecast", "finish") and shelf.in_force() is not None:
            try:
                kept = on_file.forecast_on_file(shelf, view, "", areas)
                outlook, _document = on_file.outlook_for(document_reports.file_outlook(
                    kept.path / "forecast.json"), {}, view, kept, areas)
            except LandReleaseError as error:
                if error.code != NOT_FOUND_HERE.code:
                    raise
        return document_reports.donor_document(making, fund=fund, outlook=outlook)

    return await _document(request, "donor", "fund", work)


HANDLERS = [documents_page, plan_document, task_document, week_document, donor_document]
