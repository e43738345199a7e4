"""What all commands share by which something leaves: for whom, checked and hushed."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Annotated

import typer

from landrelease.apps.common import opened
from landrelease.errors import LandReleaseError

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.store.registry import Registry

OrganisationOption = Annotated[str | None, typer.Option(
    "--organisation", metavar="NAME", help="Whom you work for; some rows are given by it.")]
AreaOption = Annotated[list[str] | None, typer.Option(
    "--area", metavar="AREA", help="Where you work: id or name of an administrative area, WKT of a "
    "polygon, or west,south,east,north. Repeat for more.")]


class reading:
    """`with reading(address, "history", role) as (registry, reader):` for one way out.

    The registry is closed whatever happens. A role that may not use the way out gets ACC-101; an
    error on the way says no more than the role may know (S14).
    """

    def __init__(self, address: str, way: str, role: str | None, organisation: str | None = None,
                 areas: list[str] | None = None):
        self.registry = opened(address)
        self.way, self.role, self.organisation, self.areas = way, role, organisation, areas or []

    def __enter__(self) -> tuple[Registry, View]:
        from landrelease.access import policy
        from landrelease.workflows import sharing

        self.role = policy.role_for(self.way, self.role)
        role = policy.view(self.role)  # an unknown role is said before anything is opened
        try:
            registry = self.registry.__enter__()
        except LandReleaseError as error:
            raise role.hushed(error) from None
        self.reader = role
        try:
            self.reader = sharing.reader_of(registry, self.role, self.organisation, self.areas)
            self.reader.check(self.way)
        except BaseException:
            registry.close()
            raise
        return registry, self.reader

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.registry.__exit__(kind, error, trace)
        if isinstance(error, LandReleaseError):
            hushed = self.reader.hushed(error)
            if hushed is not error:
                raise hushed from None
