"""The file of weights of a ranking: YAML in, criteria out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from landrelease.core.ranking import METHODS, Criterion, Method, Stability
from landrelease.errors import FILE_EMPTY, FILE_MISSING, RANK_FILE, LandReleaseError

_KNOWN = ("method", "criteria", "stability", "scores")
_OF_CRITERION = ("weight", "better", "low", "high", "title")
_OF_STABILITY = ("spread", "samples", "first", "seed")


class _OnceLoader(yaml.SafeLoader):
    """Refuses a name that stands twice in one block, of which YAML would keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key.value} stands twice", key.start_mark)
            if isinstance(key.value, str):
                seen.add(key.value)
        return super().construct_mapping(node, deep)


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
        return LandReleaseError(RANK_FILE, file=path.name, place=place, found=str(found)[:120],
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
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not (
                math.isfinite(value) and value >= least):
            raise wrong(place, repr(value), "a number" if least == -math.inf
                        else f"a number of {least:g} or more")
        return float(value)

    try:
        document = yaml.load(path.read_bytes(), _OnceLoader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        if isinstance(error, yaml.constructor.ConstructorError) and mark:
            raise wrong(f"line {mark.line + 1}", error.problem, "each name once") from error
        raise wrong(f"line {mark.line + 1}" if mark else "the text", "text that is not YAML",
                    "`name: value` lines") from error
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
    for name, least in (("samples", 1), ("first", 1), ("seed", 0)):
        value = asked.get(name, getattr(default, name))
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise wrong(f"stability: {name}", repr(value), f"a whole number of {least} or more")
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
