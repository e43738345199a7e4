"""Filters of readers in CQL2, over what the reader sees and nothing else.

The library `cql2` reads text and JSON; what it read is judged here item by item, on the values that
the reader is given, so that a filter can tell nothing that the items do not. A property that is not
among them is refused alike whether it is hidden or does not exist (S14).

Source: OGC 21-065r2, Common Query Language (CQL2). Null is unknown: three-valued logic as in SQL;
an item is kept only where the filter is true.
"""

from __future__ import annotations

import json
import operator
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import shapely

from landrelease.core.kind import Field
from landrelease.errors import FILTER_WRONG, PARAMETER_UNKNOWN, LandReleaseError

GEOMETRY = "geometry"
MOST_TEXT = 4_000
MOST_DEPTH = 10  # the reader's time doubles with each bracket that is not closed
MOST_PARTS = 200
MOST_PATTERN = 200
MOST_CORNERS = 20_000

Bounds = tuple[float, float, float, float]
Values = Mapping[str, Any]
# Of the values and the geometry of an item.
Term = Callable[[Values, Any], Any]


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that was read. `bounds`: nothing outside this window passes; None: not known.
    `text`: a field of text, and what its text passes in whatever passes the filter."""

    test: Callable[[Values, Any], bool | None]
    bounds: Bounds | None = None
    fields: frozenset[str] = frozenset()
    text: tuple[str, Callable[[str | None], bool]] | None = None
    # A field, and by id of an item what it may also be read as: one reading that passes is enough.
    also: tuple[str, Mapping[str, tuple[Any, ...]]] | None = None

    def passes(self, values: Values, geometry: Any) -> bool:
        return self.test(values, geometry) is True

    def passes_of(self, item_id: str, values: Values, geometry: Any) -> bool:
        """The same of an item with an id."""
        if self.passes(values, geometry):
            return True
        if self.also is None or item_id not in self.also[1]:
            return False
        name, readings = self.also
        return any(self.passes({**values, name: reading}, geometry)
                   for reading in readings[item_id])


def holding(wanted: Mapping[str, str], more: Filter | None) -> Filter:
    """What passes `more` and whose fields of several values hold these ones."""
    def test(values: Values, geometry: Any) -> bool:
        return all(value in (values.get(name) or ()) for name, value in wanted.items()) and (
            more is None or more.passes(values, geometry))

    return Filter(test, None if more is None else more.bounds,
                  frozenset(wanted) | (frozenset() if more is None else more.fields),
                  None if more is None else more.text)


def being(wanted: Mapping[str, Any], more: Filter | None) -> Filter:
    """What passes `more` and whose values are these ones, or one of a list of them."""
    def test(values: Values, geometry: Any) -> bool:
        return all(values.get(name) in (value if isinstance(value, list) else [value])
                   for name, value in wanted.items()) and (
            more is None or more.passes(values, geometry))

    return Filter(test, None if more is None else more.bounds,
                  frozenset(wanted) | (frozenset() if more is None else more.fields),
                  None if more is None else more.text)


def standing_as(name: str, readings: Mapping[str, tuple[Any, ...]], keep: Filter) -> Filter:
    """`keep`, where the items with these ids pass by any of these readings of a field as well."""
    return replace(keep, also=(name, readings))


def read_filter(text: str, lang: str, fields: Mapping[str, Field],
                to_degrees: Callable[[Any], Any] | None = None, *, placed: bool = True) -> Filter:
    """Read a filter over `fields` (those that the reader sees) and the geometry, where items of the
    kind have one (`placed`).

    lang : "cql2-text" or "cql2-json". to_degrees : carries an (N, 2) array of the filter's
    coordinates to longitude, latitude; None where they are that already.

    Raises WEB-018 for what is no CQL2 or what is not known here, WEB-012 for a property that is
    not among `fields`.
    """
    import cql2

    _check_size(text)
    try:
        read = cql2.parse_json(text) if lang == "cql2-json" else cql2.parse_text(text)
        tree = read.to_json()
    except (cql2.ParseError, cql2.ValidationError, ValueError) as error:
        raise _wrong(_first_line(error)) from None
    maker = _Maker(fields, to_degrees, placed)
    test = maker.truth(tree)
    return Filter(test, maker.bounds_of(tree), frozenset(maker.used), maker.text_of(tree))


def _check_size(text: str) -> None:
    """Refuse what would keep the reader busy: too long, or nested too deep."""
    if len(text) > MOST_TEXT:
        raise _wrong(f"{len(text)} characters", f"it has at most {MOST_TEXT}")
    depth = deepest = 0
    for character in text:  # brackets within quotes count as well: a filter has few of them
        if character == "(":
            depth += 1
            deepest = max(deepest, depth)
        elif character == ")":
            depth = max(0, depth - 1)
    if deepest > MOST_DEPTH:
        raise _wrong(f"{deepest} brackets one in the other", f"it nests at most {MOST_DEPTH}")


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1].lstrip("= ") if lines else type(error).__name__)[:160]


def _wrong(found: str, expected: str = "it is CQL2, as text or JSON") -> LandReleaseError:
    return LandReleaseError(FILTER_WRONG, found=found, expected=expected)


# --- logic ---------------------------------------------------------------------------------------

def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


class _Maker:
    """Turns a tree of CQL2 JSON into tests."""

    def __init__(self, fields: Mapping[str, Field], to_degrees: Callable[[Any], Any] | None,
                 placed: bool):
        self.fields, self.to_degrees, self.placed = fields, to_degrees, placed
        self.used: set[str] = set()
        self.parts = 0

    def truth(self, tree: Any) -> Callable[[Values, Any], bool | None]:
        self.parts += 1
        if self.parts > MOST_PARTS:
            raise _wrong(f"more than {MOST_PARTS} parts", f"it has at most {MOST_PARTS}")
        if isinstance(tree, bool):
            return lambda values, shape: tree
        if not isinstance(tree, dict) or "op" not in tree:
            raise _wrong(_told(tree), "each part is a comparison, or and, or, not of such")
        op, args = str(tree["op"]), tree.get("args")
        if not isinstance(args, list) or not args:
            raise _wrong(_told(tree), "an operation has arguments")
        if op in ("and", "or"):
            return _joined(op, [self.truth(a) for a in args])
        if op == "not":
            inner = self.truth(args[0])
            return lambda values, shape: _not(inner(values, shape))
        if op in _COMPARING:
            return self.comparison(op, args)
        for known, make in ((_SPATIAL, self.spatial), (_TEMPORAL, self.temporal),
                            (_ARRAYS, self.arrays)):
            if op in known:
                return make(op, args)
        others = {"isNull": self.null, "like": self.like, "between": self.between,
                  "in": self.among}
        if op not in others:
            raise _wrong(op[:40], f"the operators are and, or, not, {', '.join(_OPERATORS)}")
        return others[op](args)

    # --- terms -----------------------------------------------------------------------------------

    def field(self, tree: Any) -> Field | None:
        """The field that a property names; None for what is no property. WEB-012."""
        if not (isinstance(tree, dict) and "property" in tree):
            return None
        name = str(tree["property"])
        if name not in self.fields:
            raise LandReleaseError(PARAMETER_UNKNOWN, found=name[:60],
                                   expected=", ".join([*self.fields, GEOMETRY]))
        self.used.add(name)
        return self.fields[name]

    def term(self, tree: Any, like: Field | None) -> tuple[Term, str]:
        """A value and its type: text, number, boolean, time or list. `like` is the field that it is
        compared with: a text beside a date is read as a date."""
        found = self.field(tree)
        if found is not None:
            name, kind = found.name, _TYPES.get(found.type, "text")
            if kind == "time":
                return lambda values, shape: _time(values.get(name)), kind
            return lambda values, shape: values.get(name), kind
        if isinstance(tree, dict) and tree.get("op") in ("casei", "accenti"):
            inner, kind = self.term(tree["args"][0], like)
            if kind != "text":
                raise _wrong(_told(tree), "casei and accenti are of texts")
            plain = str.casefold if tree["op"] == "casei" else _without_accents

            def changed(values: Values, shape: Any) -> Any:
                value = inner(values, shape)
                return None if value is None else plain(str(value))

            return changed, kind
        value, kind = _literal(tree)
        if kind == "text" and like is not None and _TYPES.get(like.type) == "time":
            value, kind = _moment(value), "time"
        return lambda values, shape: value, kind

    def pair(self, args: list[Any]) -> tuple[Term, Term, str]:
        if len(args) != 2:
            raise _wrong(_told(args), "a comparison has two sides")
        left, right = self.field(args[0]), self.field(args[1])
        a, kind = self.term(args[0], right)
        b, other = self.term(args[1], left)
        if kind != other or kind == "list":
            raise _wrong(f"{kind} beside {other}", "both sides are of one type, and no lists")
        return a, b, kind

    # --- tests -----------------------------------------------------------------------------------

    def comparison(self, op: str, args: list[Any]) -> Callable[[Values, Any], bool | None]:
        a, b, _ = self.pair(args)
        compare = _COMPARING[op]

        def test(values: Values, shape: Any) -> bool | None:
            left, right = a(values, shape), b(values, shape)
            if left is None or right is None:
                return None
            left, right = _same_grain(left, right)
            try:
                return bool(compare(left, right))
            except TypeError:
                return None  # a word such as "declined" stands where a number would (S12)

        return test

    def null(self, args: list[Any]) -> Callable[[Values, Any], bool | None]:
        if args[0] == {"property": GEOMETRY}:
            return lambda values, shape: shape is None
        found = self.field(args[0])
        if found is None:
            raise _wrong(_told(args[0]), "IS NULL is asked of a property")
        name = found.name
        return lambda values, shape: values.get(name) is None

    def like(self, args: list[Any]) -> Callable[[Values, Any], bool | None]:
        a, b, kind = self.pair(args)
        if kind != "text":
            raise _wrong(kind, "LIKE compares texts")
        pattern = args[1]
        while isinstance(pattern, dict) and pattern.get("op") in ("casei", "accenti"):
            pattern = pattern["args"][0]
        if not isinstance(pattern, str) or len(pattern) > MOST_PATTERN:
            raise _wrong(_told(pattern), f"a pattern is a text of at most {MOST_PATTERN}")
        fits = matcher(str(b({}, None)))

        def test(values: Values, shape: Any) -> bool | None:
            text = a(values, shape)
            return None if text is None else fits(str(text))

        return test

    def between(self, args: list[Any]) -> Callable[[Values, Any], bool | None]:
        if len(args) != 3:
            raise _wrong(_told(args), "BETWEEN has a value and two bounds")
        low = self.comparison(">=", [args[0], args[1]])
        high = self.comparison("<=", [args[0], args[2]])
        return _joined("and", [low, high])

    def among(self, args: list[Any]) -> Callable[[Values, Any], bool | None]:
        if len(args) != 2 or not isinstance(args[1], list) or not args[1]:
            raise _wrong(_told(args), "IN has a list of values")
        return _joined("or", [self.comparison("=", [args[0], one]) for one in args[1]])

    def spatial(self, op: str, args: list[Any]) -> Callable[[Values, Any], bool | None]:
        if len(args) != 2:
            raise _wrong(_told(args), f"{op} has two geometries")
        sides = [self.shape(a) for a in args]
        relation = _SPATIAL[op]
        for fixed in sides:
            if fixed is not None:
                shapely.prepare(fixed)

        def test(values: Values, shape: Any) -> bool | None:
            if shape is None:
                return None
            a, b = (shape if fixed is None else fixed for fixed in sides)
            return bool(relation(a, b))

        return test

    def shape(self, tree: Any) -> Any:
        """A geometry in degrees; None for the item's own."""
        if isinstance(tree, dict) and "property" in tree:
            if tree["property"] != GEOMETRY or not self.placed:
                raise LandReleaseError(
                    PARAMETER_UNKNOWN, found=str(tree["property"])[:60],
                    expected=GEOMETRY if self.placed else ", ".join(sorted(self.fields)) or "none")
            return None
        try:
            if isinstance(tree, dict) and "bbox" in tree:
                numbers = [float(v) for v in tree["bbox"]]
                if len(numbers) == 6:
                    numbers = [*numbers[:2], *numbers[3:5]]
                west, south, east, north = numbers
                made: Any = shapely.box(west, south, east, north)
            elif isinstance(tree, dict) and "type" in tree:
                made = shapely.from_geojson(json.dumps(tree))
            else:
                raise ValueError("no geometry")
        except (ValueError, TypeError, KeyError, shapely.errors.GEOSException):
            raise _wrong(_told(tree), "a geometry is WKT, BBOX(...) or GeoJSON") from None
        corners = shapely.get_coordinates(made)
        if not len(corners) or len(corners) > MOST_CORNERS or not shapely.is_valid(made):
            raise _wrong(f"a geometry of {len(corners)} corners",
                         f"it is valid, with 1 to {MOST_CORNERS:,} corners")
        if self.to_degrees is not None:
            made = shapely.transform(made, self.to_degrees)
        return made

    def temporal(self, op: str, args: list[Any]) -> Callable[[Values, Any], bool | None]:
        if len(args) != 2:
            raise _wrong(_told(args), f"{op} has two sides")
        sides = [self.span(a) for a in args]
        relation = _TEMPORAL[op]

        def test(values: Values, shape: Any) -> bool | None:
            a, b = sides[0](values), sides[1](values)
            return None if a is None or b is None else bool(relation(*a, *b))

        return test

    def span(self, tree: Any) -> Callable[[Values], tuple[date, date] | None]:
        """The first and last day of a time."""
        if isinstance(tree, dict) and "interval" in tree:
            ends = tree["interval"]
            if not isinstance(ends, list) or len(ends) != 2:
                raise _wrong(_told(tree), "an interval has two ends")
            terms = [self.end(e, low) for e, low in zip(ends, (True, False), strict=True)]

            def both(values: Values) -> tuple[date, date] | None:
                first, last = (t(values) for t in terms)
                return None if first is None or last is None else (first, last)

            return both
        one = self.end(tree, True)

        def single(values: Values) -> tuple[date, date] | None:
            day = one(values)
            return None if day is None else (day, day)

        return single

    def end(self, tree: Any, low: bool) -> Callable[[Values], date | None]:
        if tree == "..":
            return lambda values: date.min if low else date.max
        found = self.field(tree)
        if found is None:
            value = _literal(tree)[0] if isinstance(tree, dict) else tree
            day = _day(_moment(value))
            return lambda values: day
        if _TYPES.get(found.type) != "time":
            raise _wrong(found.name, "it is a property with a date")
        name = found.name
        return lambda values: _day(_time(values.get(name)))

    def arrays(self, op: str, args: list[Any]) -> Callable[[Values, Any], bool | None]:
        if len(args) != 2:
            raise _wrong(_told(args), f"{op} has two lists")
        sides = [self.listed(a) for a in args]
        relation = _ARRAYS[op]

        def test(values: Values, shape: Any) -> bool | None:
            a, b = (s(values) for s in sides)
            return None if a is None or b is None else bool(relation(a, b))

        return test

    def listed(self, tree: Any) -> Callable[[Values], frozenset[Any] | None]:
        if isinstance(tree, list) and all(isinstance(v, (str, int, float, bool)) for v in tree):
            fixed = frozenset(tree)
            return lambda values: fixed
        found = self.field(tree)
        if found is None or _TYPES.get(found.type) != "list":
            raise _wrong(_told(tree), "it is a list, or a property that holds one")
        name = found.name
        return lambda values: None if values.get(name) is None else frozenset(values[name])

    # --- where to look ---------------------------------------------------------------------------

    def bounds_of(self, tree: Any) -> Bounds | None:
        """A window outside which the filter is not true, from what must hold of the geometry."""
        if not isinstance(tree, dict) or not isinstance(tree.get("args"), list):
            return None
        op, args = tree["op"], tree["args"]
        if op == "and":
            for found in map(self.bounds_of, args):
                if found is not None:
                    return found
            return None
        if op in _SPATIAL and op != "s_disjoint":
            fixed = [s for s in map(self.shape, args) if s is not None]
            if len(fixed) == 1:
                west, south, east, north = map(float, fixed[0].bounds)
                return west, south, east, north
        return None


    def text_of(self, tree: Any) -> tuple[str, Callable[[str | None], bool]] | None:
        """A field of text by which alone it can be told that an item does not pass: from what must
        hold of it."""
        if not isinstance(tree, dict) or not isinstance(tree.get("args"), list):
            return None
        if tree["op"] == "and":
            return next((found for a in tree["args"] if (found := self.text_of(a))), None)
        if tree["op"] != "like":
            return None
        alone = _Maker(self.fields, None, self.placed)
        test = alone.truth(tree)
        if len(alone.used) != 1:
            return None
        (name,) = alone.used
        known = self.fields[name]
        return (name, lambda text: test({name: text}, None) is True) if (
            known.type == "text" and not known.personal) else None


def _joined(op: str, parts: list[Callable[[Values, Any], bool | None]]
            ) -> Callable[[Values, Any], bool | None]:
    """And, or of three-valued parts: what decides alone decides, else unknown stays unknown."""
    decides = op == "or"

    def test(values: Values, shape: Any) -> bool | None:
        unknown = False
        for part in parts:
            value = part(values, shape)
            if value is decides:
                return decides
            unknown |= value is None
        return None if unknown else not decides

    return test


# --- values --------------------------------------------------------------------------------------

_TYPES = {"integer": "number", "number": "number", "date": "time", "moment": "time",
          "choices": "list", "references": "list", "boolean": "boolean"}


def _literal(tree: Any) -> tuple[Any, str]:
    if isinstance(tree, bool):
        return tree, "boolean"
    if isinstance(tree, (int, float)):
        return tree, "number"
    if isinstance(tree, str):
        return tree, "text"
    if isinstance(tree, dict) and len(tree) == 1 and ("date" in tree or "timestamp" in tree):
        return _moment(next(iter(tree.values()))), "time"
    raise _wrong(_told(tree), "a value is a text, a number, true, false, DATE or TIMESTAMP")


def _moment(value: Any) -> date | datetime:
    """A day or a moment (UTC where it says none), from ISO 8601."""
    try:
        text = str(value)
        if len(text) <= 10:
            return date.fromisoformat(text)
        found = datetime.fromisoformat(text.replace("z", "Z"))
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise _wrong(str(value)[:40], "a date is YYYY-MM-DD, a moment as in RFC 3339") from None


def _time(value: Any) -> date | datetime | None:
    if value is None or isinstance(value, date):
        return value
    try:
        return _moment(value)
    except LandReleaseError:
        return None  # a moment that nobody can read


def _day(value: date | datetime | None) -> Any:
    return value.date() if isinstance(value, datetime) else value


def _same_grain(a: Any, b: Any) -> tuple[Any, Any]:
    """A day beside a moment: both as days."""
    if isinstance(a, date) and isinstance(b, date) and (
            isinstance(a, datetime) != isinstance(b, datetime)):
        return _day(a), _day(b)
    return a, b


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def _told(tree: Any) -> str:
    return json.dumps(tree, default=str)[:60]


def matcher(pattern: str) -> Callable[[str], bool]:
    r"""SQL's LIKE as a test of texts: `%` any characters, `_` one, `\` before either itself. In
    time proportional to the lengths' product: no pattern makes it slow.

    >>> matcher("Mea%5\\%")("Meadow 5%"), matcher("m%")("Meadow"), matcher("a_b")("ab")
    (True, False, False)
    """
    marks: list[tuple[str, str]] = []
    characters = iter(pattern)
    for c in characters:
        marks.append(("is", next(characters, "\\")) if c == "\\" else
                     ("any", "") if c == "%" else ("one", "") if c == "_" else ("is", c))
    if any(kind == "one" for kind, _ in marks):
        return lambda text: _walked(text, marks)
    parts = [""]
    for kind, c in marks:
        if kind == "any":
            parts.append("")
        else:
            parts[-1] += c
    if len(parts) == 1:
        return parts[0].__eq__
    head, *middle, tail = parts

    def test(text: str) -> bool:
        at, end = len(head), len(text) - len(tail)
        if at > end or not text.startswith(head) or not text.endswith(tail):
            return False
        for part in middle:  # the first place is the best: it leaves most for what follows
            found = text.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
        return True

    return test


def _walked(text: str, marks: list[tuple[str, str]]) -> bool:
    at = mark = 0
    star = behind = -1
    while at < len(text):
        if mark < len(marks) and (marks[mark][0] == "one" or marks[mark] == ("is", text[at])):
            at, mark = at + 1, mark + 1
        elif mark < len(marks) and marks[mark][0] == "any":
            star, behind, mark = mark, at, mark + 1
        elif star >= 0:
            behind += 1
            at, mark = behind, star + 1
        else:
            return False
    return all(kind == "any" for kind, _ in marks[mark:])


_COMPARING: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, ">": operator.gt, "<=": operator.le,
    ">=": operator.ge}
_SPATIAL: dict[str, Callable[[Any, Any], Any]] = {
    "s_intersects": shapely.intersects, "s_equals": shapely.equals,
    "s_disjoint": shapely.disjoint, "s_touches": shapely.touches, "s_within": shapely.within,
    "s_overlaps": shapely.overlaps, "s_crosses": shapely.crosses, "s_contains": shapely.contains}
# a is from a1 to a2, b from b1 to b2, in days.
_TEMPORAL: dict[str, Callable[[Any, Any, Any, Any], bool]] = {
    "t_after": lambda a1, a2, b1, b2: a1 > b2,
    "t_before": lambda a1, a2, b1, b2: a2 < b1,
    "t_contains": lambda a1, a2, b1, b2: a1 < b1 and a2 > b2,
    "t_disjoint": lambda a1, a2, b1, b2: a2 < b1 or a1 > b2,
    "t_during": lambda a1, a2, b1, b2: a1 > b1 and a2 < b2,
    "t_equals": lambda a1, a2, b1, b2: a1 == b1 and a2 == b2,
    "t_finishedby": lambda a1, a2, b1, b2: a1 < b1 and a2 == b2,
    "t_finishes": lambda a1, a2, b1, b2: a1 > b1 and a2 == b2,
    "t_intersects": lambda a1, a2, b1, b2: a1 <= b2 and a2 >= b1,
    "t_meets": lambda a1, a2, b1, b2: a2 == b1,
    "t_metby": lambda a1, a2, b1, b2: a1 == b2,
    "t_overlappedby": lambda a1, a2, b1, b2: b1 < a1 < b2 < a2,
    "t_overlaps": lambda a1, a2, b1, b2: a1 < b1 < a2 < b2,
    "t_startedby": lambda a1, a2, b1, b2: a1 == b1 and a2 > b2,
    "t_starts": lambda a1, a2, b1, b2: a1 == b1 and a2 < b2}
_ARRAYS: dict[str, Callable[[frozenset[Any], frozenset[Any]], bool]] = {
    "a_contains": operator.ge, "a_containedBy": operator.le, "a_equals": operator.eq,
    "a_overlaps": lambda a, b: bool(a & b)}
_OPERATORS = (*_COMPARING, "isNull", "like", "between", "in", "casei", "accenti", *_SPATIAL,
              *_TEMPORAL, *_ARRAYS)
