"""Jobs for programs (`/jobs`) and for people (`/work`): start, watch, cancel, fetch the result."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from litestar import Request, Response, delete, get, post
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from landrelease.access.policy import View
from landrelease.apps.web import speaking
from landrelease.apps.web.answers import asking_of, note_reading, read
from landrelease.apps.web.jobs import Job, Jobs
from landrelease.apps.web.layout import (
    Html,
    choices,
    facts,
    group,
    link,
    mark,
    show,
    table,
    tag,
)
from landrelease.apps.web.layout import (
    field as control,
)
from landrelease.apps.web.readers import Asking
from landrelease.apps.web.settings import Settings
from landrelease.apps.web.tiers import VIEW, may_write, within
from landrelease.apps.web.words import ENGLISH, kind_named, named, vocabulary, word
from landrelease.errors import NOT_FOUND_HERE, LandReleaseError
from landrelease.store.open import own_file
from landrelease.store.registry import Registry
from landrelease.store.shelf import NAME_PATTERN, Shelf
from landrelease.store.shelf import base_of as shelf_base
from landrelease.workflows.jobs import KINDS

Name = Annotated[str, Meta(pattern=NAME_PATTERN, max_length=64)]
OptionalName = Annotated[str, Meta(pattern=rf"^$|{NAME_PATTERN}", max_length=64)]
Text = Annotated[str, Meta(max_length=2_000_000)]
Short = Annotated[str, Meta(max_length=2_000)]
Day = Annotated[str, Meta(pattern=r"^(\d{4}-\d{2}-\d{2})?$")]
Seed = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Rounds = Annotated[int, Meta(ge=0, le=20_000)]
Seconds = Annotated[float, Meta(ge=0, le=6 * 3600)]
Weight = Annotated[float, Meta(ge=0, le=1e12)]


@dataclass
class PlanInputs:
    """What a plan is made of; `teams` is the text of a teams file (docs/plan.md); `weights` of the
    objective by name, else those of the assumptions, or of the standing plan. Recorded roads count,
    unless `no_roads` leaves them out."""

    name: Name
    start: Day = ""
    teams: Text = ""
    iterations: Rounds = 250
    seconds: Seconds | None = None
    bound_seconds: Seconds = 0.0
    money: Literal["received", "committed", "announced", "none"] = "announced"
    renewed: bool = False
    no_roads: bool = False
    standing: OptionalName = ""
    weights: dict[str, Weight] = field(default_factory=dict)
    seed: Seed = 1


@dataclass
class WhatIfInputs:
    """Other weights for a plan on file; an empty plan is the one in force."""

    weights: dict[str, Weight]
    plan: OptionalName = ""
    name: OptionalName = ""
    iterations: Rounds = 100
    seed: Seed = 1


@dataclass
class PriceInputs:
    """Changes as `plan price --change` takes them; none: those that bind most."""

    changes: Annotated[list[Short], Meta(max_length=8)] = field(default_factory=list)
    plan: OptionalName = ""
    most: Annotated[int, Meta(ge=1, le=8)] = 4
    iterations: Rounds = 60
    seed: Seed = 1


@dataclass
class ConflictInputs:
    """Areas or stages that are to be done; none: those that people have fixed."""

    plan: OptionalName = ""
    stages: Annotated[list[Short], Meta(max_length=500)] = field(default_factory=list)


@dataclass
class PolicyInputs:
    """The plan and the best rule on `samples` drawn worlds, made again after every `every` half
    weeks (0: never) with effort `iterations`."""

    plan: OptionalName = ""
    samples: Annotated[int, Meta(ge=1, le=2_000)] = 50
    every: Annotated[int, Meta(ge=0, le=10_000)] = 35
    iterations: Annotated[int, Meta(ge=0, le=1_000)] = 1
    seed: Seed = 1


Part = Literal["people", "land", "seasons", "access", "infrastructure"]


@dataclass
class ParetoInputs:
    """Plans from all weight on the first of two parts of the objective to all on the second; with a
    name those that no other one beats are put on file, named by it and their share."""

    plan: OptionalName = ""
    parts: Annotated[list[Part], Meta(min_length=2, max_length=2)] = field(
        default_factory=lambda: ["access", "land"])
    points: Annotated[int, Meta(ge=2, le=21)] = 5
    name: OptionalName = ""
    iterations: Rounds = 60
    seed: Seed = 1


@dataclass
class CompareInputs:
    """Two plans on file, from the first to the second; an empty name is the plan in force."""

    plan: OptionalName = ""
    other: OptionalName = ""


@dataclass
class BoundInputs:
    """How long to look for a better bound."""

    plan: OptionalName = ""
    seconds: Seconds = 60.0


@dataclass
class ForecastInputs:
    """A forecast on a plan on file; `scenario`: the text of a scenario file (docs/forecast.md).
    Forecasts of past months are scored beside it, unless `no_backtest` leaves that out."""

    name: Name
    plan: OptionalName = ""
    by: Day = ""
    budget: Annotated[float, Meta(ge=0)] | None = None
    chance: Annotated[float, Meta(gt=0, lt=1)] | None = None
    scenario: Text = ""
    no_backtest: bool = False
    runs: Annotated[int, Meta(ge=1, le=20_000)] = 500
    seed: Seed = 1


@dataclass
class ClaimsInputs:
    """The text of a claims file (docs/claims.md)."""

    claims: Annotated[str, Meta(min_length=1, max_length=2_000_000)]
    whole: Short = ""
    level: Literal["", "operator", "operations", "information_management", "authority"] = ""


@dataclass
class RecordedClaimsInputs:
    """The recorded claims are checked."""

    whole: Short = ""
    level: Literal["", "operator", "operations", "information_management", "authority"] = ""


@dataclass
class MapInputs:
    """The contamination map; `cell` is the side of a cell in m. `valid_at`, `known_at`: as it was
    on a day, as it was known on a day."""

    cell: Annotated[float, Meta(ge=10, le=10_000)] = 100.0
    valid_at: Day = ""
    known_at: Day = ""


@dataclass
class ExportInputs:
    """Which records leave, and how; none: all kinds, CSV and GeoJSON."""

    kinds: Annotated[list[Short], Meta(max_length=100)] = field(default_factory=list)
    formats: list[Literal["csv", "geojson", "gpkg", "parquet", "kml", "xlsx"]] = field(
        default_factory=list)
    layout: Literal["kinds", "mdr"] = "kinds"


STOPPABLE = ("plan", "what-if", "bound")  # work that can keep what it has found so far


# --- what the pages share ------------------------------------------------------------------------

def base_of(settings: Settings) -> Path:
    """What the folders of jobs, plans and forecasts are named after (`store.shelf`)."""
    accounts = Path(settings.accounts)
    return shelf_base(own_file(settings.address), accounts) or accounts


def plans_of(request: Request) -> Shelf:
    return Shelf(base_of(request.app.state.settings), "plans")


def forecasts_of(request: Request) -> Shelf:
    return Shelf(base_of(request.app.state.settings), "forecasts")


def jobs_of(request: Request) -> Jobs:
    found: Jobs = request.app.state.jobs
    return found


# Whether a reader may start long work: signed in, or the office on its own machine.
may_start = may_write


def starter(request: Request) -> Asking:
    """Who starts long work. Raises 401."""
    asking = asking_of(request)
    if not may_start(asking):
        raise NotAuthorizedException("Sign in first.")
    return asking


# --- for programs --------------------------------------------------------------------------------

def _told(job: Job, *, full: bool = True) -> dict[str, Any]:
    out = {k: v for k, v in asdict(job).items() if k not in ("owner", "role", "organisation",
                                                             "areas")}
    out["inputs"].pop("waiting", None)  # as many numbers as rows wait
    if not full:
        out.pop("inputs")
    return {**out, "error": _heard(job) if job.error else None}


def _heard(job: Job) -> dict[str, str]:
    """The error of a job, in the language of this request."""
    code = job.error.get("code", "")
    return {**job.error, "code": code,
            "description": speaking.texts().heard(code, job.error.get("description", ""))}


async def _start(request: Request, kind: str, inputs: Any) -> Response[dict[str, Any]]:
    asking = starter(request)

    def check(_: Registry, view: View) -> None:
        view.check(KINDS[kind].way)

    await read(request, check)
    return started(jobs_of(request).add(kind, asdict(inputs), asking))


def started(job: Job) -> Response[dict[str, Any]]:
    """The answer to who started a job."""
    return Response({**_told(job), "location": f"/work/{job.id}"}, status_code=201,
                    headers={"Location": f"/jobs/{job.id}"})


# What starts each kind of job: what it takes, and what it does. Its tier is the way of its command.
_STARTS: tuple[tuple[str, type, str], ...] = (
    ("plan", PlanInputs, "Make a plan and put it on file."),
    ("what-if", WhatIfInputs, "Make a plan again by other weights, and say what is different."),
    ("price", PriceInputs,
     "Say what more teams, money, equipment, open ground or a road would bring."),
    ("conflicts", ConflictInputs, "Say which requirements keep work from being planned."),
    ("policy", PolicyInputs, "Play a plan and the best simple rule on the same drawn worlds."),
    ("pareto", ParetoInputs, "Plans between two parts of the objective, and which are beaten."),
    ("compare", CompareInputs, "Say what is different from one plan on file to another."),
    ("bound", BoundInputs, "Prove a better bound for a plan on file."),
    ("forecast", ForecastInputs, "Simulate a plan and put the forecast on file."),
    ("claims", ClaimsInputs,
     "Check published numbers, beside our figures as the reader may see them."),
    ("claims-recorded", RecordedClaimsInputs, "Check the recorded claims."),
    ("map", MapInputs, "Draw the contamination map."),
    ("export", ExportInputs, "Write the records that the reader may see as files."))


def _starting(kind: str, inputs: type, words: str) -> HTTPRouteHandler:
    """The handler that starts jobs of a kind. Litestar reads what it takes from its annotations."""
    async def start(request: Request, data: Any) -> Response[dict[str, Any]]:
        return await _start(request, kind, data)

    start.__name__ = f"start_{kind.replace('-', '_')}"
    start.__doc__ = words
    body: Any = JSONBody
    start.__annotations__ = {"request": Request, "data": body[inputs],
                             "return": Response[dict[str, Any]]}
    return post(f"/jobs/{kind}", opt=within(KINDS[kind].way, writes=True))(start)


@get("/jobs", opt=VIEW)
async def list_jobs(request: Request) -> dict[str, Any]:
    """The reader's own jobs, the newest first."""
    return {"jobs": [_told(j, full=False) for j in jobs_of(request).of(asking_of(request))]}


def found_job(request: Request, job_id: str) -> Job:
    """A job of the reader's own. WEB-035."""
    job = jobs_of(request).find(job_id, asking_of(request))
    if job is None:
        raise LandReleaseError(NOT_FOUND_HERE, found="such job")
    return job


@get("/jobs/{job_id:str}", opt=VIEW)
async def one_job(request: Request, job_id: FromPath[str]) -> dict[str, Any]:
    """Where a job stands."""
    return _told(found_job(request, job_id))


@delete("/jobs/{job_id:str}", status_code=200, opt=VIEW)
async def end_job(request: Request, job_id: FromPath[str]) -> dict[str, Any]:
    """Cancel a job that waits or runs; one that has ended is removed with its result."""
    job = found_job(request, job_id)
    if job.ended:
        jobs_of(request).remove(job)
        return {**_told(job), "removed": True}
    return {**_told(jobs_of(request).cancel(job)), "removed": False}


@post("/jobs/{job_id:str}/stop", status_code=200, opt=within(writes=True))
async def stop_job(request: Request, job_id: FromPath[str]) -> dict[str, Any]:
    """Ask a plan, a what-if or a bound that is being searched to stop and keep the best found so
    far; the job is done then. Other kinds, and what waits, go on as they are."""
    starter(request)
    job = found_job(request, job_id)
    if job.kind in STOPPABLE:
        jobs_of(request).finish(job)
    return _told(job)


async def _allowed(request: Request, job: Job) -> None:
    """The result passes the policy as it is now. Raises ACC-101."""
    def check(_: Registry, view: View) -> None:
        view.check(KINDS[job.kind].way)

    await read(request, check)
    note_reading(request, "jobs", f"{job.kind} {job.id}")


@get("/jobs/{job_id:str}/result", opt=VIEW)
async def job_result(request: Request, job_id: FromPath[str]) -> dict[str, Any]:
    """The result of a job that is done."""
    job = found_job(request, job_id)
    await _allowed(request, job)
    found = jobs_of(request).result(job) if job.state == "done" else None
    if found is None:
        raise LandReleaseError(NOT_FOUND_HERE, found="result of this job yet")
    return found


@get("/jobs/{job_id:str}/files/{file:str}", opt=VIEW)
async def job_file(request: Request, job_id: FromPath[str], file: FromPath[str]
                   ) -> Response[bytes]:
    """A file that a job wrote."""
    job = found_job(request, job_id)
    await _allowed(request, job)
    for path in jobs_of(request).files(job):
        if path.name == file:
            return download(path)
    raise LandReleaseError(NOT_FOUND_HERE, found="such file")


def download(path: Path) -> Response[bytes]:
    """A file to be kept, never shown as a page."""
    name = "".join(c if c.isalnum() or c in "._-" else "_" for c in path.name)
    return Response(path.read_bytes(), media_type="application/octet-stream", headers={
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store"})


# --- for people ----------------------------------------------------------------------------------

_SIGN = {"waiting": "open", "running": "open", "done": "good", "failed": "bad",
         "cancelled": "soon", "interrupted": "bad"}


def when(text: str) -> str:
    """A moment in UTC as people read it."""
    return "" if not text else text[:16].replace("T", " ") + " UTC"


def _took(job: Job) -> str:
    if not (job.began_at and job.ended_at):
        return ""
    seconds = (datetime.fromisoformat(job.ended_at)
               - datetime.fromisoformat(job.began_at)).total_seconds()
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def job_form(kind: str, *children: Any, button: str) -> Html:
    """A form that starts a job and opens its page."""
    return tag("form", *children, tag("p", tag("button", button, type="submit")),
               tag("p", "", class_="error", role="alert"), action=f"/jobs/{kind}",
               method="post", data_job=kind, class_="card")


def text_input(name: str, label: str, hint: str = "", **attributes: Any) -> Html:
    return control(label, tag("input", name=name, autocomplete="off", **attributes), hint)


def number_input(name: str, label: str, value: Any = "", hint: str = "", **attributes: Any) -> Html:
    return control(label, tag("input", name=name, type="number", value=value, step="any",
                              **attributes), hint)


def day_input(name: str, label: str, value: str = "", hint: str = "") -> Html:
    return control(label, tag("input", name=name, type="date", value=value), hint)


def file_input(name: str, label: str, hint: str = "", accept: str = ".csv") -> Html:
    return control(label, tag("input", name=name, type="file", accept=accept, data_text=True), hint)


def assets() -> Html:
    """The style and the script of these pages."""
    return group(tag("link", rel="stylesheet", href="/static/planning.css"),
                 tag("script", "", type="module", src="/static/planning.js"))


@get("/work", include_in_schema=False, opt=VIEW)
async def work_page(request: Request) -> Response[str]:
    """The reader's jobs, and forms for maps and exports."""
    asking = asking_of(request)
    listed = jobs_of(request).of(asking)

    def content(_: Registry, view: View) -> Html:
        from landrelease.access.policy import WAYS_OUT

        rows = [(link(f"/work/{j.id}", word(f"job.kind.{j.kind}")), _state(j), when(j.made_at),
                 _took(j)) for j in listed]
        forms: list[Html] = []
        if may_start(asking):
            if all(view.may(s, f) for s, f in WAYS_OUT["assess map"].needs):
                forms.append(group(tag("h2", word("job.map.title")),
                                   tag("p", word("job.map.words"), class_="note"),
                                   job_form("map", number_input(
                                       "cell", word("job.map.cell"), 100, min=10, max=10_000),
                                       button=word("job.start"))))
            kinds = [(k, kind_named(k, view.kinds[k].title)) for k in view.kinds
                     if view.precision(k) == "exact"]
            forms.append(group(
                tag("h2", word("job.export.title")),
                tag("p", word("job.export.words"), class_="note"),
                job_form("export", control(word("job.export.kind"), choices(
                    "kinds[]", [("", word("plan.pool_all")), *kinds])),
                    control(word("job.export.formats"), choices(
                        "formats[]", [(f, f) for f in ("geojson", "csv", "gpkg", "parquet", "kml",
                                                       "xlsx")])),
                    button=word("job.start"))))
        body = table(word("job.list"), [word(k) for k in (
            "job.kind", "job.state", "job.started", "job.took")], rows) if rows else tag(
                "p", word("job.none"))
        return group(assets(), tag("p", word("job.words")), body,
                     tag("div", *(tag("section", f) for f in forms), class_="columns"))

    return await show(request, word("work"), content, here="work")


def _state(job: Job) -> Html:
    percent = f" {job.share:.0%}" if job.state == "running" else ""
    return mark(_SIGN[job.state], word(f"job.state.{job.state}") + percent)


@get("/work/{job_id:str}", include_in_schema=False, opt=VIEW)
async def job_page(request: Request, job_id: FromPath[str]) -> Response[str]:
    """One job: where it stands, or its result."""
    job = jobs_of(request).find(job_id, asking_of(request))

    def content(_: Registry, view: View) -> Html:
        from landrelease.apps.web import results
        if job is None:
            raise LandReleaseError(NOT_FOUND_HERE, found="such job")
        view.check(KINDS[job.kind].way)
        pairs: list[tuple[str, Any]] = [
            (word("job.state"), tag("span", _state(job), id="job-state")),
            (word("job.started"), when(job.made_at)), (word("job.by"), job.owner)]
        if _took(job):
            pairs.append((word("job.took"), _took(job)))
        parts: list[Any] = [assets(), tag("p", link("/work", word("job.all"))),
                            tag("section", facts(pairs), _inputs(job), class_="card")]
        if not job.ended:
            parts.append(tag(
                "section", tag("label", tag("progress", "", max="1", value=f"{job.share:.3f}",
                                            id="job-bar", aria_label=word("job.progress")),
                               tag("span", job.what, id="job-what"), class_="progress"),
                tag("p", tag("button", word("job.stop"), type="button",
                             data_stop=f"/jobs/{job.id}/stop", data_said=word("job.stopping")),
                    class_="buttons") if job.kind in STOPPABLE and job.state == "running" else None,
                tag("p", tag("button", word("job.cancel"), type="button", class_="danger",
                             data_end=f"/jobs/{job.id}", data_confirm=word(
                                 "import.cancel_sure" if job.kind == "import"
                                 else "job.cancel_sure"))),
                class_="card", data_watch=f"/jobs/{job.id}"))
            return group(*parts)
        if job.error:
            parts.append(tag("p", _heard(job)["description"], class_="error", role="alert"))
        if job.state in ("interrupted", "cancelled"):
            parts.append(tag("p", word("import.cancelled" if job.kind == "import"
                                       else f"job.{job.state}")))
        found = jobs_of(request).result(job) if job.state == "done" else None
        if found is not None:
            parts.append(tag("section", tag("h2", word("job.result")),
                             results.shown(job, found), id="result"))
            files = jobs_of(request).files(job)
            if files:
                parts.append(table(word("job.files"), [word("job.files"), ""], [
                    (link(f"/jobs/{job.id}/files/{p.name}", p.name, download=p.name),
                     word("job.size", kb=f"{max(1, p.stat().st_size // 1000):,}"))
                    for p in files]))
        parts.append(tag("p", tag("button", word("job.remove"), type="button", class_="plain",
                                  data_end=f"/jobs/{job.id}", data_to="/work",
                                  data_confirm=word("job.remove_sure"))))
        return group(*parts)

    if job is not None and job.state == "done":
        note_reading(request, "jobs", f"{job.kind} {job.id}")
    return await show(request, word(f"job.kind.{job.kind}") if job else word("work"), content,
                      here="work")


def _inputs(job: Job) -> Html | None:
    said = [(word(f"input.{k}") if f"input.{k}" in ENGLISH else k.replace("_", " "), _short(v))
            for k, v in job.inputs.items()
            if v not in ("", None, [], {}, False) and k != "waiting"]
    return tag("details", tag("summary", word("job.inputs")), facts(said)) if said else None


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} = {v:g}" if isinstance(v, float) else f"{k} = {v}"
                         for k, v in value.items())
    text = ", ".join(map(str, value)) if isinstance(value, list) else (
        named(value) if isinstance(value, str) and value in vocabulary() else str(value))
    return text if len(text) <= 200 else text[:200] + " …"


HANDLERS = [*(_starting(*what) for what in _STARTS), list_jobs, one_job, end_job, stop_job,
            job_result, job_file, work_page, job_page]
