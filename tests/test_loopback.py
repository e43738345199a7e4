"""No test reaches another machine, neither from the process that runs it nor from one that it
starts. The addresses are those of documentation (RFC 5737, RFC 3849), where nobody is."""

import asyncio
import socket
import subprocess
import sys

import httpx
import pytest

from conftest import asked_elsewhere

ELSEWHERE = ("192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1")


@pytest.mark.parametrize("host", ELSEWHERE)
def test_another_machine_is_refused_and_noted(host):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for kind, ask in ((socket.SOCK_STREAM, lambda s: s.connect((host, 9))),
                      (socket.SOCK_STREAM, lambda s: s.connect_ex((host, 9))),
                      (socket.SOCK_DGRAM, lambda s: s.sendto(b"x", (host, 9))),
                      (socket.SOCK_DGRAM, lambda s: s.sendto(b"x", 0, (host, 9)))):
        with socket.socket(family, kind) as one, pytest.raises(PermissionError):
            ask(one)
    assert asked_elsewhere().count(host) == 4


def test_libraries_and_programs_that_are_started_are_refused_too():
    with pytest.raises((PermissionError, httpx.TransportError)):
        httpx.get("http://192.0.2.1:9/")

    async def later():
        await asyncio.open_connection("192.0.2.1", 9)

    with pytest.raises(PermissionError):
        asyncio.run(later())
    assert asked_elsewhere().count("192.0.2.1:9") == 2
    code = "import socket; socket.create_connection(('192.0.2.1', 9))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode and "PermissionError" in done.stderr
    with pytest.raises(PermissionError):
        socket.getaddrinfo("mines.example", 443)
    assert asked_elsewhere().splitlines() == ["connect 192.0.2.1:9", "the name mines.example"]


def test_this_machine_is_reached():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(
            ("localhost", server.getsockname()[1])) as one:
        assert one.getpeername()[0] == "127.0.0.1"
    assert asked_elsewhere() == ""
