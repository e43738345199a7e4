"""The page for everybody as HTML: values and texts in, text out. Whatever is put in is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from landrelease.apps.web import public_map as drawing
from landrelease.errors import PLACE_NOT_UNDERSTOOD
from landrelease.workflows import public_words as say
from landrelease.workflows.languages import NAMES
from landrelease.workflows.public import MOST_NAMES

if TYPE_CHECKING:
    from landrelease.errors import LandReleaseError
    from landrelease.workflows.reports import Kept


def _t(text: object) -> str:
    return escape(str(text), quote=True)


def page(view: Any, texts: Any, question: Any, now: datetime) -> str:
    """The question, its answer, the map."""
    problem = question.problem
    parts = [f"<h1>{_t(texts(say.TITLE))}</h1>"]
    if problem is not None:
        parts.append(f'<p class="problem" role="alert">{_t(texts.error(problem))}</p>')
    parts += [_answer(say.words_of(reply, texts), view, texts, now) for reply in question.replies]
    if question.choices:
        parts.append(_choices(question.choices, texts))
    parts += [_map(view, texts, question), _questions(texts, question)]
    parts.append(f'<p class="noprint"><a class="button" href="/public/report?'
                 f'{_t(urlencode(_where(question, texts)))}">{_t(texts(say.TO_REPORT))}</a></p>')
    return _frame(view, texts, texts(say.TITLE), "".join(parts), "/public")


def _answer(words: Any, view: Any, texts: Any, now: datetime) -> str:
    made = texts.told(say.MADE, office=view.office, moment=now.strftime("%Y-%m-%d %H:%M"))
    return (f'<section class="answer {_t(words.told)}" role="status">'
            f'<p class="asked">{_t(words.asked)}</p><p class="told">{_t(words.headline)}</p>'
            + "".join(f"<p>{_t(line)}</p>" for line in words.lines)
            + "".join(f'<p class="small">{_t(line)}</p>' for line in words.cautions)
            + f'<p class="contact">{_t(words.contact)}</p><p class="small">{_t(made)} '
              f'<span class="noprint">{_t(texts(say.PRINT))}</span></p></section>')


def _choices(places: Sequence[Any], texts: Any) -> str:
    links = "".join(
        f'<li><a href="/public?{_t(urlencode({"lang": texts.code, "place": p.name, "id": p.id}))}">'
        f"{_t(p.name)}{_t(f' ({p.of})' if p.of else '')}</a></li>" for p in places[:MOST_NAMES])
    more = f"<p>{_t(texts.told(say.TOO_MANY, most=MOST_NAMES))}</p>" \
        if len(places) > MOST_NAMES else ""
    return (f'<section class="choices"><h2>{_t(texts(say.SEVERAL))}</h2><ul>{links}</ul>{more}'
            "</section>")


def _where(question: Any, texts: Any) -> dict[str, str]:
    out = {"lang": texts.code}
    for reply in question.replies:
        if reply.kind == "point":
            out["where"] = f"{reply.place.y:.6f}, {reply.place.x:.6f}"
    return out


def _map(view: Any, texts: Any, question: Any) -> str:
    frame = question.frame
    state = {"lang": texts.code, "e": f"{frame.east:.1f}", "n": f"{frame.north:.1f}",
             "s": f"{frame.scale:g}", "corners": question.corners}
    shown = dict(state)
    for reply in question.replies:
        if reply.place.geom_type == "Point":
            shown |= {"x": f"{reply.place.x:.6f}", "y": f"{reply.place.y:.6f}",
                      "r": f"{reply.within_m:.1f}"}
    label = _t(texts(say.MAP_LABEL))
    forms = []
    for size, (wide, high) in drawing.SIZES.items():
        hidden = "".join(f'<input type="hidden" name="{k}" value="{_t(v)}">'
                         for k, v in {**state, "size": size}.items())
        source = _t("/public/map.svg?" + urlencode({**shown, "size": size}))
        presses = "".join(
            f'<label><input type="radio" name="press" value="{value}"'
            f'{" checked" if question.press == value else ""}> {_t(texts(words))}</label>'
            for value, words in (("ask", say.PRESS_ASKS), ("corner", say.PRESS_MARKS)))
        steps = "".join(
            f'<button name="go" value="{go}" class="plain">{_t(texts(words))}</button>'
            for go, words in (("closer", say.CLOSER), ("wider", say.WIDER), ("north", "north"),
                              ("south", "south"), ("west", "west"), ("east", "east")))
        forms.append(
            f'<form class="map {size}" method="get" action="/public">{hidden}'
            f'<fieldset class="noprint"><legend>{_t(texts(say.PRESSING))}</legend>{presses}'
            f'</fieldset><input type="image" name="map" src="{source}" width="{wide}" '
            f'height="{high}" alt="{label}"><div class="steps noprint">{steps}</div></form>')
    key = "".join(f'<li><span class="key {name}"></span>{_t(texts(words))}</li>'
                  for name, words in (("hazard", say.HAZARD_KEY), ("released", say.RELEASED_KEY),
                                      ("reported", say.REPORTED_KEY),
                                      ("nothing", say.NOTHING_KEY)))
    return (f'<section><h2>{_t(texts(say.ON_MAP))}</h2>'
            f'<p class="noprint">{_t(texts(say.MAP_HINT))}</p>{"".join(forms)}'
            f'<ul class="keys">{key}</ul></section>')


def _questions(texts: Any, question: Any) -> str:
    lang = f'<input type="hidden" name="lang" value="{_t(texts.code)}">'
    ask = f'<button>{_t(texts(say.ASK))}</button>'
    asked = question.asked

    def form(title: str, inside: str) -> str:
        return (f'<form class="card" method="get" action="/public"><h2>{_t(texts(title))}</h2>'
                f"{lang}{inside}{ask}</form>")

    return '<div class="cards noprint">' + "".join((
        form(say.BY_NAME, f'<label>{_t(texts(say.NAME))}<input name="place" required '
             f'maxlength="100" value="{_t(asked.get("place", ""))}"></label>'),
        form(say.BY_COORDINATES, f'<label>{_t(texts(say.COORDINATES))}<input name="at" required '
             f'maxlength="200" dir="ltr" placeholder="44.2083, 17.6612" '
             f'value="{_t(asked.get("at", ""))}"></label>'),
        form(say.BY_CORNERS, f'<input type="hidden" name="field" value="1">'
             f'<label>{_t(texts(say.CORNERS))}<textarea name="corners" rows="5" dir="ltr" required>'
             f"{_t(question.corners)}</textarea></label>"))) + "</div>"


def report_page(view: Any, texts: Any, said: Mapping[str, str], token: str,
                problem: LandReleaseError | None) -> str:
    """The form for reports."""
    from landrelease.workflows import reports

    chosen = said.get("about") or "suspicion"
    options = "".join(
        f'<option value="{_t(word)}"{" selected" if word == chosen else ""}>'
        f"{_t(texts(say.about(word)))}</option>" for word in reports.ABOUT)
    wrong = "" if problem is None else (
        f'<p class="problem" role="alert">{_t(texts.error(problem))}</p>')
    body = (
        f"<h1>{_t(texts(say.REPORT))}</h1>{wrong}"
        '<form class="card report" method="post" action="/public/report" '
        'enctype="multipart/form-data">'
        f'<input type="hidden" name="token" value="{_t(token)}">'
        f'<input type="hidden" name="lang" value="{_t(texts.code)}">'
        f'<p class="hide" aria-hidden="true"><input name="web" tabindex="-1" autocomplete="off">'
        "</p>"
        f"<p>{_t(texts(say.NO_DEMAND))} {_t(texts(say.NO_NAMES))}</p>"
        f'<label>{_t(texts(say.ABOUT))}<select name="about">{options}</select></label>'
        f'<label>{_t(texts(say.WHAT))}<textarea name="what" rows="6" required '
        f'maxlength="{reports.MOST_WORDS}">{_t(said.get("what", ""))}</textarea></label>'
        f'<label>{_t(texts(say.WHERE))}<input name="where" maxlength="300" '
        f'value="{_t(said.get("where", ""))}"></label>'
        f'<label>{_t(texts(say.REACH))}<input name="reach" maxlength="300" autocomplete="off" '
        f'value="{_t(said.get("reach", ""))}"></label>'
        f'<p class="small">{_t(texts(say.REACH_NOTE))}</p>'
        # Last, so that all that was typed is read where the photograph is too large.
        f'<label>{_t(texts(say.PHOTO))}<input type="file" name="photograph" '
        f'accept="image/jpeg,image/png"></label><p class="small">{_t(texts(say.PHOTO_OPTIONAL))}'
        "</p>"
        f"<button>{_t(texts(say.SEND))}</button></form>"
        f'<p><a href="/public/report/state?lang={_t(texts.code)}">{_t(texts(say.LOOK_UP))}</a></p>'
        f'<p><a href="/public?lang={_t(texts.code)}">{_t(texts(say.AGAIN))}</a></p>')
    return _frame(view, texts, texts(say.REPORT), body, "/public/report")


def thanks_page(view: Any, texts: Any, kept: Kept, said: Mapping[str, str]) -> str:
    """What somebody sees who sent a report; where its place could not be read, with the way to say
    it again."""
    from landrelease.workflows.complaints import spelled

    told = f"<p>{_t(texts.told(say.NUMBER, number=spelled(kept.number)))}</p>" \
        if kept.number else ""
    if kept.earlier:
        told += f"<p>{_t(texts(say.EARLIER))}</p>"
    return _frame(view, texts, texts(say.REPORT), (
        f'<section class="answer thanks" role="status"><p class="told">{_t(texts(say.THANKS))}</p>'
        f"{told}</section>{_place_again(texts, kept.unread, said) if kept.unread else ''}"
        f'<p><a href="/public?lang={_t(texts.code)}">{_t(texts(say.AGAIN))}</a></p>'
    ), "/public/report")


def _place_again(texts: Any, unread: str, said: Mapping[str, str]) -> str:
    """The same report once more with a place: as it says all of the first, it takes its place."""
    kept = {**said, "what": f"{said.get('what', '')}\nPlace: {unread}"}  # as it is on record
    same = "".join(f'<input type="hidden" name="{k}" value="{_t(kept.get(k, ""))}">'
                   for k in ("token", "lang", "about", "what", "reach"))
    return (
        '<form class="card report noprint" method="post" action="/public/report" '
        f'enctype="multipart/form-data">{same}'
        f'<p class="problem" role="alert">{_t(texts.told(say.PLACE_UNREAD, place=unread))}</p>'
        f"<p>{_t(texts(PLACE_NOT_UNDERSTOOD.mend))} {_t(texts(say.NOT_AGAIN))}</p>"
        f'<label>{_t(texts(say.COORDINATES))}<input name="where" required maxlength="300" '
        f'dir="auto" value="{_t(unread)}"></label>'
        f"<button>{_t(texts(say.SEND_AGAIN))}</button></form>")


def look_up_page(view: Any, texts: Any, standing: Any, problem: LandReleaseError | None) -> str:
    """What became of a report, by its code. `standing`: None while nothing was asked, or nothing is
    known."""
    wrong = "" if problem is None else (
        f'<p class="problem" role="alert">{_t(texts.error(problem))}</p>')
    told = "" if standing is None else (
        '<section class="answer thanks" role="status">' + "".join(
            f'<p class="{"told" if n == 0 else "line"}">{_t(line)}</p>'
            for n, line in enumerate(say.standing_words(standing, texts))) + "</section>")
    # The code goes in the body: an address stays in histories and in the logs of proxies.
    body = (
        f"<h1>{_t(texts(say.LOOK_UP))}</h1>{wrong}{told}"
        '<form class="card noprint" method="post" action="/public/report/state">'
        f'<input type="hidden" name="lang" value="{_t(texts.code)}">'
        f'<label>{_t(texts(say.CODE))}<input name="code" required maxlength="40" dir="ltr" '
        f'autocomplete="off"></label><button>{_t(texts(say.ASK))}</button></form>'
        f'<p><a href="/public/report?lang={_t(texts.code)}">{_t(texts(say.TO_REPORT))}</a></p>')
    return _frame(view, texts, texts(say.LOOK_UP), body, "/public/report/state")


def _frame(view: Any, texts: Any, title: str, body: str, address: str) -> str:
    way = f' dir="{texts.direction}"' if texts.direction == "rtl" else ""
    links = " ".join(
        f'<a href="{address}?lang={code}" lang="{code}"'
        f'{" aria-current=true" if code == texts.code else ""}>{_t(name)}</a>'
        for code, name in NAMES.items())
    made_up = f'<p class="synthetic">{_t(texts(say.SYNTHETIC))}</p>' if view.synthetic else ""
    doubt = "" if texts.reviewed else f'<p class="unreviewed">{_t(texts(say.UNREVIEWED))}</p>'
    return (
        f'<!doctype html><html lang="{_t(texts.code)}"{way}><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_t(title)}</title>"
        '<link rel="icon" href="/static/sign.svg"><link rel="stylesheet" href="/static/public.css">'
        f'</head><body><header>{made_up}<p class="warning" role="note">'
        f'{_t(texts(say.DO_NOT_TOUCH))}</p>'
        f'<p class="contact">{_t(say.contact_words(view.contact, texts))}</p>{doubt}'
        f'<nav class="noprint" aria-label="{_t(texts(say.LANGUAGE))}">{links}</nav></header>'
        f'<main>{body}</main><footer><p class="small">{_t(view.office)} · '
        f"{_t(texts(say.NOT_FOR_MOVING))}</p></footer></body></html>")
