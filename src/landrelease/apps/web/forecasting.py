"""Pages of forecasts: distributions of finish and cost, what drives them, chances."""

from __future__ import annotations

import json
import math
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from landrelease.access.policy import View
from landrelease.apps.web import forecast_parts, speaking
from landrelease.apps.web.answers import asking_of, note_reading, read
from landrelease.apps.web.layout import (
    Html,
    asked,
    choices,
    facts,
    field,
    group,
    link,
    mark,
    record_link,
    show,
    table,
    tag,
)
from landrelease.apps.web.layout import Kept as Results
from landrelease.apps.web.results import day as stamp
from landrelease.apps.web.results import needed, number, percent
from landrelease.apps.web.standing import Filed
from landrelease.apps.web.tiers import VIEW
from landrelease.apps.web.words import told, word
from landrelease.apps.web.work import (
    assets,
    day_input,
    file_input,
    forecasts_of,
    job_form,
    may_start,
    number_input,
    plans_of,
    text_input,
    when,
)
from landrelease.core.outlook import FEWEST_RUNS, Outlook
from landrelease.errors import FORECAST_FEW_RUNS, PARAMETER_WRONG, LandReleaseError
from landrelease.store.registry import Registry
from landrelease.store.results import load_outlook
from landrelease.store.shelf import Kept, Shelf
from landrelease.units import area_words


@lru_cache(maxsize=4)
def _loaded(path: Path, _changed: int) -> tuple[Outlook, dict[str, Any]]:
    outlook, _ = load_outlook(path / "forecast.json")
    try:
        document = json.loads((path / "summary.json").read_bytes())
    except (OSError, ValueError):
        document = {}
    if not document:  # made by another program: what the file itself says
        from landrelease.workflows import outlook_summary

        document = outlook_summary(outlook)
        try:
            document["synthetic"] = bool(json.loads(
                (path / "forecast.json").read_bytes()).get("synthetic"))
        except (OSError, ValueError):
            document["synthetic"] = False
    return outlook, document


def loaded(kept: Kept) -> tuple[Outlook, dict[str, Any]]:
    """A forecast on file with its summary; the last few stay in memory until they change."""
    return _loaded(kept.path, (kept.path / "forecast.json").stat().st_mtime_ns)


def _years(outlook: Outlook) -> int:
    return round(outlook.horizon_days / 365.25)


def _until(outlook: Outlook, day: date | None) -> str:
    return _by(outlook.start.year + _years(outlook), day)


def _by(last_year: int, day: date | None) -> str:
    return word("forecast.later", year=last_year) if day is None else day.isoformat()


def _few(runs: int) -> str:
    """What stands in the place of an interval that so few runs do not tell; "" where they do."""
    return "" if runs >= FEWEST_RUNS else word("forecast.few", runs=runs, least=FEWEST_RUNS)


SUMS = Results(64)


def _summed(kept: Kept) -> tuple[str, int, int, date | None, date | None, date | None]:
    """Scenario, runs, last year, and the days of the finish (10, 50, 90 %) of a forecast on
    file."""
    def make() -> tuple[str, int, int, date | None, date | None, date | None]:
        from landrelease.workflows import pictures

        outlook, document = loaded(kept)
        return (document.get("scenario") or outlook.scenario, outlook.runs,
                outlook.start.year + _years(outlook), *pictures.finish_days(outlook)[:3])

    found: tuple[str, int, int, date | None, date | None, date | None] = SUMS.of(
        (str(kept.path), (kept.path / "forecast.json").stat().st_mtime_ns), make)
    return found


@get("/forecasts", include_in_schema=False, opt=VIEW)
async def forecasts_page(request: Request) -> Response[str]:
    """The forecast in force, those on file, and the form to make one."""
    shelf, plans, asking = forecasts_of(request), plans_of(request), asking_of(request)

    def content(_: Registry, view: View) -> Html:
        from landrelease.access.policy import WAYS_OUT
        from landrelease.workflows import on_file

        if not view.may("forecast", "finish"):
            view.check("forecast make")
        standing = shelf.in_force()
        kept = on_file.forecasts_on_file(shelf, view, asking.areas)
        rows = []
        for k in kept[:50]:
            scenario, runs, last, low, middle, high = _summed(k)
            rows.append((
                link(f"/forecasts/{k.name}", k.name),
                mark("good", word("plan.in_force")) if standing and standing.name == k.name
                else word("plan.file"), when(k.made_at.isoformat()),
                _scenario(scenario), _by(last, middle),
                _few(runs) or word("forecast.range", low=_by(last, low), high=_by(last, high))))
        parts: list[Any] = [
            assets(), tag("p", word("forecast.words")),
            table(word("forecast.on_file"), [word(k) for k in (
                "plan.name", "plan.state", "plan.made", "forecast.scenario", "forecast.median",
                "forecast.between")], rows) if rows else tag("p", word("forecast.none")),
            tag("p", word("forecast.no_force"), class_="note") if standing is None else None]
        able = all(view.may(s, f) for s, f in WAYS_OUT["forecast make"].needs)
        if able and may_start(asking):
            names = [k.name for k in on_file.plans_on_file(plans, view, asking.areas)]
            if not names and (force := plans.in_force()) is not None:
                names = [force.name]
            parts += [tag("h2", word("forecast.make")),
                      tag("p", word("forecast.make_words"), class_="note"),
                      _make_form(names) if names else tag("p", word("plan.none"))]
        return group(*parts)

    answer = await show(request, word("forecasts"), content, here="forecasts")
    if answer.status_code == 200:
        note_reading(request, "forecast", "list")
    return answer


def _scenario(name: str) -> str:
    return word("forecast.as planned") if name == "as planned" else name


def _make_form(plans: list[str], *, inverse: bool = False) -> Html:
    name = text_input("name", word("plan.make_name"), word("plan.make_name_hint"), required=True,
                      pattern="[A-Za-z0-9][A-Za-z0-9_.\\-]{0,63}", maxlength="64")
    plan = field(word("forecast.plan"), choices("plan", [(p, p) for p in plans]))
    runs = number_input("runs", word("forecast.runs"), 500, min=1, max=20000)
    wanted = number_input("chance", word("forecast.wanted"), 0.8 if inverse else "", min=0.01,
                          max=0.99)
    by = day_input("by", word("forecast.by"))
    budget = number_input("budget", word("forecast.budget"), "", min=0)
    without = tag("label", tag("input", name="no_backtest", type="checkbox"),
                  word("forecast.no_backtest"), class_="check")
    scenario = file_input("scenario", word("forecast.make_scenario"),
                          word("forecast.make_scenario_hint"), ".yaml,.yml,.json")
    return job_form("forecast", name, plan, *((by, wanted, runs) if inverse else
                                              (runs, by, budget, scenario)), without,
                    button=word("job.start"))


@get("/forecasts/{name:str}", include_in_schema=False, opt=VIEW)
async def forecast_page(request: Request, name: FromPath[str]) -> Response[str]:
    """One forecast: finish, area over time, cost, drivers, groups, chance of a date."""
    shelf, plans, asking = forecasts_of(request), plans_of(request), asking_of(request)
    beside = [n for n in dict.fromkeys(request.query_params.getall("with", []))
              if n != name][:forecast_parts.MOST_BESIDE]
    by_text, budget_text = (request.query_params.get(k, "").strip() for k in ("by", "budget"))

    def content(_: Registry, view: View) -> Html:
        from landrelease.workflows import on_file

        kept = on_file.forecast_on_file(shelf, view, name, asking.areas)
        outlook, document = on_file.outlook_for(*loaded(kept), view, kept, asking.areas)
        standing = shelf.in_force()
        current = standing is not None and standing.name == name
        plan = str(document.get("plan") or "")
        full = on_file.sees_forecasts_whole(view, kept, asking.areas)
        parts: list[Any] = [
            assets(),
            tag("p", mark("good" if current else "open",
                          word("plan.in_force" if current else "plan.file")), " ",
                tag("bdi", when(kept.made_at.isoformat()))),
            tag("p", word("synthetic"), class_="warn") if document.get("synthetic") else None,
            tag("div", _finish(outlook, document, plan), _chance(name, outlook, document, by_text,
                                                                 budget_text), class_="columns"),
            _fan(outlook), forecast_parts.s_curves(outlook),
            _beside(shelf, view, name, outlook, beside, asking.areas, by_text),
            forecast_parts.track(outlook) if full else None,
            tag("div", _years_table(outlook), _drivers(outlook), class_="columns"),
            _cost(outlook, document), _groups(outlook, document), _notes(outlook, document),
            _rests(plans, view, asking.areas, document) if full else None]
        able = view.may("forecast", "cost") and on_file.sees_quality(view) and may_start(asking)
        if able:
            names = [k.name for k in on_file.plans_on_file(plans, view, asking.areas)]
            force = plans.in_force()
            if not names and force is not None:
                names = [force.name]
            ordered = [plan] * (plan in names) + [n for n in names if n != plan]
            parts += [tag("h2", word("forecast.inverse")),
                      tag("p", word("forecast.inverse_words"), class_="note"),
                      _make_form(ordered, inverse=True) if ordered else None]
        if on_file.sees_plans(view):
            parts.append(FILED.buttons(request, kept))
        return group(*parts)

    answer = await show(request, name, content, here="forecasts")
    if answer.status_code == 200:
        note_reading(request, "forecast", name[:100])
    return answer


def _beside(shelf: Shelf, view: View, name: str, outlook: Outlook, chosen: list[str],
            areas: tuple[str, ...], by: str) -> Html | None:
    """The other forecasts that the reader may look at, and those that were chosen side by side."""
    from landrelease.workflows import on_file

    there = {k.name: k for k in on_file.forecasts_on_file(shelf, view, areas) if k.name != name}
    if not there:
        return None
    others = [(n, on_file.outlook_for(*loaded(there[n]), view, there[n], areas)[0])
              for n in chosen if n in there]
    return forecast_parts.beside(name, outlook, others, list(there)[:50], by=by)


def _rests(plans: Shelf, view: View, areas: tuple[str, ...], document: dict[str, Any]) -> Html:
    """What the forecast rests on, with the assumptions of its plan where that is still on file."""
    from landrelease.apps.web.planning import loaded as loaded_plan
    from landrelease.workflows import on_file

    assumptions: Any = ()
    try:
        kept = on_file.plan_on_file(plans, view, str(document.get("plan") or ""), areas)
        assumptions = loaded_plan(kept).assumptions
    except LandReleaseError:
        pass
    return forecast_parts.rests_on(document, assumptions,
                                   head=str(document.get("chain_head") or ""))


def _finish(outlook: Outlook, document: dict[str, Any], plan: str) -> Html:
    from landrelease.workflows import pictures

    low, middle, high, never = pictures.finish_days(outlook)
    lost = int(sum(not math.isfinite(d) for d in outlook.finish_day))
    return tag(
        "section", tag("h2", word("forecast.finish")),
        facts([(word("forecast.median"), tag("strong", _until(outlook, middle))),
               (word("forecast.between"), _few(outlook.runs) or word(
                   "forecast.range", low=_until(outlook, low), high=_until(outlook, high))),
               (word("forecast.runs"), f"{outlook.runs:,}"),
               (word("forecast.scenario"), _scenario(outlook.scenario)),
               *([(word("forecast.plan"), link(f"/plans/{plan}", plan))] if plan else [])]),
        tag("p", word("forecast.never", n=f"{lost:,}", runs=f"{outlook.runs:,}",
                      years=_years(outlook)), class_="warn") if never else None,
        tag("figure", Html(pictures.finishes(outlook, word("forecast.finish_words"),
                                             word("forecast.never_bar"))),
            tag("figcaption", word("forecast.finish_words")), class_="picture"), class_="card")


def _share(outlook: Outlook, name: str, *, by: date | None = None, budget: float | None = None
           ) -> str:
    """A chance with what so many runs leave open of it; "≥" where runs might still keep it."""
    from landrelease.workflows import outlook_summary

    found = outlook_summary(outlook, by=by, budget=budget)
    low, high = found[f"{name}_interval"]
    return (f"{'≥ ' if found[f'{name}_open_runs'] else ''}{percent(found[name], 0)} "
            f"({percent(low, 0)} – {percent(high, 0)})")


def _chance(name: str, outlook: Outlook, document: dict[str, Any], by_text: str, budget_text: str
            ) -> Html:
    """The chance of a date, and of a budget for who sees costs: read off the runs, at once."""
    costs = bool(outlook.currency)
    said: list[Html] = []
    if by_text:
        try:
            day = date.fromisoformat(by_text)
        except ValueError:
            raise LandReleaseError(PARAMETER_WRONG, name="by", found=by_text[:40],
                                   expected="it is a date as 2027-04-01") from None
        said.append(tag("p", tag("strong", word(
            "forecast.chance_is", share=_share(outlook, "chance_by", by=day),
            runs=f"{outlook.runs:,}", day=day.isoformat()))))
    if budget_text and costs:
        try:
            budget = float(budget_text)
            if not 0 < budget < math.inf:
                raise ValueError
        except ValueError:
            raise LandReleaseError(PARAMETER_WRONG, name="budget", found=budget_text[:40],
                                   expected="it is an amount of money") from None
        said.append(tag("p", tag("strong", word(
            "forecast.budget_is", share=_share(outlook, "chance_of_budget", budget=budget),
            amount=number(budget), currency=outlook.currency))))
    return tag("section", tag("h2", word("forecast.chance")), asked(
        f"/forecasts/{name}",
        field(word("forecast.by"), tag("input", name="by", type="date", value=by_text)),
        field(f"{word('forecast.budget')} ({outlook.currency})", tag(
            "input", name="budget", type="number", min=0, step="any", value=budget_text))
        if costs else Html(""), button=word("forecast.ask")),
        tag("div", *said, role="status"), needed(document), class_="card")


def _fan(outlook: Outlook) -> Html:
    from landrelease.workflows import pictures

    heads = ("forecast.middle",) if outlook.few else (
        "forecast.low", "forecast.middle", "forecast.high")
    rows = [(day.year, *map(area_words, (middle,) if outlook.few else (low, middle, high)))
            for day, low, middle, high in pictures.curve(outlook)]
    return tag(
        "section", tag("h2", word("forecast.fan")),
        tag("figure", Html(pictures.fan(outlook, word("forecast.fan"), speaking.texts())),
            tag("figcaption", _few(outlook.runs) or word("forecast.fan_words")),
            class_="picture wide"),
        tag("details", tag("summary", word("forecast.curve")),
            table(word("forecast.fan"), [word(k) for k in ("forecast.year_end", *heads)], rows,
                  numbers=tuple(range(1, 1 + len(heads))))), class_="card")


def _years_table(outlook: Outlook) -> Html:
    from landrelease.workflows import pictures

    return tag("section", tag("h2", word("forecast.years")),
               table(word("forecast.years"), [word("forecast.year"), word("forecast.chance"), ""], [
                   (day.year, _share(outlook, "chance_by", by=day), Html(pictures.share(share)))
                   for day, share in pictures.year_chances(outlook)], numbers=(1,)))


def _drivers(outlook: Outlook) -> Html:
    from landrelease.workflows import pictures

    return tag("section", tag("h2", word("forecast.drivers")),
               table(word("forecast.drivers"), [word("forecast.driver"), word("forecast.share"),
                                                ""], [
                   (told(d.words), percent(d.share, 0), Html(pictures.share(d.share)))
                   for d in sorted(outlook.drivers, key=lambda d: -d.share)], numbers=(1,)),
               tag("p", told(outlook.explained), class_="note") if outlook.explained else None)


def _cost(outlook: Outlook, document: dict[str, Any]) -> Html | None:
    from landrelease.workflows import pictures

    if not outlook.currency:
        return None
    low, middle, high = (outlook.cost_quantile(q)[0] for q in (0.1, 0.5, 0.9))
    svg, millions = pictures.costs(outlook, word("forecast.cost"))
    return tag(
        "section", tag("h2", word("forecast.cost")),
        tag("p", word("forecast.cost_line", low=number(low), middle=number(middle),
                      high=number(high), currency=outlook.currency) if not outlook.few else word(
                          "forecast.cost_few", middle=number(middle), currency=outlook.currency,
                          few=_few(outlook.runs))),
        tag("p", word("forecast.cost_bound"), class_="warn")
        if not outlook.cost_quantile(0.9)[1] else None,
        tag("figure", Html(svg), tag("figcaption", word(
            "forecast.cost_axis_m" if millions else "forecast.cost_axis",
            currency=outlook.currency)), class_="picture"),
        tag("p", speaking.texts().said(outlook.cost_definition), class_="note"), class_="card")


def _groups(outlook: Outlook, document: dict[str, Any]) -> Html | None:
    """Districts and communities, then areas; only in forecasts whose dates the reader sees."""
    from landrelease.workflows import scenarios

    parts: list[Html] = []
    for key, of, rows in (("forecast.groups", "group", scenarios.group_rows(outlook)),
                          ("forecast.areas", "area", scenarios.area_rows(outlook))):
        if not rows:
            continue
        levels = [k for k in (("p50",) if outlook.few else ("p10", "p50", "p90"))
                  if k in rows[0]]
        ordered = sorted(rows, key=lambda r: (r.get("p50") or "9999", r[of]))
        body = table(word(key), [word("forecast.group" if of == "group" else "plan.area"),
                                 *(word(f"forecast.{k}") for k in levels)], [
            (record_link("hazard", r[of]) if of == "area" else told(r[of]),
             *(stamp(r[k]) if r[k] else word("forecast.not_within", years=_years(outlook))
               for k in levels)) for r in ordered[:500]])
        parts.append(tag("section", tag("h2", word(key)), body) if of == "group"
                     else tag("details", tag("summary", word(key)), body))
    return group(*parts) if parts else None


def _notes(outlook: Outlook, document: dict[str, Any]) -> Html:
    notes = document.get("notes") or list(outlook.notes)
    return tag("details", tag("summary", word("forecast.notes")),
               tag("p", f"{word('forecast.policy')}: {told(outlook.policy)}"),
               tag("ul", *(tag("li", told(n)) for n in notes)) if notes else None, open=bool(notes))


@get("/api/forecasts", opt=VIEW)
async def list_forecasts(request: Request) -> dict[str, Any]:
    """The forecasts on file that the reader may see, with the one in force marked."""
    shelf, areas = forecasts_of(request), asking_of(request).areas

    def work(_: Registry, view: View) -> dict[str, Any]:
        from landrelease.workflows import on_file

        standing = shelf.in_force()
        return {"forecasts": [
            {"name": k.name, "made_at": k.made_at.isoformat(timespec="seconds"),
             "in_force": standing is not None and standing.name == k.name}
            for k in on_file.forecasts_on_file(shelf, view, areas)]}

    note_reading(request, "forecast", "list")
    return await read(request, work)


@get("/api/forecasts/{name:str}", opt=VIEW)
async def one_forecast(request: Request, name: FromPath[str]) -> dict[str, Any]:
    """The summary of a forecast, with the fields that the reader may see."""
    shelf, areas = forecasts_of(request), asking_of(request).areas

    def work(_: Registry, view: View) -> dict[str, Any]:
        from landrelease.workflows import on_file

        kept = on_file.forecast_on_file(shelf, view, name, areas)
        return on_file.outlook_for(*loaded(kept), view, kept, areas)[1]

    note_reading(request, "forecast", name)
    return await read(request, work)


def _on_file(shelf: Shelf, view: View, name: str, areas: tuple[str, ...]) -> Kept:
    from landrelease.workflows import on_file

    return on_file.forecast_on_file(shelf, view, name, areas)


def _fit(kept: Kept) -> None:
    """Whether a forecast may be put in force. Raises FOR-011: so few runs tell no interval."""
    outlook = loaded(kept)[0]
    if outlook.few:
        raise LandReleaseError(FORECAST_FEW_RUNS, name=kept.name, runs=outlook.runs,
                               expected=FEWEST_RUNS)


FILED = Filed("forecasts", "forecast", forecasts_of, _on_file, _fit)
HANDLERS = [forecasts_page, forecast_page, list_forecasts, one_forecast, *FILED.handlers()]
