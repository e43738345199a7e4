"""What stands in force of what is on file: a person puts it in force, or removes it from file. The
same for plans and forecasts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from litestar import Request, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from landrelease.access.policy import View
from landrelease.apps.web.answers import read
from landrelease.apps.web.layout import Html, form, tag
from landrelease.apps.web.records import signature
from landrelease.apps.web.tiers import within
from landrelease.apps.web.words import word
from landrelease.apps.web.work import may_start, starter
from landrelease.store.registry import Registry
from landrelease.store.shelf import Kept, Shelf

WAY = "plan orders"  # who decides about plans decides about what is in force


@dataclass(frozen=True, slots=True)
class Filed:
    """A kind of thing on file.

    name : of its addresses, in the plural. key : of its words, in the singular.
    shelf : where a request finds it. found : one of them for a reader: `(shelf, view, name,
    areas)`; raises WEB-035 for what the reader may not know of. fit : raises where it may not be
    put in force.
    """

    name: str
    key: str
    shelf: Callable[[Request], Shelf]
    found: Callable[[Shelf, View, str, tuple[str, ...]], Kept]
    fit: Callable[[Kept], None] = lambda kept: None

    def buttons(self, request: Request, kept: Kept) -> Html | None:
        """The two decisions, for who may take them; None for what is in force."""
        force = self.shelf(request).in_force()
        if not may_start(request.user) or (force is not None and force.name == kept.name):
            return None
        return tag("div", *(form(
            f"/api/{self.name}/{kept.name}/{act}", button=word(f"{self.key}.{act}"),
            confirm=word(f"{self.key}.{act}_sure"), danger=act == "drop")
            for act in ("force", "drop")), class_="buttons noprint")

    def handlers(self) -> list[HTTPRouteHandler]:
        """`POST /api/NAME/{name}/force` and `.../drop`."""

        async def decide(request: Request, name: str, act: Callable[[Shelf, Kept], None]) -> None:
            asking, shelf = starter(request), self.shelf(request)

            def work(_: Registry, view: View) -> None:
                view.check(WAY)
                act(shelf, self.found(shelf, view, name, asking.areas))

            await read(request, work)

        async def put_in_force(request: Request, name: FromPath[str]) -> dict[str, str]:
            by = signature(starter(request))

            def act(shelf: Shelf, kept: Kept) -> None:
                self.fit(kept)
                shelf.put_in_force(kept.name, by, datetime.now(UTC))

            await decide(request, name, act)
            return {"said": word(f"{self.key}.forced", name=name),
                    "location": f"/{self.name}/{name}"}

        async def drop(request: Request, name: FromPath[str]) -> dict[str, str]:
            await decide(request, name, lambda shelf, kept: shelf.drop(kept.name))
            return {"said": word("plan.dropped", name=name), "location": f"/{self.name}"}

        def at(act: str, handler: Callable[..., Any], words: str) -> HTTPRouteHandler:
            handler.__name__, handler.__doc__ = f"{act}_{self.key}", words
            return post(f"/api/{self.name}/{{name:str}}/{act}", status_code=200,
                        opt=within(WAY, writes=True))(handler)

        return [at("force", put_in_force, f"From now on this {self.key} is in force: others of the "
                                          "programme see of it what the policy gives them."),
                at("drop", drop, f"Remove a {self.key} from file; the one in force stays.")]
