"""The texts of the sketch of lanes, in English."""

from __future__ import annotations

from collections.abc import Mapping

AROUND_NOT_KNOWN = ("Nothing is known of the ground around this task: control positions and the "
                    "way from the entry were held against the keep-outs alone.")
# What stands in the head and in the cells of its table.
CELLS: tuple[str, ...] = (
    "no.", "kind", "bearing of start", "distance of start", "bearing of leg", "length of leg",
    "bearing of end", "distance of end", "lane", "turn", "entered from", "corner", "base line",
    "along", "offset", "bearing", "distance", "nowhere", "safe side", "entry", "control position",
    "edge", "swath", "inner", "spot", "way", "base", "working", "approach",
    "only after")
# What several machines beside each other, and people behind them, have to keep to.
HOLDS = ("Before a stretch with a mark under 'only after' wait for the others: M1 12 is machine 1, "
         "which must have left its stretch 12 (schedule.csv). At the places of LOITER_UNLIM in the "
         "plan the machine stops until it is let go.")
OPENS = ("A lane opens when each machine under 'only after' has left that stretch: M1 12 is "
         "machine 1, which must have left its stretch 12 (schedule.csv). A lane without a mark is "
         "open.")
ENGLISH: Mapping[str, str] = {
    "lanes.title": "Sketch of lanes",
    "lanes.at": "{machine}, working width {width} m. Benchmark at {place} (latitude, longitude, "
                "WGS 84).",
    "lanes.at_plane": "{machine}, working width {width} m. Benchmark at {place} (metres).",
    "lanes.task": "Task {m2} m².",
    "lanes.reach": "Reachable {m2} m²; by hand {hand} m²; {metres} m to drive.",
    "lanes.closed": "Closed, nobody enters: {m2} m² of the task (other hazards and closures).",
    "lanes.kept_out": "Kept out, in no lane: {m2} m² of the task.",
    "lanes.control": "Control positions: {count}, C1 and so on in the table, at least {standoff} m "
                     "from the task; together they have the path in range ({range} m), but where "
                     "a finding says otherwise.",
    "lanes.true_north": "Distances are on the ground, bearings from true north.",
    "lanes.grid_north": "Distances are on the ground, bearings from grid north.",
    "lanes.base": "Base line {n}: begins {far} m from the benchmark at {to}°, runs at {along}° for "
                  "{long} m. Offsets are to its left, right of it below 0.",
    "lanes.around": AROUND_NOT_KNOWN,
    "lanes.key": "North is up. Red outline: task; red ground: to be worked by hand; "
                 "black hatching: closed, nobody enters; grey ground: kept out, in no lane; "
                 "red cross: benchmark. Blue: round along the edge or base lane; black: swath or "
                 "working lane; violet: inner piece; orange, broken: way without new ground; "
                 "green ground: safe, not to be worked; green ring: control position (empty: it "
                 "lies farther out).",
    "lanes.holds": HOLDS, "lanes.opens": OPENS,
    # What was taken where nothing was stated, within findings.
    "lanes.corner": "the place nearest to the south-west corner",
    "lanes.longest": "the longest edge of the task",
    **{f"lanes.cell.{cell}": cell for cell in CELLS},
}
