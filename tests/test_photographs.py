"""PHO: photographs leave without what a camera wrote; who sees which (S14, S17)."""

import struct
import zlib
from datetime import UTC, datetime

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import TestClient
from typer.testing import CliRunner

from landrelease.access import policy
from landrelease.access.photographs import without_metadata
from landrelease.apps.cli import app as cli
from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from landrelease.errors import LandReleaseError
from landrelease.store.accounts import Account
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import photographs, submissions
from test_openrosa import A, B, item

SECRET = b"SECRETPLACE"


def pixels(content):
    """As GDAL decodes them, without turning."""
    with rasterio.MemoryFile(content) as file, file.open() as picture:
        return picture.read(), picture.driver


def encoded(driver, **how):
    rng = np.random.default_rng(7)
    rows = rng.integers(0, 255, (how.pop("bands", 3), 24, 40), dtype=np.uint8)
    with rasterio.MemoryFile() as file:
        with file.open(driver=driver, width=40, height=24, count=len(rows), dtype="uint8",
                       **how) as out:
            out.write(rows)
        return bytes(file.read())


def exif(turned, order="<"):
    """Maker, orientation, a second directory with a place, in both orders of bytes."""
    entries = [(0x010F, 2, len(SECRET), 100), (0x0112, 3, 1, turned if order == "<" else
                                               turned << 16), (0x8825, 4, 1, 140)]
    block = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}LH", 8, len(entries))
    block += b"".join(struct.pack(f"{order}HHLL", *e) for e in entries)
    return b"Exif\0\0" + block.ljust(100, b"\0") + SECRET.ljust(40, b"\0") + SECRET


def segment(marker, body):
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def jpeg(turned=1, order="<", **how):
    """As a telephone writes it: place, maker, comment, profile, a second picture behind the end."""
    made = encoded("JPEG", **how)
    return (made[:2] + segment(0xE1, exif(turned, order)) + segment(0xFE, SECRET)
            + segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + SECRET)
            + segment(0xE2, b"ICC_PROFILE\0\1\1" + SECRET) + segment(0xED, SECRET)
            + made[2:] + b"\xff\xd8" + segment(0xE1, SECRET))


def chunk(name, body):
    return struct.pack(">L", len(body)) + name + body + struct.pack(">L", zlib.crc32(name + body))


def png():
    made = encoded("PNG")
    beside = b"".join((chunk(b"tEXt", b"Comment\0" + SECRET), chunk(b"eXIf", exif(1)[6:]),
                       chunk(b"iTXt", b"XML:com.adobe.xmp\0" + SECRET),
                       chunk(b"iCCP", SECRET + b"\0\0")))
    return made[:33] + beside + made[33:] + SECRET


PICTURE = jpeg()


@pytest.mark.parametrize("content", [
    PICTURE, jpeg(PROGRESSIVE="ON"), jpeg(QUALITY=40), jpeg(bands=1), jpeg(bands=4), png()])
def test_safety_S17_a_photograph_leaves_as_the_picture_alone(content):
    assert SECRET in content
    out = without_metadata(content)
    assert SECRET not in out and b"Exif" not in out and len(out) < len(content)
    assert not any(n in out for n in (b"ICC", b"xap", b"tEXt", b"iTXt", b"eXIf", b"iCCP"))
    before, after = pixels(content), pixels(out)
    assert after[1] == before[1] and (after[0] == before[0]).all()
    assert without_metadata(out) == out
    noted = without_metadata(content, "SYNTHETIC")  # S19
    assert b"SYNTHETIC" in noted and without_metadata(noted) == out
    assert (pixels(noted)[0] == before[0]).all()


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("turned", range(2, 9))
def test_which_way_up_it_is_shown_stays_and_nothing_else_of_exif(turned, order):
    out = without_metadata(jpeg(turned, order))
    assert SECRET not in out and out.count(b"Exif") == 1
    block = out[12:12 + 26]  # as another reader takes it: one entry
    assert struct.unpack_from(">2sHLHHHLH", block) == (b"MM", 42, 8, 1, 0x0112, 3, 1, turned)
    assert (pixels(out)[0] == pixels(jpeg())[0]).all()


@pytest.mark.parametrize("bad", [b"", b"GIF89a", jpeg()[:2], jpeg()[:300], png()[:60],
                                 b"\xff\xd8\xff\xd9", b"\xff\xd8\xff\xe0\x00\x01", png()[:8]])
def test_what_cannot_be_read_stays(bad):
    with pytest.raises(LandReleaseError, match="PHO-001"):
        without_metadata(bad)


@given(st.binary(max_size=200), st.integers(0, 600), st.sampled_from([jpeg(), png()]))
def test_bytes_of_chance_never_get_past_the_reader_as_metadata(noise, at, content):
    """Whatever is broken: an answer without the words, or PHO-001."""
    broken = content[:at] + noise + content[at:]
    try:
        out = without_metadata(broken)
    except LandReleaseError as error:
        assert error.code == "PHO-001"
        return
    assert out.startswith(content[:2]) and len(out) <= len(broken) + 40


def test_a_png_with_a_damaged_part_stays():
    content = bytearray(png())
    content[45] ^= 1
    with pytest.raises(LandReleaseError, match="PHO-001"):
        without_metadata(bytes(content))


# --- who sees which -------------------------------------------------------------------------------


@pytest.fixture
def address(tmp_path):
    """Two items with one photograph, a third with another, of which one more never came."""
    path = tmp_path / "r.gpkg"
    create_registry(path, office="Travnik").close()
    named = "<photo_1>one.jpg</photo_1><photo_2>lost.jpg</photo_2>"
    with open_registry(path) as registry:
        for instance, name in ((A, "item-1"), (B, "item-2")):
            submissions.receive(registry, item(name, instance), {"one.jpg": PICTURE}, by="phone",
                                at=datetime.now(UTC))
        submissions.receive(registry, item("item-3", "uuid:0000000E", extra=named),
                            {"one.jpg": png(), "no.jpg": b"MZ"}, by="phone")
    return path


def test_each_record_has_its_photographs_and_who_may_not_gets_none(address):
    planner = policy.view("planner")
    with open_registry(address) as registry:
        by_record = {n: {p.sha256 for p in photographs.photographs_of(
            registry, planner, f"item-item-{n}")} for n in (1, 2, 3)}
        assert by_record[1] == by_record[2] and not by_record[1] & by_record[3]
        for role in ("public", "community", "donor", "operator", "inspector"):
            assert not photographs.photographs_of(registry, policy.view(role, "Operator A"))
            with pytest.raises(LandReleaseError, match="ACC-101"):
                photographs.given_out(registry, policy.view(role, "Operator A"),
                                      next(iter(by_record[1])))
        (digest,) = by_record[1]
        content, media = photographs.given_out(registry, planner, digest[:10])
        assert (media, SECRET in content) == ("image/jpeg", False)
        assert SECRET in registry.source_content(digest), "it is kept as it came"
        (bad,) = registry.quarantine()
        with pytest.raises(LandReleaseError, match="ACC-101"):
            photographs.given_out(registry, planner, bad.row.source)
        assert photographs.given_out(registry, policy.view("administrator"), bad.row.source) == (
            b"MZ", "application/octet-stream")
        with pytest.raises(LandReleaseError, match="STO-012"):
            photographs.given_out(registry, planner, "0" * 64)


def test_the_commands_list_give_out_and_tell_what_never_came(address, tmp_path):
    def run(*words):
        return CliRunner().invoke(cli, ["source", *map(str, words), "--as", "planner"])

    done = run("list", address, "--record", "item-item-2")
    assert done.exit_code == 0 and "1 photographs." in done.output
    digest = done.output.split()[0]
    assert run("get", address, digest, tmp_path / "p.jpg").exit_code == 0
    assert SECRET not in (tmp_path / "p.jpg").read_bytes()
    done = run("list", address, "--missing")
    assert done.exit_code == 1 and "lost.jpg" in done.output and "1 photographs" in done.output


def test_the_page_shows_them_with_the_record_and_with_rows_that_wait(address, tmp_path):
    app = make_app(Settings(str(address), str(tmp_path / "accounts"), hosts=("testserver.local",)))
    app.state.accounts.add(Account("one.planner", "planner", ""), "four random words do")
    with open_registry(address) as registry:
        submissions.receive(registry, item("item-4", "uuid:0000000F", quantity="x"),
                            {"four.jpg": jpeg(3)}, by="phone")
    with TestClient(app) as client:
        assert client.get("/api/photographs/" + "0" * 64).status_code == 403
        client.post("/api/session", headers={"x-csrf-token": "page"}, json={
            "name": "one.planner", "password": "four random words do"})
        (digest,) = client.get("/api/records/item-item-1").json()["photographs"]
        answer = client.get(f"/api/photographs/{digest}")
        assert answer.headers["content-type"] == "image/jpeg" and SECRET not in answer.content
        assert answer.headers["cache-control"] == "no-store"
        rows = {r["values"].get("identifier"): r["photographs"]
                for r in client.get("/api/quarantine").json()["rows"]}
        (waiting,) = rows["item-4"]
        assert client.get(f"/api/photographs/{waiting}").status_code == 200
        assert client.get("/api/photographs/zz").status_code == 400
