"""A registry file before and around SQLite: what it is, where it lies, how it is opened."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
import threading
import weakref
from collections import Counter
from pathlib import Path

from landrelease.errors import (
    NETWORK_SHARE,
    NOT_A_REGISTRY,
    REGISTRY_BUSY,
    REGISTRY_DAMAGED,
    REGISTRY_EXISTS,
    REGISTRY_MISSING,
    LandReleaseError,
    Message,
)

# File systems whose locks SQLite cannot rely on (sqlite.org/faq.html, question 5;
# sqlite.org/wal.html, section 1: all processes must be on one host). Names as in
# /proc/self/mountinfo; "9p" only where it is a drive of Windows seen from its Linux ("drvfs"),
# since some containers keep their own disk as 9p.
NETWORK_FILE_SYSTEMS = frozenset((
    "nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afpfs", "webdav", "davfs", "drvfs",
    "afs", "ncpfs", "ceph", "glusterfs", "lustre", "gpfs", "beegfs", "orangefs", "coda",
    "fuse.sshfs", "fuse.smbnetfs", "fuse.davfs2", "fuse.rclone", "fuse.gvfsd-fuse",
    "fuse.glusterfs", "fuse.s3fs", "fuse.goofys", "fuse.gcsfuse", "fuse.onedriver",
    "fuse.google-drive-ocamlfuse",
))

# SQLite guards a file by POSIX locks, and a process loses all that it holds on a file as soon as it
# closes the file by any descriptor that is not SQLite's (fcntl(2); sqlite.org/howtocorrupt.html,
# section 2.2). Another process could then end the WAL mode of a registry that is being written to,
# and a record that this one committed would be gone. So a file to which this process has a
# connection is never opened otherwise.
_CONNECTED: Counter[tuple[int, int]] = Counter()  # connections by device and inode
_LOOKING = threading.RLock()


def check(path: Path) -> None:
    """What can be said of a file before SQLite touches it; nothing where this process has it open
    already. STO-001, STO-003, STO-005."""
    with _LOOKING:
        if not _CONNECTED[_identity(path)]:
            _check(path)


def _identity(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)  # of which nothing is connected
    return found.st_dev, found.st_ino


class _Connection(sqlite3.Connection):
    """A connection that is counted until it is closed or forgotten."""

    gone: weakref.finalize

    def close(self) -> None:
        super().close()
        self.gone()


def _leave(identity: tuple[int, int]) -> None:
    # At the end of the process, or in the middle of a line that holds the lock: hence the RLock.
    with _LOOKING:
        _CONNECTED[identity] -= 1
        if _CONNECTED[identity] <= 0:
            del _CONNECTED[identity]


def open_sqlite(path: Path, way: str, wait_s: float = 5.0) -> sqlite3.Connection:
    """A connection by SQLite's `way` ("mode=ro" and the like) that `check` knows of."""
    with _LOOKING:
        identity = _identity(path)
        _CONNECTED[identity] += 1
    try:
        db = sqlite3.connect(f"{path.resolve().as_uri()}?{way}", uri=True, isolation_level=None,
                             timeout=wait_s, factory=_Connection)
    except BaseException:
        _leave(identity)
        raise
    db.gone = weakref.finalize(db, _leave, identity)
    return db


def _check(path: Path) -> None:
    def refuse(message: Message, found: str) -> LandReleaseError:
        return LandReleaseError(message, address=path, found=found)

    if path.is_dir():
        raise refuse(NOT_A_REGISTRY, "it is a folder")
    try:
        with path.open("rb") as file:
            header = file.read(100)
            size = file.seek(0, os.SEEK_END)
    except FileNotFoundError as error:
        raise LandReleaseError(REGISTRY_MISSING, address=path) from error
    except OSError as error:
        raise refuse(NOT_A_REGISTRY, error.strerror or str(error)) from error
    if not header:
        raise refuse(NOT_A_REGISTRY, "the file is empty")
    if not header.startswith(b"SQLite format 3\0"):
        words = "it is a picture" if header.startswith((b"\x89PNG", b"\xff\xd8\xff")) else \
            "it does not begin as a GeoPackage does"
        raise refuse(NOT_A_REGISTRY, words)
    if len(header) < 100:
        raise refuse(REGISTRY_DAMAGED, f"only {size} bytes are there")
    page = int.from_bytes(header[16:18], "big")
    page = 65536 if page == 1 else page
    expected = page * int.from_bytes(header[28:32], "big")
    journal = any(path.with_name(path.name + end).exists() for end in ("-wal", "-journal"))
    # A journal may hold what the file lacks after a kill: then SQLite puts it right.
    if size < expected and not journal and header[24:28] == header[92:96]:
        raise refuse(REGISTRY_DAMAGED, f"{size} of {expected} bytes are there")


def connect(path: Path, *, writable: bool, wait_s: float, cache_mb: int = 64
            ) -> sqlite3.Connection:
    """A connection; to a file in a place where nothing can be written one that only reads."""
    shared = network_share(path) is not None
    ways = ["mode=rw"] if writable and not shared else ["mode=ro"]
    if not path.with_name(path.name + "-wal").exists():
        # A file in WAL mode in a place where nothing can be written opens only in this way.
        ways.append("mode=ro&immutable=1")
        if shared:
            ways = ways[1:]
    for n, way in enumerate(ways):
        db = open_sqlite(path, way, wait_s)
        try:
            db.execute(f"PRAGMA cache_size = -{cache_mb * 1024}")  # KiB
            db.execute("PRAGMA synchronous = FULL")  # a committed import outlives a power cut
            db.execute("PRAGMA secure_delete = ON")  # what was erased is not left in free pages
        except sqlite3.DatabaseError as error:
            db.close()
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY) and n + 1 < len(ways):
                continue
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise LandReleaseError(REGISTRY_BUSY, address=path, waited_s=wait_s) from error
            raise LandReleaseError(REGISTRY_DAMAGED, address=path, found=error) from error
        break
    return db


def refuse_network_share(path: Path) -> None:
    """Raises STO-021 where the file would be written to over a network."""
    kind = network_share(path)
    if kind is not None:
        raise LandReleaseError(NETWORK_SHARE, address=path, found=kind)


def network_share(path: Path, mountinfo: str | None = None) -> str | None:
    """The kind of network share that a path lies on; None for a disk of this computer.

    `mountinfo` is the text of /proc/self/mountinfo; it is read where it is not given (Linux). On
    Windows a share is a UNC path or a mapped drive; on a Mac the mount's type as `mount` says it.
    """
    if mountinfo is None and sys.platform == "win32":
        return _windows_share(path)
    if mountinfo is None and sys.platform == "darwin":
        return _mac_share(path)
    if mountinfo is None:
        try:
            mountinfo = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
    place = _existing(path)
    best, kind = -1, ""
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        fields = left.split()
        if len(fields) < 5 or not right:
            continue
        # Spaces and the like are written as octal numbers: "\040".
        mount = fields[4].encode().decode("unicode_escape").encode("latin-1").decode(
            errors="replace")
        if (place == mount or place.startswith(mount.rstrip("/") + "/")) and len(mount) >= best:
            best, kind = len(mount), right.split()[0]  # the last one mounted on a place counts
            if kind == "9p" and "drvfs" in right:
                kind = "drvfs"
    return kind if kind in NETWORK_FILE_SYSTEMS else None


def _existing(path: Path) -> str:
    place = Path(os.path.abspath(path))
    while not place.exists() and place != place.parent:
        place = place.parent
    return os.path.realpath(place)


def _windows_share(path: Path) -> str | None:
    place = os.path.abspath(path)
    if place.startswith(("\\\\", "//")):
        return "a UNC path"
    import ctypes

    remote = 4  # DRIVE_REMOTE, winbase.h
    windll = getattr(ctypes, "windll", None)
    drive = os.path.splitdrive(place)[0] + "\\"
    found = windll.kernel32.GetDriveTypeW(drive) if windll is not None else 0
    return "a mapped network drive" if found == remote else None


def _mac_share(path: Path) -> str | None:
    import subprocess

    place, best, kind = _existing(path), -1, ""
    try:
        said = subprocess.run(["/sbin/mount"], capture_output=True, text=True, timeout=10,
                              check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    for line in said.splitlines():
        _, _, rest = line.partition(" on ")
        mount, _, options = rest.rpartition(" (")
        if mount and (place == mount or place.startswith(mount.rstrip("/") + "/")) \
                and len(mount) >= best:
            best, kind = len(mount), options.split(",")[0].rstrip(")")
    return kind if kind in NETWORK_FILE_SYSTEMS else None


JOURNALS = ("-wal", "-shm", "-journal")


def new_place(path: Path) -> None:
    """STO-002: something is there, or a journal of a registry that was moved away from there.

    SQLite takes what lies beside a new file under these names for its own: it would write what a
    killed process left of another registry into this one (sqlite.org/howtocorrupt.html, section
    1.4).
    """
    for taken in (path, *(path.with_name(path.name + end) for end in JOURNALS)):
        if taken.exists() or taken.is_symlink():
            raise LandReleaseError(REGISTRY_EXISTS, address=taken)


def remove(path: Path) -> None:
    """A file that is no longer wanted, with its journals; nothing where it is not there."""
    for end in ("", *JOURNALS):
        path.with_name(path.name + end).unlink(missing_ok=True)


def move_new(part: Path, path: Path) -> None:
    """Give a finished file its name; never over another one. STO-002, FileExistsError."""
    new_place(path)  # also where the making took long
    try:
        os.link(part, path)  # fails where the name is taken, in one step
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links (sticks, some shares)
        if path.exists():
            raise FileExistsError(path) from None
        part.rename(path)


def begin_copy(place: Path, of: Path | None = None, *, owner: bool = False) -> None:
    """Make the empty file that a copy is written into: read by nobody who may not read `of`, or by
    its owner alone where there is no such file. `owner`: who owns `of` owns it as well, where the
    system lets it.

    Raises FileExistsError.
    """
    like = of.stat() if of is not None else None
    mode = 0o600 if like is None else like.st_mode & 0o666
    os.close(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode | 0o200))
    if owner and like is not None and hasattr(os, "chown"):
        with contextlib.suppress(OSError):
            os.chown(place, like.st_uid, like.st_gid)
