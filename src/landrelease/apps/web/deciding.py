"""Decisions of people about tasks in the browser: what `plan decide` does, signed the same way.

A decision holds a plan only with the signature of somebody whose vouched role orders work (S09).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from litestar import Request, post
from litestar.datastructures import UploadFile
from litestar.params import MultipartBody

from landrelease.access.policy import View
from landrelease.apps.web.answers import read
from landrelease.apps.web.forms import day_of_form
from landrelease.apps.web.layout import Html, choices, field, form, hidden, tag
from landrelease.apps.web.readers import Asking
from landrelease.apps.web.records import signature
from landrelease.apps.web.stepup import content_of, key_fields, opened_key, password_again
from landrelease.apps.web.tiers import within
from landrelease.apps.web.words import named, word
from landrelease.apps.web.work import day_input, starter, text_input
from landrelease.core.record import Record
from landrelease.core.recorded import by_name
from landrelease.errors import NOT_FOUND_HERE, PARAMETER_WRONG, LandReleaseError
from landrelease.store.registry import Registry

_NAMES_MOST = 200  # of teams or tasks in one decision
_LISTED_MOST = 2_000  # names that a form proposes


@dataclass
class DecisionAsked:
    """What is fixed or forbidden about a task, as `plan decide` takes it; names one a line. What is
    empty stays as it is on record. Signed where a key comes with it."""

    task: str
    start: str = ""
    not_before: str = ""
    start_by: str = ""
    any_day: str = ""
    teams: str = ""
    any_team: str = ""
    excluded: str = ""
    after: str = ""
    method: str = ""
    take_back: str = ""
    reason: str = ""
    plan: str = ""
    key: UploadFile | None = None
    passphrase: str = ""
    password: str = ""


def decision_form(asking: Asking, plan: str, tasks: Sequence[Record], teams: Sequence[str]) -> Html:
    """The form that orders a task with what is fixed about it."""
    from landrelease.workflows.deciding import METHODS

    def check(name: str) -> Html:
        return tag("label", tag("input", name=name, type="checkbox"), word(f"plan.decide.{name}"),
                   class_="check")

    def names(name: str) -> Html:
        return field(word(f"plan.decide.{name}"), tag("textarea", name=name, rows="2"),
                     word("plan.decide.lines"))

    return tag(
        "section", tag("h2", word("plan.decide")), tag("p", word("plan.decide.words")),
        tag("datalist", *(tag("option", value=t.id) for t in tasks[:_LISTED_MOST]),
            id="decide-tasks"),
        form("/api/plans/decisions", hidden("plan", plan),
             text_input("task", word("plan.task"), word("plan.decide.task_hint"), required=True,
                        list="decide-tasks", maxlength="200"),
             tag("fieldset", tag("legend", word("plan.decide.days")),
                 tag("p", word("plan.decide.days_words"), class_="note"),
                 day_input("start", word("plan.decide.start")),
                 day_input("not_before", word("plan.decide.not_before")),
                 day_input("start_by", word("plan.decide.start_by")), check("any_day")),
             tag("fieldset", tag("legend", word("plan.decide.who")),
                 names("teams"), check("any_team"), names("excluded"),
                 tag("details", tag("summary", word("plan.decide.known")), tag("p", ", ".join(
                     teams[:_LISTED_MOST]))) if teams else None,
                 field(word("plan.decide.method"), choices("method", [
                     ("", word("plan.decide.as_it_is")), *((m, named(m)) for m in METHODS)]))),
             names("after"), text_input("reason", word("plan.decide.reason"),
                                        word("plan.decide.reason_hint"), maxlength="2000"),
             check("take_back"), key_fields(asking, required=False),
             button=word("plan.decide.button"), confirm=word("plan.decide.sure"), class_="card"))


def _lines(name: str, text: str) -> list[str]:
    found = [part.strip() for part in re.split(r"[\r\n;]", text) if part.strip()]
    if len(found) > _NAMES_MOST:
        raise LandReleaseError(PARAMETER_WRONG, name=name, found=f"{len(found)} names",
                               expected=f"at most {_NAMES_MOST} names")
    return found


@post("/api/plans/decisions", status_code=200, opt=within("plan orders", writes=True))
async def decide_task(request: Request, data: MultipartBody[DecisionAsked]) -> dict[str, Any]:
    """Order a task with what is fixed about it; it counts with the key of somebody whose vouched
    role orders work (S09). Without one it is recorded, and binds nobody."""
    from landrelease.workflows.deciding import Decided

    asking = starter(request)
    content = await content_of(data.key)
    teams = _lines("teams", data.teams)
    what = Decided(
        start=day_of_form("start", data.start), not_before=day_of_form(
            "not_before", data.not_before), start_by=day_of_form("start_by", data.start_by),
        any_day=bool(data.any_day), teams=teams or ([] if data.any_team else None),
        excluded=_lines("excluded", data.excluded) or None,
        after=_lines("after", data.after) or None, method=data.method or None,
        take_back=bool(data.take_back))

    def first(registry: Registry, view: View) -> str:
        return _visible(registry, view, data.task.strip(), what)

    name = await read(request, first)
    await password_again(request, data.password)

    def work(registry: Registry, view: View) -> dict[str, Any]:
        from landrelease.workflows import identities
        from landrelease.workflows.deciding import decide

        key = opened_key(registry, asking, content, data.passphrase) if content else None
        try:
            made = decide(registry, name, what, reason=data.reason[:2000], by=signature(asking),
                          key=key)
        except LandReleaseError as error:
            if "option" not in error.facts:  # of the command's own words
                raise
            raise LandReleaseError(
                PARAMETER_WRONG, name=str(error.facts["option"]).replace("--", ""),
                found=str(error.facts["found"])[:100],
                expected=f"expected {error.facts['expected']}".replace("--", "")) from None
        record = made.revision.record_id
        verdict = identities.verdicts(registry, record).get(made.hash)
        counts = verdict is not None and verdict.standing == "verified"
        said = word("plan.decide.free" if what.take_back else
                    "plan.decide.done" if counts else "plan.decide.unsigned", task=record)
        out: dict[str, Any] = {
            "task": record, "task_status": made.revision.values["task_status"],
            "counts": counts or what.take_back, "said": said}
        if data.plan:
            out["location"] = f"/plans/{quote(data.plan, safe='')}/orders"
        return out

    return await read(request, work)


def _visible(registry: Registry, view: View, task: str, what: Any) -> str:
    """The id of the task, and that the reader sees all that is named. ACC-101, WEB-035, WEB-011."""
    from landrelease.workflows.deciding import order_of

    view.check("plan orders")
    tasks = by_name(view.records(registry.records("task")))
    found = order_of(tasks, task)
    if found is None:
        raise LandReleaseError(NOT_FOUND_HERE, found=f"task {task[:100]}")
    teams = by_name(view.records(registry.records("team")))
    for field_, names, known in (("teams", what.teams, teams), ("excluded", what.excluded, teams),
                                 ("after", what.after, tasks)):
        for name in names or ():
            if name not in known:
                raise LandReleaseError(PARAMETER_WRONG, name=field_, found=name[:100],
                                       expected="expected the id or identifier of one on record")
    return found.id


HANDLERS = [decide_task]
