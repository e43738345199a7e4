"""What the test and the benchmark of the description share: a small registry, the operations of the
description, and one operation probed with what Schemathesis makes of it."""

from __future__ import annotations

import json
import warnings

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from landrelease.store.accounts import Account
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import imports

HOST, PASSWORD = "testserver.local", "four random words do"
CHECKS = [schemathesis.checks.not_a_server_error, content_type_conformance,
          response_schema_conformance, status_code_conformance, response_headers_conformance]


def small_registry(folder, address=None):
    """A registry with two hazards, a settlement and a row that waits; synthetic. A file in the
    folder, or the database at an address."""
    address = address or folder / "r.gpkg"
    create_registry(address, office="Test").close()
    features = [{"type": "Feature", "properties": {
        "identifier": f"H-{n}", "name": f"Area {n}", "hazard_type": "CHA", "status": "open"},
        "geometry": {"type": "Polygon", "coordinates": [[
            [x, 44.1], [x + 0.01, 44.1], [x + 0.01, 44.11], [x, 44.11], [x, 44.1]]]}}
        for n, x in ((1, 17.5), (2, 17.52))]
    (folder / "hazard.geojson").write_text(json.dumps(
        {"type": "FeatureCollection", "features": features}))
    (folder / "settlement.csv").write_text(
        "name,population,latitude,longitude\nUpper,120,44.1,17.49\nLower,heaps,44.2,17.6\n")
    with open_registry(address) as registry:
        for name, kind in (("hazard.geojson", "hazard"), ("settlement.csv", "settlement")):
            imports.import_files(registry, [folder / name], kind=kind, crs="EPSG:4326")
    return address


def app_for(address, folder, role):
    """The app over a registry, and the headers with which an account of the role asks; "public"
    asks without one."""
    app = make_app(Settings(str(address), str(folder / f"{role}.accounts"), hosts=(HOST,)))
    if role == "public":
        return app, {}
    app.state.accounts.add(Account(f"one.{role}", role, "Org A"), PASSWORD)
    secret = app.state.accounts.make_token(f"one.{role}", "test", 1)
    return app, {"authorization": f"Bearer {secret}"}


# Names that are there, so that not every example ends at "there is no such thing".
KNOWN = {"name": ["hazard", "settlement", "hazard_cells", "released_ground", "team"],
         "item_id": ["H-1", "1"], "record_id": ["H-1"], "number": ["1"],
         "file": ["hazard.json", "hazard.xml"], "z": ["9"], "x": ["280"], "y": ["185"]}


def operations(client):
    """The operations of the description, those that end a session left out."""
    schema = schemathesis.openapi.from_dict(client.get("/schema/openapi.json").json())
    return [found.ok() for found in schema.get_all_operations()]


def cases(operation, examples, malformed=False):
    """What is made for one operation, to be sent with `probe` as any role: to make it takes longer
    than to send it. What is malformed breaks the description somewhere, and must be refused as it
    says; for an operation that takes nothing there is none. Raises what Hypothesis raises."""
    made = []
    mode = GenerationMode.NEGATIVE if malformed else GenerationMode.POSITIVE

    @settings(max_examples=examples, deadline=None, derandomize=True, database=None,
              phases=[Phase.explicit, Phase.generate],
              suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def keep(case):
        made.append(case)
        for name in list(case.path_parameters or {}):
            if name in KNOWN and len(made) % 2:
                case.path_parameters[name] = KNOWN[name][len(made) // 2 % len(KNOWN[name])]

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            keep()
    except Unsatisfiable:
        if not malformed or made:
            raise
    return made


def probe(client, made, headers):
    """Send the cases of one operation with `headers`; what went wrong, in words."""
    return [f"{case.operation.method.upper()} {case.operation.path}: {_told(error)}"
            for case in made if (error := _sent(client, case, headers))]


def _sent(client, case, headers):
    """What was wrong with the answer to one case, or how it could not be sent; None where nothing.
    """
    try:
        said = case.as_transport_kwargs(base_url="http://testserver.local")
        said["headers"] = {k: v for k, v in (said.get("headers") or {}).items()
                           if k.lower() not in ("authorization", "host")}
        for word in ("allow_redirects", "stream", "timeout", "verify", "proxies", "cert"):
            said.pop(word, None)
        made = requests.Request(**said).prepare()
        made.headers.setdefault("X-CSRF-Token", "program")
        made.headers.update(headers)
        answer = client.request(made.method, made.url, headers=dict(made.headers),
                                content=made.body, follow_redirects=False)
        try:
            case.validate_response(answer, checks=CHECKS)
        except (AssertionError, BaseExceptionGroup) as error:
            return AssertionError(f"{made.method} {made.url} {made.body!r:.200}: {_told(error)}")
    except Exception as error:
        return error
    return None


def _told(error):
    if isinstance(error, BaseExceptionGroup):
        return " | ".join(_told(e) for e in error.exceptions)
    return f"{type(error).__name__}: {error}"[:1_500]
