"""Whether a number is of a plan, a target or a forecast, whatever the order of the words.

What is planned is never held against what was done, and a plan for a day to come is no mistake.
"""

from __future__ import annotations

import re

from landrelease.core.said_words import Hit, Vocabulary

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
# "Cleared in the target area", "targeted villages reached" speak of places and people, "targets
# destroyed" of things that were hit; "the target area is 120 ha" is a plan.
_PLACE = re.compile(
    r" (?:areas?|zones?|districts?|communit(?:y|ies)|villages?|groups?|population|people|"
    r"households?|beneficiar(?:y|ies)|municipalit(?:y|ies)|provinces?|regions?|counties|county|"
    r"settlements?|towns?|sites?|locations?|locality|localities|schools?|famil(?:y|ies))(?!\w)")
_IN = re.compile(r"(?<!\w)(?:in|within|inside|across|throughout|among|from|of|at|for|to|around|"
                 r"near)(?: (?:the|its|their|our|all|these|those|several|some|many))* $")
_DID = re.compile(
    r"(?<!be )(?<!been )(?<!to )(?<!\w)(?:cleared|demined|destroyed|released|searched|surveyed|"
    r"inspected|removed|found|returned|reached|received|benefit\w*ed|handed over)(?!\w)")
_HIT = re.compile(r"(?<!\w)(?:destroy\w*|hit|struck|engaged|neutrali[sz]\w*|eliminated)(?!\w)")
# What is thought of a state of the ground is an estimate: "expected to be contaminated".
_GUESSED = ("expected", "projected", "anticipated")
_STATE = re.compile(
    r" (?:to (?:be|remain|still be|contain) )?(?:still )?(?:contaminated|hazardous|mined|dangerous|"
    r"suspect\w*|affected)(?!\w)")
_IS_STATE = re.compile(r"(?<!\w)(?:is|are|remains?) (?:still )?(?:contaminated|hazardous|mined|"
                       r"dangerous)(?!\w)")
# Done, and said as done: "were cleared", "we have cleared", "120 ha cleared since".
_DONE = re.compile(
    r"(?<!to )(?<!will )(?<!would )(?<!shall )(?<!\w)(?:(?:was|were|(?:has|have|had) been)"
    r"(?! (?:to|not|never)(?!\w))(?: \w+ly)?|(?:we|they|teams|it)(?: (?:have|has|had))?) "
    r"(?:cleared|demined|destroyed|released|searched|surveyed|inspected|removed|found|returned|"
    r"cancelled|reduced|handed over|disposed|swept)(?!\w)|"
    r"(?<!\w)(?:cleared|demined|destroyed|released|searched|surveyed|found|removed) since(?!\w)")
_SAYS = re.compile(r"(?: (?:for|by|of) \w+)? (?:is|was) (?:that(?!\w)|to(?!\w)|\d)")
_YEAR = re.compile(r"(?:19|20)\d\d")
_NEAR = 2  # words between a number and a word that stands next to it
_NUMBER = re.compile(r"(?<![\w.,])\d[\d.,]*")
_AT_A_DAY = ("hazardous", "remaining", "inaccessible")
_NO_STAGE = ("people", "teams", "machines", "money", "accidents", "victims")


def is_plan(subject: str, metric: str, clause: str, words: Vocabulary) -> bool:
    """Whether the number is of what is planned, targeted, foreseen, expected or promised.

    metric, clause : folded; the clause of the words that states the number, "" where none does.
    """
    if any(not _BESIDE.search(metric[:h.start]) and not _no_plan(metric, h)
           for h in words.find("plan", metric)) or any(
            h.meaning == "plan" and not _SAID_BESIDE.search(clause[:h.start])
            and not _no_plan(clause, h) and not _apart(clause, h)
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


def _no_plan(text: str, hit: Hit) -> bool:
    """Whether the word is of no plan: of a place, of what was hit, of what is thought to be."""
    word, behind = text[hit.start:hit.end], text[hit.end:]
    if word.startswith("target"):
        return (bool(_PLACE.match(behind))
                and bool(_IN.search(text[:hit.start]) or _DID.search(text))) or (
            word == "targets" and bool(_HIT.search(text)))
    return word in _GUESSED and (bool(_STATE.match(behind)) or (
        bool(_IS_STATE.search(behind)) and not _DID.search(text)))


def _apart(clause: str, hit: Hit) -> bool:
    """Whether the clause says that the number was done, and the word stands apart from the number:
    it is of something else. Between them are at most an article and a unit."""
    if not _DONE.search(clause) or _SAYS.match(clause[hit.end:]):
        return False
    for number in _NUMBER.finditer(clause):
        if _YEAR.fullmatch(number[0]):
            continue
        between = (clause[hit.end:number.start()] if hit.end <= number.start()
                   else clause[number.end():hit.start])
        if len(between.split()) <= _NEAR:
            return False
    return True


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
