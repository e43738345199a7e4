"""Fetches ODK Web Forms and Vue as they are published, for tests/test_web_forms.py.

    python tools/web_forms.py .web-forms

Needs `npm`, which asks the registry that this machine is set up for; what came is held against the
SHA-512 below, and only files of a package are unpacked. No Node program runs: both packages are
read by a browser as they are.
"""

from __future__ import annotations

import base64
import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGES = {
    "@getodk/web-forms@0.22.0": (
        "vG4ZWWqIUNNXVab8qdLtPouxv8fOjJNIloWcWbTn8hSeID9f2tBeSHV89Avp"
        "tw+BRyj2YDFmrFrKDYNwErD5Jg=="),
    "vue@3.5.45": (
        "3cvsib8m9c0vB24+MDKsgcW4+Da4xaBl9Z/5Tbm2pmSIsRPxcil4cdXjXlVs"
        "mJ2g64XJo5h+IRd7rsdGT9pZaw=="),
}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for package, expected in PACKAGES.items():
        name = package.rpartition("@")[0].rpartition("/")[2]
        there = folder / name
        mark = there / "sha512"
        if mark.exists() and mark.read_text() == expected:
            continue
        with tempfile.TemporaryDirectory() as scratch:
            done = subprocess.run(["npm", "pack", "--silent", package], cwd=scratch, check=True,
                                  capture_output=True, text=True)
            content = (Path(scratch) / done.stdout.split()[-1]).read_bytes()
        found = base64.b64encode(hashlib.sha512(content).digest()).decode()
        if found != expected:
            raise SystemExit(f"{package}: SHA-512 {found}, expected {expected}")
        there.mkdir(exist_ok=True)
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            for member in archive:
                if member.isfile() and member.name.startswith("package/dist/") \
                        and member.name.count("/") == 2:
                    file = archive.extractfile(member)
                    assert file is not None
                    (there / Path(member.name).name).write_bytes(file.read())
        mark.write_text(expected)
        print(package, "->", there)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
