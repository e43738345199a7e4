"""Files in; a table of raw rows out, nothing converted and nothing dropped.

What is wrong with a file as a whole raises FIL-...; what is wrong with one row is said in the row.
Nothing in a file is executed, no address in it is opened, no formula is computed.
"""

from landrelease.records.readers.reading import layers, read, read_content
from landrelease.records.readers.table import (
    FORMATS,
    LIMITS,
    WGS84_CRS,
    Cells,
    Limits,
    Problem,
    SourceRow,
    SourceTable,
)

__all__ = ["FORMATS", "LIMITS", "WGS84_CRS", "Cells", "Limits", "Problem", "SourceRow",
           "SourceTable", "layers", "read", "read_content"]
