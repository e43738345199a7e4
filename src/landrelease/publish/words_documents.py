"""The texts of plan documents, task orders, weekly and donor reports, in English."""

from __future__ import annotations

from collections.abc import Mapping

ENGLISH: Mapping[str, str] = {
    # --- of all ----------------------------------------------------------------------------------
    "paper.plan": "Plan of work",
    "paper.task": "Task order",
    "paper.week": "Weekly report",
    "paper.donor": "Report to donors",
    "paper.foot": "{title} · made on {date} · chain head {head}",
    "paper.caution": (
        "Records are incomplete and can be out of date. This paper releases no land: ground is "
        "released by a signed decision of the authority alone."
    ),
    "paper.caution.task": (
        "Not for moving on the ground outside of the procedure. The start-of-day gate decides each "
        "morning whether work begins; ground that is not marked as safe is dangerous."
    ),
    "paper.more": "{count} more rows are in the spreadsheet of this document.",
    "paper.sign.fields": "Name, signature, day",
    "paper.sign": "Signatures",
    "paper.sign.prepared": "Prepared by",
    "paper.sign.agreed": "Agreed for the authority",
    "paper.sign.ordered": "Ordered by",
    "paper.sign.received": "Received by the team leader",
    "paper.sign.operator": "For the operator",
    "paper.sign.note": (
        "A signature on this paper is for the file. What the program counts as a decision is "
        "signed with a personal key."
    ),
    "paper.withheld": "Not shown to this reader: {what}.",
    "paper.yes": "yes",
    "paper.no": "no",
    "paper.map.note":
        "North is up. Areas are coloured and numbered by their place in the plan, 1 first.",
    "paper.map.rest":
        "Hatched ground is hazardous and this plan does not work on it. Ground without colour and "
        "without hatching is ground without information: treat it as dangerous.",
    "paper.map.more": "The {count} areas that come first are numbered; the table has all.",
    # --- how to compute it again -----------------------------------------------------------------
    "paper.trace": "How to come to the same figures",
    "paper.trace.office": "Office",
    "paper.trace.head": "Chain head",
    "paper.trace.as_of": "As of",
    "paper.trace.known": "Known at",
    "paper.trace.now": "all that is recorded up to the chain head",
    "paper.trace.level": "Validated at least",
    "paper.trace.level.any": "any level",
    "paper.trace.reader": "Made for the role",
    "paper.trace.plan_head": "Chain head of the plan",
    "paper.trace.seed": "Seed of the search",
    "paper.trace.iterations": "Iterations",
    "paper.trace.figures": (
        "A trace code is the name of a figure and the chain head at which it was computed. "
        "`landrelease figures trace REGISTRY FIGURE --as-of DAY --known-at MOMENT` shows the "
        "records under it, and `landrelease figures recompute` computes it again."
    ),
    "paper.trace.plan": (
        "`landrelease plan check REGISTRY PLAN` checks the plan against the records; the same "
        "records, seed and iterations give the same plan."
    ),
    "paper.trace.task": (
        "`landrelease history REGISTRY {record}` shows who recorded this task, when and why."
    ),
    # --- headings of tables ----------------------------------------------------------------------
    "paper.c.place": "Place in the plan",
    "paper.c.area": "Area",
    "paper.c.type": "Type",
    "paper.c.m2": "m²",
    "paper.c.start": "Planned start",
    "paper.c.finish": "Finish",
    "paper.c.work": "Work",
    "paper.c.method": "Method",
    "paper.c.points": "Points a day",
    "paper.c.waits": "What it waits for",
    "paper.c.team": "Team",
    "paper.c.organisation": "Organisation",
    "paper.c.task": "Task",
    "paper.c.constraint": "What binds",
    "paper.c.steps": "Steps held back",
    "paper.c.days": "Days waited",
    "paper.c.lost": "Points to be gained",
    "paper.c.step": "Step",
    "paper.c.rule": "Rule",
    "paper.c.score": "Score",
    "paper.c.scope": "Scope",
    "paper.c.state": "State",
    "paper.c.expires": "Until",
    "paper.c.record": "Record",
    "paper.c.reports": "Reports",
    "paper.c.hours": "Hours",
    "paper.c.hours_lost": "Hours lost",
    "paper.c.items": "Items found",
    "paper.c.kind": "Kind",
    "paper.c.found": "Found",
    "paper.c.destroyed": "Destroyed",
    "paper.c.unstated": "Records without a number",
    "paper.at_least": "at least {n}",
    "paper.at_least.note":
        "Records that state no whole number of items: {n}. Each counts as the least that it says, "
        "1 where it says none; sums that hold one say “at least”.",
    "paper.c.day": "Day",
    "paper.c.class": "Class",
    "paper.c.investigation": "Investigation",
    "paper.c.by": "Worked by",
    "paper.c.covered": "Covered m²",
    "paper.c.gap": "Not covered m²",
    "paper.c.confidence": "Confidence",
    "paper.c.result": "Result",
    "paper.c.finding": "What was found",
    "paper.c.due": "Due",
    "paper.c.lacks": "What the record lacks",
    "paper.c.since": "Since",
    "paper.c.severity": "Severity",
    "paper.c.reason": "Reason",
    "paper.c.from": "Valid from",
    "paper.c.until": "Until",
    "paper.c.figure": "Figure",
    "paper.c.unit": "Unit",
    "paper.c.value": "Value",
    "paper.c.interval": "Low – high",
    "paper.c.before": "Before",
    "paper.c.after": "At the end",
    "paper.c.change": "Change",
    "paper.c.records": "Records",
    "paper.c.share_of": "Share of",
    "paper.c.trace": "Trace code",
    "paper.c.note": "Note",
    "paper.c.fund": "Fund",
    "paper.c.donor": "Donor",
    "paper.c.currency": "Currency",
    "paper.c.announced": "Announced",
    "paper.c.committed": "Committed",
    "paper.c.received": "Received",
    "paper.c.paid": "Spent",
    "paper.c.bound": "Bound",
    "paper.c.left": "Left",
    "paper.c.month": "Month",
    "paper.c.community": "Community",
    "paper.c.people": "People",
    "paper.c.reached": "Can be reached from",
    "paper.c.own_released": "and its own areas are done by",
    "paper.c.arrived": "Arrives",
    "paper.c.bound_demining": "Bound for survey and clearance",
    "paper.c.bound_works": "Bound for works of the second phase",
    "paper.c.spend_until": "Spend until",
    "paper.c.cost_type": "Kind of cost",
    "paper.c.amount": "Amount",
    # --- plan ------------------------------------------------------------------------------------
    "paper.plan.subtitle": "What is done when and by whom, from {first} to {last}",
    "paper.plan.state": "PROPOSAL: task orders and releases are decisions of people",
    "paper.plan.old": "The records have changed since this plan was made.",
    "paper.plan.tables": (
        "The problem of this plan is from tables; the registry was not compared. Hold its areas, "
        "teams and dates against the records before anybody works by it."),
    "paper.plan.stopped": "The search was stopped before its end; the plan holds all the same.",
    "paper.plan.summary": "In short",
    "paper.plan.dated": "Steps of work with dates",
    "paper.plan.undated": "Steps without a date",
    "paper.plan.areas": "Areas in the plan",
    "paper.plan.first": "First day",
    "paper.plan.last": "Last day",
    "paper.plan.score": "Score (benefit lost by waiting; less is better)",
    "paper.plan.bound": "Proven bound: no plan scores less",
    "paper.plan.gap": "At most better by",
    "paper.plan.rules": "Simple ways to plan, scored alike",
    "paper.plan.rules.this": "this plan",
    "paper.plan.map": "Map",
    "paper.plan.order": "Order of the areas, with reasons",
    "paper.plan.order.note": (
        "Points a day: the benefit that is lost each day that the area waits, from people nearby, "
        "land, roads and what else the weights name. A place says nothing about how dangerous an "
        "area is."
    ),
    "paper.plan.steps": "Steps of work",
    "paper.plan.teams": "What each team does",
    "paper.plan.teams.hidden": "teams of other organisations",
    "paper.plan.waits": "What holds the plan back",
    "paper.plan.waits.note": (
        "Points to be gained: to first order, if this alone fell away. Steps that can start on the "
        "first day wait for nothing."
    ),
    "paper.plan.communities": "When communities get their access back",
    "paper.plan.communities.note": (
        "Days of the plan if all goes as expected; an empty day lies beyond its end. Inspection, "
        "signature and hand-over come after it. Reached never means that a road is safe. "
        "`landrelease plan policy` gives intervals."),
    "paper.plan.communities.none": "No community is cut off or waits for ground of its own.",
    "paper.plan.cash": "Money by month and fund",
    "paper.plan.cash.note": (
        "What work costs is bound in the month in which it starts. Months in which nothing arrives "
        "and nothing is bound are left out."),
    "paper.plan.cash.after": (
        "* comes after the last day on which this plan begins work: nothing in it is paid from "
        "that money, and nothing is planned with it."),
    "paper.plan.cash.none": "No money arrives and none is bound.",
    "paper.plan.not_planned": "What has no date, and stays hazardous",
    "paper.plan.not_planned.none": "Every step has a date.",
    "paper.plan.none": "No step of work has a date.",
    "paper.plan.whole": "reasons, score and what binds the plan",
    # --- task order ------------------------------------------------------------------------------
    "paper.task.state.proposed": "PROPOSAL: this is no order until the authority orders it",
    "paper.task.state.suspended": "SUSPENDED: no work on this task",
    "paper.task.state.withdrawn": "WITHDRAWN: no work on this task",
    "paper.task.state.completed": "COMPLETED: the work is reported as done; this releases nothing",
    "paper.task.state.not_reported": "STATE NOT REPORTED: ask before any work",
    "paper.task.order": "The order",
    "paper.task.id": "Task",
    "paper.task.status": "State",
    "paper.task.type": "Kind of work",
    "paper.task.method": "Method",
    "paper.task.depth": "Depth to be searched, m",
    "paper.task.start": "Planned start",
    "paper.task.finish": "Expected end",
    "paper.task.not_before": "Not before",
    "paper.task.start_by": "Start by",
    "paper.task.ordered_on": "Ordered on",
    "paper.task.standard": "Standard",
    "paper.task.instructions": "Instructions",
    "paper.task.after": "After the tasks",
    "paper.task.machines": "Machines",
    "paper.task.ground": "The ground",
    "paper.task.no_ground": "No ground is recorded for this task: it cannot be worked on so.",
    "paper.task.ground.note": (
        "Red: the ground of this task, hazardous until it is released. WGS 84 (EPSG:4326); "
        "bearings from true north, to the next point; distances on the ellipsoid. "
        "Benchmark: {benchmark}."
    ),
    "paper.task.size": "Size, m²",
    "paper.task.points": "Turning points",
    "paper.task.hazard": "The hazard, as recorded",
    "paper.task.no_hazard": "No hazard is recorded for this task, or not for this reader.",
    "paper.task.found": "Items found on this hazard so far",
    "paper.task.found.none": "No item is on record here. That says nothing about what lies there.",
    "paper.task.accidents": "Accidents on record on this hazard",
    "paper.task.people": "Teams and accreditation",
    "paper.task.people.none": "No team is named, or none that this reader may see.",
    "paper.task.accreditations": "Accreditations",
    "paper.task.accreditations.none": (
        "No accreditation is on record for these teams that this reader may see: no work before "
        "there is one."
    ),
    "paper.task.accreditations.ends": "It ends before the expected end of the task.",
    "paper.task.accreditations.unsigned": "No signature that counts stands under it.",
    "paper.task.closures": "Closures and permits on this ground",
    "paper.task.closures.none": "None is on record. Ask on the day: closures come at any hour.",
    "paper.task.contacts": "Safety contacts",
    "paper.task.contacts.none": (
        "No contact is recorded in the national extension. Write here whom to call before work "
        "begins:"
    ),
    "paper.task.contacts.medical": "Medical evacuation",
    # --- weekly report ---------------------------------------------------------------------------
    "paper.week.subtitle": "{first} to {last}",
    "paper.week.running": "The week is not over: this is counted up to {day}.",
    "paper.week.summary": "In short",
    "paper.week.reports": "Reports of work",
    "paper.week.m2": "Ground worked on, m²",
    "paper.week.hours": "Hours worked",
    "paper.week.hours_lost": "Hours lost",
    "paper.week.person_hours": "Hours times people who searched",
    "paper.week.items": "Items found",
    "paper.week.items.kinds": "Items by kind",
    "paper.week.incidents.count": "Accidents and incidents",
    "paper.week.note": (
        "Ground worked on is neither released nor cleared land. A report counts in the week of its "
        "last day; joint reports of the same teams, day, kind and area count once."
    ),
    "paper.week.spans": "{count} of the reports began before this week; they count here whole.",
    "paper.week.silent": "{count} reports state no area; {hours} state no hours. Not stated is not "
                        "zero.",
    "paper.week.work": "Work done",
    "paper.week.by_team": "By team",
    "paper.week.by_area": "By area",
    "paper.week.by_method": "By kind of work and method",
    "paper.week.none": "No report of work of this week is on record.",
    "paper.week.team.none": "no team named",
    "paper.week.plan": "Against the plan",
    "paper.week.plan.none": "No plan was given for this report.",
    "paper.week.plan.due": "Steps that the plan has finished by {day}",
    "paper.week.plan.done": "of them done, as the records say",
    "paper.week.plan.late": "Steps that are late",
    "paper.week.plan.running": "Late step",
    "paper.week.items.none": "No item of this week is on record.",
    "paper.week.small_arms": "Rounds of small-arms ammunition are a row of their own, in no sum.",
    "paper.week.incidents": "Accidents and incidents",
    "paper.week.incidents.none": "None is on record for this week.",
    "paper.week.environment": "Environment",
    "paper.week.environment.open": "Places to be restored",
    "paper.week.environment.overdue": "of them overdue",
    "paper.week.environment.m2": "Ground disturbed and not restored, m²",
    "paper.week.environment.without": (
        "Items were destroyed without a demolition place on record: {records}."
    ),
    "paper.week.environment.none": (
        "No place is to be restored, and none was recorded in this week."
    ),
    "paper.week.marking": "Marking and fencing",
    "paper.week.marking.hazards": "Hazards that stand",
    "paper.week.marking.marked": "of them marked",
    "paper.week.marking.none": "Nothing is wrong with the marking on record.",
    "paper.week.coverage": "Gaps in coverage",
    "paper.week.coverage.none": "No proof of coverage of this week is on record.",
    "paper.week.coverage.note": (
        "What is not proven as covered counts as not covered. Passes of one task overlap: gaps are "
        "not to be added up."
    ),
    "paper.week.inspection": "Inspection",
    "paper.week.inspection.none": "No inspection of this week is on record.",
    "paper.week.inspection.open": "Nonconformities that are open",
    "paper.week.inspection.open.none": "No nonconformity is open.",
    "paper.week.waits": "What waits",
    "paper.week.waits.start": "Tasks whose start is past and that have not started",
    "paper.week.waits.suspended": "Tasks that are suspended",
    "paper.week.waits.lots": "Lots that wait for inspection",
    "paper.week.waits.rows": "Rows that wait in quarantine",
    "paper.week.waits.tasks": "Tasks that wait",
    "paper.week.waits.none": "No task waits.",
    "paper.week.figures": "Figures before and at the end of the week",
    "paper.week.figures.none": "No figure changed in this week.",
    "paper.week.figures.note": (
        "Figures of the catalogue on the last day of the week and on the day before its first; "
        "only those that changed. They go by the date of information of records, reports by "
        "their days: the two can differ where reports came late."
    ),
    # --- report to donors ------------------------------------------------------------------------
    "paper.donor.subtitle": "Money, work and results as of {day}",
    "paper.donor.summary": "In short",
    "paper.donor.funds": "Funds on record for this reader",
    "paper.donor.money": "Money, fund by fund",
    "paper.donor.money.none": "No fund and no expense is on record for this reader.",
    "paper.donor.money.note": (
        "Each fund in its own currency. Left: received less spent and bound; not reported where an "
        "expense cannot be converted at a recorded rate. Announced and committed money has not "
        "come in and is in no sum."
    ),
    "paper.donor.expenses": "What was spent on what",
    "paper.donor.expenses.none": "No expense names one of these funds.",
    "paper.donor.unlinked": (
        "{count} expenses name no fund; they are in no row here."
    ),
    "paper.donor.outputs": "Outputs",
    "paper.donor.outputs.none": "No figure that this reader may see.",
    "paper.donor.outcomes": "Shares, each with what it is a share of",
    "paper.donor.outcomes.none": "No share can be computed from what is on record.",
    "paper.about.document": "document", "paper.about.of": "what it covers",
    "paper.about.made_on": "made on", "paper.about.as_of": "as of", "paper.about.now": "now",
    "paper.about.known_at": "known at", "paper.about.all": "all that is recorded",
    "paper.about.role": "role", "paper.about.head": "chain head",
    "paper.about.empty": "an empty cell of a column of numbers or days: not zero",
    "paper.about.synthetic": "synthetic",
    "paper.donor.work": "Work on tasks that expenses of these funds name",
    "paper.donor.work.none": "No expense of these funds names a task: no work is theirs.",
    "paper.donor.work.hidden": "tasks and reports of work",
    "paper.donor.work.note": (
        "A task can be paid by several funds; its work then stands under each of them and must not "
        "be added up."
    ),
    "paper.donor.forecast": "Forecast",
    "paper.donor.forecast.none": "No forecast was given for this report.",
    "paper.donor.forecast.note": "A forecast is a distribution, no promise.",
    "paper.donor.not_claimed": "What is not claimed",
    "paper.donor.not_claimed.whole": (
        "Figures are of the whole programme, whoever paid. That a fund paid for a result is "
        "claimed only where an expense names the task."
    ),
    "paper.donor.not_claimed.worked": (
        "Ground that was worked on or searched is not cleared land, and cleared land is not used "
        "land."
    ),
    "paper.donor.not_claimed.zero": "Not reported is not zero; nothing was filled in.",
    "paper.donor.not_claimed.risk": (
        "Nobody can promise that nothing is left in released ground; certificates state what may "
        "remain."
    ),
    "paper.donor.not_claimed.people": (
        "People near an area are no beneficiaries: who uses land again is counted after the "
        "hand-over."
    ),
    "paper.donor.not_claimed.missing": "Not reported, and so not claimed: {figures}.",
    "paper.donor.not_claimed.unverified": "Without a signature that counts: {figures}.",
}
# Marks and cautions that no template changes (S12, S19).
FIXED = ("paper.caution", "paper.caution.task", "paper.plan.state",
         *(k for k in ENGLISH if k.startswith(("paper.task.state", "paper.donor.not_claimed."))))
