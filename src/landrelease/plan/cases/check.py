"""A plan of a case replayed period by period, with no code of the solver."""

from __future__ import annotations

from collections import Counter

from landrelease.plan.cases.case import Case, Work


def faults(case: Case, works: tuple[Work, ...], makespan: int) -> list[str]:
    """What is wrong with a plan, in words; empty when it keeps every rule of the case."""
    found: list[str] = []
    by_id = {activity.id: activity for activity in case.activities}
    counted = Counter(work.id for work in works)
    for name in by_id.keys() - counted.keys():
        found.append(f"activity {name} is not in the plan")
    for name, times in counted.items():
        if name not in by_id:
            found.append(f"activity {name} is not in the case")
        elif times > 1:
            found.append(f"activity {name} is {times} times in the plan")
    for work in works:
        if work.id in by_id and not 1 <= work.mode <= len(by_id[work.id].modes):
            found.append(f"activity {work.id} has no mode {work.mode}")
        if work.start < 0:
            found.append(f"activity {work.id} starts before period 0")
    if found:
        return found
    plan = {work.id: work for work in works}
    modes = {name: by_id[name].modes[work.mode - 1] for name, work in plan.items()}
    ends = {name: plan[name].start + modes[name].duration for name in plan}
    last = max(ends.values(), default=0)
    if last != makespan:
        found.append(f"the last activity ends at {last}, the plan says {makespan}")
    for activity in case.activities:
        for later in activity.successors:
            if plan[later].start < ends[activity.id]:
                found.append(f"activity {later} starts before activity {activity.id} ends")
    for kind, there in enumerate(case.consumable):
        used = sum(mode.consumable[kind] for mode in modes.values())
        if used > there:
            found.append(f"{used} of consumable {kind + 1} are used, there are {there}")
    for period in range(last):
        running = [name for name in plan if plan[name].start <= period < ends[name]]
        for kind, there in enumerate(case.renewable):
            used = sum(modes[name].renewable[kind] for name in running)
            if used > there:
                found.append(
                    f"period {period}: {used} of renewable {kind + 1} are used, there are {there}")
        busy = Counter(person for name in running for person, _ in plan[name].people)
        for person, times in busy.items():
            if times > 1:
                found.append(f"period {period}: person {person} serves {times} times")
    for name, work in plan.items():
        wanted = by_id[name].people or (0,) * case.skills
        serving = Counter(skill for _, skill in work.people)
        for skill in range(1, case.skills + 1):
            if serving.pop(skill, 0) != wanted[skill - 1]:
                found.append(f"activity {name} does not have {wanted[skill - 1]} of skill {skill}")
        for skill in serving:
            found.append(f"activity {name} is served in skill {skill}, which does not exist")
        if len({person for person, _ in work.people}) < len(work.people):
            found.append(f"activity {name} has one person twice")
        for person, skill in work.people:
            if not 1 <= person <= len(case.masters):
                found.append(f"activity {name} has person {person}, who does not exist")
            elif skill not in case.masters[person - 1]:
                found.append(f"person {person} does not master skill {skill}")
    return found
