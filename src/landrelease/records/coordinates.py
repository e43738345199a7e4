"""Coordinates as people write them: cells in, positions on WGS 84 with their accuracy out (S04).

Degrees in many spellings, UTM, MGRS and USNG, Gauss-Krüger, plain easting and northing, bearing and
distance (traverses are drawn in `traverses`). No file is opened. A position without a stated datum
is no position; what has two readings is decided by the programme's area or by a person, never here
in silence.
"""

from __future__ import annotations

import functools
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from landrelease.errors import (
    AXES_UNKNOWN,
    BAND_CONTRADICTS,
    BEARING_NOT_USABLE,
    CENTRE_OF_SQUARE,
    DATUM_NOT_STATED,
    LETTER_AMBIGUOUS,
    LETTERING_NOT_READ,
    OTHER_READING,
    OUTSIDE_OF_SYSTEM,
    PLACE_OUT_OF_RANGE,
    POSITION_UNREADABLE,
    SYSTEM_NEEDED,
    ZONE_AMBIGUOUS,
    ZONE_MISSING,
    LandReleaseError,
    Message,
)
from landrelease.records import places
from landrelease.records.places import combined_accuracy, within
from landrelease.records.values import is_absent, shown

Bounds = tuple[float, float, float, float]
Problem = tuple[int, Message, dict[str, Any]]
Form = Literal["degrees", "utm", "mgrs", "gauss_kruger", "grid", "bearing"]
METRES_PER_DEGREE = 111_320.0  # of a great circle; for what was rounded away only


@dataclass(frozen=True, slots=True)
class Notation:
    """How the cells of a file say a place. What is "" is not stated, and then nothing assumes it.

    `order`: of two numbers in one cell, "latitude_first" or "longitude_first". `letters`: "english"
    (S is south, W west), "slavic" (S is sjever, north), "french" (O is west), "german" (O is east).
    `zone`: UTM zone of the column, such as "33N" or "33 south". `north`, `declination_deg` (east
    positive), `grid`: for bearings, which north they start from. `reason`: why it was proposed.
    """

    form: Form
    order: Literal["", "latitude_first", "longitude_first"] = ""
    letters: Literal["", "english", "slavic", "french", "german"] = ""
    zone: str = ""
    north: Literal["", "true", "magnetic", "grid"] = ""
    declination_deg: float | None = None
    grid: str = ""  # the projected system of grid bearings
    bearing_unit: Literal["degree", "gon", "mil_6400", "mil_6000"] = "degree"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings with stated defaults (S13)."""

    worst_accuracy_m: float = places.WORST_ACCURACY_M
    bearing_accuracy_deg: float = 1.0  # of a hand compass; a theodolite is stated
    distance_accuracy_share: float = 0.01  # of a tape on rough ground
    closure_share: float = 0.02  # of the length of a traverse
    closure_m: float = 2.0  # closure that is never too much


SETTINGS = Settings()


@dataclass(frozen=True, slots=True)
class Positions:
    """What cells say. A row whose `xy` is not a number and that has a problem has to wait.

    A problem of a row with a position is only a finding. An empty cell has neither.
    """

    xy: np.ndarray  # (N, 2) longitude, latitude on WGS 84, degrees
    accuracy_m: np.ndarray  # (N,) source, rounding and transformation together
    problems: list[Problem]  # index of the row from 0, message, facts
    crs: str  # the system of the source; several names where rows differ
    transformations: tuple[places.Carriage, ...] = ()


class Unclear(Exception):
    """One cell cannot be taken, with its message."""

    def __init__(self, message: Message, **facts: Any):
        super().__init__(message.code)
        self.message, self.facts = message, facts


# --- datums ------------------------------------------------------------------------------------

# Names on maps and in tables. "MGI" and "SK-63" alone name several systems and are not here.
_DATUMS = {
    "wgs84": "EPSG:4326", "wgs1984": "EPSG:4326", "sk42": "EPSG:4284", "ск42": "EPSG:4284",
    "s42": "EPSG:4284", "pulkovo1942": "EPSG:4284", "пулково1942": "EPSG:4284",
    "sk95": "EPSG:4200", "ск95": "EPSG:4200", "mgi1901": "EPSG:3906", "ed50": "EPSG:4230",
    "mgiaustria": "EPSG:4312", "nad27": "EPSG:4267", "nad83": "EPSG:4269", "osgb36": "EPSG:4277",
    "etrs89": "EPSG:4258", "ntfparis": "EPSG:4807", "ntf": "EPSG:4275", "tokyo": "EPSG:4301",
    "adindan": "EPSG:4201", "arc1950": "EPSG:4209", "indian1954": "EPSG:4239",
    "indian1960": "EPSG:4131", "afgooye": "EPSG:4205", "kandawala": "EPSG:4244",
    "nahrwan1967": "EPSG:4270", "karbala1979": "EPSG:4743", "ainelabd": "EPSG:4204",
    "ucs2000": "EPSG:5561", "уск2000": "EPSG:5561", "dhdn": "EPSG:4314"}
_SEVERAL = {"mgi": "MGI 1901 (Balkans) or MGI Austria", "sk63": "the region, for example EPSG:7825",
            "ск63": "the region, for example EPSG:7825", "indian": "Indian 1954, 1960 or 1975",
            "hermannskogel": "MGI 1901 (Balkans) or MGI Austria"}
# Geographic system -> zone in the leading digits of an easting -> projected system.
_ZONED: dict[int, dict[int, int]] = {
    3906: {5: 8677, 6: 8678, 7: 6316, 8: 8679},
    4284: {z: 28400 + z for z in range(2, 33)},
    4200: {z: 20000 + z for z in range(4, 33)},
    4314: {2: 5676, 3: 5677, 4: 5678, 5: 5679}}


def datum_system(datum: str, file: str):
    """The CRS of a datum's name as people write it, or of a code.

    Raises GEO-003 (not known) and GEO-208 (a name of several datums).
    """
    key = "".join(c for c in unicodedata.normalize("NFKD", datum.casefold()) if c.isalnum())
    if key in _SEVERAL:
        raise LandReleaseError(SYSTEM_NEEDED, file=file, found=datum,
                               reason="it names several systems", expected=_SEVERAL[key])
    return places.system(_DATUMS.get(key, datum), file)


# --- one cell of degrees -----------------------------------------------------------------------

_MARKS = str.maketrans({
    "º": "°", "˚": "°", "′": "'", "’": "'", "‘": "'", "`": "'", "´": "'", "ʹ": "'", "″": '"',
    "”": '"', "“": '"', "„": '"', "−": "-", "–": "-", "٫": ".", "٬": " ", "،": ",",
    "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u200e": "", "\u200f": ""})
# Words of directions: axis ("lat"/"lon") and sign. Single letters with two meanings are not here.
_WORDS: dict[str, tuple[str, int]] = {}
for _side, _list in {
    ("lat", 1): "n north nord norte sjever север північ север с сш пн пнш сгш сjевер sgš شمال",
    ("lat", -1): "south sud sur sul süd jug юг южная південь ю юш пд пдш j ј jgš جنوب",
    ("lon", 1): "e east est este ost istok исток восток в вд схід сх схд i и igd l شرق",
    ("lon", -1): "w west ouest oeste ovest zapad запад з зд захід зх зхд z zgd غرب",
}.items():
    for _word in _list.split():
        _WORDS[_word] = _side
_SILENT = frozenset(("lat", "latitude", "lon", "long", "longitude", "deg", "d", "m", "min", "sec",
                     "φ", "λ", "широта", "долгота", "довгота", "ширина", "дужина"))
_TOKEN = re.compile(r"(?P<number>[+-]?\d+(?:[.,]\d+)?)|(?P<mark>[°'\":])|(?P<word>[^\W\d_]+\.?"
                    r"(?:\s?[^\W\d_]{1,2}\.){0,2})|(?P<other>\S)")


@dataclass(frozen=True, slots=True)
class _Angle:
    value: float  # degrees, without the sign of a letter
    step: float  # what one unit of the last digit is, degrees
    word: str  # direction as written, folded; "" where none


def _plain(text: str) -> str:
    """Digits of all scripts as 0-9 and marks as the plain ones."""
    text = unicodedata.normalize("NFC", text).translate(_MARKS).replace("''", '"')
    return "".join(str(unicodedata.digit(c)) if c.isdigit() and not c.isascii() and
                   unicodedata.digit(c, None) is not None else c for c in text)


def _angles(text: str) -> list[_Angle]:
    """The one or two angles of a cell. Raises `Unclear` with the reason."""
    plain = _plain(text).casefold().strip()
    if len(plain) > 120:
        raise _unreadable(text, "it is too long")
    # A comma followed by a space, or between two numbers with points, parts the axes.
    plain = re.sub(r"[;/|]|,\s+|(?<=[a-zа-я°'\"]),|(?<=\.\d),(?=\s*-?\d+\.)", " ; ", plain)
    if (m := re.fullmatch(r"\s*([+-]?\d+\.\d+),([+-]?\d+\.\d+)\s*", plain)) is not None:
        plain = f"{m[1]} ; {m[2]}"
    numbers: list[tuple[str, str]] = []  # number, mark behind it
    groups: list[tuple[list[tuple[str, str]], list[str]]] = []
    words: list[str] = []

    def close() -> None:
        nonlocal numbers, words
        if numbers:
            groups.append((numbers, words))
            numbers, words = [], []

    for m in _TOKEN.finditer(plain):
        if m["number"]:
            if numbers and (m["number"][0] in "+-"):
                close()
            numbers.append((m["number"], ""))
        elif m["mark"]:
            if not numbers:
                raise _unreadable(text, f"{m['mark']} stands before any number")
            numbers[-1] = (numbers[-1][0], m["mark"])
        elif m["word"]:
            word = re.sub(r"[.\s]", "", m["word"])
            if word in ("d", "deg", "degrees") and numbers and not numbers[-1][1]:
                numbers[-1] = (numbers[-1][0], "°")
            elif word in ("m", "min") and numbers and len(numbers) > 1 and not numbers[-1][1]:
                numbers[-1] = (numbers[-1][0], "'")
            elif word in ("s", "sec") and len(numbers) == 3 and not numbers[-1][1] and (
                    numbers[0][1] == "°" and numbers[1][1] == "'"
                    and re.search(r"\d\s*m(in)?\.?\s*\d", plain)):
                numbers[-1] = (numbers[-1][0], '"')
            elif word not in _SILENT:
                if numbers and words:  # a letter stood before; this one begins the next angle
                    close()
                words.append(word)
                if numbers and not _leading(plain):
                    close()
        elif m["other"] in ";":
            close()
        elif m["other"] not in ".()[],=":
            raise _unreadable(text, f"{m['other']} is not known")
    close()
    if words:
        raise _unreadable(text, f"{words[0]} belongs to no number")
    # Two numbers without any mark are two angles, not degrees and minutes.
    if len(groups) == 1 and len(groups[0][0]) in (2, 4, 6) and not groups[0][1]:
        n = groups[0][0]
        half = len(n) // 2
        if len(n) != 2 or not any(mark for _, mark in n) or n[1][1] == "°":
            groups = [(n[:half], []), (n[half:], [])]
    if not 1 <= len(groups) <= 2:
        raise _unreadable(text, f"{len(groups)} angles were found")
    return [_angle(text, n, w) for n, w in groups]


def _leading(plain: str) -> bool:
    """Whether direction letters stand before their numbers: "N 44 12 30"."""
    first = re.search(r"[^\W_]", re.sub(r"^(lat\w*|lon\w*)[\s:=.]*", "", plain))
    return first is not None and first[0].isalpha()


def _angle(text: str, numbers: list[tuple[str, str]], words: list[str]) -> _Angle:
    if len(numbers) > 3:
        raise _unreadable(text, "more than degrees, minutes and seconds")
    if len(words) > 1:
        raise _unreadable(text, "an angle has two directions")
    total, step = 0.0, 1.0
    negative = numbers[0][0].startswith("-")
    for place, (number, mark) in enumerate(numbers):
        if mark in ("°", "'", '"') and place != "°'\"".index(mark) and len(numbers) > 1:
            raise _unreadable(text, f"{mark} stands at the wrong place")
        if len(numbers) == 1 and mark in ("'", '"'):
            raise _unreadable(text, "the degrees are missing")
        digits = number.lstrip("+-").replace(",", ".")
        if place + 1 < len(numbers) and "." in digits:
            raise _unreadable(text, "a fraction stands before the last number")
        if place and (number[0] in "+-" or float(digits) >= 60):
            raise _unreadable(text, "minutes and seconds are 0 to below 60")
        unit = 60.0 ** -place
        total += float(digits) * unit
        step = unit * 10.0 ** -len(digits.partition(".")[2])
    if negative and words:
        raise _unreadable(text, "it has a minus and a direction")
    return _Angle(-total if negative else total, step, words[0] if words else "")


def _unreadable(found: Any, reason: str, expected: str = "44.2083, 44°12'30\" N or 33T 654321 "
                "4901234") -> Unclear:
    return Unclear(POSITION_UNREADABLE, found=shown(found), reason=reason, expected=expected)


def _sides(word: str, letters: str) -> list[tuple[str, int]]:
    """What a direction can mean: one side, or two where languages contradict each other."""
    if word in ("s", "ѕ"):  # south in English, sjever (north) in Bosnian, Croatian and Serbian
        return {"slavic": [("lat", 1)], "english": [("lat", -1)], "french": [("lat", -1)],
                "german": [("lat", -1)]}.get(letters, [("lat", 1), ("lat", -1)])
    if word in ("o", "о"):  # Ouest, Oeste, Ovest; Ost in German
        return {"german": [("lon", 1)], "french": [("lon", -1)]}.get(
            letters, [("lon", 1), ("lon", -1)])
    if word in _WORDS:
        return [_WORDS[word]]
    return []


# --- detection ---------------------------------------------------------------------------------

_MGRS = re.compile(r"^(?:(\d{1,2})([C-HJ-NP-X])|([ABYZ]))([A-HJ-NP-Z])([A-HJ-NP-Z])(\d*)$")
_UTM = re.compile(
    r"^(?:ZONE\s*)?(\d{1,2})\s*([A-Z]|NORTH|SOUTH)?[\s,;]+(?:E\s*=?\s*)?(\d{5,7}(?:[.,]\d+)?)"
    r"\s*(?:M?\s*E)?[\s,;]+(?:N\s*=?\s*)?(\d{1,8}(?:[.,]\d+)?)\s*(?:M?\s*N)?$")


_NO_NUMBERS = str.maketrans("", "", "0123456789 .,+-")


def propose_notation(cells: Mapping[str, Sequence[Any]] | Sequence[Any]) -> Notation:
    """How cells say a place, from their look: to be shown to a person, with the reason.

    `cells`: role -> column as in `read_positions`, or one column with both axes. An order or a
    language is proposed only where some cell proves it and none speaks against it.
    """
    columns = cells if isinstance(cells, Mapping) else {"place": cells}
    if "bearing" in columns:
        return Notation("bearing", reason="there are bearings and distances")
    if "easting" in columns or "northing" in columns:
        numbers = [v for v in (_number(c) for c in columns.get("easting", ())) if v is not None]
        if "zone" in columns or (numbers and max(numbers) < 1_000_000 and min(numbers) >= 100_000):
            return Notation("utm", reason="eastings have six digits" if "zone" not in columns
                            else "there is a column with zones")
        if numbers and min(numbers) >= 1_000_000:
            return Notation("gauss_kruger", reason="eastings begin with their zone")
        return Notation("grid", reason="easting and northing")
    size = len(columns.get("latitude", ()))
    if size and _plain_degrees(columns, np.empty((size, 2)), np.empty(size)):
        return Notation("degrees", reason="degrees with decimals")
    texts = [_plain(str(c)).upper().strip() for c in columns.get("place", ()) if not is_absent(c)]
    for name in ("latitude", "longitude"):  # one cell of each spelling says which letters there are
        spellings = {str(c).translate(_NO_NUMBERS): c for c in columns.get(name, ())}
        texts += [_plain(str(c)).upper().strip() for c in spellings.values() if not is_absent(c)]
    if texts and "place" in columns:
        share = 1 / len(texts)
        if sum(_MGRS.match(re.sub(r"[\s-]", "", t)) is not None for t in texts) * share > 0.5:
            return Notation("mgrs", reason="zone, letters of a square and digits")
        if sum(_UTM.match(t) is not None for t in texts) * share > 0.5:
            return Notation("utm", reason="a zone and two long numbers")
        if sum(re.fullmatch(r"\d{6,8}([.,]\d+)?[\s,;]+\d{6,8}([.,]\d+)?", t) is not None
               for t in texts) * share > 0.5:
            return Notation("gauss_kruger", reason="two long numbers without a zone")
    found: set[str] = set()
    order: set[str] = set()
    for text in texts:
        try:
            angles = _angles(text)
        except Unclear:
            continue
        found |= {a.word for a in angles if a.word}
        if len(angles) == 2 and not any(a.word for a in angles):
            if abs(angles[0].value) > 90:
                order.add("longitude_first")
            if abs(angles[1].value) > 90:
                order.add("latitude_first")
    letters: Any = ""
    if found & {"j", "i", "z"} and not found & {"n", "w"}:
        letters = "slavic"
    elif (found & {"n"} and found & {"s"}) or ("w" in found and "o" not in found):
        letters = "english"
    elif "o" in found and "e" in found and "w" not in found:
        letters = "french"
    elif "o" in found and "w" in found and "e" not in found:
        letters = "german"
    said = f"letters {', '.join(sorted(found))}" if found else "degrees"
    only: Any = order.pop() if len(order) == 1 else ""
    return Notation("degrees", order=only, letters=letters, reason=said)


# --- one cell to candidates --------------------------------------------------------------------

@dataclass(frozen=True, slots=True)
class _Reading:
    """One way to read a cell: longitude, latitude on the source's datum, and half its cell."""

    lon: float
    lat: float
    rounding_m: float
    words: str


def _number(cell: Any) -> float | None:
    if is_absent(cell) or isinstance(cell, bool):
        return None
    text = re.sub(r"[\s']", "", _plain(str(cell))).rstrip("mMeEnN")
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _step(cell: Any) -> float:
    text = _plain(str(cell)).strip().rstrip("mMeEnN ")
    match = re.search(r"[.,](\d+)$", text)
    return 10.0 ** -(len(match[1]) if match else 0)


def _from_angles(text: Any, angles: list[_Angle], axes: tuple[str, ...], notation: Notation
                 ) -> list[_Reading]:
    """All readings of one or two angles; `axes` where the columns say which is which."""
    sides = []
    for a in angles:
        found = _sides(a.word, notation.letters) if a.word else []
        if a.word and not found:
            raise _unreadable(text, f"{a.word} is no known direction")
        sides.append(found)
    orders: list[tuple[str, str]]
    if axes:
        orders = [axes]  # type: ignore[list-item]
    elif any(sides):
        one = sides[0][0][0] if sides[0] else ("lon" if sides[1][0][0] == "lat" else "lat")
        orders = [("lat", "lon") if one == "lat" else ("lon", "lat")]
    elif notation.order:
        orders = [("lat", "lon") if notation.order == "latitude_first" else ("lon", "lat")]
    else:
        orders = [("lat", "lon"), ("lon", "lat")]
    out = []
    for order in orders:
        options = []
        for a, found, axis in zip(angles, sides, order, strict=True):
            if found and found[0][0] != axis:
                raise _unreadable(text, f"{a.word} is no direction of this axis")
            options.append([s * a.value for _, s in found] if found else [a.value])
        for first in options[0]:
            for second in options[1]:
                lat, lon = (first, second) if order[0] == "lat" else (second, first)
                if abs(lat) <= 90 and abs(lon) <= 180:
                    step = max(a.step for a in angles)
                    north = step / 2 * METRES_PER_DEGREE
                    rounding = math.hypot(north, north * math.cos(math.radians(lat)))
                    out.append(_Reading(lon, lat, rounding, f"{lat:.6g} north, {lon:.6g} east"))
    if not out:
        raise Unclear(PLACE_OUT_OF_RANGE, found=shown(text))
    return out


@functools.lru_cache(maxsize=256)
def _utm_proj(datum_wkt: str, zone: int, south: bool):
    from pyproj import CRS, Transformer
    from pyproj.crs import ProjectedCRS
    from pyproj.crs.coordinate_operation import UTMConversion

    base = CRS.from_user_input(datum_wkt)
    conversion = UTMConversion(str(zone), hemisphere="S" if south else "N")
    grid = ProjectedCRS(conversion, geodetic_crs=base)
    return Transformer.from_crs(grid, base, always_xy=True)


def _band_range(band: str) -> tuple[float, float]:
    south = -80.0 + 8 * "CDEFGHJKLMNPQRSTUVWX".index(band)
    return south, 84.0 if band == "X" else south + 8


def _utm(text: Any, zone: str, easting: Any, northing: Any, datum_wkt: str) -> list[_Reading]:
    match = re.fullmatch(r"(\d{1,2})\s*([A-Z]|NORTH|SOUTH)?",
                         _plain(zone).upper().replace("-", " ").strip())
    if match is None or not 1 <= int(match[1]) <= 60:
        raise Unclear(ZONE_MISSING, found=shown(text))
    number, letter = int(match[1]), match[2] or ""
    east, north = _number(easting), _number(northing)
    if east is None or north is None:
        raise _unreadable(text, "easting or northing is no number")
    if not letter:
        souths = [False, True]
    elif letter in ("NORTH", "N"):
        souths = [False]
    elif letter == "SOUTH":
        souths = [True]
    elif letter == "S":  # band S lies north; hemisphere S is south; S is sjever, north, too
        souths = [False, True]
    elif letter in "CDEFGHJKLM":
        souths = [True]
    elif letter in "PQRTUVWX":
        souths = [False]
    else:
        raise Unclear(BAND_CONTRADICTS, found=shown(text),
                       reason=f"{letter} is no latitude band of UTM")
    if not 100_000 <= east < 1_000_000 or not 0 <= north <= 10_000_000:
        raise _unreadable(text, "eastings have 6 digits before the point, northings lie below "
                                "10,000,000")
    rounding = math.hypot(_step(easting), _step(northing)) / 2
    out = []
    for south in souths:
        lon, lat = _utm_proj(datum_wkt, number, south).transform(east, north)
        if not (math.isfinite(lon) and math.isfinite(lat)) or not -81 <= lat <= 84.5:
            continue
        if len(letter) == 1 and letter not in "NS":
            low, high = _band_range(letter)
            if not low - 0.01 <= lat <= high + 0.01:
                raise Unclear(BAND_CONTRADICTS, found=shown(text), reason=(
                    f"band {letter} is latitude {low:g} to {high:g}, the northing says {lat:.2f}"))
        out.append(_Reading(lon, lat, rounding, f"zone {number} {'south' if south else 'north'}"))
    if not out:
        raise Unclear(PLACE_OUT_OF_RANGE, found=shown(text))
    return out


# MGRS, lettering scheme AA (WGS 84, GRS 80). Source: NGA.STND.0037 (2014); DMA TM 8358.1 (1990).
_COLUMNS = ("ABCDEFGH", "JKLMNPQR", "STUVWXYZ")
_ROWS = "ABCDEFGHJKLMNPQRSTUV"
_POLAR_COLUMNS = {"A": ("JKLPQRSTUXYZ", 800_000), "B": ("ABCFGHJKLPQR", 2_000_000),
                  "Y": ("JKLPQRSTUXYZ", 800_000), "Z": ("ABCFGHJ", 2_000_000)}
_POLAR_ROWS = {"A": ("ABCDEFGHJKLMNPQRSTUVWXYZ", 800_000), "Y": ("ABCDEFGHJKLMNP", 1_300_000)}


@functools.lru_cache(maxsize=4096)
def _square(zone: int, band: str, column: str, row: str) -> tuple[float, float] | str:
    """South-west corner of a 100 km square as UTM easting, northing; or why there is none.

    Row letters repeat after 2000 km and a band is at most 1340 km high, so the band tells the
    cycle. A square that touches its band counts: references keep their letters at the border.
    """
    if band == "X" and zone in (32, 34, 36):
        return f"zone {zone} has no band X (Svalbard)"
    columns = _COLUMNS[(zone - 1) % 3]
    if column not in columns:
        return f"zone {zone} has no column {column}"
    if row not in _ROWS:
        return f"there is no row {row}"
    east = 100_000.0 * (1 + columns.index(column))
    first = 100_000.0 * ((_ROWS.index(row) - (5 if zone % 2 == 0 else 0)) % 20)
    low, high = _band_range(band)
    west, width = _zone_span(zone, band)
    south = band < "N"
    to = _utm_proj("EPSG:4326", zone, south)
    xs = east + np.array([0, 1e5, 1e5, 0, 5e4, 5e4])
    for cycle in range(5):
        north = first + 2e6 * cycle
        lon, lat = to.transform(xs, north + np.array([0, 0, 1e5, 1e5, 0, 1e5]))
        if lat.min() < high and lat.max() > low:
            if lon.max() <= west or lon.min() >= west + width:
                return f"square {column}{row} lies outside zone {zone}"
            return east, north
    return f"square {column}{row} does not touch band {band} of zone {zone}"


def _zone_span(zone: int, band: str) -> tuple[float, float]:
    """West edge and width in degrees, with the exceptions of Norway and Svalbard."""
    special = {(31, "V"): (0, 3), (32, "V"): (3, 9), (31, "X"): (0, 9), (33, "X"): (9, 12),
               (35, "X"): (21, 12), (37, "X"): (33, 9)}
    return special.get((zone, band), (-180 + 6 * (zone - 1), 6))


def _mgrs(cell: Any) -> tuple[_Reading, float]:
    """The centre of a square, and its side in m."""
    text = re.sub(r"[\s\-]", "", _plain(str(cell)).upper())
    parts = _plain(str(cell)).split()
    match = _MGRS.match(text)
    expected = "33T YJ 12345 67890"
    if match is None:
        raise _unreadable(cell, "it is no grid reference with zone, square and digits", expected)
    digits = match[6]
    if len(digits) % 2 or not 2 <= len(digits) <= 10 or (
            len(parts) > 1 and parts[-1].isdigit() and parts[-2].isdigit()
            and len(parts[-1]) != len(parts[-2])):
        raise _unreadable(cell, "a reference has 2 to 10 digits, half for each axis", expected)
    half = len(digits) // 2
    side = 10.0 ** (5 - half)
    dx, dy = int(digits[:half]) * side + side / 2, int(digits[half:]) * side + side / 2
    if match[3]:
        pole, column, row = match[3], match[4], match[5]
        columns, east = _POLAR_COLUMNS[pole]
        rows, north = _POLAR_ROWS["A" if pole in "AB" else "Y"]
        if column not in columns or row not in rows:
            raise Unclear(BAND_CONTRADICTS, found=shown(cell),
                           reason=f"there is no square {column}{row} at the pole")
        lon, lat = _ups(pole in "YZ").transform(
            east + 1e5 * columns.index(column) + dx, north + 1e5 * rows.index(row) + dy)
    else:
        zone = int(match[1])
        corner = _square(zone, match[2], match[4], match[5]) if 1 <= zone <= 60 else (
            f"there is no zone {zone}")
        if isinstance(corner, str):
            raise Unclear(BAND_CONTRADICTS, found=shown(cell), reason=corner)
        lon, lat = _utm_proj("EPSG:4326", zone, match[2] < "N").transform(
            corner[0] + dx, corner[1] + dy)
    return _Reading(lon, lat, side / math.sqrt(2), ""), side


@functools.lru_cache(maxsize=2)
def _ups(north: bool):
    from pyproj import Transformer

    return Transformer.from_crs("EPSG:32661" if north else "EPSG:32761", "EPSG:4326",
                                always_xy=True)


@functools.lru_cache(maxsize=64)
def _projected(code: str):
    from pyproj import CRS, Transformer

    grid = CRS.from_user_input(code)
    base = grid.geodetic_crs
    assert base is not None
    return Transformer.from_crs(grid, base, always_xy=True)


def _gauss_kruger(text: Any, easting: Any, northing: Any, base: int) -> list[_Reading]:
    east, north = _number(easting), _number(northing)
    if east is None or north is None:
        raise _unreadable(text, "easting or northing is no number")
    zone = int(east // 1_000_000)
    code = _ZONED[base].get(zone)
    if code is None or not 0 <= north <= 9_500_000:
        raise _unreadable(text, f"{zone} is no zone of this system",
                          "easting with its zone first, such as 6532000, and northing")
    lon, lat = _projected(f"EPSG:{code}").transform(east, north)
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise Unclear(PLACE_OUT_OF_RANGE, found=shown(text))
    return [_Reading(lon, lat, math.hypot(_step(easting), _step(northing)) / 2, f"zone {zone}")]


# --- the programme's area ----------------------------------------------------------------------

READINGS = ("as read", "swapped", "latitude sign", "longitude sign", "both signs",
            "swapped, latitude sign", "swapped, longitude sign", "swapped, both signs")


def readings_within(xy: np.ndarray, bounds: Bounds) -> np.ndarray:
    """Which readings of each position lie in the programme's area: bool (N, 8), as `READINGS`.

    `xy`: (N, 2) longitude, latitude in degrees. A proposal for a person, never applied here.
    """
    out = np.zeros((len(xy), len(READINGS)), dtype=bool)
    for k, name in enumerate(READINGS):
        out[:, k] = within(_read_as(xy, name), bounds)
    return out


def _read_as(xy: np.ndarray, name: str) -> np.ndarray:
    turned = xy[:, ::-1] if "swapped" in name else xy
    return turned * np.array([-1.0 if "longitude" in name or "both" in name else 1.0,
                              -1.0 if "latitude" in name or "both" in name else 1.0])


def other_zones(xy: np.ndarray, zone: int, bounds: Bounds) -> list[list[int]]:
    """For each (N, 2) longitude, latitude read in a UTM zone: the other zones (1 to 60) in which
    the same easting and northing lie in the programme's area. UTM zones differ by 6 degrees of
    longitude and by nothing else."""
    found: list[list[int]] = [[] for _ in xy]
    for other in range(1, 61):
        if other != zone:
            lon = (xy[:, 0] + 6.0 * (other - zone) + 180) % 360 - 180
            for i in np.flatnonzero(within(np.column_stack((lon, xy[:, 1])), bounds)).tolist():
                found[i].append(other)
    return found


# --- many cells --------------------------------------------------------------------------------

def read_positions(columns: Mapping[str, Sequence[Any]], notation: Notation, datum: str,
                   bounds: Bounds | None = None, *, file: str = "",
                   settings: Settings = SETTINGS) -> Positions:
    """Positions of the rows of a file.

    Parameters
    ----------
    columns : role -> N cells. Roles: "place" (both axes in one cell); "latitude", "longitude";
        "easting", "northing", "zone"; "bearing", "distance" (m) beside one of these, which is then
        the benchmark, with "north" and "declination" where rows state their own; "datum" (a datum
        in each row, before `datum`); "accuracy" (of the source, m).
    datum : name or code of the datum, or of the projected system for the form "grid".
    bounds : west, south, east, north in degrees where places may lie, with its margin.

    Returns
    -------
    Positions
        Rows without a datum, with two readings, or with another reading inside the programme's area
        have no position and a problem that proposes one.

    Raises
    ------
    LandReleaseError
        GEO-003, GEO-004, GEO-208, GEO-209, GEO-210: the system of the file as a whole.
    """
    size = max((len(c) for c in columns.values()), default=0)
    said = [str(d).strip() if not is_absent(d) else datum
            for d in columns["datum"]] if "datum" in columns else None
    if said is not None and set(said) != {datum}:
        return _by_datum(columns, said, notation, bounds, file, settings)
    problems: list[Problem] = []
    xy = np.full((size, 2), np.nan)
    accuracy = np.full(size, np.nan)
    if not datum.strip():
        given = [n for n in columns if n not in ("datum", "accuracy")]
        for i in range(size):
            cells = [str(columns[n][i]) for n in given if not is_absent(columns[n][i])]
            if cells:
                problems.append((i, DATUM_NOT_STATED, {"found": shown(" ".join(cells))}))
        return Positions(xy, accuracy, problems, "")
    system = datum_system(datum, file)
    source, rounding, zones = _on_datum(
        columns, notation, system, bounds, file, size, problems, settings)
    finite = np.isfinite(source).all(axis=1)
    crs = system.to_wkt()
    if not finite.any() or places.is_wgs84(crs, file):
        way, xy = None, source.copy()
        shift_m = 0.0
    else:
        way = places.carriage(crs, file, source[finite],
                              worst_accuracy_m=settings.worst_accuracy_m)
        xy[finite] = way.carry(source[finite])
        shift_m = way.accuracy_m
    xy[~np.isfinite(xy).all(axis=1)] = np.nan
    stated = np.array([v if (v := _number(c)) is not None and v >= 0 else 0.0
                       for c in columns["accuracy"]]) if "accuracy" in columns else 0.0
    accuracy = np.asarray(combined_accuracy(stated, rounding, shift_m)) + np.zeros(size)
    _check_area(xy, bounds, zones, problems)
    told = {p[0] for p in problems if p[1] is not CENTRE_OF_SQUARE}
    with np.errstate(invalid="ignore"):
        off_earth = finite & ~((np.abs(xy[:, 0]) <= 180) & (np.abs(xy[:, 1]) <= 90))
    for i in np.flatnonzero(off_earth).tolist():
        if i not in told:
            problems.append((i, PLACE_OUT_OF_RANGE, {"found": _words(source[i])}))
    if way is not None:
        told = {p[0] for p in problems if p[1] is not CENTRE_OF_SQUARE}
        for i in np.flatnonzero(way.outside(xy)).tolist():
            if i not in told:
                problems.append((i, OUTSIDE_OF_SYSTEM, {
                    "found": _words(xy[i]), "operation": way.operation}))
    waits = [i for i, message, _ in problems if message is not CENTRE_OF_SQUARE]
    xy[waits] = np.nan
    if "bearing" in columns:
        xy, accuracy = _offset(columns, notation, xy, accuracy, problems, file, settings)
    accuracy[~np.isfinite(xy).all(axis=1)] = np.nan
    return Positions(xy, accuracy, problems, system.name, () if way is None else (way,))


def _by_datum(columns: Mapping[str, Sequence[Any]], said: list[str], notation: Notation,
              bounds: Bounds | None, file: str, settings: Settings) -> Positions:
    xy, accuracy = np.full((len(said), 2), np.nan), np.full(len(said), np.nan)
    problems: list[Problem] = []
    names: list[str] = []
    ways: list[places.Carriage] = []
    for one in sorted(set(said)):
        rows = [i for i, d in enumerate(said) if d == one]
        part = {n: [c[i] for i in rows] for n, c in columns.items() if n != "datum"}
        found = read_positions(part, notation, one, bounds, file=file, settings=settings)
        xy[rows], accuracy[rows] = found.xy, found.accuracy_m
        problems += [(rows[i], message, facts) for i, message, facts in found.problems]
        names.append(found.crs)
        ways += found.transformations
    return Positions(xy, accuracy, sorted(problems, key=lambda p: p[0]),
                     ", ".join(n for n in names if n), tuple(ways))


def _on_datum(columns: Mapping[str, Sequence[Any]], notation: Notation, system: Any,
              bounds: Bounds | None, file: str, size: int, problems: list[Problem],
              settings: Settings) -> tuple[np.ndarray, np.ndarray, dict[int, int]]:
    """Longitude, latitude on the datum (or easting, northing of a plain grid), what was rounded
    away in m, and the UTM zone of rows that have one."""
    source, rounding = np.full((size, 2), np.nan), np.zeros(size)
    form = notation.form
    if form == "bearing":
        form = "grid" if system.is_projected else (
            "degrees" if "easting" not in columns else "utm")
    if form == "grid" or (system.is_projected and "easting" in columns):
        if not system.is_projected:
            raise LandReleaseError(SYSTEM_NEEDED, file=file, found=system.name,
                                   reason="eastings and northings need a map grid",
                                   expected="the projected system, for example EPSG:6316")
        for i in range(size):
            cells = [columns[n][i] for n in ("easting", "northing")]
            values = [_number(c) for c in cells]
            if None not in values:
                source[i] = values
                rounding[i] = math.hypot(*(_step(c) for c in cells)) / 2
            elif not all(is_absent(c) for c in cells):
                _tell(problems, i, _unreadable(" ".join(map(str, cells)), "it is no number"))
        return source, rounding, {}
    if not system.is_geographic:
        raise LandReleaseError(SYSTEM_NEEDED, file=file, found=system.name,
                               reason="it is a map grid and the cells are not",
                               expected="its datum, for example EPSG:4326")
    unit = system.axis_info[0].unit_conversion_factor / math.radians(1)
    if form == "degrees" and "latitude" in columns and _plain_degrees(columns, source, rounding):
        return source, rounding, {}
    base = system.to_epsg() or 0
    if form == "gauss_kruger" and base not in _ZONED:
        raise LandReleaseError(SYSTEM_NEEDED, file=file, found=system.name,
                               reason="its zones in the easting are not known here",
                               expected="the projected system of the zone, for example EPSG:6316")
    if abs(unit - 1) > 1e-9 and form != "degrees":
        raise LandReleaseError(SYSTEM_NEEDED, file=file, found=system.name,
                               reason="its unit is the gon", expected="the projected system")
    # Bounds are degrees from Greenwich; gons from Paris cannot be compared with them.
    foreign = abs(unit - 1) > 1e-9 or bool(system.prime_meridian.longitude)
    wkt = system.to_wkt()
    zones: dict[int, int] = {}
    done = np.zeros(size, dtype=bool)
    if form == "degrees" and abs(unit - 1) < 1e-9 and {"latitude", "longitude"} <= columns.keys() \
            and "place" not in columns:
        done = _common_degrees(columns, notation, source, rounding)
    for i in np.flatnonzero(~done).tolist():
        try:
            found = _cell(columns, i, notation, form, system, base, wkt, unit, problems, zones)
            if found is None:
                continue
            chosen = _choose(found, None if foreign else bounds)
            if chosen is None:
                raise _undecided(columns, i, form, found)
        except Unclear as unclear:
            _tell(problems, i, unclear)
            continue
        source[i] = chosen.lon, chosen.lat
        rounding[i] = chosen.rounding_m
    return source, rounding, zones


def _tell(problems: list[Problem], i: int, unclear: Unclear) -> None:
    problems.append((i, unclear.message, unclear.facts))


def _plain_degrees(columns: Mapping[str, Sequence[Any]], source: np.ndarray,
                   rounding: np.ndarray) -> bool:
    """The quick way for columns of plain numbers; False where any cell needs to be read."""
    axes = []
    for name in ("longitude", "latitude"):
        try:
            cells = list(columns[name])
            kinds = set(map(type, cells))
            if bool in kinds:
                return False
            if str in kinds:  # no degrees have thousands: a comma is the decimal mark
                cells = [c.replace(",", ".") if type(c) is str else c for c in cells]
            if kinds - {int, float}:
                cells = [math.nan if c is None or (type(c) is str and not c[-1:].isdigit()
                                                   and is_absent(c)) else c for c in cells]
            values = np.array(list(map(float, cells)))
        except (ValueError, TypeError, KeyError):
            return False
        axes.append(values)
    if len(axes[0]) != len(axes[1]):
        return False
    if not all(np.isfinite(v[~np.isnan(v)]).all() for v in axes):
        return False
    if (np.isnan(axes[0]) != np.isnan(axes[1])).any():
        return False
    source[:] = np.column_stack(axes)
    # Numbers lose their last zeros, one in ten each: a cell counts as written with as many
    # decimals as most cells, unless it has more than two fewer.
    decimals = np.maximum(*(_decimals(v) for v in axes))
    known = decimals[~np.isnan(axes[0])]
    usual = int(np.bincount(known).argmax()) if len(known) else 0
    if usual < 5:  # few or round places: text still shows the zeros that were written
        shown_ = [[len(c.partition("." if "." in c else ",")[2].strip()) if type(c) is str else 0
                   for c in columns[name]] for name in ("longitude", "latitude")]
        decimals = np.maximum(decimals, np.minimum(np.maximum(*map(np.array, shown_)), 8))
    kept = np.where(decimals < usual - 2, decimals, np.maximum(decimals, usual))
    north = 0.5 * 10.0 ** -kept.astype(float) * METRES_PER_DEGREE
    rounding[:] = np.hypot(north, north * np.cos(np.radians(np.nan_to_num(axes[1]))))
    return True


def _part(name: str, what: str) -> str:
    return rf"(?P<{name}>{what})"


def _after_point(name: str) -> str:
    return rf"(?:[.,]{_part(name, r'[0-9]+')})?"


# In the syntax that Arrow and Python share.
_COMMON = (
    rf"^\s*{_part('before', '[A-Za-z]?')}\s*{_part('sign', '[+-]?')}{_part('d', '[0-9]{1,3}')}"
    rf"{_after_point('df')}\s*(?:[°º˚]\s*(?:{_part('m', '[0-9]{1,2}')}{_after_point('mf')}"
    rf"\s*['′’]\s*(?:{_part('s', '[0-9]{1,2}')}{_after_point('sf')}\s*(?:[\"″”]|'')\s*)?)?)?"
    rf"{_part('behind', '[A-Za-z]?')}\s*$")
_COMMON_PARTS = ("before", "sign", "d", "df", "m", "mf", "s", "sf", "behind")


def _common_degrees(columns: Mapping[str, Sequence[Any]], notation: Notation, source: np.ndarray,
                    rounding: np.ndarray) -> np.ndarray:
    """Fill in the rows whose two cells are written in a common way, all at once; bool (N,), which.

    Decimals, or degrees with minutes (and seconds) under their usual marks, with or without a
    letter that has one meaning. All others are read cell by cell; a common cell read that way gives
    the same (property test).
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    size = len(source)
    done = np.ones(size, dtype=bool)
    values, steps = [], []
    for axis, name, limit in (("lat", "latitude", 90.0), ("lon", "longitude", 180.0)):
        cells = [c if type(c) is str else repr(c) if type(c) in (int, float) else None
                 for c in columns[name]]
        found = pc.extract_regex(pa.array(cells, pa.string()), _COMMON)
        part = {n: pc.struct_field(found, n) for n in _COMMON_PARTS}
        fits = ~np.asarray(pc.is_null(found))
        text = {n: np.asarray(pc.fill_null(p, "").to_numpy(zero_copy_only=False), dtype=object)
                for n, p in part.items()}
        number = {n: np.asarray(pc.fill_null(pc.cast(pc.if_else(
            pc.equal(p, ""), None, p), pa.float64()), 0.0)) for n, p in part.items()
            if n in ("d", "m", "s")}
        has = {n: text[n] != "" for n in _COMMON_PARTS}
        size_of = {n: np.asarray(pc.fill_null(pc.utf8_length(part[n]), 0)) for n in ("df", "mf",
                                                                                    "sf")}
        share = {n: _fraction(text[n]) for n in ("df", "mf", "sf")}
        letters = np.where(has["before"], text["before"], text["behind"])
        sign = np.where(text["sign"] == "-", -1.0, 1.0)
        with_letter = has["before"] | has["behind"]
        for letter in set(letters[with_letter].tolist()):
            sides = _sides(letter.casefold(), notation.letters)
            here = with_letter & (letters == letter)
            if len(sides) == 1 and sides[0][0] == axis:
                sign[here] = sides[0][1]
            else:
                fits &= ~here
        fits &= ~(has["before"] & has["behind"]) & ~(with_letter & has["sign"])
        fits &= ~(has["m"] & has["df"]) & ~(has["s"] & has["mf"])
        fits &= (number["m"] < 60) & (number["s"] < 60)
        value = (number["d"] + share["df"] + (number["m"] + share["mf"]) / 60
                 + (number["s"] + share["sf"]) / 3600)
        step = np.where(has["s"], 10.0 ** -size_of["sf"] / 3600, np.where(
            has["m"], 10.0 ** -size_of["mf"] / 60, 10.0 ** -size_of["df"]))
        fits &= value <= limit
        done &= fits
        values.append(sign * value)
        steps.append(step)
    lat, lon = values
    source[done] = np.column_stack((lon, lat))[done]
    north = np.maximum(*steps) / 2 * METRES_PER_DEGREE
    rounding[done] = np.hypot(north, north * np.cos(np.radians(lat)))[done]
    return done


def _fraction(digits: np.ndarray) -> np.ndarray:
    """"25" -> 0.25, "" -> 0."""
    known = {text: float(f"0.{text}") if text else 0.0 for text in set(digits.tolist())}
    return np.array([known[text] for text in digits.tolist()])


def _decimals(values: np.ndarray) -> np.ndarray:
    out = np.full(len(values), 8, dtype=np.int64)
    for d in range(7, -1, -1):
        scaled = values * 10.0 ** d
        with np.errstate(invalid="ignore"):
            out[np.abs(scaled - np.rint(scaled)) < 1e-5] = d
    return out


def _cell(columns: Mapping[str, Sequence[Any]], i: int, notation: Notation, form: str, system: Any,
          base: int, wkt: str, unit: float, problems: list[Problem], zones: dict[int, int]
          ) -> list[_Reading] | None:
    names = [n for n in ("place", "latitude", "longitude", "zone", "easting", "northing")
             if n in columns]
    cells = {n: columns[n][i] for n in names if not is_absent(columns[n][i])}
    if not cells:
        return None
    text = " ".join(str(c) for c in cells.values())
    if form == "mgrs":
        if system.ellipsoid is None or system.ellipsoid.name not in ("WGS 84", "GRS 1980"):
            raise Unclear(LETTERING_NOT_READ, found=shown(text), datum=system.name)
        reading, side = _mgrs(cells.get("place", text))
        if side > 1:
            problems.append((i, CENTRE_OF_SQUARE, {
                "found": shown(text), "side": f"{side:g}", "accuracy": f"{reading.rounding_m:.3g}",
            }))
        return [reading]
    if form in ("utm", "gauss_kruger"):
        zone, easting, northing = (cells.get(n) for n in ("zone", "easting", "northing"))
        zone = str(zone) if zone is not None else notation.zone
        if "place" in cells:
            plain = _plain(str(cells["place"])).upper().strip()
            if form == "utm":
                match = _UTM.match(plain)
                if match is not None:
                    zone, easting, northing = f"{match[1]} {match[2] or ''}", match[3], match[4]
                elif not zone:
                    raise Unclear(ZONE_MISSING, found=shown(text))
            if easting is None:
                numbers = re.findall(r"\d{5,8}(?:[.,]\d+)?", plain)
                if len(numbers) != 2:
                    raise _unreadable(text, "two long numbers are expected")
                easting, northing = numbers
        if easting is None or northing is None:
            raise _unreadable(text, "easting or northing is missing")
        if form == "gauss_kruger":
            return _gauss_kruger(text, easting, northing, base)
        if not zone:
            raise Unclear(ZONE_MISSING, found=shown(text))
        found = _utm(text, zone, easting, northing, wkt)
        zones[i] = int(re.findall(r"\d+", _plain(zone))[0])
        return found
    axes: tuple[str, ...] = ()
    if "place" in cells:
        angles = _angles(str(cells["place"]))
        if len(angles) != 2:
            raise _unreadable(text, "one axis is missing")
    else:
        if not {"latitude", "longitude"} <= cells.keys():
            raise _unreadable(text, "one axis is missing")
        axes, angles = ("lat", "lon"), []
        for name in ("latitude", "longitude"):
            one = _angles(str(cells[name]))
            if len(one) != 1:
                raise _unreadable(text, f"{name} holds {len(one)} angles")
            angles += one
    if abs(unit - 1) > 1e-9 and any(
            abs(a.step - 10.0 ** round(math.log10(a.step))) > 1e-15 for a in angles):
        raise _unreadable(text, f"the unit of {system.name} is the gon", "48.5 or 48,5")
    return _from_angles(text, angles, axes, notation)


def _choose(found: list[_Reading], bounds: Bounds | None) -> _Reading | None:
    """The only reading, or the only one in the programme's area; else None."""
    if len({(r.lon, r.lat) for r in found}) == 1:
        return found[0]
    if bounds is None:
        return None
    inside = within(np.array([(r.lon, r.lat) for r in found]), bounds)
    return found[int(np.argmax(inside))] if inside.sum() == 1 else None


def _undecided(columns: Mapping[str, Sequence[Any]], i: int, form: str, found: list[_Reading]
               ) -> Unclear:
    cells = [str(columns[n][i]) for n in ("place", "latitude", "longitude", "zone", "easting",
                                          "northing") if n in columns]
    text, readings = shown(" ".join(cells)), " or ".join(dict.fromkeys(r.words for r in found))
    if form == "utm":
        return Unclear(ZONE_AMBIGUOUS, found=text, letter="the zone", readings=readings)
    letters = re.findall(r"(?i)[soѕо]", text)
    if letters:
        return Unclear(LETTER_AMBIGUOUS, found=text, letter=letters[0].upper(), readings=readings)
    return Unclear(AXES_UNKNOWN, found=text, readings=readings)


def _check_area(xy: np.ndarray, bounds: Bounds | None, zones: dict[int, int],
                problems: list[Problem]) -> None:
    """A finding for each position outside the programme of which another reading lies inside."""
    if bounds is None:
        return
    outside = np.flatnonzero(~within(xy, bounds) & np.isfinite(xy).all(axis=1))
    inside = readings_within(xy[outside], bounds)
    told = {i for i, message, _ in problems if message is not CENTRE_OF_SQUARE}
    words = "{:.2f} {:.2f} to {:.2f} {:.2f}".format(*bounds)
    for i, fitting in zip(outside.tolist(), inside, strict=True):
        proposals = [f"{name}: {_words(_read_as(xy[i:i + 1], name)[0])}"
                     for name, fits in zip(READINGS, fitting, strict=True) if fits]
        if i in zones:
            proposals += [f"zone {z}" for z in other_zones(xy[i:i + 1], zones[i], bounds)[0]]
        if proposals and i not in told:
            problems.append((i, OTHER_READING, {
                "found": _words(xy[i]), "expected": words, "readings": "; ".join(proposals)}))


def _words(xy: np.ndarray) -> str:
    return f"{xy[0]:.8g}, {xy[1]:.8g}"


# --- bearing and distance ----------------------------------------------------------------------

_CIRCLE = {"degree": 360.0, "gon": 400.0, "mil_6400": 6400.0, "mil_6000": 6000.0}


def true_bearing(bearing: float, lonlat: tuple[float, float], notation: Notation) -> float:
    """A recorded bearing as degrees clockwise from true north at a place on WGS 84.

    Raises GEO-213 where the north, the declination or the grid is not stated. A grid's north is
    found from the grid itself, so that the sign of the convergence cannot be wrong.
    """
    angle = bearing * 360.0 / _CIRCLE[notation.bearing_unit]
    if notation.north == "true":
        return angle % 360
    if notation.north == "magnetic" and notation.declination_deg is not None:
        return (angle + notation.declination_deg) % 360
    if notation.north == "grid" and notation.grid:
        from pyproj import Geod, Transformer

        to = Transformer.from_crs("EPSG:4326", notation.grid, always_xy=True)
        east, north = to.transform(*lonlat)
        ends = [to.transform(east, north + d, direction="INVERSE") for d in (-50.0, 50.0)]
        return (angle + Geod(ellps="WGS84").inv(*ends[0], *ends[1])[0]) % 360
    missing = {"": "`north` as true, magnetic or grid", "magnetic": "the declination of its day",
               "grid": "the system of the grid"}[notation.north]
    raise LandReleaseError(BEARING_NOT_USABLE, file="", row="-", found=shown(bearing),
                           reason="the north that it starts from is not known", expected=missing)


_NORTHS = {"true": "true geographic geodetic astronomic vrai géographique verdadero geográfico "
                   "истинный истинний географический pravi geografski حقيقي",
           "magnetic": "magnetic mag magn compass magnétique magnético магнитный магнітний "
                       "магнитни magnetski مغناطيسي",
           "grid": "grid cuadrícula grille quadrillage дирекционный дирекційний direkcioni "
                   "direkcijski شبكي"}
_NORTH_OF = {word: north for north, words in _NORTHS.items() for word in words.split()}


def north_of(text: Any) -> Literal["", "true", "magnetic", "grid"]:
    """Which north a text states, in any known language; "" where none or several.

    >>> north_of("Bearing (magnetic)"), north_of("Azimuth")
    ('magnetic', '')
    """
    found: set[Any] = {_NORTH_OF[w] for w in re.findall(r"[^\W\d_]+", str(text).casefold())
                       if w in _NORTH_OF}
    return found.pop() if len(found) == 1 else ""


def with_north(notation: Notation, north: Any = None, declination: Any = None, grid: str = ""
               ) -> Notation:
    """A notation with what a row says of its own north; what it does not say stays.

    `declination`: degrees, east positive. `grid`: the projected system of the coordinates.
    """
    said, degrees = north_of(north), _number(declination)
    return replace(notation, north=said or notation.north, grid=notation.grid or grid,
                   declination_deg=notation.declination_deg if degrees is None else degrees)


def leg_end(bearing: Any, distance: Any, start: tuple[float, float], notation: Notation,
            settings: Settings) -> tuple[tuple[float, float], float, float]:
    """The end of a leg on WGS 84, its accuracy in m, its length in m. Raises `Unclear`."""
    from pyproj import Geod

    said = f"{bearing} / {distance}"
    try:
        angle = _angles(str(bearing))[0]
    except Unclear:
        raise Unclear(BEARING_NOT_USABLE, found=shown(said), reason="the bearing is no angle",
                       expected="degrees such as 123.5") from None
    metres = _number(distance)
    if metres is None or metres < 0 or angle.word or not (
            0 <= angle.value <= _CIRCLE[notation.bearing_unit]):
        raise Unclear(BEARING_NOT_USABLE, found=shown(said),
                       reason="bearing or distance is out of range",
                       expected="a bearing of the full circle and a distance in m")
    try:
        azimuth = true_bearing(angle.value, start, notation)
    except LandReleaseError as error:
        raise Unclear(BEARING_NOT_USABLE, found=shown(said), reason=error.facts["reason"],
                       expected=error.facts["expected"]) from error
    lon, lat, _ = Geod(ellps="WGS84").fwd(start[0], start[1], azimuth, metres)
    turn = max(settings.bearing_accuracy_deg,
               angle.step / 2 * 360 / _CIRCLE[notation.bearing_unit])
    accuracy = float(combined_accuracy(metres * math.radians(turn),
                                       metres * settings.distance_accuracy_share,
                                       _step(distance) / 2))
    return (lon, lat), accuracy, metres


def _offset(columns: Mapping[str, Sequence[Any]], notation: Notation, xy: np.ndarray,
            accuracy: np.ndarray, problems: list[Problem], file: str, settings: Settings
            ) -> tuple[np.ndarray, np.ndarray]:
    """Benchmarks moved by bearing and distance (geodesic, m on the ground)."""
    out, doubt = np.full_like(xy, np.nan), accuracy.copy()
    for i in np.flatnonzero(np.isfinite(xy).all(axis=1)).tolist():
        north, declination = (columns[n][i] if n in columns else None
                              for n in ("north", "declination"))
        own = with_north(notation, north, declination)
        try:
            out[i], more, _ = leg_end(columns["bearing"][i], columns["distance"][i],
                                      (float(xy[i, 0]), float(xy[i, 1])), own, settings)
        except Unclear as unclear:
            _tell(problems, i, unclear)
            continue
        doubt[i] = combined_accuracy(accuracy[i], more)
    return out, doubt
