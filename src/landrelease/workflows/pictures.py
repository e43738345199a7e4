"""Pictures of plans and forecasts for pages: SVG whose classes the page's style sheet colours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from landrelease.core.amounts import written

if TYPE_CHECKING:
    from landrelease.core.outlook import Outlook
    from landrelease.core.texts import Texts
    from landrelease.core.work import Plan
    from landrelease.workflows.on_file import Bar


def gantt_patterns() -> str:
    from landrelease.publish import gantt

    return gantt.PATTERNS


def gantt_sample(activity: str) -> str:
    from landrelease.publish import gantt

    return gantt.sample(activity)


def gantt_axis(first: date, last: date) -> str:
    from landrelease.publish import gantt

    return gantt.axis(first, last)


def gantt_row(bars: Iterable[Bar], first: date, last: date, today: date) -> str:
    """The work of one team."""
    from landrelease.publish import gantt

    return gantt.row([(b.start, b.finish, b.activity, b.order,
                       f"{b.order}: {b.hazard}, {b.activity}, {b.mode}, {b.start} – {b.finish}")
                      for b in bars], first, last, today=today)


def plan_scores(plan: Plan, this: str, bound: str, label: str, texts: Texts) -> str:
    """How far each simple rule and the plan are from the bound."""
    from landrelease.publish.charts import score_chart

    return score_chart(plan, this, bound, label, say=lambda s: written(s, texts),
                       named=texts.said)


def ranges(rows: Sequence[tuple[str, float, float, float, bool]], label: str, texts: Texts) -> str:
    """Scores over drawn worlds: 10 %, median and 90 % of each way of planning."""
    from landrelease.publish.charts import range_chart

    return range_chart(rows, label, say=lambda s: written(s, texts))


def front(rows: Sequence[tuple[float, float, str, bool]], one: str, other: str, label: str,
          texts: Texts) -> str:
    """Plans by what each loses in two parts of the objective."""
    from landrelease.publish.charts import front_chart

    return front_chart(rows, one, other, label, say=lambda s: written(s, texts))


def fan(outlook: Outlook, label: str, texts: Texts) -> str:
    """Area given back over time: bands of the quantiles, and the median."""
    from landrelease.publish.charts import fan_chart

    return fan_chart(outlook, None, label, say=lambda s: written(s, texts))


def s_curve(outlooks: Sequence[Outlook], label: str, texts: Texts, *, cost: bool = False) -> str:
    """The chance of being done by each day, or of each sum being enough; a line a forecast."""
    from landrelease.publish.charts import s_curve as drawn

    return drawn(outlooks, label, cost=cost, styled=True, say=lambda s: written(s, texts))


def side_by_side(outlooks: Sequence[Outlook], label: str) -> str:
    """Area given back over time of several forecasts, told apart by dashes and by colour."""
    from landrelease.publish.charts import compare_chart

    return compare_chart(outlooks, label, styled=True)


def named(outlook: Outlook, name: str) -> Outlook:
    """The forecast under another name, for pictures of several."""
    import dataclasses

    return dataclasses.replace(outlook, scenario=name)


def finishes(outlook: Outlook, label: str, never: str) -> str:
    """Share of the runs by year of finish."""
    from landrelease.publish.charts import finish_chart
    from landrelease.publish.content import finish_of

    return finish_chart(finish_of(outlook), label, never)


def costs(outlook: Outlook, label: str) -> tuple[str, bool]:
    """Share of the runs by cost; True where the axis is in millions."""
    from landrelease.publish.charts import cost_chart

    return cost_chart(outlook.cost, label)


def share(of: float) -> str:
    from landrelease.publish.charts import share_bar

    return share_bar(of)


def finish_days(outlook: Outlook) -> tuple[date | None, date | None, date | None, float]:
    """The 10, 50 and 90 % quantiles of the finish, None beyond the horizon; share that never is."""
    from landrelease.publish.content import finish_of

    found = finish_of(outlook)
    return found.low, found.median, found.high, found.never


def year_chances(outlook: Outlook) -> Sequence[tuple[date, float]]:
    """(end of a year, share of the runs that are done by then)."""
    from landrelease.publish.content import chances

    return [(c.day, c.share) for c in chances(outlook, ())]


def curve(outlook: Outlook) -> Sequence[tuple[date, float, float, float]]:
    """The fan as a table: end of a year, and the lowest, middle and highest quantile in m²."""
    from landrelease.publish.content import curve_rows

    return curve_rows(outlook)
