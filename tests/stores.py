"""The two stores for tests of the web app: what holds over a file holds over PostgreSQL."""

import secrets
from dataclasses import dataclass
from pathlib import Path

STORES = ("file", "postgis")


@dataclass(frozen=True)
class Place:
    """A folder, and the address of a registry that a test makes: of a file in it, or of an empty
    database. `place / name` is a file in the folder."""

    folder: Path
    address: object

    def __truediv__(self, name):
        return self.folder / name

    @property
    def accounts(self):
        return self.folder / "accounts"


def place_of(request, folder):
    """The place of a fixture with `params=STORES`."""
    if request.param == "file":
        return Place(folder, folder / "r.gpkg")
    # A server of its own that is thrown away with all databases in it.
    server = request.getfixturevalue("postgres_server")
    return Place(folder, server.database(f"web_{secrets.token_hex(6)}"))
