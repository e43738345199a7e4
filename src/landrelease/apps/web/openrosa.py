"""The server that ODK Collect and other phones speak to: list of forms, their files, submissions.

Source: OpenRosa 1.0 (docs.getodk.org/openrosa): HTTP Request, Form List, Form Submission,
Authentication (Basic: of the two schemes a server offers one at least; Digest would need what the
password or token is, which is not kept).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import PurePath
from typing import Any
from xml.sax.saxutils import escape

from litestar import Request, Response, get, head, post
from litestar.exceptions import NotAuthorizedException, NotFoundException
from litestar.params import FromPath

from landrelease.access.policy import View
from landrelease.apps.web import speaking
from landrelease.apps.web.answers import (
    OPENROSA,
    asking_of,
    note_reading,
    openrosa_message,
    read,
)
from landrelease.apps.web.multipart import parts_of
from landrelease.apps.web.records import signature
from landrelease.apps.web.tiers import MAY_BRING_IN, within
from landrelease.errors import (
    NOT_FOR_ROLE,
    REGISTRY_BUSY,
    REGISTRY_MOVED_ON,
    SUBMISSION_CUT_OFF,
    SUBMISSION_EMPTY,
    TOKEN_READS,
    LandReleaseError,
)
from landrelease.store.registry import Registry

VERSION = {OPENROSA: "1.0"}
MOST_BYTES = 25_000_000  # of one request; a phone sends more in several
# In every successful answer to a submission, and to the question before it.
_ACCEPTS = {"X-OpenRosa-Accept-Content-Length": str(MOST_BYTES)}
_WAITED_S = 1  # about: five attempts
_XML = "text/xml"
_FORM_PART = "xml_submission_file"
_PHONES = within(roles=MAY_BRING_IN, writes=True, by_handler=True)


def _phone(request: Request) -> None:
    """Only who may bring something in; a phone is asked for name and token first."""
    asking = asking_of(request)
    if not asking.signed_in and asking.role == "public":
        from landrelease.workflows import public_words

        raise NotAuthorizedException(speaking.texts()(public_words.SIGN_IN), headers={
            **VERSION, "WWW-Authenticate": 'Basic realm="landrelease", charset="UTF-8"'})
    if asking.role not in MAY_BRING_IN:
        raise LandReleaseError(NOT_FOR_ROLE, role=asking.role, subject="forms and submissions",
                               roles=", ".join(MAY_BRING_IN))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A form as its sheets say it: the same sheets, the same XForm. A workbook of them is another
    one each time, since it holds the time at which it was made."""

    name: str
    digest: str
    made: Any = field(compare=False)


@lru_cache(maxsize=128)
def _xform(asked: _Asked) -> str:
    from landrelease.workflows import forms

    return forms.to_xform(forms.FORMS[asked.name], forms.workbook(asked.made))


def _made(registry: Registry, view: View, request: Request) -> dict[str, Any]:
    """Form -> its sheets, as this reader and client get them, in the language of the request
    first."""
    from landrelease.workflows import forms

    return forms.for_reader(registry, view, speaking.texts().code,
                            request.headers.get("user-agent", ""))


def _form(registry: Registry, view: View, request: Request, name: str) -> tuple[Any, str]:
    from landrelease.workflows import public_words

    found = _made(registry, view, request).get(name)
    if found is None:
        raise NotFoundException(public_words.NO_FORM)
    sheets = repr((found.survey, found.choices, found.settings)).encode()
    return found, _xform(_Asked(name, hashlib.sha256(sheets).hexdigest(),
                                replace(found, media={})))


def _md5(text: str | bytes) -> str:
    """What OpenRosa asks for to tell versions apart; nothing rests on it."""
    content = text.encode() if isinstance(text, str) else text
    return "md5:" + hashlib.md5(content, usedforsecurity=False).hexdigest()


def _answer(body: str, status: int = 200) -> Response[bytes]:
    return Response(f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'.encode(), media_type=_XML,
                    status_code=status, headers=VERSION)


@get("/openrosa/formList", opt=_PHONES)
async def form_list(request: Request) -> Response[bytes]:
    """The forms, each with its version, hash and where to fetch it; with `formID` that one only."""
    _phone(request)
    base = str(request.base_url).rstrip("/")
    only = request.query_params.get("formID")

    def work(registry: Registry, view: View) -> str:
        entries = []
        for name in _made(registry, view, request):
            if only is not None and name != only:
                continue
            made, xform = _form(registry, view, request, name)
            settings = made.settings[0]
            entries.append(
                f"<xform><formID>{escape(name)}</formID>"
                f"<name>{escape(settings['form_title'])}</name>"
                f"<version>{escape(settings['version'])}</version><hash>{_md5(xform)}</hash>"
                f"<downloadUrl>{escape(f'{base}/openrosa/forms/{name}.xml')}</downloadUrl>"
                + (f"<manifestUrl>{escape(f'{base}/openrosa/forms/{name}/manifest')}</manifestUrl>"
                   if made.media else "") + "</xform>")
        return ('<xforms xmlns="http://openrosa.org/xforms/xformsList">' + "".join(entries)
                + "</xforms>")

    return _answer(await read(request, work))


@get("/openrosa/forms/{file:str}", opt=_PHONES)
async def form_file(request: Request, file: FromPath[str]) -> Response[bytes]:
    """One form as an XForm."""
    _phone(request)
    name = file.removesuffix(".xml")
    xform = await read(request, lambda registry, view: _form(registry, view, request, name)[1])
    return Response(xform.encode(), media_type=_XML, headers=VERSION)


@get("/openrosa/forms/{name:str}/manifest", opt=_PHONES)
async def manifest(request: Request, name: FromPath[str]) -> Response[bytes]:
    """The lists that go onto the phone with a form."""
    _phone(request)
    base = str(request.base_url).rstrip("/")

    def work(registry: Registry, view: View) -> str:
        made, _ = _form(registry, view, request, name)
        files = "".join(
            f"<mediaFile><filename>{escape(file)}</filename><hash>{_md5(_table(rows))}</hash>"
            f"<downloadUrl>{escape(f'{base}/openrosa/media/{name}/{file}')}</downloadUrl>"
            "</mediaFile>" for file, rows in made.media.items())
        return f'<manifest xmlns="http://openrosa.org/xforms/xformsManifest">{files}</manifest>'

    return _answer(await read(request, work))


@get("/openrosa/media/{name:str}/{file:str}", opt=_PHONES)
async def media(request: Request, name: FromPath[str], file: FromPath[str]) -> Response[bytes]:
    """One of these lists."""
    _phone(request)

    def work(registry: Registry, view: View) -> bytes:
        from landrelease.workflows import public_words

        made, _ = _form(registry, view, request, name)
        if file not in made.media:
            raise NotFoundException(public_words.NO_LIST)
        return _table(made.media[file])

    note_reading(request, "form_lists", f"{name} {file}")
    return Response(await read(request, work), media_type="text/csv",
                    headers=VERSION)


def _table(rows: Any) -> bytes:
    import csv
    import io

    text = io.StringIO(newline="")
    columns = tuple(dict.fromkeys(name for row in rows for name in row)) or ("name", "label")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([row[name] for name in columns] for row in rows)
    return text.getvalue().encode()


@head("/openrosa/submission", opt=_PHONES)
async def may_submit(request: Request) -> Response[None]:
    """Asked first by a phone: whether it may send, and how much at a time."""
    _phone(request)
    if asking_of(request).reads_only:  # as the submission itself would hear
        raise LandReleaseError(TOKEN_READS)
    return Response(None, status_code=204, headers={
        **VERSION, **_ACCEPTS,
        "Location": f"{str(request.base_url).rstrip('/')}/openrosa/submission"})


def _free(name: str, body: bytes, files: Mapping[str, bytes]) -> str:
    """A name under which a file is kept beside the others: of two of one name the second gets
    another, so that none is lost."""
    found, number = name, 1
    while files.get(found, body) != body:
        number += 1
        path = PurePath(name)
        found = f"{name.removesuffix(path.suffix)} ({number}){path.suffix}"
    return found


async def _sent(request: Request) -> tuple[list[bytes], dict[str, bytes]]:
    """The submissions in a request, the same one twice as one, and the files that came with them.
    """
    from landrelease.workflows.submissions import file_name

    contents: list[bytes] = []
    files: dict[str, bytes] = {}
    kind = request.headers.get("content-type", "")
    if not kind.lower().lstrip().startswith("multipart/"):
        form = await request.form()
        contents = [str(v).encode() for k, v in form.multi_items() if k == _FORM_PART and v]
        return contents[:1], files
    parts = parts_of(kind, await request.body())
    if parts is None:
        raise LandReleaseError(SUBMISSION_CUT_OFF)
    for part in parts:
        if part.key == _FORM_PART:
            if part.body and part.body not in contents:
                contents.append(part.body)
        elif part.is_file:
            name = file_name(part.name or part.key)
            files[_free(name, part.body, files)] = part.body
    return contents, files


@post("/openrosa/submission", status_code=201, opt=_PHONES)
async def submit(request: Request) -> Response[bytes]:
    """A submission with its photographs. 201 means: kept for good, the phone may forget it."""
    _phone(request)
    asking = asking_of(request)
    contents, files = await _sent(request)
    if not contents:
        raise LandReleaseError(SUBMISSION_EMPTY)

    def work(registry: Registry, view: View) -> Any:
        from landrelease.workflows import is_synthetic, submissions

        by = signature(asking)
        try:
            return submissions.receive_all(
                registry, contents, files, by=by,
                sender=submissions.Sender.of(registry, view, by)), is_synthetic(registry)
        except LandReleaseError as error:
            if error.code != REGISTRY_MOVED_ON.code:
                raise
            # Others went on recording: busy (503), not a fault of what the phone sends.
            raise LandReleaseError(REGISTRY_BUSY, address=registry.office,
                                   waited_s=_WAITED_S) from None

    # One after the other: each is held against what is recorded, which would move on meanwhile.
    async with request.app.state.submitting:
        found, synthetic = await read(request, work)
    from landrelease.workflows import public_words

    texts = speaking.texts()
    said = texts.told(public_words.RECEIVED, accepted=found.accepted, merged=found.merged,
                      waiting=found.waiting, photographs=found.photographs)
    answer = openrosa_message(f"{said} {texts(public_words.SYNTHETIC)}" if synthetic else said, 201)
    answer.headers.update(_ACCEPTS)
    return answer


HANDLERS = [form_list, form_file, manifest, media, may_submit, submit]
