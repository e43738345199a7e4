"""A registry with every kind of record, served to GIS clients by accounts of several roles.

Used by test_gis_clients.py (GDAL) and benchmarks/pyqgis_reads.py (QGIS).
"""

import base64
import json
import sys
import urllib.request
from pathlib import Path

from landrelease.access import policy
from landrelease.store.accounts import Account, Accounts

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

import field_day
from test_access_ways_out import ORGANISATION, marked

ROLES = policy.ROLES


class Served:
    """`url` is that of the OGC API; `tokens`: role -> (name of the account, its token)."""

    def __init__(self, folder):
        made = marked(folder)
        accounts = Accounts(Path(f"{made.address}.accounts"))
        self.tokens = {}
        for role in ROLES:
            accounts.add(Account(f"one.{role}", role, ORGANISATION), "four random words do")
            self.tokens[role] = f"one.{role}", accounts.make_token(f"one.{role}", "GIS", 1)
        accounts.close()
        self.server = field_day.Server(made.address)
        self.server.start()
        self.url = f"http://127.0.0.1:{self.server.port}/ogc"

    def close(self):
        self.server.kill()

    def ask(self, role, path):
        key = base64.b64encode(":".join(self.tokens[role]).encode()).decode()
        asked = urllib.request.Request(self.url + path, headers={"Authorization": f"Basic {key}"})
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return json.loads(answer.read())

    def layers(self, role):
        """Collection -> its features as the server gives them to a reader of this role."""
        names = [c["id"] for c in self.ask(role, "/collections?f=json")["collections"]]
        return {n: self.ask(role, f"/collections/{n}/items?f=json&limit=10000")["features"]
                for n in names}
