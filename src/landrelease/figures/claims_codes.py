"""The findings that a check of claims can raise: a code, the verdict that it earns, its meaning.

The words of a reason may change, its code does not. "impossible" stands only where arithmetic alone
says so: a thing and its opposite cannot both be right, whoever is.
"""

from __future__ import annotations

from landrelease.core.claim import Raised, VerdictWord

CODES: dict[str, tuple[VerdictWord, str]] = {
    # what cannot be read
    "row_damaged": ("cannot_be_checked", "the row itself is damaged"),
    "value_missing": ("cannot_be_checked", "no number is stated; not reported is not zero"),
    "value_declined": ("cannot_be_checked", "the number was declined; that is not zero"),
    "value_unreadable": ("cannot_be_checked", "the value is not one number"),
    "value_ambiguous": ("cannot_be_checked", "a mark in the number may part thousands or decimals"),
    "value_negative": ("impossible", "a count, an area or a total of money below zero"),
    "metric_missing": ("cannot_be_checked", "it does not say what was counted"),
    "metric_unknown": ("cannot_be_checked", "what was counted is not among the known metrics"),
    "unit_missing": ("cannot_be_checked", "no unit is stated where one is needed"),
    "unit_unknown": ("cannot_be_checked", "the unit is not known"),
    "unit_unfit": ("cannot_be_checked", "the unit does not measure what was counted"),
    "units_conflict": ("cannot_be_checked", "the value and the unit name two different units"),
    "date_missing": ("cannot_be_checked", "neither the day it is about nor that of publication"),
    "date_unreadable": ("cannot_be_checked", "a date cannot be read, or may be two days"),
    "date_in_future": ("impossible", "a count as of a day after its publication"),
    # what words say
    "verb_ambiguous": ("cannot_be_checked", "the words join two different things in one number"),
    "words_differ_from_metric": ("cannot_be_checked", "the words say another thing than the "
                                 "metric"),
    "value_differs_from_words": ("cannot_be_checked", "another number than the only one that its "
                                 "words state of the same thing"),
    "definition_changed": ("cannot_be_checked", "a series goes on with another definition"),
    "unit_suspect": ("implausible", "a step that a mistaken unit or a slipped digit would explain"),
    # totals and paces
    "total_falls": ("impossible", "a running total lower than the one before"),
    "total_corrected": ("differs", "a running total lower than the one before, said to be a "
                        "correction"),
    "pace_breaks": ("implausible", "much faster than the whole series before"),
    "period_exceeds_rise": ("impossible", "more within a period than the totals around it rose"),
    "period_differs_from_rise": ("differs", "another amount within a period than between the "
                                 "totals at its ends"),
    "number_repeated": ("cannot_be_checked", "the same exact number for a later day while the work "
                        "goes on"),
    # shares and parts
    "share_does_not_match": ("impossible", "a share that its own parts do not give"),
    "share_out_of_range": ("impossible", "a share below 0 or above 100 %"),
    "denominator_missing": ("cannot_be_checked", "a share or a cost without what it is a share or "
                            "cost of"),
    "parts_do_not_add_up": ("impossible", "a sum that its parts do not give"),
    "part_exceeds_whole": ("impossible", "a part larger than the whole that holds it"),
    "parts_exceed_whole": ("implausible", "parts that together are more than the whole; work "
                           "counted jointly would explain it"),
    "plan_not_done_and_left": ("implausible", "a whole that is not what is done and what is left"),
    "shares_exceed_whole": ("impossible", "shares of one whole that are more than all of it"),
    "subset_not_additive": ("cannot_be_checked", "a part beside its whole, not to be added, that "
                            "is undated or unlike the whole"),
    # places and plausibility
    "area_exceeds_place": ("impossible", "more ground than the place has"),
    "comparison_off": ("impossible", "a comparison with a place of another size"),
    "density_out_of_range": ("implausible", "items per hectare outside the range of programmes"),
    "cost_out_of_range": ("implausible", "cost per m² outside the range of programmes"),
    "rate_out_of_range": ("implausible", "more m² or items a person or machine and day than is "
                          "known of any method"),
    "capacity_short": ("implausible", "more m² a person or team and day than any method reaches, "
                       "with the workforce that is claimed"),
    "machines_short": ("implausible", "more m² a machine and day than makers state, with the "
                       "machines that are claimed"),
    "items_beyond_workforce": ("implausible", "more items a day than the people, teams and "
                               "machines that are claimed find at the fastest rates known"),
    "pace_beyond_clearance": ("implausible", "a pace that no known workforce reaches by clearance"),
    "promise_needs_faster_pace": ("implausible", "a promised end that needs a faster pace than "
                                  "was ever claimed"),
    "promise_not_kept": ("differs", "a promised end that has passed while later numbers say that "
                         "work goes on"),
    "finish_moved": ("differs", "a promised end that was moved"),
    "sources_disagree": ("differs", "two sources with different numbers of the same thing and day"),
    # beside ours
    "people_exceed_residents": ("differs", "more people than community records report as "
                                "residents of the place"),
    "differs_from_ours": ("differs", "another number than our records give"),
}


def raised(number: int, code: str, reason: str, *, low: float | None = None,
           high: float | None = None, unit: str = "") -> Raised:
    """A finding with the verdict that its code earns."""
    return Raised(number, code, CODES[code][0], reason, low, high, unit)
