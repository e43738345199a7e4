"""Levels of validation: the work list, the level of one record, giving a level."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery, JSONBody, MultipartBody

from landrelease.access.policy import LEVELS, VALIDATES, View
from landrelease.apps.web import layout
from landrelease.apps.web.answers import asking_of, note_reading, read
from landrelease.apps.web.layout import Html, group, mark, record_link, tag
from landrelease.apps.web.records import signature, writer
from landrelease.apps.web.stepup import content_of, key_fields, opened_key, password_again
from landrelease.apps.web.tiers import within
from landrelease.apps.web.words import field_named, kind_named, named, told, word
from landrelease.core.kind import ValidationLevel
from landrelease.errors import KEY_NOT_GIVEN, NOT_FOR_ROLE, PARAMETER_WRONG, LandReleaseError
from landrelease.store.registry import Registry
from landrelease.workflows.quarantine import UNVERIFIED

PAGE = 100
MOST_AT_ONCE = 500
_SEES = within(roles=VALIDATES, by_handler=True)  # the refusal is a page
_GIVES = within(roles=VALIDATES, writes=True)


def may(view: View) -> None:
    """ACC-101 for a role that gives no level."""
    if view.role not in VALIDATES:
        raise LandReleaseError(NOT_FOR_ROLE, role=view.role, subject="levels of validation",
                               roles=", ".join(VALIDATES))


def level_steps(level: ValidationLevel) -> Html:
    """The levels in their order, as far as a record has come."""
    at = LEVELS.index(level)
    return tag("ol", *(tag("li", word(f"level.{name}") + (f" ({word('level.now')})"
                                                          if n == at else ""),
                           class_="now" if n == at else "done" if n < at else None,
                           aria_current="step" if n == at else None)
                       for n, name in enumerate(LEVELS)), class_="steps")


def validation_address(record_id: str) -> str:
    return f"/validation/record/{quote(record_id, safe='')}"


# --- pages ---------------------------------------------------------------------------------------

@get("/validation", include_in_schema=False, opt=_SEES)
async def work_list(request: Request, kind: FromQuery[str] = "", below: FromQuery[str] = "",
                    after: FromQuery[str] = "") -> Response[str]:
    """Records that are below a level, kind by kind, and how many have which."""
    asking = asking_of(request)

    def work(registry: Registry, view: View) -> Html:
        from landrelease.workflows import validating

        may(view)
        mine = view.levels()
        kinds = validating.kinds_of(registry, view)
        counted = layout.KEPT.of(("levels", *layout.state_of(registry, asking)),
                                 lambda: validating.counts(registry, view))
        held = [k for k in kinds if k in counted]
        chosen = kind if kind in kinds else (held or kinds)[0]
        level = next((n for n in LEVELS if n == below), mine[-1])
        listed = validating.below(registry, view, chosen, level, after=after, limit=PAGE)
        titles = {k: kind_named(k, registry.kinds[k].title) for k in kinds}
        rows = [[layout.link(f"/validation?{urlencode({'kind': k})}", titles[k]),
                 *counted[k].values()] for k in held]
        pick = layout.asked(
            "/validation",
            layout.field(word("val.kind"), layout.choices("kind", [(k, titles[k]) for k in kinds],
                                                          chosen)),
            layout.field(word("val.below"), layout.choices(
                "below", [(n, word(f"level.{n}")) for n in LEVELS[1:]], level)),
            button=word("apply"))
        items = tag("div", layout.table(
            word("val.list", kind=titles[chosen], level=word(f"level.{level}")),
            ["", word("record"), word("name"), word("date"), word("level")],
            [[tag("input", type="checkbox", name="records[]", value=r.id,
                  aria_label=word("val.choose", record=r.id), form="give"),
              layout.link(validation_address(r.id), r.id),
              r.values.get("name") or r.values.get("identifier") or "",
              r.valid_from or word("not_reported"), word(f"level.{r.validation}")]
             for r in listed.records]))
        more = None
        if listed.after:
            more = tag("p", layout.link("/validation?" + urlencode(
                {"kind": chosen, "below": level, "after": listed.after}), word("more")))
        give = layout.form(
            "/api/validation",
            layout.field(word("val.give"), layout.choices(
                "level", [(n, word(f"level.{n}")) for n in mine if n != "authority"],
                next(n for n in reversed(mine) if n != "authority"))),
            layout.field(word("reason"), tag("input", name="reason", maxlength="500"),
                         word("val.reason_hint")),
            button=word("val.button"), id="give") if listed.records else None
        return group(
            tag("p", word("val.words")),
            tag("p", word("val.mine", level=word(f"level.{mine[-1]}")), class_="note"),
            layout.table(word("val.counts"), [word("val.kind"),
                                              *(word(f"level.{n}") for n in LEVELS)], rows,
                         numbers=range(1, 6)),
            tag("h2", word("val.waits")), pick, items, more,
            tag("p", tag("button", word("val.all"), type="button", class_="plain",
                         data_all="records[]")) if listed.records else None, give)

    answer = await layout.show(request, word("validation"), work, here="validation")
    if answer.status_code == 200:
        note_reading(request, "history", f"validation {kind}"[:100])
    return answer


@get("/validation/record/{record_id:path}", include_in_schema=False, opt=_SEES)
async def one_record(request: Request, record_id: FromPath[str]) -> Response[str]:
    """The level of one record: what it is now, who gave it which, and giving another."""
    name = record_id.lstrip("/")
    asking = asking_of(request)

    def work(registry: Registry, view: View) -> Html:
        from landrelease import workflows
        from landrelease.workflows import validating

        may(view)
        record = validating.record_of(registry, view, name)
        mine = view.levels(record.validation)
        fields = set(view.fields(record.kind))
        known = registry.kinds[record.kind]
        shown = [(field_named(f.name), _told(record.values[f.name], bool(f.choices)))
                 for f in known.fields
                 if f.name in fields and record.values.get(f.name) is not None]
        past = None
        if view.may("history"):
            marks = validating.level_marks(registry, name)
            past = layout.table(
                word("val.past"), [word("recorded"), word("level"), word("by"), word("reason"),
                                   word("signed")],
                [[s.revision.recorded_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC"),
                  word(f"level.{s.revision.validation}"), _written(s.revision.recorded_by),
                  _written(s.revision.reason), told(marks.get(s.hash) or "") or word("unsigned")]
                 for s in reversed(workflows.visible_history(registry, name, view))])
        forms: list[Any] = []
        plain = [n for n in mine if n not in ("authority", record.validation)]
        if plain:
            forms.append(tag("section", tag("h2", word("val.give")), layout.form(
                "/api/validation", layout.hidden("records[]", name),
                layout.field(word("level"), layout.choices(
                    "level", [(n, word(f"level.{n}")) for n in plain], plain[-1])),
                layout.field(word("reason"), tag("input", name="reason", maxlength="500"),
                             word("val.reason_hint")), button=word("val.button")),
                class_="card"))
        if "authority" in mine:
            forms.append(tag("section", tag("h2", word("val.authority")),
                             tag("p", word("val.authority_words")), layout.form(
                "/api/validation/signed", layout.hidden("record", name),
                layout.field(word("reason"), tag("input", name="reason", maxlength="500")),
                key_fields(asking), button=word("val.sign")), class_="card"))
        if not mine:
            forms.append(tag("p", mark("open", word("val.above", level=word(
                f"level.{record.validation}")))))
        return group(
            tag("p", kind_named(record.kind, known.title), " ",
                record_link(record.kind, record.id)),
            level_steps(record.validation),
            tag("section", layout.facts(shown), class_="card"),
            tag("div", *forms, class_="columns"), tag("h2", word("past")) if past else None, past)

    answer = await layout.show(request, word("val.of", record=name[:80]), work, here="validation")
    if answer.status_code == 200:
        note_reading(request, "history", name)
    return answer


def _written(words: str) -> str:
    """What the program wrote about a revision, in the language of the reader; what a person wrote
    stands as it is."""
    ours = words == UNVERIFIED or re.fullmatch(r"import of .+, row \d+(: changed .+)?", words)
    return told(words) if ours else words


def _told(value: Any, of_vocabulary: bool) -> str:
    said = named if of_vocabulary else str
    return ", ".join(map(said, value)) if isinstance(value, (list, tuple)) else said(value)


# --- giving a level ------------------------------------------------------------------------------

@dataclass
class Levels:
    """Records that get a level, and why."""

    level: str
    records: list[str] = field(default_factory=list)
    reason: str = ""


@dataclass
class SignedLevel:
    """A record that gets the authority's level, with the personal key of who gives it."""

    record: str
    key: UploadFile
    reason: str = ""
    passphrase: str = ""
    password: str = ""


@post("/api/validation", status_code=200, opt=_GIVES)
async def give(request: Request, data: JSONBody[Levels]) -> dict[str, Any]:
    """Give records a level of validation, each as a revision with a reason."""
    asking = writer(request)
    if not 1 <= len(data.records) <= MOST_AT_ONCE:
        raise LandReleaseError(PARAMETER_WRONG, name="records", found=len(data.records),
                               expected=f"it is 1 to {MOST_AT_ONCE} records")
    if data.level == "authority":
        raise LandReleaseError(KEY_NOT_GIVEN)  # without one it would count for nothing (S09)

    def work(registry: Registry, view: View) -> int:
        from landrelease.workflows import validating

        may(view)
        return len(validating.give_level(registry, view, data.records, data.level,
                                         reason=data.reason, by=signature(asking)))

    done = await read(request, work)
    return {"records": done, "level": data.level,
            "said": word("val.done", count=done, level=word(f"level.{data.level}"))}


@post("/api/validation/signed", status_code=200, opt=_GIVES)
async def give_signed(request: Request, data: MultipartBody[SignedLevel]) -> dict[str, Any]:
    """Give a record the level of the authority, signed with the key of who gives it (S09)."""
    asking = writer(request)
    content = await content_of(data.key)

    def first(registry: Registry, view: View) -> None:
        from landrelease.workflows import validating

        may(view)
        validating.record_of(registry, view, data.record)

    await read(request, first)  # who may not is told so before a password is tried
    await password_again(request, data.password)

    def work(registry: Registry, view: View) -> str:
        from landrelease.workflows import validating

        key = opened_key(registry, asking, content, data.passphrase)
        made = validating.give_level(registry, view, [data.record], "authority",
                                     reason=data.reason, key=key, now=datetime.now(UTC))
        return validating.level_marks(registry, data.record).get(made[0].hash, "")

    found = await read(request, work)
    return {"record": data.record, "level": "authority", "signature": found,
            "said": word("val.signed", standing=found)}


HANDLERS = [work_list, one_record, give, give_signed]
