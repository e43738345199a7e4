"""Serve published pages on the loopback address: files only, nothing outside the folder."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from landrelease.errors import PORT_TAKEN, LandReleaseError

# What may be looked at over HTTP; the registry itself is not a page.
_SERVED = frozenset({".html", ".pdf", ".csv", ".json", ".geojson", ".tif", ".parquet"})


class _Handler(SimpleHTTPRequestHandler):
    """Secure headers, no listing of folders, no registry."""

    def end_headers(self) -> None:
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Frame-Options", "DENY")
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def send_head(self):
        path = Path(self.translate_path(self.path)).resolve()
        folder = Path(self.directory).resolve()
        if path.is_dir():
            path = path / "index.html"
        if not path.is_relative_to(folder) or path.suffix not in _SERVED or not path.is_file():
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        host = (self.headers.get("Host") or "").rsplit(":", 1)[0]
        if host not in ("127.0.0.1", "localhost"):  # a page elsewhere may not read it by DNS
            self.send_error(HTTPStatus.FORBIDDEN)
            return None
        return super().send_head()

    def list_directory(self, path):
        self.send_error(HTTPStatus.NOT_FOUND)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the terminal is the user's."""


def make_server(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server bound to 127.0.0.1. Raises CLI-107 where the port is taken."""
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), partial(_Handler, directory=str(folder)))
    except OSError as error:
        raise LandReleaseError(PORT_TAKEN, port=port, found=error.strerror) from error
