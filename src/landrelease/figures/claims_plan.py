"""Whether a number is of a plan, a target or a forecast, whatever the order of the words.

What is planned is never held against what was done, and a plan for a day to come is no mistake.
"""

from __future__ import annotations

import re

from landrelease.core.said_words import Vocabulary

# "More than planned", "as expected", "of the planned area", "reached the target": the plan is
# another number than the one that is stated. "The number of planned teams" is the plan's.
_OTHER = (r"than|as|(?<!number )(?<!amount )(?<!area )(?<!count )(?<!total )of|against|not|"
          r"compared (?:to|with)|чем|от|из|сверх|против|ніж|від|з|із|od|nego|que|du|par rapport à|"
          r"del|als")
_REACHED = (r"above|below|beyond|over|under|exceed\w*|surpass\w*|ahead of|behind|met|meets?|"
            r"miss\w*|reach\w*|achiev\w*|hit|fulfil\w*|according to|in line with")
_ARTICLES = (r"(?: (?:the|a|an|its|their|our|was|were|had been|what was|originally|initially|la|le|"
             r"les|el|las|los|lo))* $")
_BESIDE = re.compile(rf"(?<!\w)(?:{_OTHER}){_ARTICLES}")
_SAID_BESIDE = re.compile(rf"(?<!\w)(?:{_OTHER}|{_REACHED}){_ARTICLES}")
# Reported of the present: "found to be destroyed", "believed to be mined".
_REPORTED = re.compile(
    r"(?<!\w)(?:found|said|reported|believed|thought|known|claimed|considered|declared|confirmed|"
    r"prove[dn]?|shown|appear\w*|seem\w*|likely|assumed|estimated|suspected|understood|presumed|"
    r"deemed|judged|stated|alleged|turned out|verified|certified) $")
_AHEAD = re.compile(r"(?<!\w)(?:(?P<to>to)|will|shall|would) (?:be|have been|have) (?:\w+ly )?")
_INFINITIVE = re.compile(
    r"(?<!\w)to (?:clear|demine|destroy|release|search|survey|inspect|remove|receive|spend|employ|"
    r"hire|train|deploy|reach|find|dispose|return|help)(?!\w)")
_UNDERTAKEN = re.compile(r"(?<!\w)(?:commit\w*|pledg\w*|promis\w*|undert\w+) to "
                         r"(?!the |a |an |our )")
_AT_A_DAY = ("hazardous", "remaining", "inaccessible")
_NO_STAGE = ("people", "teams", "machines", "money", "accidents", "victims")


def is_plan(subject: str, metric: str, clause: str, words: Vocabulary) -> bool:
    """Whether the number is of what is planned, targeted, foreseen, expected or promised.

    metric, clause : folded; the clause of the words that states the number, "" where none does.
    """
    if any(not _BESIDE.search(metric[:h.start]) for h in words.find("plan", metric)) or any(
            h.meaning == "plan" and not _SAID_BESIDE.search(clause[:h.start])
            for h in words.find("plan", clause)) or _UNDERTAKEN.search(clause) or \
            _UNDERTAKEN.search(metric):
        return True
    own = words.find("verb", metric)
    if any(h.meaning in _AT_A_DAY for h in own):
        return False  # "remaining area to be cleared": of its day
    if subject not in ("money", "unit_cost") and _INFINITIVE.search(metric):
        return True
    verbs = {h.meaning for h in own} - {"planned"}
    return (any(_reported_not(metric, m) for m in _AHEAD.finditer(metric))
            or any(_of_the_number(subject, clause, m, verbs, words)
                   for m in _AHEAD.finditer(clause)))


def _reported_not(text: str, match: re.Match[str]) -> bool:
    return not match["to"] or not _REPORTED.search(text[:match.start()])


def _of_the_number(subject: str, clause: str, match: re.Match[str], verbs: set[str],
                   words: Vocabulary) -> bool:
    """"55 ha cleared will be handed over" is no plan of clearance."""
    if not _reported_not(clause, match):
        return False
    behind = next((h.meaning for h in words.find("verb", clause)
                   if h.start <= match.end() < h.end), "")
    return bool(behind and (not verbs or behind in verbs | {"planned"})) or (
        not behind and subject in _NO_STAGE)
