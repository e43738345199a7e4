"""What a description of a stratum says, read and checked; plain JSON values in, a `Stratum` out.

Whatever cannot be is refused with its field: probabilities outside 0..1, a detection of exactly 1,
more than all of the ground, a search before the survey of its ground, a depth below the reach of
the tool, finds that nobody could have made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from landrelease.assess.detection import FINE, beta_nodes, trial_nodes
from landrelease.errors import (
    RESIDUAL_BEFORE_SURVEY,
    RESIDUAL_BELOW_REACH,
    RESIDUAL_COVERAGE,
    RESIDUAL_FIELD,
    RESIDUAL_FINDS,
    RESIDUAL_ORDER,
    RESIDUAL_PERFECT,
    RESIDUAL_PROBABILITY,
    RESIDUAL_SIZE,
    LandReleaseError,
)

NODES = {0: 1, 1: 64, 2: 40}  # per uncertain detection, by how many there are; else FINE
MOST_UNCERTAIN = 5
MOST_COMBINATIONS = 50_000
MOST_CORRELATION = 0.98  # above it and below 1 the common cause is too steep to be summed
ROUNDING = 1e-9
EVERYTHING = "items"  # the one category where none are named
METHODS = ("manual", "mechanical", "animal_detection", "visual_search", "mixed", "technical_survey",
           "inspection", "not_reported")
# Alone they are not clearance (S07): a machine's or an animal's pass needs its follow-up.
NOT_CLEARANCE = ("mechanical", "animal_detection")

_KNOWN = {"pi", "alpha", "beta", "density", "area_m2", "finds", "passes", "overlay",
          "passes_independent", "unsearched_ground", "interval", "categories", "depth_m",
          "survey_date", "finds_xy", "sensitivity", "stratum"}
_KNOWN_PASS = {"name", "operator", "detection", "swept_share", "finds", "method", "date", "depth_m",
               "reach_m", "evidence"}
_KNOWN_CATEGORY = {"name", "alpha", "beta", "density", "depths"}
_KNOWN_RANGES = {"pi", "density", "detection", "correlation"}

Nodes = tuple[np.ndarray, np.ndarray]  # values, weights


@dataclass(frozen=True, slots=True)
class Pass:
    """One search. `finds`: by category, None where not reported; without categories one number."""

    name: str
    operator: str
    finds: tuple[int | None, ...]
    method: str
    done: date | None
    depth_m: float | None
    evidence: str


@dataclass(frozen=True, slots=True)
class Category:
    """Items of one kind: density as a mixture of Gammas, and layers of depth (share, deepest)."""

    name: str
    weight: np.ndarray
    alpha: np.ndarray
    beta: np.ndarray
    layers: tuple[tuple[float, float | None], ...]
    detection: Mapping[str, Nodes]  # operator -> values of p, weights; Gauss nodes where uncertain

    def mean_density(self) -> float:
        """Items per m² of contaminated ground, before any search."""
        return float(self.weight @ (self.alpha / self.beta))


@dataclass(frozen=True, slots=True)
class Stratum:
    pi: float
    area_m2: float
    passes: tuple[Pass, ...]
    categories: tuple[Category, ...]
    overlay: tuple[tuple[float, tuple[int, ...]], ...]  # share, passes in order
    correlation: tuple[tuple[float, float], ...]  # of misses: value 0..1, weight
    unsearched: float  # chance that unsearched ground is like the searched ground
    finds: tuple[int, ...] | None  # of all passes together; None where each pass reports its own
    interval: float
    depth_m: float | None  # to which the ground is to be free; None: any depth
    finds_xy: np.ndarray  # (F, 2) m, places of finds where known
    ranges: Mapping[str, Any]  # for the sensitivity

    @property
    def searched(self) -> float:
        """Share of the area that any pass swept."""
        total = sum(share for share, who in self.overlay if who)
        return 1.0 if total > 1.0 - ROUNDING else total


@dataclass(frozen=True, slots=True)
class Settings:
    """Thresholds and ranges of a programme; the defaults are those of `data/assumptions.csv`."""

    odds_factor: float = 3.0  # sensitivity: of the odds of contamination, both ways
    density_factor: float = 3.0  # sensitivity: of the mean density, both ways
    miss_factor: float = 2.0  # of the odds of a miss: sensitivity, and a warning from there on
    clustered_ratio: float = 0.6  # finds closer together than this share of scattered ones
    tested_share: float = 0.05  # less ground than this searched by two operators tests nothing


def read(spec: Mapping[str, Any]) -> Stratum:
    """The stratum that a description says. Raises ASS-006 to ASS-011 and ASS-101 to ASS-103."""
    if not isinstance(spec, Mapping):
        raise LandReleaseError(RESIDUAL_FIELD, field="(document)", found=show(spec),
                               expected="a JSON object")
    only(spec, _KNOWN, "")
    pi, area = probability(spec, "pi"), positive(spec, "area_m2")
    named = _categories(spec)
    names = [name for name, *_ in named]
    listed = spec.get("passes", [])
    if not isinstance(listed, list):
        raise LandReleaseError(RESIDUAL_FIELD, field="passes", found=show(listed),
                               expected="a list")
    surveyed = _date(spec.get("survey_date"), "survey_date")
    passes: list[Pass] = []
    shares: list[float] = []
    stated: dict[str, Any] = {}
    for i, one in enumerate(listed):
        at = f"passes[{i}]"
        read_pass, share = _pass(one, at, i, names, passes, stated, surveyed)
        passes.append(read_pass)
        shares.append(share)
    finds = _all_finds(spec, names, passes)
    overlay = _overlay(spec["overlay"], passes) if spec.get("overlay") is not None else \
        nested(shares)
    categories = tuple(
        Category(name, weight, alpha, beta, layers, _detections(stated, name))
        for name, weight, alpha, beta, layers in named)
    interval = number(spec.get("interval", 0.95), "interval")
    if not 0 < interval < 1:
        raise LandReleaseError(RESIDUAL_PROBABILITY, field="interval", found=interval)
    depth = spec.get("depth_m")
    return Stratum(
        pi, area, tuple(passes), categories, overlay, _correlation(spec, overlay),
        _unsearched(spec), finds, interval,
        None if depth is None else positive(spec, "depth_m"), _places(spec), _ranges(spec))


def _categories(spec: Mapping[str, Any]) -> list[tuple]:
    """(name, weights, alpha, beta, layers) of each category; one without a name where none are."""
    listed = spec.get("categories")
    if listed is None:
        return [(EVERYTHING, *_density(spec, ""), ((1.0, None),))]
    if not isinstance(listed, list) or not listed:
        raise LandReleaseError(RESIDUAL_FIELD, field="categories", found=show(listed),
                               expected="a list of at least one category")
    for field in ("alpha", "beta", "density"):
        if field in spec:
            raise LandReleaseError(RESIDUAL_FIELD, field=field, found="a field beside categories",
                                   expected="the density in each category")
    out: list[tuple] = []
    for i, one in enumerate(listed):
        at = f"categories[{i}]."
        if not isinstance(one, Mapping):
            raise LandReleaseError(RESIDUAL_FIELD, field=at[:-1], found=show(one),
                                   expected="an object")
        only(one, _KNOWN_CATEGORY, at)
        name = one.get("name")
        if not isinstance(name, str) or not name or any(name == known[0] for known in out):
            raise LandReleaseError(RESIDUAL_FIELD, field=at + "name", found=show(name),
                                   expected="a text that no other category has")
        out.append((name, *_density(one, at), _layers(one.get("depths"), at + "depths")))
    return out


def _density(spec: Mapping[str, Any], at: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    pieces = spec.get("density")
    if pieces is None:
        return (np.ones(1), np.array([positive(spec, "alpha", at)]),
                np.array([positive(spec, "beta", at)]))
    if "alpha" in spec or "beta" in spec or not isinstance(pieces, list) or not pieces:
        raise LandReleaseError(
            RESIDUAL_FIELD, field=f"{at}density", found=show(pieces),
            expected='a list of {"weight", "alpha", "beta"}, without alpha and beta beside it')
    rows = []
    for i, piece in enumerate(pieces):
        where = f"{at}density[{i}]"
        if not isinstance(piece, Mapping):
            raise LandReleaseError(RESIDUAL_FIELD, field=where, found=show(piece),
                                   expected='{"weight", "alpha", "beta"}')
        only(piece, {"weight", "alpha", "beta"}, where + ".")
        rows.append((probability(piece, "weight", where + "."),
                     positive(piece, "alpha", where + "."), positive(piece, "beta", where + ".")))
    weight, alpha, beta = np.array(rows).T
    _sum_to_one(weight, f"{at}density")
    held = weight > 0
    return weight[held] / weight.sum(), alpha[held], beta[held]


def _layers(value: Any, at: str) -> tuple[tuple[float, float | None], ...]:
    if value is None:
        return ((1.0, None),)
    if not isinstance(value, list) or not value:
        raise LandReleaseError(RESIDUAL_FIELD, field=at, found=show(value),
                               expected='a list of {"share", "depth_m"}')
    rows = []
    for i, piece in enumerate(value):
        where = f"{at}[{i}]"
        if not isinstance(piece, Mapping):
            raise LandReleaseError(RESIDUAL_FIELD, field=where, found=show(piece),
                                   expected='{"share", "depth_m"}')
        only(piece, {"share", "depth_m"}, where + ".")
        rows.append((probability(piece, "share", where + "."),
                     positive(piece, "depth_m", where + ".")))
    _sum_to_one(np.array([share for share, _ in rows]), at)
    return tuple((share, depth) for share, depth in sorted(rows, key=lambda row: row[1]) if share)


def _pass(one: Any, at: str, i: int, names: Sequence[str], before: Sequence[Pass],
          stated: dict[str, Any], surveyed: date | None) -> tuple[Pass, float]:
    if not isinstance(one, Mapping):
        raise LandReleaseError(RESIDUAL_FIELD, field=at, found=show(one), expected="an object")
    only(one, _KNOWN_PASS, at + ".")
    name = one.get("name", f"pass {i + 1}")
    operator = one.get("operator", name)
    for field, value in (("name", name), ("operator", operator)):
        if not isinstance(value, str) or not value:
            raise LandReleaseError(RESIDUAL_FIELD, field=f"{at}.{field}", found=show(value),
                                   expected="a text")
    if any(name == known.name for known in before):
        raise LandReleaseError(RESIDUAL_FIELD, field=f"{at}.name", found=name,
                               expected="a name that no other pass has")
    if "detection" not in one:
        raise LandReleaseError(RESIDUAL_FIELD, field=f"{at}.detection", found="nothing",
                               expected='a number, {"a", "b"}, {"found", "missed"}, {"mixture"} or '
                                        '{"by_category"}')
    if stated.setdefault(operator, one["detection"]) != one["detection"]:
        raise LandReleaseError(
            RESIDUAL_FIELD, field=f"{at}.detection", found=show(one["detection"]),
            expected=f"the same detection as in the other pass of operator {operator}")
    share = one.get("swept_share", 1.0)
    if number(share, f"{at}.swept_share") > 1 + ROUNDING:
        raise LandReleaseError(RESIDUAL_COVERAGE, field=f"{at}.swept_share", found=share)
    if share < 0:
        raise LandReleaseError(RESIDUAL_PROBABILITY, field=f"{at}.swept_share", found=share)
    check_detection(one["detection"], f"{at}.detection", names)
    method = one.get("method", "not_reported")
    if method not in METHODS:
        raise LandReleaseError(RESIDUAL_FIELD, field=f"{at}.method", found=show(method),
                               expected=f"one of {', '.join(METHODS)}")
    done = _date(one.get("date"), f"{at}.date")
    if done and surveyed and done < surveyed:
        raise LandReleaseError(RESIDUAL_BEFORE_SURVEY, field=f"{at}.date", found=done,
                               expected=surveyed)
    last = max((p.done for p in before if p.done), default=None)
    if done and last and done < last:
        raise LandReleaseError(RESIDUAL_ORDER, field=f"{at}.date", found=done, expected=last)
    depth = None if one.get("depth_m") is None else positive(one, "depth_m", at + ".")
    reach = None if one.get("reach_m") is None else positive(one, "reach_m", at + ".")
    if depth is not None and reach is not None and depth > reach + ROUNDING:
        raise LandReleaseError(RESIDUAL_BELOW_REACH, field=f"{at}.depth_m", found=f"{depth:g}",
                               expected=f"{reach:g}")
    evidence = one.get("evidence", name)
    if not isinstance(evidence, str) or any(evidence == known.evidence for known in before):
        raise LandReleaseError(
            RESIDUAL_FIELD, field=f"{at}.evidence", found=show(evidence),
            expected="a text, the record that it came from; no record is used twice")
    return Pass(name, operator, finds_by(one.get("finds"), f"{at}.finds", names), method, done,
                depth if depth is not None else reach, evidence), min(1.0, float(share))


def _all_finds(spec: Mapping[str, Any], names: Sequence[str], passes: Sequence[Pass]
               ) -> tuple[int, ...] | None:
    if spec.get("finds") is None:
        return None
    found = finds_by(spec["finds"], "finds", names)
    if any(n is None for n in found):
        raise LandReleaseError(RESIDUAL_FIELD, field="finds", found=show(spec["finds"]),
                               expected="a number for each category, or finds by pass")
    if any(n is not None for one in passes for n in one.finds):
        raise LandReleaseError(RESIDUAL_FIELD, field="finds", found=show(spec["finds"]),
                               expected="finds either of all passes together or by pass")
    total = tuple(int(n) for n in found if n is not None)
    if any(total) and not passes:
        raise LandReleaseError(RESIDUAL_FINDS, field="finds", found=sum(total),
                               problem="no pass is given that could have found them")
    return total


def finds_by(value: Any, at: str, names: Sequence[str]) -> tuple[int | None, ...]:
    """Finds by category: a number where there is one category (or none found), or an object."""
    if value is None:
        return (None,) * len(names)
    if isinstance(value, Mapping):
        only(value, set(names), at + ".")
        return tuple(_finds(value.get(name), f"{at}.{name}") for name in names)
    found = _finds(value, at)
    if len(names) > 1 and found:
        raise LandReleaseError(RESIDUAL_FIELD, field=at, found=found,
                               expected=f"a number for each of {', '.join(names)}")
    return (found,) * len(names)


def _overlay(listed: Any, passes: Sequence[Pass]) -> tuple[tuple[float, tuple[int, ...]], ...]:
    if not isinstance(listed, list):
        raise LandReleaseError(RESIDUAL_FIELD, field="overlay", found=show(listed),
                               expected="a list")
    place = {one.name: j for j, one in enumerate(passes)}
    overlay = []
    for i, piece in enumerate(listed):
        at = f"overlay[{i}]"
        names = piece.get("passes") if isinstance(piece, Mapping) else None
        if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
            raise LandReleaseError(RESIDUAL_FIELD, field=at, found=show(piece),
                                   expected='{"passes": [names], "share": number}')
        only(piece, {"passes", "share"}, at + ".")
        unknown = [n for n in names if n not in place]
        if unknown or len(set(names)) < len(names):
            raise LandReleaseError(
                RESIDUAL_FIELD, field=f"{at}.passes", found=show(unknown or names),
                expected=f"names of passes, each once; known are {', '.join(place) or 'none'}")
        share = number(piece.get("share"), f"{at}.share")
        if share < 0:
            raise LandReleaseError(RESIDUAL_PROBABILITY, field=f"{at}.share", found=share)
        overlay.append((share, tuple(sorted(place[n] for n in names))))
    total = sum(share for share, _ in overlay)
    if total > 1 + ROUNDING:
        raise LandReleaseError(RESIDUAL_COVERAGE, field="overlay", found=f"{total:.6g}")
    return tuple(overlay)


def nested(shares: Sequence[float]) -> tuple[tuple[float, tuple[int, ...]], ...]:
    """The pessimistic overlay of shares (S06): every pass lies inside all that are larger."""
    steps = sorted(set(shares) - {0.0}) if shares else []
    overlay, below = [], 0.0
    for step in steps:
        overlay.append((step - below, tuple(j for j, f in enumerate(shares) if f >= step)))
        below = step
    return tuple(overlay)


def _correlation(spec: Mapping[str, Any], overlay: Sequence[tuple[float, tuple[int, ...]]]
                 ) -> tuple[tuple[float, float], ...]:
    """Correlation of misses as (value, weight): true is 0, false is 1."""
    value = spec.get("passes_independent")
    if value is None and any(len(who) > 1 for _, who in overlay):
        raise LandReleaseError(
            RESIDUAL_FIELD, field="passes_independent", found="nothing",
            expected="true, false or a correlation, because some ground was swept more than once")
    if value is None or value is True:
        return ((0.0, 1.0),)
    if value is False:
        return ((1.0, 1.0),)
    at = "passes_independent"
    if isinstance(value, Mapping) and "correlation" in value:
        only(value, {"correlation"}, at + ".")
        return ((_one_correlation(value, at + "."), 1.0),)
    pieces = value.get("mixture") if isinstance(value, Mapping) else None
    if not isinstance(pieces, list) or not pieces or \
            not all(isinstance(p, Mapping) for p in pieces):
        raise LandReleaseError(
            RESIDUAL_FIELD, field=at, found=show(value),
            expected='true or false, {"correlation": number} or {"mixture": [{"correlation", '
                     '"weight"}, ..]}')
    out = []
    for i, piece in enumerate(pieces):
        where = f"{at}.mixture[{i}]."
        only(piece, {"correlation", "weight"}, where)
        out.append((_one_correlation(piece, where), probability(piece, "weight", where)))
    _sum_to_one(np.array([w for _, w in out]), at)
    return tuple((c, w) for c, w in out if w > 0)


def _one_correlation(spec: Mapping[str, Any], at: str) -> float:
    value = probability(spec, "correlation", at)
    if MOST_CORRELATION < value < 1:
        raise LandReleaseError(RESIDUAL_FIELD, field=f"{at}correlation", found=value,
                               expected=f"0 to {MOST_CORRELATION:g}, or 1")
    return value


def _unsearched(spec: Mapping[str, Any]) -> float:
    value = spec.get("unsearched_ground", "prior")
    if isinstance(value, Mapping):
        only(value, {"correlation"}, "unsearched_ground.")
        return probability(value, "correlation", "unsearched_ground.")
    if value not in ("prior", "same_as_searched"):
        raise LandReleaseError(
            RESIDUAL_FIELD, field="unsearched_ground", found=show(value),
            expected='"prior", "same_as_searched" or {"correlation": number}')
    return 1.0 if value == "same_as_searched" else 0.0


def _places(spec: Mapping[str, Any]) -> np.ndarray:
    value = spec.get("finds_xy", [])
    try:
        places = np.array(value, dtype=float).reshape(-1, 2) if value else np.zeros((0, 2))
        if not isinstance(value, list) or not np.isfinite(places).all() \
                or len(places) != len(value):
            raise ValueError
    except (TypeError, ValueError):
        raise LandReleaseError(RESIDUAL_FIELD, field="finds_xy", found=show(value),
                               expected="a list of [x, y] in m") from None
    return places


def _ranges(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    value = spec.get("sensitivity", {})
    if not isinstance(value, Mapping):
        raise LandReleaseError(RESIDUAL_FIELD, field="sensitivity", found=show(value),
                               expected="an object")
    only(value, _KNOWN_RANGES, "sensitivity.")
    for name, pair in value.items():
        at = f"sensitivity.{name}"
        if not isinstance(pair, list) or len(pair) != 2 or \
                not number(pair[0], at) <= number(pair[1], at):
            raise LandReleaseError(RESIDUAL_FIELD, field=at, found=show(pair),
                                   expected="[low, high]")
        if name in ("pi", "correlation") and not 0 <= pair[0] <= pair[1] <= 1:
            raise LandReleaseError(RESIDUAL_PROBABILITY, field=at, found=show(pair))
        if name in ("density", "detection") and pair[0] <= 0:
            raise LandReleaseError(RESIDUAL_FIELD, field=at, found=show(pair),
                                   expected="factors above 0")
    return value


# --- detection ---------------------------------------------------------------------------------


def check_detection(value: Any, at: str, names: Sequence[str] = (EVERYTHING,)) -> None:
    """Raise where a detection is not one of the forms of docs/assess.md."""
    if isinstance(value, Mapping) and "by_category" in value:
        only(value, {"by_category"}, at + ".")
        by = value["by_category"]
        if not isinstance(by, Mapping) or set(by) != set(names):
            raise LandReleaseError(RESIDUAL_FIELD, field=f"{at}.by_category", found=show(by),
                                   expected=f"a detection for each of {', '.join(names)}")
        for name, one in by.items():
            if isinstance(one, Mapping) and "by_category" in one:
                raise LandReleaseError(RESIDUAL_FIELD, field=f"{at}.by_category.{name}",
                                       found=show(one), expected="a detection")
            check_detection(one, f"{at}.by_category.{name}")
    elif isinstance(value, Mapping) and "mixture" in value:
        only(value, {"mixture"}, at + ".")
        pieces = value["mixture"]
        if not isinstance(pieces, list) or not pieces:
            raise LandReleaseError(RESIDUAL_FIELD, field=f"{at}.mixture", found=show(pieces),
                                   expected='a list of {"p", "weight"}')
        weights = []
        for i, piece in enumerate(pieces):
            where = f"{at}.mixture[{i}]"
            if not isinstance(piece, Mapping):
                raise LandReleaseError(RESIDUAL_FIELD, field=where, found=show(piece),
                                       expected='{"p", "weight"}')
            only(piece, {"p", "weight"}, where + ".")
            fixed(piece.get("p"), f"{where}.p")
            weights.append(probability(piece, "weight", where + "."))
        _sum_to_one(np.array(weights), f"{at}.mixture")
    elif isinstance(value, Mapping) and ("found" in value or "missed" in value):
        only(value, {"found", "missed", "prior", "discount"}, at + ".")
        for name in ("found", "missed"):
            if _finds(value.get(name), f"{at}.{name}") is None:
                raise LandReleaseError(RESIDUAL_FIELD, field=f"{at}.{name}", found="nothing",
                                       expected="a whole number of targets")
        for name, keys in (("prior", {"a", "b"}), ("discount", {"logit", "sd"})):
            if name in value:
                inner = value[name]
                if not isinstance(inner, Mapping) or set(inner) != keys:
                    raise LandReleaseError(
                        RESIDUAL_FIELD, field=f"{at}.{name}", found=show(inner),
                        expected=f"an object with {' and '.join(sorted(keys))}")
        if "prior" in value:
            positive(value["prior"], "a", f"{at}.prior.")
            positive(value["prior"], "b", f"{at}.prior.")
        if "discount" in value:
            number(value["discount"]["logit"], f"{at}.discount.logit")
            if number(value["discount"]["sd"], f"{at}.discount.sd") < 0:
                raise LandReleaseError(RESIDUAL_FIELD, field=f"{at}.discount.sd",
                                       found=value["discount"]["sd"], expected="0 or above")
    elif isinstance(value, Mapping):
        only(value, {"a", "b"}, at + ".")
        positive(value, "a", at + ".")
        positive(value, "b", at + ".")
    else:
        fixed(value, at)


def _detections(stated: Mapping[str, Any], category: str) -> dict[str, Nodes]:
    chosen = {operator: value["by_category"][category]
              if isinstance(value, Mapping) and "by_category" in value else value
              for operator, value in stated.items()}
    uncertain = sum(isinstance(d, Mapping) and "mixture" not in d for d in chosen.values())
    if uncertain > MOST_UNCERTAIN:
        raise LandReleaseError(
            RESIDUAL_SIZE, problem=f"{uncertain} uncertain detections, at most {MOST_UNCERTAIN}")
    discrete = 1
    for d in chosen.values():
        discrete *= len(d["mixture"]) if isinstance(d, Mapping) and "mixture" in d else 1
    if discrete > MOST_COMBINATIONS:
        raise LandReleaseError(RESIDUAL_SIZE, problem=f"{discrete:,} combinations of detections, "
                                                      f"at most {MOST_COMBINATIONS:,}")
    return {o: nodes_of(d, NODES.get(uncertain, FINE)) for o, d in chosen.items()}


def nodes_of(value: Any, count: int = FINE) -> Nodes:
    """Values of p and weights (sum 1) of a detection that was checked."""
    if not isinstance(value, Mapping):
        return np.array([float(value)]), np.ones(1)
    if "mixture" in value:
        weights = np.array([float(m["weight"]) for m in value["mixture"]])
        return np.array([float(m["p"]) for m in value["mixture"]]), weights / weights.sum()
    if "found" in value:
        prior = value.get("prior", {"a": 1.0, "b": 1.0})
        a, b = value["found"] + float(prior["a"]), value["missed"] + float(prior["b"])
        discount = value.get("discount", {"logit": 0.0, "sd": 0.0})
        if discount["logit"] == 0 and discount["sd"] == 0:
            return beta_nodes(a, b, count)
        return trial_nodes(a, b, float(discount["logit"]), float(discount["sd"]))
    return beta_nodes(float(value["a"]), float(value["b"]), count)


# --- single values -----------------------------------------------------------------------------


def fixed(value: Any, at: str) -> None:
    p = number(value, at)
    if p == 1:
        raise LandReleaseError(RESIDUAL_PERFECT, field=at, found=value)
    if not 0 <= p < 1:
        raise LandReleaseError(RESIDUAL_PROBABILITY, field=at, found=value)


def probability(spec: Mapping[str, Any], name: str, at: str = "") -> float:
    value = number(spec.get(name), at + name)
    if not 0 <= value <= 1:
        raise LandReleaseError(RESIDUAL_PROBABILITY, field=at + name, found=value)
    return value


def positive(spec: Mapping[str, Any], name: str, at: str = "") -> float:
    value = number(spec.get(name), at + name)
    if value <= 0:
        raise LandReleaseError(RESIDUAL_FIELD, field=at + name, found=value,
                               expected="a number above 0")
    return value


def number(value: Any, at: str) -> float:
    # The bound keeps a whole number of 400 digits, which JSON allows, from overflowing.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e300:
        raise LandReleaseError(RESIDUAL_FIELD, field=at, found=show(value), expected="a number")
    return float(value)


def _finds(value: Any, at: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 30:
        raise LandReleaseError(RESIDUAL_FIELD, field=at, found=show(value),
                               expected="a whole number of items, or null where not reported")
    return value


def _date(value: Any, at: str) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise LandReleaseError(RESIDUAL_FIELD, field=at, found=show(value),
                               expected="a day as YYYY-MM-DD, or null where not reported") from None


def _sum_to_one(weights: np.ndarray, at: str) -> None:
    total = float(weights.sum())
    if abs(total - 1) > 1e-6:
        raise LandReleaseError(RESIDUAL_FIELD, field=at, found=f"{total:.6g}",
                               expected="weights that sum to 1")


def only(spec: Mapping[str, Any], known: set[str], at: str) -> None:
    for name in spec:
        if name not in known:
            raise LandReleaseError(RESIDUAL_FIELD, field=f"{at}{name}", found="a field",
                                   expected=f"one of {', '.join(sorted(known))}")


def show(value: Any) -> str:
    return "nothing" if value is None else repr(value)[:80]
