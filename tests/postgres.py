"""A throw-away PostgreSQL with PostGIS for the tests: its own folder, a free port."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

NEEDED = ("needs PostgreSQL with PostGIS: `apt-get install postgresql postgresql-postgis`, or the "
          "folder of its programs in POSTGRES_BIN")


def programs() -> Path | None:
    """The folder of initdb and postgres; None where there is no PostgreSQL with PostGIS."""
    named = os.environ.get("POSTGRES_BIN")
    places = [Path(named)] if named else sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if (found := shutil.which("initdb")) is not None:
        places.append(Path(found).resolve().parent)
    for place in places:
        if (place / "initdb").exists() and any(
                Path("/usr/share/postgresql").glob("*/extension/postgis.control")):
            return place
    return None


class Server:
    """A cluster in a folder; started, killed and started again as a test wants."""

    def __init__(self, folder: Path, bin_: Path):
        self.folder, self.bin = folder, bin_
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.data = folder / "data"
        if os.getuid() == 0:  # the server does not run as root
            if not folder.parent.stat().st_mode & 0o001:
                folder.parent.chmod(folder.parent.stat().st_mode | 0o011)
            shutil.chown(folder, "postgres", "postgres")
        self._run("initdb", "-D", str(self.data), "-U", "owner", "--auth=trust", "-E", "UTF8",
                  "--locale=C", "--no-sync")
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write(f"port = {self.port}\nlisten_addresses = '127.0.0.1'\n"
                       "unix_socket_directories = ''\nmax_connections = 100\n"
                       "log_min_messages = fatal\nfsync = off\n")  # it is thrown away
        self.process = None
        self.start()
        self.execute("CREATE EXTENSION postgis", "template1")

    def _as(self, *words):
        if os.getuid() != 0:
            return list(words)
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *words]

    def _run(self, program, *words):
        subprocess.run(self._as(str(self.bin / program), *words), check=True, cwd=self.folder,
                       stdout=subprocess.DEVNULL, timeout=120)

    def start(self):
        until = time.monotonic() + 60
        self.process = None
        while time.monotonic() < until:
            # A killed server's children may hold its memory for a moment: then it is tried again.
            if self.process is None or self.process.poll() is not None:
                (self.data / "postmaster.pid").unlink(missing_ok=True)
                with (self.folder / "log.txt").open("ab") as log:
                    self.process = subprocess.Popen(
                        self._as(str(self.bin / "postgres"), "-D", str(self.data)),
                        cwd=self.folder, stdout=subprocess.DEVNULL, stderr=log)
            try:
                self.execute("SELECT 1", "postgres")
                return
            except Exception:
                time.sleep(0.05)
        raise RuntimeError((self.folder / "log.txt").read_text()[-2000:])

    def kill(self):
        """As a power cut: no goodbye to anybody."""
        head = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        children = subprocess.run(["pgrep", "-P", str(head)], capture_output=True, text=True,
                                  check=False).stdout.split()
        for pid in [head, *map(int, children)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(30)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def stop(self):
        self._run("pg_ctl", "-D", str(self.data), "-m", "immediate", "-w", "stop")
        self.process.wait(30)

    def address(self, database, user="owner"):
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement, database):
        import psycopg

        with psycopg.connect(self.address(database), autocommit=True, connect_timeout=5) as db:
            return db.execute(statement)

    def database(self, name):
        """An empty database with PostGIS; its address."""
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE template1', "postgres")
        return self.address(name)
