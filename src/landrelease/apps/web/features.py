"""OGC API Features, Part 1 (core, GeoJSON), Part 2 (coordinate reference systems) and Part 3
(filtering in CQL2), downloads and tiles.

Source: OGC 17-069r4, 18-058r1, 19-079r2 and 21-065r2; tiles as `{z}/{x}/{y}` of WebMercatorQuad,
with a TileJSON 3.0.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import shapely
from litestar import Request, Response, get
from litestar.background_tasks import BackgroundTask
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import File

from landrelease.access.policy import View
from landrelease.apps.web import speaking
from landrelease.apps.web.answers import note_reading, read
from landrelease.apps.web.tiers import OPEN, VIEW
from landrelease.core.happened import PAST_WORDS
from landrelease.errors import PARAMETER_UNKNOWN, PARAMETER_WRONG, LandReleaseError
from landrelease.store.registry import Registry

if TYPE_CHECKING:
    from landrelease.workflows.collections import Moment

GEOJSON = "application/geo+json"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CRS4326 = "http://www.opengis.net/def/crs/EPSG/0/4326"
CRS3857 = "http://www.opengis.net/def/crs/EPSG/0/3857"
SYSTEMS = (CRS84, CRS4326, CRS3857)
_FEATURES, _CQL2 = "http://www.opengis.net/spec/ogcapi-features-", "http://www.opengis.net/spec/cql2"
CONFORMS = (
    f"{_FEATURES}1/1.0/conf/core", f"{_FEATURES}1/1.0/conf/geojson", f"{_FEATURES}1/1.0/conf/oas30",
    f"{_FEATURES}2/1.0/conf/crs",
    *(f"{_FEATURES}3/1.0/conf/{name}" for name in (
        "queryables", "queryables-query-parameters", "filter", "features-filter")),
    *(f"{_CQL2}/1.0/conf/{name}" for name in (
        "cql2-text", "cql2-json", "basic-cql2", "advanced-comparison-operators",
        "case-insensitive-comparison", "accent-insensitive-comparison", "basic-spatial-functions",
        "basic-spatial-functions-plus", "spatial-functions", "temporal-functions",
        "array-functions", "property-property")),
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
)
LIMIT, MOST = 100, 10_000
_PAST = ("valid_at", "known_at")
_CHOICE = ("bbox", "bbox-crs", "datetime", "filter", "filter-lang", "filter-crs", "sortby", *_PAST)
_OWN = (*_CHOICE, "crs", "limit", "after", "f")
PARQUET = "application/vnd.apache.parquet"
WORDS = ("Recorded ground. Ground without information is to be treated as dangerous. Not for "
         "moving on the ground.")


def _link(request: Request, path: str, rel: str, kind: str, title: str = "") -> dict[str, str]:
    base = str(request.base_url).rstrip("/")
    return {"href": f"{base}{path}", "rel": rel, "type": kind,
            **({"title": title} if title else {})}


def as_json(content: Any, kind: str = "application/json", **headers: str) -> Response[bytes]:
    """An answer as JSON that nobody keeps."""
    body = orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY)
    return Response(body, media_type=kind,
                    headers={"Cache-Control": "private, no-store", **headers})


def only(request: Request, *known: str) -> None:
    """WEB-012 for a parameter that there is not: a misspelled filter must not be passed over."""
    seen: set[str] = set()
    for name, value in request.query_params.multi_items():
        if name not in known:
            raise LandReleaseError(PARAMETER_UNKNOWN, found=name[:60],
                                   expected=", ".join(known) or "none")
        if name in seen:  # two programs could each take another one (ASVS 5.0, 15.3.7)
            raise LandReleaseError(PARAMETER_WRONG, name=name, found=str(value)[:60],
                                   expected="it is given once")
        seen.add(name)
    wanted = request.query_params.get("f")
    if wanted not in (None, "json", "geojson"):
        raise LandReleaseError(PARAMETER_WRONG, name="f", found=wanted[:60], expected="it is json")


@get("/ogc", name="ogc", opt=VIEW)
async def landing(request: Request) -> Response[bytes]:
    """The landing page of the API."""
    only(request, "f")

    def work(registry: Registry, _: View) -> str:
        return registry.office

    office = await read(request, work)
    return as_json({
        "title": f"landrelease, {office}", "description": WORDS,
        "links": [
            _link(request, "/ogc", "self", "application/json"),
            _link(request, "/ogc/api", "service-desc",
                  "application/vnd.oai.openapi+json;version=3.0"),
            _link(request, "/schema/openapi.json", "service-desc",
                  "application/vnd.oai.openapi+json;version=3.1"),
            _link(request, "/ogc/conformance", "conformance", "application/json"),
            _link(request, "/ogc/collections", "data", "application/json")]})


@get("/ogc/api", opt=OPEN)
async def api(request: Request) -> Response[bytes]:
    """The description of the API in OpenAPI 3.0."""
    from landrelease.apps.web.description import as_oas30

    only(request, "f")
    return as_json(as_oas30(request.app.openapi_schema.to_schema(), ("/ogc", "/tiles")),
                 "application/vnd.oai.openapi+json;version=3.0")


@get("/ogc/conformance", opt=OPEN)
async def conformance(request: Request) -> Response[bytes]:
    """What the API conforms to."""
    only(request, "f")
    return as_json({"conformsTo": CONFORMS})


@get("/ogc/collections", opt=VIEW)
async def list_collections(request: Request) -> Response[bytes]:
    """The collections that the reader may ask for."""
    only(request, "f")

    def work(registry: Registry, view: View) -> list[dict[str, Any]]:
        from landrelease.workflows import collections

        return [_described(request, c) for c in collections.collections(registry, view)]

    return as_json({"collections": await read(request, work), "crs": SYSTEMS, "links": [
        _link(request, "/ogc/collections", "self", "application/json")]})


@get("/ogc/collections/{name:str}", opt=VIEW)
async def one_collection(request: Request, name: FromPath[str]) -> Response[bytes]:
    """One collection."""
    only(request, "f")

    def work(registry: Registry, view: View) -> dict[str, Any]:
        from landrelease.workflows import collections

        return _described(request, collections.collection(registry, view, name))

    return as_json(await read(request, work))


@get("/ogc/collections/{name:str}/queryables", opt=VIEW)
async def queryables(request: Request, name: FromPath[str]) -> Response[bytes]:
    """The fields by whose value items can be asked for, as JSON Schema."""
    only(request, "f")

    def work(registry: Registry, view: View) -> dict[str, Any]:
        from landrelease.workflows import collections

        found = collections.collection(registry, view, name)
        # What a field means is for people: in their language, also where a program asks for them.
        said = speaking.texts().words
        shown: dict[str, Any] = {f.name: {"title": said.get(f.definition, f.definition),
                                          **_schema(f)} for f in found.fields}
        if found.geometry != "none":
            shown["geometry"] = {"title": "The place of the item.", "format": "geometry-any",
                                 "x-ogc-role": "primary-geometry"}
        return shown

    where = _link(request, f"/ogc/collections/{name}/queryables", "self", "")["href"]
    return as_json({"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": where,
                  "type": "object", "title": name, "properties": await read(request, work),
                  "additionalProperties": False}, "application/schema+json")


def _schema(field: Any) -> dict[str, Any]:
    known = {"enum": list(field.choices)} if field.choices else {}
    if field.type in ("choices", "references"):
        return {"type": "array", "items": {"type": "string", **known}}
    formats = {"date": {"format": "date"}, "moment": {"format": "date-time"}}
    return {"type": field.type if field.type in ("integer", "number", "boolean") else "string",
            **formats.get(field.type, {}), **known}


def _described(request: Request, found: Any) -> dict[str, Any]:
    path = f"/ogc/collections/{found.id}"
    return {
        "id": found.id, "title": found.title, "description": f"{found.description} {WORDS}",
        "itemType": "feature", "crs": SYSTEMS, "storageCrs": CRS84,
        "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]], "crs": CRS84}},
        "links": [_link(request, path, "self", "application/json"),
                  _link(request, f"{path}/items", "items", GEOJSON, found.title),
                  _link(request, f"{path}/queryables",
                        "http://www.opengis.net/def/rel/ogc/1.0/queryables",
                        "application/schema+json"),
                  _link(request, f"{path}/items.parquet", "enclosure", PARQUET,
                        f"{found.title} (GeoParquet)"),
                  _link(request, f"/tiles/{found.id}.json",
                        "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector",
                        "application/json")]}


@get("/ogc/collections/{name:str}/items", opt=VIEW)
async def list_items(
    request: Request, name: FromPath[str],
    bbox: FromQuery[str | None] = None,
    bbox_crs: Annotated[str | None, QueryParameter(name="bbox-crs")] = None,
    crs: FromQuery[str | None] = None,
    datetime_: Annotated[str | None, QueryParameter(name="datetime")] = None,
    limit: FromQuery[str | None] = None, after: FromQuery[str | None] = None,
    filter_: Annotated[str | None, QueryParameter(name="filter")] = None,
    filter_lang: Annotated[str | None, QueryParameter(name="filter-lang")] = None,
    filter_crs: Annotated[str | None, QueryParameter(name="filter-crs")] = None,
    sortby: FromQuery[str | None] = None,
    valid_at: FromQuery[str | None] = None, known_at: FromQuery[str | None] = None,
) -> Response[bytes]:
    """Items in a window, of a time, with certain values; `next` leads to those that follow.

    `sortby` orders all of them by one field, `-` before it: the largest first; what has no value
    comes last (after OGC API Features Part 8, draft). For who may see histories as it was on a day
    (`valid_at`), as it was known at an instant (`known_at`): the answer and each item say so.
    """
    count = _limit(limit)
    out = _system("crs", crs)
    asked = question(request)
    start = _shown_after(request, after or "")
    if "\0" in start or (start and sortby and not (after or "").startswith(_HIDDEN)):
        raise LandReleaseError(PARAMETER_WRONG, name="after", found=start[:40],
                               expected="it is what `next` of a page says")

    then = moment_of(valid_at, known_at)

    def work(registry: Registry, view: View) -> tuple[Any, list[dict[str, Any]], bool]:
        from landrelease.workflows import collections, is_synthetic

        page = collections.items(registry, view, name, after=start, limit=count,
                                 **asked(registry, view, name, _OWN))
        made_up = is_synthetic(registry)
        return page, [feature(i, out, made_up, then) for i in page.items], made_up

    page, features, made_up = await read(request, work)
    note_reading(request, name, f"{len(features)} items")
    links = [_link(request, _here(request), "self", GEOJSON),
             _link(request, f"/ogc/collections/{name}", "collection", "application/json")]
    if page.after:
        hidden = _hidden_after(request, page.after) if page.early or sortby else page.after
        links.append(_link(request, _here(request, after=hidden), "next", GEOJSON))
    return as_json({
        "type": "FeatureCollection", "features": features, "numberReturned": len(features),
        "timeStamp": datetime.now().astimezone().isoformat(timespec="seconds"),
        **({"synthetic": True} if made_up else {}),
        **({**_said_of(then), "description": PAST_WORDS + WORDS} if then else {}), "links": links,
    }, GEOJSON, **{"Content-Crs": f"<{out}>"})


def question(request: Request) -> Callable[..., dict[str, Any]]:
    """What a request asks of a collection: window, time, filter, values, order, of which moment.
    What can be judged without the registry is judged at once (WEB-011); the rest by
    `asked(registry, view, name, own)`, which gives what `collections.items` takes; `own`:
    parameters that are no fields."""
    said = request.query_params.get
    then = moment_of(said("valid_at"), said("known_at"))
    window = _window(said("bbox"), said("bbox-crs"))
    between = _between(said("datetime"))
    lang = said("filter-lang") or "cql2-text"
    if lang not in ("cql2-text", "cql2-json"):
        raise LandReleaseError(PARAMETER_WRONG, name="filter-lang", found=lang[:60],
                               expected="it is cql2-text or cql2-json")
    carried = _TO_DEGREES.get(_system("filter-crs", said("filter-crs")))
    text, sortby = said("filter"), said("sortby")

    def asked(registry: Registry, view: View, name: str, own: Sequence[str]) -> dict[str, Any]:
        from landrelease.workflows import collections, filtering, marks

        found = collections.collection(registry, view, name)
        by_name = {f.name: f for f in found.fields}
        may_past(view, name, then)
        only(request, *own, *by_name)
        keep = None if text is None else filtering.read_filter(
            text, lang, by_name, carried, placed=found.geometry != "none")
        where, holds, being = {}, {}, {}
        for key, value in request.query_params.items():
            if key in by_name and by_name[key].type in ("choices", "references"):
                holds[key] = value
            elif key in by_name and key in marks.NAMES:
                being[key] = _typed(by_name[key], key, value)
            elif key in by_name:
                where[key] = _typed(by_name[key], key, value)
        if being:
            keep = filtering.being(being, keep)
        if holds:  # a field of several values: those that hold the one that is asked for
            keep = filtering.holding(holds, keep)
        order = None
        if sortby:
            # A plus in an address is a space.
            order = collections.Order(sortby.lstrip("+- "), sortby.startswith("-"))
            collections.check_order(found, order, now=then is None)
        return {"bounds": window, "where": where, "between": between, "keep": keep, "order": order,
                "then": then}

    return asked


def may_past(view: View, name: str, then: Moment | None) -> None:
    """Raise WEB-012 where the moment is not the reader's to ask for: the past is for who may see
    histories, for others there is no such parameter. WEB-011: what is made of the records as they
    stand is of now alone, as what the public sees is never late (S15)."""
    from landrelease.workflows.collections import MADE

    if then is None:
        return
    if not view.may("history", "revisions"):
        raise LandReleaseError(PARAMETER_UNKNOWN, found="valid_at, known_at", expected="none")
    if name in MADE:
        found = then.valid_at or then.known_at
        raise LandReleaseError(
            PARAMETER_WRONG, name="valid_at" if then.valid_at else "known_at",
            found=str(found)[:60], expected="this collection is of now alone")


def _said_of(then: Moment | None) -> dict[str, str]:
    """What an answer and each item of it say of the moment that they are of; nothing for now."""
    if then is None:
        return {}
    return {"valid_at": then.valid_at.isoformat() if then.valid_at else "now",
            "known_at": then.known_at.isoformat() if then.known_at else "now"}


_HIDDEN = "~"


def _sealed(request: Request) -> Any:
    import base64

    from cryptography.fernet import Fernet

    secret = request.app.state.accounts.secret("pages").encode()
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(secret).digest()))


def _hidden_after(request: Request, after: str) -> str:
    """The place to go on from, where it may be the id of a record that the reader may not know."""
    return _HIDDEN + _sealed(request).encrypt(after.encode()).decode()


def _shown_after(request: Request, text: str) -> str:
    from cryptography.fernet import InvalidToken

    if not text.startswith(_HIDDEN):
        return text
    try:
        return str(_sealed(request).decrypt(text[len(_HIDDEN):].encode()).decode())
    except InvalidToken:
        raise LandReleaseError(PARAMETER_WRONG, name="after", found=text[:20],
                               expected="it is what `next` of a page says") from None


@get("/ogc/collections/{name:str}/items.parquet", opt=VIEW)
async def download(request: Request, name: FromPath[str],
                   valid_at: FromQuery[str | None] = None,
                   known_at: FromQuery[str | None] = None) -> File:
    """A whole collection as GeoParquet, as the reader's role may see it; `valid_at`, `known_at` as
    `items` takes them."""
    import shutil
    import tempfile
    from pathlib import Path

    only(request, *_PAST)
    then = moment_of(valid_at, known_at)
    folder = Path(tempfile.mkdtemp(prefix="landrelease-"))

    def work(registry: Registry, view: View) -> int:
        from landrelease.workflows import collections

        collections.collection(registry, view, name)
        may_past(view, name, then)
        return collections.write_parquet(registry, view, name, folder / "items.parquet",
                                         datetime.now(UTC), then or collections.NOW)

    try:
        count = await read(request, work, request.app.state.exports)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    note_reading(request, name, f"download of {count} rows")
    return File(folder / "items.parquet", filename=_file_name(name, then, "parquet"),
                media_type=PARQUET, headers={"Cache-Control": "private, no-store"},
                background=BackgroundTask(shutil.rmtree, folder, ignore_errors=True))


def _file_name(name: str, then: Moment | None, ending: str) -> str:
    """Of a file of a collection; of the past it names the days."""
    days = [] if then is None else [
        f"{at:%Y-%m-%d}" for at in (then.valid_at, then.known_at) if at is not None]
    return "-".join([name, *days]) + f".{ending}"


async def _table(request: Request, name: str, ending: str, media: str) -> File:
    """The items that are asked for as a table, whole, in the order asked for."""
    import shutil
    import tempfile
    from pathlib import Path

    asked = question(request)
    said = {key: value[:400] for key in ("filter", "sortby", "datetime", "bbox")
            if (value := request.query_params.get(key))}
    folder = Path(tempfile.mkdtemp(prefix="landrelease-"))

    def work(registry: Registry, view: View) -> int:
        from landrelease.workflows import collections

        choice = asked(registry, view, name, _CHOICE)
        fields = {k: str(v)[:100] for k, v in choice["where"].items()}
        return collections.write_table(registry, view, name, folder / f"items.{ending}",
                                       datetime.now(UTC), said=said | fields, **choice)

    try:
        count = await read(request, work, request.app.state.exports)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    note_reading(request, name, f"{ending} of {count} rows")
    then = moment_of(request.query_params.get("valid_at"), request.query_params.get("known_at"))
    return File(folder / f"items.{ending}", filename=_file_name(name, then, ending),
                media_type=media, headers={"Cache-Control": "private, no-store"},
                background=BackgroundTask(shutil.rmtree, folder, ignore_errors=True))


@get("/ogc/collections/{name:str}/items.csv", opt=VIEW)
async def as_csv(request: Request, name: FromPath[str], filter_: Annotated[
        str | None, QueryParameter(name="filter")] = None, sortby: FromQuery[str | None] = None,
        valid_at: FromQuery[str | None] = None, known_at: FromQuery[str | None] = None) -> File:
    """The items that are asked for (as `items` takes it) as CSV in UTF-8 with HXL tags, whole. A
    text that a spreadsheet would run as a formula has an apostrophe before it."""
    return await _table(request, name, "csv", "text/csv")


@get("/ogc/collections/{name:str}/items.xlsx", opt=VIEW)
async def as_xlsx(request: Request, name: FromPath[str], filter_: Annotated[
        str | None, QueryParameter(name="filter")] = None, sortby: FromQuery[str | None] = None,
        valid_at: FromQuery[str | None] = None, known_at: FromQuery[str | None] = None) -> File:
    """The items that are asked for (as `items` takes it) as a workbook with HXL tags, whole."""
    return await _table(
        request, name, "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")


@get("/ogc/collections/{name:str}/items/{item_id:path}", opt=VIEW)
async def one_item(request: Request, name: FromPath[str], item_id: FromPath[str],
                   crs: FromQuery[str | None] = None, valid_at: FromQuery[str | None] = None,
                   known_at: FromQuery[str | None] = None) -> Response[bytes]:
    """One item; its id may hold slashes. `valid_at`, `known_at` as `items` takes them."""
    only(request, "crs", "f", *_PAST)
    item_id = item_id.removeprefix("/")
    out, then = _system("crs", crs), moment_of(valid_at, known_at)

    def work(registry: Registry, view: View) -> dict[str, Any]:
        from landrelease.workflows import collections, is_synthetic

        collections.collection(registry, view, name)
        may_past(view, name, then)
        return feature(collections.item(registry, view, name, item_id, then or collections.NOW),
                       out, is_synthetic(registry), then)

    found = await read(request, work)
    note_reading(request, name, item_id)
    found["links"] = [_link(request, _here(request), "self", GEOJSON),
                        _link(request, f"/ogc/collections/{name}", "collection",
                              "application/json")]
    return as_json(found, GEOJSON, **{"Content-Crs": f"<{out}>"})


def feature(item: Any, system: str, made_up: bool, then: Moment | None = None) -> dict[str, Any]:
    """An item as a feature of GeoJSON, in one of the `SYSTEMS`; of the past it says of when."""
    shape = item.geometry
    if shape is not None and system != CRS84:
        shape = shapely.transform(shape, _FROM_DEGREES[system])
    return {"type": "Feature", "id": item.id,
            "geometry": None if shape is None else orjson.Fragment(shapely.to_geojson(shape)),
            "properties": {**{k: v.isoformat() if isinstance(v, (date, datetime)) else v
                              for k, v in item.values.items()},
                           **({"synthetic": True} if made_up else {}), **_said_of(then)}}


_EARTH = 6_378_137.0


def _mercator(xy: Any) -> Any:
    import numpy as np

    lat = np.radians(np.clip(xy[:, 1], -89.99, 89.99))
    return np.column_stack([np.radians(xy[:, 0]) * _EARTH, np.arcsinh(np.tan(lat)) * _EARTH])


# The order of axes is that of the system: latitude first in EPSG:4326.
_FROM_DEGREES = {CRS4326: lambda xy: xy[:, ::-1], CRS3857: _mercator}


def _from_mercator(xy: Any) -> Any:
    import numpy as np

    up = np.clip(xy[:, 1] / _EARTH, -20, 20)
    return np.column_stack([np.degrees(xy[:, 0] / _EARTH), np.degrees(np.arctan(np.sinh(up)))])


_TO_DEGREES: dict[str, Any] = {CRS4326: lambda xy: xy[:, ::-1], CRS3857: _from_mercator}


def _here(request: Request, **changed: str) -> str:
    from urllib.parse import quote, urlencode

    params = [(k, v) for k, v in request.query_params.multi_items() if k not in changed]
    params += list(changed.items())
    return quote(request.url.path) + (f"?{urlencode(params)}" if params else "")


def _limit(text: str | None) -> int:
    if text is None:
        return LIMIT
    if not text.isdecimal() or not text.strip("0"):
        raise LandReleaseError(PARAMETER_WRONG, name="limit", found=text[:60],
                               expected=f"it is a whole number from 1; over {MOST:,} counts as "
                                        f"{MOST:,}")
    return MOST if len(text) > 9 else min(int(text), MOST)


def _system(name: str, text: str | None) -> str:
    if text is None:
        return CRS84
    if text not in SYSTEMS:
        raise LandReleaseError(PARAMETER_WRONG, name=name, found=text[:80],
                               expected=f"it is one of {', '.join(SYSTEMS)}")
    return text


def _window(text: str | None, system: str | None) -> tuple[float, float, float, float] | None:
    of = _system("bbox-crs", system)
    if text is None:
        return None
    wrong = LandReleaseError(
        PARAMETER_WRONG, name="bbox", found=text[:80],
        expected="it is west,south,east,north in the order of axes of bbox-crs, with "
                 "south <= north; west > east spans the antimeridian")
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        raise wrong from None
    if len(numbers) == 6:
        numbers = [numbers[0], numbers[1], numbers[3], numbers[4]]
    if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
        raise wrong
    west, south, east, north = numbers
    if of == CRS4326:
        south, west, north, east = numbers
    elif of == CRS3857:
        west, east = (math.degrees(v / _EARTH) for v in (west, east))
        south, north = (math.degrees(math.atan(math.sinh(max(-20.0, min(20.0, v / _EARTH)))))
                        for v in (south, north))
    if south > north or (west > east and of == CRS3857) or abs(south) > 90 or abs(north) > 90:
        raise wrong
    if west > east and not (-180 <= east < west <= 180):
        raise wrong
    return west, south, east, north


def _between(text: str | None) -> tuple[date | None, date | None] | None:
    """A day, or an interval with open ends (".." or nothing); times of day count as their day."""
    if text is None:
        return None
    parts = text.split("/")
    wrong = LandReleaseError(
        PARAMETER_WRONG, name="datetime", found=text[:80],
        expected="it is a day or a moment (RFC 3339), or two with / between, .. for an open end")
    if len(parts) > 2:
        raise wrong
    days: list[date | None] = []
    for part in parts:
        if part in ("", "..") and len(parts) == 2:
            days.append(None)
            continue
        try:
            days.append(datetime.fromisoformat(part.replace("z", "Z")).date())
        except ValueError:
            raise wrong from None
    first, last = (days[0], days[-1])
    if (first is None and last is None) or (first and last and first > last):
        raise wrong
    return first, last


def _typed(field: Any, name: str, text: str) -> Any:
    """The value of a filter as records hold it; several with commas between mean one of these."""
    def one(part: str) -> Any:
        try:
            if field.type == "integer":
                return int(part)
            if field.type == "number":
                return float(part)
            if field.type == "date":
                return date.fromisoformat(part)
            if field.type == "boolean":
                return {"true": True, "false": False}[part]
        except (ValueError, KeyError):
            raise LandReleaseError(PARAMETER_WRONG, name=name, found=part[:60],
                                   expected=f"it is a {field.type}") from None
        return part

    listed = [one(part) for part in text.split(",")] if field.type == "choice" else [one(text)]
    return listed if len(listed) > 1 else listed[0]


def moment_of(valid_at: str | None, known_at: str | None) -> Moment | None:
    """The moment that a question about the past names; None for now. WEB-011."""
    from landrelease.workflows.collections import Moment

    def wrong(name: str, found: str) -> LandReleaseError:
        return LandReleaseError(PARAMETER_WRONG, name=name, found=found[:60],
                                expected="it is a day or a moment (RFC 3339)")

    day, at = None, None
    try:
        if valid_at:
            day = date.fromisoformat(valid_at)
    except ValueError:
        raise wrong("valid_at", valid_at or "") from None
    try:
        if known_at:
            at = datetime.fromisoformat(known_at.replace("z", "Z"))
            # A day without a time is known at its end; without a zone it is UTC.
            at = (at.replace(hour=23, minute=59, second=59, microsecond=999_999)
                  if len(known_at) <= 10 else at)
            at = (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise wrong("known_at", known_at or "") from None
    return Moment(day, at) if day is not None or at is not None else None


HANDLERS = [landing, api, conformance, list_collections, one_collection, queryables, list_items,
            download, as_csv, as_xlsx, one_item]
