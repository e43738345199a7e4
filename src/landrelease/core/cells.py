"""How long a cell of a CSV may be."""

from __future__ import annotations

import csv

CELL_LIMIT = csv.field_size_limit()  # as the package sets it for the process
