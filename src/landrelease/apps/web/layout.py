"""Pages that the server writes: what all of them share. Text only ever becomes text; a page loads
nothing from elsewhere and has no script or style of its own in it (`answers.HEADERS`).
"""

from __future__ import annotations

import html
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from litestar import Request, Response

from landrelease.access.policy import View
from landrelease.apps.web import speaking
from landrelease.apps.web.answers import asking_of, read, status_of
from landrelease.apps.web.navigation import links
from landrelease.apps.web.readers import Asking
from landrelease.apps.web.words import word
from landrelease.core.texts import NOT_ALL_TRANSLATED, UNREVIEWED
from landrelease.errors import LandReleaseError
from landrelease.store.registry import Registry

HTML = "text/html"
_WIDE = 4  # columns from which on a table does not fit on a phone
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})


class Html(str):
    """Text that is HTML already; any other text is escaped when it enters a page."""

    __slots__ = ()


Child = "str | int | float | Html | None | Iterable[Any]"


def _text(child: Any) -> str:
    if child is None or child is False:
        return ""
    if isinstance(child, Html):
        return child
    if isinstance(child, (list, tuple)) or (hasattr(child, "__iter__")
                                            and not isinstance(child, str)):
        return "".join(map(_text, child))
    return html.escape(str(child))


def tag(element: str, /, *children: Any, **attributes: Any) -> Html:
    """An element. `class_`, `for_` lose their underscore at the end, others become dashes; True is
    an attribute without a value, None and False leave it out.

    >>> tag("a", "5 < 6", href="/x?a=1&b=2", class_="plain", hidden=False)
    '<a href="/x?a=1&amp;b=2" class="plain">5 &lt; 6</a>'
    """
    said = []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        label = key.rstrip("_").replace("_", "-")
        said.append(f" {label}" if value is True else f' {label}="{html.escape(str(value))}"')
    head = f"<{element}{''.join(said)}>"
    return Html(head if element in _VOID else f"{head}{_text(children)}</{element}>")


def group(*children: Any) -> Html:
    """Elements one after the other."""
    return Html(_text(children))


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[Any]], *,
          numbers: Sequence[int] = ()) -> Html:
    """A table that scrolls by itself; `numbers` are columns that stand to the right. The first cell
    of a row is its heading. Without rows it says that there are none. On a phone each row of a wide
    table is a card: its parts are said to be a table's, because a style that is none would undo it.
    """
    listed = [list(r) for r in rows]
    if not listed:
        return tag("p", word("nothing_here"), class_="note")
    wide = len(heads) >= _WIDE

    def part(role: str) -> str | None:
        return role if wide else None

    def number(n: int) -> str | None:
        return "number" if n in numbers else None

    body = [tag("tr", tag("th", row[0], scope="row", role=part("rowheader")),
                *(tag("td", cell, class_=number(n), role=part("cell"),
                      data_label=(heads[n] or None) if wide and n < len(heads) else None)
                  for n, cell in enumerate(row[1:], 1)), role=part("row")) for row in listed]
    head = tag("tr", *(
        # A column without a name is no heading to anybody.
        tag("th", h, scope="col", class_=number(n), role=part("columnheader"))
        if h else tag("td", role=part("cell")) for n, h in enumerate(heads)), role=part("row"))
    return tag("div", tag("table", tag("caption", caption),
                          tag("thead", head, role=part("rowgroup")),
                          tag("tbody", *body, role=part("rowgroup")), role=part("table"),
                          class_="stacks" if wide else None),
               class_="scroll", tabindex="0", role="region", aria_label=caption)


def facts(pairs: Iterable[tuple[str, Any]]) -> Html:
    """A list of names and values; what is None is told as not reported."""
    return tag("dl", *(group(tag("dt", name), tag("dd", word("not_reported") if value is None
                                                  else value)) for name, value in pairs))


def mark(state: str, text: str) -> Html:
    """A state with its sign before it, so that it is never told by colour alone: good, bad, soon,
    open."""
    sign = {"good": "✓", "bad": "✗", "soon": "!", "open": "○"}[state]
    # The sign stays on the line of the first word.
    return tag("span", tag("span", sign, class_="sign", aria_hidden="true"), "\u00a0", text,
               class_=f"mark {state}")


def field(label: str, control: Html, hint: str = "") -> Html:
    """A control with its label; the hint stands under it."""
    return tag("label", label, control, tag("span", hint, class_="note") if hint else None,
               class_="field")


def choices(name: str, options: Iterable[tuple[str, str]], chosen: str = "",
            **attributes: Any) -> Html:
    return tag("select", *(tag("option", text, value=value, selected=value == chosen)
                           for value, text in options), name=name, **attributes)


def form(action: str, *children: Any, button: str, confirm: str = "", danger: bool = False,
         **attributes: Any) -> Html:
    """A form that the page's script sends with the session's token; what went wrong is said in it.
    With a file in it, it is sent as multipart, else as JSON."""
    return tag("form", *children,
               tag("p", tag("button", button, type="submit", class_="danger" if danger else None)),
               tag("p", "", class_="error", role="alert"),
               method="post", action=action, data_send=True, data_confirm=confirm or None,
               **attributes)


def asked(action: str, *children: Any, button: str) -> Html:
    """A form that only asks for another page."""
    return tag("form", *children, tag("button", button, type="submit"), method="get",
               action=action, class_="row")


def hidden(name: str, value: Any) -> Html:
    return tag("input", type="hidden", name=name, value=value)


def link(href: str, *children: Any, **attributes: Any) -> Html:
    return tag("a", *children, href=href, **attributes)


def record_link(kind: str, record_id: str) -> Html:
    """A record by its id, linked to its page."""
    from urllib.parse import quote

    return link(f"/#record/{quote(kind)}/{quote(record_id, safe='')}", record_id)


@dataclass(frozen=True, slots=True)
class About:
    """What every page says of its registry and reader."""

    office: str
    synthetic: bool
    pages: tuple[tuple[str, str], ...]  # (key of the words, address)


def about(registry: Registry, view: View, asking: Asking) -> About:
    from landrelease.workflows import is_synthetic

    return About(registry.office, is_synthetic(registry), links(view, asking))


async def show(request: Request, title: str | Callable[[], str],
               work: Callable[[Registry, View], Any], *, here: str = "", status: int = 200
               ) -> Response[str]:
    """A page: `work(registry, view)` gives its content, in a reading thread. What the reader may
    not see, or what is wrong, is a page too, with its status. A title that only the content knows
    is asked for after it."""
    told: list[About] = []

    def both(registry: Registry, view: View) -> Html:
        told.append(about(registry, view, asking_of(request)))
        return group(work(registry, view))

    try:
        body = await read(request, both)
    except LandReleaseError as error:
        status = status_of(error)
        body = group(tag("p", speaking.texts().error(error), class_="error",
                         role="alert"))
        if not asking_of(request).signed_in:
            body = group(body, tag("p", link("/#sign_in", word("sign_in"))))
    said = told[0] if told else About("landrelease", False, ())
    heading = title if isinstance(title, str) else title()
    return Response(_page(request, heading, body, said, here), media_type=HTML, status_code=status,
                    headers={"Cache-Control": "private, no-store"})


def refused(request: Request, words: str) -> str:
    """A page that says what went wrong, where no page of its own says it: no address, no right."""
    asking: Asking | None = request.scope.get("user")
    body = group(tag("p", words, class_="error", role="alert"),
                 None if asking and asking.signed_in else
                 tag("p", link("/#sign_in", word("sign_in"))))
    return _page(request, word("failed"), body, About("landrelease", False, ()), "")


def _page(request: Request, title: str, body: Html, said: About, here: str) -> str:
    # An address that there is not never passes the middleware that knows who asks.
    asking: Asking = request.scope.get("user") or Asking("public", "", ())
    reader = group(word("reading_as"), " ", group(link("/account", asking.account), ", ")
                   if asking.account else None, word(f"role.{asking.role}")
                   ) if "user" in request.scope else None
    head = tag(
        "head", tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="csrf", content=asking.csrf or "page"),
        tag("meta", name="reads-as", content=asking.sign),
        tag("title", f"{title} – {said.office}"), tag("link", rel="icon", href="/static/sign.svg"),
        tag("link", rel="stylesheet", href="/static/app.css"),
        tag("link", rel="stylesheet", href="/static/pages.css"),
        tag("script", "", type="module", src="/static/pages.js"))
    page = "<!doctype html>\n" + tag("html", head, tag(
        "body", link("#content", word("skip"), class_="skip"),
        tag("header", tag("p", word("synthetic"), class_="synthetic") if said.synthetic else None,
            tag("div", tag("p", said.office, class_="office"),
            # Where the screen is narrow the links open from a button: the browser does that
            # (popover), with its keys and what it tells to screen readers, and without a script.
            tag("button", word("menu"), type="button", class_="menu", popovertarget="nav"),
            tag("nav", *(link(path, word(key), aria_current="page" if key == here else None)
                         for key, path in said.pages), id="nav", popover=True,
                aria_label=word("nav")),
            tag("div", tag("span", reader), link("/#sign_in", word("sign_in"))
                if not asking.account else tag("form", tag(
                    "button", word("sign_out"), type="submit", class_="plain"),
                    tag("span", "", class_="error", role="alert"), method="post",
                    action="/api/session/end", data_send=True), class_="reader"), class_="bar"),
            tag("p", word("caution"), class_="caution")),
        tag("main", tag("h1", title), body, id="content", tabindex="-1"),
        tag("p", "", id="said", class_="said", role="status", aria_live="polite"),
        tag("noscript", tag("p", word("no_script"), class_="caution")),
        _DOUBTS), lang=speaking.texts().code, dir=speaking.texts().direction)
    return page.replace(_DOUBTS, foot(request.url.path + (
        f"?{request.url.query}" if request.url.query else "")), 1)


_DOUBTS = Html("<!--languages-->")


def foot(here: str) -> Html:
    """The languages to choose from, and what is doubtful of the one that is shown: that nobody
    reviewed it, or that a part stands in English (S18). It is asked for last."""
    from urllib.parse import urlencode

    from landrelease.workflows.languages import NAMES

    told = speaking.texts()
    doubts = [] if told.reviewed else [told(UNREVIEWED)]
    name = told(LANGUAGE)
    if told.missing:
        doubts.append(told(NOT_ALL_TRANSLATED))
    return tag("footer", *(tag("p", d, class_="caution") for d in doubts),
               tag("p", link("/public", word("for_everybody"))), tag(
        "nav", *(link("/language?" + urlencode({"lang": code, "then": here}), own, lang=code,
                      aria_current="true" if code == told.code else None)
                 for code, own in NAMES.items()), aria_label=name))


class Kept:
    """Some results that take long, by what they depend on: the state of the registry and the reader
    are part of each key, so that nobody gets another's."""

    def __init__(self, most: int = 32):
        self.most = most
        self._held: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        made = make()
        with self._lock:
            self._held[key] = made
            while len(self._held) > self.most:
                self._held.popitem(last=False)
        return made

    def clear(self) -> None:
        """Forget all of it."""
        with self._lock:
            self._held.clear()


LANGUAGE = "Language"
KEPT = Kept()


def state_of(registry: Registry, asking: Asking) -> tuple[Any, ...]:
    """What a result depends on beside what was asked for: the registry with its chains and rows
    that wait, the day, and the whole of the reader. Part of each key of `KEPT`."""
    return (registry.address, registry.head(), registry.quarantine_state(), date.today(),
            asking.role, asking.organisation, asking.areas)
