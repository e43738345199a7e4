"""The page for everybody: is this ground known to be hazardous; and reports, without an account.

It works without scripts: the map is a picture in a form, and the browser sends where it was pressed
(HTML, input of type image). Whoever is signed in reads the same here as anybody else.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import shapely
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.exceptions import PermissionDeniedException

from landrelease.apps.web import public_html as html
from landrelease.apps.web import public_map as drawing
from landrelease.apps.web import speaking
from landrelease.apps.web.answers import address_of, retry_after
from landrelease.apps.web.registries import Registries
from landrelease.apps.web.tiers import VIEW
from landrelease.errors import (
    LOOK_UPS_WAIT,
    PLACE_NOT_UNDERSTOOD,
    REPORT_FORM_OLD,
    REPORTS_WAIT,
    LandReleaseError,
)
from landrelease.store.registry import Registry

T = TypeVar("T")
FORM_HOURS = 12
MOST_BODY = 6_000_000  # of a report with its photograph
# So much is read, and thrown away past `MOST_BODY`, to answer whoever sends it: a browser whose
# upload is cut off shows no page, and what was typed is gone.
MOST_READ = 40_000_000
MOST_CODE_BODY = 10_000
_TYPE = "text/html"
_FRESH = {"Cache-Control": "no-store"}  # an answer is of this moment (S15)


async def _run(request: Request, work: Callable[[Registry], T]) -> T:
    """`work(registry)`; an error says no more than the public may know (S14)."""
    from landrelease.access import policy

    registries: Registries = request.app.state.registries
    view = policy.view(None)

    def inner(registry: Registry) -> T:
        try:
            return work(registry)
        except LandReleaseError as error:
            raise view.hushed(error) from None

    return await registries.run(inner)


def language_of(request: Request) -> str:
    """The language that the page was asked in, else that of all pages (`speaking`)."""
    from landrelease.workflows.languages import NAMES

    stated = request.query_params.get("lang", "")
    return stated if stated in NAMES else speaking.language_of(request)


def _page(body: str, status: int = 200, problem: LandReleaseError | None = None
          ) -> Response[bytes]:
    return Response(body.encode(), media_type=_TYPE, status_code=status,
                    headers={**_FRESH, **retry_after(problem)})


# --- questions -----------------------------------------------------------------------------------

@get("/public", exclude_from_auth=True, include_in_schema=False, opt=VIEW)
async def page(request: Request) -> Response[bytes]:
    """The question and, where one was asked, its answer."""
    asked = {k: v[:20_000] for k, v in request.query_params.items()}
    lang = language_of(request)

    def work(registry: Registry) -> str:
        from landrelease.workflows import languages, public

        view = public.VIEWS.of(registry)
        texts = languages.texts(lang)
        made = _Question(view, asked)
        try:
            made.ask()
        except LandReleaseError as error:
            made.problem = error
        return html.page(view, texts, made, datetime.now(UTC))

    return _page(await _run(request, work))


class _Question:
    """What the parameters of the page ask, and what became of it."""

    def __init__(self, view: Any, asked: Mapping[str, str]):
        self.view, self.asked = view, asked
        self.replies: list[Any] = []
        self.choices: list[Any] = []
        self.problem: LandReleaseError | None = None
        self.corners = asked.get("corners", "")
        self.press = "corner" if asked.get("press") == "corner" else "ask"
        self.frame = drawing.frame_of(view, asked.get("e", ""), asked.get("n", ""),
                                      asked.get("s", ""))
        self.moved = False

    def ask(self) -> None:
        """Raises PUB-010 to PUB-012."""
        from landrelease.workflows import public

        asked, view = self.asked, self.view
        size = drawing.SIZES["narrow" if asked.get("size") == "narrow" else "wide"]
        if asked.get("go"):
            self.frame, self.moved = self.frame.moved(asked["go"], size), True
            return
        x, y = (drawing._number(asked.get(f"map.{axis}", "")) for axis in ("x", "y"))
        if x is not None and y is not None:
            east, north = self.frame.place(x, y, size)
            point = view.land.plane.to_degrees(shapely.Point(east, north))
            if not (abs(point.x) <= 180 and abs(point.y) <= 90):
                raise LandReleaseError(PLACE_NOT_UNDERSTOOD, found="")
            self.moved = True
            if self.press == "corner":
                self.corners = f"{self.corners.rstrip()}\n{point.y:.6f}, {point.x:.6f}".strip()
                return
            self.replies = [public.ask_spot(view, point.x, point.y,
                                            drawing.FINGER_PX * self.frame.scale)]
            return
        if asked.get("at", "").strip():
            self.replies = [public.ask_point(view, asked["at"])]
        elif asked.get("place", "").strip():
            found = public.named(view, asked["place"])
            chosen = [p for p in found if p.id == asked.get("id")] or found
            if len(chosen) == 1:
                self.replies = [public.ask_named(view, chosen[0])]
            else:
                self.choices = chosen
        elif asked.get("field") and self.corners.strip():
            self.replies = [public.ask_area(view, self.corners)]
        if self.replies:
            self.frame = drawing.frame_of(view, "", "", "", self.replies[0].place)

    @property
    def field(self) -> Any:
        """The corners as far as they can be read, in degrees, for the map."""
        from landrelease.workflows import public

        places = []
        for line in self.corners.splitlines()[:public.MOST_CORNERS]:
            try:
                places.append(public.read_place(self.view, line)[0])
            except LandReleaseError:
                continue
        return shapely.LineString([*places, places[0]]) if len(places) > 1 else (
            shapely.Point(places[0]) if places else None)


@get("/public/map.svg", exclude_from_auth=True, include_in_schema=False, opt=VIEW)
async def map_picture(request: Request) -> Response[bytes]:
    """A window of the public's map."""
    asked = request.query_params
    size = drawing.SIZES["narrow" if asked.get("size") == "narrow" else "wide"]

    def work(registry: Registry) -> bytes:
        from landrelease.workflows import public

        view = public.VIEWS.of(registry)
        frame = drawing.frame_of(view, asked.get("e", ""), asked.get("n", ""), asked.get("s", ""))
        question = _Question(view, {"corners": asked.get("corners", "")[:20_000]})
        x, y, within = (drawing._number(asked.get(name, "")) for name in ("x", "y", "r"))
        mark = shapely.Point(x, y) if x is not None and y is not None and abs(x) <= 180 \
            and abs(y) <= 90 else None
        return drawing.picture(view, frame, size, mark, question.field,
                               min(max(within or 0.0, 0.0), 2e7))

    return Response(await _run(request, work), media_type="image/svg+xml", headers=_FRESH)


# --- reports -------------------------------------------------------------------------------------

def new_key() -> bytes:
    """What forms are sealed with, for as long as the server runs."""
    return secrets.token_bytes(32)


def seal(key: bytes, now: float) -> str:
    """A token for one form: when it was made, what tells it from others, and a seal."""
    said = f"{int(now)}.{secrets.token_hex(8)}"
    return f"{said}.{hmac.new(key, said.encode(), hashlib.sha256).hexdigest()[:32]}"


def sealed(key: bytes, token: str, now: float) -> bool:
    """Whether a form came from this server, and not too long ago."""
    said, _, mark = token.rpartition(".")
    good = hmac.new(key, said.encode(), hashlib.sha256).hexdigest()[:32]
    if not hmac.compare_digest(mark.encode(), good.encode()):
        return False
    made = int(said.partition(".")[0])
    return now - FORM_HOURS * 3600 <= made <= now + 60


@get("/public/report", exclude_from_auth=True, include_in_schema=False, opt=VIEW)
async def report_form(request: Request) -> Response[bytes]:
    """The form for reports and complaints; it starts with what not to do (S18)."""
    return await _form(request, {"where": request.query_params.get("where", "")[:300]})


async def _form(request: Request, said: Mapping[str, str], problem: LandReleaseError | None = None,
                status: int = 200) -> Response[bytes]:
    lang = said.get("lang") or language_of(request)
    token = seal(request.app.state.report_key, time.time())

    def work(registry: Registry) -> str:
        from landrelease.workflows import languages, public

        return html.report_page(public.VIEWS.of(registry), languages.texts(lang), said, token,
                                problem)

    return _page(await _run(request, work), status, problem)


@post("/public/report", exclude_from_auth=True, include_in_schema=False, status_code=201,
      request_max_body_size=MOST_READ, opt={**VIEW, "open_form": True})
async def report(request: Request) -> Response[bytes]:
    """Keep a report as a row that waits. What was typed comes back where it cannot be taken."""
    from landrelease.workflows import languages, reports

    form, whole = await _form_of(request)
    said = {k: str(form.get(k) or "")[:5_000]
            for k in ("about", "what", "where", "reach", "token", "lang", "web")}
    said["lang"] = said["lang"] if said["lang"] in languages.NAMES else "en"
    sent = form.get("photograph")
    photograph = await sent.read() if isinstance(sent, UploadFile) else b""
    now = time.time()
    try:
        if not whole:
            raise reports.too_large()
        if not sealed(request.app.state.report_key, said["token"], now):
            raise LandReleaseError(REPORT_FORM_OLD)
        wait = request.app.state.report_throttle.take(address_of(request), time.monotonic())
        if wait:
            raise LandReleaseError(REPORTS_WAIT, seconds=wait)

        def work(registry: Registry) -> str:
            from landrelease.workflows import public

            view = public.VIEWS.of(registry)
            # A browser may fill in what people do not see: no report is dropped for it (S01).
            kept = reports.receive(registry, view, reports.PublicReport(
                said["about"], said["what"], said["where"], said["reach"], said["token"],
                photograph, bool(said["web"])), today=datetime.now(UTC).date())
            return html.thanks_page(view, languages.texts(said["lang"]), kept, said)

        return _page(await _run(request, work), 201)
    except LandReleaseError as error:
        if not error.code.startswith("PUB-"):
            raise
        status = 429 if error.code == REPORTS_WAIT.code else 400 if whole else 413
        return await _form(request, said, error, status)


async def _form_of(request: Request) -> tuple[Mapping[str, Any], bool]:
    """The fields of a form, and whether they came whole: of one that is larger than `MOST_BODY`
    those that stand before that, as all does that is typed. The rest is read and thrown away.

    Raises 413 for more than `MOST_READ`.
    """
    kept, size = bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        kept += chunk[:MOST_BODY - len(kept)]
    whole = size <= MOST_BODY
    if not whole:  # ended where it was cut, so that what stands before can be read
        kept += f"\r\n--{request.content_type[1].get('boundary', '')}--\r\n".encode()

    async def receive() -> Any:
        return {"type": "http.request", "body": bytes(kept), "more_body": False}

    return await Request(request.scope, receive).form(), whole


@get("/public/report/state", exclude_from_auth=True, include_in_schema=False, opt=VIEW)
async def look_up_form(request: Request) -> Response[bytes]:
    """The form for the code of a report."""
    return await _looked_up(request, language_of(request))


@post("/public/report/state", exclude_from_auth=True, include_in_schema=False, status_code=200,
      request_max_body_size=MOST_CODE_BODY, opt={**VIEW, "open_form": True})
async def look_up(request: Request) -> Response[bytes]:
    """What became of the report with this code. Codes cannot be tried in numbers."""
    from landrelease.workflows import languages

    form = await request.form()
    code, lang = (str(form.get(k) or "")[:100] for k in ("code", "lang"))
    wait = request.app.state.code_throttle.take(address_of(request), time.monotonic())
    return await _looked_up(request, lang if lang in languages.NAMES else "en", code, wait)


async def _looked_up(request: Request, lang: str, code: str | None = None, wait: int = 0
                     ) -> Response[bytes]:
    status: list[int] = [200]
    told: list[LandReleaseError] = []

    def work(registry: Registry) -> str:
        from landrelease.workflows import complaints, languages, public

        found = problem = None
        try:
            if wait:
                raise LandReleaseError(LOOK_UPS_WAIT, seconds=wait)
            if code is not None:
                found = complaints.by_code(registry, code)
        except LandReleaseError as error:
            if not error.code.startswith("PUB-"):
                raise
            problem, status[0] = error, 429 if wait else 404
            told.append(error)
        return html.look_up_page(public.VIEWS.of(registry), languages.texts(lang), found, problem)

    body = await _run(request, work)
    return _page(body, status[0], told[0] if told else None)


def open_form(request: Any) -> None:
    """A form that anybody may send still has to come from a page of ours: browsers say so."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    if site not in ("same-origin", "none"):
        raise PermissionDeniedException("This form can only be sent from its own page.")


HANDLERS = [page, map_picture, report_form, report, look_up_form, look_up]
