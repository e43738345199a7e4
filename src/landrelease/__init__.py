"""landrelease: a mine-clearance programme from suspicion to hand-over, each step with its proof."""

import csv

__version__ = "0.1.0"

# Characters in one cell of a CSV; larger shapes travel as GeoPackage. Python's own limit (128 KiB)
# is less than the ground of one hazard and is one for the whole process: set here once, as readers
# run side by side and none may find the limit of another.
csv.field_size_limit(64 * 1024 * 1024)
