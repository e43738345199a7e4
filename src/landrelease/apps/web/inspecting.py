"""Inspection in the browser: lots and their draw, results, nonconformities, teams compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import quote, urlencode

import shapely
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery, JSONBody, MultipartBody

from landrelease.access.policy import WAYS_OUT, View
from landrelease.apps.web import layout
from landrelease.apps.web.answers import asking_of, note_reading, read
from landrelease.apps.web.forms import count_of_form, day_of_form, number_of_form
from landrelease.apps.web.layout import Html, group, mark, record_link, tag
from landrelease.apps.web.records import signature, writer
from landrelease.apps.web.sketch import Shape, intervals, plan
from landrelease.apps.web.stepup import content_of, key_fields, opened_key, password_again
from landrelease.apps.web.tiers import within
from landrelease.apps.web.words import named, word
from landrelease.core.record import KINDS
from landrelease.errors import PARAMETER_WRONG, LandReleaseError
from landrelease.store.registry import Registry

_STATE = {"overdue": "bad", "open": "soon", "corrected": "open", "closed": "good"}
_RESULT = {"accepted": "good", "rejected": "bad", "conditional": "soon", "refused": "bad",
           "not_reported": "open"}
_UNIT = {"clear": "good", "item_found": "bad", "not_searched": "soon", "not_reported": "open"}
_SEES = within("verify open", by_handler=True)  # the refusal is a page
_DRAWS = within("verify draw", writes=True)
_RECORDS = within("verify record", writes=True)
BY = ("team", "detector", "organisation", "school")
FORMS = ("team", "day", "size")


def _may(view: View, way: str) -> bool:
    return all(view.may(s, f) for s, f in WAYS_OUT[way].needs)


def lot_address(lot: str) -> str:
    return f"/inspection/lots/{quote(lot, safe='')}"


def finding_address(record: str) -> str:
    return f"/inspection/findings/{quote(record, safe='')}"


async def _page(request: Request, title: str, work: Any, detail: str) -> Response[str]:
    answer = await layout.show(request, title, work, here="inspection")
    if answer.status_code == 200:
        note_reading(request, "inspection", detail[:100])
    return answer


def _plain(value: str) -> str:
    return named(value)


# --- pages ---------------------------------------------------------------------------------------

@get("/inspection", include_in_schema=False, opt=_SEES)
async def overview(request: Request) -> Response[str]:
    """What is open and overdue, lots and their results, refused visits."""

    def work(registry: Registry, view: View) -> Html:
        from landrelease import workflows
        from landrelease.workflows import corrections, inspecting

        view.check("verify open")
        stated = workflows.load_assumptions(None, registry)
        found = inspecting.open_items(registry, view, stated, date.today())
        lots = corrections.lots_of(registry, view)
        counts = [tag("li", tag("strong", n), mark(_STATE[s] if n else "open", word(f"ins.{s}")))
                  for s in _STATE for n in (found["counts"][s],)]
        refused = [v for v in found["visits"] if v["refused"]]
        forms = None
        if _may(view, "verify draw"):
            tasks = [t.id for t in view.inside(registry.records("task"))]
            forms = tag("div", _lot_form(tasks), _finding_form(tasks), _visit_form(),
                        class_="columns")
        return group(
            tag("ul", *counts, class_="counts"),
            tag("p", layout.link("/inspection/teams", word("ins.compare")))
            if _may(view, "verify teams") else None,
            tag("h2", word("ins.nonconformities")),
            layout.table(word("ins.nonconformities"), [
                word("record"), word("rel.state"), word("ins.severity"), word("ins.due"),
                word("ins.type"), word("ins.organisation"), word("ins.finding")],
                [[layout.link(finding_address(n["record"]), n["record"]),
                  mark(_STATE[n["state"]], word(f"ins.{n['state']}") + (
                      f", {word('ins.days_over', days=n['days_over'])}" if n["days_over"] else "")),
                  _plain(n["severity"]), n["due_on"] or word("not_reported"), _plain(n["type"]),
                  n["organisation"], n["finding"]] for n in found["nonconformities"]]),
            tag("h2", word("ins.lots")),
            layout.table(word("ins.lots"), [
                word("ins.lot"), word("ins.result"), word("ins.task"), word("ins.level"),
                word("ins.units"), word("ins.sample"), word("ins.drawn"), word("ins.inspected")],
                [[layout.link(lot_address(x["lot"]), x["lot"]),
                  mark(_RESULT.get(x["result"], "open"), _result(x["result"])),
                  record_link("task", x["task"]), _plain(x["level"]), x["units"], x["sample"],
                  x["drawn_on"] or "–", x["inspected_on"] or "–"] for x in lots],
                numbers=(4, 5)),
            tag("h2", word("ins.refused")) if refused else None,
            layout.table(word("ins.refused"), [word("ins.organisation"), word("ins.visits"),
                                               word("ins.refused"), word("reason")],
                         [[_plain(v["organisation"]), v["visits"], v["refused"],
                           "; ".join(v["reasons"])] for v in refused], numbers=(1, 2))
            if refused else None, forms)

    return await _page(request, word("inspection"), work, "open")


def _result(result: str) -> str:
    return word("ins.no_result") if result == "not_reported" else _plain(result)


def _task_field(tasks: list[str], *, required: bool = True) -> Html:
    return layout.field(word("ins.task"), group(
        tag("input", name="task", required=required, list="tasks", autocomplete="off"),
        tag("datalist", *(tag("option", "", value=t) for t in tasks[:5_000]), id="tasks")))


def _lot_form(tasks: list[str]) -> Html:
    return tag("section", tag("h2", word("ins.form_lots")), tag("form", _task_field(tasks),
        layout.field(word("ins.form"), layout.choices(
            "form", [(f, word(f"ins.form.{f}")) for f in FORMS])),
        layout.field(word("ins.size"), tag("input", type="number", name="size", min="1",
                                           step="any")),
        layout.field(word("ins.unit"), tag("input", type="number", name="unit", min="0.1",
                                           step="any"), word("ins.unit_hint")),
        layout.field(word("ins.again"), tag("input", name="again"), word("ins.again_hint")),
        tag("p", tag("button", word("ins.look_at_lots"), type="submit")), method="get",
        action="/inspection/propose"), class_="card")


def _finding_form(tasks: list[str]) -> Html:
    def words(name: str) -> list[tuple[str, str]]:
        return [(c, _plain(c)) for c in KINDS["inspection"].field(name).choices
                if c not in ("not_reported", "none")]

    return tag("section", tag("h2", word("ins.new_finding")), layout.form(
        "/api/inspection/findings",
        layout.field(word("ins.finding"), tag("textarea", "", name="finding", required=True,
                                              maxlength="2000", rows="3")),
        layout.field(word("ins.severity"), layout.choices(
            "severity", words("nonconformity_severity"))),
        layout.field(word("ins.type"), layout.choices("kind", words("nonconformity_type"))),
        layout.field(word("ins.task"), tag("input", name="task", list="tasks")),
        layout.field(word("ins.organisation"), tag("input", name="organisation",
                                                   maxlength="200")),
        layout.field(word("ins.found_on"), tag("input", type="date", name="day", required=True)),
        layout.field(word("ins.due"), tag("input", type="date", name="due_on"),
                     word("ins.due_hint")),
        button=word("ins.record_finding")), class_="card")


def _visit_form() -> Html:
    return tag("section", tag("h2", word("ins.new_visit")), layout.form(
        "/api/inspection/visits",
        layout.field(word("ins.visited_on"), tag("input", type="date", name="day", required=True)),
        layout.field(word("ins.task"), tag("input", name="task", list="tasks")),
        layout.field(word("ins.organisation"), tag("input", name="organisation",
                                                   maxlength="200")),
        layout.field(word("ins.why_refused"), tag("input", name="refused", maxlength="500"),
                     word("ins.why_refused_hint")),
        button=word("ins.record_finding")), class_="card")


@get("/inspection/propose", include_in_schema=False,
     opt=within("verify draw", by_handler=True))
async def proposed(request: Request, task: FromQuery[str] = "", form: FromQuery[str] = "team",
                   size: FromQuery[str] = "", unit: FromQuery[str] = "",
                   again: FromQuery[str] = "") -> Response[str]:
    """Lots of a task as they would be formed; recording them fixes the draw of each."""

    def work(registry: Registry, view: View) -> Html:
        lots = _propose(registry, view, LotsOf(task, form, size, unit, again))
        rows = [[x["id"], x["name"] or "–", f"{x['area_m2']:,.0f} m²", x["units"],
                 f"{x['unit_m']:g} m", _plain(x["level"]), x["sample"],
                 f"{x['accept_probability']:.4f}", x["level_reason"]] for x in lots]
        stopped = any(x["stopped"] for x in lots)
        return group(
            tag("p", word("ins.propose_words")),
            layout.table(word("ins.lots"), [
                word("ins.lot"), word("name"), word("rel.area"), word("ins.units"),
                word("ins.unit"), word("ins.level"), word("ins.sample"), word("ins.accept_chance"),
                word("rel.why")], rows, numbers=(3, 6, 7)),
            plan([Shape(x["ground"], "lot", str(n)) for n, x in enumerate(lots, 1)],
                 word("ins.plan_lots", task=task)),
            tag("p", mark("bad", word("ins.stopped"))) if stopped else layout.form(
                "/api/inspection/lots", layout.hidden("task", task), layout.hidden("form", form),
                layout.hidden("size", size), layout.hidden("unit", unit),
                layout.hidden("again", again), button=word("ins.record_lots")))

    return await _page(request, word("ins.form_lots"), work, f"lots of {task}")


@get("/inspection/lots/{lot_id:path}", include_in_schema=False, opt=_SEES)
async def one_lot(request: Request, lot_id: FromPath[str]) -> Response[str]:
    """A lot: its draw with plan and list, results of its units, acceptance."""
    name = lot_id.lstrip("/")
    asking = asking_of(request)

    def work(registry: Registry, view: View) -> Html:
        from landrelease.workflows import inspecting

        view.check("verify open")
        lot = inspecting.lot_of(registry, view, name)
        v = lot.values
        head = tag("section", layout.facts([
            (word("ins.result"), mark(_RESULT.get(str(lot.value("result")), "open"),
                                      _result(str(lot.value("result"))))),
            (word("ins.task"), record_link("task", str(v.get("task") or "–"))),
            (word("teams"), ", ".join(v.get("teams") or ()) or None),
            (word("ins.level"), _plain(str(lot.value("inspection_level")))),
            (word("ins.units"), v.get("lot_size")), (word("ins.unit"), f"{v.get('unit_m')} m"),
            (word("ins.detection"), v.get("detection_probability")),
            (word("ins.tolerable"), v.get("tolerable_defects")),
            (word("ins.confidence"), v.get("confidence")),
            (word("ins.found_items"), v.get("items_found")),
            (word("ins.inspected"), v.get("inspected_on"))]), class_="card")
        if not _may(view, "verify draw"):
            # Who is inspected learns where it was searched only once there is a result.
            return group(head, tag("p", word("ins.draw_hidden"), class_="note"))
        draw = inspecting.draw_of(registry, view, name, record=False)
        if not draw["recorded"]:
            return group(
                tag("div", head, plan([Shape(lot.geometry, "lot")], word("ins.plan_lot", lot=name)),
                    class_="columns"),
                tag("section", tag("h2", word("ins.draw")), tag("p", word("ins.draw_words")),
                    layout.form("/api/inspection/draw", layout.hidden("lot", name),
                                layout.field(word("ins.thrown"), tag(
                                    "input", name="thrown", maxlength="40", autocomplete="off"),
                                    word("ins.thrown_hint")),
                                button=word("ins.draw_button"),
                                confirm=word("ins.draw_confirm")), class_="card"))
        return group(head, _drawn(lot, draw, asking))

    return await _page(request, word("ins.lot_of", lot=name[:60]), work, name)


def _drawn(lot: Any, draw: Mapping[str, Any], asking: Any) -> Html:
    units = draw["units"]
    style = {"clear": "clear", "item_found": "found"}
    shapes = [Shape(lot.geometry, "lot")] + [
        Shape(shapely.from_wkt(u["ground"]), style.get(u["result"], "unit"), str(u["unit"]))
        for u in units]
    open_ = lot.value("result") not in ("accepted", "rejected")
    rows = []
    for u in units:
        row: list[Any] = [str(u["unit"]), f"{u['latitude']:.7f}", f"{u['longitude']:.7f}",
                          f"{u['area_m2']:,.1f} m²", u["stratum"],
                          mark(_UNIT[u["result"]], word(f"ins.unit.{u['result']}"))]
        if open_:
            row.append(group(
                layout.choices(f"results.{u['unit']}", [
                    ("", word("rel.leave")), ("clear", word("ins.unit.clear")),
                    ("item_found", word("ins.unit.item_found")),
                    ("not_searched", word("ins.unit.not_searched"))], form="results",
                    aria_label=word("ins.result_of", unit=u["unit"])),
                tag("input", type="number", min="0", name=f"items.{u['unit']}", form="results",
                    class_="short", aria_label=word("ins.items_of", unit=u["unit"]))))
        rows.append(row)
    heads = [word("ins.unit_number"), word("ins.latitude"), word("ins.longitude"),
             word("rel.area"), word("ins.stratum"), word("ins.result"),
             *([word("ins.new_result")] if open_ else [])]
    clear = bool(units) and all(u["result"] == "clear" for u in units)
    today = date.today().isoformat()
    parts: list[Any] = [
        tag("p", word("ins.drawn_words", sample=draw["sample"], units=draw["units_in_lot"],
                      chance=f"{draw['accept_probability']:.4f}")),
        tag("p", f"{word('ins.seed')} {draw['seed']}"
            + (f" · {word('ins.thrown')}: {draw['thrown']}" if draw["thrown"] else ""),
            class_="note"),
        None if draw["agrees"] else tag("p", word("ins.disagrees"), class_="error"),
        plan(shapes, word("ins.plan_lot", lot=lot.id), [
            ("lot", word("ins.key_lot")), ("unit", word("ins.key_unit")),
            ("clear", word("ins.unit.clear")), ("found", word("ins.unit.item_found"))]),
        tag("p", tag("button", word("ins.print"), type="button", class_="plain noprint",
                     data_print=True)),
        layout.table(word("ins.places", lot=lot.id), heads, rows, numbers=(1, 2, 3))]
    if open_:
        parts.append(tag("section", tag("h2", word("ins.record_results")), layout.form(
            "/api/inspection/results", layout.hidden("lot", lot.id),
            layout.field(word("ins.day"), tag("input", type="date", name="day", value=today,
                                              required=True)),
            tag("label", tag("input", type="checkbox", name="all_clear", value="yes"),
                word("ins.all_clear"), class_="check"),
            button=word("ins.record_results"), id="results"), class_="card"))
    if clear and lot.value("result") != "accepted":
        parts.append(tag("section", tag("h2", word("ins.accept")), tag(
            "p", word("ins.accept_words")), layout.form(
                "/api/inspection/acceptance", layout.hidden("lot", lot.id),
                layout.field(word("ins.day"), tag("input", type="date", name="day", value=today,
                                                  required=True)),
                key_fields(asking), button=word("ins.accept_button"),
                confirm=word("ins.accept_confirm")), class_="card"))
    if lot.value("result") == "rejected":
        parts.append(tag("p", word("ins.rejected_words"), " ", layout.link(
            finding_address(lot.id), word("ins.correct")), " ", layout.link(
            "/inspection/propose?" + urlencode({"task": str(lot.values.get("task") or ""),
                                                "again": lot.id}), word("ins.inspect_again"))))
    return group(*parts)


@get("/inspection/findings/{record_id:path}", include_in_schema=False, opt=_SEES)
async def one_finding(request: Request, record_id: FromPath[str]) -> Response[str]:
    """A nonconformity: what was found, the measure, and that a visit found it corrected."""
    name = record_id.lstrip("/")
    asking = asking_of(request)

    def work(registry: Registry, view: View) -> Html:
        from landrelease import workflows
        from landrelease.workflows import corrections

        view.check("verify open")
        r = corrections.nonconformity_of(registry, view, name)
        stated = workflows.load_assumptions(None, registry)
        state = corrections.state_of(r, stated, date.today())
        v = r.values
        able = _may(view, "verify record")
        signs = r.value("result") == "accepted"
        today = date.today().isoformat()
        fields = [
            layout.hidden("record", name),
            layout.field(word("ins.measure"), tag("textarea", str(v.get("corrective_action") or ""),
                                                  name="measure", rows="3", maxlength="2000")),
            layout.field(word("ins.corrected_on"), tag(
                "input", type="date", name="corrected_on",
                value=v.get("corrected_on") or (today if not v.get("corrected_on") else None)))]
        if able:
            fields.append(layout.field(word("ins.closed_on"), tag("input", type="date",
                                                                  name="closed_on"),
                                       word("ins.closed_hint")))
        fields.append(tag("details", tag("summary", word("ins.sign_correction")),
                          key_fields(asking, required=False), open=signs))
        form = None
        if state.state != "closed" and (asking.signed_in or asking.role != "public"):
            form = tag("section", tag("h2", word("ins.correct")), layout.form(
                "/api/inspection/corrections", *fields, button=word("ins.record_measure")),
                class_="card")
        return group(
            tag("p", mark(_STATE[state.state], word(f"ins.{state.state}") + (
                f", {word('ins.days_over', days=state.days_over)}" if state.days_over else ""))),
            tag("div", tag("section", layout.facts([
                (word("ins.finding"), state.finding or None),
                (word("ins.severity"), _plain(state.severity)),
                (word("ins.type"), _plain(state.type)),
                (word("ins.organisation"), state.organisation or None),
                (word("ins.task"), record_link("task", state.task) if state.task else None),
                (word("ins.found_on"), state.found_on), (word("ins.due"), state.due_on),
                (word("ins.measure"), state.measure or None),
                (word("ins.corrected_on"), v.get("corrected_on")),
                (word("ins.closed_on"), v.get("closed_on")),
                (word("record"), record_link("inspection", name))]), class_="card"),
                form, class_="columns"))

    return await _page(request, word("ins.finding_of", record=name[:60]), work, name)


@get("/inspection/teams", include_in_schema=False,
     opt=within("verify teams", by_handler=True))
async def teams(request: Request, by: FromQuery[str] = "team") -> Response[str]:
    """Teams (detectors, organisations, schools) on identical terms, with intervals."""

    def work(registry: Registry, view: View) -> Html:
        from landrelease import workflows
        from landrelease.workflows import inspecting

        view.check("verify teams")
        chosen = by if by in BY else "team"
        found = inspecting.compare_teams(registry, view, workflows.load_assumptions(
            None, registry), chosen)
        groups = found["groups"]
        missed = any("missed_share" in g for g in groups)
        uncounted = sorted({i for g in groups for i in g.get("items_at_least", ())})
        rows = []
        for g in groups:
            place = (f"{g['rank_low']}" if g["rank_low"] == g["rank_high"]
                     else f"{g['rank_low']}–{g['rank_high']}")
            rows.append([
                g["group"], _plain(g["organisation"]), _plain(g["school"]), g["lots"], g["units"],
                f"{g['hectares']:.3f}", f"{g['units_with_item']:g}",
                f"{g['left_per_hectare']:.2f} ({g['low']:.2f}–{g['high']:.2f})", place,
                *([("≤ " if g["items_at_least"] else "")
                   + f"{g['missed_share']:.1%} ({g['missed_low']:.1%}–{g['missed_high']:.1%})"
                   if "missed_share" in g else word("not_reported")] if missed else [])])
        return group(
            tag("p", word("ins.teams_words", certainty=f"{found['certainty']:.0%}")),
            layout.asked("/inspection/teams", layout.field(word("ins.group_by"), layout.choices(
                "by", [(b, word(f"ins.by.{b}")) for b in BY], chosen)), button=word("apply")),
            tag("p", mark("open", word("ins.not_apart")))
            if groups and not found["told_apart"] else None,
            intervals([(g["group"], g["low"], g["left_per_hectare"], g["high"]) for g in groups],
                      word("ins.left"), word("ins.per_hectare")),
            layout.table(word("ins.compare"), [
                word(f"ins.by.{chosen}"), word("ins.organisation"), word("ins.school"),
                word("ins.lots"), word("ins.units_searched"), word("ins.hectares"),
                word("ins.with_item"), word("ins.left_interval"), word("ins.place"),
                *([word("ins.missed")] if missed else [])], rows, numbers=(3, 4, 5, 6, 7, 8, 9)),
            tag("p", word("ins.at_least", count=len(uncounted)), " ", *(
                group(record_link("item", i), " ") for i in uncounted[:20]), class_="note")
            if uncounted else None,
            tag("h2", word("ins.doubt")),
            layout.table(word("ins.doubt"), [word("ins.lot"), word("ins.result"),
                                             word("rel.why"), word("ins.rejected_lots"),
                                             word("ins.chance_left")],
                         [[layout.link(lot_address(x["lot"]), x["lot"]),
                           mark("soon", _result(x["result"])), ", ".join(x["because_of"]),
                           ", ".join(x["rejected"]),
                           "–" if x["chance_of_item_left"] is None
                           else f"{x['chance_of_item_left']:.2f}"]
                          for x in found["lots_in_doubt"]], numbers=(4,)),
            tag("h2", word("ins.left_out")) if found["left_out"] else None,
            tag("ul", *(tag("li", f"{x['lot']}: {x['reason']}") for x in found["left_out"]))
            if found["left_out"] else None)

    return await _page(request, word("ins.compare"), work, f"teams by {by}")


# --- what the forms send -------------------------------------------------------------------------

@dataclass
class LotsOf:
    """A task whose completed ground becomes lots, and how."""

    task: str
    form: str = "team"
    size: str = ""
    unit: str = ""
    again: str = ""


def _propose(registry: Registry, view: View, data: LotsOf) -> list[dict[str, Any]]:
    from landrelease import workflows
    from landrelease.workflows import inspecting

    view.check("verify draw")
    return inspecting.propose_lots(
        registry, view, data.task.strip(), workflows.load_assumptions(None, registry),
        form=data.form, unit_m=number_of_form("unit", data.unit, least=0.1),
        size_m2=number_of_form("size", data.size, least=1.0), again=data.again.strip() or None)


@post("/api/inspection/lots", status_code=201, opt=_DRAWS)
async def record_lots(request: Request, data: JSONBody[LotsOf]) -> dict[str, Any]:
    """Form lots of a task's completed ground and record them; the draw of each is fixed then."""
    asking = writer(request)

    def work(registry: Registry, view: View) -> tuple[list[str], list[dict[str, Any]]]:
        from landrelease.workflows import inspecting

        proposed = _propose(registry, view, data)
        return (inspecting.record_lots(registry, proposed, by=signature(asking)),
                proposed[0]["left_out"] if proposed else [])

    made, left_out = await read(request, work)
    said = word("ins.lots_recorded", count=len(made))
    if left_out:
        said = f"{said} {word('ins.lots_left_out')} " + "; ".join(
            f"{one['area_m2']:,.0f} m² {one['outcome']} ({one['reason']})" for one in left_out)
    return {"lots": made, "left_out": left_out, "location": "/inspection", "said": said}


@dataclass
class Draw:
    """A lot, and a number that both sides saw thrown."""

    lot: str
    thrown: str = ""


@post("/api/inspection/draw", status_code=201, opt=_DRAWS)
async def draw(request: Request, data: JSONBody[Draw]) -> dict[str, Any]:
    """Draw the units of a lot that are searched again; a second draw is the first one."""
    asking = writer(request)

    def work(registry: Registry, view: View) -> dict[str, Any]:
        from landrelease.workflows import inspecting

        view.check("verify draw")
        return inspecting.draw_of(registry, view, data.lot, thrown=data.thrown.strip(),
                                  by=signature(asking))

    made = await read(request, work)
    return {**made, "location": lot_address(data.lot), "said": word("ins.drawn_now",
                                                                    sample=made["sample"])}


@dataclass
class Results:
    """What searching units again showed: unit -> clear, item_found or not_searched, and items."""

    lot: str
    day: str
    results: dict[str, str] = field(default_factory=dict)
    items: dict[str, str] = field(default_factory=dict)
    all_clear: str = ""


def _told_results(data: Results, drawn: list[int]) -> dict[int, int | None]:
    told: dict[int, int | None] = dict.fromkeys(drawn, 0) if data.all_clear else {}
    said = {unit: result for unit, result in data.results.items() if result}
    for unit, result in said.items():
        # "7" and "07" would be two results of one unit.
        if not unit.isdecimal() or len(unit) > 9 or str(int(unit)) != unit \
                or result not in _UNIT or result == "not_reported":
            raise LandReleaseError(PARAMETER_WRONG, name=f"results.{unit[:20]}", found=result[:40],
                                   expected="it is clear, item_found or not_searched of a unit")
        stated = count_of_form(f"items.{unit}", data.items.get(unit, ""))
        if result == "item_found" and not stated:
            raise LandReleaseError(PARAMETER_WRONG, name=f"items.{unit}", found="nothing",
                                   expected="it is the number of items that were found there")
        if result != "item_found" and stated:
            raise LandReleaseError(PARAMETER_WRONG, name=f"items.{unit}", found=stated,
                                   expected=f"it is nothing where the unit is {result}")
        told[int(unit)] = None if result == "not_searched" else stated or 0
    for unit, items in data.items.items():
        if unit not in said and items.strip():
            raise LandReleaseError(PARAMETER_WRONG, name=f"items.{unit[:20]}", found=items[:40],
                                   expected="it is nothing of a unit without a result")
    return told


@post("/api/inspection/results", status_code=200, opt=_RECORDS)
async def record_results(request: Request, data: JSONBody[Results]) -> dict[str, Any]:
    """Record what searching the units again showed; one item rejects the lot."""
    asking = writer(request)
    day = day_of_form("day", data.day) or date.today()

    def work(registry: Registry, view: View) -> dict[str, Any]:
        from landrelease import workflows
        from landrelease.workflows import inspecting

        view.check("verify record")
        drawn = [u["unit"] for u in inspecting.draw_of(registry, view, data.lot,
                                                       record=False)["units"]]
        told = _told_results(data, drawn)
        if not told:
            raise LandReleaseError(PARAMETER_WRONG, name="results", found="nothing",
                                   expected="it is the result of at least one unit")
        stated = workflows.load_assumptions(None, registry)
        return inspecting.record_results(
            registry, view, data.lot, told, day=day, by=signature(asking),
            due_days=stated.value("correction_days_critical"))

    done = await read(request, work)
    return {**done, "said": word("ins.results_recorded", searched=done["searched"],
                                 sample=done["sample"], items=done["items_found"])}


@dataclass
class Acceptance:
    """A lot whose units are all clear, accepted with the personal key of who accepts it."""

    lot: str
    day: str
    key: UploadFile
    passphrase: str = ""
    password: str = ""


@post("/api/inspection/acceptance", status_code=200, opt=_RECORDS)
async def accept(request: Request, data: MultipartBody[Acceptance]) -> dict[str, Any]:
    """Accept a lot: a decision, signed (S09)."""
    asking = writer(request)
    content = await content_of(data.key)
    day = day_of_form("day", data.day) or date.today()
    await read(request, lambda _, view: view.check("verify record"))
    await password_again(request, data.password)

    def work(registry: Registry, view: View) -> dict[str, Any]:
        from landrelease.workflows import inspecting

        view.check("verify record")
        return inspecting.record_results(
            registry, view, data.lot, {}, day=day, accept=True,
            key=opened_key(registry, asking, content, data.passphrase))

    done = await read(request, work)
    return {**done, "said": word("ins.accepted")}


@dataclass
class NewFinding:
    """A nonconformity that a visit found."""

    finding: str
    severity: str
    kind: str
    day: str
    task: str = ""
    organisation: str = ""
    due_on: str = ""


@post("/api/inspection/findings", status_code=201, opt=_RECORDS)
async def record_finding(request: Request, data: JSONBody[NewFinding]) -> dict[str, Any]:
    """Record a nonconformity."""
    asking = writer(request)
    day = day_of_form("day", data.day) or date.today()
    due = day_of_form("due_on", data.due_on)

    def work(registry: Registry, view: View) -> str:
        from landrelease.workflows import corrections

        view.check("verify record")
        return corrections.record_finding(
            registry, view, severity=data.severity, kind=data.kind, finding=data.finding, day=day,
            task=data.task.strip(), organisation=data.organisation, due_on=due,
            by=signature(asking))

    made = await read(request, work)
    return {"record": made, "location": finding_address(made), "said": word("ins.finding_recorded")}


@dataclass
class NewVisit:
    """A visit to a task or an organisation; `refused`: why it was not let in, else nothing."""

    day: str
    task: str = ""
    organisation: str = ""
    refused: str = ""


@post("/api/inspection/visits", status_code=201, opt=_RECORDS)
async def record_visit(request: Request, data: JSONBody[NewVisit]) -> dict[str, Any]:
    """Record a visit, or that it was refused and why."""
    asking = writer(request)
    day = day_of_form("day", data.day) or date.today()

    def work(registry: Registry, view: View) -> str:
        from landrelease.workflows import corrections

        view.check("verify record")
        return corrections.record_visit(
            registry, view, task=data.task.strip(), organisation=data.organisation,
            refused=data.refused or None, day=day, by=signature(asking))

    made = await read(request, work)
    return {"record": made, "location": "/inspection", "said": word("ins.visit_recorded")}


@dataclass
class Correction:
    """The measure that was taken with its day, or the day on which a visit found it taken."""

    record: str
    measure: str = ""
    corrected_on: str = ""
    closed_on: str = ""
    key: UploadFile | None = None
    passphrase: str = ""
    password: str = ""


@post("/api/inspection/corrections", status_code=200,
      opt=within("verify open", writes=True))
async def correct(request: Request, data: MultipartBody[Correction]) -> dict[str, Any]:
    """Record a measure; a visit closes it. Who was inspected reports measures, and closes none."""
    asking = writer(request)
    content = await content_of(data.key)
    corrected = day_of_form("corrected_on", data.corrected_on)
    closed = day_of_form("closed_on", data.closed_on)
    await read(request, lambda _, view: view.check(
        "verify record" if closed is not None else "verify open"))
    if content:
        await password_again(request, data.password)

    def work(registry: Registry, view: View) -> None:
        from landrelease.workflows import corrections

        key = opened_key(registry, asking, content, data.passphrase) if content else None
        corrections.correct(registry, view, data.record, measure=data.measure,
                            corrected_on=corrected, closed_on=closed, by=signature(asking), key=key)

    await read(request, work)
    return {"record": data.record, "said": word("ins.measure_recorded")}


HANDLERS = [overview, proposed, one_lot, one_finding, teams, record_lots, draw, record_results,
            accept, record_finding, record_visit, correct]
