"""How large a world is, where it lies, and its dice: one stream of random numbers a part.

A world lies in the open South Atlantic at 47 degrees south, 1.5 degrees east, more than 700 km
from the nearest land (Bouvet Island is the nearest): nobody lives there (S19).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import date

import numpy as np

from landrelease.core.geometry import LocalPlane
from landrelease.errors import BAD_OPTION, LandReleaseError

VERSION = 4  # of the generator: another version may give another world for the same seed
PLANE = LocalPlane(1.5, -47.0)
START = date(2024, 6, 3)  # first day of work; a Monday
AS_OF = date(2025, 8, 31)  # last day that is reported
HORIZON = date(2030, 12, 31)  # the truth of closures goes on until then
SYNTHETIC = "synthetic: made by landrelease, nothing in it exists"


@dataclass(frozen=True, slots=True)
class Size:
    """`width_m` x `height_m` of land; the counts are aims that are met exactly."""

    name: str
    width_m: float
    height_m: float
    communities: int
    cut_off: int  # communities that no road reaches from a base when the plan starts
    towns: int  # the largest communities; the first `bases` of them have a base
    bases: int
    junctions: int
    suspected_m2: float  # all suspected areas before any of them was released
    items: int
    site_items: float  # items of a contaminated site, on average
    municipalities: int
    parcels_per_community: int
    teams: tuple[int, int, int, int]  # nts, ts, manual, mechanical; all bases together
    tracks: int  # days of work with a recorded track
    phases: tuple[float, float]  # USD
    dem_step_deg: float


SIZES: dict[str, Size] = {
    "village": Size("village", 7_000, 6_000, 3, 1, 1, 1, 3, 4_000_000, 1_500, 110, 1, 30,
                    (1, 1, 4, 1), 4, (1_200_000, 800_000), 0.0005),
    "district": Size("district", 48_000, 36_000, 64, 37, 4, 3, 46, 20_000_000, 20_000, 620, 6, 36,
                     (6, 16, 120, 26), 24, (120_000_000, 80_000_000), 0.001),
    "region": Size("region", 136_000, 104_000, 420, 236, 16, 9, 330, 552_000_000, 550_000, 620, 24,
                   36, (30, 66, 400, 84), 80, (120_000_000, 80_000_000), 0.002),
}


def size_of(name: str) -> Size:
    """The size of that name. Raises CLI-103 for any other word."""
    if name not in SIZES:
        raise LandReleaseError(BAD_OPTION, option="--size", found=name,
                               expected="one of " + ", ".join(SIZES))
    return SIZES[name]


class Dice:
    """Independent streams for one seed: `dice("roads")`, `dice("tracks", 7)`.

    A stream depends on the seed, the name and the number alone, so that one part of a world never
    changes because another part was drawn in another order or by another number of workers.
    """

    def __init__(self, seed: int, size: str):
        if not 0 <= seed < 2**63:
            raise LandReleaseError(BAD_OPTION, option="--seed", found=seed,
                                   expected="a whole number from 0 to 2^63 - 1")
        self.seed = seed
        self._size = zlib.crc32(size.encode())

    def __call__(self, part: str, number: int = 0) -> np.random.Generator:
        key = (self._size, zlib.crc32(part.encode()), number)
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(
            self.seed, spawn_key=key)))
