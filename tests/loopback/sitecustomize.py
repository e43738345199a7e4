"""No test reaches another machine: every Python that the tests start reads this (`conftest.py` puts
the folder on PYTHONPATH), and so does the one that runs them. What is asked for elsewhere is
refused and noted, so that the test fails whatever the program made of the refusal. What programs in
other languages ask for (Chromium, libpq) is not seen here; pages have a rule of their own
(`browsing.py`)."""

import ipaddress
import os
import socket

NOTED = "LANDRELEASE_TEST_ELSEWHERE"  # names the file of what was asked for


def is_here(host):
    """Whether a name or an address is of this machine."""
    if host is None or host in ("", b"", "localhost", b"localhost"):
        return True
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    if text.endswith(".localhost") or text == socket.gethostname():
        return True
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        try:
            found = ipaddress.IPv4Address(socket.inet_aton(text))  # 2130706433, 0x7f000001, 127.1
        except OSError:
            return False
    found = getattr(found, "ipv4_mapped", None) or found
    return found.is_loopback or found.is_unspecified


def refuse(what):
    path = os.environ.get(NOTED)
    if path:
        with open(path, "a", encoding="utf-8") as stream:
            stream.write(f"{what}\n")
    raise PermissionError(f"tests reach nothing but this machine: {what}")


def guarded(name):
    own = getattr(socket.socket, name)

    def method(self, *said):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            address = said[-1] if name.startswith("send") else said[0]
            if isinstance(address, tuple) and not is_here(address[0]):
                refuse(f"{name} {address[0]}:{address[1]}")
        return own(self, *said)

    return method


def guarded_names(host, port, *said, own=socket.getaddrinfo, **more):
    try:
        ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        if not is_here(host):
            refuse(f"the name {host}")
    return own(host, port, *said, **more)


for method in ("connect", "connect_ex", "sendto"):
    setattr(socket.socket, method, guarded(method))
socket.getaddrinfo = guarded_names
