"""What the server is told when it starts."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from landrelease.errors import ACCOUNTS_NOWHERE, LandReleaseError

ENVIRONMENT = "LANDRELEASE_SERVE"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Settings:
    """How a registry is served.

    Attributes
    ----------
    address : of the registry.
    accounts : file of accounts.
    role, organisation, areas : the view of everybody who is not signed in: the public's, or on
        the loopback address that of the office that started the server.
    hosts : names under which the server may be asked; others are refused, so that no page elsewhere
        reads it by a name of its own (DNS rebinding).
    basemap : a file of PMTiles under the map; "": blank ground.
    secure : whether readers come over https (a reverse proxy): cookies are then only sent over it.
    proxies : addresses and networks of reverse proxies: what they say of a reader is believed.
    templates : folder of a centre's layout and templates of documents; "" for what ships.
    oidc : file that describes a provider of OpenID Connect (`oidc.read_client`); "" for none.
    """

    address: str
    accounts: str
    role: str = "public"
    organisation: str = ""
    areas: tuple[str, ...] = ()
    hosts: tuple[str, ...] = LOOPBACK
    secure: bool = False
    basemap: str = ""
    oidc: str = ""
    proxies: tuple[str, ...] = ()
    templates: str = ""

    @property
    def templates_folder(self) -> Path | None:
        return Path(self.templates) if self.templates else None

    def to_environment(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_environment(cls) -> Settings:
        said = json.loads(os.environ[ENVIRONMENT])
        lists = ("areas", "hosts", "proxies")
        return cls(**{**said, **{name: tuple(said[name]) for name in lists}})


def accounts_file(address: str, stated: Path | None) -> Path:
    """Where the accounts of a registry are kept: as stated, else beside its file. WEB-015."""
    from landrelease.store.open import own_file

    if stated is not None:
        return stated
    file = own_file(address)
    if file is None:
        raise LandReleaseError(ACCOUNTS_NOWHERE, found="a registry in PostgreSQL")
    return file.with_name(f"{file.name}.accounts")
