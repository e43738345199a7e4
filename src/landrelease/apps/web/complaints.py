"""Complaints in the browser: which are open, what was answered and by whom, closing, reopening."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date
from typing import Any
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from landrelease.access.policy import WAYS_OUT, View
from landrelease.apps.web import layout
from landrelease.apps.web.answers import asking_of, note_reading, read
from landrelease.apps.web.layout import Html, group, mark, record_link, tag
from landrelease.apps.web.records import signature, writer
from landrelease.apps.web.tiers import may_write, within
from landrelease.apps.web.words import word
from landrelease.core.labels import label
from landrelease.errors import PARAMETER_WRONG, LandReleaseError
from landrelease.store.registry import Registry

_SEES = within("complaint list", by_handler=True)  # the refusal is a page
_ANSWERS = within("complaint answer", writes=True)
_MARK = {"waiting": "open", "open": "soon", "answered": "good", "closed": "good"}
_SHOWN = 500


def address_of(record: str) -> str:
    return f"/complaints/record/{quote(record, safe='')}"


def _state(c: Any) -> Html:
    late = f", {word('comp.days_over', days=c.days_over)}" if c.days_over else ""
    return mark("bad" if c.days_over else _MARK[c.state], word(f"comp.{c.state}") + late)


def _about(name: str) -> str:
    from landrelease.apps.web import speaking

    return speaking.texts()(label(name))


@get("/complaints", include_in_schema=False, opt=_SEES)
async def overview(request: Request, stands: FromQuery[str] = "") -> Response[str]:
    """Complaints, what is longest overdue first, and how many stand where."""

    def work(registry: Registry, view: View) -> Html:
        from landrelease import workflows
        from landrelease.workflows import complaints

        view.check("complaint list")
        stated = workflows.load_assumptions(None, registry)
        found = complaints.listed(registry, view, stated, date.today())
        chosen = stands if stands in complaints.STATES else ""
        rows = [[layout.link(address_of(c.record), c.record) if c.record else
                 layout.link("/#waiting", word("comp.row", number=c.row)), _state(c),
                 _about(c.about), c.received_on or word("not_reported"), c.due_on or "–",
                 c.said[:300], c.answer[:300]]
                for c in found if chosen in ("", c.state)]
        return group(
            tag("p", word("comp.words")),
            tag("ul", *(tag("li", tag("strong", n), mark(_MARK[s], word(f"comp.{s}")))
                        for s, n in complaints.counted(found).items()), class_="counts"),
            layout.asked("/complaints", layout.field(word("comp.state"), layout.choices(
                "stands", [("", word("comp.all")), *((s, word(f"comp.{s}"))
                                                    for s in complaints.STATES)], chosen)),
                button=word("apply")),
            layout.table(word("complaints"), [
                word("record"), word("comp.state"), word("comp.about"), word("comp.received"),
                word("comp.due"), word("comp.said"), word("comp.answer")], rows[:_SHOWN]),
            tag("p", word("quality.first", count=_SHOWN), class_="note")
            if len(rows) > _SHOWN else None)

    answer = await layout.show(request, word("complaints"), work, here="complaints")
    if answer.status_code == 200:
        note_reading(request, "complaint", f"list {stands}"[:100])
    return answer


@get("/complaints/record/{record_id:path}", include_in_schema=False, opt=_SEES)
async def one(request: Request, record_id: FromPath[str]) -> Response[str]:
    """One complaint: what was said, all that was done, and the next step."""
    name = record_id.lstrip("/")
    asking = asking_of(request)

    def work(registry: Registry, view: View) -> Html:
        from landrelease import workflows
        from landrelease.workflows import complaints

        view.check("complaint list")
        c = complaints.standing(complaints.complaint_of(registry, view, name),
                                workflows.load_assumptions(None, registry), date.today())
        able = may_write(asking) and all(
            view.may(s, f) for s, f in WAYS_OUT["complaint answer"].needs)
        return group(
            tag("p", _state(c)),
            tag("div", tag("section", layout.facts([
                (word("comp.about"), _about(c.about)), (word("comp.said"), c.said or None),
                (word("comp.received"), c.received_on), (word("comp.due"), c.due_on or "–"),
                (word("comp.area"), record_link("hazard", c.hazard) if c.hazard else None),
                (word("comp.answer"), c.answer or None),
                (word("comp.answered_on"), c.answered_on),
                (word("record"), record_link("complaint", name))]), class_="card"),
                tag("section", *_forms(c)) if able else None, class_="columns"),
            layout.table(word("comp.steps"), [
                word("recorded"), word("comp.state"), word("by"), word("reason"),
                word("comp.answer")],
                [[s.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC"),
                  word(f"comp.{s.state}") if s.state in _MARK else word("comp.open"), s.by,
                  s.reason, s.answer] for s in complaints.steps(registry, view, name)]))

    answer = await layout.show(request, word("comp.of", record=name[:60]), work, here="complaints")
    if answer.status_code == 200:
        note_reading(request, "complaint", name[:100])
    return answer


def _forms(c: Any) -> list[Html]:
    out = []
    if c.state != "closed":
        out.append(group(tag("h2", word("comp.give")), layout.form(
            "/api/complaints/answer", layout.hidden("record", c.record),
            layout.field(word("comp.answer"), tag("textarea", c.answer, name="answer", rows="4",
                                                  maxlength="4000", required=True)),
            layout.field(word("comp.answered_on"), tag(
                "input", type="date", name="day", value=date.today().isoformat(), required=True)),
            button=word("comp.give_button"))))
        out.append(group(tag("h2", word("comp.close")), layout.form(
            "/api/complaints/close", layout.hidden("record", c.record),
            layout.field(word("reason"), tag("input", name="reason", maxlength="500",
                                             required=not c.answer),
                         "" if c.answer else word("comp.close_hint")),
            button=word("comp.close_button"))))
    if c.state != "open":
        out.append(group(tag("h2", word("comp.reopen")), layout.form(
            "/api/complaints/reopen", layout.hidden("record", c.record),
            layout.field(word("reason"), tag("input", name="reason", maxlength="500",
                                             required=True)),
            button=word("comp.reopen_button"))))
    return out


# --- what the forms send -------------------------------------------------------------------------

@dataclass
class Answer:
    """What was answered, and on which day."""

    record: str
    answer: str = ""
    day: str = ""


@dataclass
class Reason:
    """A complaint that is closed or opened again, and why."""

    record: str
    reason: str = ""


async def _changed(request: Request, record: str, work: Any) -> dict[str, Any]:
    def inner(registry: Registry, view: View) -> str:
        view.check("complaint answer")
        return str(work(registry, view).value("complaint_status"))

    state = await read(request, inner)
    return {"record": record, "state": state, "location": address_of(record),
            "said": word("comp.done")}


@post("/api/complaints/answer", status_code=200, opt=_ANSWERS)
async def answer(request: Request, data: JSONBody[Answer]) -> dict[str, Any]:
    """Record what was answered to a complaint; who sent it reads it by the code of the report."""
    from landrelease.workflows import complaints

    by = signature(writer(request))
    try:
        day = date.fromisoformat(data.day) if data.day else date.today()
    except ValueError:
        raise LandReleaseError(PARAMETER_WRONG, name="day", found=data.day[:40],
                               expected="it is a day such as 2027-04-01") from None
    return await _changed(request, data.record, lambda registry, view: complaints.answer(
        registry, view, data.record, data.answer, day=day, by=by))


@post("/api/complaints/close", status_code=200, opt=_ANSWERS)
async def close(request: Request, data: JSONBody[Reason]) -> dict[str, Any]:
    """Close a complaint: after an answer, or without one for a reason."""
    from landrelease.workflows import complaints

    by = signature(writer(request))
    return await _changed(request, data.record, lambda registry, view: complaints.close(
        registry, view, data.record, reason=data.reason, by=by))


@post("/api/complaints/reopen", status_code=200, opt=_ANSWERS)
async def reopen(request: Request, data: JSONBody[Reason]) -> dict[str, Any]:
    """Open an answered or closed complaint again."""
    from landrelease.workflows import complaints

    by = signature(writer(request))
    return await _changed(request, data.record, lambda registry, view: complaints.reopen(
        registry, view, data.record, data.reason, by=by))


HANDLERS = [overview, one, answer, close, reopen]
