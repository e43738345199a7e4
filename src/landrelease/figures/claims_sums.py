"""Sums over several claims of one source and day: kinds of a total, what is done and what is left,
people killed and injured, shares of one whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from landrelease.core.claim import Claim, Raised
from landrelease.core.labels import label
from landrelease.core.said_words import Vocabulary, fold
from landrelease.figures.claims_codes import raised
from landrelease.figures.claims_show import amount_words, number_words

# Kinds of item of which nothing is in two ("unexploded" may be a submunition: it is not one).
_KINDS = ("ap_mine", "av_mine", "submunition")
_LEFT = ("remaining", "hazardous")
_OUTCOMES = ("cancelled", "reduced", "cleared")


def check_sums(claims: Sequence[Claim], words: Vocabulary, skip: frozenset[int]) -> list[Raised]:
    """What does not add up. `skip`: rows whose number is of two things at once."""
    usable = [c for c in claims if c.usable and c.as_of is not None and c.number not in skip
              and c.mode != "period"]
    found: list[Raised] = []
    for group in _groups(usable, lambda c: (c.source, c.scope, c.as_of, c.subject, c.unit)):
        found += _progress(group)
        found += _kinds(group)
        found += _people(group)
    shares = [c for c in usable if c.subject == "share" and not c.planned]
    for group in _groups(shares, lambda c: (c.source, c.as_of)):
        found += _shares(group, words)
    return found


def _groups(claims: Iterable[Claim], key) -> Iterable[list[Claim]]:
    made: dict[tuple, list[Claim]] = {}
    for c in claims:
        made.setdefault(key(c), []).append(c)
    return [g for g in made.values() if len(g) > 1]


def _one(group: Sequence[Claim], verbs: Sequence[str], part: str = "") -> Claim | None:
    """The only claim of the first of some verbs of which there is one; None where it is stated
    twice."""
    for verb in verbs:
        # A target of clearance is no whole of what is done and left.
        own = [c for c in group if c.verb == verb and c.part == part and not c.planned]
        if own:
            return own[0] if len(own) == 1 else None
    return None


def _progress(group: Sequence[Claim]) -> list[Raised]:
    """Planned = done + left, where one source states all three for one day."""
    if group[0].subject not in ("area", "settlements", "roads", "buildings", "hazards"):
        return []
    whole = _one(group, ("planned",))
    done, left = _one(group, ("released", "safe", "cleared")), _one(group, _LEFT)
    if whole is None or done is None or left is None:
        return []
    least = done.amount.least + left.amount.least
    most = done.amount.most + left.amount.most
    if least <= whole.amount.most and most >= whole.amount.least:
        return []
    total = done.amount.value + left.amount.value
    return [raised(
        whole.number, "plan_not_done_and_left", f"{amount_words(whole)} in all; "
        f"{amount_words(done)} done (row {done.number}) and {amount_words(left)} left (row "
        f"{left.number}) are {number_words(total, whole.unit)}, "
        f"{number_words(abs(total - whole.amount.value), whole.unit)} "
        f"{'more' if total > whole.amount.value else 'less'}. Other ground or another day in one "
        "of them would explain it.", low=least, high=most, unit=whole.unit)]


def _kinds(group: Sequence[Claim]) -> list[Raised]:
    """Kinds of item against all items; each alone is held against it elsewhere."""
    found = []
    if group[0].subject != "items":
        return []
    for whole in (c for c in group if c.part == ""):
        parts = [p for kind in _KINDS if (p := _one(group, (whole.verb,), kind)) is not None]
        least = sum(p.amount.least for p in parts)
        if len(parts) > 1 and least > whole.amount.most and all(
                p.amount.least <= whole.amount.most for p in parts):
            found.append(raised(
                whole.number, "parts_do_not_add_up", "The kinds "
                + ", ".join(label(p.part) for p in parts)
                + f" alone are {amount_words(whole, least)}, more than all: "
                f"{amount_words(whole)}.", low=least, unit=whole.unit))
    return found


def _people(group: Sequence[Claim]) -> list[Raised]:
    """Victims = killed + injured."""
    if group[0].subject != "victims":
        return []
    whole, killed, injured = (_one(group, (v,)) for v in ("", "killed", "injured"))
    if whole is None or killed is None or injured is None:
        return []
    least = killed.amount.least + injured.amount.least
    most = killed.amount.most + injured.amount.most
    if least <= whole.amount.most and most >= whole.amount.least:
        return []
    return [raised(
        whole.number, "parts_do_not_add_up", f"{amount_words(killed)} killed (row "
        f"{killed.number}) and {amount_words(injured)} injured (row {injured.number}) are "
        f"{number_words(killed.amount.value + injured.amount.value, '')}; {amount_words(whole)} "
        "victims are stated.", low=least, high=most)]


def _shares(group: Sequence[Claim], words: Vocabulary) -> list[Raised]:
    """Shares of one whole that shut each other out, and add up to more than all of it."""
    families: dict[tuple, dict[object, Claim]] = {}
    for c in group:
        metric = fold(c.row.get("metric"))
        verbs = words.meanings("verb", metric)
        outcome = [v for v in verbs if v in _OUTCOMES]
        left = [v for v in verbs if v == "remaining"]
        kinds = [k for k in words.meanings("part", metric) if k in _KINDS]
        if len(kinds) == 1:
            families.setdefault(("kinds", c.scope, tuple(verbs)), {}).setdefault(kinds[0], c)
        elif len(outcome) == 1 and "released" in verbs and not left:
            families.setdefault(("outcomes", c.scope, c.part), {}).setdefault(outcome[0], c)
        elif len(left) + len(outcome) == 1 and (left or outcome == ["cleared"]):
            families.setdefault(("left", c.scope, c.part), {}).setdefault((left or outcome)[0], c)
        if "?" not in c.scope and c.scope and words.find("total", f"{metric} {c.words}"):
            # Of the total, in one district each.
            families.setdefault(("places", len(c.scope), metric), {}).setdefault(c.scope, c)
    found = []
    reported: set[int] = set()
    for family, members in families.items():
        parts = list(members.values())
        if len(parts) < 2 or (family[0] == "places" and not _apart(parts)):
            continue
        least = sum(max(c.amount.least - c.amount.step / 2, 0.0) for c in parts)
        last = parts[-1]
        if least > 1.0 + 1e-9 and last.number not in reported:
            reported.add(last.number)
            found.append(raised(
                last.number, "shares_exceed_whole", " + ".join(
                    f"{c.amount.value:.1%} (row {c.number})" for c in parts)
                + f" is {sum(c.amount.value for c in parts):.1%} of one whole.", low=0.0,
                high=1.0, unit="share"))
    return found


def _apart(parts: Sequence[Claim]) -> bool:
    """Whether the scopes are sisters: each one name more than what all share."""
    common = frozenset.intersection(*(c.scope for c in parts))
    return all(len(c.scope - common) == 1 for c in parts)
