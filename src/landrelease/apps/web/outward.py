"""Requests to addresses that readers name: only to public ones.

A name is resolved once, all its addresses are judged, and the connection goes to one of these, so
that a name that says something else a moment later (DNS rebinding) leads nowhere. Nothing follows a
redirect, no proxy of the environment is asked, and TLS verifies the name.

Source: OWASP Server-Side Request Forgery Prevention Cheat Sheet; RFC 6890.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpcore

from landrelease.errors import ADDRESS_REFUSED, LandReleaseError

TIMEOUT = 10.0  # for each wait
DEADLINE = 30.0  # for a whole message: who answers one byte at a time holds nobody up for longer
_PIECE = 16_384  # what is written at once
Resolve = Callable[[str, int], Sequence[str]]
_SPECIAL = [ipaddress.ip_network(n) for n in (
    "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "100.64.0.0/10", "192.88.99.0/24",
    "fec0::/10", "::/96")]  # ways into other networks, beside what `is_global` knows


def resolved(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system says."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def is_public(text: str) -> bool:
    """Whether an address is on the public network: not private, loopback, link-local, multicast,
    reserved, or a way into such a one.

    >>> [is_public(a) for a in ("9.9.9.9", "10.0.0.1", "::ffff:127.0.0.1", "169.254.169.254")]
    [True, False, False, False]
    """
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if any(address.version == n.version and address in n for n in _SPECIAL):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved
                                      or address.is_unspecified or address.is_link_local)


def checked(url: str) -> str:
    """A URL that may be named at all: https, a name or a public address, no credentials. What the
    name stands for is looked at when something is sent. Raises WEB-060."""
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        raise LandReleaseError(ADDRESS_REFUSED, found="no URL") from None
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= 1_000
    if parts.scheme != "https" or not parts.hostname or not plain or parts.fragment:
        raise LandReleaseError(ADDRESS_REFUSED, found="no https address")
    if parts.username is not None or parts.password is not None:
        raise LandReleaseError(ADDRESS_REFUSED, found="a name or password in it")
    if port != 443 and port < 1024:
        raise LandReleaseError(ADDRESS_REFUSED, found=f"the port {port}")
    stated = _address_in(parts.hostname)
    if parts.hostname.rstrip(".").rpartition(".")[2] == "localhost" or (
            stated and not is_public(stated)):
        raise LandReleaseError(ADDRESS_REFUSED, found="an address that is not public")
    return url


def _address_in(host: str) -> str:
    """The address that a host is as it stands, also in the ways of writing one (a single number,
    octal, hexadecimal) that resolvers take; "" for a name."""
    try:
        return str(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host.rstrip(".")))
    except OSError:
        return ""


class Public(httpcore.NetworkBackend):
    """Connects to public addresses only."""

    def __init__(self, resolve: Resolve = resolved, inner: httpcore.NetworkBackend | None = None):
        self.resolve, self.inner = resolve, inner or httpcore.SyncBackend()

    def connect_tcp(self, host: str, port: int, timeout: float | None = None,
                    local_address: str | None = None,
                    socket_options: Iterable[Any] | None = None) -> httpcore.NetworkStream:
        try:
            addresses = list(self.resolve(host, port))
        except OSError as error:
            raise httpcore.ConnectError("the name is not known") from error
        # One that is not public among them is enough: a resolver could be asked until it fits.
        if not addresses or not all(map(is_public, addresses)):
            raise LandReleaseError(ADDRESS_REFUSED, found="an address that is not public")
        return self.inner.connect_tcp(addresses[0], port, timeout, local_address, socket_options)

    def connect_unix_socket(self, path: str, timeout: float | None = None,
                            socket_options: Iterable[Any] | None = None) -> httpcore.NetworkStream:
        raise LandReleaseError(ADDRESS_REFUSED, found="a socket of this machine")


class Timed(httpcore.NetworkStream):
    """A connection on which no wait goes past a moment, however many of them there are."""

    def __init__(self, inner: httpcore.NetworkStream, end: float):
        self.inner, self.end = inner, end

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.inner.read(max_bytes, _until(self.end, timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # A socket counts each part that it is rid of anew.
        for at in range(0, len(buffer), _PIECE):
            self.inner.write(buffer[at:at + _PIECE],
                             _until(self.end, timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self.inner.close()

    def start_tls(self, ssl_context: ssl.SSLContext, server_hostname: str | None = None,
                  timeout: float | None = None) -> httpcore.NetworkStream:
        left = _until(self.end, timeout, httpcore.ConnectTimeout)
        return Timed(self.inner.start_tls(ssl_context, server_hostname, left), self.end)

    def get_extra_info(self, info: str) -> Any:
        return self.inner.get_extra_info(info)


def _until(end: float, timeout: float | None, late: type[Exception]) -> float:
    """How long to wait at most. Raises `late` after the end."""
    left = end - time.monotonic()
    if left <= 0:
        raise late("the message took too long as a whole")
    return left if timeout is None else min(left, timeout)


class _Within(httpcore.NetworkBackend):
    """Connections of a backend that end at a moment."""

    def __init__(self, inner: httpcore.NetworkBackend, end: float):
        self.inner, self.end = inner, end

    def connect_tcp(self, host: str, port: int, timeout: float | None = None,
                    local_address: str | None = None,
                    socket_options: Iterable[Any] | None = None) -> httpcore.NetworkStream:
        left = _until(self.end, timeout, httpcore.ConnectTimeout)
        return Timed(self.inner.connect_tcp(host, port, left, local_address, socket_options),
                     self.end)

    def connect_unix_socket(self, path: str, timeout: float | None = None,
                            socket_options: Iterable[Any] | None = None) -> httpcore.NetworkStream:
        return self.inner.connect_unix_socket(path, timeout, socket_options)


def post(url: str, body: bytes, headers: dict[str, str], *, backend: Public | None = None,
         tls: ssl.SSLContext | None = None, deadline: float = DEADLINE) -> int:
    """Send; returns the status. The answer's body is not read, a redirect is a status like others.
    `deadline`: seconds for all of it, from the connection to the answer.

    Raises WEB-060 for an address that is not public, httpcore's errors for the rest.
    """
    checked(url)
    limits = dict.fromkeys(("connect", "read", "write", "pool"), TIMEOUT)
    timed = _Within(backend or Public(), time.monotonic() + deadline)
    with httpcore.ConnectionPool(ssl_context=tls or ssl.create_default_context(), retries=0,
                                 network_backend=timed) as pool, pool.stream(
            "POST", url, headers=list(headers.items()), content=body,
            extensions={"timeout": limits}) as answer:
        return int(answer.status)
