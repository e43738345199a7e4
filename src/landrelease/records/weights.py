"""The file of weights of a ranking: YAML in, criteria out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from landrelease.core.ranking import METHODS, MOST, Criterion, Method, Stability
from landrelease.errors import FILE_EMPTY, FILE_MISSING, RANK_FILE, LandReleaseError

_KNOWN = ("method", "criteria", "stability", "scores")
_OF_CRITERION = ("weight", "better", "low", "high", "title")
_OF_STABILITY = ("spread", "samples", "first", "seed")


_MOST_SAMPLES = 1_000_000
_LONGEST_NAME = 1_000
_NAME = "a short name or number in one piece as the name"


class _OnceLoader(yaml.SafeLoader):
    """Refuses a name that stands twice in one block, of which YAML would keep the last; a name that
    is a list or a block; and references (`*name`), by which a few lines can stand for millions."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            raise _Refused(event, f"a reference, *{event.anchor[:40]}", "the value itself")
        return super().compose_node(parent, index)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError) as error:  # 2026-99-99, !!bool perhaps
            raise _Refused(node, f"{_shown(node.value)}, which is no "
                           f"{node.tag.rpartition(':')[2]}", "a number or a text") from error

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            if not isinstance(key, yaml.ScalarNode) or len(key.value) > _LONGEST_NAME:
                raise _Refused(key, "a list, a block or a very long text as a name", _NAME)
            if key.value in seen:
                raise _Refused(key, f"{key.value} stands twice", "each name once")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _shown(found: object) -> str:
    try:
        return str(found)[:120]
    except ValueError:  # Python writes no number of more than some thousand digits
        return "a number of very many digits"


def _number_in(text: str) -> bool:
    """Whether a text is a number to people, and none to YAML: in quotes, or written as 1e6."""
    try:
        return len(text) < _LONGEST_NAME and math.isfinite(float(text))
    except ValueError:
        return False


class _Refused(yaml.MarkedYAMLError):
    def __init__(self, at: Any, found: str, expected: str):
        super().__init__(problem=found, problem_mark=at.start_mark)
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Weights:
    """`scores`: field of the hazard -> word -> number, for criteria that are words."""

    criteria: tuple[Criterion, ...]
    method: Method
    stability: Stability
    scores: Mapping[str, Mapping[str, float]]


def read_weights(path: Path | str, known: Mapping[str, Criterion]) -> Weights:
    """Read a file of weights.

    Either `criterion: weight` pairs, or `criteria: {criterion: {weight, better, low, high, title}}`
    with, where wanted, `method` (weighted_sum, topsis), `stability: {spread, samples, first, seed}`
    and `scores: {field: {word: number}}`. `field:NAME` is a criterion from a field of the hazard.
    known : name -> criterion with its title, unit and direction.

    Raises
    ------
    LandReleaseError
        FIL-001 missing, FIL-002 empty, PLN-503 anything that is not as described, with its place.
    """
    path = Path(path)
    if not path.is_file():
        raise LandReleaseError(FILE_MISSING, file=path.name or str(path))

    def wrong(place: str, found: object, expected: str) -> LandReleaseError:
        return LandReleaseError(RANK_FILE, file=path.name, place=place, found=_shown(found),
                                expected=expected)

    def block(document: Any, place: str, names: tuple[str, ...]) -> dict[str, Any]:
        if document is None:
            return {}
        if not isinstance(document, dict):
            raise wrong(place, document, "`name: value` pairs")
        for name in document:
            if name not in names:
                raise wrong(f"{place}: {name}", "an unknown setting", "one of " + ", ".join(names))
        return document

    def number(value: Any, place: str, least: float = -math.inf) -> float:
        if isinstance(value, str) and _number_in(value):
            raise wrong(place, f'"{value}", which is a text', "a number, without quotes and with a "
                        "point and a sign in its power, as 12.5 or 1.0e+6")
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not (
                least <= value and abs(value) < MOST):
            raise wrong(place, value, f"a number of less than {MOST:g} either way"
                        if least == -math.inf else
                        f"a number of {least:g} or more and less than {MOST:g}")
        return float(value)

    try:
        document = yaml.load(path.read_bytes(), _OnceLoader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else "the text"
        if isinstance(error, _Refused):
            raise wrong(place, error.problem, error.expected) from error
        raise wrong(place, "text that is not YAML", "`name: value` lines") from error
    if document is None:
        raise LandReleaseError(FILE_EMPTY, file=path.name, found="no weights")
    if not isinstance(document, dict):
        raise wrong("the whole", document, "`criterion: weight` pairs")
    if not any(name in document for name in _KNOWN):
        document = {"criteria": document}
    document = block(document, "the whole", _KNOWN)

    criteria = []
    stated = document.get("criteria")
    if not isinstance(stated, dict) or not stated:
        raise wrong("criteria", stated, "`criterion: weight` pairs, at least one")
    for name, value in stated.items():
        name = str(name)
        base = known.get(name)
        if base is None and name.startswith("field:") and name != "field:":
            base = Criterion(name, name.removeprefix("field:").replace("_", " "), "", 0.0)
        if base is None:
            raise wrong(f"criteria: {name}", "an unknown criterion",
                        "one of " + ", ".join(known) + ", or field:NAME")
        place = f"criteria: {name}"
        settings = (block(value, place, _OF_CRITERION) if isinstance(value, dict)
                    else {"weight": value})
        if "weight" not in settings:
            raise wrong(place, "no weight", "a weight")
        better = settings.get("better", base.better)
        if better not in ("more", "less"):
            raise wrong(f"{place}: better", better, "more or less")
        ends = {end: None if settings.get(end) is None else number(settings[end], f"{place}: {end}")
                for end in ("low", "high")}
        low, high = ends["low"], ends["high"]
        if low is not None and high is not None and low >= high:
            raise wrong(place, f"low {low:g} and high {high:g}", "low < high")
        criteria.append(Criterion(
            name, str(settings.get("title", base.title)), base.unit,
            number(settings["weight"], f"{place}: weight", 0.0), better, low, high))
    if not any(c.weight > 0 for c in criteria):
        raise wrong("criteria", "weights that are all 0", "at least one above 0")

    method = document.get("method", "weighted_sum")
    if method not in METHODS:
        raise wrong("method", method, " or ".join(METHODS))
    asked = block(document.get("stability"), "stability", _OF_STABILITY)
    default = Stability()
    whole = {}
    for name, least, most in (("samples", 1, _MOST_SAMPLES), ("first", 1, 2**31),
                              ("seed", 0, 2**63)):
        value = asked.get(name, getattr(default, name))
        if isinstance(value, bool) or not isinstance(value, int) or not (
                least <= value <= most):
            raise wrong(f"stability: {name}", value, f"a whole number from {least} to {most:,}")
        whole[name] = value
    spread = number(asked.get("spread", default.spread), "stability: spread", 0.0)
    if spread > 1:
        raise wrong("stability: spread", spread, "a share in 0..1 of each weight")

    scores: dict[str, dict[str, float]] = {}
    words = document.get("scores")
    if words is not None and not isinstance(words, dict):
        raise wrong("scores", words, "`field: {word: number}`")
    for field, meanings in (words or {}).items():
        if not isinstance(meanings, dict) or not meanings:
            raise wrong(f"scores: {field}", meanings, "`word: number` pairs")
        scores[str(field)] = {str(word): number(score, f"scores: {field}: {word}")
                              for word, score in meanings.items()}
    return Weights(tuple(criteria), method, Stability(spread=spread, **whole), scores)
