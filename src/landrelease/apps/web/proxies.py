"""What a reverse proxy says of a reader, believed from the proxy's own address and nobody else."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from landrelease.errors import PROXY_ADDRESS, LandReleaseError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks(stated: Sequence[str]) -> tuple[Network, ...]:
    """Addresses and networks of proxies. Raises WEB-019: no such thing, or all addresses.

    >>> networks(["127.0.0.1", "172.28.5.0/24"])
    (IPv4Network('127.0.0.1/32'), IPv4Network('172.28.5.0/24'))
    """
    out: list[Network] = []
    for text in stated:
        try:
            network = ipaddress.ip_network(text.strip())
        except ValueError as error:
            raise LandReleaseError(PROXY_ADDRESS, found=text[:80]) from error
        if network.prefixlen == 0:  # anybody would be believed
            raise LandReleaseError(PROXY_ADDRESS, found=text[:80])
        out.append(network)
    return tuple(out)


class Proxies(ASGIMiddleware):
    """Behind a proxy, `client` and `scheme` of a request are the reader's, not the proxy's.

    The reader is the last address of X-Forwarded-For that is no proxy of ours: what stands before
    it anybody can write (ASVS 5.0, 4.1.3). X-Forwarded-Proto is the proxy's word for the scheme.
    Headers of any other peer count for nothing, X-Forwarded-Host never: the proxy passes Host.
    """

    def __init__(self, stated: Sequence[str]):
        self.networks = networks(stated)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        peer: Any = scope.get("client")
        if scope["type"] == "http" and self.networks and peer and self.ours(peer[0]):
            client, proto = self.forwarded(scope["headers"])
            changed: Any = scope
            if client:
                changed["client"] = (client, 0)
            if proto:
                changed["scheme"] = proto
        await next_app(scope, receive, send)

    def ours(self, text: str) -> bool:
        """Whether an address is a proxy's."""
        address = _address(text)
        return address is not None and any(
            address.version == n.version and address in n for n in self.networks)

    def forwarded(self, headers: Any) -> tuple[str, str]:
        """The reader's address and scheme as a proxy of ours says; "" where it says nothing."""
        said = ",".join(v.decode("latin-1") for k, v in headers
                        if k.lower() == b"x-forwarded-for").split(",")
        client = ""
        for text in reversed(said):
            address = _address(text)
            if address is None:
                break  # what no proxy of ours wrote; nothing before it is believed either
            client = str(address)
            if not self.ours(client):
                break
        protos = [v.decode("latin-1").strip().lower() for k, v in headers
                  if k.lower() == b"x-forwarded-proto"]
        proto = protos[0] if len(protos) == 1 and protos[0] in ("http", "https") else ""
        return client, proto


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address
