"""Pages of plans: what is on file and in force, teams and dates, map, reasons, what-if, comparison,
task orders. All of it is what the commands of `plan` do, through the same workflows."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import orjson
import shapely
from litestar import Request, Response, get, post
from litestar.params import FromPath, JSONBody

from landrelease.access import policy
from landrelease.access.policy import View
from landrelease.apps.web import results, speaking
from landrelease.apps.web.answers import asking_of, note_reading, read
from landrelease.apps.web.deciding import decision_form
from landrelease.apps.web.documents import plan_links
from landrelease.apps.web.layout import (
    KEPT,
    Html,
    asked,
    choices,
    facts,
    field,
    form,
    group,
    link,
    mark,
    record_link,
    show,
    state_of,
    table,
    tag,
)
from landrelease.apps.web.layout import Kept as Results
from landrelease.apps.web.readers import Asking
from landrelease.apps.web.records import signature
from landrelease.apps.web.results import (
    ROWS_MOST,
    better_by,
    day,
    number,
    percent,
    plan_numbers,
)
from landrelease.apps.web.standing import Filed
from landrelease.apps.web.tiers import within
from landrelease.apps.web.words import kind_named, named, word
from landrelease.apps.web.words import told as say
from landrelease.apps.web.work import (
    Day,
    assets,
    day_input,
    download,
    file_input,
    job_form,
    may_start,
    number_input,
    plans_of,
    starter,
    text_input,
    when,
)
from landrelease.core.record import Record
from landrelease.errors import NOT_FOUND_HERE, PARAMETER_WRONG, LandReleaseError
from landrelease.store.registry import Registry
from landrelease.store.results import PlanFile, load_plan
from landrelease.store.shelf import Kept, Shelf

if TYPE_CHECKING:
    from landrelease.workflows.plan_around import Around

TEAMS_MOST = 120
MONTHS = ("6", "12", "24", "60", "0")
# Who sees the dates of the plan in force, and who sees anything of it.
_DATED = tuple(r for r in policy.ROLES if policy.view(r).may("plan_dates", "start"))
_READERS = tuple(r for r in policy.ROLES if r in _DATED
                 or policy.view(r).may("plan_quality", "gap"))
FILES = ("plan.csv", "plan.geojson", "communities.csv", "cash.csv", "changes.csv")


@lru_cache(maxsize=4)
def _loaded(path: Path, _changed: int, _bound: int) -> PlanFile:
    return load_plan(path)


def loaded(kept: Kept) -> PlanFile:
    """A plan on file; the last few stay in memory until their files change."""
    bound = kept.path / "bound.json"
    return _loaded(kept.path, (kept.path / "plan.json").stat().st_mtime_ns,
                   bound.stat().st_mtime_ns if bound.exists() else 0)


def _files(kept: Kept) -> tuple[Any, ...]:
    """The state of a plan's files, for the keys of what is kept of it."""
    return (str(kept.path), *(f.stat().st_mtime_ns if f.exists() else 0
                              for f in (kept.path / "plan.json", kept.path / "bound.json")))


def _summed(kept: Kept) -> tuple[dict[str, Any], str]:
    """A plan's numbers and the chain head that it was made on."""
    def make() -> tuple[dict[str, Any], str]:
        saved = loaded(kept)
        return numbers_of(saved), saved.chain_head

    found: tuple[dict[str, Any], str] = SUMS.of(_files(kept), make)
    return found


SUMS = Results(64)


def numbers_of(saved: PlanFile) -> dict[str, Any]:
    from landrelease.workflows.planning import plan_summary

    return plan_summary(saved.plan)


# --- all plans -----------------------------------------------------------------------------------

@get("/plans", include_in_schema=False, opt=within(roles=_READERS, by_handler=True))
async def plans_page(request: Request) -> Response[str]:
    """The plan in force, the plans on file, and the form to make one."""
    shelf, asking = plans_of(request), asking_of(request)

    def content(registry: Registry, view: View) -> Html:
        from landrelease.workflows import on_file

        standing = on_file.plan_in_force(shelf, view)
        in_force = shelf.in_force()
        parts: list[Any] = [assets(), tag("p", word("plan.words"))]
        if not on_file.sees_plans(view):
            if standing is None or in_force is None:
                return group(*parts, tag("p", word("plan.no_force")))
            saved = loaded(standing)
            parts.append(_since(in_force.at, in_force.by if view.may("history") else ""))
            if on_file.sees_quality(view):
                parts += [tag("p", word("plan.quality_only")), _numbers(view, saved)]
            if on_file.sees_dates(view):
                parts.append(tag("p", link(f"/plans/{standing.name}", standing.name,
                                           class_="button")))
            return group(*parts)
        kept = on_file.plans_on_file(shelf, view, asking.areas)
        rows: list[Any] = []
        for k in kept:
            told, head = _summed(k) if len(rows) < 30 else (None, registry.head())
            force = in_force is not None and in_force.name == k.name
            rows.append((
                link(f"/plans/{k.name}", k.name), mark("good", word("plan.in_force")) if force
                else word("plan.file"),
                when(k.made_at.isoformat()), str(k.about.get("by") or ""),
                "" if told is None else number(told["score"]),
                "" if told is None else better_by(told["gap"]),
                "" if told is None else word("plan.of", planned=f"{told['stages_planned']:,}",
                                             stages=f"{told['stages']:,}"),
                "" if head == registry.head()
                else mark("soon", word("plan.state_old"))))
        parts.append(table(word("plan.on_file"), [
            word("plan.name"), word("plan.state"), word("plan.made"), word("plan.by"),
            word("plan.score"), word("plan.gap"), word("plan.planned"), ""], rows,
            numbers=(4, 5)) if rows else tag("p", word("plan.none")))
        if in_force is None:
            parts.append(tag("p", word("plan.no_force"), class_="note"))
        if may_start(asking):
            parts += [tag("h2", word("plan.make")), tag("p", word("plan.make_words")),
                      _make_form(kept)]
        return group(*parts)

    answer = await show(request, word("plans"), content, here="plans")
    if answer.status_code == 200:
        note_reading(request, "plan_dates", "list")
    return answer


def _since(at: str, by: str) -> Html:
    return tag("p", word("plan.since", day=when(at), by=by or "–"))


_WEIGHTS = ("person_weight", "hectare_weight", "season_weight", "access_weight",
            "infrastructure_weight", "worst_off")


def _make_form(kept: list[Kept]) -> Html:
    from landrelease.workflows.planning import MONEY

    return job_form(
        "plan",
        text_input("name", word("plan.make_name"), word("plan.make_name_hint"), required=True,
                   pattern="[A-Za-z0-9][A-Za-z0-9_.\\-]{0,63}", maxlength="64"),
        day_input("start", word("plan.make_start"), hint=word("plan.make_start_hint")),
        tag("p", word("plan.make_start_past"), class_="warn", hidden=True, role="status",
            data_past="start"),
        file_input("teams", word("plan.make_teams"), word("plan.make_teams_hint")),
        field(word("plan.make_money"), choices("money", [
            (m, word(f"plan.money.{m}")) for m in MONEY], "announced")),
        field(word("plan.make_standing"), choices("standing", [
            ("", word("plan.make_standing_none")), *((k.name, k.name) for k in kept)]),
            word("plan.make_standing_hint")),
        number_input("iterations", word("plan.iterations"), 250, min=0, max=20000),
        tag("details", tag("summary", word("plan.weights")), *(
            number_input(f"weights.{name}", word(f"plan.weight.{name}"), "", min=0)
            for name in _WEIGHTS)),
        tag("label", tag("input", name="renewed", type="checkbox"), word("plan.make_renewed"),
            class_="check"),
        tag("label", tag("input", name="no_roads", type="checkbox"), word("plan.make_no_roads"),
            class_="check"),
        button=word("job.start"))


# --- one plan ------------------------------------------------------------------------------------

TABS = (("gantt", ""), ("map", "/map"), ("why", "/why"), ("what_if", "/what-if"),
        ("compare", "/compare"), ("orders", "/orders"))


def _tabs(name: str, here: str, whole: bool) -> Html:
    return tag("nav", *(link(f"/plans/{name}{path}", word(f"plan.tab.{key}"),
                             aria_current="page" if key == here else None)
                        for key, path in TABS if whole or key in ("gantt", "map")),
               class_="tabs", aria_label=name)


def seen_by(shelf: Shelf, view: View, name: str, areas: tuple[str, ...]) -> tuple[Kept, bool]:
    """A plan for a reader, and whether the reader sees it whole. Raises WEB-035, ACC-101."""
    from landrelease.workflows import on_file

    if on_file.sees_plans(view):
        try:
            return on_file.plan_on_file(shelf, view, name, areas), True
        except LandReleaseError as error:
            if error.code != NOT_FOUND_HERE.code:
                raise
    if not on_file.sees_dates(view):
        view.check("plan explain")
    current = on_file.plan_in_force(shelf, view)
    if current is None or current.name != name:
        raise LandReleaseError(NOT_FOUND_HERE, found=f"plan {name}")
    return current, False


def _page(request: Request, name: str, here: str,
          work: Callable[[Registry, View, Kept, PlanFile], Any], *, whole: bool = True
          ) -> Callable[[Registry, View], Html]:
    """The content of a page of one plan; `whole`: only for who sees plans whole."""
    from landrelease.workflows import is_old

    shelf, areas = plans_of(request), asking_of(request).areas

    def content(registry: Registry, view: View) -> Html:
        if whole:
            view.check("plan explain")
        kept, full = seen_by(shelf, view, name, areas)
        if whole and not full:
            raise LandReleaseError(NOT_FOUND_HERE, found=f"plan {name}")
        saved = loaded(kept)
        old = is_old(saved, registry)
        force = shelf.in_force()
        current = force is not None and force.name == name
        return group(
            assets(), _tabs(name, here, full),
            tag("p", mark("good" if current else "open", word(
                "plan.in_force" if current else "plan.file")), " ",
                word("plan.since", day=when(force.at), by=force.by) if full and current
                and force is not None else None),
            plan_links(name),
            tag("p", word("plan.tables"), class_="warn") if saved.from_tables else None,
            tag("p", word("plan.newer"), class_="warn") if old else None,
            tag("p", word("plan.stopped"), class_="warn") if saved.plan.interrupted else None,
            work(registry, view, kept, saved))

    return content


def _numbers(view: View, saved: PlanFile) -> Html:
    """Score, bound and gap with the picture of all ways of planning."""
    from landrelease.workflows import pictures

    told = numbers_of(saved)
    room = told["room_closed"]
    words = (word("plan.bound_loose") if told["gap"] > 4 else
             word("plan.bound_none", gap=better_by(told["gap"])) if room is None else
             word("plan.bound_words", gap=better_by(told["gap"]), room=percent(room, 0)))
    rows = [(say(name), number(score)) for name, score in sorted(told["rules"].items(),
                                                           key=lambda r: -r[1])]
    rows += [(word("plan.this"), number(told["score"])),
             (word("plan.bound"), number(told["bound"]))]
    finite = math.isfinite(told["score"]) and told["score"] > 0
    return tag(
        "section", tag("h2", word("plan.summary")), plan_numbers(told), tag("p", words),
        tag("figure", Html(pictures.plan_scores(saved.plan, word("plan.this"), word("plan.bound"),
                                                word("plan.scores"), speaking.texts())),
            tag("figcaption", word("plan.scores")), class_="picture score") if finite else None,
        tag("details", tag("summary", word("plan.rule")),
            table(word("plan.scores"), [word("plan.rule"), word("plan.points")], rows,
                  numbers=(1,))), class_="card")


def _unkept(kept: Kept, saved: PlanFile) -> list[str]:
    """What people ordered or fixed and a plan does not do: of the plan alone."""
    from landrelease.workflows.explaining import unkept

    found: list[str] = UNDONE.of(_files(kept), lambda: unkept(saved.plan))
    return found


UNDONE = Results(64)


def _day(request: Request, name: str) -> date | None:
    text = request.query_params.get(name, "")
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise LandReleaseError(PARAMETER_WRONG, name=name, found=text[:40],
                               expected="it is a date as 2027-04-01") from None


def _months_later(start: date, months: int) -> date:
    month = start.month - 1 + months
    year = min(start.year + month // 12, 9998)
    return date(year, month % 12 + 1, min(start.day, 28))


@get("/plans/{name:str}", include_in_schema=False, opt=within(roles=_DATED, by_handler=True))
async def plan_page(request: Request, name: FromPath[str]) -> Response[str]:
    """Teams as rows, time from left to right; the same as a table; the plan in figures."""
    stated = request.query_params.get("months", "")
    pool = request.query_params.get("pool", "")

    def work(registry: Registry, view: View, kept: Kept, saved: PlanFile) -> Html:
        from landrelease.workflows import on_file, pictures

        if stated not in ("", *MONTHS):
            raise LandReleaseError(PARAMETER_WRONG, name="months", found=stated[:40],
                                   expected="it is one of " + ", ".join(MONTHS))
        seen = KEPT.of(("plan", *_files(kept), *state_of(registry, asking_of(request))),
                       lambda: on_file.seen(saved, view, registry))
        first = _day(request, "from") or seen.first.replace(day=1)
        # As much as shows the whole plan, up to two years.
        months_text = stated or next((m for m in MONTHS[:2] if _months_later(
            first, int(m)) > seen.last), "24")
        months = int(months_text)
        last = (max(seen.last, first + timedelta(days=1)) + timedelta(days=1) if months == 0
                else _months_later(first, months))
        pools = list(dict.fromkeys(b.pool for b in seen.bars))
        teams: dict[str, list[Any]] = {}
        for bar in seen.bars:
            if pool in ("", bar.pool):
                teams.setdefault(bar.team, []).append(bar)

        def address(at: date) -> str:
            return f"/plans/{name}?" + urlencode({"from": at.isoformat(), "months": months_text,
                                                  "pool": pool})

        rows = []
        for team, bars in list(teams.items())[:TEAMS_MOST]:
            inside = [b for b in bars if b.finish >= first and b.start < last]
            told = (word("plan.idle") if not inside else word(
                "plan.piece" if len(inside) == 1 else "plan.pieces", n=len(inside),
                first=min(b.start for b in inside), last=max(b.finish for b in inside)))
            rows.append(tag(
                "tr", tag("th", team, scope="row"),
                tag("td", Html(pictures.gantt_row(inside, first, last, date.today())),
                    tag("span", told, class_="unseen"))))
        legend = [tag("span", Html(pictures.gantt_sample(a)), " ", word(f"plan.activity.{a}"))
                  for a in ("NTS", "TS", "clearance")]
        filters = asked(
            f"/plans/{name}",
            field(word("plan.from"), tag("input", name="from", type="date",
                                         value=first.isoformat())),
            field(word("plan.months"), choices("months", [
                (m, m if m != "0" else word("plan.months_all")) for m in MONTHS], months_text)),
            field(word("plan.pool"), choices("pool", [("", word("plan.pool_all")),
                                                      *((p, p) for p in pools)], pool)),
            button=word("plan.show"))
        back = _months_later(first, -(months or 12)) if first.year > 1 else first
        chart = group(
            tag("h2", word("plan.gantt")), tag("p", word("plan.gantt_words"), class_="note"),
            filters, Html(pictures.gantt_patterns()),
            tag("p", *legend, class_="legend"),
            tag("div", tag("table", tag("caption", word("plan.gantt"), class_="unseen"),
                           tag("thead", tag("tr", tag("th", word("plan.team"), scope="col"),
                                            tag("th", Html(pictures.gantt_axis(first, last)),
                                                tag("span", word("plan.time"), class_="unseen"),
                                                scope="col"))),
                           tag("tbody", *rows), class_="gantt"),
                # Time goes from left to right in every language.
                class_="scroll", tabindex="0", role="region", aria_label=word("plan.gantt"),
                dir="ltr")
            if rows else tag("p", word("nothing_here"), class_="note"),
            tag("p", link(address(back), word("plan.earlier")), " · ",
                link(address(last), word("plan.later")), " · ",
                tag("span", word("plan.today"), class_="note")) if months else None,
            tag("p", word("plan.rows_cut", n=TEAMS_MOST), class_="note")
            if len(teams) > TEAMS_MOST else None,
            tag("p", word("plan.hidden_teams"), class_="note") if seen.hidden_teams else None,
            tag("p", word("plan.narrow"), class_="note") if view.areas else None)
        listed = [r for r in seen.rows if r["finish"] >= first and r["start"] < last]
        missing = int((saved.plan.schedule.finish < 0).sum())
        heads = ["plan.order", "plan.area", "plan.activity", "plan.mode", "plan.start",
                 "plan.finish"] + (["plan.cost"] if seen.whole else [])
        work_table = group(
            tag("h2", word("plan.table")),
            table(word("plan.table"), [word(h) for h in heads], [
                (r["order"], record_link("hazard", r["hazard_id"]),
                 word(f"plan.activity.{r['activity']}"), say(r["mode"]), day(r["start"]),
                 day(r["finish"]), *([number(r["cost"])] if seen.whole else []))
                for r in listed[:ROWS_MOST]], numbers=(6,)),
            tag("p", word("plan.table_cut", n=ROWS_MOST, total=f"{len(listed):,}"), class_="note")
            if len(listed) > ROWS_MOST else None,
            tag("p", word("plan.not_planned", n=f"{missing:,}"))
            if missing and seen.whole else None)
        if not seen.whole:
            return group(chart, work_table)
        files = [link(f"/api/plans/{name}/files/{f}", word(k), class_="button", download=f)
                 for f, k in (("plan.csv", "plan.csv"), ("plan.geojson", "plan.geojson"),
                              ("cash.csv", "plan.cash"))
                 if (kept.path / f).is_file()]
        return group(_numbers(view, saved), results.undone(_unkept(kept, saved)),
                     results.as_if_accredited(saved), chart,
                     work_table, tag("p", *files, class_="buttons"), FILED.buttons(request, kept))

    note_reading(request, "plan_dates", name)
    return await show(request, name, _page(request, name, "gantt", work, whole=False),
                      here="plans")


@get("/plans/{name:str}/map", include_in_schema=False, opt=within(roles=_DATED, by_handler=True))
async def plan_map_page(request: Request, name: FromPath[str]) -> Response[str]:
    """The areas of the plan by their place in it."""

    asking = asking_of(request)

    def work(registry: Registry, view: View, kept: Kept, saved: PlanFile) -> Html:
        ground, around = _on_the_map(registry, view, kept, saved, asking)
        places, others = ground["features"], around.listed
        return group(
            tag("h2", word("plan.map")), tag("p", word("plan.map_words"), class_="note"),
            tag("p", word("plan.map_rest")),
            tag("p", word("map.keys"), id="map-keys", class_="unseen"),
            tag("link", rel="stylesheet", href="/static/vendor/maplibre-gl.css"),
            tag("div", tag("div", "", id="plan-map", role="region",
                           aria_label=word("plan.map"), aria_describedby="map-keys",
                           data_source=f"/api/plans/{name}/map",
                           data_class=word("plan.map_class"), data_cut=word("plan.map_cut"),
                           data_no=word("no_webgl"), data_none=word("none"),
                           data_controls=json.dumps({
                               "Map.Title": word("map"),
                               "NavigationControl.ZoomIn": word("map.zoom_in"),
                               "NavigationControl.ZoomOut": word("map.zoom_out"),
                               "NavigationControl.ResetBearing": word("map.bearing"),
                               "Popup.Close": word("map.close"),
                               "ScaleControl.Meters": word("unit.m"),
                               "ScaleControl.Kilometers": word("unit.km")}),
                           data_unplanned=word("plan.unplanned"),
                           data_here=word("plan.unplanned_here"), data_part=word("plan.parts"),
                           data_unrecorded=word("layer.waiting"),
                           data_together=word("plan.together"), data_closed=word("plan.closed"),
                           data_nowhere=word("plan.nowhere"),
                           data_community=kind_named("settlement"),
                           data_more=word("plan.communities_cut"),
                           data_as_of=word("map.as_of"), data_silent=word("map.silent"),
                           data_changed=word("plan.map_changed"),
                           data_basemap=bool(request.app.state.settings.basemap)),
                tag("div", tag("div", "", id="map-state", role="alert"),
                    tag("p", "", id="map-as-of", class_="note"),
                    tag("p", link("", word("plan.reload")), id="plan-changed", class_="caution",
                        role="status", hidden=True),
                    tag("div", "", id="plan-legend"),
                    tag("div", "", id="plan-told", aria_live="polite"), class_="side"),
                class_="mapview"),
            tag("h2", word("plan.unplanned"), f": {len(others):,}"),
            table(word("plan.unplanned"), [word(k) for k in (
                "plan.area", "field.name", "field.hazard_type", "field.status")], [
                    (record_link("hazard", h["hazard"]), h["name"] or "", *(
                        named(h[k] or "not_reported") for k in ("hazard_type", "status")))
                    for h in others[:ROWS_MOST]]),
            _listed_of(len(others)),
            tag("h2", word("plan.by_place")),
            table(word("plan.by_place"), [word(k) for k in (
                "plan.order", "plan.area", "plan.start", "plan.finish")], [
                    (p["order"], record_link("hazard", p["hazard"]),
                     day(date.fromisoformat(p["start"])), day(date.fromisoformat(p["finish"])))
                    for f in places[:ROWS_MOST] for p in [f["properties"]]]),
            _listed_of(len(places)),
            tag("p", link(f"/plans/{name}", word("plan.table"))),
            tag("p", link(f"/api/plans/{name}/ground", word("plan.ground"),
                          download=f"{name}-ground.geojson", class_="button plain"),
                class_="buttons"))

    note_reading(request, "plan_dates", name)
    return await show(request, name, _page(request, name, "map", work, whole=False), here="plans")


def _listed_of(total: int) -> Html | None:
    return tag("p", word("plan.listed", n=ROWS_MOST, total=f"{total:,}"),
               class_="note") if total > ROWS_MOST else None


def _on_the_map(registry: Registry, view: View, kept: Kept, saved: PlanFile, asking: Asking
                ) -> tuple[dict[str, Any], Around]:
    """The areas of a plan as GeoJSON, and what lies around them, for this reader."""
    from landrelease.workflows import on_file
    from landrelease.workflows.plan_around import around_plan

    def make() -> tuple[dict[str, Any], Around]:
        ground = on_file.plan_map(saved, on_file.seen(saved, view, registry), registry, view)
        drawn = {f["properties"]["hazard"]: shapely.geometry.shape(f["geometry"])
                 for f in ground["features"]}
        return ground, around_plan(drawn, frozenset(on_file.order_of(saved)), registry, view)

    found: tuple[dict[str, Any], Around] = KEPT.of(
        ("plan map", *_files(kept), *state_of(registry, asking)), make)
    return found


@get("/api/plans/{name:str}/map", opt=within(roles=_DATED))
async def plan_map(request: Request, name: FromPath[str]) -> dict[str, Any]:
    """The areas of a plan as GeoJSON, in their order, with their dates; beside them (`around`) the
    hazards that it does not work on, and communities (`communities`)."""
    shelf, asking = plans_of(request), asking_of(request)

    def work(registry: Registry, view: View) -> dict[str, Any]:
        kept, _ = seen_by(shelf, view, name, asking.areas)
        ground, around = _on_the_map(registry, view, kept, loaded(kept), asking)
        # In the language of the reader, who may be another than the one before.
        said = [{**a, "properties": {**a["properties"], "said": " · ".join(
            named(a["properties"].get(k, "not_reported")) for k in ("hazard_type", "status"))}}
            if a["properties"]["kind"] == "unplanned" else a for a in around.areas]
        return {**ground, "around": {
            "type": "FeatureCollection", "unplanned": len(around.listed),
            "nowhere": around.nowhere, "parts": around.parts, "unrecorded": around.unrecorded,
            "together": around.together, "closed": around.closed, "features": said},
            "communities": {"type": "FeatureCollection", "more": around.more,
                            "features": around.communities}}

    note_reading(request, "plan_dates", name)
    return await read(request, work)


@get("/api/plans/{name:str}/ground", opt=within(roles=_DATED))
async def plan_ground(request: Request, name: FromPath[str]) -> Response[bytes]:
    """The areas of a plan and the hazards that it does not work on as one layer for a GIS
    (GeoJSON): `kind` is `planned`, `unplanned`, `part` (ground of a planned area beyond its planned
    work), `unrecorded` or `together` (coarse squares that hold many)."""
    shelf, asking = plans_of(request), asking_of(request)

    def work(registry: Registry, view: View) -> bytes:
        from landrelease.workflows import label

        kept, _ = seen_by(shelf, view, name, asking.areas)
        ground, around = _on_the_map(registry, view, kept, loaded(kept), asking)
        mark_ = {"synthetic": True} if ground["synthetic"] else {}
        features = [{"type": "Feature", "geometry": f["geometry"],
                     "properties": {"kind": "planned", **f["properties"], **mark_}}
                    for f in ground["features"]]
        features += [{"type": "Feature", "geometry": f["geometry"],
                      "properties": {**f["properties"], **mark_}} for f in around.areas]
        return orjson.dumps({
            "type": "FeatureCollection", "description": label(ground["synthetic"]) + _GROUND_WORDS,
            "left_out": ground["left_out"], "nowhere": around.nowhere, "features": features})

    content = await read(request, work)
    note_reading(request, "plan_dates", f"{name} ground")
    return Response(content, media_type="application/geo+json",
                    headers={"Cache-Control": "private, no-store"})


_GROUND_WORDS = ("Areas of a plan, and hazards that it does not work on. A proposal, not an order; "
                 "ground without an area is ground without information.")


@get("/api/plans/{name:str}/files/{file:str}", opt=within("plan explain"))
async def plan_file(request: Request, name: FromPath[str], file: FromPath[str]) -> Response[bytes]:
    """A table of a plan, for who sees plans whole."""
    shelf, areas = plans_of(request), asking_of(request).areas

    def work(_: Registry, view: View) -> Path:
        from landrelease.workflows import on_file

        path = on_file.plan_on_file(shelf, view, name, areas).path / file
        if file not in FILES or not path.is_file():
            raise LandReleaseError(NOT_FOUND_HERE, found="such file")
        return path

    note_reading(request, "plan_dates", f"{name} {file}")
    return download(await read(request, work))


@get("/api/plans", opt=within("plan explain"))
async def list_plans(request: Request) -> dict[str, Any]:
    """The plans on file that the reader sees whole, and the one in force."""
    shelf, areas = plans_of(request), asking_of(request).areas

    def work(_: Registry, view: View) -> dict[str, Any]:
        from landrelease.workflows import on_file

        view.check("plan explain")
        kept = on_file.plans_on_file(shelf, view, areas)
        force = shelf.in_force()
        return {"plans": [{"name": k.name, "made_at": k.made_at.isoformat(timespec="seconds"),
                           "by": str(k.about.get("by") or "")} for k in kept],
                "in_force": None if force is None or force.name not in {k.name for k in kept}
                else dataclasses.asdict(force)}

    note_reading(request, "plan_dates", "list")
    return await read(request, work)


# --- reasons -------------------------------------------------------------------------------------

@get("/plans/{name:str}/why", include_in_schema=False, opt=within("plan explain", by_handler=True))
async def why_page(request: Request, name: FromPath[str]) -> Response[str]:
    """What binds the plan, what each piece of work waits for, why one area comes first."""
    one, other = (request.query_params.get(k, "").strip() for k in ("one", "other"))

    def work(registry: Registry, view: View, kept: Kept, saved: PlanFile) -> Html:
        from landrelease.workflows.explaining import explain

        view.check("plan explain")
        pair = (one, other) if one and other else None
        # For who sees plans whole, and of the plan alone: no reader changes it.
        found = KEPT.of(("why", *_files(kept), pair), lambda: explain(saved.plan, pair))
        areas = list(saved.plan.problem.hazard_ids)[:2_000]
        return group(
            tag("section", tag("h2", word("plan.two")), asked(
                f"/plans/{name}/why",
                field(word("plan.first"), tag("input", name="one", value=one, list="areas",
                                              required=True)),
                field(word("plan.other"), tag("input", name="other", value=other, list="areas",
                                              required=True)),
                tag("datalist", *(tag("option", value=a) for a in areas), id="areas"),
                button=word("plan.ask")),
                None if found.why is None else _why(found.why), class_="card"),
            tag("h2", word("plan.why")), tag("p", word("plan.why_words"), class_="note"),
            table(word("plan.why"), [word(k) for k in (
                "plan.constraint", "plan.steps", "plan.days", "plan.gain")], [
                    (say(r["constraint"]), f"{r['steps']:,}", number(r["days"]),
                     number(r["points"]))
                    for r in found.binding[:30]], numbers=(1, 2, 3)),
            tag("h2", word("plan.waits")),
            table(word("plan.waits"), [word(k) for k in (
                "plan.stage", "plan.start", "plan.waits_for", "plan.else_from", "plan.gain")], [
                    (w["stage"], day(w["start"]), say(w["waits_for"]), day(w["else_from"]),
                     number(w["gain"]))
                    for w in found.waits[:50] if w["gain"] > 0], numbers=(4,)),
            *((tag("h2", word("plan.undone")),
               tag("p", word("plan.undone_words"), class_="note"),
               table(word("plan.undone"), [word(k) for k in (
                   "plan.stage", "plan.waits_for", "plan.gain")], [
                       (u["id"], say(u["waits_for"]), "" if u["together"] else number(u["gain"]))
                       for u in found.undone[:50]], numbers=(2,))) if found.undone else ()),
            tag("h2", word("plan.idle_time")),
            tag("p", word("plan.idle_words", share=percent(found.idle_share, 0)), class_="note"),
            table(word("plan.idle_time"), [word(k) for k in (
                "plan.team", "plan.start", "plan.finish", "plan.idle_weeks", "plan.waits_for")], [
                    (r["team"], day(r["start"]), day(r["finish"]), f"{r['weeks']:g}",
                     say(r["waits_for"]))
                    for r in sorted(found.idle, key=lambda r: -r["weeks"])[:50]], numbers=(3,)),
            tag("div", tag("section", tag("h2", word("plan.conflicts")),
                           tag("p", word("plan.conflicts_words"), class_="note"),
                           job_form("conflicts", _plan_name(name), field(
                               word("plan.area"), tag("textarea", name="stages[]", rows="3",
                                                      data_lines=True)),
                               button=word("job.start"))),
                tag("section", tag("h2", word("plan.better_bound")),
                    tag("p", word("plan.better_bound_words"), class_="note"),
                    job_form("bound", _plan_name(name), number_input(
                        "seconds", word("plan.seconds"), 60, min=1, max=21600),
                        button=word("job.start"))), class_="columns")
            if may_start(asking_of(request)) else None)

    note_reading(request, "plan_dates", name)
    return await show(request, name, _page(request, name, "why", work), here="plans")


def _plan_name(name: str) -> Html:
    return tag("input", type="hidden", name="plan", value=name)


def _why(why: dict[str, Any]) -> Html:
    worse = why["loss"]
    share = percent(abs(worse) / why["score"] if why["score"] else 0.0, 2)
    words = (word("plan.swap_same") if worse == 0 else
             word("plan.swap_worse" if worse > 0 else "plan.swap_better",
                  points=number(abs(worse)), share=share))
    return group(
        tag("p", tag("strong", words)),
        table(word("plan.two"), [word(k) for k in (
            "plan.side", "plan.start", "plan.finish", "plan.per_day", "plan.team_days",
            "plan.per_team_day")], [
                (record_link("hazard", s["id"]), day(s["start"]), day(s["finish"]),
                 number(s["points_per_day"], 1),
                 number(s["team_days"], 1), number(s["points_per_team_day"], 2))
                for s in why["sides"]], numbers=(3, 4, 5)),
        tag("ul", *(tag("li", f"{w['stage']}: {w['start']}, {word('plan.waits_for').lower()} "
                              f"{say(w['waits_for'])}")
                    for s in why["sides"] for w in s["waits"][:4]),
            *(tag("li", f"{u['id']}: {word('plan.never')}, {word('plan.waits_for').lower()} "
                        f"{say(u['waits_for'])}")
              for s in why["sides"] for u in s["undone"][:4])))


# --- what if, comparison -------------------------------------------------------------------------

@get("/plans/{name:str}/what-if", include_in_schema=False,
     opt=within("plan what-if", by_handler=True))
async def what_if_page(request: Request, name: FromPath[str]) -> Response[str]:
    """Forms: other weights, another team, more money, chance, between two parts of the score."""

    def work(registry: Registry, view: View, kept: Kept, saved: PlanFile) -> Html:
        view.check("plan what-if")
        problem = saved.plan.problem
        weights = dataclasses.asdict(problem.objective)
        kept_as = text_input("name", word("plan.keep_as"), word("plan.keep_hint"), maxlength="64",
                             pattern="[A-Za-z0-9][A-Za-z0-9_.\\-]{0,63}")
        rounds = number_input("iterations", word("plan.iterations"), 100, min=0, max=20000)
        few = number_input("iterations", word("plan.iterations"), 60, min=0, max=20000)
        since = day_input("change.since", word("plan.since_day"))
        money = problem.conditions.money
        if not may_start(asking_of(request)):
            return facts([(word(f"plan.weight.{k}"), f"{v:g}") for k, v in weights.items()])
        by_weight = tag(
            "section", tag("h2", word("plan.what_if_weights")),
            tag("p", word("plan.what_if_weights_words"), class_="note"),
            job_form("what-if", _plan_name(name), *(number_input(
                f"weights.{k}", word(f"plan.weight.{k}"), f"{v:g}", min=0)
                for k, v in weights.items()), rounds, kept_as, button=word("job.start")))
        by_team = tag(
            "section", tag("h2", word("plan.what_if_team")),
            tag("p", word("plan.what_if_price_words"), class_="note"),
            job_form("price", _plan_name(name),
                     tag("input", type="hidden", name="change.kind", value="teams"),
                     field(word("plan.pool"), choices("change.name", [
                         (p.id, f"{p.id} ({p.organisation}, {p.teams})") for p in problem.pools])),
                     number_input("change.amount", word("plan.more_teams"), 1, min=1, max=100),
                     since, few, button=word("job.start")))
        by_money = tag(
            "section", tag("h2", word("plan.what_if_money")),
            tag("p", word("plan.no_money"), class_="note") if money is None or not money.fund_ids
            else job_form(
                "price", _plan_name(name),
                tag("input", type="hidden", name="change.kind", value="money"),
                field(word("plan.fund"), choices("change.name", [
                    (f, f) for f in money.fund_ids])),
                number_input("change.amount", f"{word('plan.amount')} ({money.currency})", 100_000,
                             min=1), since, few, button=word("job.start")))
        return group(tag("div", by_weight, tag("div", by_team, by_money), class_="columns"),
                     tag("div", _policy_form(name), _pareto_form(name), class_="columns"))

    answer = await show(request, name, _page(request, name, "what_if", work), here="plans")
    if answer.status_code == 200:
        note_reading(request, "plan_dates", name)
    return answer


def _policy_form(name: str) -> Html:
    return tag(
        "section", tag("h2", word("plan.policy")),
        tag("p", word("plan.policy.words"), class_="note"),
        job_form("policy", _plan_name(name),
                 number_input("samples", word("plan.policy.samples"), 50, min=1, max=2000),
                 number_input("every", word("plan.policy.every"), 35,
                              word("plan.policy.every_hint"), min=0, max=10_000),
                 number_input("iterations", word("plan.policy.iterations"), 1, min=0, max=1000),
                 button=word("job.start")))


def _pareto_form(name: str) -> Html:
    parts = [(p, word(f"plan.loss.{p}")) for p in (
        "people", "land", "seasons", "access", "infrastructure")]
    return tag(
        "section", tag("h2", word("plan.pareto")),
        tag("p", word("plan.pareto.words"), class_="note"),
        job_form("pareto", _plan_name(name),
                 field(word("plan.pareto.one"), choices("parts[]", parts, "access")),
                 field(word("plan.pareto.other"), choices("parts[]", parts, "land")),
                 number_input("points", word("plan.pareto.points"), 5, min=2, max=21),
                 number_input("iterations", word("plan.iterations"), 60, min=0, max=20000),
                 text_input("name", word("plan.keep_as"), word("plan.pareto.keep_hint"),
                            maxlength="56", pattern="[A-Za-z0-9][A-Za-z0-9_.\\-]{0,55}"),
                 button=word("job.start")))


@get("/plans/{name:str}/compare", include_in_schema=False,
     opt=within("plan compare", by_handler=True))
async def compare_page(request: Request, name: FromPath[str]) -> Response[str]:
    """This plan and another one side by side, and what is different."""
    chosen = request.query_params.get("with", "")
    shelf, areas = plans_of(request), asking_of(request).areas

    def work(registry: Registry, view: View, kept: Kept, saved: PlanFile) -> Html:
        from landrelease.workflows import on_file
        from landrelease.workflows.comparing import compared

        view.check("plan compare")
        others = [k.name for k in on_file.plans_on_file(shelf, view, areas) if k.name != name]
        if not others:
            return tag("p", word("plan.compare_none"))
        picker = asked(f"/plans/{name}/compare", field(word("plan.with"), choices(
            "with", [(o, o) for o in others], chosen)), button=word("plan.show"))
        if not chosen:
            return group(tag("h2", word("plan.compare")), picker)
        beside = on_file.plan_on_file(shelf, view, chosen, areas)
        other = loaded(beside)
        return group(
            tag("h2", word("plan.compare")), picker,
            results.compared({**compared(saved, other), "names": [name, chosen]}),
            job_form("compare", _plan_name(name), tag(
                "input", type="hidden", name="other", value=chosen),
                button=word("plan.compare_file")) if may_start(asking_of(request)) else None,
            tag("div", *(tag("section", tag("h3", n), results.undone(_unkept(k, p)) or tag(
                "p", mark("good", word("plan.unkept_none"))), class_="card")
                for n, k, p in ((name, kept, saved), (chosen, beside, other))), class_="columns"))

    note_reading(request, "plan_dates", name)
    return await show(request, name, _page(request, name, "compare", work), here="plans")


# --- decisions of people -------------------------------------------------------------------------

@get("/plans/{name:str}/orders", include_in_schema=False,
     opt=within("plan orders", by_handler=True))
async def orders_page(request: Request, name: FromPath[str]) -> Response[str]:
    """Record the work of a plan as proposed tasks; the tasks that are on record."""

    def work(registry: Registry, view: View, kept: Kept, saved: PlanFile) -> Html:
        view.check("plan orders")
        tasks = view.records(registry.records("task"))
        shown = sorted(tasks, key=lambda r: (str(r.values.get("planned_start") or "9999"), r.id))
        return group(
            tag("h2", word("plan.orders")), tag("p", word("plan.orders_words")),
            form(f"/api/plans/{name}/orders",
                 field(word("plan.orders_until"), tag("input", name="until", type="date"),
                       word("plan.orders_until_hint")),
                 button=word("plan.propose"), confirm=word("plan.propose_sure"), class_="card")
            if may_start(asking_of(request)) else None,
            decision_form(asking_of(request), name, shown, sorted(
                r.id for r in view.records(registry.records("team"))))
            if shown and may_start(asking_of(request)) else None,
            tag("h2", word("plan.tasks")),
            table(word("plan.tasks"), [word(k) for k in (
                "plan.task", "plan.task_status", "plan.area", "plan.start", "plan.finish",
                "plan.mode", "plan.task_teams", "plan.task_paper")],
                [_task_row(r) for r in shown[:ROWS_MOST]]),
            tag("p", word("plan.task_cut", n=ROWS_MOST, total=f"{len(shown):,}"), class_="note")
            if len(shown) > ROWS_MOST else None)

    answer = await show(request, name, _page(request, name, "orders", work), here="plans")
    if answer.status_code == 200:
        note_reading(request, "plan_dates", name)
        note_reading(request, "task", f"orders {name}"[:100])
    return answer


_TASK_SIGNS = {"proposed": "open", "withdrawn": "bad", "suspended": "soon", "completed": "good"}


def _task_row(task: Record) -> tuple[Any, ...]:
    """A task as a row: what it is, when, how, by whom, and its order on paper."""
    status, area = str(task.values.get("task_status") or "not_reported"), task.values.get("hazard")
    ways = [named(v) for v in (task.values.get("task_type"), task.values.get("method")) if v]
    return (record_link("task", task.id), mark(_TASK_SIGNS.get(status, "soon"), named(status)),
            record_link("hazard", str(area)) if area else "",
            day(task.values.get("planned_start")) if task.values.get("planned_start") else "",
            day(task.values.get("planned_finish")) if task.values.get("planned_finish") else "",
            tag("span", ", ".join(ways), tag("span", say(str(task.values["instructions"])),
                                             class_="note")
                if task.values.get("instructions") else None),
            group(*(group(", " if n else None, record_link("team", str(team)))
                    for n, team in enumerate(task.values.get("teams") or ()))),
            link(f"/documents/task?task={quote(task.id, safe='')}", "PDF"))


@dataclass
class OrdersAsked:
    """Only work that starts by a day; empty: all that is dated."""

    until: Day = ""


@post("/api/plans/{name:str}/orders", status_code=200, opt=within("plan orders", writes=True))
async def propose_tasks(request: Request, name: FromPath[str], data: JSONBody[OrdersAsked]
                        ) -> dict[str, Any]:
    """Record the work of a plan as proposed tasks. They are no orders: a person orders (S09)."""
    asking, shelf = starter(request), plans_of(request)

    def work(registry: Registry, view: View) -> dict[str, Any]:
        from landrelease.workflows import on_file
        from landrelease.workflows.orders import propose_from

        view.check("plan orders")
        kept = on_file.plan_on_file(shelf, view, name, asking.areas)
        until = None
        if data.until:
            try:
                until = date.fromisoformat(data.until)
            except ValueError:
                raise LandReleaseError(PARAMETER_WRONG, name="until", found=data.until,
                                       expected="it is a date as 2027-04-01") from None
        found = propose_from(registry, loaded(kept), Path(kept.name), by=signature(asking),
                             until=until)
        counts = {k: len(v) for k, v in dataclasses.asdict(found).items()}
        said = [word("plan.proposed", **counts)]
        if found.past:
            said.append(word("plan.proposed_past", **counts))
        if found.again:
            said.append(word("plan.proposed_again", **counts))
        return {**dataclasses.asdict(found), "said": " ".join(said)}

    return await read(request, work)


def _on_file(shelf: Shelf, view: View, name: str, areas: tuple[str, ...]) -> Kept:
    from landrelease.workflows import on_file

    return on_file.plan_on_file(shelf, view, name, areas)


FILED = Filed("plans", "plan", plans_of, _on_file)

HANDLERS = [plans_page, plan_page, plan_map_page, plan_map, plan_ground, plan_file, list_plans,
            why_page, what_if_page, compare_page, orders_page, propose_tasks, *FILED.handlers()]
