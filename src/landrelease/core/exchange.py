"""A package of revisions between offices without a network: one file on a memory stick.

A package is a ZIP archive: `manifest.json` says what is in it, `manifest.sig` signs the manifest,
`chains/N.jsonl` holds a revision in each line, `sources/SHA256` a file that came in. Each chain
carries a seal of the office that keeps it (its last position and hash, signed with the office's
key), so that an office that passes it on cannot add to it. Personal values are never in a package.

Whoever opens a package does not trust it: sizes are bounded, names are those of the manifest only,
and every hash is computed again.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import shapely

from landrelease.core.revision import Revision, StoredRevision, link
from landrelease.core.signature import SigningKey, verify
from landrelease.errors import PACKAGE_NOT_READABLE, PACKAGE_SIGNATURE, LandReleaseError

FORMAT = "landrelease package 1"
LARGEST_MEMBER = 2 * 1024**3  # bytes, unpacked
LARGEST_MANIFEST = 16 * 1024**2
LONGEST_LINE = 256 * 1024**2
MOST_MEMBERS = 100_000
_STAMP = (1980, 1, 1, 0, 0, 0)  # no clock in the archive: the same content gives the same bytes


@dataclass(frozen=True, slots=True)
class Seal:
    """The end of a chain, signed by the office that keeps it."""

    chain: str
    position: int
    hash: str
    public_key: str
    signature: str

    @classmethod
    def make(cls, chain: str, position: int, head: str, key: SigningKey) -> Seal:
        return cls(chain, position, head, key.public_key,
                   key.sign("package", _sealed(chain, position, head)))

    def holds(self) -> bool:
        """Whether the signature fits."""
        return verify(self.public_key, "package", _sealed(self.chain, self.position, self.hash),
                      self.signature)

    def document(self) -> dict[str, Any]:
        return {"chain": self.chain, "position": self.position, "hash": self.hash,
                "public_key": self.public_key, "signature": self.signature}


def _sealed(chain: str, position: int, head: str) -> bytes:
    return f"seal\n{chain}\n{position}\n{head}".encode()


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of one chain: positions `first` to `last`, after the hash `previous`."""

    chain: str
    office: str
    genesis: str
    begins: int  # first position of the whole chain
    first: int
    last: int
    previous: str
    seal: Seal


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a package says of itself."""

    office: str
    chain: str
    to: str
    made_at: str
    parts: tuple[Part, ...]
    sources: Mapping[str, str]  # SHA-256 -> file name
    members: Mapping[str, str]  # member -> SHA-256
    extension: str  # SHA-256 of the national extension that its records need; "" for none
    public_key: str
    synthetic: bool = False  # it holds made up records (S19)


@dataclass(frozen=True, slots=True)
class Package:
    """An opened package; `sha256` is that of the whole file."""

    sha256: str
    manifest: Manifest
    content: bytes
    file: str

    def revisions(self, part: Part) -> Iterator[StoredRevision]:
        """The revisions of a part, each checked against its hash, in a stream.

        Raises EXC-001 where a line cannot be read or a hash does not fit.
        """
        name = f"chains/{self.manifest.parts.index(part)}.jsonl"
        position, head = part.first, part.previous
        with zipfile.ZipFile(io.BytesIO(self.content)) as archive:
            for line in _lines(archive, name, self.manifest.members[name], self.file):
                stored = _stored(line, part.chain, position, head, self.file)
                position, head = position + 1, stored.hash
                yield stored
        if position != part.last + 1 or (part.seal.position == part.last
                                         and part.seal.hash != head):
            raise LandReleaseError(PACKAGE_NOT_READABLE, file=self.file,
                                   found="it holds other revisions than it says")

    def source(self, sha256: str) -> bytes:
        """A file that came with it. EXC-001."""
        name = f"sources/{sha256}"
        with zipfile.ZipFile(io.BytesIO(self.content)) as archive:
            found = b"".join(_chunks(archive, name, self.file))
        if hashlib.sha256(found).hexdigest() != sha256:
            raise LandReleaseError(PACKAGE_NOT_READABLE, file=self.file,
                                   found=f"{name} does not have its SHA-256")
        return found


def write(manifest_of: Mapping[str, Any], parts: Iterable[tuple[Part, Iterable[StoredRevision]]],
          sources: Mapping[str, tuple[str, bytes]], key: SigningKey) -> bytes:
    """The bytes of a package; the same content gives the same bytes.

    `manifest_of` holds office, chain, to, made_at, extension. `sources`: SHA-256 -> (name, bytes).
    """
    out = io.BytesIO()
    members: dict[str, str] = {}
    described = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for n, (part, revisions) in enumerate(parts):
            name = f"chains/{n}.jsonl"
            digest = hashlib.sha256()
            with archive.open(_info(name), "w", force_zip64=True) as file:
                for stored in revisions:
                    line = b'{"hash":"%s","revision":%s}\n' % (
                        stored.hash.encode(), stored.revision.canonical())
                    digest.update(line)
                    file.write(line)
            members[name] = digest.hexdigest()
            described.append({
                "chain": part.chain, "office": part.office, "genesis": part.genesis,
                "begins": part.begins, "first": part.first, "last": part.last,
                "previous": part.previous, "seal": part.seal.document()})
        for sha256, (_, content) in sources.items():
            archive.writestr(_info(f"sources/{sha256}"), content)
            members[f"sources/{sha256}"] = sha256
        manifest = json.dumps({
            "format": FORMAT, **manifest_of, "parts": described, "members": members,
            "sources": {sha256: name for sha256, (name, _) in sources.items()},
            "public_key": key.public_key}, sort_keys=True, ensure_ascii=False).encode()
        archive.writestr(_info("manifest.json"), manifest)
        archive.writestr(_info("manifest.sig"), key.sign("package", manifest))
    return out.getvalue()


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _STAMP)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    return info


def read(content: bytes, file: str) -> Package:
    """Open a package. EXC-001: it cannot be read. EXC-002: its signature does not fit."""
    def refuse(found: str) -> LandReleaseError:
        return LandReleaseError(PACKAGE_NOT_READABLE, file=file, found=found)

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            if len(names) > MOST_MEMBERS or len(set(names)) != len(names):
                raise refuse("too many members, or one twice")
            raw = b"".join(_chunks(archive, "manifest.json", file, LARGEST_MANIFEST))
            signature = b"".join(_chunks(archive, "manifest.sig", file, 1_000)).decode("ascii")
            manifest = _manifest(raw, file)
            if not verify(manifest.public_key, "package", raw, signature):
                raise LandReleaseError(PACKAGE_SIGNATURE, file=file, office=manifest.office)
            wanted = {*manifest.members, "manifest.json", "manifest.sig"}
            if set(names) != wanted:
                raise refuse("its members are not those of its manifest")
            if any(f"chains/{n}.jsonl" not in manifest.members
                   for n in range(len(manifest.parts))):
                raise refuse("a chain of its manifest is not in it")
            for name, sha256 in manifest.members.items():
                digest = hashlib.sha256()
                for chunk in _chunks(archive, name, file):
                    digest.update(chunk)
                if digest.hexdigest() != sha256:
                    raise refuse(f"{name} does not have its SHA-256")
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, NotImplementedError, RuntimeError,
            UnicodeDecodeError, OSError, ValueError) as error:
        raise refuse(f"{type(error).__name__}: {error}"[:200]) from error
    return Package(hashlib.sha256(content).hexdigest(), manifest, content, file)


def _manifest(raw: bytes, file: str) -> Manifest:
    def refuse(found: object) -> LandReleaseError:
        return LandReleaseError(PACKAGE_NOT_READABLE, file=file, found=found)

    said = json.loads(raw)
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        named = said.get("format") if isinstance(said, dict) else None
        raise refuse(f"the format {named!r} of another version" if named else "another archive")
    try:
        parts = tuple(Part(
            _of(p, "chain", str), _of(p, "office", str), _of(p, "genesis", str),
            _of(p, "begins", int), _of(p, "first", int), _of(p, "last", int),
            _of(p, "previous", str), Seal(
                _of(p["seal"], "chain", str), _of(p["seal"], "position", int),
                _of(p["seal"], "hash", str), _of(p["seal"], "public_key", str),
                _of(p["seal"], "signature", str))) for p in said["parts"])
        manifest = Manifest(
            _of(said, "office", str), _of(said, "chain", str), _of(said, "to", str),
            _of(said, "made_at", str), parts,
            {str(k): str(v) for k, v in said["sources"].items()},
            {str(k): str(v) for k, v in said["members"].items()},
            _of(said, "extension", str), _of(said, "public_key", str),
            said.get("synthetic", "no") != "no")
    except (KeyError, TypeError, AttributeError) as error:
        raise refuse(f"its manifest lacks a part: {error}") from error
    for part in parts:
        # A branch is sealed as the chain that it left: the office knows of one chain only.
        if not 1 <= part.begins <= part.first <= part.last or part.seal.position != part.last \
                or not part.seal.holds() or part.seal.chain != part.chain.partition("/")[0]:
            raise refuse(f"the chain of {part.office} is not sealed by its office")
    return manifest


def _of(document: Mapping[str, Any], name: str, kind: type) -> Any:
    value = document[name]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"{name} is {value!r}")
    return value


def _chunks(archive: zipfile.ZipFile, name: str, file: str, limit: int = LARGEST_MEMBER
            ) -> Iterator[bytes]:
    """A member in pieces; never more than the limit, whatever its header says."""
    total = 0
    with archive.open(name) as member:
        while chunk := member.read(1024 * 1024):
            total += len(chunk)
            if total > limit:
                raise LandReleaseError(PACKAGE_NOT_READABLE, file=file,
                                       found=f"{name} holds more than {limit:,} bytes")
            yield chunk


def _lines(archive: zipfile.ZipFile, name: str, sha256: str, file: str) -> Iterator[bytes]:
    left, digest = b"", hashlib.sha256()
    for chunk in _chunks(archive, name, file):
        digest.update(chunk)
        *whole, left = (left + chunk).split(b"\n")
        if len(left) > LONGEST_LINE:
            raise LandReleaseError(PACKAGE_NOT_READABLE, file=file,
                                   found=f"{name} has a line without an end")
        yield from whole
    if left or digest.hexdigest() != sha256:
        raise LandReleaseError(PACKAGE_NOT_READABLE, file=file, found=f"{name} is not whole")


def _stored(line: bytes, chain: str, position: int, previous: str, file: str) -> StoredRevision:
    try:
        said = json.loads(line)
        revision = revision_of(said["revision"])
        stored = StoredRevision(0, revision, previous, str(said["hash"]), chain, position)
        fits = link(previous, revision.canonical()) == stored.hash
    except (ValueError, KeyError, TypeError, AttributeError, shapely.errors.GEOSException,
            RecursionError) as error:
        raise LandReleaseError(
            PACKAGE_NOT_READABLE, file=file,
            found=f"position {position} cannot be read ({type(error).__name__})") from error
    if not fits:
        raise LandReleaseError(PACKAGE_NOT_READABLE, file=file,
                               found=f"the hash of position {position} does not fit")
    return stored


def revision_of(document: Mapping[str, Any]) -> Revision:
    """A revision from its canonical content; ValueError, KeyError, TypeError for anything else."""
    since, geometry = document["valid_from"], document["geometry"]
    return Revision(
        _of(document, "kind", str), _of(document, "record_id", str),
        _of(document, "values", dict),
        None if geometry is None else shapely.from_wkb(bytes.fromhex(geometry)),
        datetime.fromisoformat(document["recorded_at"]), _of(document, "recorded_by", str),
        _of(document, "reason", str), _of(document, "source", str),
        None if since is None else date.fromisoformat(since), document["validation"],
        tuple(document.get("follows", ())), dict(document.get("commitments", {})),
        str(document.get("signed_by", "")), str(document.get("signature", "")))
