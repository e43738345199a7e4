"""Teams and accreditations in the browser: who may do what until when, and may it work today."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery

from landrelease.access.policy import View
from landrelease.apps.web import layout
from landrelease.apps.web.answers import note_reading
from landrelease.apps.web.forms import day_of_form
from landrelease.apps.web.layout import Html, group, mark, record_link, tag
from landrelease.apps.web.tiers import within
from landrelease.apps.web.words import ENGLISH, field_named, named, told, word
from landrelease.core.moment import day_of
from landrelease.store.registry import Registry

if TYPE_CHECKING:
    from landrelease.core.gate import TeamGate
    from landrelease.core.record import Record
    from landrelease.workflows.capacity import TeamState

_SEES = within("operate competence", by_handler=True)  # the refusal is a page
_LEAVE = {"expired": "bad", "ends_soon": "soon", "end_not_reported": "soon", "in_force": "good"}
_CHECK = {"passed": "good", "failed": "bad", "not_reported": "bad"}


def team_address(team: str, day: str = "") -> str:
    return f"/teams/{quote(team, safe='')}" + (f"?day={quote(day)}" if day else "")


async def _page(request: Request, title: str, work: Any, detail: str) -> Response[str]:
    answer = await layout.show(request, title, work, here="teams")
    if answer.status_code == 200:
        note_reading(request, "team", detail[:100])
    return answer


def leave_mark(state: str, any_: bool = True) -> Html:
    return mark(_LEAVE[state] if any_ else "open", word(f"leave.{state}")) if state else mark(
        "bad", word("leave.none"))


def gate_mark(gates: Iterable[TeamGate]) -> Html:
    """Whether a team may start today: where it has no task there is no gate to pass."""
    listed = list(gates)
    if not listed:
        return mark("open", word("gate.no_task"))
    stopped = sum(not g.passed for g in listed)
    return mark("bad", word("gate.stopped", count=stopped, of=len(listed))) if stopped \
        else mark("good", word("gate.passed"))


def _plain(value: Any) -> str:
    if value is None or value == "not_reported":
        return word("not_reported")
    if isinstance(value, (list, tuple)):
        return ", ".join(map(named, value))
    return named(value)


def _day_field(path: str, day: date) -> Html:
    return layout.asked(path, layout.field(word("team.day"), tag(
        "input", type="date", name="day", value=day.isoformat())), button=word("apply"))


@get("/teams", include_in_schema=False, opt=_SEES)
async def overview(request: Request, day: FromQuery[str] = "") -> Response[str]:
    """All teams, trainings and accreditations by how soon they end, what is not granted."""

    def work(registry: Registry, view: View) -> Html:
        from landrelease import workflows
        from landrelease.workflows import capacity

        view.check("operate competence")
        on = day_of_form("day", day) or date.today()
        stated = workflows.load_assumptions(None, registry)
        teams = capacity.teams_on(registry, view, stated, on)
        found = capacity.all_leaves(registry, view, stated, on)
        others = capacity.accreditation_states(registry, view, on)
        counts = {s: sum(x.state == s for x in found) for s in _LEAVE}
        return group(
            _day_field("/teams", on),
            tag("ul", *(tag("li", tag("strong", counts[s]), leave_mark(s, counts[s] > 0))
                        for s in _LEAVE),
                class_="counts"),
            tag("h2", word("teams")), layout.table(word("teams"), [
                word("team.team"), word("name"), word("ins.organisation"), word("team.type"),
                word("team.status"), word("team.members"), word("team.leave"),
                word("team.detectors"), word("team.gate")],
                [_row(t, on, _unsigned_of(t, others)) for t in teams], numbers=(5,)),
            tag("h2", word("team.ends")),
            tag("p", word("team.ends_words", days=f"{stated.value('expiry_warning_days'):g}"),
                class_="note"),
            layout.table(word("team.ends"), [
                word("record"), word("rel.state"), word("team.what"), word("team.holder"),
                word("team.scope"), word("team.until"), word("teams")],
                [[record_link("person" if x.what == "training" else "accreditation", x.record),
                  leave_mark(x.state), word(f"leave.what.{x.what}"), x.holder, _plain(x.scope),
                  x.until or word("not_reported"),
                  group(*(group(layout.link(team_address(t), t), " ") for t in x.teams))]
                 for x in found]),
            tag("h2", word("team.not_granted")),
            layout.table(word("team.not_granted"), [
                word("record"), word("rel.state"), word("team.scope"), word("team.holder"),
                word("team.until"), word("teams")],
                [*([*_stated(r, mark("bad", word("team.unsigned", why=told(why))), on),
                    _links([t for t in teams if capacity.of_team(t.team, r)])]
                   for r, why in others["unsigned"]),
                 *([*_stated(r, mark("open", _plain(r.value("accreditation_status"))), on),
                    _links([t for t in teams if capacity.of_team(t.team, r)])]
                   for r in others["others"])]))

    return await _page(request, word("teams"), work, "teams")


def _links(teams: Iterable[TeamState]) -> Html:
    return group(*(group(layout.link(team_address(t.team.id), t.team.id), " ") for t in teams))


def _stated(r: Record, state: Html, on: date) -> list[Any]:
    """An accreditation that counts for nothing: for what, whose, until when, as it says."""
    until = day_of(r.values.get("expires_on"))
    return [record_link("accreditation", r.id), state, _plain(r.value("scope")),
            _plain(next((r.values[n] for n in ("person", "machine", "team",
                                               "accredited_organisation") if r.values.get(n)),
                        None)),
            word("not_reported") if until is None else group(
                until, *([" ", leave_mark("expired")] if until < on else []))]


def _unsigned_of(t: TeamState, others: dict[str, Any]) -> int:
    """How many accreditations of a team are on record that nobody signed."""
    from landrelease.workflows import capacity

    return sum(capacity.of_team(t.team, r) for r, _ in others["unsigned"])


def _leave(t: TeamState, unsigned: int) -> Html:
    """What a team's leave to work is; what nobody signed is none, and is on record (S09, S12)."""
    beside = mark("bad", word("leave.unsigned", count=unsigned)) if unsigned else None
    if beside is not None and not t.leave:
        return beside
    return leave_mark(t.leave) if beside is None else group(leave_mark(t.leave), " ", beside)


def _row(t: TeamState, on: date, unsigned: int) -> list[Any]:
    v = t.team.values
    tests = mark("open", word("team.no_detector")) if not t.detectors else (
        mark("bad", word("team.untested", count=len(t.untested), of=len(t.detectors)))
        if t.untested else mark("good", word("team.all_tested")))
    return [layout.link(team_address(t.team.id, on.isoformat()), t.team.id), v.get("name") or "",
            v.get("organisation") or word("not_reported"), _plain(v.get("team_type")),
            _plain(v.get("team_status")), len(v.get("members") or ()), _leave(t, unsigned), tests,
            gate_mark(t.gates)]


@get("/teams/{team_id:path}", include_in_schema=False, opt=_SEES)
async def one_team(request: Request, team_id: FromPath[str], day: FromQuery[str] = ""
                   ) -> Response[str]:
    """One team: its gate today, members' competence, leave to work, detectors and their tests."""
    name = team_id.lstrip("/")

    def work(registry: Registry, view: View) -> Html:
        from landrelease import workflows
        from landrelease.workflows import capacity

        view.check("operate competence")
        on = day_of_form("day", day) or date.today()
        (t,) = capacity.teams_on(registry, view, workflows.load_assumptions(None, registry), on,
                                 only=name)
        others = capacity.accreditation_states(registry, view, on)["unsigned"]
        v = t.team.values
        fields = set(view.fields("person"))
        return group(
            _day_field(team_address(name), on),
            tag("section", layout.facts([
                (word("name"), v.get("name")), (word("ins.organisation"), v.get("organisation")),
                (word("team.type"), _plain(v.get("team_type"))),
                (word("team.status"), _plain(v.get("team_status"))),
                (word("team.base"), v.get("base")), (word("ins.school"), _plain(v.get("school"))),
                (word("team.deminers"), v.get("deminers")),
                (word("record"), record_link("team", t.team.id))]), class_="card"),
            tag("h2", word("gate.title", day=on.isoformat())),
            tag("p", gate_mark(t.gates), " ", word("gate.words")),
            *(_gate(g) for g in t.gates),
            tag("h2", word("team.members")), tag("p", word("team.members_words"), class_="note"),
            layout.table(word("team.members"), [
                word("record"), word("team.role"), word("team.competences"),
                word("team.trained_until"), word("team.eod")],
                [[record_link("person", p.id), *(_plain(p.values.get(f)) if f in fields else "–"
                                                 for f in ("role", "competences", "training_until",
                                                           "eod_level"))] for p in t.members]),
            tag("h2", word("team.leave")),
            layout.table(word("team.leave"), [
                word("record"), word("rel.state"), word("team.what"), word("team.holder"),
                word("team.scope"), word("team.until")],
                [[record_link("person" if x.what == "training" else "accreditation", x.record),
                  leave_mark(x.state), word(f"leave.what.{x.what}"), x.holder, _plain(x.scope),
                  x.until or word("not_reported")] for x in t.leaves]
                + [[record, state, word("leave.what.accreditation"), holder, scope, until]
                   for record, state, scope, holder, until in (
                       _stated(r, mark("bad", word("team.unsigned", why=told(why))), on)
                       for r, why in others if capacity.of_team(t.team, r))]),
            tag("h2", word("team.detectors")),
            layout.table(word("team.detectors"), [
                word("record"), word("team.test"), word("team.type"), word("team.model"),
                word("team.tested_on")],
                [[record_link("detector", d.id),
                  mark("bad", word("team.not_today")) if d.id in t.untested
                  else mark("good", word("team.passed")), _plain(d.values.get("detector_type")),
                  d.values.get("model") or "", d.values.get("tested_on") or word("not_reported")]
                 for d in t.detectors]))

    return await _page(request, word("team.of", team=name[:60]), work, name)


def _check(name: str) -> str:
    """A check of the gate as people read it."""
    return field_named(name) if f"field.{name}" in ENGLISH else name.replace("_", " ")


def _gate(gate: TeamGate) -> Html:
    return layout.table(
        word("gate.of", task=gate.task),
        [word("gate.check"), word("rel.state"), word("rel.because"), word("records")],
        [[told(_check(c.name)), mark(_CHECK.get(c.state, "bad"), _plain(c.state)), told(c.reason),
          ", ".join(c.records)] for c in gate.checks])


HANDLERS = [overview, one_team]
