"""The pages of the web app that the server writes, in their order, and who is shown a link to each.
A page of another module adds a line here; that it may be read is checked where it is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from landrelease.access.policy import VALIDATES, WAYS_OUT, View


@dataclass(frozen=True, slots=True)
class Part:
    """`key` of its words, its address, and who is shown it."""

    key: str
    path: str
    seen: Callable[[View], bool]


def way(name: str) -> Callable[[View], bool]:
    """For whoever may use a way out (`access.policy`)."""
    return lambda view: all(view.may(s, f) for s, f in WAYS_OUT[name].needs)


def _planned(view: View) -> bool:
    return view.may("plan_dates", "start") or view.may("plan_quality", "gap")


PARTS: tuple[Part, ...] = (
    Part("plans", "/plans", _planned),
    Part("forecasts", "/forecasts", lambda view: view.may("forecast", "finish")),
    Part("claims", "/claims", way("claims check")),
    Part("work", "/work", lambda view: view.role != "public"),
    Part("validation", "/validation", lambda view: view.role in VALIDATES),
    Part("inspection", "/inspection", way("verify open")),
    Part("releases", "/releases", way("release list")),
    Part("teams", "/teams", way("operate competence")),
    Part("quality", "/quality", way("check")),
    Part("documents", "/documents", lambda view: any(way(f"document {k}")(view) for k in (
        "plan", "task", "week", "donor"))),
    Part("certificate", "/certificate", lambda _: True),
)


def links(view: View) -> tuple[tuple[str, str], ...]:
    """(key, address) of the parts that a reader may use."""
    return tuple((p.key, p.path) for p in PARTS if p.seen(view))
