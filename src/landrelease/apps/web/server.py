"""Run the app with Granian, on a port of its own that nobody else holds."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable

from landrelease.apps.web.settings import ENVIRONMENT, Settings
from landrelease.errors import PORT_TAKEN, LandReleaseError


def free_port(host: str, port: int) -> int:
    """`port`, or for 0 one that is free now. Raises CLI-107 where it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if os.name == "posix":
            # A server that was killed starts again at once: lines that it left half closed hold the
            # port for a minute, a server that listens still holds it.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise LandReleaseError(PORT_TAKEN, port=port, found=error.strerror) from error
        return int(probe.getsockname()[1])


def run(settings: Settings, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve until interrupted."""
    from granian import Granian
    from granian.constants import Interfaces, Loops
    from granian.log import LogLevels

    chosen = free_port(host, port)
    os.environ[ENVIRONMENT] = settings.to_environment()
    shown = f"[{host}]" if ":" in host else host
    say(f"http://{shown}:{chosen}/  (stop with Ctrl-C)")
    Granian(
        "landrelease.apps.web.app:from_environment", factory=True, address=host, port=chosen,
        interface=Interfaces.ASGI, workers=1, loop=Loops.asyncio, log_level=LogLevels.error,
        log_access=False, respawn_failed_workers=False, websockets=False,
    ).serve()
