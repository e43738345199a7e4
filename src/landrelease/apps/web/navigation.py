"""The pages of the web app in their order, and who is shown a link to each: those of the map's page
(`/#...`) and those that the server writes. A page of another module adds a line here; that it may
be read is checked where it is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from landrelease.access.policy import VALIDATES, WAYS_OUT, View
from landrelease.apps.web.readers import Asking
from landrelease.apps.web.tiers import MAY_BRING_IN, may_write


@dataclass(frozen=True, slots=True)
class Part:
    """`key` of its words, its address, who is shown it; `writes`: only who may change things;
    `keeps`: only who is signed in in a browser and is held to no areas; `signed`: who is signed
    in."""

    key: str
    path: str
    seen: Callable[[View], bool]
    writes: bool = False
    keeps: bool = False
    signed: bool = False


def way(name: str) -> Callable[[View], bool]:
    """For whoever may use a way out (`access.policy`)."""
    return lambda view: all(view.may(s, f) for s, f in WAYS_OUT[name].needs)


def _planned(view: View) -> bool:
    return view.may("plan_dates", "start") or view.may("plan_quality", "gap")


PARTS: tuple[Part, ...] = (
    Part("map", "/#map", lambda _: True),
    Part("tables", "/#tables", lambda _: True),
    Part("figures", "/figures", lambda view: view.may("figures")),
    Part("import", "/#import", lambda view: view.role in MAY_BRING_IN, writes=True),
    Part("waiting", "/#waiting", lambda view: view.may("quarantine", "rows")),
    Part("complaints", "/complaints", way("complaint list")),
    Part("quality", "/quality", way("check")),
    Part("validation", "/validation", lambda view: view.role in VALIDATES),
    Part("plans", "/plans", _planned),
    Part("forecasts", "/forecasts", lambda view: view.may("forecast", "finish")),
    Part("teams", "/teams", way("operate competence")),
    Part("inspection", "/inspection", way("verify open")),
    Part("releases", "/releases", way("release list")),
    Part("certificate", "/certificate", lambda _: True),
    Part("documents", "/documents", lambda view: any(way(f"document {k}")(view) for k in (
        "plan", "task", "week", "donor"))),
    Part("claims", "/claims", way("claims check")),
    Part("work", "/work", lambda view: view.role != "public"),
    Part("keys", "/keys", way("identity list")),
    Part("webhooks", "/webhooks", lambda _: True, signed=True),
    Part("accounts", "/accounts", lambda view: view.role == "administrator", keeps=True),
)


def links(view: View, asking: Asking) -> tuple[tuple[str, str], ...]:
    """(key, address) of the parts that a reader may use."""
    return tuple((p.key, p.path) for p in PARTS
                 if p.seen(view) and (not p.writes or may_write(asking))
                 and (not p.signed or (asking.signed_in and not asking.renew))
                 and (not p.keeps or (asking.csrf and not asking.areas)))
